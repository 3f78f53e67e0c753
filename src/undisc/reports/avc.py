"""Bare H.264 streams (ITU-T H.264 annex B): where their units lie, and what an MP4 file must say of them."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

from undisc.dicom.model import Extent

MOST_UNITS = 1_000_000
_START = b"\0\0\1"
_SLICE, _INSTANT, _PARAMETERS, _PICTURE = 1, 5, 7, 8
_OPENS_PICTURE = frozenset({6, 7, 8, 9})
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class NotPlain(Exception):
    """The stream uses what is not put into boxes here, or is broken."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture: its units, in order of decoding. shown: its place in the order of showing."""

    units: tuple[Extent, ...]
    key: bool
    shown: int


@dataclass(frozen=True, slots=True)
class Stream:
    """parameters, pictures: sequence and picture parameter sets. rate: pictures a second, if it says. chroma: its
    format, and by how much its bits a sample of luma and of chroma exceed 8."""

    width: int
    height: int
    rate: float | None
    profile: bytes
    chroma: tuple[int, int, int]
    parameters: tuple[bytes, ...]
    pictures: tuple[bytes, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class _Sequence:
    width: int
    height: int
    rate: float | None
    number_bits: int
    order: int
    order_bits: int
    only_frames: bool
    planes: bool
    chroma: tuple[int, int, int]


class _Bits:
    """Exp-Golomb and plain bits of a unit's payload (7.2, 9.1)."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def bits(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise NotPlain
        return self._value >> self._left & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise NotPlain
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def units_of(data: "bytes | mmap.mmap", begin: int, end: int) -> Iterator[Extent]:
    """Where each unit lies, without its start code and the zeros after it (B.1.1)."""
    at = data.find(_START, begin, end)
    count = 0
    while at != -1:
        first = at + 3
        at = data.find(_START, first, end)
        last = end if at == -1 else at
        while last > first and data[last - 1] == 0:
            last -= 1
        if last > first:
            count += 1
            if count > MOST_UNITS:
                raise NotPlain
            yield Extent(first, last - first)


def is_bare(data: "bytes | mmap.mmap", begin: int, end: int) -> bool:
    """Whether a bare H.264 stream begins here: a start code, then a delimiter, parameters or a remark."""
    for zeros in (b"\0\0\1", b"\0\0\0\1"):
        at = begin + len(zeros)
        if data[begin:at] == zeros and at < end:
            # The first bit is always 0; H.265 has other numbers in these bits, MPEG-2 begins with 0xB3.
            return not data[at] & 0x80 and data[at] & 0x1F in _OPENS_PICTURE and data[at] not in (0x40, 0x42, 0x46)
    return False


def read_stream(data: "bytes | mmap.mmap", begin: int, end: int) -> Stream:
    """What MP4 needs to know of a bare stream. Raises NotPlain for interlaced fields, changing sizes, and what is
    broken."""
    sequences: dict[bytes, None] = {}
    pictures: dict[bytes, None] = {}
    sequence: _Sequence | None = None
    gathered: list[Extent] = []
    pending: list[Extent] = []
    key = False
    samples: list[tuple[tuple[Extent, ...], bool, tuple[int, int]]] = []
    order = (0, 0)
    period = high_before = low_before = 0

    def close() -> None:
        nonlocal gathered, key
        if gathered:
            samples.append((tuple(gathered), key, order))
            gathered, key = [], False

    for unit in units_of(data, begin, end):
        kind = data[unit.offset] & 0x1F
        if kind == _PARAMETERS:
            whole = bytes(data[unit.offset : unit.offset + unit.length])
            if whole not in sequences:
                if sequences:
                    raise NotPlain
                sequences[whole] = None
                sequence = _sequence(whole)
        elif kind == _PICTURE:
            pictures[bytes(data[unit.offset : unit.offset + unit.length])] = None
            if len(pictures) > 255:
                raise NotPlain
        elif kind in (_SLICE, _INSTANT):
            if sequence is None or not pictures:
                raise NotPlain
            head = _Bits(_payload(bytes(data[unit.offset + 1 : unit.offset + 33])))
            if head.unsigned() == 0:  # first_mb_in_slice: a picture begins
                close()
                low = _order(head, sequence, instant=kind == _INSTANT)
                if kind == _INSTANT:
                    # Nothing before it is shown after it.
                    period, high_before, low_before = len(samples), 0, 0
                if sequence.order == 2:
                    order = (period, len(samples))
                else:
                    high = _high_part(low, high_before, low_before, 1 << sequence.order_bits)
                    order = (period, high + low)
                    if data[unit.offset] & 0x60:  # only what others refer to moves the count on
                        high_before, low_before = high, low
                gathered, pending = pending, []
            elif not gathered:
                raise NotPlain
            key = kind == _INSTANT
            gathered.append(unit)
        elif kind in (2, 3, 4):
            raise NotPlain  # data partitioning
        elif kind == 6:
            close()
            pending.append(unit)
        elif kind == 9:
            close()
    close()
    if sequence is None or not samples or not samples[0][1]:
        raise NotPlain
    if len(samples) > 500_000:
        raise NotPlain
    by_order = sorted(range(len(samples)), key=lambda at: samples[at][2])
    shown = [0] * len(samples)
    for place, at in enumerate(by_order):
        shown[at] = place
    first = next(iter(sequences))
    return Stream(
        sequence.width,
        sequence.height,
        sequence.rate,
        first[1:4],
        sequence.chroma,
        tuple(sequences),
        tuple(pictures),
        tuple(Sample(units, is_key, shown[at]) for at, (units, is_key, _) in enumerate(samples)),
    )


def _high_part(low: int, high_before: int, low_before: int, span: int) -> int:
    """The high part of the place in the order of showing (8.2.1.1)."""
    if low < low_before and low_before - low >= span // 2:
        return high_before + span
    if low > low_before and low - low_before > span // 2:
        return high_before - span
    return high_before


def _payload(data: bytes) -> bytes:
    """Without the bytes that keep start codes from occurring inside (7.4.1)."""
    return data.replace(b"\0\0\3", b"\0\0")


def _order(head: _Bits, sequence: _Sequence, *, instant: bool) -> int:
    """The low bits of the picture's place in the order of showing, from its slice header (7.3.3)."""
    head.unsigned()
    head.unsigned()
    if sequence.planes:
        head.bits(2)
    head.bits(sequence.number_bits)
    if not sequence.only_frames and head.bits(1):
        raise NotPlain  # fields by themselves
    if instant:
        head.unsigned()
    return head.bits(sequence.order_bits) if sequence.order == 0 else 0


def _sequence(unit: bytes) -> _Sequence:
    """What is needed of a sequence parameter set (7.3.2.1.1)."""
    bits = _Bits(_payload(unit[1:]))
    profile = bits.bits(8)
    bits.bits(16)
    bits.unsigned()
    chroma, planes, luma_more, chroma_more = 1, False, 0, 0
    if profile in _WITH_CHROMA:
        chroma = bits.unsigned()
        if chroma == 3:
            planes = bool(bits.bits(1))
        luma_more, chroma_more = bits.unsigned(), bits.unsigned()
        bits.bits(1)
        if bits.bits(1):
            for place in range(12 if chroma == 3 else 8):
                if bits.bits(1):
                    _skip_scaling(bits, 16 if place < 6 else 64)
    number_bits = bits.unsigned() + 4
    order = bits.unsigned()
    order_bits = 0
    if order == 0:
        order_bits = bits.unsigned() + 4
    elif order != 2:
        raise NotPlain
    bits.unsigned()
    bits.bits(1)
    across, down = bits.unsigned() + 1, bits.unsigned() + 1
    only_frames = bool(bits.bits(1))
    if not only_frames:
        bits.bits(1)
    bits.bits(1)
    width, height = across * 16, down * 16 * (1 if only_frames else 2)
    if bits.bits(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        wide = 2 if chroma in (1, 2) else 1
        high = (2 if chroma == 1 else 1) * (1 if only_frames else 2)
        width, height = width - (left + right) * wide, height - (top + bottom) * high
    if not (0 < width <= 16384 and 0 < height <= 16384 and number_bits <= 16 and order_bits <= 16):
        raise NotPlain
    try:
        rate = _rate(bits) if bits.bits(1) else None
    except NotPlain:
        rate = None
    told = (chroma & 3, luma_more & 7, chroma_more & 7)
    return _Sequence(width, height, rate, number_bits, order, order_bits, only_frames, planes, told)


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed() + 256) % 256
        last = following or last


def _rate(bits: _Bits) -> float | None:
    """Pictures a second, from the video usability information (E.1.1): each takes two ticks."""
    if bits.bits(1) and bits.bits(8) == 255:
        bits.bits(32)
    if bits.bits(1):
        bits.bits(1)
    if bits.bits(1):
        bits.bits(4)
        if bits.bits(1):
            bits.bits(24)
    if bits.bits(1):
        bits.unsigned()
        bits.unsigned()
    if not bits.bits(1):
        return None
    units, scale = bits.bits(32), bits.bits(32)
    rate = scale / (2 * units) if units else 0
    return rate if 0.1 <= rate <= 1000 else None
