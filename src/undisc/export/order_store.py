"""The SQL of ordered media."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, insert, select, update

from undisc.db.message_tables import ordered_media
from undisc.db.tables import jobs
from undisc.export.media import Medium
from undisc.export.order_model import UNFINISHED, OrderedMedium, Stage, State, Wish

_UNFINISHED = [str(state) for state in UNFINISHED]


def add(connection: Connection, values: dict[str, Any], wish: Wish) -> int:
    row = values | {
        "studies": json.dumps(list(wish.studies)),
        "medium": str(wish.medium),
        "is_sealed": wish.sealed,
        "with_reports": wish.with_reports,
        "for_whom": wish.for_whom,
    }
    return connection.execute(insert(ordered_media).values(row).returning(ordered_media.c.id)).scalar_one()


def change(connection: Connection, number: int, *states: State, **values: Any) -> bool:
    """Change a row that is in one of these states; False where it is in none of them."""
    changed = update(ordered_media).where(
        ordered_media.c.id == number, ordered_media.c.state.in_([str(state) for state in states])
    )
    return connection.execute(changed.values(**values)).rowcount == 1


def one(connection: Connection, number: int) -> OrderedMedium | None:
    row = connection.execute(_all().where(ordered_media.c.id == number)).first()
    return _medium(row) if row else None


def lock_of(connection: Connection, number: int) -> str:
    """What a sealed one's key is made of, sealed; "" where there is none any more."""
    return connection.scalar(select(ordered_media.c.lock).where(ordered_media.c.id == number)) or ""


def newest(connection: Connection, ordered_by: str | None, most: int) -> list[OrderedMedium]:
    statement = _all().order_by(ordered_media.c.id.desc()).limit(most)
    if ordered_by is not None:
        statement = statement.where(ordered_media.c.ordered_by == ordered_by)
    return [_medium(row) for row in connection.execute(statement)]


def unfinished(connection: Connection, ordered_by: str) -> int:
    """How many of somebody's are in line."""
    failed = select(jobs.c.id).where(jobs.c.id == ordered_media.c.job, jobs.c.state == "failed").exists()
    statement = select(func.count()).where(
        ordered_media.c.ordered_by == ordered_by, ordered_media.c.state.in_(_UNFINISHED), ~failed
    )
    return connection.scalar(statement) or 0


def _all() -> Select[Any]:
    """With what became of its job: one that failed for good leaves nobody who could say so."""
    gone = ordered_media.c.state.in_(_UNFINISHED) & (jobs.c.state == "failed")
    state = case((gone, str(State.FAILED)), else_=ordered_media.c.state).label("stands")
    note = case((gone, jobs.c.note), else_=ordered_media.c.note).label("says")
    return select(ordered_media, state, note).outerjoin(jobs, jobs.c.id == ordered_media.c.job)


def _medium(row: Row[Any]) -> OrderedMedium:
    wish = Wish(tuple(json.loads(row.studies)), Medium(row.medium), row.is_sealed, row.with_reports, row.for_whom)
    until: datetime | None = row.until
    return OrderedMedium(
        id=row.id,
        ordered_at=row.ordered_at,
        ordered_by=row.ordered_by,
        wish=wish,
        state=State(row.stands),
        stage=Stage(row.stage),
        stage_at=row.stage_at,
        done=row.done,
        total=row.total,
        images=row.images,
        seconds=row.seconds,
        size=row.size,
        receipt=row.receipt,
        note=row.says,
        until=until,
        job=row.job,
    )
