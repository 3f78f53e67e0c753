"""What a header scan says about a file: plain values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Value = str | int | float


class Extent(NamedTuple):
    """A run of bytes: its offset and its length, in bytes, within the data set's own buffer (see Scanned.inflated)."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """Where pixel data lie.

    keyword: "PixelData", "FloatPixelData" or "DoubleFloatPixelData". `frames` holds one entry a frame, each a tuple of
    the extents whose bytes, joined, are that frame (native data: one extent; encapsulated: its fragments). For native
    frames that do not begin on a whole byte (1-bit data) `frames` has a single entry, the whole value.
    `claimed` is the length in the element's own length field, None where it is undefined.
    """

    keyword: Literal["PixelData", "FloatPixelData", "DoubleFloatPixelData"]
    vr: str
    encapsulated: bool
    value: Extent
    frames: tuple[tuple[Extent, ...], ...]
    claimed: int | None


@dataclass(frozen=True, slots=True)
class Scanned:
    """One readable instance.

    attributes: keyword -> values of the elements at the data set's top level (and, for enhanced objects, of the first
    items of the shared and per-frame groups) that the index wants; text is decoded, numbers are int or float, person
    names are their DICOM form ("Family^Given=ideographic=phonetic"); an empty element has the value ().
    json: the DICOM JSON model of the data set (PS3.18 F.2), UTF-8, one object. Pixel data and binary values above
    1,024 bytes appear as {"vr": ..., "BulkDataURI": "?offset=N&length=M"}.
    header_end: where the pixel data element begins, or the data set's end.
    inflated: offsets are into the inflated data set (Deflated Explicit VR Little Endian), else into the file.
    damage: plain sentences, one for each thing that is wrong but does not stop the file from being kept.
    per_frame: for enhanced multi-frame objects one mapping a frame, of the shared and the frame's own functional group
    values that the viewer wants (scan.wanted.PER_FRAME); empty for all others.
    document: where the bytes of an encapsulated document (PDF, CDA, STL) lie.
    """

    transfer_syntax: str
    dataset_start: int
    had_preamble: bool
    had_meta: bool
    attributes: Mapping[str, tuple[Value, ...]]
    json: bytes
    pixels: PixelLayout | None
    header_end: int
    inflated: bool
    damage: tuple[str, ...]
    per_frame: tuple[Mapping[str, tuple[Value, ...]], ...] = ()
    document: Extent | None = None

    def first(self, keyword: str) -> Value | None:
        values = self.attributes.get(keyword)
        return values[0] if values else None

    def text(self, keyword: str) -> str:
        """The element as one string; values parted by a backslash, empty where the element is absent."""
        return "\\".join(str(value) for value in self.attributes.get(keyword, ()))

    def number(self, keyword: str) -> float | None:
        value = self.first(keyword)
        if value is None:
            return None
        try:
            return float(value)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class NotDicom:
    """Nothing in the bytes suggests DICOM."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The bytes suggest DICOM (or a packed copy of it), yet no data set can be read from them."""

    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A data set is there, and breaks the rules so that its content cannot be trusted; keep it apart."""

    reason: str


ScanResult = Scanned | NotDicom | Unreadable | Malformed
