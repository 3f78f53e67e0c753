"""A package comes whole onto a folder, a ZIP or an image, and is found there as it was; or nothing is left."""

import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from undisc.discs import Entry, open_source
from undisc.errors import MediumRefused
from undisc.export.copying import Nobody
from undisc.export.iso import image_bytes
from undisc.export.iso_records import Volume
from undisc.export.manifest import manifest_file
from undisc.export.media import Medium, check_target, medium_of, put
from undisc.export.model import Kind, PackageFile, Written
from undisc.export.verifying import Verified, verify
from undisc.export.zip import ZipStream
from undisc.sharing.package import DownloadStopped

_MADE_AT = datetime(2026, 11, 24, 15, 36, 12, tzinfo=UTC)
_VOLUME = Volume("UNDISC_2_OF_3", _MADE_AT)

each_medium = pytest.mark.parametrize("medium", [Medium.FOLDER, Medium.ZIP, Medium.ISO])


def file(path: str, data: bytes, kind: Kind = Kind.DICOM, *, told: bool = True) -> PackageFile:
    instance = len(path) if kind is Kind.DICOM else None
    return PackageFile(path, kind, len(data) if told else None, lambda: BytesIO(data), instance)


def a_package() -> list[PackageFile]:
    images = [
        file(f"DICOM/ST000001/SE{n % 3:06d}/IM{n:06d}", os.urandom(1500 + n * 700), told=n % 4 > 0) for n in range(60)
    ]
    return [
        file("INDEX.HTM", b"<p>", Kind.PAGE),
        file("README.TXT", b"r" * 2048, Kind.PAGE),
        file("DICOMDIR", os.urandom(5000), Kind.INDEX),
        *images,
        file("DATA/C0000001.JS", os.urandom((1 << 20) + 1), Kind.DATA),
        file("VIEWER/EMPTY.JS", b"", Kind.VIEWER),
    ]


def with_manifest(files: list[PackageFile]) -> list[PackageFile]:
    return [*files, manifest_file(files)]


def made(
    medium: Medium, files: list[PackageFile], target: Path, *, udf: bool = False
) -> tuple[list[Written], Verified]:
    return put(medium, files, target, _VOLUME, target.parent, Nobody(), udf=udf)


@pytest.mark.parametrize(
    ("medium", "udf"), [(Medium.FOLDER, False), (Medium.ZIP, False), (Medium.ISO, False), (Medium.ISO, True)]
)
def test_package_is_found_on_the_medium_as_it_was(tmp_path: Path, medium: Medium, udf: bool) -> None:
    files = a_package()
    files = with_manifest(files)
    written, verified = made(medium, files, tmp_path / "out", udf=udf)
    assert [each.path for each in written] == [each.path for each in files]
    assert (verified.is_good, verified.images, verified.files) == (True, 60, 66)
    assert verified.sentence == "60 of 60 images verified."
    source = open_source(tmp_path / "out")
    found = {}
    for entry in source.entries():
        assert isinstance(entry, Entry)
        with source.open(entry) as stream:
            found[entry.path] = stream.read()
    assert found == {each.path: each.open().read() for each in files}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_image_bears_its_label_and_is_as_long_as_it_was_foretold(tmp_path: Path) -> None:
    for udf in (False, True):
        files = a_package()
        written, _ = made(Medium.ISO, files, tmp_path / f"{udf}.iso", udf=udf)
        assert open_source(tmp_path / f"{udf}.iso").label == "UNDISC_2_OF_3"
        foretold = image_bytes(files, [each.size for each in written], udf=udf)
        assert (tmp_path / f"{udf}.iso").stat().st_size == foretold


def test_many_folders_and_files_fill_more_than_one_sector_of_records(tmp_path: Path) -> None:
    files = [file(f"DICOM/ST{n % 130:06d}/IM{n:06d}", n.to_bytes(4, "big")) for n in range(700)]
    for udf in (False, True):
        _, verified = made(Medium.ISO, files, tmp_path / f"{udf}.iso", udf=udf)
        assert verified.sentence == "700 of 700 images verified."


@pytest.mark.parametrize(
    "path", ["lower", "NINELONG9", "A.LONG", "A-B", "A/B/C/D/E/F/G/H/I", "A B", "../A", "/A", "A.B/C", ""]
)
def test_name_that_no_disc_has_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(MediumRefused):
        made(Medium.ISO, [file(path, b"x")], tmp_path / "out.iso")
    assert list(tmp_path.iterdir()) == []


def test_file_longer_than_an_image_can_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    huge = PackageFile("IM000001", Kind.DICOM, 5 << 30, lambda: BytesIO(), 1)
    with pytest.raises(MediumRefused, match="longer than 4 GB"):
        made(Medium.ISO, [huge], tmp_path / "out.iso")
    assert list(tmp_path.iterdir()) == []


def _gone() -> BytesIO:
    raise FileNotFoundError


@each_medium
@pytest.mark.parametrize(
    ("size", "opened", "says"),
    [(5, _gone, "cannot be read"), (5, lambda: BytesIO(b"longer than five"), "changed"), (5, BytesIO, "changed")],
)
def test_original_that_fails_leaves_nothing_half_made(
    tmp_path: Path, medium: Medium, size: int, opened: Callable[[], BytesIO], says: str
) -> None:
    files = [*a_package()[:9], PackageFile("DICOM/LAST", Kind.DICOM, size, opened, 7)]
    with pytest.raises(MediumRefused, match=says):
        made(medium, files, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@each_medium
def test_stopping_on_the_way_leaves_nothing_half_made(tmp_path: Path, medium: Medium) -> None:
    class Impatient(Nobody):
        def wrote(self, size: int) -> None:
            if size < 3:
                raise KeyboardInterrupt

    files = [*a_package()[3:9], file("A", b"!")]
    with pytest.raises(KeyboardInterrupt):
        put(medium, files, tmp_path / "out", _VOLUME, tmp_path, Impatient(), udf=False)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(MediumRefused, match="There are files in this folder already"):
        check_target(Medium.FOLDER, tmp_path / "mine", 1)
    with pytest.raises(MediumRefused, match="of that name already"):
        check_target(Medium.ISO, tmp_path / "mine" / "letter.txt", 1)
    with pytest.raises(MediumRefused, match="is not there"):
        check_target(Medium.ZIP, tmp_path / "no" / "x.zip", 1)
    with pytest.raises(MediumRefused, match="too little room"):
        check_target(Medium.ZIP, tmp_path / "x.zip", 1 << 60)


def test_empty_stick_with_what_its_file_system_keeps_is_written_to(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    (stick / "System Volume Information").mkdir(parents=True)
    (stick / ".Trashes").mkdir()
    check_target(Medium.FOLDER, stick, 1)
    _, verified = made(Medium.FOLDER, a_package(), stick)
    assert verified.is_good
    assert {path.name for path in stick.iterdir()} == {
        *(each.path.split("/")[0] for each in a_package()),
        "System Volume Information",
        ".Trashes",
    }


@pytest.mark.parametrize(
    ("target", "medium"),
    [
        ("X.iso", Medium.ISO),
        ("x.ISO", Medium.ISO),
        ("x.zip", Medium.ZIP),
        ("x", Medium.FOLDER),
        ("x.iso/", Medium.FOLDER),
        ("a.b/x", Medium.FOLDER),
    ],
)
def test_name_says_what_is_wanted(target: str, medium: Medium) -> None:
    assert medium_of(target) is medium


@each_medium
def test_flipped_bit_and_lost_file_are_named(tmp_path: Path, medium: Medium) -> None:
    files = [file(f"IM{n:06d}", bytes([n]) * 3000) for n in range(4)] + [file("A.TXT", b"kept", Kind.PAGE)]
    written, _ = made(medium, files, tmp_path / "out")
    flipped = next((tmp_path / "out").rglob("IM000002")) if medium is Medium.FOLDER else tmp_path / "out"
    data = bytearray(flipped.read_bytes())
    data[data.index(bytes([2]) * 100) + 50] ^= 1
    flipped.write_bytes(data)
    more = Written("IM000009", Kind.DICOM, 1, "00", 9)
    found = verify(tmp_path / "out", [*written, more])
    assert [each.path for each in found.failed] == ["IM000002", "IM000009"]
    assert found.sentence == "3 of 5 images verified; 2 files could not be read back as they were written."


def test_medium_that_is_no_medium_fails_as_a_whole(tmp_path: Path) -> None:
    written, _ = made(Medium.ISO, [file("IM000001", b"x")], tmp_path / "out.iso")
    (tmp_path / "out.iso").write_bytes(bytes(64 << 10))
    for place in (tmp_path / "out.iso", tmp_path / "none"):
        assert verify(place, written).sentence.startswith("0 of 1 images verified")


def test_sealed_medium_is_counted_by_its_files(tmp_path: Path) -> None:
    written, good = made(Medium.ISO, [file("DATA/C0000001.JS", b"x" * 9, Kind.DATA)], tmp_path / "out.iso")
    assert good.sentence == "1 of 1 files verified."
    lost = verify(tmp_path / "out.iso", [*written, Written("DATA/C0000002.JS", Kind.DATA, 1, "00")])
    assert lost.sentence == "1 of 2 files verified; the others could not be read back as they were written."


def test_zip_says_its_length_where_all_sizes_are_known(tmp_path: Path) -> None:
    known = [each for each in a_package() if each.size is not None]
    stream = ZipStream(known, _MADE_AT, tmp_path)
    assert stream.length == sum(len(chunk) for chunk in stream.chunks())
    assert ZipStream(a_package(), _MADE_AT, tmp_path).length is None


def test_large_file_of_unknown_size_goes_through_scratch_and_leaves_none(tmp_path: Path) -> None:
    data = os.urandom(9 << 20)
    stream = ZipStream([file("IM000001", data, told=False)], _MADE_AT, tmp_path)
    whole = b"".join(stream.chunks())
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        assert archive.read("IM000001") == data
    assert list(tmp_path.iterdir()) == []


def test_zip_stops_when_it_is_no_longer_allowed(tmp_path: Path) -> None:
    answers = iter([True, True, False])
    stream = ZipStream(a_package(), _MADE_AT, tmp_path, still_allowed=lambda: next(answers))
    with pytest.raises(DownloadStopped):
        for _ in stream.chunks():
            pass
