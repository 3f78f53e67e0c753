"""How searches grow: studies found by patient, date and accession among ten thousand, a hundred thousand, a million.

    python -m benchmarks.bench_query [--full] [--postgres URL] [--repeat N] [--quick]

Rows are generated straight into the tables (each study has one series and one picture) and asked for as the DICOMweb
door asks: the search, its counts, and the answer's JSON. A question's time is measured whole, in this process.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from undisc.archive.names import search_entries
from undisc.archive.search import Search
from undisc.archive.search_model import Level, Question
from undisc.audit.trail import Trail
from undisc.clock import SystemClock
from undisc.db.engine import Database, open_database
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import instances, series, studies, study_names
from undisc.dicomweb import query_answer
from undisc.dicomweb.query_answer import Place
from undisc.dicomweb.query_parameters import read_query
from undisc.storage.local import LocalFolder

_STUDIES_OF_A_PATIENT = 3
_PAGE = 20_000
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_SYLLABLES = [first + second for first in "bdfghklmnprstvwz" for second in "aeio"]
_MODALITIES = ("CT", "MR", "US", "DX", "MG")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="ten thousand studies alone")
    parser.add_argument("--full", action="store_true", help="go up to a million studies")
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database to measure as well")
    parser.add_argument("--folder", type=Path, help="keep the SQLite database there; one that is there is gone on with")
    parser.add_argument("--only-postgres", action="store_true", help="leave SQLite out")
    parser.add_argument("--repeat", type=int, default=300, help="how often each question is asked, each time another")
    chosen = parser.parse_args()
    sizes = [10_000, 100_000, 1_000_000] if chosen.full else [10_000] if chosen.quick else [10_000, 100_000]
    print("| database | studies | question | p50 ms | p99 ms |")
    print("|---|---:|---|---:|---:|")
    for name, opened in _databases(chosen.postgres, chosen.folder, sqlite=not chosen.only_postgres):
        with opened() as database:
            bring_up_to_date(database)
            with database.read() as connection:
                there = connection.scalar(select(func.max(studies.c.id))) or 0
            for size in (size for size in sizes if size >= there):
                _fill(database, there, size)
                there = size
                for question, milliseconds in _measure(database, size, chosen.repeat):
                    p50, p99 = statistics.median(milliseconds), statistics.quantiles(milliseconds, n=100)[98]
                    print(f"| {name} | {size:,} | {question} | {p50:.1f} | {p99:.1f} |", flush=True)


def _databases(postgres: str | None, folder: Path | None, *, sqlite: bool) -> Iterator[tuple[str, Callable[[], Any]]]:
    if sqlite:
        yield "SQLite", lambda: _sqlite(folder)
    if postgres:
        yield "PostgreSQL", lambda: _postgres(postgres)


@contextmanager
def _sqlite(kept: Path | None) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(None, kept or Path(folder))
        yield database
        database.close()


@contextmanager
def _postgres(url: str) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(url, Path(folder))
        yield database
        database.close()


def _name(number: int) -> str:
    """One of about 300,000 names, so that the more common ones stand for several patients."""
    chance = random.Random(number)
    family = "".join(chance.choice(_SYLLABLES) for _ in range(3))
    given = "".join(chance.choice(_SYLLABLES) for _ in range(2))
    return f"{family}^{given}".upper()


def _patient(number: int) -> str:
    return f"P{number:07d}"


def _fill(database: Database, start: int, end: int) -> None:
    for first in range(start, end, _PAGE):
        numbers = range(first + 1, min(first + _PAGE, end) + 1)
        with database.write() as connection:
            connection.execute(insert(studies), [_study(number) for number in numbers])
            connection.execute(insert(series), [_series(number) for number in numbers])
            connection.execute(insert(instances), [_instance(number) for number in numbers])
            connection.execute(
                insert(study_names),
                [
                    {"kind": kind, "text": text, "study_id": number}
                    for number in numbers
                    for kind, text in search_entries(_name(number // _STUDIES_OF_A_PATIENT), "SMITH^PAT")
                ],
            )
    if database.engine.dialect.name == "postgresql":  # which does it by itself, a minute later
        with database.write() as connection:
            connection.execute(text("ANALYZE"))


def _day(number: int) -> str:
    """A day of the ten years before now: where a study lies in time tells nothing of where its row lies."""
    return (_NOW - timedelta(days=number * 7919 % 3650)).strftime("%Y%m%d")


def _study(number: int) -> dict[str, Any]:
    patient = number // _STUDIES_OF_A_PATIENT
    return {
        "id": number,
        "study_uid": f"1.2.826.0.1.{number}",
        "patient_name": _name(patient),
        "patient_id": _patient(patient),
        "issuer": "",
        "birth_date": "19700101",
        "sex": "O",
        "study_date": _day(number),
        "study_time": f"{number % 24:02d}{number % 60:02d}00",
        "accession": f"A{number:08d}",
        "description": "Generated study",
        "institution": "Invented Imaging",
        "referring": "SMITH^PAT",
        "study_id_text": str(number),
        "kept_at": _NOW,
    }


def _series(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "study_id": number,
        "series_uid": f"1.2.826.0.2.{number}",
        "modality": _MODALITIES[number % len(_MODALITIES)],
        "number": 1,
        "description": "Generated series",
        "body_part": "",
    }


def _instance(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "series_id": number,
        "sop_uid": f"1.2.826.0.3.{number}",
        "sop_class": "1.2.840.10008.5.1.4.1.1.2",
        "transfer_syntax": "1.2.840.10008.1.2.1",
        "number": 1,
        "rows": 512,
        "columns": 512,
        "bits_allocated": 16,
        "frames": 1,
        "size": 524288,
        "dataset_start": 300,
        "wrapper_sha256": "0" * 64,
        "dataset_sha256": "0" * 64,
        "damage": "",
        "derived": "done",
        "kept_at": _NOW,
    }


def _questions(size: int, chance: random.Random) -> dict[str, Callable[[], str]]:
    def number() -> int:
        return chance.randrange(1, size)

    def patient() -> int:
        return number() // _STUDIES_OF_A_PATIENT

    def days() -> str:
        day = _NOW - timedelta(days=chance.randrange(3650))
        return f"{day:%Y%m%d}-{day + timedelta(days=6):%Y%m%d}"

    return {
        "patient ID": lambda: f"PatientID={_patient(patient())}",
        "patient name": lambda: f"PatientName={_name(patient())}",
        "beginning of a name": lambda: f"PatientName={_name(patient())[:8]}*",
        "fuzzy name": lambda: f"PatientName={_name(patient())[:6]}&fuzzymatching=true",
        "accession number": lambda: f"AccessionNumber=A{number():08d}",
        "study UID": lambda: f"StudyInstanceUID=1.2.826.0.1.{number()}",
        "one day, first 100": lambda: f"StudyDate={_day(number())}&limit=100",
        "one week, first 100": lambda: f"StudyDate={days()}&limit=100",
        "one week of CT, first 100": lambda: f"StudyDate={days()}&ModalitiesInStudy=CT&limit=100",
        "newest 100": lambda: "limit=100",
        "page in the middle of all, 100": lambda: f"limit=100&offset={size // 2}",
        "inside of an ID": lambda: f"PatientID=*{number() // _STUDIES_OF_A_PATIENT}*",
    }


def _measure(database: Database, size: int, repeat: int) -> Iterator[tuple[str, list[float]]]:
    with tempfile.TemporaryDirectory() as folder:
        storage = LocalFolder(Path(folder))
        search = Search(storage, Trail(database, SystemClock(), b"k" * 32))
        for name, make in _questions(size, random.Random(1)).items():
            _ask(search, make())
            yield name, [_ask(search, make()) for _ in range(repeat)]
        storage.close()


def _ask(search: Search, parameters: str) -> float:
    started = time.perf_counter()
    asked = read_query(parameters.encode(), Level.STUDY)
    most = 5000 if asked.limit is None else asked.limit
    answer = search.ask(Question(Level.STUDY, tuple(asked.conditions), most=most, offset=asked.offset))
    query_answer.write(answer, asked, Place(Level.STUDY, "http://localhost:8080/dicom-web"))
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
