"""The form that one browser has open: a cookie that is sent to these pages alone."""

import hmac

from starlette.requests import Request
from starlette.responses import Response

from undisc.sharing.check_in import CheckIn, FormSession
from undisc.web import problems
from undisc.web.forms import Form, read_form

COOKIE = "undisc_check_in"
_LONGEST_TOKEN = 1024


def session_of(request: Request, check_in: CheckIn, place_id: int) -> FormSession | None:
    """The form that this browser has open at this place."""
    session = check_in.session(request.cookies.get(COOKIE, "")[:_LONGEST_TOKEN])
    return session if session is not None and session.place.id == place_id else None


async def read_session_form(request: Request, session: FormSession | None, public_url: str) -> Form:
    """The fields of a form that this session's own page sent. Raises Refusal otherwise."""
    form = await read_form(request, public_url)
    if session is None or not hmac.compare_digest(form.get("form_token").encode(), session.form_token.encode()):
        raise problems.Refusal(problems.FORM_TOO_OLD)
    return form


def keep(response: Response, token: str, *, secure: bool) -> None:
    """Strict: nobody comes here from elsewhere but by the code on the wall, which opens a session anew."""
    response.set_cookie(COOKIE, token, path="/check-in", secure=secure, httponly=True, samesite="strict")


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""
