"""What staff see of arrivals and links, and what becomes of what they do. Values only, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from undisc.messaging.model import Way

Row = TypeVar("Row")


class Stage(StrEnum):
    """arriving: pictures may still come. waiting: complete, and staff have to do something. The others as
    completion_model.Stands has them."""

    ARRIVING = "arriving"
    WAITING = "waiting"
    SENT = "sent"
    PRINTED = "printed"
    DISMISSED = "dismissed"


class Form(StrEnum):
    """Whether a consent is on a study. waiting: one that names its order waits for somebody to look."""

    NONE = "none"
    GIVEN = "given"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A study on the worklist. at: when it was complete, or began to come. opened: whether its link was.

    failed: how many messages with its link could not be sent.
    """

    study: int
    at: datetime
    stage: Stage
    form: Form
    link: str | None
    opened: bool
    failed: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that carried a link, as it may be shown. state: waiting | sent | failed | cancelled."""

    id: int
    way: Way
    shown_to: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class GivenLink:
    """A link on the worklist. state: "open", "expired", "revoked" or "used up". to: whom it is for, where that was
    said. messages: of this link, newest first."""

    id: str
    kind: str
    made_at: datetime
    expires_at: datetime
    state: str
    to: str
    openings: int
    opened_at: datetime | None
    studies: tuple[int, ...]
    messages: tuple[Sent, ...]

    @property
    def failed(self) -> int:
        return sum(message.state == "failed" for message in self.messages)


class Showing(StrEnum):
    """Which links."""

    ALL = "all"
    OPEN = "open"
    UNOPENED = "unopened"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some of a list, newest first; more: whether others follow."""

    rows: Sequence[Row]
    number: int
    more: bool


@dataclass(frozen=True, slots=True)
class Handover:
    """To where a link goes; each "" where it does not. birth_date: YYYYMMDD, as the patient says; "" to go by the
    study's own."""

    email: str = ""
    phone: str = ""
    language: str = "en"
    birth_date: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A link that was made for a patient: the one moment at which its address is known.

    shown_to: the addresses that it goes to. passcode: to be said at the desk, where it goes nowhere; "" otherwise.
    """

    link_id: str
    url: str
    passcode: str
    until: datetime
    studies: tuple[int, ...]
    shown_to: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why it was not done, in a plain sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class DayCount:
    """day: YYYY-MM-DD in the place's time."""

    day: str
    count: int


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """Patients' links of the last thirty days."""

    made: int
    opened: int
    failed: int
    stopped: int
