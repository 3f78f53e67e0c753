"""What we put on media is taken by other people's software: dicom3tools finds no fault, and Orthanc imports it."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest
from pydicom.fileset import FileSet
from tests.factories.documents import make_documents
from tests.factories.instances import BERT
from tests.factories.packages import write
from tests.factories.scans import head_scan
from tests.factories.scans import write as write_scans
from tests.peers.dcmtk import needs_dcmtk, run
from tests.peers.orthanc import needs_orthanc, running_orthanc

from undisc.app import build, build_exporting
from undisc.export.model import Kind
from undisc.export.service import Choices
from undisc.settings import Settings

pytestmark = pytest.mark.peers

_needs_dicom3tools = pytest.mark.skipif(shutil.which("dcentvfy") is None, reason="dicom3tools is not installed")


@dataclass(frozen=True)
class Medium:
    came: Path
    folder: Path
    instances: int
    file_set_id: str


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Medium]:
    """Two patients: an MR scan, and reports, a recording, and a video."""
    work = tmp_path_factory.mktemp("packages")
    write_scans(work / "came" / "scan", head_scan(slices=6, patient=BERT))
    make_documents(work / "came" / "documents")
    app = build(Settings(data_dir=work / "data", workers=1, free_space_mb=0))
    try:
        app.intake.take_in([work / "came"])
        study_ids = [study.id for study in app.archive.studies()]
        with build_exporting(app).package(study_ids, Choices(viewer=False)) as package:
            write(package.files, work / "medium")
            count = sum(file.kind is Kind.DICOM for file in package.files)
            yield Medium(work / "came", work / "medium", count, package.volume_id)
    finally:
        app.close()


def test_pydicom_reads_the_file_set(medium: Medium) -> None:
    found = FileSet(medium.folder / "DICOMDIR")
    assert len(found) == medium.instances
    assert medium.file_set_id == found.ID
    assert found.descriptor_file_id == "README"
    for instance in found:
        assert instance.load().SOPInstanceUID == instance.ReferencedSOPInstanceUIDInFile


@needs_dcmtk
def test_dcmtk_reads_the_index_and_would_make_the_same(medium: Medium, tmp_path: Path) -> None:
    run("dcmdump", medium.folder / "DICOMDIR")
    # The video is no part of the profile, which dcmmkdir says and leaves out.
    run("dcmmkdir", "+id", medium.folder, "+r", "+I", "-Nxc", "+D", tmp_path / "THEIRS", "DICOM", expect=None)
    ours, theirs = (
        {
            each.ReferencedSOPInstanceUIDInFile: (each.DirectoryRecordType, list(each.ReferencedFileID))
            for each in pydicom.dcmread(path).DirectoryRecordSequence
            if "ReferencedFileID" in each
        }
        for path in (medium.folder / "DICOMDIR", tmp_path / "THEIRS")
    )
    assert len(theirs) >= medium.instances - 2
    assert {uid: ours[uid] for uid in theirs} == theirs


@_needs_dicom3tools
def test_dicom3tools_finds_no_fault(medium: Medium) -> None:
    told = subprocess.run(["dciodvfy", medium.folder / "DICOMDIR"], capture_output=True, text=True, errors="replace")
    assert not re.findall("^Error.*", told.stderr, re.MULTILINE)
    assert _disagreements(medium.folder / "DICOM") == _disagreements(medium.came)


def _disagreements(folder: Path) -> list[str]:
    """What dcentvfy says of instances that disagree on what they share, but for where they lie."""
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    told = subprocess.run(["dcentvfy", *files], capture_output=True, text=True, errors="replace")
    errors = re.findall("^Error.*", told.stderr, re.MULTILINE)
    return sorted({re.sub("<[^<>]*/[^<>]*>|<[0-9]+>", "", each) for each in errors})


@needs_orthanc
def test_orthanc_imports_it(medium: Medium, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in medium.folder.rglob("*"):
            archive.write(path, path.relative_to(medium.folder))
    with running_orthanc(tmp_path / "orthanc") as orthanc:
        orthanc.post("/instances", packed.getvalue())
        assert len(orthanc.instances()) == medium.instances
