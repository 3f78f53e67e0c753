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
