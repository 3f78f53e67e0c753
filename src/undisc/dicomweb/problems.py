"""The one table of what goes wrong at this door, and its one shape: RFC 9457 problem+json."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from undisc.errors import StorageFull, StudyUnknown
from undisc.sharing.model import Reason


@dataclass(frozen=True, slots=True)
class Problem:
    """type: a relative URI reference that programs go by. title: a plain sentence for people."""

    type: str
    status: int
    title: str
    challenge: str = ""
    """The error code of RFC 6750 3.1 that WWW-Authenticate tells."""


TOKEN_NEEDED = Problem("token-needed", 401, "Say who asks: Authorization: Bearer, and a token.")
TOKEN_UNKNOWN = Problem("token-unknown", 401, "This token is not known here, or is no longer.", "invalid_token")
SCOPE_LACKING = Problem("scope-lacking", 403, "This token is not for that.", "insufficient_scope")
VIEW_ONLY = Problem("view-only", 403, "This link is for looking at the pictures. It does not let you download them.")
LINKS_CHANGE_NOTHING = Problem("links-change-nothing", 403, "Nothing can be stored or deleted by a link.")
PASSCODE_WANTED = Problem(
    "passcode-wanted", 403, "This link has a passcode: open it first, and show the session that gave."
)
STEP_WANTED = Problem(
    "step-wanted", 403, "This link asks for more than its secret: open it first, and show the session that gave."
)
OTHER_SITE = Problem("other-site", 403, "A browser's session is good for the pages of this server only.")
LINK_CLOSED = Problem("link-closed", 404, "This link does not open. Ask the person who sent it for a new one.")
NOT_HERE = Problem("not-found", 404, "There is nothing here.")
NO_SUCH_METHOD = Problem("method-not-allowed", 405, "This address does not take that kind of request.")
NOT_ACCEPTABLE = Problem("not-acceptable", 406, "None of the media types that were asked for can be given.")
CONFLICT = Problem("conflict", 409, "This cannot be done with what is here.")
TOO_LARGE = Problem("too-large", 413, "That is more than this address takes.")
UNSUPPORTED = Problem("unsupported-media-type", 415, "This address does not take that media type.")
BAD_RANGE = Problem("range-not-satisfiable", 416, "There are no such bytes.")
BAD_REQUEST = Problem("bad-request", 400, "This request could not be understood.")
OWN_FAULT = Problem("own-fault", 500, "Something went wrong here. It is not your fault; please try again later.")
TOO_SLOW = Problem("too-slow", 408, "This came too slowly to wait for the rest.")
BUSY = Problem("busy", 503, "Too much is being asked for at this moment. Please try again in a few seconds.")
FULL = Problem("storage-full", 507, "There is too little free space left to keep more pictures.")

_BY_STATUS = {
    problem.status: problem
    for problem in (NOT_HERE, NO_SUCH_METHOD, NOT_ACCEPTABLE, CONFLICT, TOO_LARGE, UNSUPPORTED, BAD_RANGE)
}

_BY_REASON = {
    Reason.NO_GRANT: TOKEN_UNKNOWN,
    Reason.TOKEN_REVOKED: TOKEN_UNKNOWN,
    Reason.TOKEN_EXPIRED: TOKEN_UNKNOWN,
    Reason.SESSION_OF_ANOTHER_LINK: TOKEN_UNKNOWN,
    Reason.SESSION_OVER: TOKEN_UNKNOWN,
    Reason.SCOPE_LACKING: SCOPE_LACKING,
    Reason.VIEW_ONLY: VIEW_ONLY,
    Reason.LINKS_CHANGE_NOTHING: LINKS_CHANGE_NOTHING,
    Reason.PASSCODE_WANTED: PASSCODE_WANTED,
    Reason.REVOKED: LINK_CLOSED,
    Reason.USED_UP: LINK_CLOSED,
    Reason.EXPIRED: LINK_CLOSED,
    # What a link does not name does not exist for its holder.
    Reason.NOT_NAMED: NOT_HERE,
    Reason.WITHOUT_REPORTS: NOT_HERE,
    Reason.STEP_WANTED: STEP_WANTED,
}


class Refusal(Exception):
    """Ends a request with a problem; raised at the door only. detail: a sentence more, never with data in it."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem.type)
        self.problem = problem
        self.detail = detail


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def answer(problem: Problem, detail: str = "", headers: Mapping[str, str] | None = None) -> ProblemResponse:
    body: dict[str, str | int] = {"type": problem.type, "title": problem.title, "status": problem.status}
    if detail:
        body["detail"] = detail
    extra = {"Cache-Control": "no-store"}
    if problem.status == 401 or problem.challenge:
        error = f', error="{problem.challenge}"' if problem.challenge else ""
        extra["WWW-Authenticate"] = f'Bearer realm="undisc"{error}'
    return ProblemResponse(body, problem.status, headers={**extra, **(headers or {})})


def of_reason(reason: Reason) -> Problem:
    return _BY_REASON[reason]


def install(app: FastAPI) -> None:
    """Make every foreseen exception end in the one shape. None of them ever carries its own text outside."""

    async def refused(_request: Request, error: Exception) -> ProblemResponse:
        return answer(error.problem, error.detail) if isinstance(error, Refusal) else answer(OWN_FAULT)

    async def by_status(_request: Request, error: Exception) -> ProblemResponse:
        if not isinstance(error, HTTPException):
            return answer(OWN_FAULT)
        problem = _BY_STATUS.get(error.status_code) or (BAD_REQUEST if error.status_code < 500 else OWN_FAULT)
        return answer(problem, headers=error.headers if problem is NO_SUCH_METHOD else None)

    async def not_understood(_request: Request, _error: Exception) -> ProblemResponse:
        return answer(BAD_REQUEST)

    async def unknown(_request: Request, _error: Exception) -> ProblemResponse:
        return answer(NOT_HERE)

    async def full(_request: Request, _error: Exception) -> ProblemResponse:
        return answer(FULL)

    async def own_fault(_request: Request, _error: Exception) -> ProblemResponse:
        return answer(OWN_FAULT)

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(RequestValidationError, not_understood)
    app.add_exception_handler(StudyUnknown, unknown)
    app.add_exception_handler(StorageFull, full)
    app.add_exception_handler(Exception, own_fault)
