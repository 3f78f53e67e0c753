"""The directories of an ISO 9660 image (ECMA-119), with Rock Ridge (SUSP, RRIP) and Joliet names.

Read record by record, so that a scratch in one directory costs that directory and not the disc.
"""

import calendar
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from undisc.discs.model import Limits, Refused
from undisc.discs.paths import refusal, shown
from undisc.discs.streams import Image, Run

SECTOR = 2048
_FIRST_DESCRIPTOR = 16  # ECMA-119 6.2.1: sixteen sectors of system area come first
_MOST_DESCRIPTORS = 64
_JOLIET = (b"%/@", b"%/C", b"%/E")
_DIRECTORY, _ASSOCIATED, _MULTI_EXTENT = 0x02, 0x04, 0x80

Namespace = Literal["rock ridge", "joliet", "udf", "iso"]


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume descriptor's root directory."""

    label: str
    joliet: bool
    block: int
    root: bytes


@dataclass(slots=True)
class File:
    """One file of the image; the same runs under two names are one file."""

    path: str
    runs: list[Run]
    size: int
    modified_ns: int

    @property
    def place(self) -> tuple[int | None, int] | None:
        """Where its bytes lie, the same in every tree that names it; None for an empty file, which lies nowhere."""
        return (self.runs[0].offset, self.size) if self.size and self.runs else None


@dataclass(slots=True)
class Tree:
    """The files that one set of names gives, and what it gives that is no file."""

    namespace: Namespace
    files: list[File] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class _Record:
    name: str
    block: int
    length: int
    flags: int
    modified_ns: int
    mode: int = 0
    is_link: bool = False
    is_relocated: bool = False
    child_block: int | None = None
    interleaved: bool = False


def volumes(image: Image, session: int = 0) -> list[Volume]:
    """The primary and the Joliet volume descriptors of an image, in the order in which they stand.

    session: the sector at which the session to be read begins. Raises OSError where the medium cannot be read.
    """
    found: list[Volume] = []
    for sector in range(session + _FIRST_DESCRIPTOR, session + _FIRST_DESCRIPTOR + _MOST_DESCRIPTORS):
        data = image.read_at(sector * SECTOR, SECTOR)
        if len(data) < SECTOR or data[1:6] != b"CD001" or data[0] == 255:
            break
        joliet = data[0] == 2 and data[88:91] in _JOLIET
        if data[0] != 1 and not joliet:
            continue
        label = data[40:72].decode("utf-16-be" if joliet else "latin-1", "replace")
        block = int.from_bytes(data[128:130], "little")
        if block not in (512, 1024, 2048):
            block = SECTOR
        found.append(Volume(shown(label.strip(" \x00")), joliet, block, data[156:190]))
    return found


class TreeReader:
    """Walks the directories below one root record."""

    def __init__(self, image: Image, volume: Volume, limits: Limits) -> None:
        self._image = image
        self._volume = volume
        self._limits = limits
        self._rock_ridge = not volume.joliet
        self._skip = 0
        self._count = 0
        self._sectors_left = 4 * limits.largest_directory // SECTOR
        self._seen: set[int] = set()

    def read(self) -> Tree:
        """All files and refusals below the root; never raises for what lies in the image."""
        tree = Tree("joliet" if self._volume.joliet else "iso")
        block = int.from_bytes(self._volume.root[2:6], "little")
        length = int.from_bytes(self._volume.root[10:14], "little")
        pending = [("", block, length, 0)]
        while pending:
            path, block, length, depth = pending.pop()
            if block in self._seen:
                tree.refused.append(Refused(path or ".", "This folder leads back to a folder listed before."))
                continue
            self._seen.add(block)
            if depth > self._limits.deepest:
                tree.refused.append(Refused(path, "It lies in too many folders, one inside the other."))
                continue
            pending.extend(self._read_directory(tree, path, block, length, depth))
            if self._count >= self._limits.most_entries:
                reason = "The disc holds more files than are looked at; this folder and the rest are left."
                tree.refused.append(Refused(path or ".", reason))
                break
        if self._rock_ridge:
            tree.namespace = "rock ridge"
        return tree

    def _read_directory(
        self, tree: Tree, path: str, block: int, length: int, depth: int
    ) -> list[tuple[str, int, int, int]]:
        below: list[tuple[str, int, int, int]] = []
        names: set[str] = set()
        multi: File | None = None
        for record in self._records(tree, path, block, length):
            self._count += 1
            if self._count > self._limits.most_entries:
                break
            if record.is_relocated:  # listed where its CL record stands (RRIP 4.1.5.3)
                continue
            full = f"{path}/{record.name}" if path else record.name
            runs = self._runs(record)
            if multi is not None and multi.path == shown(full) and not record.flags & _DIRECTORY:
                multi.runs.extend(runs)
                multi.size += record.length
                if not record.flags & _MULTI_EXTENT:
                    multi = None
                continue
            multi = None
            reason = self._refusal(record, names)
            if reason is not None:
                tree.refused.append(Refused(shown(full), reason))
                continue
            names.add(record.name)
            if record.child_block is not None:
                child_length = self._own_length(record.child_block)
                below.append((shown(full), record.child_block, child_length, depth + 1))
            elif record.flags & _DIRECTORY:
                below.append((shown(full), record.block, record.length, depth + 1))
            else:
                file = File(shown(full), runs, record.length, record.modified_ns)
                tree.files.append(file)
                multi = file if record.flags & _MULTI_EXTENT else None
        return below

    def _refusal(self, record: _Record, names: set[str]) -> str | None:
        if record.is_link or stat.S_ISLNK(record.mode):
            return "It is a link to another place, and links are not followed."
        if stat.S_IFMT(record.mode) and not (stat.S_ISREG(record.mode) or stat.S_ISDIR(record.mode)):
            return "It is a device or a pipe, not a file."
        if record.flags & _ASSOCIATED:
            return "It is the hidden second half of another file, made for an old Macintosh."
        if record.interleaved:
            return "It is stored in a way that is not read here (interleaved)."
        if "/" in record.name or "\\" in record.name:
            return "Its name points outside the disc."
        reason = refusal(record.name, deepest=1)
        if reason is None and record.name in names:
            return "The folder holds another file of the same name."
        return reason

    def _runs(self, record: _Record) -> list[Run]:
        return [Run(record.block * self._volume.block, record.length)]

    def _own_length(self, block: int) -> int:
        """A relocated directory's length, from its own first record; one sector where that cannot be read."""
        try:
            data = self._image.read_at(block * self._volume.block, 34)
        except (OSError, ValueError, OverflowError):
            return SECTOR
        return int.from_bytes(data[10:14], "little") if len(data) == 34 else SECTOR

    def _records(self, tree: Tree, path: str, block: int, length: int) -> Iterator[_Record]:
        self._sectors_left -= length // SECTOR + 1
        if length > self._limits.largest_directory or self._sectors_left < 0:
            tree.refused.append(Refused(path or ".", "This folder's table of contents is damaged."))
            return
        lost = False
        for start in range(0, length, SECTOR):
            offset = block * self._volume.block + start
            wanted = min(SECTOR, length - start)
            try:
                data = self._image.read_at(offset, wanted)
            except (OSError, ValueError, OverflowError):
                data = b""
            lost = lost or len(data) < wanted
            if len(data) < wanted and offset >= self._image.size:
                break
            yield from self._records_in(data, is_first=not path and start == 0)
        if lost:
            reason = "This folder, or a part of it, cannot be read off the disc."
            tree.refused.append(Refused(path or ".", reason))

    def _records_in(self, data: bytes, *, is_first: bool) -> Iterator[_Record]:
        at = 0
        while at + 33 < len(data):
            size = data[at]
            if size == 0:  # records never cross a sector; the rest of it is empty (ECMA-119 6.8.1.1)
                return
            raw = data[at : at + size]
            at += size
            if len(raw) < 34 or 33 + raw[32] > len(raw):
                return
            identifier = raw[33 : 33 + raw[32]]
            if identifier in (b"\x00", b"\x01") and raw[25] & _DIRECTORY:
                if is_first and identifier == b"\x00":
                    self._learn_skip(raw)
                continue
            yield self._record(raw, identifier)

    def _system_use(self, raw: bytes) -> bytes:
        return raw[33 + raw[32] + (raw[32] + 1) % 2 :]

    def _learn_skip(self, raw: bytes) -> None:
        """SUSP 5.3: the root's own first record says whether system use areas are to be read, and from where."""
        area = self._system_use(raw)
        for start in (0, 14):  # after a CD-XA record, where there is one
            if area[start : start + 2] == b"SP" and area[start + 4 : start + 6] == b"\xbe\xef":
                self._skip = area[start + 6]
                return
        self._rock_ridge = False

    def _record(self, raw: bytes, identifier: bytes) -> _Record:
        record = _Record(
            name=_plain_name(identifier.decode("utf-16-be", "replace") if self._volume.joliet else _latin(identifier)),
            block=int.from_bytes(raw[2:6], "little") + raw[1],
            length=int.from_bytes(raw[10:14], "little"),
            flags=raw[25],
            modified_ns=_modified_ns(raw[18:25]),
            interleaved=bool(raw[26] or raw[27]),
        )
        if self._rock_ridge:
            self._read_rock_ridge(record, self._system_use(raw)[self._skip :])
        return record

    def _read_rock_ridge(self, record: _Record, area: bytes) -> None:
        name = bytearray()
        for _ in range(8):  # continuation areas may be chained into a ring
            following: tuple[int, int, int] | None = None
            at = 0
            while at + 4 <= len(area):
                signature, size = area[at : at + 2], area[at + 2]
                if size < 4 or at + size > len(area) or signature == b"ST":
                    break
                body = area[at + 4 : at + size]
                if signature == b"NM" and len(body) >= 1 and not body[0] & 0x06:
                    name += body[1:]
                elif signature == b"CE" and len(body) >= 24:
                    following = (_little(body, 0), _little(body, 8), _little(body, 16))
                elif signature == b"PX" and len(body) >= 4:
                    record.mode = _little(body, 0)
                elif signature == b"CL" and len(body) >= 4:
                    record.child_block = _little(body, 0)
                elif signature == b"SL":
                    record.is_link = True
                elif signature == b"RE":
                    record.is_relocated = True
                at += size
            if following is None:
                break
            block, offset, length = following
            try:
                area = self._image.read_at(block * self._volume.block + offset, min(length, 8 * SECTOR))
            except (OSError, ValueError, OverflowError):
                break
        if name:
            record.name = bytes(name).decode("utf-8", "surrogateescape")


def _little(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _latin(identifier: bytes) -> str:
    return identifier.decode("latin-1")


def _plain_name(name: str) -> str:
    """The name without the version number that every plain ISO 9660 file carries (ECMA-119 7.5.1)."""
    bare = name.removesuffix(";1")
    return bare.rstrip(".") or bare if bare != name else name


def _modified_ns(stamp: bytes) -> int:
    """ECMA-119 9.1.5: years since 1900, month, day, hour, minute, second, quarters of an hour from Greenwich."""
    year, month, day, hour, minute, second, zone = stamp
    quarters = zone - 256 if zone > 127 else zone
    try:
        seconds = calendar.timegm((1900 + year, month, day, hour, minute, second, 0, 0, 0)) - quarters * 900
    except (ValueError, OverflowError):
        return 0
    return seconds * 1_000_000_000
