"""What is asked of a browser before a link opens for it, what it answers, and what may come of that. Values only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from undisc.accounts.people.model import SignedIn
from undisc.messaging.model import Way

MOST_SENDINGS = 5
"""Codes that are sent for one link within an hour."""

MOST_WRONG_CODES = 5
"""Wrong entries that one code bears; with the last one it is no good any more, and the link has lost a try."""

CODE_MINUTES = 10
CODE_DIGITS = 6


class Asking(StrEnum):
    """What is asked for, as the page goes by it; "late": no more codes are sent at this moment."""

    PASSCODE = "passcode-needed"
    PASSCODE_WRONG = "passcode-wrong"
    BIRTH_DATE = "birth-date-needed"
    BIRTH_DATE_WRONG = "birth-date-wrong"
    CODE = "code-needed"
    CODE_SENT = "code-sent"
    CODE_WRONG = "code-wrong"
    CODE_LATE = "code-late"
    SIGN_IN = "sign-in-needed"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a browser says and shows beside the link's secret.

    asked: the token that it got with a question, which tells what it has answered already. token: of a session of the
    link that it may have. me: who is signed in there. language: of the page, for the letter with a code.
    """

    passcode: str | None = None
    birth_date: str | None = None
    code: str | None = None
    send_code: Way | None = None
    asked: str = ""
    token: str = ""
    me: SignedIn | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class CodeWay:
    """Where a code can be sent, as it may be shown: "···42"."""

    way: Way
    shown_to: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The link opens: until when, and the study manifest as JSON.

    token: for this browser alone; None where the one that it has still holds. me: the token of a session in which the
    person is known from now on, where one was begun.
    """

    token: str | None
    ends_at: datetime
    manifest: bytes
    me: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The secret was right, and more is wanted.

    asked: a token that the browser is to show with its answer; None where it has one. digits, length: of the passcode.
    tries_left: told from the third wrong answer on. ways: by which a code can be sent; of one that was sent, the one.
    """

    what: Asking
    sender: str
    until: datetime
    asked: str | None = None
    digits: bool = False
    length: int = 0
    tries_left: int | None = None
    ways: tuple[CodeWay, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """Wrong, unknown, expired, revoked, used up: one answer for all."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Too many answers are being checked at this moment; no try was taken."""


OpenOutcome = Opened | Asked | Closed | Busy
