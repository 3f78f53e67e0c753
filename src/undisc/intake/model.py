"""What is told of an import: every file with its outcome, and the sums."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from undisc.discs.model import MissingFile


class Outcome(StrEnum):
    """How a file ended; each ends in exactly one of these ways."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    NOT_DICOM = "not_dicom"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    """Only of what is sent over the network: nothing is wrong with it, but it was rejected here before, or is not what
    its sender said it would be. Off a disc, what was rejected before is here already, and the reason says so."""


OF_A_DISC = (
    Outcome.STORED,
    Outcome.DUPLICATE,
    Outcome.QUARANTINED,
    Outcome.NOT_DICOM,
    Outcome.UNREADABLE,
)
"""The ways in which a file off a disc ends."""


_LOST = (Outcome.QUARANTINED, Outcome.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Item:
    """One file: its path as the source spells it, its outcome and the reason as a plain sentence ("" where none)."""

    path: str
    outcome: Outcome
    reason: str
    study_uid: str | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of one or more sources; the counts add up to the files that were there."""

    items: tuple[Item, ...]
    missing: tuple[MissingFile, ...] = ()
    notes: tuple[str, ...] = ()
    has_report: bool = False
    has_pictures: bool = True
    """Whether anything that is here is more than a report."""
    went_on: int = 0
    """Files that an earlier, interrupted run of this import had dealt with already."""

    counts: dict[Outcome, int] = field(init=False)

    def __post_init__(self) -> None:
        counted = Counter(item.outcome for item in self.items)
        object.__setattr__(
            self,
            "counts",
            {outcome: counted[outcome] for outcome in Outcome if outcome in OF_A_DISC or counted[outcome]},
        )

    @property
    def files(self) -> int:
        return len(self.items)

    @property
    def studies(self) -> tuple[str, ...]:
        """UIDs of the studies that were stored or are here already, in the order in which they came up."""
        return tuple(dict.fromkeys(item.study_uid for item in self.items if item.study_uid))

    @property
    def damaged(self) -> tuple[Item, ...]:
        """Files that were kept although something is wrong with them."""
        return tuple(item for item in self.items if item.outcome is Outcome.STORED and item.reason)

    @property
    def lost(self) -> tuple[Item, ...]:
        """Files that could not be kept as pictures."""
        return tuple(item for item in self.items if item.outcome in _LOST)


def joined(ledgers: Iterable[Ledger]) -> Ledger:
    """One ledger over several sources."""
    parts = list(ledgers)
    return Ledger(
        items=tuple(item for part in parts for item in part.items),
        missing=tuple(file for part in parts for file in part.missing),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        has_report=any(part.has_report for part in parts),
        has_pictures=any(part.has_pictures for part in parts),
        went_on=sum(part.went_on for part in parts),
    )


class Watcher(Protocol):
    """Is told how an import goes; called from the importing thread and from the one that waits for the disk."""

    def surveyed(self, files: int, size: int) -> None: ...
    def read(self, files: int, size: int) -> None: ...
    def preparing(self, pictures: int) -> None: ...
    def prepared(self, pictures: int) -> None: ...


class NobodyWatches:
    def surveyed(self, files: int, size: int) -> None: ...
    def read(self, files: int, size: int) -> None: ...
    def preparing(self, pictures: int) -> None: ...
    def prepared(self, pictures: int) -> None: ...
