"""Orders, in SQL. Every function works inside the transaction it is handed."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from undisc.db.order_tables import orders
from undisc.patients.model import Order

_COLUMNS = ("issuer", "patient_id", "patient_name", "birth_date", "sex", "phone", "email", "what", "planned_at")
_MOST_LISTED = 200


def keep(connection: Connection, order: Order) -> bool:
    """Note an order; of one that is known, what the newer word says. Whether it is a new one."""
    said = {name: getattr(order, name) for name in _COLUMNS if getattr(order, name)}
    said |= {"state": order.state, "told_by": order.told_by, "told_at": order.told_at}
    known = orders.c.accession == order.accession
    if connection.execute(update(orders).where(known).values(**said)).rowcount:
        return False
    blank = dict.fromkeys(_COLUMNS, "")
    connection.execute(insert(orders).values(accession=order.accession, **(blank | said)))
    return True


def by_accession(connection: Connection, accession: str) -> Order | None:
    row = connection.execute(select(orders).where(orders.c.accession == accession)).first()
    return _order(row) if row else None


def of_patient(connection: Connection, issuer: str, patient_id: str) -> list[Order]:
    """Newest first."""
    whose = (orders.c.patient_id == patient_id) & (orders.c.issuer == issuer)
    found = select(orders).where(whose).order_by(orders.c.told_at.desc()).limit(_MOST_LISTED)
    return [_order(row) for row in connection.execute(found)]


def _order(row: Row[Any]) -> Order:
    return Order(**{name: row._mapping[name] for name in Order.__slots__})
