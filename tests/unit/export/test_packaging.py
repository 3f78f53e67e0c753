"""A package: what is in it, under which names, in which form, and what of it is known before it is written."""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import encapsulate
from pydicom.uid import ImplicitVRLittleEndian, RLELossless
from tests.factories.discs import pdf
from tests.factories.documents import encapsulated
from tests.factories.instances import ADA, BERT, Place, image

from undisc.app import App, build, build_exporting
from undisc.archive.lookup import Lookup
from undisc.archive.words import ENCAPSULATED_PDF
from undisc.errors import MediumRefused, StudyUnknown
from undisc.export.manifest import manifest_text
from undisc.export.model import Kind, PackageFile, Written
from undisc.export.naming import ending_of, new_volume_id
from undisc.export.sealing import Sealer, new_package
from undisc.export.service import Choices, Exporting, Form, Package, ReportFile
from undisc.export.viewer import BUILT
from undisc.reports.service import Reports
from undisc.settings import Settings

_EXPLICIT = "1.2.840.10008.1.2.1"
_PDF = pdf("An invented report")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("packaging")
    disc = folder / "disc"
    disc.mkdir()
    for number in (1, 2, 3):
        image(ADA, Place(1, 1, number, 3), rows=16, columns=16).save_as(disc / f"mr{number}")
    implicit = image(ADA, Place(1, 2), modality="CT", rows=16, columns=16)
    implicit.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    implicit.save_as(disc / "ct", implicit_vr=True, little_endian=True)
    compressed = image(BERT, Place(2, 1), rows=16, columns=16)
    compressed.compress(RLELossless)
    compressed.save_as(disc / "rle")
    damaged = image(BERT, Place(2, 1, 2), rows=16, columns=16)
    damaged.compress(RLELossless)
    damaged.PixelData = encapsulate([b"\xff" * 64])
    damaged.save_as(disc / "damaged")
    encapsulated(7, ENCAPSULATED_PDF, _PDF, "application/pdf").save_as(disc / "report")
    app = build(Settings(data_dir=folder / "data", workers=1, free_space_mb=0, place_name="Riverside <Imaging>"))
    app.intake.take_in([disc])
    yield app
    app.close()


@pytest.fixture(scope="module")
def exporting(app: App) -> Exporting:
    return build_exporting(app)


@pytest.fixture(scope="module")
def study_ids(app: App) -> list[int]:
    return [study.id for study in app.archive.studies()]


@pytest.fixture(scope="module")
def package(exporting: Exporting, study_ids: list[int]) -> Iterator[Package]:
    with exporting.package(study_ids, Choices(viewer=False, for_whom="Oncology")) as package:
        yield package


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _content(file: PackageFile) -> bytes:
    with file.open() as opened:
        return opened.read()


def _named(package: Package) -> dict[str, PackageFile]:
    return {file.path: file for file in package.files}


def _dicom(package: Package) -> dict[str, bytes]:
    """By SOP Instance UID."""
    found = {}
    for file in package.files:
        if file.kind is Kind.DICOM:
            data = _content(file)
            found[str(pydicom.dcmread(io.BytesIO(data), specific_tags=["SOPInstanceUID"]).SOPInstanceUID)] = data
    return found


def test_what_people_open_comes_first_and_the_manifest_last(package: Package) -> None:
    paths = [file.path for file in package.files]
    assert paths[:3] == ["INDEX.HTM", "README.TXT", "DICOMDIR"]
    assert paths[-1] == "MANIFEST.TXT"
    assert len(set(paths)) == len(paths)


def test_names_keep_to_what_discs_allow(package: Package) -> None:
    for file in package.files:
        components = file.path.split("/")
        assert len(components) <= 8
        pattern = r"[A-Z0-9_]{1,8}" + ("" if file.kind in (Kind.DICOM, Kind.INDEX) else r"(\.[A-Z0-9_]{1,3})?")
        assert all(re.fullmatch(pattern, each) for each in components), file.path
    assert re.fullmatch(r"[A-Z0-9_]{1,16}", package.volume_id)


def test_every_size_is_known_and_true(package: Package) -> None:
    sizes = {file.path: file.size for file in package.files}
    assert sizes == {file.path: len(_content(file)) for file in package.files}
    assert package.bytes == sum(sizes.values())  # type: ignore[arg-type]


def test_files_may_be_read_in_any_way(package: Package) -> None:
    for file in package.files:
        with file.open() as opened, file.open() as other:
            whole = opened.read()
            assert b"".join(iter(lambda other=other: other.read(7), b"")) == whole
            opened.seek(5)
            assert opened.read(3) == whole[5:8]
            assert opened.seek(0, 2) == len(whole) == opened.tell()
            opened.seek(-4, 2)
            assert opened.read() == whole[-4:]


def test_manifest_is_what_sha256sum_would_say(package: Package) -> None:
    written = []
    for file in package.files:
        data = _content(file)
        written.append(Written(file.path, file.kind, len(data), hashlib.sha256(data).hexdigest(), file.instance))
    assert manifest_text(written) == _content(package.files[-1])
    lines = _content(package.files[-1]).decode().splitlines()
    assert lines[0] == f"{written[0].sha256}  INDEX.HTM"
    assert len(lines) == len(package.files) - 1


def test_all_is_explicit_little_endian_and_what_was_so_is_untouched(app: App, package: Package) -> None:
    unchanged = {each.instance for each in package.unchanged}
    for file in package.files:
        if file.kind is not Kind.DICOM:
            continue
        assert file.instance is not None
        original, row = app.archive.original(file.instance), app.archive.instance(file.instance)
        assert original is not None
        assert row is not None
        with original.open() as opened:
            stored = opened.read()
        left = _content(file)
        if row.transfer_syntax == _EXPLICIT or file.instance in unchanged:
            assert left == stored
        else:
            read, came = pydicom.dcmread(io.BytesIO(left)), pydicom.dcmread(io.BytesIO(stored))
            assert read.file_meta.TransferSyntaxUID == _EXPLICIT
            assert (read.pixel_array == came.pixel_array).all()
            assert read.PatientName == came.PatientName


def test_what_cannot_be_converted_goes_as_it_is_and_is_named(package: Package) -> None:
    [left] = package.unchanged
    assert left.transfer_syntax == RLELossless
    readme = _content(_named(package)["README.TXT"]).decode()
    assert left.path in readme
    assert left.path in _content(_named(package)["IHE_PDI/INDEX.HTM"]).decode()
    index = pydicom.dcmread(io.BytesIO(_content(_named(package)["DICOMDIR"])))
    syntaxes = {
        "/".join(record.ReferencedFileID): record.ReferencedTransferSyntaxUIDInFile
        for record in index.DirectoryRecordSequence
        if "ReferencedFileID" in record
    }
    assert syntaxes.pop(left.path) == RLELossless
    assert set(syntaxes.values()) == {_EXPLICIT}


def test_stored_form_is_every_byte_as_it_is_stored(app: App, exporting: Exporting, study_ids: list[int]) -> None:
    with exporting.package(study_ids, Choices(form=Form.STORED, viewer=False)) as package:
        originals = list(app.archive.originals([study.id for study in app.archive.studies()]))
        stored = set()
        for original in originals:
            with original.open() as opened:
                stored.add(opened.read())
        assert set(_dicom(package).values()) == stored
        assert package.unchanged == ()


def test_index_lists_exactly_what_is_there(package: Package) -> None:
    index = pydicom.dcmread(io.BytesIO(_content(_named(package)["DICOMDIR"])))
    listed = ["/".join(each.ReferencedFileID) for each in index.DirectoryRecordSequence if "ReferencedFileID" in each]
    assert sorted(listed) == sorted(file.path for file in package.files if file.kind is Kind.DICOM)
    assert index.FileSetID == package.volume_id
    assert index.FileSetDescriptorFileID == "README"


def test_report_inside_an_instance_is_a_file_too(package: Package) -> None:
    assert _content(_named(package)["REPORT/RE000001.PDF"]).rstrip(b"\0") == _PDF
    assert b"REPORT/RE000001.PDF" in _content(_named(package)["INDEX.HTM"])


def test_given_reports_go_along_under_names_that_discs_allow(
    exporting: Exporting, study_ids: list[int], tmp_path: Path
) -> None:
    given = tmp_path / "Befund für <Ada>.html"
    given.write_bytes(b"<p>fine</p>")
    choices = Choices(form=Form.STORED, viewer=False, reports=(ReportFile.at(given),))
    with exporting.package(study_ids[:1], choices) as package:
        named = _named(package)
        assert _content(named["REPORT/GI000001.HTM"]) == b"<p>fine</p>"
        assert "Befund für &lt;Ada&gt;.html" in _content(named["INDEX.HTM"]).decode()


@given(st.text(max_size=40))
def test_endings_of_files_are_endings_on_any_disc(name: str) -> None:
    assert re.fullmatch(r"[A-Z0-9]{1,3}", ending_of(name))


@given(st.integers(0, 1 << 32).map(_moment) | st.none(), st.integers(1, 99), st.integers(1, 99))
def test_names_of_volumes_fit_on_any_disc(made_at: datetime | None, number: int, of: int) -> None:
    name = new_volume_id(made_at, (min(number, of), of))
    assert re.fullmatch("[A-Z0-9_]{16}", name)
    assert made_at is None or f"{made_at:%y%m%d}" in name
    assert of == 1 or f"{min(number, of)}OF{of}" in name


def test_part_of_a_package_is_a_package(package: Package) -> None:
    wanted = [file for file in package.files if file.kind is Kind.DICOM][:2]
    part = package.part([file.instance for file in wanted if file.instance], 2, 3)
    assert [file.path for file in part.files if file.kind is Kind.DICOM] == [file.path for file in wanted]
    assert part.instances == 2
    assert "Part:        2 of 3" in _content(_named(part)["README.TXT"]).decode()
    index = pydicom.dcmread(io.BytesIO(_content(_named(part)["DICOMDIR"])))
    types = [record.DirectoryRecordType for record in index.DirectoryRecordSequence]
    assert types.count("PATIENT") == types.count("STUDY") == types.count("SERIES") == 1
    assert part.volume_id != package.volume_id


def test_who_made_it_and_for_whom_is_told_as_text(package: Package) -> None:
    page = _content(_named(package)["INDEX.HTM"]).decode()
    assert "Riverside &lt;Imaging&gt;" in page
    assert "Oncology" in page


def test_estimate_is_made_without_converting(exporting: Exporting, study_ids: list[int]) -> None:
    told = exporting.estimate(study_ids)
    assert (told.instances, told.to_convert) == (7, 3)
    assert 0 < told.room < told.bytes
    assert exporting.estimate(study_ids, Choices(form=Form.STORED)).to_convert == 0
    with pytest.raises(StudyUnknown):
        exporting.estimate([12345])


def test_study_that_is_not_here_is_refused(exporting: Exporting, study_ids: list[int]) -> None:
    with pytest.raises(StudyUnknown):
        exporting.package([*study_ids, 12345])


def test_disk_of_the_archive_is_not_filled_by_what_is_converted(app: App, study_ids: list[int], tmp_path: Path) -> None:
    reports = Reports(app.archive, Lookup(app.trail))
    crowded = Exporting(app.archive, reports, app.clock, tmp_path, "Riverside Imaging", free_space=1 << 60)
    with pytest.raises(MediumRefused, match="too little room"):
        crowded.package(study_ids)
    with crowded.package(study_ids, Choices(form=Form.STORED, viewer=False)) as package:
        assert package.instances == 7


def test_work_ends_when_nobody_waits_for_it(exporting: Exporting, study_ids: list[int]) -> None:
    class Gone(Exception):
        pass

    def gone(done: int, count: int) -> None:
        raise Gone

    with pytest.raises(Gone):
        exporting.package(study_ids, Choices(viewer=False), gone)


@pytest.mark.skipif(not (BUILT / "INDEX.HTM").is_file(), reason="the viewer for discs is not built")
def test_viewer_and_its_data_go_along(exporting: Exporting, study_ids: list[int]) -> None:
    with exporting.package(study_ids, Choices(form=Form.STORED)) as package:
        named = _named(package)
        assert [file.path for file in package.files[:3]] == ["INDEX.HTM", "README.TXT", "DICOMDIR"]
        assert package.files[-1].kind is Kind.MANIFEST
        assert "DATA/C0000000.JS" in named
        assert any(file.kind is Kind.VIEWER for file in package.files)
        page = _content(named["INDEX.HTM"]).decode()
        for expected in ("Riverside &lt;Imaging&gt;", "README.TXT", "IHE_PDI/INDEX.HTM"):
            assert expected in page


@pytest.mark.skipif(not (BUILT / "INDEX.HTM").is_file(), reason="the viewer for discs is not built")
def test_nothing_readable_is_on_a_sealed_package(app: App, exporting: Exporting, study_ids: list[int]) -> None:
    sealed = Choices(sealer=Sealer(new_package()), passphrase="orbit velvet cactus thunder mosaic pickle")
    with exporting.package(study_ids, replace(sealed, form=Form.STORED)) as package:
        assert {file.kind for file in package.files} == {Kind.PAGE, Kind.VIEWER, Kind.DATA, Kind.MANIFEST}
        everything = b"".join(_content(file) for file in package.files)
        names = [file.path for file in package.files]
        study = app.archive.studies()[0]
        for secret in (
            b"TESTPERSON",
            b"Riverside",
            study.study_uid.encode(),
            bytes(8) + b"DICM",
            b"2026111",
            b"TEST-0001",
        ):
            assert secret not in everything
        assert not [name for name in names if name.startswith(("DICOM", "REPORT", "IHE_PDI"))]
        assert names[:2] == ["INDEX.HTM", "README.TXT"]
        assert "the passphrase" in _content(_named(package)["README.TXT"]).decode()
        assert package.volume_id.startswith("UD_")
