"""Proves what is read of originals when a report, a recording or a video is asked for, and what of it is remembered."""

import gzip
import json
import mmap
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian
from tests.factories.documents import BARE, CDA, CLINICAL, MPEG2, ecg, encapsulated, findings, report, video
from tests.factories.instances import ADA, stable_uid
from tests.unit.reports.reading import bytes_of

from undisc.archive.model import InstanceRow, Names, Original
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID
from undisc.reports import service
from undisc.reports.service import Reports

ONE = 1


class Drawer:
    """An archive of one instance, and of pictures that are only rows."""

    def __init__(self, folder: Path, dataset: Dataset) -> None:
        self.path = folder / "one.dcm"
        self.path.write_bytes(bytes_of(dataset))
        syntax = str(dataset.file_meta.TransferSyntaxUID)
        names = Names(StudyUID("1.1"), SeriesUID("1.2"), SOPInstanceUID("1.3"))
        self.row: InstanceRow | None = InstanceRow(
            id=ONE,
            series_id=10,
            study_id=100,
            names=names,
            sop_class=str(dataset.SOPClassUID),
            transfer_syntax=syntax,
            number=1,
            rows=None,
            columns=None,
            frames=1,
            size=self.path.stat().st_size,
            dataset_start=0,
            wrapper_sha256="",
            dataset_sha256="",
            damage="",
            derived="failed",
            derive_note="",
        )
        self.pictures: dict[str, InstanceRow] = {}
        self.read = 0

    def instance(self, instance_id: int) -> InstanceRow | None:
        return self.row if instance_id == ONE else None

    @contextmanager
    def mapped(self, instance_id: int) -> Iterator[tuple[InstanceRow, mmap.mmap] | None]:
        row = self.instance(instance_id)
        if row is None:
            yield None
            return
        self.read += 1
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield row, data

    def original(self, instance_id: int) -> Original | None:
        return Original("one.dcm", self.path.stat().st_size, lambda: self.path.open("rb")) if self.row else None

    def by_sop_uid(self, sop_uids: Iterable[str]) -> dict[str, InstanceRow]:
        return {uid: self.pictures[uid] for uid in sop_uids if uid in self.pictures}


def told(reports: Reports) -> dict[str, Any]:
    found = reports.told(ONE)
    assert found is not None
    return json.loads(gzip.decompress(found))


def drawer_of(folder: Path, dataset: Dataset) -> tuple[Drawer, Reports]:
    drawer = Drawer(folder, dataset)
    return drawer, Reports(drawer, drawer)


def test_a_report_points_at_pictures_of_its_own_study_only(tmp_path: Path) -> None:
    drawer, reports = drawer_of(tmp_path, findings())
    assert drawer.row is not None
    here, elsewhere = (stable_uid(ADA.id, 1, 1, at) for at in (4, 5))
    drawer.pictures = {here: replace(drawer.row, id=7, series_id=70)}
    drawer.pictures[elsewhere] = replace(drawer.row, id=8, series_id=80, study_id=999)
    said = json.dumps(told(reports))
    assert '"series": 70, "instance": 7' in said
    assert '"series": 80' not in said


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_a_report_reads_alike_in_every_encoding(tmp_path: Path, syntax: UID) -> None:
    plain = findings()
    _, reports = drawer_of(tmp_path, plain)
    expected = told(reports)
    other = findings()
    other.file_meta.TransferSyntaxUID = syntax
    _, reports = drawer_of(tmp_path, other)
    assert told(reports) == expected


@pytest.mark.parametrize("deflated", [False, True])
def test_samples_come_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deflated: bool) -> None:
    monkeypatch.setattr(service, "_MOST_BLOCK", 400)
    made = ecg(1, seconds=2)
    if deflated:
        made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    expected = made.waveform_array(0)
    _, reports = drawer_of(tmp_path, made)
    (group,) = told(reports)["groups"]
    assert (group["samples"], group["block"]) == (1000, 400)
    for block, count in enumerate((400, 400, 200)):
        packed = reports.samples(ONE, 0, block)
        assert packed is not None
        values = struct.unpack(f"<{12 * count}f", gzip.decompress(packed))
        assert list(values[:count]) == [float(value) for value in expected[block * 400 :][:count, 0]]
    assert reports.samples(ONE, 0, 3) is None
    assert reports.samples(ONE, 1, 0) is None


def test_a_video_is_understood_once_and_read_in_parts(tmp_path: Path) -> None:
    drawer, reports = drawer_of(tmp_path, video(1, BARE))
    assert told(reports)["kind"] == "video"
    first = reports.medium(ONE)
    second = reports.medium(ONE)
    assert first is not None
    assert second is not None
    assert drawer.read == 1
    assert b"".join(first.read(4, 7)) == b"ftyp"
    assert len(b"".join(first.read(0, first.length - 1))) == first.length


def test_what_is_rejected_is_told_of_no_more(tmp_path: Path) -> None:
    drawer, reports = drawer_of(tmp_path, video(1, BARE))
    assert reports.medium(ONE) is not None
    drawer.row = None
    assert reports.medium(ONE) is None
    assert reports.told(ONE) is None
    assert reports.samples(ONE, 0, 0) is None


def test_a_clinical_document_is_told_as_a_report(tmp_path: Path) -> None:
    _, reports = drawer_of(tmp_path, encapsulated(1, CDA, CLINICAL.encode(), "text/xml"))
    found = told(reports)
    assert (found["kind"], found["title"], found["name"]) == ("report", "Letter of discharge", "Clinical document")


def test_what_cannot_be_played_is_told_as_a_file(tmp_path: Path) -> None:
    _, reports = drawer_of(tmp_path, video(1, b"\0\0\1\xb3" + bytes(50), MPEG2))
    found = told(reports)
    assert found["kind"] == "file"
    assert "MPEG-2" in found["reason"]
    # Players on a computer do play it, by itself.
    medium = reports.medium(ONE)
    assert medium is not None
    assert (found["stream"], medium.media_type, medium.length) == ("mpg", "video/mpeg", found["bytes"])
    assert b"".join(medium.read(0, 3)) == b"\0\0\1\xb3"


def test_a_report_too_large_is_told_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_MODEL", 100)
    _, reports = drawer_of(tmp_path, report(1, "R"))
    assert told(reports) == {"kind": "file", "reason": "This is too large to be shown as a page."}


def test_a_recording_has_no_sound_file_of_another_group(tmp_path: Path) -> None:
    _, reports = drawer_of(tmp_path, ecg(1, seconds=1))
    assert reports.medium(ONE, 1) is None
    assert reports.medium(ONE, -1) is None
