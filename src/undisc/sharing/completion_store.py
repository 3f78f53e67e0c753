"""The SQL of completions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from undisc.db.message_tables import completions
from undisc.db.tables import instances, series, studies
from undisc.sharing.completion_model import By, Completion, Stands


def last_kept(connection: Connection, study: int) -> datetime | None:
    """When the newest instance of a study came; None where it has none that is shown."""
    wanted = select(func.max(instances.c.kept_at)).join(series, instances.c.series_id == series.c.id)
    return connection.scalar(wanted.where(series.c.study_id == study))


def is_there(connection: Connection, study: int) -> bool:
    return (
        connection.scalar(select(studies.c.id).where(studies.c.id == study, studies.c.emptied.is_(False))) is not None
    )


def by_accession(connection: Connection, accession: str) -> list[int]:
    wanted = select(studies.c.id).where(studies.c.accession == accession, studies.c.emptied.is_(False))
    return list(connection.scalars(wanted.order_by(studies.c.id)))


def birth_date(connection: Connection, study: int) -> str:
    return connection.scalar(select(studies.c.birth_date).where(studies.c.id == study)) or ""


def one(connection: Connection, study: int, *, lock: bool = False) -> Completion | None:
    wanted = select(completions).where(completions.c.study_id == study)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    return _completion(row) if row else None


def add(connection: Connection, study: int, by: By, at: datetime) -> None:
    values = {"study_id": study, "by": by.value, "complete_at": at, "state": Stands.WAITING.value}
    connection.execute(insert(completions).values(values))


def change(connection: Connection, study: int, **values: Any) -> None:
    connection.execute(update(completions).where(completions.c.study_id == study).values(values))


def waiting(connection: Connection, most: int) -> list[Completion]:
    """Newest first; studies whose pictures were all rejected are left out."""
    wanted = (
        select(completions)
        .join(studies, studies.c.id == completions.c.study_id)
        .where(completions.c.state == Stands.WAITING.value, studies.c.emptied.is_(False))
    )
    return [
        _completion(row) for row in connection.execute(wanted.order_by(completions.c.complete_at.desc()).limit(most))
    ]


def count_waiting(connection: Connection) -> int:
    wanted = select(func.count()).select_from(completions).join(studies, studies.c.id == completions.c.study_id)
    return connection.scalar(wanted.where(completions.c.state == "waiting", studies.c.emptied.is_(False))) or 0


def since(connection: Connection, moment: datetime) -> list[tuple[datetime, datetime | None, str]]:
    """When studies were complete and when their link went out, and how they stand."""
    wanted = select(completions.c.complete_at, completions.c.given_at, completions.c.state)
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted.where(completions.c.complete_at >= moment))]


def _completion(row: Row[Any]) -> Completion:
    return Completion(row.study_id, By(row.by), row.complete_at, row.given_at, row.link_id, Stands(row.state))
