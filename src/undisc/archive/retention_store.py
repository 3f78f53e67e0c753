"""What is rejected, in SQL. A rejected instance has no series; where it belongs is kept beside."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from undisc.archive.model import InstanceRow, Rejection
from undisc.db.tables import import_items, instances, rejections, series, studies, study_names

Found = Sequence[tuple[int, int]]
"""Instances with the series they belong to, by their rows."""

_AT_ONCE = 5000


def shown(connection: Connection, study: str, series_uid: str | None, sop_uid: str | None) -> Found:
    return _of_place(connection, instances.c.series_id, study, series_uid, sop_uid)


def hidden(connection: Connection, study: str, series_uid: str | None, sop_uid: str | None) -> Found:
    """Those that were rejected, and that no purge has been decided on."""
    return _of_place(connection, instances.c.rejected_from, study, series_uid, sop_uid)


def _of_place(
    connection: Connection, column: ColumnElement[int], study: str, series_uid: str | None, sop_uid: str | None
) -> Found:
    statement = (
        select(instances.c.id, series.c.id)
        .join(series, column == series.c.id)
        .join(studies, series.c.study_id == studies.c.id)
        .outerjoin(rejections, instances.c.rejection_id == rejections.c.id)
        .where(studies.c.study_uid == study, rejections.c.purged_at.is_(None))
    )
    if series_uid is not None:
        statement = statement.where(series.c.series_uid == series_uid)
    if sop_uid is not None:
        statement = statement.where(instances.c.sop_uid == sop_uid)
    return [(row[0], row[1]) for row in connection.execute(statement)]


def begin(connection: Connection, study: str, now: datetime, actor: str, reason: str) -> int:
    values = {"study_uid": study, "rejected_at": now, "rejected_by": actor, "reason": reason}
    key = connection.execute(insert(rejections).values(values)).inserted_primary_key
    assert key is not None
    return key[0]


def hide(connection: Connection, rejection: int, found: Found) -> None:
    values = {"rejected_from": instances.c.series_id, "series_id": None, "rejection_id": rejection}
    for some in _some(found):
        connection.execute(update(instances).where(instances.c.id.in_(some)).values(values))
    _renew(connection, found)
    places = {place for _, place in found}
    empty = ~exists().where(instances.c.series_id == series.c.id)
    connection.execute(update(series).where(series.c.id.in_(places), empty).values(emptied=True))
    study_rows = select(series.c.study_id).where(series.c.id.in_(places))
    nothing = ~exists().where(series.c.study_id == studies.c.id, series.c.emptied.is_(False))
    connection.execute(update(studies).where(studies.c.id.in_(study_rows), nothing).values(emptied=True))


def show(connection: Connection, study: str, found: Found) -> None:
    values = {"series_id": instances.c.rejected_from, "rejected_from": None, "rejection_id": None}
    for some in _some(found):
        connection.execute(update(instances).where(instances.c.id.in_(some)).values(values))
    _renew(connection, found)
    places = {place for _, place in found}
    connection.execute(update(series).where(series.c.id.in_(places)).values(emptied=False))
    connection.execute(update(studies).where(studies.c.study_uid == study).values(emptied=False))


def _renew(connection: Connection, found: Found) -> None:
    """What was derived from these series is not shown any more, until it is made anew."""
    places = {place for _, place in found}
    values = {"edition": series.c.edition + 1, "derived_from": 0}
    connection.execute(update(series).where(series.c.id.in_(places)).values(values))


def _some(found: Found) -> list[list[int]]:
    ids = [instance for instance, _ in found]
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]


def open_rejections(connection: Connection) -> list[Rejection]:
    """Those that still hold instances, oldest first."""
    statement = (
        select(
            rejections.c.id,
            rejections.c.study_uid,
            rejections.c.rejected_at,
            rejections.c.rejected_by,
            rejections.c.reason,
            rejections.c.purged_at.is_not(None),
            func.count(instances.c.id),
        )
        .join(instances, instances.c.rejection_id == rejections.c.id)
        .group_by(rejections.c.id)
        .order_by(rejections.c.id)
    )
    return [Rejection(*row[:5], bool(row[5]), row[6]) for row in connection.execute(statement)]


def count(connection: Connection, rejection: int) -> int:
    return connection.scalar(select(func.count(instances.c.id)).where(instances.c.rejection_id == rejection)) or 0


def decide(connection: Connection, rejection: int, now: datetime, reason: str) -> bool:
    """Put on record that this is purged, and why; False where that was done already."""
    undecided = and_(rejections.c.id == rejection, rejections.c.purged_at.is_(None))
    done = connection.execute(update(rejections).where(undecided).values(purged_at=now, purge_reason=reason))
    return done.rowcount == 1


def forget(connection: Connection, page: Sequence[InstanceRow]) -> list[str]:
    """Delete the rows of instances whose files are gone, and blank what told of places that hold nothing any more.

    Returns the UIDs of the series whose derived files are to go: they hold nothing any more, or what was derived of
    them is from before the rejection. Rows of series and studies stay as they are numbered: a number that was given
    out, to a link or in the trail, must not come to mean another study.
    """
    connection.execute(delete(instances).where(instances.c.id.in_([row.id for row in page])))
    places = {row.series_id for row in page}
    held = or_(instances.c.series_id == series.c.id, instances.c.rejected_from == series.c.id)
    bare = connection.execute(
        select(series.c.id, series.c.series_uid, series.c.study_id).where(
            series.c.id.in_(places), ~exists().where(held)
        )
    ).all()
    blank = {"description": "", "body_part": "", "performed_date": "", "performed_time": ""}
    blank |= {"scheduled_step": "", "requested_procedure": "", "modality": ""}
    connection.execute(update(series).where(series.c.id.in_([row.id for row in bare])).values(blank))
    for study in {row.study_id for row in bare}:
        of_study = select(instances.c.id).join(series, held).where(series.c.study_id == study).limit(1)
        if connection.scalar(of_study) is None:
            _blank_study(connection, study)
    outdated = select(series.c.series_uid).where(series.c.id.in_(places), series.c.derived_from == 0)
    return [row.series_uid for row in bare] + list(
        connection.scalars(outdated.where(series.c.id.not_in([row.id for row in bare])))
    )


def _blank_study(connection: Connection, study: int) -> None:
    connection.execute(delete(study_names).where(study_names.c.study_id == study))
    said = ("patient_name", "patient_id", "issuer", "birth_date", "sex", "study_date", "study_time", "accession")
    said += ("description", "institution", "referring", "study_id_text", "timezone")
    connection.execute(update(studies).where(studies.c.id == study).values(dict.fromkeys(said, "")))
    _blank_paths(connection, study)


def _blank_paths(connection: Connection, study: int) -> None:
    """Forget how a study's files were called where they came from, since folders on discs are named for patients;
    where nothing is left of what an import brought, of its other files too."""
    uid = select(studies.c.study_uid).where(studies.c.id == study).scalar_subquery()
    of_study = import_items.c.study_uid == uid
    touched = connection.scalars(select(import_items.c.import_id).where(of_study).distinct()).all()
    path = literal("purged/").concat(cast(import_items.c.id, String))
    connection.execute(update(import_items).where(of_study).values(path=path))
    held = or_(instances.c.series_id == series.c.id, instances.c.rejected_from == series.c.id)
    left = (
        select(import_items.c.import_id)
        .join(studies, studies.c.study_uid == import_items.c.study_uid)
        .where(exists().where(series.c.study_id == studies.c.id, held), import_items.c.import_id.in_(touched))
    )
    over = set(touched) - set(connection.scalars(left))
    connection.execute(update(import_items).where(import_items.c.import_id.in_(over)).values(path=path))
