"""The records of a UDF 1.02 volume (ECMA-167, OSTA UDF) that shares its files' bytes with an ISO 9660 volume."""

import hashlib
import struct
from binascii import crc_hqx
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from undisc.export.iso_records import SECTOR, Node, Volume, sorted_below

MAIN, RESERVE, INTEGRITY = 32, 48, 64
"""Sectors of the two volume descriptor sequences and of the integrity sequence."""
ANCHOR = 256
PARTITION = 257
"""From here to the last anchor all is the one partition, so that a block's number is its sector's less this."""
_SEQUENCE = 16
_LONGEST_EXTENT = 0x3FFFFFFF // SECTOR * SECTOR  # ECMA-167 4/14.14.1.1
_REVISION = 0x0102
_CHARACTERS = b"\x00OSTA Compressed Unicode".ljust(64, b"\x00")
_FOLDER, _FILE = 4, 5  # ECMA-167 4/14.6.6
_READ_AND_ENTER, _READ = 0x14A5, 0x1084  # ECMA-167 4/14.9.5
_NOBODY = 0xFFFFFFFF


def recognition() -> bytes:
    """ECMA-167 2/9.1: behind the descriptors of ISO 9660."""
    return b"".join((b"\x00" + mark + b"\x01").ljust(SECTOR, b"\x00") for mark in (b"BEA01", b"NSR02", b"TEA01"))


class Udf:
    """Where everything lies, and how it is written down."""

    def __init__(self, volume: Volume, folders: Sequence[Node], files: Sequence[Node]) -> None:
        """Blocks are given to all file entries in this order: folders with their lists of names, then files."""
        self._label = volume.label
        self._time = _time(volume.made_at)
        # Sixteen characters that hardly any other volume set begins with (UDF 2.2.2.5).
        unique = hashlib.sha256(f"{volume.label} {volume.made_at.isoformat()}".encode()).hexdigest()[:16]
        self._set = f"{unique}{volume.label}"
        self._folders = folders
        self._files = files
        self._entry: dict[Node, int] = {}
        self._list: dict[Node, int] = {}
        self._list_size: dict[Node, int] = {}
        block = 2  # the file set and its end come first
        for folder in folders:
            self._entry[folder], self._list[folder] = block, block + 1
            self._list_size[folder] = 40 + sum(_identifier_size(node.name) for node in folder.below.values())
            block += 1 + -(-self._list_size[folder] // SECTOR)
        for node in files:
            self._entry[node] = block
            block += 1
        self.blocks = block
        """How many blocks all this takes, from the start of the partition."""

    def sequences(self, sectors: int) -> Iterator[tuple[int, bytes]]:
        """What lies before the partition and at the very end: sectors with their bytes."""
        for start in (MAIN, RESERVE):
            for number, (tag, body) in enumerate(self._volume(sectors)):
                yield start + number, _tagged(tag, start + number, body)
        yield INTEGRITY, _tagged(9, INTEGRITY, self._integrity(sectors))
        yield INTEGRITY + 1, _tagged(8, INTEGRITY + 1, bytes(496))
        extents = struct.pack("<IIII", _SEQUENCE * SECTOR, MAIN, _SEQUENCE * SECTOR, RESERVE)
        for sector in (ANCHOR, sectors - 1):
            yield sector, _tagged(2, sector, extents.ljust(496, b"\x00"))

    def partition(self) -> Iterator[bytes]:
        """The file set, the folders and the files' entries, in their order from the partition's start."""
        yield _tagged(256, 0, self._file_set())
        yield _tagged(8, 1, bytes(496))
        for folder in self._folders:
            names = self._names(folder)
            yield self._file_entry(folder, len(names), PARTITION + self._list[folder])
            yield names.ljust(-(-len(names) // SECTOR) * SECTOR, b"\x00")
        for node in self._files:
            yield self._file_entry(node, node.size, node.place)

    def _volume(self, sectors: int) -> Iterator[tuple[int, bytes]]:
        label, made_by = _dstring(self._label, 128), _entity(b"*UNDISC", b"\x04")
        yield (
            1,
            struct.pack("<II32sHHHHII", 0, 0, _dstring(self._label, 32), 1, 1, 2, 2, 1, 1)
            + _dstring(self._set, 128)
            + _CHARACTERS * 2
            + bytes(16)
            + _entity(b"*UNDISC", b"")
            + self._time
            + made_by
            + bytes(64 + 4 + 2 + 22),
        )
        information = _entity(b"*UDF LV Info", struct.pack("<HB", _REVISION, 4))
        yield 4, struct.pack("<I", 1) + information + _CHARACTERS + label + bytes(108) + made_by + bytes(128)
        yield (
            5,
            struct.pack("<IHH", 2, 1, 0)
            + _entity(b"+NSR02", b"")
            + bytes(128)
            + struct.pack("<III", 1, PARTITION, sectors - 1 - PARTITION)
            + made_by
            + bytes(128 + 156),
        )
        yield (
            6,
            struct.pack("<I", 3)
            + _CHARACTERS
            + label
            + struct.pack("<I", SECTOR)
            + _domain()
            + _long_extent(SECTOR, 0)
            + struct.pack("<II", 6, 1)
            + made_by
            + bytes(128)
            + struct.pack("<II", 2 * SECTOR, INTEGRITY)
            + struct.pack("<BBHH", 1, 6, 1, 0),
        )
        yield 7, struct.pack("<II", 4, 0)
        yield 8, bytes(496)

    def _integrity(self, sectors: int) -> bytes:
        counts = struct.pack("<IIHHH", len(self._files), len(self._folders), _REVISION, _REVISION, _REVISION)
        following = 16 + len(self._files) + len(self._folders)
        return (
            self._time
            + struct.pack("<I8sQ24sII", 1, bytes(8), following, bytes(24), 1, 46)
            + struct.pack("<II", 0, sectors - 1 - PARTITION)
            + _entity(b"*UNDISC", b"\x04")
            + counts
        )

    def _file_set(self) -> bytes:
        return (
            self._time
            + struct.pack("<HHIIII", 3, 3, 1, 1, 0, 0)
            + _CHARACTERS
            + _dstring(self._label, 128)
            + _CHARACTERS
            + _dstring(self._label, 32)
            + bytes(64)
            + _long_extent(SECTOR, self._entry[self._folders[0]])
            + _domain()
            + bytes(16 + 48)
        )

    def _names(self, folder: Node) -> bytes:
        start = self._list[folder]
        data = self._identifier(start, "", 0x0A, folder.parent or folder)  # the folder above
        for node in sorted_below(folder):
            block = start + len(data) // SECTOR
            data += self._identifier(block, node.name, 0x02 if node.is_folder else 0, node)
        return data

    def _identifier(self, block: int, name: str, flags: int, node: Node) -> bytes:
        """ECMA-167 4/14.4; names are ASCII, one byte a character (UDF 2.1.1)."""
        coded = b"\x08" + name.encode("ascii") if name else b""
        body = struct.pack("<HBB", 1, flags, len(coded)) + _long_extent(SECTOR, self._entry[node]) + b"\x00\x00" + coded
        return _tagged(257, block, body + bytes(-(16 + len(body)) % 4), whole_sector=False)

    def _file_entry(self, node: Node, size: int, sector: int) -> bytes:
        """ECMA-167 4/14.9"""
        block = sector - PARTITION
        extents, left = b"", size
        while left:
            length = min(left, _LONGEST_EXTENT)
            extents += struct.pack("<II", length, block)
            block, left = block + length // SECTOR, left - length
        folders = sum(child.is_folder for child in node.below.values())
        is_root = node.is_folder and node.parent is None
        entry = self._entry[node]
        body = (
            struct.pack("<IHHHBB6sH", 0, 4, 0, 1, 0, _FOLDER if node.is_folder else _FILE, bytes(6), 0)
            + struct.pack("<III", _NOBODY, _NOBODY, _READ_AND_ENTER if node.is_folder else _READ)
            + struct.pack("<HBBI", folders + 1 if node.is_folder else 1, 0, 0, 0)
            + struct.pack("<QQ", size, -(-size // SECTOR))
            + self._time * 3
            + struct.pack("<I", 1)
            + bytes(16)
            + _entity(b"*UNDISC", b"\x04")
            + struct.pack("<QII", 0 if is_root else 16 + entry, 0, len(extents))
            + extents
        )
        return _tagged(261, entry, body)


def _identifier_size(name: str) -> int:
    return (38 + 1 + len(name) + 3) // 4 * 4


def _tagged(tag: int, location: int, body: bytes, *, whole_sector: bool = True) -> bytes:
    """A descriptor behind its tag (ECMA-167 3/7.2), up to the end of its sector."""
    head = struct.pack("<HHBBHHHI", tag, 2, 0, 0, 0, crc_hqx(body, 0), len(body), location)
    data = head[:4] + bytes([sum(head) & 0xFF]) + head[5:] + body
    return data.ljust(SECTOR, b"\x00") if whole_sector else data


def _entity(name: bytes, suffix: bytes) -> bytes:
    """ECMA-167 1/7.4"""
    return b"\x00" + name.ljust(23, b"\x00") + suffix.ljust(8, b"\x00")


def _domain() -> bytes:
    return _entity(b"*OSTA UDF Compliant", struct.pack("<HB", _REVISION, 0x03))  # protected against writing


def _long_extent(length: int, block: int) -> bytes:
    """ECMA-167 4/14.14.2"""
    return struct.pack("<IIH6s", length, block, 0, bytes(6))


def _dstring(text: str, width: int) -> bytes:
    """ECMA-167 1/7.2.12"""
    coded = b"\x08" + text.encode("ascii")[: width - 2]
    return coded.ljust(width - 1, b"\x00") + bytes([len(coded)])


def _time(moment: datetime) -> bytes:
    """ECMA-167 1/7.3, in Greenwich's time."""
    at = moment.astimezone(UTC)
    return struct.pack("<HHBBBBBBBB", 1 << 12, at.year, at.month, at.day, at.hour, at.minute, at.second, 0, 0, 0)
