"""SMART Health Links as programs open them (HL7 "links" STU1): the manifest by POST, files by GET, from any origin."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from undisc.sharing.health_links import HealthLinks, Manifest, PasscodeWanted
from undisc.sharing.model import Browser
from undisc.sharing.opening_model import Busy

_MOST_BYTES = 8 * 1024
_LONGEST_TEXT = 256
# Any page may open one: whoever has the link has all that there is to have, and no cookie has a part in it.
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
_CLOSED = "This link does not open. Ask the person who sent it for a new one."


def create_health_links(links: HealthLinks) -> APIRouter:
    router = APIRouter(prefix="/shl")

    @router.options("/{name}")
    @router.options("/files/{name}")
    async def permit(name: str) -> Response:
        allowed = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type"}
        return Response(status_code=204, headers=_ANY_ORIGIN | allowed | {"Access-Control-Max-Age": "600"})

    @router.post("/{name}")
    async def manifest(request: Request, name: str) -> Response:
        asked = await _read(request)
        recipient = asked.get("recipient") if asked is not None else None
        if asked is None or not isinstance(recipient, str) or not recipient.strip():
            return _problem(400, "Say who you are: a JSON object with a recipient.")
        passcode, most = asked.get("passcode"), asked.get("embeddedLengthMax")
        if not isinstance(passcode, str | None) or not _is_length(most):
            return _problem(400, "The passcode is a text, and embeddedLengthMax a number that is not below 0.")
        address = request.client.host if request.client else ""
        browser = Browser(address, request.headers.get("user-agent", "")[:_LONGEST_TEXT])
        given = passcode[:_LONGEST_TEXT] if passcode else None
        answer = await run_in_threadpool(links.open, name, recipient, given, most, browser)
        if isinstance(answer, Manifest):
            return JSONResponse({"files": answer.files}, headers=_ANY_ORIGIN)
        if isinstance(answer, PasscodeWanted):
            return JSONResponse({"remainingAttempts": answer.remaining}, 401, headers=_ANY_ORIGIN)
        if isinstance(answer, Busy):
            return _problem(429, "Many people are opening links at this moment.", {"Retry-After": "2"})
        return _problem(404, _CLOSED)

    @router.get("/files/{name}")
    def file(name: str) -> Response:
        found = links.file(name)
        if found is None:
            return _problem(404, _CLOSED)
        return Response(found, media_type="application/jose", headers=_ANY_ORIGIN)

    return router


async def _read(request: Request) -> dict[str, Any] | None:
    """A small JSON object; None for anything else."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _is_length(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def _problem(status: int, title: str, more: dict[str, str] | None = None) -> Response:
    body = {"type": "link-closed" if status == 404 else "about:blank", "title": title, "status": status}
    return JSONResponse(body, status, headers=_ANY_ORIGIN | (more or {}), media_type="application/problem+json")
