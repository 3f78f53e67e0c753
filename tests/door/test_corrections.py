"""What was corrected is right in everything that leaves, by every door, with what it was before; originals stay."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pydicom
import pytest
from tests.door.command_line import undisc
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, study_uid
from tests.factories.instances import ADA, Place, image

from undisc.archive.model import Correction
from undisc.errors import CorrectionRefused

STUDY = study_uid(ADA, 1)
_AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
RIGHT = {"PatientName": "TESTRIGHT^ADA", "PatientID": "TEST-7777", "AccessionNumber": "ACC-9"}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path) as running:
        yield running


def _correct(door: DicomwebDoor, **values: str) -> Correction:
    archive = door.app.archive
    made = archive.corrections.correct(archive.study_id(STUDY), values or RIGHT, reason="Typed wrong.", by="operator")
    archive.derive_pending()
    return made


def _retrieved(door: DicomwebDoor) -> list[pydicom.FileDataset]:
    answer = door.get(f"studies/{STUDY}", headers={"Accept": _AS_STORED})
    assert answer.status_code == 200
    boundary = answer.headers["content-type"].split("boundary=")[1].strip('"').split(";")[0]
    parts = answer.content.split(b"--" + boundary.encode())[1:-1]
    return [pydicom.dcmread(io.BytesIO(part.split(b"\r\n\r\n", 1)[1])) for part in parts]


def _originals(door: DicomwebDoor) -> dict[str, bytes]:
    folder = door.app.settings.data_dir / "studies" / STUDY
    return {path.name: path.read_bytes() for path in folder.rglob("*.dcm")}


def test_every_door_gives_what_is_right_and_tells_what_it_was(door: DicomwebDoor) -> None:
    before = {each.SOPInstanceUID: each for each in _retrieved(door)}
    stored = _originals(door)
    _correct(door)
    after = _retrieved(door)
    assert len(after) == len(before) == 5
    for each in after:
        assert (each.PatientName, each.PatientID, each.AccessionNumber) == tuple(RIGHT.values())
        [told] = each.OriginalAttributesSequence
        assert told.ModifiedAttributesSequence[0].PatientName == ADA.name
        assert told.ReasonForTheAttributeModification == "CORRECT"
        assert each.PixelData == before[each.SOPInstanceUID].PixelData
    assert _originals(door) == stored
    [found] = door.search("studies", PatientID="TEST-7777")
    assert found["00100010"]["Value"][0]["Alphabetic"] == "TESTRIGHT^ADA"
    assert door.search("studies", StudyInstanceUID=STUDY, PatientID=ADA.id) == []
    assert [each["0020000D"]["Value"][0] for each in door.search("studies", PatientName="TESTRIGHT*")] == [STUDY]
    for row in door.get(f"studies/{STUDY}/metadata", headers={"Accept": "application/dicom+json"}).json():
        assert row["00100020"]["Value"] == ["TEST-7777"]
        assert row["04000561"]["Value"]
    assert door.app.archive.verify().damaged == ()


def test_a_link_gives_what_is_right(door: DicomwebDoor) -> None:
    _correct(door)
    link = door.link(STUDY)
    with httpx.Client(base_url=door.base) as browser:
        opened = browser.post(f"/s/{link.link.id}/open", json={"secret": link.secret})
        assert opened.json()["patient"]["name"] == "TESTRIGHT^ADA"
        downloaded = browser.get(f"/s/{link.link.id}/download")
    with zipfile.ZipFile(io.BytesIO(downloaded.content)) as package:
        files = [pydicom.dcmread(package.open(name)) for name in package.namelist() if name.endswith(".dcm")]
    assert {(str(each.PatientName), each.PatientID) for each in files} == {("TESTRIGHT^ADA", "TEST-7777")}
    assert ADA.name.encode() not in opened.content


def test_frames_stay_as_they_are(door: DicomwebDoor) -> None:
    accept = {"Accept": 'multipart/related; type="application/octet-stream"'}
    place = f"studies/{STUDY}/series"
    [first, *_] = door.search(f"studies/{STUDY}/instances")
    at = f"{place}/{first['0020000E']['Value'][0]}/instances/{first['00080018']['Value'][0]}"
    before = door.get(f"{at}/frames/1", headers=accept)
    _correct(door)
    after = door.get(f"{at}/frames/1", headers=accept)
    assert before.content.split(b"\r\n\r\n", 1)[1][:384] == after.content.split(b"\r\n\r\n", 1)[1][:384]


def test_what_comes_late_is_corrected_too_and_whoever_it_names(door: DicomwebDoor, tmp_path: Path) -> None:
    _correct(door)
    late = image(ADA, Place(1, 1, 9, 3), rows=16, columns=24)
    (tmp_path / "late").mkdir()
    late.save_as(tmp_path / "late" / "IM1", enforce_file_format=True)
    taken = undisc("import", str(tmp_path / "late"), "--json", data=door.app.settings.data_dir)
    assert taken.json["stored"] == 1
    assert taken.json["quarantined"] == 0
    assert {each.PatientID for each in _retrieved(door)} == {"TEST-7777"}
    assert len(_retrieved(door)) == 6


def test_copies_that_were_lost_are_made_again(door: DicomwebDoor) -> None:
    _correct(door)
    for copy in (door.app.settings.data_dir / "derived").rglob("*.dcm"):
        copy.unlink()
    assert {each.PatientID for each in _retrieved(door)} == {"TEST-7777"}


def test_undoing_gives_the_original_bytes_again_and_a_second_correction_outlives_the_first(door: DicomwebDoor) -> None:
    stored = _originals(door)
    first = _correct(door)
    second = _correct(door, PatientBirthDate="19880808")
    archive = door.app.archive
    archive.corrections.undo(first.id, by="operator")
    archive.derive_pending()
    for each in _retrieved(door):
        assert (each.PatientID, each.PatientBirthDate) == (ADA.id, "19880808")
        assert len(each.OriginalAttributesSequence) == 1
    archive.corrections.undo(second.id, by="operator")
    archive.derive_pending()
    assert not list((door.app.settings.data_dir / "derived").rglob("*.dcm"))
    assert _originals(door) == stored
    assert {each.PatientID for each in _retrieved(door)} == {ADA.id}
    assert all("OriginalAttributesSequence" not in each for each in _retrieved(door))
    with pytest.raises(CorrectionRefused):
        archive.corrections.undo(second.id, by="operator")


@pytest.mark.parametrize(
    "values",
    [
        {"PatientID": ADA.id},
        {"PatientBirthDate": "31.01.1970"},
        {"PatientBirthDate": "19700231"},
        {"PatientSex": "X"},
        {"PatientName": "A" * 65},
        {"PatientID": "a\\b"},
        {"PatientID": "a\nb"},
        {"StudyInstanceUID": "1.2.3"},
    ],
)
def test_what_would_be_wrong_itself_is_refused(door: DicomwebDoor, values: dict[str, str]) -> None:
    with pytest.raises(CorrectionRefused):
        _correct(door, **values)
    assert door.app.archive.corrections.of_study(door.app.archive.study_id(STUDY)) == []


def test_a_disc_carries_what_is_right(door: DicomwebDoor, tmp_path: Path) -> None:
    data = door.app.settings.data_dir
    made = undisc("correct", STUDY, "--patient-id", "TEST-8888", "--reason", "Typed wrong.", data=data)
    assert made.code == 0, made.out
    for form in ([], ["--as-stored"]):
        out = tmp_path / f"disc{len(form)}"
        burnt = undisc("disc", STUDY, "--out", str(out), "--no-viewer", *form, data=data)
        assert burnt.code == 0, burnt.out + burnt.err
        files = [pydicom.dcmread(path) for path in (out / "DICOM").rglob("*") if path.is_file()]
        assert len(files) == 5
        assert {each.PatientID for each in files} == {"TEST-8888"}
        assert all(len(each.OriginalAttributesSequence) == 1 for each in files)
        directory = pydicom.dcmread(out / "DICOMDIR")
        assert [r.PatientID for r in directory.DirectoryRecordSequence if r.DirectoryRecordType == "PATIENT"] == [
            "TEST-8888"
        ]
    [listed] = undisc("corrections", STUDY, "--json", data=data).json
    assert listed["values"] == {"PatientID": "TEST-8888"}
    assert undisc("uncorrect", str(listed["number"]), data=data).code == 0
    assert undisc("uncorrect", str(listed["number"]), data=data).code == 1
    assert undisc("correct", STUDY, "--reason", "?", data=data).code == 2


def test_links_that_were_given_before_are_told_where_it_may_be_another_persons(door: DicomwebDoor) -> None:
    data, link = door.app.settings.data_dir, door.link(STUDY).link.id
    other = undisc("correct", STUDY, "--description", "Head", "--reason", "Typed wrong.", data=data)
    assert link not in other.err
    whose = undisc("correct", STUDY, "--patient-id", "TEST-8888", "--reason", "Another's.", data=data)
    assert f"undisc unshare {link}" in " ".join(whose.err.split())
