"""Who is signed in, for every page that is not for everybody: one dependency, which asks the accounts."""

import hmac
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from undisc.accounts.people.model import Role, SignedIn
from undisc.web import problems
from undisc.web.forms import Form, read_form
from undisc.web.services import WebServices

COOKIE = "undisc_me"
_LONGEST_TOKEN = 128


class NotSignedIn(Exception):
    """Ends a request for a page of somebody who is not signed in: on to the page where they can."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where


def who(request: Request) -> SignedIn | None:
    """Whose session this browser shows; None where none stands. A page that everybody may see asks this."""
    services: WebServices = request.app.state.services
    token = request.cookies.get(COOKIE, "")[:_LONGEST_TOKEN]
    return services.people.signed_in(token) if token and services.people else None


@dataclass(frozen=True, slots=True)
class SignedInAs:
    """May whoever asks see this page? With no role named, whoever is signed in."""

    roles: frozenset[Role]

    def __call__(self, request: Request) -> SignedIn:
        me = who(request)
        if me is None:
            query = f"?{request.url.query}" if request.url.query else ""
            raise NotSignedIn(
                f"/sign-in?next={quote(request.url.path + query)}" if _may_return(request) else "/sign-in"
            )
        if self.roles and not self.roles & me.person.roles:
            raise problems.Refusal(problems.NOT_FOR_YOU)
        return me


def as_any_of(*roles: Role) -> SignedInAs:
    return SignedInAs(frozenset(roles))


Anybody = Annotated[SignedIn, Depends(as_any_of())]
APatient = Annotated[SignedIn, Depends(as_any_of(Role.PATIENT, Role.PROXY))]
AClinician = Annotated[SignedIn, Depends(as_any_of(Role.CLINICIAN))]
StaffMember = Annotated[SignedIn, Depends(as_any_of(Role.STAFF))]
PrivacyOfficer = Annotated[SignedIn, Depends(as_any_of(Role.PRIVACY))]
Administrator = Annotated[SignedIn, Depends(as_any_of(Role.ADMINISTRATOR))]


async def read_my_form(request: Request, me: SignedIn, public_url: str) -> Form:
    """The fields of a form that this session's own page sent (its form_token is in it). Raises Refusal otherwise."""
    form = await read_form(request, public_url)
    if not hmac.compare_digest(form.get("form_token").encode(), me.form_token.encode()):
        raise problems.Refusal(problems.FORM_TOO_OLD)
    return form


def set_session(response: Response, token: str, *, secure: bool) -> None:
    """Gone with the browser, or when the session ends. Lax, since people come to their pages from messages."""
    response.set_cookie(COOKIE, token, path="/", secure=secure, httponly=True, samesite="lax")


def _may_return(request: Request) -> bool:
    return request.method in ("GET", "HEAD")
