"""A hand-written archive of two patients, small enough to know by heart, for tests of the door."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from undisc.archive.model import Original, WireFrame
from undisc.db.engine import Database
from undisc.db.tables import series, studies

DOE = {"name": "DOE^JANE", "id": "MRN-4711", "birth_date": "19700101", "sex": "F"}
ROE = {"name": "ROE^RICHARD", "id": "MRN-0815", "birth_date": "19511224", "sex": "M"}
NAMES_NEVER_LOGGED = ("DOE", "JANE", "MRN-4711", "ROE", "RICHARD", "MRN-0815", "19700101")

# Studies 1 (head, with a report) and 2 (an older one) are Jane Doe's; 3 is Richard Roe's.
HEAD, REPORT, OLDER, HIS = 11, 12, 21, 31
STUDY_OF_SERIES = {HEAD: 1, REPORT: 1, OLDER: 2, HIS: 3}
# Instances 101 to 103 are the head's pictures, 104 the report, 201 and 301 one picture each of the others.
SERIES_OF_INSTANCE = {101: HEAD, 102: HEAD, 103: HEAD, 104: REPORT, 201: OLDER, 301: HIS}
DOCUMENT = 104
PDF = b"%PDF-1.4\n% a report\n%%EOF\n"


@dataclass(frozen=True)
class Placed:
    study_id: int
    series_id: int


class SmallReports:
    """What the one report, recording and video say; nothing of any other instance."""

    def told(self, instance_id: int) -> bytes | None:
        return gzip.compress(b'{"kind":"report"}') if instance_id == DOCUMENT else None

    def samples(self, instance_id: int, group: int, block: int) -> bytes | None:
        return gzip.compress(bytes(16)) if (instance_id, group, block) == (DOCUMENT, 0, 0) else None

    def medium(self, instance_id: int, group: int = 0) -> "SmallMedium | None":
        return SmallMedium() if (instance_id, group) == (DOCUMENT, 0) else None


class SmallMedium:
    """Ten bytes of a film."""

    media_type = "video/mp4"
    length = 10

    def read(self, first: int, last: int) -> Iterator[bytes]:
        yield b"0123456789"[first : last + 1]


class SmallArchive:
    """Answers as the archive does. `report` may be swapped for a real PDF, `other_originals` for files of a test's own,
    and `fault` makes every frame fail."""

    def __init__(self, folder: Path) -> None:
        self.report = PDF
        self.reports = SmallReports()
        self.fault: Exception | None = None
        self.other_originals: list[Original] | None = None
        self.pictures = {number: f"picture {number} ".encode() * 40 for number in SERIES_OF_INSTANCE}
        self._folder = folder
        for number, data in self.pictures.items():
            (folder / f"{number}.dcm").write_bytes(data)

    def fill(self, database: Database) -> None:
        """Put in the rows that a link's own rows refer to."""
        at = datetime(2026, 11, 1, tzinfo=UTC)
        texts = dict.fromkeys(("issuer", "study_time", "accession", "description", "institution", "referring"), "")
        with database.write() as connection:
            for number, patient in ((1, DOE), (2, DOE), (3, ROE)):
                whose = {"patient_name": patient["name"], "patient_id": patient["id"]}
                born = {"birth_date": patient["birth_date"], "sex": patient["sex"]}
                row = {"id": number, "study_uid": f"1.2.{number}", "study_date": f"2026110{9 - number}", "kept_at": at}
                connection.execute(insert(studies).values(**row, **whose, **born, **texts))
            for number, study in STUDY_OF_SERIES.items():
                row = {"id": number, "study_id": study, "series_uid": f"1.2.{study}.{number}", "modality": "MR"}
                connection.execute(insert(series).values(**row, description="", body_part=""))

    def study_uid(self, study_id: int) -> str | None:
        return f"1.2.{study_id}" if study_id in (1, 2, 3) else None

    def study_summaries(self, study_ids: Sequence[int], *, reports: bool = True) -> list[dict[str, Any]]:
        return [
            {
                "id": study,
                "title": "MR Head",
                "date": f"2026110{9 - study}",
                "time": "101500",
                "series": [
                    {"id": number}
                    for number, of in STUDY_OF_SERIES.items()
                    if of == study and (reports or number != REPORT)
                ],
            }
            for study in sorted(study_ids)
        ]

    def patient_of(self, study_id: int) -> dict[str, str]:
        return ROE if study_id == 3 else DOE

    def first_picture(self, study_id: int) -> tuple[int, int, bytes] | None:
        return {1: (HEAD, 1, b"first of head"), 2: (OLDER, 0, b"first of older"), 3: (HIS, 0, b"first of his")}[
            study_id
        ]

    def series_manifest(self, series_id: int) -> bytes | None:
        if series_id == REPORT:
            return None
        return gzip.compress(json.dumps({"id": series_id, "frames": []}).encode())

    def series_metadata(self, series_id: int) -> bytes | None:
        return gzip.compress(json.dumps([{"00100010": series_id}]).encode())

    def strip(self, series_id: int) -> bytes | None:
        return b"USTRIP1\0" + bytes(4) + str(series_id).encode()

    def thumbnail(self, series_id: int) -> bytes | None:
        return None if series_id == REPORT else f"thumbnail of {series_id}".encode()

    def series_study(self, series_id: int) -> int | None:
        return STUDY_OF_SERIES.get(series_id)

    def instance(self, instance_id: int) -> Placed | None:
        found = SERIES_OF_INSTANCE.get(instance_id)
        return Placed(STUDY_OF_SERIES[found], found) if found else None

    def frame(self, instance_id: int, frame: int) -> WireFrame | None:
        if self.fault is not None:
            raise self.fault
        if frame != 0 or instance_id == DOCUMENT:
            return None
        if instance_id == 102:
            return WireFrame("raw", gzip.compress(self.pictures[instance_id]))
        return WireFrame("htj2k", self.pictures[instance_id])

    def preview(self, instance_id: int, frame: int) -> bytes | None:
        return f"preview of {instance_id}".encode() if frame == 0 and instance_id != DOCUMENT else None

    def document(self, instance_id: int) -> bytes | None:
        return self.report if instance_id == DOCUMENT else None

    def original(self, instance_id: int) -> Original | None:
        path = self._folder / f"{instance_id}.dcm"
        return Original(path.name, path.stat().st_size, partial(path.open, "rb"))

    def has_reports(self, series_id: int) -> bool:
        return series_id == REPORT

    def originals(self, study_ids: Sequence[int], *, reports: bool = True) -> Iterator[Original]:
        if self.other_originals is not None:
            yield from self.other_originals
            return
        for place, study in enumerate(study_ids, 1):
            for number, found in SERIES_OF_INSTANCE.items():
                if STUDY_OF_SERIES[found] == study and (reports or found != REPORT):
                    path = self._folder / f"{number}.dcm"
                    name = f"STUDY{place}/SERIES{found:03d}/IM{number:06d}.dcm"
                    yield Original(name, path.stat().st_size, partial(path.open, "rb"))
