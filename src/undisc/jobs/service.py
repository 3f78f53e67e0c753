"""The queue: jobs go in with the transaction that wants them, and come out to one runner at a time."""

import random
import secrets
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from undisc.clock import Clock
from undisc.db import locks
from undisc.db.engine import Database, again_after_collision
from undisc.jobs import policy, store
from undisc.jobs.model import (
    Arguments,
    Claim,
    Done,
    Ending,
    Job,
    JobRefused,
    JobUnknown,
    Later,
    Mishap,
    State,
)

_T = TypeVar("_T")

_MOST_LISTED = 200
_CRASHED = f"The process that was at it ended without a word, {policy.MOST_MISHAPS} times in a row."


class Work(Protocol):
    """What is needed of a unit of work (`audit.trail.UnitOfWork`): its transaction, and its time."""

    connection: Connection
    clock: Clock


class Jobs:
    """One queue for all processes and replicas on one database."""

    def __init__(self, database: Database, clock: Clock, lease: timedelta = policy.LEASE) -> None:
        self._database = database
        self._clock = clock
        self.lease = lease

    # -- for those who want something done ---------------------------------------------------------------------------

    def enqueue(
        self,
        work: Work,
        kind: str,
        arguments: Arguments,
        *,
        key: str | None = None,
        not_before: datetime | None = None,
    ) -> int:
        """Put a job in line; it is there when the caller's transaction is, and never was when that is rolled back.

        key: while a job with it has not ended, no second one is put in line; the one that is there is brought forward
        where it waits for longer than this one would, and its number is returned.
        """
        now = work.clock.now()
        due_at = max(not_before or now, now)
        if key is not None:
            locks.take(work.connection, [f"job:{key}"])
            found = store.active(work.connection, key)
            if found is not None:
                store.bring_forward(work.connection, found, due_at)
                return found
        return store.add(work.connection, kind, arguments, key, due_at, now)

    def settle(self, number: int, note: str) -> bool:
        """Say that a job that waits was done by other means; False where a runner has it, or it has ended."""

        def act(connection: Connection) -> bool:
            ended = {"state": State.DONE.value, "due_at": None, "active_key": None}
            return store.change_waiting(connection, number, **ended, note=note, ended_at=self._clock.now())

        return self._write(act)

    def hasten(self, number: int) -> bool:
        """Have a job that waits done at once; False where it does not wait."""
        now = self._clock.now()
        return self._write(lambda connection: store.change_waiting(connection, number, due_at=now))

    def cancel(self, work: Work, number: int) -> Job:
        """Take a job out. Who is at it stops with its next step. Raises JobUnknown and JobRefused."""
        job = self._one(work, number)
        if job.state in (State.DONE, State.CANCELLED):
            raise JobRefused(f"Job {number} is {job.state} already.")
        store.set_state(
            work.connection, number, State.CANCELLED, None, active_key=None, ended_at=work.clock.now(), mishaps=0
        )
        return job

    def retry(self, work: Work, number: int) -> Job:
        """Have a job that failed or was cancelled, or one that waits, done as if it were new. Raises JobUnknown and
        JobRefused."""
        job = self._one(work, number)
        if job.state in (State.RUNNING, State.DONE):
            raise JobRefused(f"Job {number} is {job.state}.")
        key = store.own_key(work.connection, number)
        if key is not None:
            locks.take(work.connection, [f"job:{key}"])
            other = store.active(work.connection, key)
            if other is not None and other != number:
                raise JobRefused(f"Job {other} is in line for the same.")
        now = work.clock.now()
        fresh = {"active_key": key, "ended_at": None, "wanted_at": now, "mishaps": 0, "attempts": 0}
        store.set_state(work.connection, number, State.WAITING, now, **fresh)
        return job

    def all(self, states: Collection[State] = tuple(State)) -> list[Job]:
        """At most two hundred, the newest first, those that have not ended before all others."""
        with self._database.read() as connection:
            return store.listed(connection, list(states), _MOST_LISTED)

    def one(self, number: int) -> Job:
        """Raises JobUnknown."""
        with self._database.read() as connection:
            found = store.one(connection, number)
        if found is None:
            raise _unknown(number)
        return found

    # -- for those who do it -----------------------------------------------------------------------------------------

    def is_any_due(self, kinds: Collection[str]) -> bool:
        with self._database.read() as connection:
            return store.is_any_due(connection, kinds, self._clock.now())

    def claim(self, kinds: Collection[str]) -> Claim | None:
        """The next job that is due, for the caller alone until its lease runs out; None where there is none.

        What a dead process held is due again when its lease has run out; a job that goes on killing its processes is
        failed instead.
        """
        while self.is_any_due(kinds):  # a read, so that looking costs nobody a turn at writing
            claimed = self._write(lambda connection: self._claim(connection, kinds))
            if claimed is not None:
                return claimed
        return None

    def _claim(self, connection: Connection, kinds: Collection[str]) -> Claim | None:
        now = self._clock.now()
        row = store.lock_next(connection, kinds, now)
        if row is None:
            return None
        mishaps = row.mishaps
        if row.state == State.RUNNING.value:
            mishaps += 1
            if policy.is_given_up(mishaps):
                store.set_state(
                    connection, row.id, State.FAILED, None, active_key=None, ended_at=now, note=_CRASHED, mishaps=0
                )
                return None
            wait = policy.after_a_death(mishaps, random.random())  # noqa: S311
            if wait:
                store.set_state(connection, row.id, State.WAITING, now + wait, mishaps=mishaps)
                return None
        return store.hold(connection, row, secrets.token_hex(16), now + self.lease, mishaps)

    def renew(self, claims: Iterable[Claim]) -> set[int]:
        """Show that these are still worked on. Returns the numbers of those that the caller has still to himself."""
        until = self._clock.now() + self.lease
        return self._write(lambda connection: store.renew(connection, claims, until))

    def end(self, claim: Claim, ending: Ending | Mishap, patience: timedelta) -> State | None:
        """Write how an attempt ended. Returns how the job stands; None where the caller has it no more, and then
        nothing is written: whoever has it now has the word."""
        now = self._clock.now()
        mishaps = claim.mishaps + 1 if isinstance(ending, Mishap) else 0
        state = policy.next_state(
            ending,
            mishaps=mishaps,
            wanted_at=claim.wanted_at,
            now=now,
            patience=patience,
        )
        note = "" if isinstance(ending, Later) else ending.note if isinstance(ending, Done) else ending.reason
        due_at: datetime | None = None
        if state is State.WAITING:
            due_at = now + policy.wait_after(claim.attempts, random.random())  # noqa: S311
            if isinstance(ending, Later):
                due_at = max(ending.until, now)
            values = {"mishaps": mishaps, "note": note}
        else:
            values = {"mishaps": 0, "note": note, "active_key": None, "ended_at": now}
        return (
            state if self._write(lambda connection: store.leave(connection, claim, state, due_at, **values)) else None
        )

    def give_back(self, claim: Claim) -> None:
        """Let somebody else go on with it at once: this process ends."""
        now = self._clock.now()
        back = {"attempts": claim.attempts - 1, "mishaps": claim.mishaps}
        self._write(lambda connection: store.leave(connection, claim, State.WAITING, now, **back))

    def forget(self) -> int:
        """Drop what was done or cancelled long ago. Returns how many."""
        before = self._clock.now() - policy.KEPT
        return self._write(lambda connection: store.forget(connection, before))

    def _one(self, work: Work, number: int) -> Job:
        found = store.one(work.connection, number, lock=True)
        if found is None:
            raise _unknown(number)
        return found

    def _write(self, act: Callable[[Connection], _T]) -> _T:
        def once() -> _T:
            with self._database.write() as connection:
                return act(connection)

        return again_after_collision(once)


def _unknown(number: int) -> JobUnknown:
    return JobUnknown(f"There is no job {number}. `undisc jobs list` names those that are.")
