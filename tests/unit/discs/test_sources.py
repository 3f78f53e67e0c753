"""Whatever carries a disc (folder, image, archive, file), the same files come out of it, once each, byte for byte."""

import hashlib
import os
from pathlib import Path

import pytest
from tests.factories.discs import MadeDisc, as_iso, as_zip, blank_disc, make_disc

from undisc.discs import Entry, Limits, ReadError, Refused, open_source
from undisc.errors import SourceUnreadable


def contents(path: Path) -> dict[str, str]:
    """Path -> digest of every file that a source gives."""
    source = open_source(path)
    found: dict[str, str] = {}
    for item in source.entries():
        assert isinstance(item, Entry), item
        with source.open(item) as stream:
            data = stream.read()
        assert len(data) == item.size
        found[item.path] = hashlib.sha256(data).hexdigest()
    source.close()
    return found


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    return make_disc(tmp_path_factory.mktemp("disc") / "disc")


@pytest.fixture(scope="module")
def files(disc: MadeDisc) -> dict[str, str]:
    return {
        path.relative_to(disc.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in disc.folder.rglob("*")
        if path.is_file()
    }


def test_folder_gives_every_file(disc: MadeDisc, files: dict[str, str]) -> None:
    assert contents(disc.folder) == files
    assert open_source(disc.folder).kind == "folder"


def test_zip_gives_every_file(disc: MadeDisc, files: dict[str, str], tmp_path: Path) -> None:
    path = as_zip(disc.folder, tmp_path / "disc.zip")
    assert contents(path) == files
    assert open_source(path).kind == "zip"


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"level": 2},
        {"level": 3},
        {"joliet": True},
        {"rock_ridge": True},
        {"joliet": True, "rock_ridge": True},
        {"udf": True},
        {"udf": True, "joliet": True, "rock_ridge": True},
    ],
)
def test_image_gives_every_file_once(
    disc: MadeDisc, files: dict[str, str], tmp_path: Path, names: dict[str, int]
) -> None:
    path = as_iso(disc.folder, tmp_path / "disc.iso", **names)  # type: ignore[arg-type]
    assert contents(path) == files
    source = open_source(path)
    assert (source.kind, source.label) == ("iso", "UNDISCTEST")


def test_source_is_known_by_its_bytes_and_not_by_its_name(disc: MadeDisc, tmp_path: Path) -> None:
    assert open_source(as_iso(disc.folder, tmp_path / "disc.dcm")).kind == "iso"
    assert open_source(as_zip(disc.folder, tmp_path / "disc.iso")).kind == "zip"
    image = tmp_path / "picture.zip"
    image.write_bytes((disc.folder / disc.images[0]).read_bytes())
    assert open_source(image).kind == "file"


def test_single_file_is_a_source_of_one(disc: MadeDisc, tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    path.write_bytes((disc.folder / disc.images[0]).read_bytes())
    source = open_source(path)
    (entry,) = source.entries()
    assert isinstance(entry, Entry)
    assert (source.kind, entry.path, entry.size) == ("file", "one.dcm", path.stat().st_size)
    with source.open(entry) as stream:
        assert stream.read() == path.read_bytes()


def test_empty_zip_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.zip"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    assert list(open_source(path).entries()) == []


def test_blank_disc_holds_nothing(tmp_path: Path) -> None:
    folder = blank_disc(tmp_path / "blank")
    assert list(open_source(folder).entries()) == []
    assert list(open_source(as_iso(folder, tmp_path / "blank.iso")).entries()) == []
    assert list(open_source(as_zip(folder, tmp_path / "blank.zip")).entries()) == []


def test_order_is_natural_and_the_same_for_every_carrier(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    for name in ("A/IM10", "A/IM9", "A/IM1", "B10/X", "B9/X", "A.TXT", "Z"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    expected = ["A/IM1", "A/IM9", "A/IM10", "A.TXT", "B9/X", "B10/X", "Z"]
    carriers = (folder, as_iso(folder, tmp_path / "d.iso", rock_ridge=True), as_zip(folder, tmp_path / "d.zip"))
    for path in carriers:
        assert [item.path for item in open_source(path).entries()] == expected


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no such file or folder."),
        (os.mkfifo, "This is neither a folder, a drive nor a file."),
        (lambda path: path.write_bytes(b"hello"), "This file is neither a disc image nor a ZIP"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(400)), "This ZIP file is damaged"),
        (lambda path: path.write_bytes(b"\0" + b"\xff" * 10 + b"\0" + bytes(2340)), "This is a raw disc image"),
    ],
)
def test_what_cannot_be_read_says_why_in_one_sentence(tmp_path: Path, make: object, sentence: str) -> None:
    path = tmp_path / "disc.iso"
    make(path)  # type: ignore[operator]
    with pytest.raises(SourceUnreadable) as told:
        open_source(path)
    assert str(told.value).startswith(sentence)
    assert str(tmp_path) not in str(told.value)


def test_path_that_no_system_can_hold_is_not_there() -> None:
    for path in (Path("a\0b"), Path("a" * 5000)):
        with pytest.raises(SourceUnreadable, match="no such file"):
            open_source(path)


def test_entry_that_was_never_given_is_not_opened(disc: MadeDisc, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    sources = (disc.folder, as_iso(disc.folder, tmp_path / "d.iso"), as_zip(disc.folder, tmp_path / "d.zip"))
    for path in sources:
        for name in ("../secret", str(tmp_path / "secret"), "NO_SUCH", ""):
            with pytest.raises(OSError):
                open_source(path).open(Entry(name, 6, 0))


def test_streams_seek_where_they_can_and_read_in_pieces(disc: MadeDisc, tmp_path: Path) -> None:
    source = open_source(as_iso(disc.folder, tmp_path / "d.iso"))
    entry = next(item for item in source.entries() if item.path == disc.images[0])
    data = (disc.folder / disc.images[0]).read_bytes()
    assert isinstance(entry, Entry)
    with source.open(entry) as stream:
        assert stream.read(132) == data[:132]
        stream.seek(-10, os.SEEK_END)
        assert stream.read() == data[-10:]
        stream.seek(128)
        assert stream.read(4) == b"DICM"


def test_more_entries_than_the_limit_end_in_one_refusal(disc: MadeDisc, tmp_path: Path) -> None:
    limits = Limits(most_entries=5)
    for path in (disc.folder, as_zip(disc.folder, tmp_path / "d.zip"), as_iso(disc.folder, tmp_path / "d.iso")):
        found = list(open_source(path, limits).entries())
        assert sum(isinstance(item, Entry) for item in found) <= 5
        assert any(isinstance(item, Refused) and "more files" in item.reason for item in found)


def test_read_error_is_an_os_error() -> None:
    assert issubclass(ReadError, OSError)
