"""The pack: one derived file an instance, its pictures ready to be sent.

Layout, little-endian throughout:

    header   32 bytes: "UNDPACK1", u32 frames, u32 entry size, u64 length of the whole file, u64 length of the extras
    table    one entry a frame, 96 bytes, so that a frame is found with one small read
    blobs    for each frame in turn: wire, preview, mini; or, for a frame that did not decode, its reason in UTF-8
    extras   what extras.py reads and writes, up to the file's end

    entry    u8 wire kind, 2 bytes numpy code, u8 samples, u32 rows, u32 columns, u32 zero,
             f8 least stored value, f8 greatest, f8 window low, f8 window high,
             u64 offset of the first blob, u32 wire length, u32 preview length, u32 mini length, u32 reason length,
             24 zero bytes

The blobs of a frame lie one after the other, so one offset is enough. Writing needs one frame in memory at a time.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from undisc.dicom.pixels.model import Window, WireKind
from undisc.errors import UndiscError

MAGIC = b"UNDPACK1"
_HEADER = struct.Struct("<8sIIQQ")
_ENTRY = struct.Struct("<B2sBII4xddddQIIII24x")
_CODES = {"u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"}
MOST_FRAMES = 1_000_000
_LONGEST_REASON = 1024


class PackDamaged(UndiscError):
    """A pack does not hold together; it can be made again from its original."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of bytes within the pack; length 0 where there is none."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One frame. minimum, maximum and window are stored values; reason is empty for a frame that decoded.

    code: numpy's, as the wire has it: "u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8".
    """

    wire_kind: WireKind
    code: str
    samples: int
    rows: int
    columns: int
    minimum: float
    maximum: float
    window: Window
    wire: Extent
    preview: Extent
    mini: Extent
    reason: str


@dataclass(frozen=True, slots=True)
class PackTable:
    entries: tuple[PackEntry, ...]

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> PackEntry:
        return self.entries[index]

    def __iter__(self) -> Iterator[PackEntry]:
        return iter(self.entries)


class PackWriter:
    """Writes frames in order into a file opened for binary writing; `finish` makes it whole."""

    def __init__(self, file: BinaryIO, frames: int) -> None:
        if not 0 <= frames <= MOST_FRAMES:
            raise ValueError(f"{frames} frames do not fit a pack")
        self._file = file
        self._frames = frames
        self._table = bytearray(frames * _ENTRY.size)
        self._written = 0
        self._at = _HEADER.size + len(self._table)
        file.seek(self._at)

    def add(
        self,
        wire_kind: WireKind,
        code: str,
        samples: int,
        rows: int,
        columns: int,
        minimum: float,
        maximum: float,
        window: Window,
        wire: bytes,
        preview: bytes,
        mini: bytes,
    ) -> None:
        """Append a frame that decoded."""
        fixed = (wire_kind, code.encode(), samples, rows, columns, minimum, maximum, *window)
        self._append(fixed, wire, preview, mini, b"")

    def fail(self, rows: int, columns: int, reason: str) -> None:
        """Append a frame that did not decode."""
        told = reason.encode()[:_LONGEST_REASON].decode(errors="ignore").encode() or b"?"
        self._append((WireKind.NONE, b"u1", 1, rows, columns, 0.0, 0.0, 0.0, 0.0), b"", b"", b"", told)

    def finish(self, extras: bytes = b"") -> None:
        """Write extras, table and header; before this the file is no pack."""
        if self._written != self._frames:
            raise ValueError(f"{self._written} of {self._frames} frames were added")
        self._file.write(extras)
        self._file.seek(0)
        self._file.write(_HEADER.pack(MAGIC, self._frames, _ENTRY.size, self._at + len(extras), len(extras)))
        self._file.write(self._table)
        self._file.flush()

    def _append(self, fixed: tuple[object, ...], *blobs: bytes) -> None:
        lengths = tuple(len(blob) for blob in blobs)
        _ENTRY.pack_into(self._table, self._written * _ENTRY.size, *fixed, self._at, *lengths)
        for blob in blobs:
            self._file.write(blob)
        self._at += sum(lengths)
        self._written += 1


def read_table(file: BinaryIO) -> PackTable:
    """Every entry. Raises PackDamaged."""
    frames, size = _read_header(file)
    table = file.read(frames * _ENTRY.size)
    if len(table) != frames * _ENTRY.size:
        raise PackDamaged("a pack ends within its table")
    return PackTable(tuple(_entry(fields, frames, size, file) for fields in _ENTRY.iter_unpack(table)))


def read_entry(file: BinaryIO, index: int) -> PackEntry:
    """One entry, with two small reads. Raises PackDamaged, or IndexError where there is no such frame."""
    frames, size = _read_header(file)
    if not 0 <= index < frames:
        raise IndexError(index)
    file.seek(_HEADER.size + index * _ENTRY.size)
    return _entry(_ENTRY.unpack(file.read(_ENTRY.size)), frames, size, file)


def read_extras(file: BinaryIO) -> bytes:
    """What was given to `finish`. Raises PackDamaged."""
    file.seek(0)
    _read_header(file)
    file.seek(0)
    *_, length, extras = _HEADER.unpack(file.read(_HEADER.size))
    return read_blob(file, Extent(length - extras, extras))


def read_blob(file: BinaryIO, extent: Extent) -> bytes:
    """The bytes of a wire, preview or mini. Raises PackDamaged where the file has become shorter."""
    file.seek(extent.offset)
    blob = file.read(extent.length)
    if len(blob) != extent.length:
        raise PackDamaged("a pack ends within a frame")
    return blob


def _read_header(file: BinaryIO) -> tuple[int, int]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = file.read(_HEADER.size)
    if len(header) != _HEADER.size or header[:8] != MAGIC:
        raise PackDamaged("this is not a pack of this version")
    _, frames, entry_size, length, extras = _HEADER.unpack(header)
    if entry_size != _ENTRY.size or length != size or frames > MOST_FRAMES or _first_blob(frames) + extras > size:
        raise PackDamaged("a pack's header does not fit its length")
    return frames, size


def _first_blob(frames: int) -> int:
    return _HEADER.size + frames * _ENTRY.size


def _entry(fields: tuple, frames: int, size: int, file: BinaryIO) -> PackEntry:
    kind, code, samples, rows, columns, minimum, maximum, low, high, at, wire, preview, mini, told = fields
    text = code.decode("ascii", errors="replace")
    if kind not in WireKind.__members__.values() or text not in _CODES or samples not in (1, 3):
        raise PackDamaged("a pack's table holds a kind of picture that is not known here")
    if at < _first_blob(frames) or at + wire + preview + mini + told > size or told > _LONGEST_REASON:
        raise PackDamaged("a pack's table points outside the pack")
    if not 0 < rows <= 0xFFFF or not 0 < columns <= 0xFFFF or (kind == WireKind.NONE) != bool(told):
        raise PackDamaged("a pack's table contradicts itself")
    return PackEntry(
        wire_kind=WireKind(kind),
        code=text,
        samples=samples,
        rows=rows,
        columns=columns,
        minimum=minimum,
        maximum=maximum,
        window=Window(low, high),
        wire=Extent(at, wire),
        preview=Extent(at + wire, preview),
        mini=Extent(at + wire + preview, mini),
        reason=read_blob(file, Extent(at, told)).decode(errors="replace") if told else "",
    )
