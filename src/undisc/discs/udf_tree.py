"""The directories of a UDF disc (ECMA-167 part 4, OSTA UDF) whose partitions are plain, as DVD burners write them."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass

from undisc.discs.iso_tree import SECTOR, File, Tree
from undisc.discs.model import Limits, Refused
from undisc.discs.paths import refusal, shown
from undisc.discs.streams import Image, Run

_ANCHOR, _PARTITION, _LOGICAL_VOLUME, _TERMINATOR = 2, 5, 6, 8  # ECMA-167 3/7.2.1
_FILE_SET, _IDENTIFIER, _FILE_ENTRY, _EXTENDED_ENTRY, _MORE_EXTENTS = 256, 257, 261, 266, 258  # ECMA-167 4/7.2.1
_IS_DIRECTORY, _IS_DELETED, _IS_PARENT = 0x02, 0x04, 0x08  # ECMA-167 4/14.4.3
_FILE_TYPES = {4, 5, 0}  # directory, sequence of bytes, unspecified (ECMA-167 4/14.6.6)
_LINK = 12
_MOST_EXTENTS = 100_000
_DAMAGED = "This file's place on the disc cannot be read."


class _Unreadable(Exception):
    """A structure is not where it should be, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A file entry: its kind, its bytes' places, when it was changed."""

    kind: int
    size: int
    runs: list[Run]
    modified_ns: int


def is_udf(image: Image, session: int = 0) -> bool:
    """Whether the volume recognition sequence announces UDF (ECMA-167 2/9.1). Raises OSError on a bad medium."""
    for sector in range(session + 16, session + 48):
        mark = image.read_at(sector * SECTOR, 6)[1:6]
        if mark in (b"NSR02", b"NSR03"):
            return True
        if mark not in (b"CD001", b"BEA01", b"TEA01", b"BOOT2", b"CDW02"):
            return False
    return False


class UdfReader:
    """Walks the directories of the first logical volume."""

    def __init__(self, image: Image, limits: Limits) -> None:
        self._image = image
        self._limits = limits
        self._starts: dict[int, int] = {}
        self._block = SECTOR
        self._count = 0
        self._bytes_left = 4 * limits.largest_directory + SECTOR * limits.most_entries
        self.label = ""

    def read(self) -> Tree:
        """All files and refusals below the root; never raises for what lies in the image."""
        tree = Tree("udf")
        try:
            pending = [("", self._root(), 0)]
        except _Unreadable:
            tree.refused.append(Refused(".", "The disc's table of contents (UDF) cannot be read."))
            return tree
        seen: set[tuple[int, int]] = set()
        while pending:
            path, place, depth = pending.pop()
            if place in seen:
                tree.refused.append(Refused(path or ".", "This folder leads back to a folder listed before."))
                continue
            seen.add(place)
            if depth > self._limits.deepest:
                tree.refused.append(Refused(path, "It lies in too many folders, one inside the other."))
                continue
            try:
                pending.extend(
                    (below, icb, depth + 1) for below, icb in self._directory(tree, path, self._node(*place))
                )
            except _Unreadable:
                tree.refused.append(Refused(path or ".", "This folder, or a part of it, cannot be read off the disc."))
            if self._count >= self._limits.most_entries:
                reason = "The disc holds more files than are looked at; this folder and the rest are left."
                tree.refused.append(Refused(path or ".", reason))
                break
        return tree

    def _directory(self, tree: Tree, path: str, node: _Node) -> list[tuple[str, tuple[int, int]]]:
        if node.size > self._limits.largest_directory:
            raise _Unreadable
        data = b"".join(self._bytes(run) for run in node.runs)[: node.size]
        below: list[tuple[str, tuple[int, int]]] = []
        names: set[str] = set()
        for name, flags, icb in _identifiers(data):
            self._count += 1
            if self._count > self._limits.most_entries:
                break
            full = shown(f"{path}/{name}" if path else name)
            reason = refusal(name, deepest=1)
            if reason is None and name in names:
                reason = "The folder holds another file of the same name."
            names.add(name)
            if reason is not None:
                tree.refused.append(Refused(full, reason))
            elif flags & _IS_DIRECTORY:
                below.append((full, icb))
            else:
                self._add_file(tree, full, icb)
        return below

    def _add_file(self, tree: Tree, path: str, icb: tuple[int, int]) -> None:
        try:
            node = self._node(*icb)
        except _Unreadable:
            tree.refused.append(Refused(path, _DAMAGED))
            return
        if node.kind == _LINK:
            tree.refused.append(Refused(path, "It is a link to another place, and links are not followed."))
        elif node.kind not in _FILE_TYPES:
            tree.refused.append(Refused(path, "It is a device or a pipe, not a file."))
        elif node.size and not node.runs:
            tree.refused.append(Refused(path, _DAMAGED))
        else:
            tree.files.append(File(path, node.runs, node.size, node.modified_ns))

    def _root(self) -> tuple[int, int]:
        """Where the root directory's file entry lies: (partition reference, block)."""
        volume, partitions = self._descriptors()
        self.label = _dstring(volume[84:212])
        self._block = _u32(volume, 212)
        if self._block not in (512, 1024, 2048, 4096):
            raise _Unreadable
        at = 440
        for reference in range(min(_u32(volume, 268), 16)):
            if volume[at : at + 2] == b"\x01\x06" and _u16(volume, at + 4) in partitions:  # a type 1 map: plain
                self._starts[reference] = partitions[_u16(volume, at + 4)]
            at += max(volume[at + 1] if at + 1 < len(volume) else 0, 1)
        file_set = self._descriptor(_u16(volume, 256), _u32(volume, 252), (_FILE_SET,))
        return _u16(file_set, 408), _u32(file_set, 404)

    def _descriptors(self) -> tuple[bytes, dict[int, int]]:
        last = self._image.size // SECTOR - 1
        for anchor_sector in (256, last - 256, last, 512):
            anchor = self._read(anchor_sector * SECTOR, SECTOR) if anchor_sector >= 0 else b""
            if _u16(anchor, 0) != _ANCHOR:
                continue
            volume = b""
            partitions: dict[int, int] = {}
            for sector in range(min(_u32(anchor, 16) // SECTOR, 64)):
                data = self._read((_u32(anchor, 20) + sector) * SECTOR, SECTOR)
                tag = _u16(data, 0)
                if tag == _PARTITION:
                    partitions[_u16(data, 22)] = _u32(data, 188)
                elif tag == _LOGICAL_VOLUME:
                    volume = data
                elif tag == _TERMINATOR:
                    break
            if volume and partitions:
                return volume, partitions
        raise _Unreadable

    def _node(self, reference: int, block: int) -> _Node:
        entry = self._descriptor(reference, block, (_FILE_ENTRY, _EXTENDED_ENTRY))
        start, stamp = (176, 84) if _u16(entry, 0) == _FILE_ENTRY else (216, 92)
        attributes, length = _u32(entry, start - 8), _u32(entry, start - 4)
        size = int.from_bytes(entry[56:64], "little")
        at = start + attributes
        if at + length > len(entry):
            raise _Unreadable
        form = entry[34] & 0x07  # how the extents are written (ECMA-167 4/14.6.8)
        if form == 3:  # small files lie in the entry itself
            runs = [Run(self._offset(reference, block) + at, length)]
            size = min(size, length)
        elif form in (0, 1):
            runs = self._runs(entry[at : at + length], reference, is_long=form == 1)
        else:
            raise _Unreadable
        return _Node(entry[27], size, runs, _modified_ns(entry[stamp : stamp + 12]))

    def _runs(self, descriptors: bytes, reference: int, *, is_long: bool) -> list[Run]:
        runs: list[Run] = []
        width = 16 if is_long else 8
        at, more = 0, 0
        while at + width <= len(descriptors):
            raw, block = _u32(descriptors, at), _u32(descriptors, at + 4)
            partition = _u16(descriptors, at + 8) if is_long else reference
            at += width
            kind, length = raw >> 30, raw & 0x3FFFFFFF
            if length == 0:
                break
            if kind == 3:
                more += 1
                following = self._descriptor(partition, block, (_MORE_EXTENTS,))
                descriptors, at = following[24 : 24 + _u32(following, 20)], 0
                if more > 1000:
                    raise _Unreadable
                continue
            runs.append(Run(self._offset(partition, block) if kind == 0 else None, length))
            if len(runs) > _MOST_EXTENTS:
                raise _Unreadable
        return runs

    def _offset(self, reference: int, block: int) -> int:
        if reference not in self._starts:
            raise _Unreadable
        return self._starts[reference] * SECTOR + block * self._block

    def _descriptor(self, reference: int, block: int, tags: tuple[int, ...]) -> bytes:
        data = self._read(self._offset(reference, block), self._block)
        if _u16(data, 0) not in tags:
            raise _Unreadable
        return data

    def _bytes(self, run: Run) -> bytes:
        return bytes(run.length) if run.offset is None else self._read(run.offset, run.length)

    def _read(self, offset: int, length: int) -> bytes:
        self._bytes_left -= length
        if length > self._limits.largest_directory or self._bytes_left < 0:
            raise _Unreadable
        try:
            data = self._image.read_at(offset, length)
        except (OSError, ValueError, OverflowError) as error:
            raise _Unreadable from error
        if len(data) < length:
            raise _Unreadable
        return data


def _identifiers(data: bytes) -> Iterator[tuple[str, int, tuple[int, int]]]:
    """Name, flags and place of each file identifier in a directory (ECMA-167 4/14.4)."""
    at = 0
    while at + 38 <= len(data):
        if _u16(data, at) != _IDENTIFIER:
            raise _Unreadable
        flags, name_length, use_length = data[at + 18], data[at + 19], _u16(data, at + 36)
        start = at + 38 + use_length
        if not flags & (_IS_DELETED | _IS_PARENT):
            name = _decoded(data[start : start + name_length])
            yield name, flags, (_u16(data, at + 28), _u32(data, at + 24))
        at += (38 + use_length + name_length + 3) // 4 * 4


def _decoded(name: bytes) -> str:
    """OSTA compressed Unicode (UDF 2.1.1): the first byte says how wide the characters are."""
    if name[:1] == b"\x10":
        return name[1:].decode("utf-16-be", "replace")
    return name[1:].decode("latin-1")


def _dstring(field: bytes) -> str:
    return shown(_decoded(field[: field[-1]] if field[-1] < len(field) else field[:-1]).strip(" \x00"))


def _modified_ns(stamp: bytes) -> int:
    """ECMA-167 1/7.3: the zone in minutes in the low 12 bits, -2047 where it is not known; then year to second."""
    zone = _u16(stamp, 0) & 0x0FFF
    minutes = zone - 4096 if zone > 2047 else zone
    try:
        seconds = calendar.timegm((_u16(stamp, 2), stamp[4], stamp[5], stamp[6], stamp[7], stamp[8], 0, 0, 0))
    except (ValueError, OverflowError):
        return 0
    return (seconds - (0 if minutes == -2047 else minutes * 60)) * 1_000_000_000


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
