"""What is to be done later, how it stands, and how an attempt at it ends. Values only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from undisc.errors import UndiscError

Arguments = Mapping[str, Any]
"""JSON. UIDs may be in it, and nothing else that belongs to a patient."""


class JobUnknown(UndiscError):
    """No job here has that number."""


class JobRefused(UndiscError):
    """A job is in no state for what was asked; the text is a plain sentence for the person who asked."""


class Stopped(Exception):
    """Raised within a handler that is to stop: its process ends, its job was cancelled, or somebody else has it."""


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. due_at: from when on a runner may take it (while one has it, the end of its lease); None once
    it has ended. note: why the last attempt did not succeed, or what came of it."""

    number: int
    kind: str
    arguments: Arguments
    state: State
    wanted_at: datetime
    due_at: datetime | None
    attempts: int
    note: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this process has to itself until its lease runs out. mishaps: how many attempts in a row ended in a
    way that nobody had foreseen."""

    number: int
    kind: str
    arguments: Arguments
    holder: str
    wanted_at: datetime
    attempts: int
    mishaps: int


@dataclass(frozen=True, slots=True)
class Done:
    """It is done. note: what came of it, in a sentence."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """It did not succeed, and may the next time."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hopeless:
    """It did not succeed, and trying again would not help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """It is not time yet. until: when it may be."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Mishap:
    """An attempt ended by an error that nobody had foreseen. reason: never the error's own text."""

    reason: str


Ending = Done | Again | Later | Hopeless


class Running(Protocol):
    """A job as its handler sees it."""

    @property
    def number(self) -> int: ...

    @property
    def arguments(self) -> Arguments: ...

    def check(self) -> None:
        """Call it often; raises Stopped when the handler has to end."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of job is done. run: must bear being begun anew after an end at any point, without doing twice what
    others can see. patience: for how long after its time a job is tried again before it is failed."""

    name: str
    run: Callable[[Running], Ending]
    patience: timedelta
