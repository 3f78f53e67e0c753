"""Discs made to do harm: each ends as refusals and plain sentences, within bounds, and nothing outside is touched."""

import io
import os
import random
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from tests.factories.discs import as_iso, as_zip, escape_paths, make_disc

from undisc.discs import Entry, Limits, ReadError, Refused, Source, open_source, survey
from undisc.errors import SourceUnreadable

SECTOR = 2048


def _refused(source: Source) -> dict[str, str]:
    return {item.path: item.reason for item in source.entries() if isinstance(item, Refused)}


def _entries(source: Source) -> list[Entry]:
    return [item for item in source.entries() if isinstance(item, Entry)]


def _zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _patched(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new))
    return path


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/evil", "a/../../evil", "C:/evil", "C:evil", "..\\..\\evil", "\\evil"]
)
def test_zip_slip(tmp_path: Path, name: str) -> None:
    source = open_source(_zip(tmp_path / "d.zip", {name: b"evil", "good": b"good"}))
    assert [entry.path for entry in _entries(source)] == ["good"]
    assert list(_refused(source).values()) == ["Its name points outside the disc."]


def test_zip_name_with_nul(tmp_path: Path) -> None:
    path = _patched(_zip(tmp_path / "d.zip", {"evil.dcm_exe": b"evil"}), b"evil.dcm_exe", b"evil.dcm\0exe")
    source = open_source(path)
    assert _entries(source) == []
    assert list(_refused(source)) == ["evil.dcm\\x00exe"]


def test_zip_symlink(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    source = open_source(tmp_path / "d.zip")
    assert _refused(source) == {"link": "It is a link to another place, and links are not followed."}


def test_zip_locked_with_a_password(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {"locked": b"secret"})
    data = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    path.write_bytes(data)
    assert _refused(open_source(path)) == {"locked": "It is locked with a password."}


def test_zip_bomb_by_ratio(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {"bomb": bytes(1_000_000), "good": b"good"})
    source = open_source(path, Limits(ratio_counts_from=100_000))
    assert [entry.path for entry in _entries(source)] == ["good"]
    assert "far more than it can hold" in _refused(source)["bomb"]


def test_blank_slice_is_no_bomb(tmp_path: Path) -> None:
    source = open_source(_zip(tmp_path / "d.zip", {"blank": bytes(512 * 512 * 2)}))
    assert len(_entries(source)) == 1


def test_zip_bomb_by_total(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {f"part{number}": bytes(200_000) for number in range(20)})
    source = open_source(path, Limits(total_counts_from=1_000_000, largest_ratio=10))
    assert len(_entries(source)) == 5
    assert len(_refused(source)) == 15


def test_zip_bomb_of_overlapping_members(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {"kernel": os.urandom(5000), "second": b"2", "third": b"3"})
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]  # both point at the first one's bytes
    path.write_bytes(data)
    source = open_source(path)
    assert [entry.path for entry in _entries(source)] == ["third"]
    assert set(_refused(source)) == {"kernel", "second"}


def test_zip_member_that_inflates_past_its_claim(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {"liar": bytes(3_000_000)})
    data = bytearray(path.read_bytes())
    short = bytes(1000)
    for magic, crc_at, size_at in ((b"PK\x03\x04", 14, 22), (b"PK\x01\x02", 16, 24)):
        at = data.index(magic)
        struct.pack_into("<I", data, at + crc_at, zlib.crc32(short))  # right for the claimed length
        struct.pack_into("<I", data, at + size_at, len(short))
    path.write_bytes(data)
    source = open_source(path)
    (entry,) = _entries(source)
    assert entry.size == 1000
    got: list[bytes] = []
    with source.open(entry) as stream, pytest.raises(ReadError, match="longer than the archive says"):
        got.extend(iter(lambda: stream.read(256), b""))
    assert sum(map(len, got)) <= 1000


def test_zip_member_shorter_than_its_claim(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {"liar": b"short"})
    data = bytearray(path.read_bytes())
    for magic, size_at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(magic) + size_at, 4000)
    path.write_bytes(data)
    source = open_source(path)
    with pytest.raises(ReadError, match="shorter"), source.open(_entries(source)[0]) as stream:
        stream.read()


def test_zip_with_a_wrong_checksum(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {"a": b"payload " * 50, "b": b"good"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"payload") + 3] ^= 0xFF
    path.write_bytes(data)
    source = open_source(path)
    first, second = _entries(source)
    with pytest.raises(ReadError, match="checksum"), source.open(first) as stream:
        stream.read()
    with source.open(second) as stream:
        assert stream.read() == b"good"


def test_zip_with_the_same_name_twice(tmp_path: Path) -> None:
    path = _zip(tmp_path / "d.zip", {"same": b"one", "some": b"two"})
    path.write_bytes(path.read_bytes().replace(b"some", b"same"))
    source = open_source(tmp_path / "d.zip")
    (entry,) = _entries(source)
    with source.open(entry) as stream:
        assert stream.read() == b"one"
    assert _refused(source) == {"same": "The archive holds another file of the same name."}


def test_zip_packed_without_a_bound(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        source = open_source(_zip(tmp_path / f"{method}.zip", {"a": bytes(100)}, method))
        assert "not read here" in _refused(source)["a"]


def test_zip_too_deep(tmp_path: Path) -> None:
    source = open_source(_zip(tmp_path / "d.zip", {"a/" * 100 + "file": b"x"}))
    assert list(_refused(source).values()) == ["It lies in too many folders, one inside the other."]


def test_zip_name_of_ten_thousand_digits(tmp_path: Path) -> None:
    source = open_source(_zip(tmp_path / "d.zip", {"1" * 10_000: b"x", "9" * 4000: b"y"}))
    assert [len(entry.path) for entry in _entries(source)] == [4000]


def test_zip_whose_table_of_contents_claims_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "d.zip"
    path.write_bytes(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 0xFFFFFFF0, 0, 0))
    with pytest.raises(SourceUnreadable):
        open_source(path)


def _image(tmp_path: Path) -> tuple[Path, bytearray]:
    folder = tmp_path / "disc"
    for name in ("SUB/FILE1", "SUB/FILE2", "OTHER/FILE3"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    path = as_iso(folder, tmp_path / "d.iso")
    return path, bytearray(path.read_bytes())


def _record(data: bytearray, name: bytes) -> int:
    return data.index(bytes([len(name)]) + name) - 32


def test_iso_folder_that_contains_itself(tmp_path: Path) -> None:
    path, data = _image(tmp_path)
    root = struct.unpack_from("<I", data, 16 * SECTOR + 158)[0]
    struct.pack_into("<I", data, _record(data, b"SUB") + 2, root)
    path.write_bytes(data)
    source = open_source(path)
    assert _refused(source) == {"SUB": "This folder leads back to a folder listed before."}
    assert [entry.path for entry in _entries(source)] == ["OTHER/FILE3"]


def test_iso_name_that_climbs(tmp_path: Path) -> None:
    path, data = _image(tmp_path)
    data[:] = data.replace(b"FILE1.;1", b"../../E1")
    path.write_bytes(data)
    source = open_source(path)
    assert list(_refused(source).values()) == ["Its name points outside the disc."]
    assert len(_entries(source)) == 2


def test_iso_with_the_same_name_twice(tmp_path: Path) -> None:
    path, data = _image(tmp_path)
    data[:] = data.replace(b"FILE2.;1", b"FILE1.;1")
    path.write_bytes(data)
    source = open_source(path)
    assert [entry.path for entry in _entries(source)] == ["OTHER/FILE3", "SUB/FILE1"]
    assert _refused(source) == {"SUB/FILE1": "The folder holds another file of the same name."}


def test_iso_file_of_four_gigabytes_that_is_not_there(tmp_path: Path) -> None:
    path, data = _image(tmp_path)
    struct.pack_into("<I", data, _record(data, b"FILE1.;1") + 10, 0xFFFFFFFF)
    path.write_bytes(data)
    source = open_source(path)
    entry = next(entry for entry in _entries(source) if entry.size == 0xFFFFFFFF)
    with source.open(entry) as stream, pytest.raises(ReadError, match="ends before"):
        sum(map(len, iter(lambda: stream.read(1 << 16), b"")))


def test_iso_folder_of_four_gigabytes_is_not_read(tmp_path: Path) -> None:
    path, data = _image(tmp_path)
    struct.pack_into("<I", data, _record(data, b"SUB") + 10, 0xFFFFFFFF)
    path.write_bytes(data)
    assert "SUB" in _refused(open_source(path))


@pytest.mark.parametrize("names", [{}, {"joliet": True}, {"rock_ridge": True}, {"udf": True}])
def test_iso_bent_at_random_gives_values_and_sentences(tmp_path: Path, names: dict[str, bool]) -> None:
    made = make_disc(tmp_path / "disc", viewer_junk=False, series=1, slices=2, rows=8, columns=8)
    whole = as_iso(made.folder, tmp_path / "d.iso", **names).read_bytes()
    # The structures lie at the front; a UDF disc keeps more of them from sector 257 on.
    reach = min(len(whole), (300 if names.get("udf") else 40) * SECTOR)
    chance = random.Random(7)
    path = tmp_path / "bent.iso"
    for _ in range(150):
        bent = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            bent[chance.randrange(16 * SECTOR, reach)] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
        path.write_bytes(bent[: chance.choice((len(bent), chance.randrange(17 * SECTOR, len(bent))))])
        _read_all(path)


def test_zip_bent_at_random_gives_values_and_sentences(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", viewer_junk=False, series=1, slices=2, rows=8, columns=8)
    whole = as_zip(made.folder, tmp_path / "d.zip").read_bytes()
    chance = random.Random(11)
    path = tmp_path / "bent.zip"
    for _ in range(200):
        bent = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            bent[chance.randrange(4, len(bent))] = chance.randrange(256)
        path.write_bytes(bent[: chance.choice((len(bent), chance.randrange(30, len(bent))))])
        _read_all(path)


def _read_all(path: Path) -> None:
    sentence = ""
    try:
        source = open_source(path)
    except SourceUnreadable as told:
        sentence = str(told)
    else:
        _read_source(source)
    assert sentence.endswith(".") or not sentence


def _read_source(source: Source) -> None:
    found = survey(source, 1000)
    assert all(item.reason.endswith(".") for item in found.refused)
    for entry in found.entries:
        try:
            with source.open(entry) as stream:
                assert sum(len(piece) for piece in iter(lambda: stream.read(65536), b"")) <= entry.size
        except OSError:
            pass
    source.close()


def test_index_that_points_off_the_disc_touches_nothing(tmp_path: Path) -> None:
    made = escape_paths(tmp_path / "disc")
    (tmp_path / "SECRET").write_bytes(b"\0" * 128 + b"DICM")
    os.mkfifo(tmp_path / "etc")  # opening it would never come back
    found = survey(open_source(made.folder), 1000)
    assert len(found.outside) == 5
    assert all(path in {entry.path for entry in found.entries} for path in found.listed)


def test_index_of_records_nested_without_end(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", viewer_junk=False)
    header = (made.folder / "DICOMDIR").read_bytes()
    start = header.index(b"\x04\x00\x20\x12SQ")
    opening = b"\x04\x00\x20\x12SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    (made.folder / "DICOMDIR").write_bytes(header[:start] + opening * 20_000)
    found = survey(open_source(made.folder), 1000)
    assert found.index is not None
    assert found.index.notes
    assert found.unlisted_count == len(made.images)


def test_index_that_is_a_flood(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", viewer_junk=False)
    with (made.folder / "DICOMDIR").open("r+b") as file:
        file.truncate(1 << 30)  # sparse: it costs the attacker nothing
    found = survey(open_source(made.folder), 1000)
    assert found.index is not None
    assert found.index.notes == ("The disc's index is too large to be one, and was not read.",)


def test_dicom_file_dressed_as_an_archive_and_an_archive_dressed_as_dicom(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", viewer_junk=False)
    both = bytearray((made.folder / made.images[0]).read_bytes())
    both[:4] = b"PK\x03\x04"
    (tmp_path / "both.zip").write_bytes(both)
    assert open_source(tmp_path / "both.zip").kind == "file"
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a", b"a")
    (tmp_path / "plain.dcm").write_bytes(inner.getvalue())
    assert open_source(tmp_path / "plain.dcm").kind == "zip"


def test_udf_file_of_a_size_and_no_place(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    folder.mkdir()
    (folder / "FILE").write_bytes(b"x" * 5000)
    path = as_iso(folder, tmp_path / "d.iso", udf=True)
    data = bytearray(path.read_bytes())
    entries = [at for at in range(257 * SECTOR, len(data), SECTOR) if data[at : at + 2] == b"\x05\x01"]
    files = [at for at in entries if data[at + 27] == 5]
    assert files
    for at in files:
        struct.pack_into("<I", data, at + 172, 0)  # the length of its list of extents
    path.write_bytes(data)
    source = open_source(path)  # the other table of contents still leads to the file
    assert [entry.path for entry in _entries(source)] == ["FILE"]
    assert _refused(source) == {}
    descriptors = b"".join(bytes(data[at : at + SECTOR]) for at in range(18 * SECTOR, 21 * SECTOR, SECTOR))
    data[16 * SECTOR : 21 * SECTOR] = descriptors.ljust(5 * SECTOR, b"\0")
    path.write_bytes(data)
    assert _refused(open_source(path)) == {"FILE": "This file's place on the disc cannot be read."}
