"""The SQL of jobs."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, insert, select, update

from undisc.db.tables import jobs
from undisc.jobs.model import Arguments, Claim, Job, State

_ENDED = (State.DONE.value, State.CANCELLED.value)


def active(connection: Connection, key: str) -> int | None:
    """The job with this key that has not ended."""
    return connection.scalar(select(jobs.c.id).where(jobs.c.active_key == key))


def add(
    connection: Connection, kind: str, arguments: Arguments, key: str | None, due_at: datetime, now: datetime
) -> int:
    added = connection.execute(
        insert(jobs).values(
            kind=kind,
            arguments=json.dumps(dict(arguments), separators=(",", ":"), allow_nan=False),
            active_key=key,
            own_key=key,
            state=State.WAITING.value,
            made_at=now,
            wanted_at=due_at,
            due_at=due_at,
            attempts=0,
            mishaps=0,
            note="",
        )
    ).inserted_primary_key
    assert added is not None
    return added[0]


def is_any_due(connection: Connection, kinds: Collection[str], now: datetime) -> bool:
    found = select(jobs.c.id).where(jobs.c.due_at <= now, jobs.c.kind.in_(kinds)).limit(1)
    return connection.scalar(found) is not None


def lock_next(connection: Connection, kinds: Collection[str], now: datetime) -> Row[Any] | None:
    """The job that has been due longest and that no other transaction is just taking; locked on PostgreSQL, where on
    SQLite the transaction itself is the lock."""
    return connection.execute(
        select(jobs)
        .where(jobs.c.due_at <= now, jobs.c.kind.in_(kinds))
        .order_by(jobs.c.due_at, jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()


def hold(connection: Connection, row: Row[Any], holder: str, until: datetime, mishaps: int) -> Claim:
    attempts = row.attempts + 1
    connection.execute(
        update(jobs)
        .where(jobs.c.id == row.id)
        .values(state=State.RUNNING.value, holder=holder, due_at=until, attempts=attempts, mishaps=mishaps)
    )
    arguments = json.loads(row.arguments)
    return Claim(row.id, row.kind, arguments, holder, row.wanted_at, attempts, mishaps)


def renew(connection: Connection, claims: Iterable[Claim], until: datetime) -> set[int]:
    """Numbers of those that are still held."""
    return {
        claim.number
        for claim in sorted(claims, key=lambda claim: claim.number)
        if connection.execute(_held(claim).values(due_at=until)).rowcount
    }


def leave(connection: Connection, claim: Claim, state: State, due_at: datetime | None, **values: Any) -> bool:
    """Write how a held job goes on; False where it is not held any more, and then nothing is written."""
    changed = _held(claim).values(state=state.value, due_at=due_at, holder=None, **values)
    return connection.execute(changed).rowcount > 0


def _held(claim: Claim) -> Any:
    return update(jobs).where(
        jobs.c.id == claim.number, jobs.c.state == State.RUNNING.value, jobs.c.holder == claim.holder
    )


def set_state(connection: Connection, number: int, state: State, due_at: datetime | None, **values: Any) -> None:
    """Whatever state it is in, and whoever holds it."""
    connection.execute(
        update(jobs).where(jobs.c.id == number).values(state=state.value, due_at=due_at, holder=None, **values)
    )


def change_waiting(connection: Connection, number: int, **values: Any) -> bool:
    """Change a job that waits; False where it does not."""
    waiting = update(jobs).where(jobs.c.id == number, jobs.c.state == State.WAITING.value)
    return connection.execute(waiting.values(**values)).rowcount > 0


def bring_forward(connection: Connection, number: int, due_at: datetime) -> None:
    """Let a job that waits for longer than until then be due then."""
    waiting = update(jobs).where(jobs.c.id == number, jobs.c.state == State.WAITING.value, jobs.c.due_at > due_at)
    connection.execute(waiting.values(due_at=due_at))


def one(connection: Connection, number: int, *, lock: bool = False) -> Job | None:
    wanted = select(jobs).where(jobs.c.id == number)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    return _job(row) if row else None


def own_key(connection: Connection, number: int) -> str | None:
    """The key under which a job was once put in line."""
    return connection.scalar(select(jobs.c.own_key).where(jobs.c.id == number))


def listed(connection: Connection, states: Sequence[State], most: int) -> list[Job]:
    """Newest first, those that have not ended before all others."""
    ended = case((jobs.c.ended_at.is_(None), 0), else_=1)
    wanted = select(jobs).where(jobs.c.state.in_([state.value for state in states]))
    rows = connection.execute(wanted.order_by(ended, jobs.c.id.desc()).limit(most))
    return [_job(row) for row in rows]


def forget(connection: Connection, before: datetime) -> int:
    ended = delete(jobs).where(jobs.c.ended_at < before, jobs.c.state.in_(_ENDED))
    return connection.execute(ended).rowcount


def _job(row: Row[Any]) -> Job:
    return Job(
        row.id,
        row.kind,
        json.loads(row.arguments),
        State(row.state),
        row.wanted_at,
        row.due_at,
        row.attempts,
        row.note,
        row.ended_at,
    )
