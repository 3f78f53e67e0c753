"""Media that are ordered on a page and fetched later: what was wanted, and how it stands. Values only."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from undisc.errors import UndiscError
from undisc.export.media import Medium

KEPT = timedelta(hours=24)
"""For how long a medium can be fetched."""

MOST_UNFINISHED = 8
"""Media that one person may have in line at once."""

LONGEST_FOR_WHOM = 80
# Bytes a second, as measured on two cores: converted from JPEG 2000, and written and read back.
_CONVERTS, _WRITES = 20e6, 160e6
_FASTEST_GUESS = timedelta(seconds=3)


class OrderRefused(UndiscError):
    """A medium cannot be ordered as asked; the text is a plain sentence for the person who asked."""


class State(StrEnum):
    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REMOVED = "removed"


UNFINISHED = frozenset({State.WAITING, State.MAKING})


class Stage(StrEnum):
    """What is being done, with how much of it is done: pictures, or bytes of what is written and read back."""

    NONE = ""
    CONVERTING = "converting"
    WRITING = "writing"
    READING = "reading"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants on a medium. sealed: it opens by a passphrase alone, which is made for it."""

    studies: tuple[int, ...]
    medium: Medium
    sealed: bool = False
    with_reports: bool = True
    for_whom: str = ""


@dataclass(frozen=True, slots=True)
class OrderedMedium:
    """A medium that was ordered. images, seconds: as estimated beforehand. done, total: of the stage; 0 where that is
    not known. note: why it failed. until: when what is ready is removed. receipt: its number, once it was made."""

    id: int
    ordered_at: datetime
    ordered_by: str
    wish: Wish
    state: State
    stage: Stage
    stage_at: datetime | None
    done: int
    total: int
    images: int
    seconds: int
    size: int
    receipt: int | None
    note: str
    until: datetime | None
    job: int | None = field(default=None, repr=False)

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def file_name(self) -> str:
        """Under which it is fetched; it tells of nobody."""
        return f"pictures-{self.ordered_at:%Y-%m-%d}-{self.id}.{self.wish.medium}"

    @property
    def percent(self) -> int:
        """Of the whole work, about: converting, writing and reading back take a third each."""
        if self.state is not State.MAKING:
            return 100 if self.state is State.READY else 0
        place = {Stage.NONE: 0, Stage.CONVERTING: 0, Stage.WRITING: 1, Stage.READING: 2}[self.stage]
        return min(99, round((place + (self.done / self.total if self.total else 0)) * 100 / 3))

    def seconds_left(self, now: datetime) -> int | None:
        """How long it still takes, about: as the work goes so far, or as estimated where it has hardly begun. None
        where it takes longer than was thought and nothing is known."""
        if not self.is_unfinished:
            return None
        if self.stage_at is None or self.stage is Stage.CONVERTING or not self.done:
            since = now - (self.stage_at or now)
            left = self.seconds - round(since.total_seconds())
            return left if left > 0 else None
        spent = now - self.stage_at
        if spent < _FASTEST_GUESS or not self.total:
            return self.seconds
        rate = self.done / spent.total_seconds()
        left = (self.total - self.done) / rate
        # Reading back is quicker than writing, never slower by much.
        return round(left + (self.total / rate if self.stage is Stage.WRITING else 0))


@dataclass(frozen=True, slots=True)
class NewOrder:
    """passphrase: what opens a sealed medium, told this once and kept nowhere; "" for an open one."""

    medium: OrderedMedium
    passphrase: str = field(repr=False)


def seconds_for(size: int, converted: float) -> int:
    """How long making a medium takes, about. converted: bytes of it that are converted first."""
    return max(5, round(size / _WRITES + converted / _CONVERTS))
