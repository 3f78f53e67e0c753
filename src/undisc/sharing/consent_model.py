"""What patients agreed to, and how that stands. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from undisc.accounts.people.model import PatientKey

FORM_VERSION = "1"
"""The wording that is signed now. What was signed is shown in the wording of its own version, always."""

WAYS = ("email", "text", "print")
CHECK_IN = "check-in:"
"""How `entered_by` begins where nobody but who filled the form in has looked at it."""


class Choice(StrEnum):
    """Who may see the pictures besides the patient."""

    NOBODY = "nobody-else"
    CLINICIANS = "my-clinicians"
    CHOSEN = "whom-i-choose"


class SignedAs(StrEnum):
    SELF = "self"
    PARENT = "parent"
    GUARDIAN = "guardian"
    OWNER = "owner"
    OTHER = "other"


class State(StrEnum):
    """waiting: for its scan. replaced: somebody signed the same anew before it came."""

    WAITING = "waiting"
    ATTACHED = "attached"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """What was filled in and signed; every text "" where nothing was said.

    birth_date: YYYYMMDD. ways: of WAYS, how the link goes out. named: the clinicians, as the patient wrote them.
    until: None for "until I withdraw it". email_images: whether the pictures themselves may go by plain e-mail.
    signature: strokes of the pen, each of points (x, y) in thousandths of the field's width; empty where only the
    name was typed.
    """

    language: str
    patient_name: str
    birth_date: str
    whose: PatientKey
    accession: str
    email: str
    phone: str
    ways: frozenset[str]
    choice: Choice
    named: str
    until: datetime | None
    email_images: bool
    signed_name: str
    signed_as: SignedAs
    signature: tuple[tuple[tuple[int, int], ...], ...] = ()
    form_version: str = FORM_VERSION


@dataclass(frozen=True, slots=True)
class Consent:
    """A signed form and what became of it.

    entered_by: "check-in:<place>", "person:<id>" or "link:<id>". attached_by of one that waits: who took it off a
    scan; then only people put it on one again.
    """

    id: int
    form: ConsentForm
    state: State
    signed_at: datetime
    entered_by: str
    study_id: int | None = None
    attached_at: datetime | None = None
    attached_by: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""

    @property
    def unseen(self) -> bool:
        """Whether nobody who works here has looked at who signed it."""
        return self.entered_by.startswith(CHECK_IN)


@dataclass(frozen=True, slots=True)
class StudyIdentity:
    """By what a study tells whose it is. Dates: YYYYMMDD; all "" where the study says nothing."""

    id: int
    patient_name: str
    patient: PatientKey
    birth_date: str
    accession: str
    study_date: str
    description: str


class Sign(StrEnum):
    """What a form and a study have in common, or not."""

    ACCESSION = "accession"
    PATIENT_NUMBER = "patient-number"
    BIRTH_DATE = "birth-date"
    NAME = "name"


class Look(StrEnum):
    """Why people have to look before a form that seems to belong to a study is put on it."""

    OTHER_BIRTH_DATE = "other-birth-date"
    OTHER_NAME = "other-name"
    OTHER_NUMBER = "other-number"
    BIRTH_DATE_LACKING = "birth-date-lacking"
    DATE_LACKING = "date-lacking"
    TWO_FORMS = "two-forms"
    HAS_ONE = "has-one"
    TAKEN_OFF = "taken-off"


@dataclass(frozen=True, slots=True)
class Belongs:
    """The form is this study's, by these signs."""

    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It looks as if the form were this study's; these reasons speak for a look."""

    signs: tuple[Sign, ...]
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Unrelated:
    """Nothing that counts says that the form is this study's. signs: what they have in common all the same."""

    signs: tuple[Sign, ...] = ()
    looks: tuple[Look, ...] = ()


Match = Belongs | Doubtful | Unrelated


@dataclass(frozen=True, slots=True)
class Candidate:
    """A study that a form may belong to, with what speaks for it and against it."""

    study: StudyIdentity
    match: Match


@dataclass(frozen=True, slots=True)
class Waiting:
    """A form without a scan; looks: why it was not put on the scan that seems to be meant, empty where none came."""

    consent: Consent
    looks: tuple[Look, ...]


class Purpose(StrEnum):
    """What somebody wants to do on the ground of a consent.

    SEND: send the patient's own link to where the form says. CLINICIANS: let clinicians who treat the patient see the
    pictures. EMAIL_IMAGES: send the pictures themselves by e-mail that others may read.
    """

    SEND = "send"
    CLINICIANS = "clinicians"
    EMAIL_IMAGES = "email-images"


class Why(StrEnum):
    """Why a consent does not carry it."""

    NONE = "no form"
    WITHDRAWN = "withdrawn"
    OVER = "over"
    NOT_CHOSEN = "not chosen"


@dataclass(frozen=True, slots=True)
class Given:
    """Yes, on the ground of this consent."""

    consent: Consent


@dataclass(frozen=True, slots=True)
class Lacking:
    """No. False where it is asked as a truth value, so that nobody takes it for a yes."""

    why: Why

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """closed: how many links of others stopped with it."""

    consent: Consent
    closed: int
