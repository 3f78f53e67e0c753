"""Looking up by UID what other systems ask for by UID: to retrieve it, or to be told that it is safe."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from undisc.archive import store
from undisc.archive.model import InstanceRow
from undisc.audit.trail import Trail
from undisc.db.tables import instances, series, studies

_AT_ONCE = 500


class Lookup:
    """Answers from rows alone."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def by_sop_uid(self, sop_uids: Iterable[str]) -> dict[str, InstanceRow]:
        """Those of these instances that are here."""
        return {row.names.instance: row for row in self.retrievable(sop_uids=list(sop_uids))}

    def retrievable(
        self,
        *,
        patient_id: str = "",
        study_uids: Sequence[str] = (),
        series_uids: Sequence[str] = (),
        sop_uids: Sequence[str] = (),
    ) -> list[InstanceRow]:
        """All instances that answer to every key that is given, in the order of study, series and number.

        Nothing where no key is given at all: nobody retrieves the whole archive by forgetting one.
        """
        if not (patient_id or study_uids or series_uids or sop_uids):
            return []
        statement = store._instances()
        if patient_id:
            statement = statement.where(studies.c.patient_id == patient_id)
        narrowest = instances.c.sop_uid if sop_uids else series.c.series_uid if series_uids else studies.c.study_uid
        for column, uids in (
            (studies.c.study_uid, study_uids),
            (series.c.series_uid, series_uids),
            (instances.c.sop_uid, sop_uids),
        ):
            if uids and column is not narrowest:
                statement = statement.where(column.in_(list(uids)))
        order = (studies.c.id, series.c.number, series.c.id, instances.c.number, instances.c.id)
        found: list[InstanceRow] = []
        with self._trail.read() as connection:
            for some in _some_at_once(sop_uids or series_uids or study_uids):
                narrowed = statement.where(narrowest.in_(some)) if some else statement
                found.extend(store._instance(row) for row in connection.execute(narrowed.order_by(*order)))
        return found


def _some_at_once(uids: Sequence[str]) -> Iterator[list[str]]:
    """Databases limit how many values one statement may carry."""
    if not uids:
        yield []
    remaining = iter(dict.fromkeys(uids))
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
