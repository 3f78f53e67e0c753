"""What pixel data are and what becomes of them: plain values, no I/O."""

from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple


class FrameUndecodable(Exception):
    """One frame cannot be decoded; the text is a plain reason without anything from the header's text."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Nothing of an instance can be shown; the reason is a plain sentence."""

    reason: str
    lasting: bool = True
    """Whether the instance is to blame. It is not where the machine was, as with a full disk: then try again later."""


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
class Written:
    """What was asked for lies at the output: `lengths`, in bytes, of the parts that it holds one after the other."""

    lengths: tuple[int, ...]


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


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a frame is to be shown.

    window: centre, width (in values after the rescale) and function ("linear", "linear-exact", "sigmoid"), None for the
    header's. viewport: greatest width and height. region: left, top, width, height in pixels of the frame; a negative
    width or height mirrors. quality: 1 to 100, not heeded by films. kind: "jpeg", "png", "webp", "gif" or "mp4".
    annotation: "patient" and "technique".
    """

    kind: str = "jpeg"
    window: tuple[float, float, str] | None = None
    viewport: tuple[int, int] | None = None
    region: tuple[float, float, float, float] | None = None
    quality: int = 90
    annotation: tuple[str, ...] = ()

    def message(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_message(message: dict[str, Any]) -> "Rendering":
        window, viewport, region = message["window"], message["viewport"], message["region"]
        return Rendering(
            message["kind"],
            None if window is None else (float(window[0]), float(window[1]), str(window[2])),
            None if viewport is None else (int(viewport[0]), int(viewport[1])),
            None if region is None else (float(region[0]), float(region[1]), float(region[2]), float(region[3])),
            int(message["quality"]),
            tuple(message["annotation"]),
        )
