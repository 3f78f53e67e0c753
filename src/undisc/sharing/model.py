"""What sharing speaks of: links, the browsers that opened them, and what may come of asking. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from undisc.accounts.model import Service, Token
from undisc.accounts.people.model import PatientKey, SignedIn
from undisc.errors import UndiscError

MOST_TRIES = 10
"""Wrong passcodes a link bears in its whole life; with the last one it closes for good."""

TELL_TRIES_FROM = 3
"""The wrong try from which on people are told how many are left."""


class ShareRefused(UndiscError):
    """A link cannot be made as asked; the text is a plain sentence for the person who asked."""


class Use(StrEnum):
    """What somebody wants to do with a study. FIND: learn that it is here, and what it is called.

    ANNOTATE: add what was drawn on its pictures and which of them were starred, and nothing else. SHARE: hand it over,
    by a link, a disc or a print-out, without looking at it.
    """

    FIND = "find"
    VIEW = "view"
    DOWNLOAD = "download"
    STORE = "store"
    ANNOTATE = "annotate"
    DELETE = "delete"
    SHARE = "share"


class Reason(StrEnum):
    """Why not."""

    NO_GRANT = "no grant"
    REVOKED = "revoked"
    USED_UP = "used up"
    EXPIRED = "expired"
    SESSION_OF_ANOTHER_LINK = "session of another link"
    SESSION_OVER = "session over"
    NOT_NAMED = "not named by the link"
    WITHOUT_REPORTS = "without reports"
    VIEW_ONLY = "view only"
    PASSCODE_WANTED = "passcode wanted"
    STEP_WANTED = "second step wanted"
    LINKS_CHANGE_NOTHING = "links change nothing"
    TOKEN_REVOKED = "token revoked"  # noqa: S105
    TOKEN_EXPIRED = "token expired"  # noqa: S105
    SCOPE_LACKING = "scope lacking"
    SERVICE_LACKING = "service not granted to the peer"
    NOT_THEIRS = "not of a patient whose pictures they may see"
    GLASS_WANTED = "only with a reason"


@dataclass(frozen=True, slots=True)
class Passcode:
    """A passcode as it is kept: an argon2id hash, and the shape that the page needs to offer the right keypad."""

    hash: str
    digits: bool
    length: int


class Kind(StrEnum):
    """What a link is for: given to somebody, a patient's own, looking by somebody signed in, a SMART Health Link."""

    SHARE = "share"
    PATIENT = "patient"
    VIEWING = "viewing"
    HEALTH = "health"


class SecondStep(StrEnum):
    """What is asked beside the passcode: a code sent to whom it is for, signing in as a clinician, or the patient's
    birth date and then a code."""

    NONE = ""
    CODE = "code"
    CLINICIAN = "clinician"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Link:
    """A link names its studies, and only those. `id` is no secret; the secret itself is kept as a hash alone.

    for_*: for whom; "" where nobody said. birth_date: of the patient whom it is to be proven to be, as YYYYMMDD, beside
    what the studies say. most_openings: None for any number. person_id: whose it is. person_session_id: with which
    session of theirs it ends; person_session_over: whether that has ended.
    """

    id: str
    secret_hash: str
    studies: frozenset[int]
    made_at: datetime
    expires_at: datetime
    may_download: bool
    passcode: Passcode | None = None
    may_annotate: bool = False
    tries_taken: int = 0
    revoked_at: datetime | None = None
    kind: Kind = Kind.SHARE
    made_by: str = "operator"
    for_name: str = ""
    for_email: str = ""
    for_phone: str = ""
    birth_date: str = ""
    with_report: bool = True
    most_openings: int | None = None
    openings: int = 0
    second_step: SecondStep = SecondStep.NONE
    person_id: int | None = None
    person_session_id: int | None = None
    person_session_over: bool = False

    @property
    def is_used_up(self) -> bool:
        """Whether it was opened as often as it may be; who has it open goes on."""
        return self.most_openings is not None and self.openings >= self.most_openings


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that opened one link; `ends_at` is absolute, whatever the browser does meanwhile.

    who: as far as that was proven: "", "recipient" (by a code), "patient" or "person:<id>".
    """

    id: int
    link_id: str
    opened_at: datetime
    ends_at: datetime
    who: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a visitor has to show: a link and the session that its browser was given."""

    link: Link
    session: Session


@dataclass(frozen=True, slots=True)
class SecretGrant:
    """What a program has to show that was given a link's secret itself, and no session."""

    link: Link


@dataclass(frozen=True, slots=True)
class SystemGrant:
    """What another system has to show."""

    token: Token


@dataclass(frozen=True, slots=True)
class PeerGrant:
    """What a caller on the DICOM network has to show: that the directory knows it, by this name and for these."""

    peer: str
    services: frozenset[Service]


@dataclass(frozen=True, slots=True)
class PersonGrant:
    """What somebody signed in has to show of one patient. links: those that are addressed to them."""

    me: SignedIn
    whose: PatientKey
    links: tuple[Link, ...] = ()


AnyGrant = Grant | SecretGrant | SystemGrant | PeerGrant | PersonGrant


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes, under this grant."""

    grant: AnyGrant


@dataclass(frozen=True, slots=True)
class Denied:
    """No. The reason is for the trail and the operator; a stranger never learns which of them it was."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Reach:
    """What a program may do this with, by the standard's doors. studies: only these; None for all there are.

    actor: as the trail names it. reports: whether what is no picture but tells of them is among it.
    """

    grant: AnyGrant
    studies: frozenset[int] | None
    actor: str
    reports: bool = True


class Subject(StrEnum):
    """What a visitor asks for: everything the link names, or one series or instance of it."""

    LINK = "link"
    SERIES = "series"
    INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class Permit:
    """A question answered with yes: whose session it is, which studies it covers, and the series it was about."""

    grant: Grant
    studies: tuple[int, ...]
    series: int | None = None


@dataclass(frozen=True, slots=True)
class Browser:
    """Who asks, as far as a server can tell: the network address and what the browser says of itself."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the place decides for all of its links. `public_url` has no slash at its end. time_zone: in which letters
    tell the time."""

    place_name: str
    public_url: str
    link_days: int
    session_minutes: int
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class NewLink:
    """The only moment at which secret and passcode exist in the clear: they go to the person who shares."""

    link: Link
    secret: str
    passcode: str | None
    url: str


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """One line of the list of links. state: "open", "expired", "revoked" or "used up". sessions: its openings."""

    link: Link
    state: str
    sessions: int


class Step(StrEnum):
    """What is asked of who opens a share."""

    OPEN = "open"
    PASSCODE = "passcode"
    CODE = "code"
    CLINICIAN = "clinician"


@dataclass(frozen=True, slots=True)
class ShareChoice:
    """What somebody chose for one share. lifetime: None for the place's own. language: of the letter, "" for English.

    send: whether the link goes to the address or number that was given; where neither was given it goes nowhere.
    """

    studies: tuple[int, ...]
    for_name: str = ""
    for_email: str = ""
    for_phone: str = ""
    with_report: bool = True
    may_download: bool = True
    lifetime: timedelta | None = None
    most_openings: int | None = None
    step: Step = Step.PASSCODE
    send: bool = True
    language: str = ""


Sharer = SignedIn | str
"""Who shares: somebody signed in, whom the policy is asked about, or an actor as the trail names it ("system")."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How a patient is reached and known, as they said at check-in; "" where they did not. birth_date: YYYYMMDD."""

    email: str = ""
    phone: str = ""
    birth_date: str = ""
    language: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A link as those see it whom it concerns. state: "open", "expired", "revoked" or "used up"."""

    link: Link
    state: str
    openings: int
    last_opened_at: datetime | None
    studies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """One time that a link was opened.

    who: "holder" (of whom nothing was proven), "recipient", "patient" or "person", whose name who_name is.
    address: the network it came from, without its last part. browser: such as "Safari, iPhone"; "" where it is not
    known. series: rows of what was looked at. downloaded: whether everything, and how many single files.
    """

    session_id: int
    link_id: str
    at: datetime
    who: str
    who_name: str
    address: str
    browser: str
    series: tuple[int, ...]
    downloaded: bool
    files: int


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody who looked at a patient's pictures. way: "link" (anybody's), "own link", "signed in" (who works here),
    "glass" (with a reason), "system" (another program) or "medium" (a disc or file that was made).

    who: a name where one is known. opening: what is known of it where it was by a link.
    """

    at: datetime
    way: str
    who: str
    link_id: str | None = None
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Viewing:
    """A link that was opened for somebody signed in: the token is for a cookie with the path /s/<link_id>."""

    link_id: str
    token: str
    ends_at: datetime
