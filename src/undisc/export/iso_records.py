"""The records of an ISO 9660 volume (ECMA-119), level 1, with Rock Ridge (SUSP, RRIP) and Joliet beside it."""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from undisc.errors import MediumRefused

SECTOR = 2048
LARGEST_FILE = 0xFFFFF800
"""One extent's length is written in 32 bits (ECMA-119 9.1.4)."""
_LEVEL_1 = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?")  # ECMA-119 10.1
_DEEPEST = 8  # ECMA-119 6.8.2.1, the root included
_MOST_FOLDERS = 0xFFFF  # a path table names parents in 16 bits (ECMA-119 9.4.3)
_IS_FOLDER = 0x02
_PX_FOLDER, _PX_FILE = 0o040555, 0o100444
_RRIP = (
    b"RRIP_1991A",
    b"THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS",
    b"PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR "
    b"FOR CONTACT INFORMATION.",
)


@dataclass(slots=True, eq=False)
class Node:
    """A file or a folder. Where it lies is known before its content is; how long a file is, only after."""

    name: str
    is_folder: bool
    parent: "Node | None" = None
    below: dict[str, "Node"] = field(default_factory=dict)
    number: int = 0
    """Of a folder, in the path tables."""
    place: int = 0
    """First sector: of a file's bytes, or of a folder's plain records."""
    joliet_place: int = 0
    size: int = 0
    """Of a file's bytes."""


@dataclass(frozen=True, slots=True)
class Volume:
    """What the volume says of itself. label: A-Z 0-9 _, at most 16 of them, the file-set's ID (PS3.12 F.1.1)."""

    label: str
    made_at: datetime
    application: str = "UNDISC"


def tree_of(paths: Sequence[str]) -> tuple[Node, list[Node]]:
    """The root, and the node of each path. Raises MediumRefused for a name that level 1 does not have."""
    root = Node("", True)
    nodes: list[Node] = []
    for path in paths:
        parts = path.split("/")
        if len(parts) > _DEEPEST or any(not _LEVEL_1.fullmatch(part) for part in parts):
            raise MediumRefused(f"A disc cannot hold a file named {path}.")
        folder = root
        for part in parts[:-1]:
            folder = folder.below.setdefault(part, Node(part, True, folder))
            if not folder.is_folder or "." in part:
                raise MediumRefused(f"A disc cannot hold a file named {path}.")
        if parts[-1] in folder.below:
            raise MediumRefused(f"A disc cannot hold two files named {path}.")
        node = folder.below[parts[-1]] = Node(parts[-1], False, folder)
        nodes.append(node)
    return root, nodes


def folders_of(root: Node) -> list[Node]:
    """All folders in the order of the path tables (ECMA-119 6.9.1), numbered in it."""
    found, level = [root], [root]
    while level:
        level = [child for folder in level for child in sorted_below(folder) if child.is_folder]
        found.extend(level)
    if len(found) > _MOST_FOLDERS:
        raise MediumRefused("These are more folders than one disc can hold.")
    for number, folder in enumerate(found, 1):
        folder.number = number
    return found


def sorted_below(folder: Node) -> list[Node]:
    """In the order of ECMA-119 9.3: names filled up with spaces, then extensions. UTF-16 puts them no differently."""
    return sorted(folder.below.values(), key=_order)


def _order(node: Node) -> tuple[str, str]:
    name, _, extension = node.name.partition(".")
    return name.ljust(8), extension.ljust(3)


class Plain:
    """Directory records with the plain names of level 1, and Rock Ridge's beside them."""

    def __init__(self, made_at: datetime, more_at: int) -> None:
        """more_at: the sector of the continuation area, where Rock Ridge says what it is."""
        self._stamp = record_stamp(made_at)
        self._time = b"TF\x0c\x01\x02" + self._stamp  # RRIP 4.1.6: when it was changed
        self._more_at = more_at

    @staticmethod
    def identifier(node: Node) -> bytes:
        if node.is_folder:
            return node.name.encode("ascii")
        return (node.name if "." in node.name else f"{node.name}.").encode("ascii") + b";1"

    def place(self, folder: Node) -> int:
        return folder.place

    def set_place(self, folder: Node, sector: int) -> None:
        folder.place = sector

    def named(self, node: Node) -> bytes:
        name = node.name.encode("ascii")
        return self._mode(node) + self._time + b"NM" + bytes([5 + len(name), 1, 0]) + name

    def own(self, folder: Node) -> bytes:
        """What a folder says of itself; the root also says that Rock Ridge is here (SUSP 5.3, 5.5)."""
        if folder.parent is not None:
            return self.parent(folder)
        more = b"CE\x1c\x01" + both(self._more_at) + both(0) + both(len(extension_record()))
        return b"SP\x07\x01\xbe\xef\x00" + self.parent(folder) + more

    def parent(self, folder: Node) -> bytes:
        return self._mode(folder) + self._time

    def record(self, identifier: bytes, place: int, size: int, *, is_folder: bool, more: bytes) -> bytes:
        return _record(identifier, place, size, self._stamp, _IS_FOLDER if is_folder else 0, more)

    @staticmethod
    def _mode(node: Node) -> bytes:
        links = 2 + sum(child.is_folder for child in node.below.values()) if node.is_folder else 1
        mode = _PX_FOLDER if node.is_folder else _PX_FILE
        return b"PX\x24\x01" + both(mode) + both(links) + both(0) + both(0)


class Joliet(Plain):
    """Directory records whose names are UTF-16."""

    def __init__(self, made_at: datetime) -> None:
        super().__init__(made_at, 0)

    @staticmethod
    def identifier(node: Node) -> bytes:
        return (node.name if node.is_folder else f"{node.name};1").encode("utf-16-be")

    def place(self, folder: Node) -> int:
        return folder.joliet_place

    def set_place(self, folder: Node, sector: int) -> None:
        folder.joliet_place = sector

    def named(self, node: Node) -> bytes:
        return b""

    def own(self, folder: Node) -> bytes:
        return b""

    def parent(self, folder: Node) -> bytes:
        return b""


def extension_record() -> bytes:
    """What the system use areas follow (SUSP 5.5, RRIP 4.3)."""
    lengths = [len(text) for text in _RRIP]
    return b"ER" + bytes([8 + sum(lengths), 1, *lengths, 1]) + b"".join(_RRIP)


def folder_sectors(names: Plain, folder: Node, sizes: dict[Node, int]) -> bytes:
    """A folder's records; none of them crosses a sector's end (ECMA-119 6.8.1.1). sizes: of folders, in bytes."""
    parent = folder.parent or folder
    records = [
        names.record(b"\x00", names.place(folder), sizes.get(folder, 0), is_folder=True, more=names.own(folder)),
        names.record(b"\x01", names.place(parent), sizes.get(parent, 0), is_folder=True, more=names.parent(parent)),
    ]
    for node in sorted_below(folder):
        place = names.place(node) if node.is_folder else node.place
        size = sizes.get(node, 0) if node.is_folder else node.size
        records.append(
            names.record(names.identifier(node), place, size, is_folder=node.is_folder, more=names.named(node))
        )
    return b"".join(_packed(records))


def _packed(records: Sequence[bytes]) -> Iterator[bytes]:
    room = 0
    for record in records:
        if room < len(record):
            yield bytes(room)
            room = SECTOR
        yield record
        room -= len(record)
    yield bytes(room)


def path_table(names: Plain, folders: Sequence[Node], order: str) -> bytes:
    """ECMA-119 9.4. order: "<" for the table of type L, ">" for M."""
    rows = []
    for folder in folders:
        identifier = names.identifier(folder) if folder.parent else b"\x00"
        parent = folder.parent.number if folder.parent else 1
        row = struct.pack(f"{order}BBIH", len(identifier), 0, names.place(folder), parent) + identifier
        rows.append(row + bytes(len(row) % 2))
    return b"".join(rows)


def descriptor(
    volume: Volume, names: Plain, root: Node, root_size: int, sectors: int, table: tuple[int, int, int]
) -> bytes:
    """A volume descriptor (ECMA-119 8.4, 8.5). table: the path tables' bytes, and the sectors of L and of M."""
    joliet = isinstance(names, Joliet)

    def text(value: str, width: int) -> bytes:
        if joliet:
            return value[: width // 2].ljust(width // 2).encode("utf-16-be").ljust(width, b"\x00")
        return value[:width].encode("ascii").ljust(width)

    length, at_l, at_m = table
    stamp = _long_stamp(volume.made_at)
    parts = [
        bytes([2 if joliet else 1]) + b"CD001\x01\x00",
        text("", 32),
        text(volume.label, 32),
        bytes(8),
        both(sectors),
        b"%/E".ljust(32, b"\x00") if joliet else bytes(32),  # UCS-2 level 3
        _both16(1) + _both16(1) + _both16(SECTOR),
        both(length),
        struct.pack("<II", at_l, 0) + struct.pack(">II", at_m, 0),
        _record(b"\x00", names.place(root), root_size, record_stamp(volume.made_at), _IS_FOLDER, b""),
        text(volume.label, 128) + text("", 128) + text("", 128) + text(volume.application, 128),
        text("", 37) * 3,
        stamp + stamp + b"0" * 16 + b"\x00" + stamp,
        b"\x01\x00",
    ]
    return b"".join(parts).ljust(SECTOR, b"\x00")


def last_descriptor() -> bytes:
    """ECMA-119 8.3"""
    return b"\xffCD001\x01".ljust(SECTOR, b"\x00")


def _record(identifier: bytes, place: int, size: int, stamp: bytes, flags: int, more: bytes) -> bytes:
    """A directory record (ECMA-119 9.1)."""
    head = b"\x00" + both(place) + both(size) + stamp + bytes([flags, 0, 0]) + _both16(1)
    body = head + bytes([len(identifier)]) + identifier + bytes(1 - len(identifier) % 2) + more
    body += bytes((len(body) + 1) % 2)
    return bytes([len(body) + 1]) + body


def record_stamp(moment: datetime) -> bytes:
    """ECMA-119 9.1.5, in Greenwich's time."""
    at = moment.astimezone(UTC)
    return bytes([at.year - 1900, at.month, at.day, at.hour, at.minute, at.second, 0])


def _long_stamp(moment: datetime) -> bytes:
    """ECMA-119 8.4.26.1"""
    return f"{moment.astimezone(UTC):%Y%m%d%H%M%S}00".encode("ascii") + b"\x00"


def both(value: int) -> bytes:
    """A number in both byte orders (ECMA-119 7.3.3)."""
    return struct.pack("<I", value) + struct.pack(">I", value)


def _both16(value: int) -> bytes:
    return struct.pack("<H", value) + struct.pack(">H", value)
