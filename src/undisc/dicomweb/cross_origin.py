"""Lets the pages of viewers that an operator trusts ask this door from another origin (Fetch 3.2, CORS protocol)."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A viewer reads, searches and stores what was drawn. Deleting is left to those who do it knowingly.
_METHODS = "GET, HEAD, POST"
# Accept is here because a quoted parameter makes a header that a page may not set unasked.
_ASKED_WITH = "Authorization, Accept, Content-Type, Range, If-Range, If-None-Match, If-Modified-Since"
_MAY_READ = (
    "Accept-Ranges, Content-Disposition, Content-Encoding, Content-Length, Content-Location, Content-Range, ETag, "
    "Location, Retry-After, Warning, WWW-Authenticate"
)
_REMEMBERED_SECONDS = "600"


class CrossOrigin:
    """Answers preflights and marks answers for the origins that are named; to all others the door is as without it.

    Cookies are never let through: whoever asks from another origin shows a bearer token, which no browser adds by
    itself.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        origins = asked.getlist("origin")
        origin = origins[0] if len(origins) == 1 and origins[0] in self._origins else None
        if origin is not None and scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
            await _permit(origin, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if origin is not None:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = _MAY_READ
            await send(message)

        await self._app(scope, receive, marked)


async def _permit(origin: str, send: Send) -> None:
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _ASKED_WITH,
        "Access-Control-Max-Age": _REMEMBERED_SECONDS,
        "Vary": "Origin",
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b""})
