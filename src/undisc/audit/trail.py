"""The trail: each entry is sealed over the one before it, in the transaction of the act it tells of."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, insert, select, update

from undisc.audit.marks import marks_of
from undisc.audit.model import Act, Broken, Intact
from undisc.clock import Clock
from undisc.db import locks
from undisc.db.engine import Database, again_after_collision
from undisc.db.message_tables import audit_marks
from undisc.db.tables import audit_entries, audit_head, imports, links

_BEGINNING = "0" * 64
_AT_ONCE = 1000

_T = TypeVar("_T")


class UnitOfWork:
    """One transaction together with the trail's entries for what is done in it."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self._acts: list[tuple[str, Act]] = []

    def audit(self, act: Act) -> None:
        """Tell of an act; its entry is written with all others of the transaction, at the end of it."""
        self._acts.append((self.clock.now().isoformat(timespec="milliseconds"), act))

    def write_entries(self, key: bytes) -> None:
        """Seal what was told onto the trail. The trail's own call, the last of a transaction.

        Last, because the head of the chain is everybody's: who holds it keeps all other replicas waiting.
        """
        if not self._acts:
            return
        locks.take(self.connection, [locks.AUDIT])
        head = self.connection.execute(select(audit_head.c.seq, audit_head.c.seal)).first()
        seq, previous = (head.seq, head.seal) if head else (0, _BEGINNING)
        entries: list[dict[str, Any]] = []
        marks: list[dict[str, Any]] = []
        for at, act in self._acts:
            seq += 1
            entry: dict[str, Any] = {
                "seq": seq,
                "at": at,
                "action": act.action,
                "actor": act.actor,
                "subject": json.dumps(dict(act.subject), sort_keys=True, separators=(",", ":")),
                "previous": previous,
            }
            previous = entry["seal"] = _seal(key, entry)
            entries.append(entry)
            found = marks_of(act.actor, act.subject)
            marks += [{"kind": kind, "value": value, "seq": seq} for kind, value in found]
        self._acts.clear()
        self.connection.execute(insert(audit_entries), entries)
        self.connection.execute(insert(audit_marks), marks)
        values = {"seq": seq, "seal": previous, "mac": _head_mac(key, seq, previous)}
        statement = update(audit_head).values(values) if head else insert(audit_head).values(id=1, **values)
        self.connection.execute(statement)


class Trail:
    """Hands out units of work, and tells whether what they wrote is still what is there."""

    def __init__(self, database: Database, clock: Clock, key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._key = key

    @contextmanager
    def work(self) -> Iterator[UnitOfWork]:
        with self._database.write() as connection:
            unit = UnitOfWork(connection, self._clock)
            yield unit
            unit.write_entries(self._key)

    def run(self, act: Callable[[UnitOfWork], _T]) -> _T:
        """Do a whole unit of work, and do it anew where another replica's got in its way.

        Whatever `act` does outside the database before its last statement must bear being done twice.
        """

        def once() -> _T:
            with self.work() as work:
                return act(work)

        return again_after_collision(once)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._database.read() as connection:
            yield connection

    def stamp(self) -> int | None:
        """As the database's: the same for as long as nothing at all was changed."""
        return self._database.stamp()

    def forget_deleted(self) -> None:
        """As the database's: after what was deleted is to be gone from its files too."""
        self._database.forget_deleted()

    def has_other_key(self) -> bool:
        """Whether the trail that is there was sealed with another key than this one."""
        with self._database.read() as connection:
            head = connection.execute(select(audit_head)).first()
            if head is None or hmac.compare_digest(head.mac, _head_mac(self._key, head.seq, head.seal)):
                return False
            # A head that was tampered with is verify's finding; a wrong key fits no entry either.
            last = connection.execute(select(audit_entries).order_by(audit_entries.c.seq.desc()).limit(1)).first()
        return last is not None and not hmac.compare_digest(last.seal, _seal(self._key, last._mapping))

    def verify(self, told: Callable[[int], None] = lambda _entries: None) -> Intact | Broken:
        """Walk the whole trail; the first entry that was edited, removed or put in is named.

        told: is given the number of each thousandth entry that was found whole.
        """
        with self._database.read() as connection:
            previous, expected = _BEGINNING, 1
            # Some at a time: a trail of years would fill the memory.
            every = select(audit_entries).order_by(audit_entries.c.seq).execution_options(yield_per=_AT_ONCE)
            for row in connection.execute(every):
                broken = _check(self._key, row, expected, previous)
                if broken:
                    return broken
                previous, expected = row.seal, expected + 1
                if row.seq % _AT_ONCE == 0:
                    told(row.seq)
            head = connection.execute(select(audit_head)).first()
            finished = select(imports.c.id).where(imports.c.finished_at.is_not(None)).limit(1)
            acted = any(connection.execute(rows).first() for rows in (finished, select(links.c.id).limit(1)))
        count = expected - 1
        if head is None and count:
            return Broken(count, "The record of the last entry is gone.")
        if head is None:
            # No import ends and no link is made without an entry, so that an emptied trail does not pass for a new one.
            return Broken(0, "The trail was emptied.") if acted else Intact(0, _BEGINNING)
        if not hmac.compare_digest(head.mac, _head_mac(self._key, head.seq, head.seal)):
            return Broken(count, "The record of the last entry was changed.")
        if (head.seq, head.seal) != (count, previous):
            return Broken(count, f"Entries are missing at the end: {head.seq} were written, {count} are there.")
        return Intact(count, previous)


def _check(key: bytes, row: Row[Any], expected: int, previous: str) -> Broken | None:
    if row.seq != expected:
        return Broken(expected, f"Entry {expected} is missing.")
    if row.previous != previous:
        return Broken(row.seq, f"Entry {row.seq} does not follow from the one before it.")
    if not hmac.compare_digest(row.seal, _seal(key, row._mapping)):
        return Broken(row.seq, f"Entry {row.seq} was changed after it was written.")
    return None


def _seal(key: bytes, entry: Any) -> str:
    fields = [entry[name] for name in ("seq", "at", "action", "actor", "subject", "previous")]
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _head_mac(key: bytes, seq: int, seal: str) -> str:
    return hmac.new(key, f"head:{seq}:{seal}".encode(), hashlib.sha256).hexdigest()
