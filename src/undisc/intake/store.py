"""The ledger's SQL."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from undisc.db import locks
from undisc.db.tables import import_items, imports
from undisc.intake.model import Item, Outcome


def unfinished_import(connection: Connection, fingerprint: str) -> int | None:
    """An import of this very source that was begun and never ended; until the transaction ends nobody begins one."""
    locks.take(connection, [f"source:{fingerprint}"])
    return connection.scalar(
        select(imports.c.id)
        .where(imports.c.fingerprint == fingerprint, imports.c.finished_at.is_(None))
        .order_by(imports.c.id.desc())
    )


def begin(connection: Connection, fingerprint: str, kind: str, files: int, now: datetime) -> int:
    key = connection.execute(
        insert(imports).values(fingerprint=fingerprint, kind=kind, files=files, started_at=now)
    ).inserted_primary_key
    assert key is not None
    return key[0]


def end(connection: Connection, import_id: int, now: datetime) -> None:
    connection.execute(update(imports).where(imports.c.id == import_id).values(finished_at=now))


def add_items(connection: Connection, import_id: int, items: Sequence[Item]) -> None:
    """Write items down, once each, however many processes read the same source."""
    locks.take(connection, [f"import:{import_id}"])
    paths = [item.path for item in items]
    there = set(
        connection.scalars(
            select(import_items.c.path).where(import_items.c.import_id == import_id, import_items.c.path.in_(paths))
        )
    )
    rows = [
        {
            "import_id": import_id,
            "path": item.path,
            "outcome": item.outcome.value,
            "reason": item.reason,
            "study_uid": item.study_uid,
        }
        for item in items
        if item.path not in there
    ]
    if rows:
        connection.execute(insert(import_items), rows)


def items(connection: Connection, import_id: int) -> Iterator[Item]:
    rows = connection.execute(
        select(import_items).where(import_items.c.import_id == import_id).order_by(import_items.c.id)
    )
    for row in rows:
        yield Item(row.path, Outcome(row.outcome), row.reason, row.study_uid)
