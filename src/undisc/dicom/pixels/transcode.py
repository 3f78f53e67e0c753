"""From one transfer syntax to another without loss: whole instances, or single frames. For worker processes only."""

import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from struct import pack
from typing import BinaryIO

import numpy as np

from undisc.dicom import syntaxes
from undisc.dicom.explicit import Inconvertible, Overrides, Rewriter, header, header_without_vr
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import Buffer, decode
from undisc.dicom.pixels.describe import LOSSY_JPEG, describe
from undisc.dicom.pixels.encode import Coded, encode
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription, Undecodable, Written
from undisc.dicom.pixels.opening import opened
from undisc.dicom.scan.coding import looks_explicit
from undisc.dicom.wrapper import retold_prefix

_PHOTOMETRIC, _PLANAR, _FRAMES = 0x00280004, 0x00280006, 0x00280008
_HIGH_BIT, _LOSSY = 0x00280102, 0x00282110
_OFFSETS = (0x7FE00001, 0x7FE00002, 0x7FE00003)
_MAPPED_AT_MOST = 32 << 20
_CHUNK = 1 << 20
_UNDEFINED = 0xFFFFFFFF
_LOSSY_SYNTAXES = LOSSY_JPEG & {syntaxes.JPEG_BASELINE, syntaxes.JPEG_EXTENDED}

FrameDone = Callable[[], None]


def transcode(source: Path, output: Path, syntax: str, frame_done: FrameDone = lambda: None) -> Written | Undecodable:
    """Write the instance at `source` to `output` as a Part 10 file in `syntax`, one of syntaxes.MADE or IMPLICIT.

    Everything but the pixel data's coding, and what the header says of that, stays as it was; so do all UIDs. Raises
    OSError where files cannot be read or written, MemoryError where the limit on memory is met.
    """
    with opened(source) as found:
        if isinstance(found, Undecodable):
            return found
        mapped, data, scanned = found
        try:
            with output.open("wb") as out:
                prefix = retold_prefix(bytes(mapped[: scanned.dataset_start]), syntax)
                out.write(prefix)
                _Transcoding(data, scanned, out, frame_done).to(syntax)
                return Written((out.tell(),))
        except (FrameUndecodable, Inconvertible) as reason:
            return Undecodable(str(reason))


def transcode_frames(
    source: Path, output: Path, syntax: str, wanted: Sequence[int], frame_done: FrameDone = lambda: None
) -> Written | Undecodable:
    """Write single frames, counted from 0, one after the other; native ones as they lie in native pixel data."""
    with opened(source) as found:
        if isinstance(found, Undecodable):
            return found
        _, data, scanned = found
        description = describe(scanned)
        if isinstance(description, Undecodable):
            return description
        lengths = []
        try:
            with output.open("wb") as out:
                for index in wanted:
                    lengths.append(out.write(_one_frame(data, scanned, description, syntax, index)))
                    frame_done()
        except FrameUndecodable as reason:
            return Undecodable(str(reason))
        return Written(tuple(lengths))


def _whole_container(description: PixelDescription) -> PixelDescription:
    """The description under which no bit of a sample is dropped."""
    return replace(description, stored=description.allocated, high_bit=description.allocated - 1)


def _one_frame(data: Buffer, scanned: Scanned, description: PixelDescription, syntax: str, index: int) -> bytes:
    if syntax != syntaxes.EXPLICIT:
        values, photometric = _decoded(data, scanned, description, index)
        return encode(values, photometric, description, syntax).data
    if not description.encapsulated:
        return _native_bytes(data, scanned, description, index)
    return _little(decode(data, scanned, description, index).values, description)


def _native_bytes(data: Buffer, scanned: Scanned, description: PixelDescription, index: int) -> bytes:
    """A native frame as it lies there, planes and unused bits included, in little endian."""
    if description.big_endian or description.frame_bits % 8 or index >= description.frames:
        values = decode(data, scanned, _whole_container(replace(description, planar=False)), index).values
        return _little(values, description)
    assert scanned.pixels is not None
    size = description.frame_bits // 8
    start = index * size
    end = min(start + size, scanned.pixels.value.length)
    offset = scanned.pixels.value.offset
    return bytes(data[offset + start : offset + end]).ljust(size, b"\0")


def _decoded(data: Buffer, scanned: Scanned, description: PixelDescription, index: int) -> tuple[np.ndarray, str]:
    """Values and their true colour: chroma that was halved is at full resolution once decoded."""
    values, photometric = decode(data, scanned, description, index)
    return values, "YBR_FULL" if photometric == "YBR_FULL_422" else photometric


def _little(values: np.ndarray, description: PixelDescription) -> bytes:
    if description.allocated == 1:
        return np.packbits(values.reshape(-1), bitorder="little").tobytes()
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()


class _Transcoding:
    """One instance on its way to a file."""

    def __init__(self, data: Buffer, scanned: Scanned, out: BinaryIO, frame_done: FrameDone) -> None:
        self._data = data
        self._scanned = scanned
        self._out = out
        self._frame_done = frame_done
        layout = scanned.pixels
        self._encapsulated = layout is not None and layout.encapsulated
        self._without_vrs = self._unpacked = False

    def to(self, syntax: str) -> None:
        self._without_vrs = syntax == syntaxes.IMPLICIT
        plain = syntax in (syntaxes.EXPLICIT, syntaxes.IMPLICIT)
        if self._scanned.pixels is None or (plain and not self._encapsulated):
            if not plain:
                raise FrameUndecodable("It has no pictures that could be compressed.")
            end = len(self._data)
            # The Extended Offset Table has no place beside native pixel data, yet what came stays.
            self._write(self._rewriter(end).elements(self._start(), {}))
            return
        description = describe(self._scanned)
        if isinstance(description, Undecodable):
            raise FrameUndecodable(description.reason)
        if plain:
            self._unpacked = True
            self._decompress(description)
        else:
            self._compress(description, syntax)

    def _decompress(self, description: PixelDescription) -> None:
        first, photometric = self._frame(description, 0)
        size = description.rows * description.columns * description.samples * first.itemsize * description.frames
        one_bit = description.allocated == 1
        if one_bit:
            size = -(-description.rows * description.columns * description.samples * description.frames // 8)
        if size > 0xFFFFFFFE:
            raise FrameUndecodable("Uncompressed it would be longer than such an element can be.")
        overrides = self._overrides(description, photometric, 0)
        self._header(overrides)
        head = header_without_vr if self._without_vrs else header
        self._out.write(head(0x7FE00010, "OW" if description.allocated > 8 else "OB", size + size % 2))
        left = np.empty(0, "u1")
        for index in range(description.frames):
            values, colour = (first, photometric) if index == 0 else self._frame(description, index)
            if colour != photometric:
                raise FrameUndecodable("Its frames are not all of one colour space.")
            if one_bit:
                bits = np.concatenate((left, values.reshape(-1)))
                whole = len(bits) // 8 * 8
                self._out.write(np.packbits(bits[:whole], bitorder="little").tobytes())
                left = bits[whole:]
            else:
                self._out.write(_little(values, description))
            self._done_with_frame()
        if one_bit and len(left):
            self._out.write(np.packbits(left, bitorder="little").tobytes())
        if size % 2:
            self._out.write(b"\0")
        self._rest()

    def _compress(self, description: PixelDescription, syntax: str) -> None:
        first = self._coded(description, syntax, 0)
        overrides = self._overrides(description, first.photometric, first.planar)
        if not description.encapsulated and description.high_bit != description.stored - 1:
            raise FrameUndecodable("Its pixels do not lie in the lowest bits, as this compression wants them.")
        self._header(overrides)
        self._out.write(pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, _UNDEFINED))
        table = self._out.tell() + 8
        self._out.write(pack("<HHI", 0xFFFE, 0xE000, 4 * description.frames) + bytes(4 * description.frames))
        begin = self._out.tell()
        offsets = []
        for index in range(description.frames):
            coded = first if index == 0 else self._coded(description, syntax, index)
            if coded.photometric != first.photometric:
                raise FrameUndecodable("Its frames are not all of one colour space.")
            offsets.append(self._out.tell() - begin)
            padded = coded.data + b"\0" * (len(coded.data) % 2)
            self._out.write(pack("<HHI", 0xFFFE, 0xE000, len(padded)) + padded)
            self._done_with_frame()
        self._out.write(pack("<HHI", 0xFFFE, 0xE0DD, 0))
        if offsets[-1] > 0xFFFFFFFF:
            raise FrameUndecodable("Compressed it is too long for its table of frames.")
        end = self._out.tell()
        self._out.seek(table)
        self._out.write(pack(f"<{len(offsets)}I", *offsets))
        self._out.seek(end)
        self._rest()

    def _frame(self, description: PixelDescription, index: int) -> tuple[np.ndarray, str]:
        return _decoded(self._data, self._scanned, description, index)

    def _coded(self, description: PixelDescription, syntax: str, index: int) -> Coded:
        seen = description if description.encapsulated else _whole_container(description)
        values, photometric = self._frame(seen, index)
        return encode(values, photometric, description, syntax)

    def _overrides(self, description: PixelDescription, photometric: str, planar: int) -> Overrides:
        """What the header has to say anew (PS3.5 8.2)."""
        scanned = self._scanned
        changed: dict[int, tuple[str, bytes] | None] = dict.fromkeys(_OFFSETS)
        if scanned.text("PhotometricInterpretation") != photometric:
            changed[_PHOTOMETRIC] = ("CS", photometric.encode())
        if description.samples > 1 and scanned.first("PlanarConfiguration") != planar:
            changed[_PLANAR] = ("US", pack("<H", planar))
        if description.encapsulated and description.high_bit != description.stored - 1:
            changed[_HIGH_BIT] = ("US", pack("<H", description.stored - 1))
        claimed = scanned.number("NumberOfFrames")
        if claimed is not None and claimed != description.frames:
            changed[_FRAMES] = ("IS", str(description.frames).encode())
        if scanned.transfer_syntax in _LOSSY_SYNTAXES and scanned.text("LossyImageCompression") != "01":
            changed[_LOSSY] = ("CS", b"01")
        return changed

    def _start(self) -> int:
        return 0 if self._scanned.inflated else self._scanned.dataset_start

    def _rewriter(self, end: int) -> Rewriter:
        scanned, start = self._scanned, self._start()
        big = scanned.transfer_syntax == syntaxes.BIG_ENDIAN
        return Rewriter(
            self._data,
            end,
            # As it is written, whatever the file says: some compressed ones have no VRs (PS3.5 A.4 wants them).
            implicit=not big and not looks_explicit(bytes(self._data[start + 4 : start + 6])),
            big=big,
            signed=scanned.first("PixelRepresentation") == 1,
            allocated=int(scanned.number("BitsAllocated") or 0),
            without_vrs=self._without_vrs,
            unpacked=self._unpacked,
        )

    def _header(self, overrides: Overrides) -> None:
        self._write(self._rewriter(self._scanned.header_end).elements(self._start(), overrides))

    def _rest(self) -> None:
        """What stands behind the pixel data, such as signatures and padding."""
        layout = self._scanned.pixels
        assert layout is not None
        after = layout.value.offset + layout.value.length + (8 if layout.encapsulated else 0)
        if after < len(self._data):
            self._write(self._rewriter(len(self._data)).elements(after, {}))

    def _write(self, parts: Iterator[bytes | memoryview]) -> None:
        for part in parts:
            for at in range(0, len(part), _CHUNK):
                self._out.write(part[at : at + _CHUNK])
                self._let_go()

    def _done_with_frame(self) -> None:
        self._frame_done()
        self._let_go()

    def _let_go(self) -> None:
        if isinstance(self._data, mmap.mmap) and len(self._data) > _MAPPED_AT_MOST:
            self._data.madvise(mmap.MADV_DONTNEED)
