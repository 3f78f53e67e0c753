"""The SQL of messages."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, func, insert, select, update

from undisc.db.message_tables import messages
from undisc.db.tables import link_sessions, links
from undisc.messaging.model import Message, Way

_SHOWN: tuple[Column[Any], ...] = (
    messages.c.id,
    messages.c.way,
    messages.c.purpose,
    messages.c.shown_to,
    messages.c.state,
    messages.c.attempts,
    messages.c.note,
    messages.c.made_at,
    messages.c.sent_at,
    messages.c.link_id,
    messages.c.person_id,
)


def add(connection: Connection, **values: Any) -> int:
    added = connection.execute(insert(messages).values(**values)).inserted_primary_key
    assert added is not None
    return added[0]


def sealed(connection: Connection, number: int, *, lock: bool = False) -> Row[Any] | None:
    wanted = select(messages).where(messages.c.id == number)
    return connection.execute(wanted.with_for_update() if lock else wanted).first()


def tried(connection: Connection, number: int, note: str) -> None:
    """One attempt more, after which it waits on."""
    waiting = update(messages).where(messages.c.id == number, messages.c.state == "waiting")
    connection.execute(waiting.values(attempts=messages.c.attempts + 1, note=note))


def end(connection: Connection, number: int, state: str, note: str, *, sent_at: datetime | None, tries: int) -> bool:
    """Settle a message that waits, its text gone; False where it does not wait."""
    waiting = update(messages).where(messages.c.id == number, messages.c.state == "waiting")
    values = {"state": state, "note": note, "sent_at": sent_at, "sealed": ""}
    return connection.execute(waiting.values(**values, attempts=messages.c.attempts + tries)).rowcount > 0


def link_end(connection: Connection, link_id: str) -> datetime | None:
    """When a link ends, or was closed; None where there is none."""
    ends = func.coalesce(links.c.revoked_at, links.c.expires_at)
    return connection.scalar(select(ends).where(links.c.id == link_id))


def was_opened(connection: Connection, link_id: str) -> bool:
    wanted = select(link_sessions.c.id).where(link_sessions.c.link_id == link_id).limit(1)
    return connection.scalar(wanted) is not None


def one(connection: Connection, number: int) -> Message | None:
    row = connection.execute(select(*_SHOWN).where(messages.c.id == number)).first()
    return _message(row) if row else None


def listed(connection: Connection, states: Collection[str], most: int) -> list[Message]:
    return _all(connection, select(*_SHOWN).where(messages.c.state.in_(states)), most)


def troubled(connection: Connection, since: datetime, most: int) -> list[Message]:
    """Those that failed since then, and those that wait after an attempt that did not succeed."""
    failed = (messages.c.state == "failed") & (messages.c.made_at >= since)
    waiting = (messages.c.state == "waiting") & (messages.c.attempts > 0)
    return _all(connection, select(*_SHOWN).where(failed | waiting), most)


def of_link(connection: Connection, link_id: str, most: int) -> list[Message]:
    return _all(connection, select(*_SHOWN).where(messages.c.link_id == link_id), most)


def _all(connection: Connection, wanted: Select[Any], most: int) -> list[Message]:
    return [_message(row) for row in connection.execute(wanted.order_by(messages.c.id.desc()).limit(most))]


def _message(row: Row[Any]) -> Message:
    return Message(**{**row._mapping, "way": Way(row.way)})
