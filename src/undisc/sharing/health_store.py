"""What a SMART Health Link tells of studies, and its key, in SQL."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from undisc.db.sharing_tables import health_links
from undisc.db.tables import instances, series, studies
from undisc.sharing.health_bundle import Series

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


def add(connection: Connection, link_id: str, sealed_key: str, with_access: bool) -> None:
    values = {"link_id": link_id, "sealed_key": sealed_key, "with_access": with_access}
    connection.execute(insert(health_links).values(values))


def one(connection: Connection, link_id: str) -> Row[Any] | None:
    return connection.execute(select(health_links).where(health_links.c.link_id == link_id)).first()


def study_rows(connection: Connection, numbers: Collection[int]) -> list[Row[Any]]:
    """The studies that are shown, newest first."""
    shown = select(studies).where(studies.c.id.in_(numbers), studies.c.emptied.is_(False))
    newest = studies.c.study_date.desc(), studies.c.study_time.desc(), studies.c.id.desc()
    return list(connection.execute(shown.order_by(*newest)))


def series_of(connection: Connection, study: int, *, without: Collection[int] = ()) -> list[Series]:
    """without: rows of series that are left out."""
    counted = (
        select(series, func.count(instances.c.id).label("instances"))
        .join(instances, instances.c.series_id == series.c.id)
        .where(series.c.study_id == study, series.c.emptied.is_(False), series.c.id.not_in(without))
        .group_by(series.c.id)
        .order_by(series.c.number, series.c.id)
    )
    return [
        Series(row.series_uid, row.modality, row.number, row.description, row.instances)
        for row in connection.execute(counted)
    ]


def series_ids(connection: Connection, study: int) -> list[int]:
    return list(connection.scalars(select(series.c.id).where(series.c.study_id == study)))


def documents_of(connection: Connection, study: int) -> Sequence[Any]:
    """Instances that carry a PDF: id, sop_uid, and the description of their series."""
    found = (
        select(instances.c.id, instances.c.sop_uid, series.c.description)
        .join(series, instances.c.series_id == series.c.id)
        .where(series.c.study_id == study, instances.c.sop_class == ENCAPSULATED_PDF)
    )
    return connection.execute(found.order_by(instances.c.id)).all()
