"""Who is signed in, for every page that is not for everybody: one dependency, which asks the accounts."""

import hmac
import re
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
# A cookie of this name is taken by browsers only from https, for the whole of this host and no other (RFC 6265bis).
SECURE_COOKIE = "__Host-undisc_me"
_LONGEST_TOKEN = 128
_LONGEST_ADDRESS = 500
# Browsers take a backslash for a slash, and leave out tabs and line ends (WHATWG URL 4.4).
_PLAIN = re.compile(r"[!-\[\]-~]+")


class NotSignedIn(Exception):
    """Ends a request for a page of somebody who is not signed in: on to the page where they can."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where


def who(request: Request) -> SignedIn | None:
    """Whose session this browser shows; None where none stands. A page that everybody may see asks this."""
    services: WebServices = request.app.state.services
    token = session_token(request, secure=services.public_url.startswith("https:"))
    return services.people.signed_in(token) if token and services.people else None


def session_token(request: Request, *, secure: bool) -> str:
    """What this browser shows as its session; "" where it shows none."""
    shown = request.cookies.get(SECURE_COOKIE if secure else COOKIE, "")
    return shown if len(shown) <= _LONGEST_TOKEN else ""


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
    name = SECURE_COOKIE if secure else COOKIE
    response.set_cookie(name, token, path="/", secure=secure, httponly=True, samesite="lax")


def clear_session(response: Response, *, secure: bool) -> None:
    name = SECURE_COOKIE if secure else COOKIE
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def safe_next(address: str, otherwise: str) -> str:
    """Where a form may send its reader on to: a page of this server, whatever the form says."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if inside and len(address) <= _LONGEST_ADDRESS and _PLAIN.fullmatch(address) else otherwise


def _may_return(request: Request) -> bool:
    return request.method in ("GET", "HEAD")
