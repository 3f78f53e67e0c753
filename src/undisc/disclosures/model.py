"""What the privacy officer reads: entries with names joined to them, disclosures, alerts. Values only, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from undisc.accounts.people.model import PatientKey
from undisc.audit.entries import Entry


class Purpose(StrEnum):
    """Why something left (45 CFR 164.528(b)(2)(iv))."""

    SHARED = "shared by the patient or their proxy"
    GIVEN = "given out by the place"
    OWN = "the patient's own copy"
    CARE = "care: asked for by another system"
    SENT = "care: sent to another place"
    EMERGENCY = "emergency"
    WORK = "care or work of the place"
    MEDIUM = "handed out on a medium"


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as their studies name them. number: of any one study of theirs, by which pages speak of them."""

    number: int
    key: PatientKey
    name: str
    birth_date: str
    studies: int


@dataclass(frozen=True, slots=True)
class PersonFacts:
    id: int
    name: str
    email: str
    roles: str


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """Of a link: for whom it was made and by whom. person_id: who looks by it, where it is of somebody signed in."""

    id: str
    kind: str
    made_by: str
    for_name: str
    for_email: str
    person_id: int | None
    studies: frozenset[int]


@dataclass(frozen=True, slots=True)
class StudyFacts:
    id: int
    uid: str
    key: PatientKey
    patient_name: str
    date: str
    description: str
    modalities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GlassFacts:
    id: int
    person_id: int
    key: PatientKey
    reason: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of those whom some entries name, by their numbers. The trail itself holds no names."""

    people: Mapping[int, PersonFacts] = field(default_factory=dict)
    links: Mapping[str, LinkFacts] = field(default_factory=dict)
    studies: Mapping[int, StudyFacts] = field(default_factory=dict)
    by_uid: Mapping[str, StudyFacts] = field(default_factory=dict)
    glasses: Mapping[int, GlassFacts] = field(default_factory=dict)
    exports: Mapping[int, str] = field(default_factory=dict)
    """For whom each receipt says it was."""

    def person_of(self, actor: str) -> PersonFacts | None:
        """Who an actor is, where that is somebody who signed in; also of the link by which they look."""
        what, _, which = actor.partition(":")
        if what == "link":
            link = self.links.get(which)
            return self.people.get(link.person_id) if link is not None and link.person_id is not None else None
        return self.people.get(int(which)) if what == "person" and which.isdecimal() else None

    def studies_of(self, entry: Entry) -> list[StudyFacts]:
        """Which studies an entry is about: those that it names, or else those of its link."""
        named = [self._study(word) for name in ("study", "studies", "study_uid") for word in _words(entry, name)]
        found = [study for study in named if study is not None]
        link = self.links.get(str(entry.subject.get("link", "")))
        if not found and link is not None:
            found = [self.studies[number] for number in sorted(link.studies) if number in self.studies]
        return found

    def _study(self, word: str) -> StudyFacts | None:
        return self.studies.get(int(word)) if word.isdecimal() else self.by_uid.get(word)


def _words(entry: Entry, name: str) -> list[str]:
    value = entry.subject.get(name)
    return [] if value is None else str(value).split()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something of a patient that left: on one day, to one recipient, for one purpose (45 CFR 164.528(b)(2)).

    address: where the recipient was, as the network tells; "" where it does not. what: the studies. times: how often.
    """

    first_at: datetime
    last_at: datetime
    recipient: str
    address: str
    what: tuple[StudyFacts, ...]
    how: tuple[str, ...]
    purpose: Purpose
    reason: str
    times: int


@dataclass(frozen=True, slots=True)
class Accounting:
    """An answer to a patient who asks to whom their pictures went. own: how many of their own looks are left out."""

    patient: Patient
    since: datetime
    made_at: datetime
    disclosures: tuple[Disclosure, ...]
    own: int


@dataclass(frozen=True, slots=True)
class Alert:
    """kind: volume | codes | watched | glass | trail. subject: numbers and counts, no name."""

    id: int
    kind: str
    subject: Mapping[str, Any]
    at: datetime
    seen_at: datetime | None
    seen_by: str


@dataclass(frozen=True, slots=True)
class Watched:
    """A patient at whom every look is told. patient: None where nothing of them is here any more."""

    id: int
    key: PatientKey
    since: datetime
    patient: Patient | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, the newest first, with what is known of those they name. before: where the next one begins;
    None where there are no more."""

    entries: tuple[Entry, ...]
    known: Known
    before: int | None
