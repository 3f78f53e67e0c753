"""Orders, as the doors know them: noted as they are told, found by accession number or by patient."""

from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.db import locks
from undisc.patients import store
from undisc.patients.model import Order


class Orders:
    """One object for one data folder."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def note(self, work: UnitOfWork, order: Order) -> bool:
        """Keep what was said of an order, in the caller's transaction. Whether it is a new one."""
        locks.take(work.connection, [f"order:{order.accession}"])
        is_new = store.keep(work.connection, order)
        work.audit(Act("order-told", order.told_by, {"new": int(is_new), "state": order.state}))
        return is_new

    def by_accession(self, accession: str) -> Order | None:
        if not accession:
            return None
        with self._trail.read() as connection:
            return store.by_accession(connection, accession)

    def of_patient(self, issuer: str, patient_id: str) -> list[Order]:
        """Newest first, at most two hundred; none of nobody."""
        if not patient_id:
            return []
        with self._trail.read() as connection:
            return store.of_patient(connection, issuer, patient_id)
