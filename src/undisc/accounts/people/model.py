"""People, what they are to whom, and the sessions in which they are known. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here. Of whom a patient or a proxy may see what is told by their relations alone."""

    PATIENT = "patient"
    PROXY = "proxy"
    CLINICIAN = "clinician"
    STAFF = "staff"
    PRIVACY = "privacy"
    ADMINISTRATOR = "administrator"


WORKERS = frozenset({Role.CLINICIAN, Role.STAFF, Role.PRIVACY, Role.ADMINISTRATOR})
"""Who works here or for a patient: they are invited, and sign in by two things they have or know."""


class Method(StrEnum):
    """By what a session was begun."""

    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105
    RECOVERY = "recovery"
    SINGLE_SIGN_ON = "single sign-on"
    LINK = "link"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class PatientKey:
    """A patient as the place that numbered them knows them; an ID alone names nobody."""

    issuer: str
    patient_id: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Why somebody may see a patient's pictures. kind: self | parent | guardian | owner | other.

    until: for a parent, the day of majority; None where nothing ends it.
    """

    id: int
    patient: PatientKey
    kind: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Glass:
    """A glass that was broken: for this patient, with a reason, until then."""

    id: int
    patient: PatientKey
    reason: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """email and phone are "" where nobody gave them; language: a tag such as "de", or "" for what the browser asks."""

    id: int
    name: str
    email: str
    phone: str
    language: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that stands, with all that a decision needs. form_token: goes into every form of this session."""

    person: Person
    session_id: int
    method: Method
    begun_at: datetime
    ends_at: datetime
    proven_at: datetime
    relations: tuple[Relation, ...]
    glasses: tuple[Glass, ...]
    form_token: str

    @property
    def actor(self) -> str:
        """As the trail names whoever this is."""
        return f"person:{self.person.id}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who knocks, as far as a server can tell: the address, what the browser calls itself, and what it keeps for us.

    device: shows that somebody has signed in by this browser before. step: binds the answers of one browser to what
    it was asked; both "" where there is none.
    """

    address: str
    agent: str
    device: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody has shown who they are. token: the session's, for their browser alone; device: as in Caller."""

    person: Person
    token: str
    session_id: int
    device: str


@dataclass(frozen=True, slots=True)
class NotRight:
    """What was shown does not fit; which part of it, and whether there is such a person, is not said."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Too many wrong tries; until when nobody is listened to."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Over:
    """The browser took too long, or has answered already: it has to begin anew."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key of somebody's, as its owner sees it in the list of theirs."""

    id: int
    label: str
    made_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who was asked in. state: open | used | over. renews: whose way of signing in it renews."""

    id: int
    name: str
    email: str
    phone: str
    roles: frozenset[Role]
    patient: PatientKey | None
    relation: str
    relation_until: datetime | None
    renews: int | None
    made_by: str
    made_at: datetime
    expires_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """secret: shown this once; here only its digest is kept."""

    id: int
    secret: str
    expires_at: datetime
