"""Entries of the trail found again by their marks, their action and their time. Row numbers only: who reads them joins
the names."""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from undisc.audit.entries import Entry, Wanted
from undisc.audit.marks import Mark
from undisc.db.message_tables import audit_marks
from undisc.db.tables import audit_entries, audit_head

_AT_ONCE = 1000


def newest(connection: Connection, wanted: Wanted, most: int) -> list[Entry]:
    """At most so many, the newest first."""
    rows = connection.execute(_asked(wanted).order_by(audit_entries.c.seq.desc()).limit(most))
    return [_entry(row) for row in rows]


def oldest_first(connection: Connection, wanted: Wanted) -> Iterator[Entry]:
    """All of them, a thousand at a time."""
    after = wanted.after
    while True:
        some = _asked(replace(wanted, after=after)).order_by(audit_entries.c.seq).limit(_AT_ONCE)
        rows = connection.execute(some).all()
        yield from (_entry(row) for row in rows)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].seq


def head(connection: Connection) -> tuple[int, str]:
    """The number and the seal of the last entry; 0 and "" where there is none."""
    row = connection.execute(select(audit_head.c.seq, audit_head.c.seal)).first()
    return (row.seq, row.seal) if row else (0, "")


def how_many(connection: Connection, wanted: Wanted, most: int) -> int:
    """How many there are, counted up to `most`."""
    some = _asked(wanted, audit_entries.c.seq).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _asked(wanted: Wanted, *columns: Any) -> Any:
    statement: Any = select(*columns) if columns else select(audit_entries)
    seq, at = audit_entries.c.seq, audit_entries.c.at
    for marks in wanted.all_of:
        statement = statement.where(seq.in_(_marked(marks)))
    if wanted.actions:
        statement = statement.where(audit_entries.c.action.in_(sorted(wanted.actions)))
    if wanted.since is not None:
        statement = statement.where(at >= _written(wanted.since))
    if wanted.until is not None:
        statement = statement.where(at < _written(wanted.until))
    if wanted.before is not None:
        statement = statement.where(seq < wanted.before)
    return statement.where(seq > wanted.after)


def _marked(marks: Collection[Mark]) -> Select[Any]:
    by_kind: dict[str, list[str]] = {}
    for kind, value in marks:
        by_kind.setdefault(kind, []).append(value)
    some = [and_(audit_marks.c.kind == kind, audit_marks.c.value.in_(sorted(of))) for kind, of in by_kind.items()]
    return select(audit_marks.c.seq).where(or_(*some) if some else audit_marks.c.seq < 0)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.seq, datetime.fromisoformat(row.at), row.action, row.actor, json.loads(row.subject))
