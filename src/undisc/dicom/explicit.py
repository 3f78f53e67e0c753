"""A data set's elements in Explicit VR Little Endian, whatever they came in (PS3.5 7.1.2, A.2), or without their VRs.

Elements that are in this form already go through as they are, to the byte; without VRs (Implicit VR Little Endian,
PS3.5 7.1.3, A.1) every value does. For worker processes: the walk believes no
length, yet what it walks is hostile.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from struct import pack, unpack_from
from typing import NamedTuple

from undisc.dicom.scan.coding import Coding, Codings, Form, Kind, Shape
from undisc.dicom.scan.frames import Buffer
from undisc.dicom.scan.render import LONG_FORM
from undisc.dicom.scan.wanted import PIXELS

Overrides = Mapping[int, tuple[str, bytes] | None]
"""Elements of the top level to write instead of what is there, or, where None, to leave out."""

MOST_DEPTH = 64
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_CHUNK = 1 << 20
_WIDTHS = {
    **dict.fromkeys(("US", "SS", "OW", "AT"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "SV", "UV", "OV"), 8),
}
_ENCODINGS = ("iso8859",)
_ICON = 0x00880200
# The beginning of encapsulated pixel data, which are in Explicit VR Little Endian always (PS3.5 A.4).
_COMPRESSED = re.compile(rb"\xe0\x7f\x10\x00O[BW]\x00\x00\xff\xff\xff\xff")

Head = Callable[[int, str, int], bytes]
"""Writes an element's beginning from its tag, VR and length."""


class Place(NamedTuple):
    """Where an element begins, where its value does and ends (a delimiter left out), and where the next one begins."""

    tag: int
    start: int
    value: int
    value_end: int
    end: int


class Inconvertible(Exception):
    """The data set's structure does not allow it; the text is a plain sentence."""


def element(tag: int, vr: str, value: bytes) -> bytes:
    """One element, padded to an even length (PS3.5 7.1.1)."""
    return _element(tag, vr, value, header)


def _element(tag: int, vr: str, value: bytes, head: Head) -> bytes:
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB", "UN") else b" "
    return head(tag, vr, len(value)) + value


def header(tag: int, vr: str, length: int) -> bytes:
    group, number = tag >> 16, tag & 0xFFFF
    if vr in LONG_FORM:
        return pack("<HH2sHI", group, number, vr.encode(), 0, length)
    if length > 0xFFFE:
        return pack("<HH2sHI", group, number, b"UN", 0, length)  # too long for its VR's form (PS3.5 6.2.2)
    return pack("<HH2sH", group, number, vr.encode(), length)


def header_without_vr(tag: int, _vr: str, length: int) -> bytes:
    return pack("<HHI", tag >> 16, tag & 0xFFFF, length)


class Rewriter:
    """Writes `data[start:end]`, encoded as said, as Explicit VR Little Endian, or, without_vrs, as Implicit.

    unpacked: whether the pixel data are being decompressed. Those of an icon within are not, so that a compressed icon
    (a mere copy, PS3.3 F.7) is left out; Inconvertible is raised for others within sequences.
    """

    def __init__(
        self,
        data: Buffer,
        end: int,
        *,
        implicit: bool,
        big: bool,
        signed: bool,
        allocated: int,
        without_vrs: bool = False,
        unpacked: bool = False,
    ) -> None:
        self._data = memoryview(data)
        self._end = end
        self._coding = Codings(1 << 20).get(implicit, big, _ENCODINGS, signed)
        self._verbatim = not implicit and not big and not without_vrs
        self._head: Head = header_without_vr if without_vrs else header
        self._unpacked = unpacked
        self._allocated = allocated

    def elements(self, start: int, overrides: Overrides) -> Iterator[bytes | memoryview]:
        """The top level up to the end, in order of tags; overrides go where they belong, in place of their like."""
        wanted = sorted(overrides.items())
        creators: dict[int, str] = {}
        at = start
        while at + 8 <= self._end:
            shape, length, value = self._read(at, self._coding)
            following = self._following(shape, length, value, self._end, 0, self._coding)
            while wanted and wanted[0][0] < shape.tag:
                yield from self._instead(*wanted.pop(0))
            if wanted and wanted[0][0] == shape.tag:
                yield from self._instead(*wanted.pop(0))
            elif shape.kind == Kind.GROUP_LENGTH:
                pass  # retired (PS3.5 7.2), and wrong by now
            elif self._unpacked and self._is_compressed_within(shape, length, value, following):
                if shape.tag != _ICON:
                    raise Inconvertible("It has another compressed picture within.")
            elif self._verbatim and following <= self._end and (length == _UNDEFINED or value + length == following):
                yield self._data[at:following]
            else:
                yield from self._rewritten(shape, length, value, following, creators, 0, self._coding)
            at = following
        for tag, instead in wanted:
            yield from self._instead(tag, instead)

    def places(self, start: int) -> Iterator[Place]:
        """Where the elements of the top level lie, in order. Raises Inconvertible."""
        at = start
        while at + 8 <= self._end:
            shape, length, value = self._read(at, self._coding)
            following = self._following(shape, length, value, self._end, 0, self._coding)
            open_ended = length == _UNDEFINED and shape.form != Form.SHORT
            yield Place(shape.tag, at, value, following - 8 if open_ended else following, following)
            at = following

    def _is_compressed_within(self, shape: Shape, length: int, value: int, following: int) -> bool:
        is_sequence = shape.kind == Kind.SEQUENCE or length == _UNDEFINED
        return is_sequence and _COMPRESSED.search(self._data[value:following]) is not None

    def _instead(self, tag: int, instead: tuple[str, bytes] | None) -> Iterator[bytes]:
        if instead is not None:
            yield _element(tag, *instead, self._head)

    def _read(self, at: int, coding: Coding) -> tuple[Shape, int, int]:
        """Shape, length and where the value begins."""
        key = bytes(self._data[at : at + coding.key])
        if len(key) < coding.key:
            raise Inconvertible("Its elements end early.")
        shape = coding.shapes.get(key) or coding.shape(key)
        header = bytes(self._data[at : at + 12])
        try:
            if shape.form == Form.SHORT:
                return shape, coding.u16(header, 6)[0], at + 8
            if shape.form == Form.LONG:
                return shape, coding.u32(header, 8)[0], at + 12
            return shape, coding.u32(header, 4)[0], at + 8
        except Exception as error:  # struct.error: cut within the element's own header
            raise Inconvertible("Its elements end early.") from error

    def _following(self, shape: Shape, length: int, value: int, end: int, depth: int, coding: Coding) -> int:
        if length != _UNDEFINED or shape.form == Form.SHORT:
            return min(value + length, end)
        if depth > MOST_DEPTH:
            raise Inconvertible("Its sequences lie too deep within each other.")
        order = ">" if coding.big else "<"
        at = value
        while at + 8 <= end:
            group, number, size = unpack_from(order + "HHI", self._data, at)
            tag = group << 16 | number
            at += 8
            if tag == _SEQUENCE_END:
                return at
            if tag != _ITEM:
                raise Inconvertible("A sequence holds something that is no item.")
            at = at + size if size != _UNDEFINED else self._item_end(at, end, depth, coding, shape)
        return end

    def _item_end(self, at: int, end: int, depth: int, coding: Coding, shape: Shape) -> int:
        inner = self._inner(coding, at, shape)
        while at + 8 <= end:
            found, length, value = self._read(at, inner)
            if found.tag == _ITEM_END:
                return at + 8
            at = self._following(found, length, value, end, depth + 1, inner)
        return end

    def _inner(self, coding: Coding, at: int, shape: Shape) -> Coding:
        """The coding within an item: UN of undefined length holds implicit elements (PS3.5 6.2.2)."""
        vr = bytes(self._data[at + 4 : at + 6])
        explicit = len(vr) == 2 and vr.isalpha() and vr.isupper()
        is_mark = bytes(self._data[at : at + 2]) in (b"\xfe\xff", b"\xff\xfe")
        if coding.implicit or is_mark or (explicit and shape.vr != "UN"):
            return coding
        if explicit:
            return coding
        return Codings(1 << 20).get(True, coding.big, coding.encodings, coding.signed)

    def _rewritten(
        self,
        shape: Shape,
        length: int,
        value: int,
        following: int,
        creators: dict[int, str],
        depth: int,
        coding: Coding,
    ) -> Iterator[bytes | memoryview]:
        undefined = length == _UNDEFINED and shape.form != Form.SHORT
        if shape.kind == Kind.PRIVATE:
            shape = coding.private(shape, creators.get(shape.tag >> 8, ""))
        elif shape.kind == Kind.PUBLIC_UN and not undefined:
            shape = coding.public(shape)
        if shape.kind == Kind.CREATOR:
            name = bytes(self._data[value:following]).decode("latin-1").strip(" \0")
            creators[(shape.tag & 0xFFFF0000 | (shape.tag & 0xFF) << 8) >> 8] = name
        if shape.kind == Kind.SEQUENCE or (undefined and shape.tag not in PIXELS):
            yield self._head(shape.tag, "SQ", _UNDEFINED)
            yield from self._items(value, following, depth + 1, coding, shape)
            yield pack("<HHI", 0xFFFE, 0xE0DD, 0)
            return
        if undefined:
            raise Inconvertible("Its compressed pictures are not in Little Endian.")
        vr = shape.vr or "UN"
        size = following - value
        yield self._head(shape.tag, vr, size + size % 2)
        width = _WIDTHS.get(vr, 1) if coding.big else 1
        if coding.big and shape.tag in PIXELS:
            width = max(self._allocated // 8, width)
        yield from _turned(self._data[value:following], width)
        if size % 2:
            yield b"\0" if vr in ("UI", "OB", "UN", "OW") else b" "

    def _items(self, at: int, end: int, depth: int, coding: Coding, shape: Shape) -> Iterator[bytes | memoryview]:
        if depth > MOST_DEPTH:
            raise Inconvertible("Its sequences lie too deep within each other.")
        order = ">" if coding.big else "<"
        while at + 8 <= end:
            group, number, size = unpack_from(order + "HHI", self._data, at)
            tag = group << 16 | number
            at += 8
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM:
                raise Inconvertible("A sequence holds something that is no item.")
            stop = end if size == _UNDEFINED else min(at + size, end)
            yield pack("<HHI", 0xFFFE, 0xE000, _UNDEFINED)
            inner = self._inner(coding, at, shape)
            creators: dict[int, str] = {}
            while at + 8 <= stop:
                found, length, value = self._read(at, inner)
                if found.tag == _ITEM_END:
                    at += 8
                    break
                following = self._following(found, length, value, stop, depth, inner)
                if found.kind != Kind.GROUP_LENGTH:
                    yield from self._rewritten(found, length, value, following, creators, depth, inner)
                at = following
            if size != _UNDEFINED:
                at = stop
            yield pack("<HHI", 0xFFFE, 0xE00D, 0)


def _turned(value: memoryview, width: int) -> Iterator[bytes | memoryview]:
    """Bytes in the other order, `width` at a time; a part of one at the end stays as it is."""
    if width == 1:
        yield value
        return
    import numpy as np  # loaded here, since hardly anything is Big Endian and every command would wait for it

    whole = len(value) // width * width
    for at in range(0, whole, _CHUNK):
        yield np.frombuffer(value[at : min(at + _CHUNK, whole)], f">u{width}").byteswap().tobytes()
    yield value[whole:]
