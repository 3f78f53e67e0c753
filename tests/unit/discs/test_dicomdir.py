"""An index tells what it can, whatever is wrong with it, and never stops an import."""

import functools
import tempfile
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from tests.factories.discs import make_disc, rewrite_file_ids, two_patients
from tests.shared_data import SHARED, needs_shared

from undisc.discs import DicomDir, read_dicomdir

_VARIANTS = ("DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit", "DICOMDIR-nooffset", "DICOMDIR-nopatient")


def _bundled_path(name: str) -> Path:
    path = get_testdata_file(f"dicomdirtests/{name}", download=False)
    assert isinstance(path, str)
    return Path(path)


def _bundled(name: str) -> bytes:
    return _bundled_path(name).read_bytes()


@functools.cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        make_disc(Path(folder), viewer_junk=False, rows=8, columns=8)
        return (Path(folder) / "DICOMDIR").read_bytes()


@pytest.mark.parametrize("name", [*_VARIANTS, "DICOMDIR-reordered"])
def test_every_variant_lists_the_same_files(name: str) -> None:
    index = read_dicomdir(_bundled(name))
    assert {file.file_id for file in index.files} == {
        file.file_id for file in read_dicomdir(_bundled("DICOMDIR")).files
    }
    assert len(index.files) == 31
    assert all(file.series_uid and file.modality and file.sop_instance for file in index.files)


@pytest.mark.parametrize("name", [*_VARIANTS, "DICOMDIR-reordered"])
def test_file_belongs_to_the_same_series_in_every_variant(name: str) -> None:
    right = {file.file_id: file.series_uid for file in read_dicomdir(_bundled("DICOMDIR")).files}
    assert {file.file_id: file.series_uid for file in read_dicomdir(_bundled(name)).files} == right


def test_records_agree_with_the_files_that_they_describe() -> None:
    path = _bundled_path("DICOMDIR")
    for file in read_dicomdir(path.read_bytes()).files:
        image = pydicom.dcmread(path.parent.joinpath(*file.file_id), stop_before_pixels=True)
        assert (file.sop_instance, file.sop_class) == (image.SOPInstanceUID, image.SOPClassUID)
        assert (file.series_uid, file.study_uid) == (image.SeriesInstanceUID, image.StudyInstanceUID)
        assert file.patient_id == image.PatientID
        assert file.series_number == image.SeriesNumber


def test_index_without_a_patient_says_so_and_lists_its_files() -> None:
    index = read_dicomdir(_bundled("DICOMDIR-nopatient"))
    assert index.notes == ("The disc's index names no patient.",)
    assert {file.patient_id for file in index.files} == {""}


def test_two_patients_are_told_apart(tmp_path: Path) -> None:
    two_patients(tmp_path)
    index = read_dicomdir((tmp_path / "DICOMDIR").read_bytes())
    assert {(file.patient_name, file.patient_id) for file in index.files} == {
        ("TESTPERSON^ADA", "TEST-0001"),
        ("TESTPERSON^BERT", "TEST-0002"),
    }


def test_wrong_offsets_cost_nothing_but_a_note(tmp_path: Path) -> None:
    made = make_disc(tmp_path, viewer_junk=False)
    before = read_dicomdir((tmp_path / "DICOMDIR").read_bytes())
    rewrite_file_ids(tmp_path / "DICOMDIR", (["A", "MUCH", "LONGER", "NAME", "THAN", "BEFORE"],))
    index = read_dicomdir((tmp_path / "DICOMDIR").read_bytes())
    assert [file.sop_instance for file in index.files] == list(made.sop_uids)
    assert [file.series_uid for file in index.files] == [file.series_uid for file in before.files]
    assert any("broken links" in note for note in index.notes)


def test_empty_index_says_so() -> None:
    assert read_dicomdir(_bundled("DICOMDIR-empty.dcm")) == DicomDir(notes=("The disc's index is empty.",))


@pytest.mark.parametrize("data", [b"", b"\0" * 200, b"\0" * 128 + b"DICM", b"MZ" + b"\x90" * 500])
def test_what_is_no_index_lists_nothing_and_says_why(data: bytes) -> None:
    index = read_dicomdir(data)
    assert index.files == ()
    assert index.notes


def test_index_that_breaks_off_lists_what_came_before(tmp_path: Path) -> None:
    data = _made()
    whole = read_dicomdir(data).files
    index = read_dicomdir(data[: len(data) * 2 // 3])
    assert 2 <= len(index.files) < len(whole)
    assert [file.file_id for file in index.files] == [file.file_id for file in whole[: len(index.files)]]
    assert index.notes


def test_misspelt_charset_keeps_the_files() -> None:
    data = _made().replace(b"ISO_IR 100", b"ISO-IR-WAT")
    index = read_dicomdir(data)
    assert len(index.files) == 8
    assert index.files[0].patient_id == "TEST-0001"


def test_endless_chain_of_records_ends() -> None:
    data = bytearray(_made())
    first = data.index(b"\xfe\xff\x00\xe0")
    here = first.to_bytes(4, "little")
    at = data.index(b"\x04\x00\x00\x14UL\x04\x00", first)
    data[at + 8 : at + 12] = here  # the first record's next record is itself
    assert len(read_dicomdir(bytes(data)).files) == 8


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600))
def test_random_bytes_never_raise(data: bytes) -> None:
    assert isinstance(read_dicomdir(data), DicomDir)
    assert isinstance(read_dicomdir(b"\0" * 128 + b"DICM" + data), DicomDir)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=8), st.data()
)
def test_mutated_index_never_raises(edits: list[tuple[int, bytes]], data: st.DataObject) -> None:
    bent = bytearray(_made())
    for at, piece in edits:
        start = at % len(bent)
        bent[start : start + len(piece)] = piece
    cut = data.draw(st.integers(0, len(bent)))
    for variant in (bytes(bent), bytes(bent[:cut])):
        index = read_dicomdir(variant)
        assert all(isinstance(part, str) for file in index.files for part in file.file_id)
        assert all(file.instance_number is None or isinstance(file.instance_number, int) for file in index.files)


@needs_shared
def test_every_shared_index_is_read() -> None:
    assert SHARED is not None
    found = {path for path in SHARED.rglob("DICOMDIR*") if path.is_file()}
    assert len(found) >= 10
    for path in found:
        index = read_dicomdir(path.read_bytes())
        assert index.files or index.notes, path.name
