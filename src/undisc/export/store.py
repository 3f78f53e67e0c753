"""The SQL of receipts."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from undisc.db.tables import exports


class Kept(NamedTuple):
    id: int
    made_at: datetime
    receipt: str


_KEPT = select(exports.c.id, exports.c.made_at, exports.c.receipt)


def add(connection: Connection, *, made_at: datetime, made_by: str, medium: str, outcome: str, receipt: str) -> int:
    row = {"made_at": made_at, "made_by": made_by, "medium": medium, "outcome": outcome, "receipt": receipt}
    return connection.execute(insert(exports).values(row).returning(exports.c.id)).scalar_one()


def every(connection: Connection) -> list[Kept]:
    """Newest first."""
    return [Kept(*row) for row in connection.execute(_KEPT.order_by(exports.c.id.desc()))]


def one(connection: Connection, number: int) -> Kept | None:
    row = connection.execute(_KEPT.where(exports.c.id == number)).first()
    return Kept(*row) if row else None
