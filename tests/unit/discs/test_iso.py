"""An image is read from its own bytes: a scratch costs the files under it, and two names of a file are one file."""

import struct
from pathlib import Path

import pytest
from tests.factories.discs import MadeDisc, as_iso, make_disc

from undisc.discs import Entry, Limits, ReadError, Refused, open_source
from undisc.discs.iso import IsoSource
from undisc.discs.streams import ImageFile
from undisc.errors import SourceUnreadable

SECTOR = 2048


class ScratchedImage:
    """An image some of whose sectors give a read error, as a drive reports one."""

    def __init__(self, path: Path, bad: set[int]) -> None:
        self._image = ImageFile(path)
        self._bad = bad
        self.size = self._image.size

    def read_at(self, offset: int, length: int) -> bytes:
        sectors = range(offset // SECTOR, (offset + max(length, 1) - 1) // SECTOR + 1)
        if any(sector in self._bad for sector in sectors):
            raise OSError(5, "Input/output error")
        return self._image.read_at(offset, length)

    def close(self) -> None:
        self._image.close()


@pytest.fixture
def disc(tmp_path: Path) -> MadeDisc:
    return make_disc(tmp_path / "disc", viewer_junk=False)


def _entries(source: IsoSource) -> list[Entry]:
    return [item for item in source.entries() if isinstance(item, Entry)]


def _sector_of(image: Path, data: bytes) -> int:
    return image.read_bytes().index(data) // SECTOR


def test_scratch_under_one_file_costs_that_file(disc: MadeDisc, tmp_path: Path) -> None:
    path = as_iso(disc.folder, tmp_path / "d.iso")
    bad = _sector_of(path, (disc.folder / disc.images[2]).read_bytes()) + 1
    source = IsoSource(ScratchedImage(path, {bad}), "d.iso", Limits())
    lost: dict[str, str] = {}
    for entry in _entries(source):
        try:
            with source.open(entry) as stream:
                assert stream.read() == (disc.folder / entry.path).read_bytes()
        except ReadError as error:
            lost[entry.path] = str(error)
    assert lost == {disc.images[2]: "This part of the disc cannot be read."}


def test_scratch_under_a_folder_costs_that_folder_and_says_so(disc: MadeDisc, tmp_path: Path) -> None:
    path = as_iso(disc.folder, tmp_path / "d.iso")
    last = next(sector for sector in range(20, 60) if b"IM000000" in path.read_bytes()[sector * SECTOR :][:SECTOR])
    source = IsoSource(ScratchedImage(path, {last}), "d.iso", Limits())
    found = list(source.entries())
    refused = [item for item in found if isinstance(item, Refused)]
    assert [item.reason for item in refused] == ["This folder, or a part of it, cannot be read off the disc."]
    folder = refused[0].path
    assert {entry.path for entry in _entries(source)} == {
        "DICOMDIR",
        *(image for image in disc.images if not image.startswith(folder)),
    }


def test_scratch_under_one_table_of_contents_leaves_the_other(disc: MadeDisc, tmp_path: Path) -> None:
    path = as_iso(disc.folder, tmp_path / "d.iso", joliet=True)
    data = path.read_bytes()
    joliet_root = struct.unpack_from("<I", data, 17 * SECTOR + 158)[0]
    assert data[17 * SECTOR] == 2
    source = IsoSource(ScratchedImage(path, {joliet_root}), "d.iso", Limits())
    assert {entry.path for entry in _entries(source)} == {"DICOMDIR", *disc.images}
    assert any(isinstance(item, Refused) for item in source.entries())


def test_image_cut_short_costs_what_lay_behind_the_cut(disc: MadeDisc, tmp_path: Path) -> None:
    path = as_iso(disc.folder, tmp_path / "d.iso")
    data = path.read_bytes()
    path.write_bytes(data[: data.index((disc.folder / disc.images[5]).read_bytes()) + 3000])
    source = open_source(path)
    outcomes: dict[str, str] = {}
    for entry in source.entries():
        assert isinstance(entry, Entry)
        try:
            with source.open(entry) as stream:
                outcomes[entry.path] = "read" if len(stream.read()) == entry.size else "short"
        except ReadError as error:
            outcomes[entry.path] = str(error)
    assert set(outcomes) == {"DICOMDIR", *disc.images}
    assert "short" not in outcomes.values()
    assert outcomes[disc.images[5]] == "The disc ends before this file does."
    assert outcomes[disc.images[0]] == "read"


def test_unreadable_descriptor_is_an_unreadable_source(disc: MadeDisc, tmp_path: Path) -> None:
    path = as_iso(disc.folder, tmp_path / "d.iso")
    with pytest.raises(SourceUnreadable, match="table of contents cannot be read"):
        IsoSource(ScratchedImage(path, {16}), "d.iso", Limits())


def test_other_names_of_a_file_are_aliases_and_no_second_file(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    (folder / "Series number one").mkdir(parents=True)
    (folder / "Series number one" / "Image number 1.dicom").write_bytes(b"one")
    (folder / "Series number one" / "Image number 2.dicom").write_bytes(b"two")
    source = open_source(as_iso(folder, tmp_path / "d.iso", joliet=True))
    paths = [entry.path for entry in source.entries()]
    assert paths == ["Series number one/Image number 1.dicom", "Series number one/Image number 2.dicom"]
    assert set(source.aliases.values()) == set(paths)


def test_file_in_several_extents_is_joined(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    folder.mkdir()
    first, second = b"A" * SECTOR, b"B" * 100
    (folder / "ONE.DAT").write_bytes(first + second)
    path = as_iso(folder, tmp_path / "d.iso")
    data = bytearray(path.read_bytes())
    at = data.index(b"ONE.DAT;1") - 33
    record = bytearray(data[at : at + data[at]])
    block = struct.unpack_from("<I", record, 2)[0]
    pieces = ((block, SECTOR, 0x80), (block + 1, 100, 0))
    parts = bytearray()
    for start, length, flags in pieces:
        piece = bytearray(record)
        struct.pack_into("<I", piece, 2, start)
        struct.pack_into("<I", piece, 10, length)
        piece[25] = flags
        parts += piece
    data[at : at + len(parts)] = parts
    path.write_bytes(data)
    source = open_source(path)
    (entry,) = source.entries()
    assert isinstance(entry, Entry)
    assert entry.size == SECTOR + 100
    with source.open(entry) as stream:
        assert stream.read() == first + second
        stream.seek(SECTOR - 2)
        assert stream.read(4) == b"AABB"


def test_disc_with_udf_names_only_is_read(disc: MadeDisc, tmp_path: Path) -> None:
    path = as_iso(disc.folder, tmp_path / "d.iso", udf=True)
    data = bytearray(path.read_bytes())
    sectors = [bytes(data[at : at + SECTOR]) for at in range(16 * SECTOR, 24 * SECTOR, SECTOR)]
    left = [sector for sector in sectors if sector[1:6] in (b"BEA01", b"NSR02", b"NSR03", b"TEA01")]
    data[16 * SECTOR : 24 * SECTOR] = b"".join(left).ljust(8 * SECTOR, b"\0")
    path.write_bytes(data)
    source = open_source(path)
    entries = [item for item in source.entries() if isinstance(item, Entry)]
    assert {entry.path for entry in entries} == {"DICOMDIR", *disc.images}
    for entry in entries:
        with source.open(entry) as stream:
            assert stream.read() == (disc.folder / entry.path).read_bytes()
