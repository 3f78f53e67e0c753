"""Places where people check in, in SQL. Every function works inside the transaction it is handed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from undisc.db.sharing_tables import check_in_places


@dataclass(frozen=True, slots=True)
class Place:
    """Where people check in. name: as staff call it."""

    id: int
    name: str
    secret_hash: str
    made_by: str
    made_at: datetime
    ended_at: datetime | None


def add(connection: Connection, name: str, secret_hash: str, by: str, now: datetime) -> int:
    statement = insert(check_in_places).values(name=name, secret_hash=secret_hash, made_by=by, made_at=now)
    key: Sequence[Any] | None = connection.execute(statement).inserted_primary_key
    assert key is not None
    return key[0]


def set_hash(connection: Connection, place_id: int, secret_hash: str) -> None:
    connection.execute(update(check_in_places).where(check_in_places.c.id == place_id).values(secret_hash=secret_hash))


def end(connection: Connection, place_id: int, now: datetime) -> bool:
    standing = (check_in_places.c.id == place_id, check_in_places.c.ended_at.is_(None))
    return connection.execute(update(check_in_places).where(*standing).values(ended_at=now)).rowcount == 1


def one(connection: Connection, place_id: int) -> Place | None:
    row = connection.execute(select(check_in_places).where(check_in_places.c.id == place_id)).first()
    return None if row is None else _place(row)


def all_places(connection: Connection) -> list[Place]:
    order = (check_in_places.c.ended_at.is_not(None), check_in_places.c.id.desc())
    return [_place(row) for row in connection.execute(select(check_in_places).order_by(*order))]


def _place(row: Row[Any]) -> Place:
    return Place(row.id, row.name, row.secret_hash, row.made_by, row.made_at, row.ended_at)
