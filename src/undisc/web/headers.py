"""The headers that every answer carries, and where a request may come from."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# 'wasm-unsafe-eval' is for the decoder of HTJ2K, blob: for the pictures and the worker that the viewer makes itself.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "frame-src 'self'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types undisc",
    )
)

_ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), fullscreen=(self)",
    "X-Robots-Tag": "noindex, nofollow",
}


class SafeHeaders:
    """Sets the headers on whatever leaves; an answer that brings a policy or caching of its own keeps it.

    Nothing may be cached unless it says so itself. For pictures that is a decision: a cached one would still show
    after the link was revoked, and would stay on the disk of a library's computer. The viewer keeps what it has
    loaded in memory, so that no caching costs it nothing but a reload.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
                headers.setdefault("Cache-Control", "no-store")
                if self._https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, with_headers)


def from_elsewhere(request: Request, public_url: str) -> bool:
    """Whether a page of another site has this browser ask.

    Browsers since 2023 say so in Sec-Fetch-Site. Older ones name the page's origin when they post, or "null": since
    we tell them to send no referrer, some old iPhones name none to us either. Letting that pass costs nothing, as a
    page elsewhere cannot post JSON without asking us first, which is never granted, and never gets the cookie sent.
    The Host header is compared with here, but nothing is ever built from it.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return False
    return origin != _origin(public_url) and urlsplit(origin).netloc != request.headers.get("host", "")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
