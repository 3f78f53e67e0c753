"""Corrections, in SQL. Every function works inside the transaction it is handed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from undisc.archive import store
from undisc.archive.model import Correction, InstanceRow, StudyPatient
from undisc.db.tables import corrections, instances, series, studies, study_names

COLUMNS: Mapping[str, str] = {
    "PatientName": "patient_name",
    "PatientID": "patient_id",
    "IssuerOfPatientID": "issuer",
    "PatientBirthDate": "birth_date",
    "PatientSex": "sex",
    "AccessionNumber": "accession",
    "StudyDescription": "description",
    "ReferringPhysicianName": "referring",
}
"""Which column of a study's row says the same as an attribute."""


def add(connection: Connection, made: Correction) -> int:
    """made.id is not looked at."""
    values = {
        "study_id": made.study_id,
        "changes": json.dumps(dict(made.values), ensure_ascii=False),
        "before": json.dumps(dict(made.before), ensure_ascii=False),
        "reason": made.reason,
        "made_by": made.made_by,
        "made_at": made.made_at,
    }
    key = connection.execute(insert(corrections).values(values)).inserted_primary_key
    assert key is not None
    return key[0]


def of_study(connection: Connection, study: int) -> list[Correction]:
    """All that were ever made, oldest first, those that were undone too."""
    found = select(corrections).where(corrections.c.study_id == study).order_by(corrections.c.id)
    return [_correction(row) for row in connection.execute(found)]


def one(connection: Connection, number: int) -> Correction | None:
    row = connection.execute(select(corrections).where(corrections.c.id == number)).first()
    return _correction(row) if row else None


def undo(connection: Connection, number: int, now: datetime, by: str) -> bool:
    """Whether this call is the one that undid it."""
    statement = update(corrections).where(corrections.c.id == number, corrections.c.undone_at.is_(None))
    return connection.execute(statement.values(undone_at=now, undone_by=by)).rowcount == 1


def instances_of(connection: Connection, study: int) -> list[InstanceRow]:
    """Every instance of a study as it is stored, rejected ones too."""
    rows = connection.execute(store._instances(store._KEPT).where(studies.c.id == study).order_by(instances.c.id))
    return [store.as_stored(row) for row in rows]


def said_of(connection: Connection, study: int) -> dict[str, str]:
    """What a study's row says now of what may be corrected."""
    row = connection.execute(select(studies).where(studies.c.id == study)).first()
    return {} if row is None else {keyword: row._mapping[column] for keyword, column in COLUMNS.items()}


def state_of(connection: Connection, study: int) -> str | None:
    """The state of a study's corrections, "" where there are none; None where there is no such study."""
    return connection.scalar(select(studies.c.corrected).where(studies.c.id == study))


def set_state(connection: Connection, study: int, state: str, said: Mapping[str, str]) -> None:
    """The study's row as it is to read from now on, and all that is derived from its headers to be made anew."""
    values: dict[str, Any] = {COLUMNS[keyword]: text for keyword, text in said.items()}
    connection.execute(update(studies).where(studies.c.id == study).values(corrected=state, **values))
    connection.execute(delete(study_names).where(study_names.c.study_id == study))
    store.add_names(connection, [(study, said["PatientName"], said["ReferringPhysicianName"])])
    again = {"derived_from": 0, "edition": series.c.edition + 1}
    connection.execute(update(series).where(series.c.study_id == study).values(again))


def set_copies(connection: Connection, state: str | None, copies: Iterable[tuple[int, int | None, str | None]]) -> None:
    """Which copy leaves for each instance: its row, the copy's size and the SHA-256 of its data set."""
    rows = [{"instance": number, "size_": size, "digest": digest} for number, size, digest in copies]
    if rows:
        statement = update(instances).where(instances.c.id == bindparam("instance"))
        values = {
            "corrected": state,
            "corrected_size": bindparam("size_"),
            "corrected_sha256": bindparam("digest"),
        }
        connection.execute(statement.values(values), rows)


def corrected_studies(connection: Connection, uids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Those of these studies that have corrections: their rows and states, by UID."""
    found = select(studies.c.study_uid, studies.c.id, studies.c.corrected).where(
        studies.c.study_uid.in_(list(uids)), studies.c.corrected != ""
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(found)}


def first_patient(made: Sequence[Correction], now: StudyPatient) -> StudyPatient:
    """Whose a study was before anything of it was corrected."""
    first: dict[str, str] = {}
    for each in made:
        for keyword, text in each.before.items():
            first.setdefault(keyword, text)
    return StudyPatient(first.get("PatientID", now.patient_id), first.get("PatientName", now.patient_name))


def _correction(row: Row[Any]) -> Correction:
    return Correction(
        id=row.id,
        study_id=row.study_id,
        values=json.loads(row.changes),
        before=json.loads(row.before),
        reason=row.reason,
        made_by=row.made_by,
        made_at=row.made_at,
        undone_by=row.undone_by,
        undone_at=row.undone_at,
    )
