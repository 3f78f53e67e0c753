"""When studies were complete, and what was done then. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class By(StrEnum):
    """How it is known that a study is complete: nothing more came, somebody said so, or another system did."""

    QUIET = "quiet"
    SAID = "said"
    HL7 = "hl7"


class Stands(StrEnum):
    """waiting: for staff. sent, printed: the patient has a link. dismissed: staff decided that there is none."""

    WAITING = "waiting"
    SENT = "sent"
    PRINTED = "printed"
    DISMISSED = "dismissed"


class Left(StrEnum):
    """Why staff have to do something. NO_CONSENT: no form is plainly this study's. NOT_WANTED: the form names no way.
    PRINT: the patient wants it on paper. NO_WAY: what the form names cannot be used here."""

    NO_CONSENT = "no-consent"
    NOT_WANTED = "not-wanted"
    PRINT = "print"
    NO_WAY = "no-way"


@dataclass(frozen=True, slots=True)
class Completion:
    """given_at: when the first link went out, on paper or otherwise."""

    study_id: int
    by: By
    complete_at: datetime
    given_at: datetime | None
    link_id: str | None
    state: Stands


@dataclass(frozen=True, slots=True)
class WaitingStudy:
    """A complete study that staff have to look after. consent_id: the form that counts for it."""

    completion: Completion
    left: Left
    consent_id: int | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Times from complete to link sent; None where there was none."""

    count: int
    median: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True, slots=True)
class Figures:
    """waiting: how many studies wait for staff now. unsent_today: complete today, and no link yet."""

    today: Spread
    month: Spread
    waiting: int
    unsent_today: int


def spread(times: list[timedelta]) -> Spread:
    """The median, and the time within which nine of ten were; by the nearest rank."""
    if not times:
        return Spread(0, None, None)
    ordered = sorted(times)

    def rank(share: float) -> timedelta:
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]

    return Spread(len(ordered), rank(0.5), rank(0.9))
