"""The one dependency through which every route passes that gives out data: it asks sharing, and translates no."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from undisc.sharing.model import Denied, Permit, Subject, Use
from undisc.web import problems
from undisc.web.headers import from_elsewhere
from undisc.web.services import WebServices

COOKIE = "undisc"
_LONGEST_TOKEN = 128
_NOT_A_NUMBER = -1


@dataclass(frozen=True, slots=True)
class Granted:
    """A request that may be answered: under which permit, with which token, about which series or instance."""

    permit: Permit
    token: str
    number: int


@dataclass(frozen=True, slots=True)
class Asks:
    """May this browser have that, now? `note` is what the trail says the first time it does."""

    use: Use
    subject: Subject
    note: Literal["series", "document", "instance"] | None = None

    def __call__(self, request: Request) -> Granted:
        services: WebServices = request.app.state.services
        if from_elsewhere(request, services.public_url):
            raise problems.Refusal(problems.OTHER_SITE)
        token = request.cookies.get(COOKIE, "")[:_LONGEST_TOKEN]
        link_id = request.path_params["link_id"]
        wanted = 0 if self.subject is Subject.LINK else number(request.path_params[f"{self.subject}_id"])
        answer = services.sharing.permit(link_id, token, self.use, self.subject, wanted)
        if isinstance(answer, Denied):
            raise problems.Refusal(problems.of_reason(answer.reason))
        if self.note == "instance":
            services.sharing.note_instance(answer, wanted)
        elif self.note is not None:
            services.sharing.note_series(answer, document=self.note == "document")
        return Granted(answer, token, wanted)


def number(text: str) -> int:
    """A number from an address, or one that no row ever has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else _NOT_A_NUMBER
