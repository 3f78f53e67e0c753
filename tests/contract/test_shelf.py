"""SQLite and PostgreSQL find the same of a patient, and of what somebody types, and tell it in plain words."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert
from tests.factories.clocks import FixedClock

from undisc.accounts.people.model import PatientKey
from undisc.archive import store
from undisc.archive.shelf import Shelf, read_birth_date
from undisc.audit.trail import Trail
from undisc.db.engine import open_database
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import instances, series, studies

AT = datetime(2026, 11, 24, tzinfo=UTC)
DOE, ROE, OTHER_DOE = PatientKey("", "MRN-1"), PatientKey("", "MRN-2"), PatientKey("Elsewhere", "MRN-1")
MR, PDF, MOVIE = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.3.1"


@pytest.fixture
def shelf(database_url: str | None, tmp_path: Path) -> Iterator[Shelf]:
    """Jane Doe's knee (with a report) and heart; another place's patient with her number; Richard Roe's head."""
    database = open_database(database_url, tmp_path)
    bring_up_to_date(database)
    with database.write() as connection:
        _study(connection, 1, DOE, "DOE^JANE", "19700101", "20260301", "A1", "MR Knie rechts")
        _series(connection, 11, 1, "MR", "KNEE", [(MR, 1)] * 3)
        _series(connection, 12, 1, "MR", "KNEE", [(MR, 1)] * 12)
        _series(connection, 13, 1, "DOC", "", [(PDF, 0)])
        _study(connection, 2, DOE, "DOE^JANE", "19700101", "20261101", "A2", "")
        _series(connection, 21, 2, "US", "HEART", [(MOVIE, 60), (MOVIE, 40)])
        _study(connection, 3, OTHER_DOE, "ROW^JANET", "19800229", "20260401", "B1", "")
        _series(connection, 31, 3, "CT", "CHEST", [(MR, 1)], derived=False)
        _study(connection, 4, ROE, "ROE^RICHARD=山田^太郎", "19511224", "20260501", "B2", "", emptied=False)
        _series(connection, 41, 4, "CT", "HEAD", [(MR, 1)])
        _study(connection, 5, ROE, "ROE^RICHARD", "19511224", "20260601", "B3", "", emptied=True)
    yield Shelf(Trail(database, FixedClock(AT), b"k" * 32))
    database.close()


def _study(
    connection: Connection, number: int, key: PatientKey, name: str, born: str, date: str, accession: str, title: str,
    emptied: bool = False,
) -> None:  # fmt: skip
    row = {"id": number, "study_uid": f"1.2.{number}", "study_date": date, "study_time": "", "kept_at": AT}
    whose = {"patient_name": name, "patient_id": key.patient_id, "issuer": key.issuer, "birth_date": born, "sex": "F"}
    said = {"accession": accession, "description": title, "institution": "Invented", "referring": ""}
    connection.execute(insert(studies).values(**row, **whose, **said, emptied=emptied))
    store.add_names(connection, [(number, name, "")])


def _series(
    connection: Connection, number: int, study: int, modality: str, part: str, pictures: list[tuple[str, int]],
    *, derived: bool = True,
) -> None:  # fmt: skip
    row = {"id": number, "study_id": study, "series_uid": f"1.2.{study}.{number}", "number": number}
    said = {"modality": modality, "body_part": part, "description": "", "derived_from": 1 if derived else 0}
    connection.execute(insert(series).values(**row, **said))
    same = {"series_id": number, "transfer_syntax": "1.2", "size": 1, "dataset_start": 1, "damage": "", "kept_at": AT}
    hashes = {"wrapper_sha256": "", "dataset_sha256": "", "derived": "done"}
    for place, (sop_class, frames) in enumerate(pictures):
        uid = f"1.2.{study}.{number}.{place}"
        connection.execute(insert(instances).values(sop_uid=uid, sop_class=sop_class, frames=frames, **same, **hashes))


def test_patients_studies_are_told_newest_first_in_plain_words(shelf: Shelf) -> None:
    heart, knee = shelf.studies_of([DOE])
    assert (heart.kind, heart.part, heart.pictures, heart.has_report, heart.thumbnail) == (
        "Ultrasound", "Heart", 100, False, 21,
    )  # fmt: skip
    assert (knee.kind, knee.part, knee.pictures, knee.has_report, knee.thumbnail, knee.series) == (
        "MRI scan", "Right knee", 15, True, 12, 3,
    )  # fmt: skip
    assert knee.patient == DOE
    assert knee.modalities == ("DOC", "MR")


def test_number_of_another_place_is_another_patient(shelf: Shelf) -> None:
    assert [study.id for study in shelf.studies_of([OTHER_DOE])] == [3]
    assert [study.id for study in shelf.studies_of([DOE, OTHER_DOE])] == [2, 3, 1]
    assert shelf.studies_of([]) == shelf.studies_of([PatientKey("", "")]) == []


def test_what_was_rejected_or_is_not_made_ready_shows_nothing(shelf: Shelf) -> None:
    assert [study.id for study in shelf.studies_of([ROE])] == [4]
    assert shelf.study(5) is None
    waiting = shelf.study(3)
    assert waiting is not None
    assert waiting.thumbnail is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("doe", [2, 1]),
        ("JAN", [2, 3, 1]),
        ("jane doe", [2, 1]),
        ("Doe, Jane", [2, 1]),
        ("MRN-1", [2, 3, 1]),
        ("A2", [2]),
        ("01.01.1970", [2, 1]),
        ("1970-01-01 doe", [2, 1]),
        ("doe 24.12.1951", []),
        ("太郎", [4]),
        ("x", []),
        ("", []),
        ("%", []),
        ("'; drop table studies; --", []),
        ("\U0010ffff\U0010ffff", []),
    ],
)
def test_search_finds_by_name_number_and_birth_date(shelf: Shelf, typed: str, found: list[int]) -> None:
    assert [study.id for study in shelf.search(typed)] == found


def test_search_gives_no_more_than_was_asked_for(shelf: Shelf) -> None:
    assert [study.id for study in shelf.search("doe", limit=1)] == [2]


def test_birth_dates_are_read_as_people_write_them() -> None:
    written = ("24.12.1951", "24/12/1951", "1951-12-24", "19511224", "24-12-1951")
    assert {read_birth_date(text) for text in written} == {"19511224"}
    assert read_birth_date("MRN-1") == read_birth_date("12345678901") == ""
