"""What every page of the portal needs: whose scans it is about, and that whoever asks may know of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from undisc.accounts.people.entrance import Entrance
from undisc.accounts.people.model import PatientKey, Relation, SignedIn
from undisc.accounts.people.service import People
from undisc.archive.shelf import ShelfStudy
from undisc.clock import Clock
from undisc.sharing.model import Browser, Denied, SharedLink, Use
from undisc.web import problems
from undisc.web.access import number
from undisc.web.frame import PAGE_POLICY, Frame
from undisc.web.portal.words import spoken_name
from undisc.web.services import PortalServices, WebServices

_LONGEST_AGENT = 200
_POLICY = PAGE_POLICY.replace("trusted-types 'none'", "trusted-types portal")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Whose:
    """A patient whose scans somebody may see. name: as the scans say it; "" where there are none that say it."""

    relation: Relation
    name: str

    @property
    def of(self) -> int:
        """What stands for this patient in addresses."""
        return self.relation.id

    @property
    def is_me(self) -> bool:
        return self.relation.kind == "self"


@dataclass(frozen=True, slots=True)
class Shelved:
    """The patient that a page is about, the others that one may turn to, and what is kept of this one."""

    whose: Whose | None
    others: tuple[Whose, ...]
    studies: tuple[ShelfStudy, ...]

    @property
    def every(self) -> tuple[Whose, ...]:
        return (*((self.whose,) if self.whose else ()), *self.others)


class PortalPages:
    """Asks for, and renders; decides nothing."""

    def __init__(self, services: WebServices, frame: Frame) -> None:
        self.services = services
        self.frame = frame
        self.zone = ZoneInfo(services.time_zone)
        self.sharing = services.sharing

    @property
    def of(self) -> PortalServices:
        if self.services.portal is None:
            raise problems.Refusal(problems.NOT_HERE)
        return self.services.portal

    @property
    def people(self) -> People:
        if self.services.people is None:
            raise problems.Refusal(problems.NOT_HERE)
        return self.services.people

    @property
    def entrance(self) -> Entrance:
        if self.services.entrance is None:
            raise problems.Refusal(problems.NOT_HERE)
        return self.services.entrance

    @property
    def clock(self) -> Clock:
        return self.people.clock

    def now(self) -> datetime:
        return self.clock.now()

    def render(self, request: Request, me: SignedIn, template: str, **values: Any) -> Response:
        """A page below templates/portal/; it may start the script that keeps its shell (viewer/src/pages/portal.ts)."""
        page = self.frame.render(request, f"portal/{template}", me, **values)
        page.headers["Content-Security-Policy"] = _POLICY
        return page

    def shelved(self, me: SignedIn, of: str = "") -> Shelved:
        """What is kept of the patient that `of` stands for, or of the first there is. Raises Refusal for another's."""
        theirs = _patients(me)
        if not theirs:
            return Shelved(None, (), ())
        studies = self.of.shelf.studies_of([relation.patient for relation in theirs])
        every = [Whose(relation, _name(me, relation, studies)) for relation in theirs]
        chosen = next((one for one in every if one.of == number(of)), None) if of else every[0]
        if chosen is None:
            raise problems.Refusal(problems.NOT_HERE)
        of_this = tuple(study for study in studies if study.patient == chosen.relation.patient)
        return Shelved(chosen, tuple(one for one in every if one is not chosen), of_this)

    def around(self, me: SignedIn, patient: PatientKey) -> Shelved:
        """The same by the patient's own numbers."""
        relation = next((one for one in _patients(me) if one.patient == patient), None)
        if relation is None:
            raise problems.Refusal(problems.NOT_HERE)
        return self.shelved(me, str(relation.id))

    def study(self, me: SignedIn, study_id: str, use: Use = Use.VIEW) -> ShelfStudy:
        """A scan that whoever asks may do this to, as a patient or for one. Raises Refusal, alike for what is another's
        and for what is not there."""
        wanted = number(study_id)
        answer = self.sharing.ask_person(me, use, wanted)
        found = None if isinstance(answer, Denied) else self.of.shelf.study(wanted)
        if found is None or found.patient not in {relation.patient for relation in me.relations}:
            raise problems.Refusal(problems.NOT_HERE)
        return found

    def links(self, whose: Whose) -> list[SharedLink]:
        """Every link to this patient's scans, newest first."""
        return self.sharing.links_of_patient(whose.relation.patient)

    def link(self, me: SignedIn, link_id: str) -> tuple[SharedLink, Shelved]:
        """A link to scans that whoever asks may hand over, and of whom they are. Raises Refusal for any other."""
        for relation in _patients(me):
            for found in self.sharing.links_of_patient(relation.patient):
                if found.link.id == link_id:
                    return found, self.shelved(me, str(relation.id))
        raise problems.Refusal(problems.NOT_HERE)


async def off_loop(act: Callable[..., _T], *arguments: Any) -> _T:
    """What waits for the database, beside what the server does meanwhile."""
    return await anyio.to_thread.run_sync(partial(act, *arguments))


def browser_of(request: Request) -> Browser:
    agent = request.headers.get("user-agent", "")[:_LONGEST_AGENT]
    return Browser(address=request.client.host if request.client else "", agent=agent)


def _patients(me: SignedIn) -> list[Relation]:
    """One relation for each patient, one's own first."""
    found: dict[PatientKey, Relation] = {}
    for relation in sorted(me.relations, key=lambda one: (one.kind != "self", one.id)):
        found.setdefault(relation.patient, relation)
    return list(found.values())


def _name(me: SignedIn, relation: Relation, studies: Sequence[ShelfStudy]) -> str:
    said = next((study.patient_name for study in studies if study.patient == relation.patient), "")
    spoken = spoken_name(said)
    return spoken or (me.person.name if relation.kind == "self" else "")
