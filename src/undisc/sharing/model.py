"""What sharing speaks of: links, the browsers that opened them, and what may come of asking. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from undisc.accounts.model import Service, Token
from undisc.errors import UndiscError

MOST_TRIES = 10
"""Wrong passcodes a link bears in its whole life; with the last one it closes for good."""

TELL_TRIES_FROM = 3
"""The wrong try from which on people are told how many are left."""


class ShareRefused(UndiscError):
    """A link cannot be made as asked; the text is a plain sentence for the person who asked."""


class Use(StrEnum):
    """What somebody wants to do with a study. FIND: learn that it is here, and what it is called.

    ANNOTATE: add what was drawn on its pictures and which of them were starred, and nothing else.
    """

    FIND = "find"
    VIEW = "view"
    DOWNLOAD = "download"
    STORE = "store"
    ANNOTATE = "annotate"
    DELETE = "delete"


class Reason(StrEnum):
    """Why not."""

    NO_GRANT = "no grant"
    REVOKED = "revoked"
    USED_UP = "used up"
    EXPIRED = "expired"
    SESSION_OF_ANOTHER_LINK = "session of another link"
    SESSION_OVER = "session over"
    NOT_NAMED = "not named by the link"
    VIEW_ONLY = "view only"
    PASSCODE_WANTED = "passcode wanted"
    LINKS_CHANGE_NOTHING = "links change nothing"
    TOKEN_REVOKED = "token revoked"  # noqa: S105
    TOKEN_EXPIRED = "token expired"  # noqa: S105
    SCOPE_LACKING = "scope lacking"
    SERVICE_LACKING = "service not granted to the peer"


@dataclass(frozen=True, slots=True)
class Passcode:
    """A passcode as it is kept: an argon2id hash, and the shape that the page needs to offer the right keypad."""

    hash: str
    digits: bool
    length: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link names its studies, and only those. `id` is no secret; the secret itself is kept as a hash alone."""

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


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that opened one link; `ends_at` is absolute, whatever the browser does meanwhile."""

    id: int
    link_id: str
    opened_at: datetime
    ends_at: datetime


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


AnyGrant = Grant | SecretGrant | SystemGrant | PeerGrant


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

    actor: as the trail names it.
    """

    grant: AnyGrant
    studies: frozenset[int] | None
    actor: str


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
    """What the place decides for all of its links. `public_url` has no slash at its end."""

    place_name: str
    public_url: str
    link_days: int
    session_minutes: int


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


@dataclass(frozen=True, slots=True)
class Opened:
    """The link opens: a token for this browser alone, until when, and the study manifest as JSON."""

    token: str
    ends_at: datetime
    manifest: bytes


@dataclass(frozen=True, slots=True)
class PasscodeNeeded:
    """The secret was right, and a passcode is wanted."""

    sender: str
    until: datetime
    digits: bool
    length: int


@dataclass(frozen=True, slots=True)
class PasscodeWrong:
    """One of the link's tries is gone. `tries_left` is told from the third wrong one on."""

    sender: str
    until: datetime
    digits: bool
    length: int
    tries_left: int | None


@dataclass(frozen=True, slots=True)
class Closed:
    """Wrong, unknown, expired, revoked, used up: one answer for all."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Too many passcodes are being checked at this moment; no try was taken."""


OpenOutcome = Opened | PasscodeNeeded | PasscodeWrong | Closed | Busy
