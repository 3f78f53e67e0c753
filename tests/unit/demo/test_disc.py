"""Proves that the demonstration disc is what a department would burn: valid, complete, always the same."""

import hashlib
import re
import shutil
import subprocess
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.fileset import FileSet
from pydicom.uid import EncapsulatedPDFStorage, MRImageStorage

from undisc.demo import DemoDisc, make_demo_disc
from undisc.demo.case import examinations
from undisc.demo.instances import study_uid

from .conftest import NOW

FILE_ID = re.compile(r"[A-Z0-9_]{1,8}")
ROOT_NAME = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?")


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def instances_on(folder: Path) -> list[Path]:
    return files_below(folder / "DICOM")


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files_below(folder)
    }


def complaints(path: Path) -> list[str]:
    """What dciodvfy calls an error."""
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, check=False)
    lines = (said.stdout + said.stderr).decode("latin-1").splitlines()
    return [line for line in lines if line.startswith("Error")]


needs_dciodvfy = pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools (dciodvfy) is not installed")


def test_same_day_gives_the_same_bytes(demo: DemoDisc, tmp_path: Path) -> None:
    again = make_demo_disc(tmp_path, now=NOW)
    assert digests(again.folder) == digests(demo.folder)
    assert digests(again.extras) == digests(demo.extras)
    assert (again.study_uid, again.prior_uid) == (demo.study_uid, demo.prior_uid)


@pytest.mark.parametrize("root", ["folder", "extras"])
def test_dicomdir_lists_every_instance_and_nothing_else(demo: DemoDisc, root: str) -> None:
    folder: Path = getattr(demo, root)
    listed = FileSet(folder / "DICOMDIR")
    there = {str(dcmread(path, stop_before_pixels=True).SOPInstanceUID): path for path in instances_on(folder)}
    assert {str(instance.SOPInstanceUID): Path(instance.path) for instance in listed} == there
    assert len(listed) == len(instances_on(folder))


def test_dicomdir_keeps_series_in_order(demo: DemoDisc) -> None:
    for series in ("SE000002", "SE000003", "SE000004"):
        numbers = [
            int(instance.InstanceNumber)
            for instance in FileSet(demo.folder / "DICOMDIR")
            if f"ST000001/{series}" in Path(instance.path).as_posix()
        ]
        assert numbers == list(range(1, 51))


def test_names_are_those_that_every_drive_reads(demo: DemoDisc) -> None:
    for folder in (demo.folder, demo.extras):
        for path in files_below(folder):
            *folders, name = path.relative_to(folder).parts
            assert all(FILE_ID.fullmatch(part) for part in folders)
            assert (FILE_ID if folders else ROOT_NAME).fullmatch(name)


def test_disc_holds_what_people_expect_in_its_root(demo: DemoDisc) -> None:
    names = {path.name for path in demo.folder.iterdir()}
    assert names == {"DICOMDIR", "DICOM", "INDEX.HTM", "README.TXT", "REPORT.PDF", "AUTORUN.INF", "VIEWER.EXE"}
    assert (demo.folder / "VIEWER.EXE").read_bytes().startswith(b"MZ")
    page = (demo.folder / "INDEX.HTM").read_text("ascii")
    assert "150 images" in page
    assert "48 images" in page
    for target in re.findall(r'href="([^"]+)"', page):
        assert (demo.folder / target).is_file()


def test_both_studies_are_of_one_patient_who_is_said_to_be_invented(demo: DemoDisc) -> None:
    read = [dcmread(path, stop_before_pixels=True) for path in instances_on(demo.folder)]
    assert len(read) == demo.instances
    assert {(str(ds.PatientName), ds.PatientID, ds.PatientBirthDate, ds.PatientSex) for ds in read} == {
        ("RIVERA^ELENA", "DEMO-204817", "19840612", "F")
    }
    assert {ds.PatientComments for ds in read} == {"Demonstration, not a real patient"}
    assert {ds.StudyInstanceUID for ds in read} == {demo.study_uid, demo.prior_uid}
    assert len({ds.SOPInstanceUID for ds in read}) == len(read)


def test_studies_are_days_and_years_old(demo: DemoDisc) -> None:
    read = [dcmread(path, stop_before_pixels=True) for path in instances_on(demo.folder)]
    days = {ds.StudyInstanceUID: date.fromisoformat(ds.StudyDate) for ds in read}
    assert timedelta(0) < NOW - days[demo.study_uid] < timedelta(days=7)
    assert timedelta(days=700) < NOW - days[demo.prior_uid] < timedelta(days=800)
    ages = {ds.StudyInstanceUID: ds.PatientAge for ds in read}
    assert (ages[demo.study_uid], ages[demo.prior_uid]) == ("041Y", "039Y")


def test_another_day_gives_other_instances_under_other_uids(demo: DemoDisc) -> None:
    tomorrow = {study_uid(one) for one in examinations(NOW + timedelta(days=1))}
    assert not tomorrow & {demo.study_uid, demo.prior_uid}


def test_report_lies_in_the_study_and_beside_it_byte_for_byte(demo: DemoDisc) -> None:
    reports = [ds for path in instances_on(demo.folder) if (ds := dcmread(path)).SOPClassUID == EncapsulatedPDFStorage]
    assert len(reports) == 1
    assert reports[0].StudyInstanceUID == demo.study_uid
    assert reports[0].EncapsulatedDocument[: reports[0].EncapsulatedDocumentLength] == demo.report.read_bytes()


def test_series_are_those_of_a_head_examination(demo: DemoDisc) -> None:
    counted: dict[tuple[str, str], int] = {}
    for path in instances_on(demo.folder):
        ds = dcmread(path, stop_before_pixels=True)
        if ds.SOPClassUID == MRImageStorage:
            key = (ds.StudyInstanceUID, ds.SeriesDescription)
            counted[key] = counted.get(key, 0) + 1
    assert counted == {
        (demo.study_uid, "Axial T2"): 50,
        (demo.study_uid, "Sagittal T1"): 50,
        (demo.study_uid, "Coronal FLAIR"): 50,
        (demo.prior_uid, "Axial T2"): 24,
        (demo.prior_uid, "Axial T1"): 24,
    }


def test_extras_are_the_files_of_pydicom_unchanged(demo: DemoDisc) -> None:
    known = {
        hashlib.sha256(Path(str(get_testdata_file(name, download=False))).read_bytes()).hexdigest()
        for name in ("CT_small.dcm", "examples_ybr_color.dcm", "examples_rgb_color.dcm", "examples_palette.dcm")
    }
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in instances_on(demo.extras)} == known
    assert len(demo.extra_uids) == 4


@needs_dciodvfy
def test_dciodvfy_finds_no_error(demo: DemoDisc) -> None:
    chosen = [
        demo.folder / "DICOMDIR",
        demo.extras / "DICOMDIR",
        *(path for path in instances_on(demo.folder) if path.name in {"MR000001", "MR000024", "PDF00001"}),
    ]
    assert len(chosen) == 13
    assert {str(path): complaints(path) for path in chosen if complaints(path)} == {}


def test_template_travels_with_its_notice() -> None:
    data = resources.files("undisc.demo").joinpath("data")
    assert data.joinpath("mni152_t1_left.npy.xz").is_file()
    licence = data.joinpath("MNI152-LICENCE.txt").read_text("utf-8")
    assert "Copyright (C) 1993-2004 Louis Collins, McConnell Brain Imaging Centre" in licence
    assert "Permission to use" in licence
