"""One line in the log for each request; and no error gets past this layer with its text."""

import time
import traceback

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from undisc.sharing.package import DownloadStopped
from undisc.web import problems

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLog:
    """Logs method, route template, status and milliseconds; never a path, a query, a header or an error's text.

    An error's text may quote the file that caused it, and so a patient: its class and the place in the code must do.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("undisc.web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status: int | None = None

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            pass
        except Exception as error:
            # Once bytes have left, returning without the end makes the server cut the connection: no half answer
            # passes for a whole one.
            if not _is_stop(error):
                self._log.error("failed", error=type(error).__name__, where=_where(error))
            if status is None:
                await problems.answer(problems.OWN_FAULT)(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            self._log.info("request", method=method, route=route, status=status, ms=milliseconds)


def _is_stop(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_stop(each) for each in error.exceptions)
    return isinstance(error, DownloadStopped | ClientDisconnect)


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "undisc" in frame.filename] or list(frames)
    return f"{own[-1].filename.rpartition('/')[2]}:{own[-1].lineno}" if own else "-"
