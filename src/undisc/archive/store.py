"""The archive's SQL. Every function takes the connection of the transaction that it is part of."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from undisc.archive import names
from undisc.archive.model import InstanceRow, Known, Names, SeriesRow, Staged, StagedAside, StudyPatient, StudyRow
from undisc.db.columns import LONGEST_SORTED
from undisc.db.tables import instances, quarantine, series, studies, study_names
from undisc.dicom.model import Scanned
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID


def known_instance(connection: Connection, sop_uid: str) -> Known | None:
    return known_instances(connection, [sop_uid]).get(sop_uid)


def known_instances(connection: Connection, sop_uids: Iterable[str]) -> dict[str, Known]:
    """Those of these instances that are here, by UID; rejected ones too."""
    rows = connection.execute(
        select(
            instances.c.sop_uid,
            instances.c.id,
            instances.c.series_id,
            instances.c.dataset_sha256,
            instances.c.transfer_syntax,
        ).where(instances.c.sop_uid.in_(list(sop_uids)))
    )
    return {row[0]: Known(*row[1:]) for row in rows}


def study_patients(connection: Connection, study_uids: Iterable[str]) -> dict[str, StudyPatient]:
    """Whose those of these studies are that are here, by UID."""
    rows = connection.execute(
        select(studies.c.study_uid, studies.c.patient_id, studies.c.patient_name).where(
            studies.c.study_uid.in_(list(study_uids))
        )
    )
    return {row[0]: StudyPatient(*row[1:]) for row in rows}


def study_id(connection: Connection, staged: Staged, now: datetime) -> int:
    """The study's row, made from this instance where it is the study's first that is shown."""
    place = studies.c.study_uid == staged.names.study
    found = connection.execute(select(studies.c.id, studies.c.emptied).where(place)).first()
    if found is not None and not found.emptied:
        return found.id
    said = staged.scanned
    values: dict[str, Any] = {
        "patient_name": said.text("PatientName"),
        "patient_id": said.text("PatientID"),
        "issuer": said.text("IssuerOfPatientID"),
        "birth_date": said.text("PatientBirthDate")[:32],
        "sex": said.text("PatientSex")[:16],
        "study_date": said.text("StudyDate")[:32],
        "study_time": said.text("StudyTime")[:32],
        "accession": said.text("AccessionNumber"),
        "description": said.text("StudyDescription"),
        "institution": said.text("InstitutionName"),
        "referring": said.text("ReferringPhysicianName"),
        "study_id_text": said.text("StudyID"),
        "timezone": said.text("TimezoneOffsetFromUTC")[:16],
        "emptied": False,
    }
    if found is None:
        study_row = _inserted(connection, studies, study_uid=staged.names.study, kept_at=now, **values)
    else:
        study_row = found.id
        connection.execute(update(studies).where(studies.c.id == study_row).values(values))
        connection.execute(delete(study_names).where(study_names.c.study_id == study_row))
    add_names(connection, [(study_row, said.text("PatientName"), said.text("ReferringPhysicianName"))])
    return study_row


def add_names(connection: Connection, people: Iterable[tuple[int, str, str]]) -> None:
    """What studies are found by when people are asked for: (study, patient, referring physician) of each."""
    rows = [
        {"kind": kind, "text": text, "study_id": study_row}
        for study_row, patient, referring in people
        for kind, text in dict.fromkeys(
            (kind, text[:LONGEST_SORTED]) for kind, text in names.search_entries(patient, referring)
        )
    ]
    if rows:
        connection.execute(insert(study_names), rows)


def has_names(connection: Connection) -> bool:
    """Whether names can be searched for, as they can unless the rows come from a version that kept none."""
    if connection.execute(select(study_names.c.study_id).limit(1)).first():
        return True
    return connection.execute(select(studies.c.id).limit(1)).first() is None


def refill_names(connection: Connection) -> None:
    connection.execute(delete(study_names))
    people = select(studies.c.id, studies.c.patient_name, studies.c.referring)
    for page in connection.execute(people).partitions(1000):
        add_names(connection, [(row[0], row[1], row[2]) for row in page])


def series_id(connection: Connection, study: int, staged: Staged) -> int:
    """The series' row within its study, made from this instance where it is the first."""
    place = (series.c.study_id == study) & (series.c.series_uid == staged.names.series)
    found = connection.execute(select(series.c.id, series.c.emptied).where(place)).first()
    if found is not None and not found.emptied:
        return found.id
    said = staged.scanned
    values: dict[str, Any] = {
        "modality": said.text("Modality")[:32],
        "number": whole(said.number("SeriesNumber")),
        "description": said.text("SeriesDescription"),
        "body_part": said.text("BodyPartExamined"),
        "emptied": False,
        **_procedure(said),
    }
    if found is None:
        return _inserted(connection, series, study_id=study, series_uid=staged.names.series, **values)
    connection.execute(update(series).where(series.c.id == found.id).values(values))
    return found.id


def _procedure(said: Scanned) -> dict[str, str]:
    """Which procedure step made a series, and which one was asked for (General Series, PS3.3 C.7.3.1)."""
    model = json.loads(said.json)
    request = _first_value(model, "00400275")
    asked = request if isinstance(request, dict) else {}
    return {
        "performed_date": str(_first_value(model, "00400244")),
        "performed_time": str(_first_value(model, "00400245")),
        "scheduled_step": str(_first_value(asked, "00400009")),
        "requested_procedure": str(_first_value(asked, "00401001")),
    }


def _first_value(model: dict[str, Any], tag: str) -> Any:
    """The first value of an attribute in the DICOM JSON model; "" where it has none."""
    values = model.get(tag, {}).get("Value") or [""]
    return values[0] if values[0] is not None else ""


def describe_again(
    connection: Connection, series_row: int, said: Scanned, bits: Sequence[tuple[int, int | None]]
) -> None:
    """Fill in what is searched by and may come from a version that kept less; said: one instance of the series."""
    study_row = select(series.c.study_id).where(series.c.id == series_row).scalar_subquery()
    connection.execute(update(series).where(series.c.id == series_row).values(_procedure(said)))
    values = {"study_id_text": said.text("StudyID"), "timezone": said.text("TimezoneOffsetFromUTC")[:16]}
    connection.execute(update(studies).where(studies.c.id == study_row, studies.c.study_id_text == "").values(values))
    blank = select(instances.c.id).where(instances.c.series_id == series_row, instances.c.bits_allocated.is_(None))
    wanted = set(connection.scalars(blank))
    found = [{"instance": instance, "bits": count} for instance, count in bits if count and instance in wanted]
    if found:
        statement = update(instances).where(instances.c.id == bindparam("instance"))
        connection.execute(statement.values(bits_allocated=bindparam("bits")), found)


def add_instances(connection: Connection, rows: Sequence[tuple[int, Staged]], now: datetime) -> list[int]:
    """Write new instances into their series; returns their rows' ids in the same order."""
    if not rows:
        return []
    values = [_instance_values(series_row, staged, now) for series_row, staged in rows]
    statement = insert(instances).returning(instances.c.id, sort_by_parameter_order=True)
    return list(connection.scalars(statement, values))


def _instance_values(series_row: int, staged: Staged, now: datetime) -> dict[str, Any]:
    said = staged.scanned
    return {
        "series_id": series_row,
        "sop_uid": staged.names.instance,
        "sop_class": said.text("SOPClassUID")[:64],
        "transfer_syntax": said.transfer_syntax[:64],
        "number": whole(said.number("InstanceNumber")),
        "rows": whole(said.number("Rows")),
        "columns": whole(said.number("Columns")),
        "bits_allocated": whole(said.number("BitsAllocated")),
        "frames": max(len(said.pixels.frames), 1) if said.pixels else 0,
        "size": staged.size,
        "dataset_start": staged.dataset_start,
        "wrapper_sha256": staged.wrapper_sha256,
        "dataset_sha256": staged.dataset_sha256,
        "damage": "\n".join(said.damage),
        "derived": "pending" if said.pixels else "none",
        "kept_at": now,
    }


def add_quarantined(connection: Connection, aside: StagedAside, now: datetime) -> bool:
    """Note a file kept apart; False where the same bytes are there already."""
    if connection.scalar(select(quarantine.c.sha256).where(quarantine.c.sha256 == aside.sha256)):
        return False
    connection.execute(
        insert(quarantine).values(
            sha256=aside.sha256, size=aside.size, reason=aside.reason, sop_uid=(aside.sop_uid or "")[:64], kept_at=now
        )
    )
    return True


def is_quarantined(connection: Connection, sha256: str) -> bool:
    return connection.scalar(select(quarantine.c.sha256).where(quarantine.c.sha256 == sha256)) is not None


_SHOWN = instances.c.series_id == series.c.id
_KEPT = func.coalesce(instances.c.series_id, instances.c.rejected_from) == series.c.id


def _instances(which: ColumnElement[bool] = _SHOWN) -> Select[*tuple[Any, ...]]:
    """Instances with the UIDs of their places. which: _SHOWN, or _KEPT for those that were rejected as well."""
    return (
        select(
            *(column for column in instances.c if column is not instances.c.series_id),
            series.c.id.label("series_id"),
            series.c.series_uid,
            series.c.study_id,
            studies.c.study_uid,
        )
        .join(series, which)
        .join(studies, series.c.study_id == studies.c.id)
    )


def as_stored(row: Row[Any]) -> InstanceRow:
    """As its original lies there, whatever leaves in its place; the correction is told all the same."""
    return _instance_row(row, row.size, row.dataset_sha256)


def _instance(row: Row[Any]) -> InstanceRow:
    if row.corrected is None:
        return as_stored(row)
    return _instance_row(row, row.corrected_size, row.corrected_sha256)


def _instance_row(row: Row[Any], size: int, dataset_sha256: str) -> InstanceRow:
    return InstanceRow(
        id=row.id,
        series_id=row.series_id,
        study_id=row.study_id,
        names=Names(StudyUID(row.study_uid), SeriesUID(row.series_uid), SOPInstanceUID(row.sop_uid)),
        sop_class=row.sop_class,
        transfer_syntax=row.transfer_syntax,
        number=row.number,
        rows=row.rows,
        columns=row.columns,
        frames=row.frames,
        size=size,
        dataset_start=row.dataset_start,
        wrapper_sha256=row.wrapper_sha256,
        dataset_sha256=dataset_sha256,
        damage=row.damage,
        derived=row.derived,
        derive_note=row.derive_note,
        correction=row.corrected,
    )


def instance(connection: Connection, instance_id: int) -> InstanceRow | None:
    row = connection.execute(_instances().where(instances.c.id == instance_id)).first()
    return _instance(row) if row else None


def instances_of_series(connection: Connection, series_row: int) -> list[InstanceRow]:
    rows = connection.execute(
        _instances().where(instances.c.series_id == series_row).order_by(instances.c.number, instances.c.id)
    )
    return [_instance(row) for row in rows]


def instances_after(connection: Connection, last_id: int, limit: int) -> list[InstanceRow]:
    """A page of all instances as they are stored, rejected ones too, in the order of their rows: for work that walks
    the archive."""
    page = _instances(_KEPT).where(instances.c.id > last_id).order_by(instances.c.id).limit(limit)
    rows = connection.execute(page)
    return [as_stored(row) for row in rows]


def rejected_instances(connection: Connection, rejection: int, limit: int) -> list[InstanceRow]:
    rows = connection.execute(_instances(_KEPT).where(instances.c.rejection_id == rejection).limit(limit))
    return [_instance(row) for row in rows]


def _series() -> Select[*tuple[Any, ...]]:
    return (
        select(
            series.c.id,
            series.c.study_id,
            studies.c.study_uid,
            series.c.series_uid,
            series.c.modality,
            series.c.number,
            series.c.description,
            series.c.derived_from,
            series.c.edition,
            func.count(instances.c.id),
            func.coalesce(func.sum(instances.c.frames), 0),
            cast(func.coalesce(func.sum(instances.c.size), 0), BigInteger),
            series.c.hanging,
        )
        .join(studies, series.c.study_id == studies.c.id)
        .outerjoin(instances, instances.c.series_id == series.c.id)
        .where(series.c.emptied.is_(False))
        .group_by(series.c.id, studies.c.study_uid)
    )


def one_series(connection: Connection, series_row: int) -> SeriesRow | None:
    row = connection.execute(_series().where(series.c.id == series_row)).first()
    return SeriesRow(*row) if row else None


def series_of_study(connection: Connection, study: int) -> list[SeriesRow]:
    rows = connection.execute(
        _series().where(series.c.study_id == study).order_by(series.c.number.is_(None), series.c.number, series.c.id)
    )
    return [SeriesRow(*row) for row in rows]


def study_by_uid(connection: Connection, study_uid: str) -> int | None:
    return connection.scalar(select(studies.c.id).where(studies.c.study_uid == study_uid, studies.c.emptied.is_(False)))


def study(connection: Connection, study_row: int) -> Row[Any] | None:
    return connection.execute(select(studies).where(studies.c.id == study_row, studies.c.emptied.is_(False))).first()


def all_studies(connection: Connection, only: Sequence[int] | None = None) -> Iterator[StudyRow]:
    """Every study (or those named), newest first."""
    counts = (
        select(
            series.c.study_id,
            func.count(series.c.id.distinct()).label("series"),
            func.count(instances.c.id).label("instances"),
        )
        .outerjoin(instances, instances.c.series_id == series.c.id)
        .where(series.c.emptied.is_(False))
        .group_by(series.c.study_id)
        .subquery()
    )
    statement = (
        select(studies, counts.c.series, counts.c.instances)
        .outerjoin(counts, counts.c.study_id == studies.c.id)
        .where(studies.c.emptied.is_(False))
        .order_by(studies.c.study_date.desc(), studies.c.study_time.desc(), studies.c.id.desc())
    )
    if only is not None:
        statement = statement.where(studies.c.id.in_(only))
    modalities: dict[int, set[str]] = {}
    shown = select(series.c.study_id, series.c.modality).where(series.c.emptied.is_(False))
    for study_row, modality in connection.execute(shown):
        modalities.setdefault(study_row, set()).add(modality)
    for row in connection.execute(statement):
        yield StudyRow(
            id=row.id,
            study_uid=StudyUID(row.study_uid),
            patient_name=row.patient_name,
            patient_id=row.patient_id,
            study_date=row.study_date,
            description=row.description,
            modalities=tuple(sorted(found for found in modalities.get(row.id, ()) if found)),
            series=row.series or 0,
            instances=row.instances or 0,
        )


def has_original(connection: Connection, study_uid: str, series_uid: str, sop_uid: str) -> bool:
    """Whether a row, be it of a rejected instance, stands for this file."""
    statement = (
        select(instances.c.id)
        .join(series, _KEPT)
        .join(studies, series.c.study_id == studies.c.id)
        .where(instances.c.sop_uid == sop_uid, series.c.series_uid == series_uid, studies.c.study_uid == study_uid)
    )
    return connection.scalar(statement) is not None


def series_ids(connection: Connection, study_rows: Iterable[int]) -> list[int]:
    shown = select(series.c.id).where(series.c.study_id.in_(list(study_rows)), series.c.emptied.is_(False))
    return list(connection.scalars(shown))


def whole(value: float | None) -> int | None:
    """A number as a database integer, None where it is none or does not fit."""
    if value is None or value != value or not -(2**31) <= value < 2**31:
        return None
    return int(value)


def _inserted(connection: Connection, table: Any, **values: object) -> int:
    key = connection.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None
    return key[0]
