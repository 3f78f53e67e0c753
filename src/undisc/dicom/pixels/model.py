"""What pixel data are and what becomes of them: plain values, no I/O."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple


class FrameUndecodable(Exception):
    """One frame cannot be decoded; the text is a plain reason without anything from the header's text."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Nothing of an instance can be shown; the reason is a plain sentence."""

    reason: str


class FrameFailure(NamedTuple):
    """A frame, counted from 0, that could not be decoded, and why."""

    frame: int
    reason: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A pack was written.

    frames: how many the pack lists, decoded or not. failures: those that did not decode; others did.
    damage: plain sentences on what was wrong and got by.
    """

    frames: int
    failures: tuple[FrameFailure, ...] = ()
    damage: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PixelDescription:
    """The Image Pixel module (PS3.3 C.7.6.3) after it was checked against the bytes that are there.

    frames: how many have any bytes at all, which may be fewer than the header claims (then `damage` says so).
    floating: stored values are 32-bit or 64-bit floats. photometric: upper case, without padding.
    planar: samples lie plane by plane (native data only). frame_bits: bits of one native frame.
    """

    transfer_syntax: str
    rows: int
    columns: int
    frames: int
    samples: int
    allocated: int
    stored: int
    high_bit: int
    signed: bool
    floating: bool
    photometric: str
    planar: bool
    big_endian: bool
    encapsulated: bool
    frame_bits: int
    damage: tuple[str, ...] = field(default=())

    @property
    def dtype(self) -> str:
        """The numpy code, without byte order, of decoded stored values ("u1" for 1-bit data)."""
        kind = "f" if self.floating else "i" if self.signed else "u"
        return f"{kind}{max(self.allocated // 8, 1)}"


class WireKind(IntEnum):
    """How a frame's whole pixels are packed for the wire."""

    NONE = 0
    HTJ2K = 1
    RAW_GZIP = 2


class Window(NamedTuple):
    """The stored values that a preview shows as its darkest and brightest grey, before MONOCHROME1 turns them over."""

    low: float
    high: float
