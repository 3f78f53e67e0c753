"""What is kept of whom, as pages for people list it: by patient, or by what somebody types."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, union

from undisc.accounts.people.model import PatientKey
from undisc.archive import names
from undisc.archive.parts import kind_word, part_word
from undisc.audit.trail import Trail
from undisc.db.tables import instances, series, studies, study_names

_AT_ONCE = 500
_MOST_WORDS = 6
_SHORTEST_WORD = 2
_LAST_CHARACTER = "\U0010ffff"
_NEWEST_FIRST = (studies.c.study_date.desc(), studies.c.study_time.desc(), studies.c.id.desc())
# Written reports (PS3.4 B.5): PDF, CDA, and structured reports of text; no dose reports, no chosen pictures, and no
# measurements that people make in the viewer.
_REPORTS = tuple(
    f"1.2.840.10008.5.1.4.1.1.{part}"
    for part in ("104.1", "104.2", "88.1", "88.2", "88.3", "88.4", "88.11", "88.33", "88.34", "88.35", "88.72")
)
_NO_PICTURES = frozenset(["SR", "PR", "KO", "DOC", "SEG", "REG", "RTSTRUCT", "RTPLAN", "RTRECORD", "ECG"])
# Series with more in them hold pictures: whether a report is among them is not asked of every one.
_FEW = 8
# 31.12.1970, 31/12/1970, 1970-12-31, 19701231
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[./-]?(\d{2})[./-]?(\d{2})")


@dataclass(frozen=True, slots=True)
class ShelfStudy:
    """A study, as people are shown it.

    kind and part: plain English, marked for the catalogues; part "" where it is not known. pictures: how many there
    are, each picture of a film counted. thumbnail: the series that stands for all, None where nothing can be shown.
    """

    id: int
    uid: str
    patient: PatientKey
    patient_name: str
    birth_date: str
    sex: str
    date: str
    time: str
    modalities: tuple[str, ...]
    kind: str
    part: str
    description: str
    institution: str
    accession: str
    series: int
    pictures: int
    has_report: bool
    thumbnail: int | None


class Shelf:
    """Answers from rows alone. It decides nothing: whoever asks has asked `sharing` before, or shows no pictures."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def studies_of(self, patients: Collection[PatientKey]) -> list[ShelfStudy]:
        """All that is kept of these patients, newest first."""
        keys = [key for key in dict.fromkeys(patients) if key.patient_id]
        found: list[Row[Any]] = []
        with self._trail.read() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                theirs = or_(
                    *(and_(studies.c.patient_id == key.patient_id, studies.c.issuer == key.issuer) for key in some)
                )
                found.extend(connection.execute(_shown().where(theirs)))
            return _told(connection, sorted(found, key=_age, reverse=True))

    def studies(self, ids: Iterable[int]) -> list[ShelfStudy]:
        """These studies, as far as they are here, newest first."""
        every = sorted(set(ids))
        found: list[Row[Any]] = []
        with self._trail.read() as connection:
            for start in range(0, len(every), _AT_ONCE):
                some = studies.c.id.in_(every[start : start + _AT_ONCE])
                found.extend(connection.execute(_shown().where(some)))
            return _told(connection, sorted(found, key=_age, reverse=True))

    def study(self, study_id: int) -> ShelfStudy | None:
        found = self.studies([study_id])
        return found[0] if found else None

    def search(self, text: str, limit: int = 50) -> list[ShelfStudy]:
        """What answers to all words of a text, newest first: each begins a word of the patient's name, their ID or the
        accession number, or is their date of birth. Nothing for words that are too short to search by."""
        words = [word for word in text[:200].replace(",", " ").replace("^", " ").split() if len(word) >= _SHORTEST_WORD]
        if not words:
            return []
        statement = _shown().where(*(studies.c.id.in_(_answers_to(word)) for word in words[:_MOST_WORDS]))
        with self._trail.read() as connection:
            return _told(connection, connection.execute(statement.order_by(*_NEWEST_FIRST).limit(limit)).all())


def read_birth_date(text: str) -> str:
    """A date as people write it, as DICOM does (DA, PS3.5 6.2); "" where it is none."""
    day = _DAY_FIRST.fullmatch(text)
    if day:
        return f"{day[3]}{int(day[2]):02d}{int(day[1]):02d}"
    year = _YEAR_FIRST.fullmatch(text)
    return "".join(year.groups()) if year else ""


def _answers_to(word: str) -> Any:
    """The studies that one word may mean; one search in an index for each meaning."""
    ways: list[Select[Any]] = []
    for folded in names.words(word)[:1]:
        named = _begins(study_names.c.text, folded)
        ways.append(select(study_names.c.study_id).where(study_names.c.kind == names.PATIENT + 1, named))
    ways += [
        select(studies.c.id).where(_begins(column, word)) for column in (studies.c.patient_id, studies.c.accession)
    ]
    born = read_birth_date(word)
    if born:
        ways.append(select(studies.c.id).where(studies.c.birth_date == born))
    return union(*ways)


def _begins(column: ColumnElement[str], start: str) -> ColumnElement[bool]:
    return and_(column >= start, column < start + _LAST_CHARACTER)


def _shown() -> Select[Any]:
    return select(studies).where(studies.c.emptied.is_(False))


def _age(row: Row[Any]) -> tuple[str, str, int]:
    return row.study_date, row.study_time, row.id


def _told(connection: Connection, rows: Sequence[Row[Any]]) -> list[ShelfStudy]:
    inside: dict[int, list[_Inside]] = {}
    for start in range(0, len(rows), _AT_ONCE):
        for each in _inside(connection, [row.id for row in rows[start : start + _AT_ONCE]]):
            inside.setdefault(each.study, []).append(each)
    return [_study(row, inside.get(row.id, [])) for row in rows]


@dataclass(slots=True)
class _Inside:
    id: int
    study: int
    modality: str
    body_part: str
    has_derived: bool
    pictures: int
    has_report: bool = False


def _inside(connection: Connection, study_ids: Sequence[int]) -> list[_Inside]:
    """The series of these studies, in their order."""
    rows = connection.execute(
        select(series).where(series.c.study_id.in_(study_ids), series.c.emptied.is_(False)).order_by(*_BY_NUMBER)
    ).all()
    within = series.c.study_id.in_(study_ids)
    counted = connection.execute(
        select(series.c.id, func.count(instances.c.series_id))
        .join(instances, instances.c.series_id == series.c.id)
        .where(within)
        .group_by(series.c.id)
    )
    counts = {row[0]: row[1] for row in counted}
    found = {
        row.id: _Inside(row.id, row.study_id, row.modality, row.body_part, row.derived_from > 0, counts.get(row.id, 0))
        for row in rows
    }
    # The few of which rows are read: what may be a report, or a film whose pictures are counted.
    few = [each.id for each in found.values() if each.pictures <= _FEW or each.modality in _NO_PICTURES]
    for start in range(0, len(few), _AT_ONCE):
        _look_into(connection, found, few[start : start + _AT_ONCE])
    return list(found.values())


_BY_NUMBER = (series.c.study_id, series.c.number.nulls_last(), series.c.id)


def _look_into(connection: Connection, found: dict[int, _Inside], ids: Sequence[int]) -> None:
    told = select(instances.c.series_id, instances.c.sop_class, func.sum(instances.c.frames)).where(
        instances.c.series_id.in_(ids)
    )
    for each in ids:
        found[each].pictures = 0
    for series_id, sop_class, frames in connection.execute(told.group_by(instances.c.series_id, instances.c.sop_class)):
        found[series_id].pictures += int(frames or 0)
        found[series_id].has_report |= sop_class in _REPORTS


def _study(row: Row[Any], inside: Sequence[_Inside]) -> ShelfStudy:
    taken = [each for each in inside if each.modality not in _NO_PICTURES]
    shown = [each for each in taken if each.has_derived and each.pictures]
    modalities = tuple(sorted({each.modality for each in inside} - {""}))
    return ShelfStudy(
        id=row.id,
        uid=row.study_uid,
        patient=PatientKey(row.issuer, row.patient_id),
        patient_name=row.patient_name,
        birth_date=row.birth_date,
        sex=row.sex,
        date=row.study_date,
        time=row.study_time,
        modalities=modalities,
        kind=kind_word(modalities),
        part=part_word(dict.fromkeys(each.body_part for each in taken), row.description),
        description=row.description,
        institution=row.institution,
        accession=row.accession,
        series=len(inside),
        pictures=sum(each.pictures for each in taken),
        has_report=any(each.has_report for each in inside),
        # The longest series tells more at a glance than the scout before it.
        thumbnail=max(shown, key=lambda each: each.pictures).id if shown else None,
    )
