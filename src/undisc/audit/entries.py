"""Entries of the trail as they are read, and which of them are asked for. Values only, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from undisc.audit.marks import Mark


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it was written."""

    seq: int
    at: datetime
    action: str
    actor: str
    subject: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries. all_of: of each set of marks, an entry has at least one. actions: any of these; none named means
    all. since is included, until is not; before and after are numbers of entries, both left out."""

    all_of: tuple[frozenset[Mark], ...] = ()
    actions: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    after: int = 0
