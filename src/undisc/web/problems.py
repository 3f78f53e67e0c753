"""The one table of what goes wrong at this door, and its one shape: RFC 9457 problem+json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from undisc.errors import LinkUnknown, StorageFull, StudyUnknown
from undisc.sharing.model import Reason
from undisc.sharing.opening_model import Asking


@dataclass(frozen=True, slots=True)
class Problem:
    """type: a relative URI reference that programs go by. title: a plain sentence for people."""

    type: str
    status: int
    title: str


LINK_CLOSED = Problem("link-closed", 404, "This link does not open. Ask the person who sent it for a new one.")
ASKED = {
    Asking.PASSCODE: Problem("passcode-needed", 401, "This link opens with a passcode."),
    Asking.PASSCODE_WRONG: Problem("passcode-wrong", 401, "That is not the passcode."),
    Asking.BIRTH_DATE: Problem("birth-date-needed", 401, "This link asks for the patient's date of birth."),
    Asking.BIRTH_DATE_WRONG: Problem("birth-date-wrong", 401, "That is not the date of birth that is known here."),
    Asking.CODE: Problem("code-needed", 401, "This link opens with a code that is sent for it."),
    Asking.CODE_SENT: Problem("code-sent", 401, "A code was sent."),
    Asking.CODE_WRONG: Problem("code-wrong", 401, "That is not the code."),
    Asking.CODE_LATE: Problem("code-late", 429, "Too many codes were sent for this link. Try again in an hour."),
    Asking.SIGN_IN: Problem("sign-in-needed", 401, "This link opens for clinicians who are signed in."),
}
VIEW_ONLY = Problem("view-only", 403, "This link is for looking at the pictures. It does not let you download them.")
NOT_FOR_NOTES = Problem("not-for-notes", 403, "This link is for looking at the pictures. It keeps no notes on them.")
TOO_MANY_NOTES = Problem("too-many-notes", 409, "There are more notes on these pictures already than are kept.")
NO_ROOM = Problem("no-room", 507, "There is no room left to keep this. Tell the people who sent the link.")
OTHER_SITE = Problem("other-site", 403, "This can only be asked for by the page of the link itself.")
NOT_HERE = Problem("not-found", 404, "There is nothing here.")
NOT_FOR_YOU = Problem("not-for-you", 403, "This page is not for your account.")
FORM_TOO_OLD = Problem("form-too-old", 403, "This page had been open for too long. Go back, load it again, and retry.")
NOT_A_FORM = Problem("not-a-form", 415, "This address takes forms only.")
NO_SUCH_METHOD = Problem("method-not-allowed", 405, "This address does not take that kind of request.")
TOO_LARGE = Problem("too-large", 413, "That is more than this address takes.")
NOT_JSON = Problem("not-json", 415, "This address takes JSON only.")
UNREADABLE = Problem("unreadable", 422, "This request could not be understood.")
BUSY = Problem("busy", 503, "Many people are opening links at this moment. Try again in a few seconds.")
MANY_DISCS = Problem("busy", 503, "Many people are downloading discs at this moment. Try again in a few minutes.")
PROVE_AGAIN = Problem("prove-again", 401, "Show once more that it is you who sits at this screen.")
NO_SUCH_KEY = Problem("no-such-key", 401, "No passkey of yours was shown, or it is not known here.")
TOO_OFTEN = Problem("too-often", 429, "That was asked for too often from here. Try again in a quarter of an hour.")
REFUSED = Problem("refused", 422, "That cannot be done.")
BUSY_SIGNING_IN = Problem("busy", 503, "Many people are signing in at this moment. Try again in a few seconds.")
OWN_FAULT = Problem("own-fault", 500, "Something went wrong here. It is not your fault; please try again later.")

_BY_STATUS = {problem.status: problem for problem in (NOT_HERE, NO_SUCH_METHOD, TOO_LARGE, UNREADABLE)}

_BY_REASON = {
    Reason.NO_GRANT: LINK_CLOSED,
    Reason.REVOKED: LINK_CLOSED,
    Reason.USED_UP: LINK_CLOSED,
    Reason.EXPIRED: LINK_CLOSED,
    Reason.SESSION_OF_ANOTHER_LINK: LINK_CLOSED,
    Reason.SESSION_OVER: LINK_CLOSED,
    # What another patient's link names does not exist for this one.
    Reason.NOT_NAMED: NOT_HERE,
    # Of a report that is left out nobody learns that it is there.
    Reason.WITHOUT_REPORTS: NOT_HERE,
    Reason.NOT_THEIRS: NOT_HERE,
    Reason.VIEW_ONLY: VIEW_ONLY,
    Reason.LINKS_CHANGE_NOTHING: NOT_FOR_NOTES,
}


class Refusal(Exception):
    """Ends a request with a problem; raised at the door only."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.type)
        self.problem = problem


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def answer(
    problem: Problem, more: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> ProblemResponse:
    body = {"type": problem.type, "title": problem.title, "status": problem.status} | dict(more or {})
    extra = {"Retry-After": "2"} if problem.status == BUSY.status else {}
    return ProblemResponse(body, problem.status, headers={"Cache-Control": "no-store", **extra, **(headers or {})})


def of_reason(reason: Reason) -> Problem:
    return _BY_REASON[reason]


def install(app: FastAPI) -> None:
    """Make every foreseen exception end in the one shape. None of them ever carries its own text outside."""

    async def refused(_request: Request, error: Exception) -> ProblemResponse:
        return answer(error.problem if isinstance(error, Refusal) else OWN_FAULT)

    async def by_status(_request: Request, error: Exception) -> ProblemResponse:
        if not isinstance(error, HTTPException):
            return answer(OWN_FAULT)
        known = _BY_STATUS.get(error.status_code)
        problem = known or (UNREADABLE if error.status_code < 500 else OWN_FAULT)
        return answer(problem, headers=error.headers if problem is NO_SUCH_METHOD else None)

    async def not_understood(_request: Request, _error: Exception) -> ProblemResponse:
        return answer(UNREADABLE)

    async def unknown(_request: Request, _error: Exception) -> ProblemResponse:
        return answer(NOT_HERE)

    async def full(_request: Request, _error: Exception) -> ProblemResponse:
        return answer(NO_ROOM)

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(StorageFull, full)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(RequestValidationError, not_understood)
    app.add_exception_handler(LinkUnknown, unknown)
    app.add_exception_handler(StudyUnknown, unknown)
