"""Overlays: one bit a pixel over a picture, in elements of their own or in unused bits of the pixels (PS3.3 C.9.2)."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription
from undisc.dicom.pixels.native import native_frame, unpacked
from undisc.dicom.pixels.tables import Buffer, Element, binary, values_of

_MOST_RUNS = 100_000
_MOST_OVERLAYS = 4_096
GROUPS = range(0x6000, 0x6020, 2)


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay of one frame, or of all where `frame` is None.

    row, column: where its first pixel lies in the picture, from 0; it may be outside. runs: how many pixels are off,
    then how many are on, and so on, as `coded` writes them.
    """

    group: int
    rows: int
    columns: int
    row: int
    column: int
    label: str
    frame: int | None
    runs: bytes

    def told(self) -> dict[str, Any]:
        """As viewers are told of it."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "row": self.row,
            "column": self.column,
            "label": self.label,
            "runs": base64.b64encode(self.runs).decode(),
        }


def read_overlays(data: Buffer, scanned: Scanned, description: PixelDescription) -> list[Overlay]:
    """Every overlay that has anything on. What does not hold together, or is too busy to be lines, is left out."""
    if b'"60' not in scanned.json:
        return []
    model = json.loads(scanned.json)
    found: list[Overlay] = []
    for group in GROUPS:
        for overlay in _of_group(data, model, group, scanned, description):
            found.append(overlay)
            if len(found) == _MOST_OVERLAYS:
                return found
    return found


def planes_of(data: Buffer, model: Element, group: int, big_endian: bool) -> Iterator[Overlay]:
    """The overlays of one group that lie in an element of their own, as those of presentation states do."""
    placed = _placed(model, group)
    element = model.get(f"{group:04X}3000")
    if placed is None or not element:
        return
    size = placed.rows * placed.columns
    frames = _whole(model, group, 0x0015) or 1
    first = _whole(model, group, 0x0051)
    there = binary(data, element, min(frames, _MOST_OVERLAYS) * size // 8 + 1)
    if there is None:
        return
    raw = there[0]
    if there[1] and big_endian and element.get("vr") == "OW":
        raw = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2").byteswap().tobytes()
    for index in range(min(frames, len(raw) * 8 // size)):
        at = index * size
        bits = unpacked(raw[at // 8 : -(-(at + size) // 8)], at % 8, size)
        yield from _drawn(placed, bits, None if frames == 1 and first is None else (first or 1) - 1 + index)


def _of_group(
    data: Buffer, model: Element, group: int, scanned: Scanned, description: PixelDescription
) -> Iterator[Overlay]:
    placed = _placed(model, group)
    if placed is None:
        return
    if model.get(f"{group:04X}3000"):
        yield from planes_of(data, model, group, description.big_endian)
        return
    for frame, bits in _embedded(data, model, group, (placed.rows, placed.columns), scanned, description):
        yield from _drawn(placed, bits, frame if description.frames > 1 else None)


def _placed(model: Element, group: int) -> Overlay | None:
    """An overlay of this group with nothing on it yet; None where it has no size."""
    rows, columns = _whole(model, group, 0x0010), _whole(model, group, 0x0011)
    if not rows or not columns or not 0 < rows <= 0xFFFF or not 0 < columns <= 0xFFFF:
        return None
    origin = [value for value in values_of(model, f"{group:04X}0050") if isinstance(value, int)]
    row, column = (origin[0] - 1, origin[1] - 1) if len(origin) == 2 else (0, 0)
    label = "".join(str(value) for tag in ("1500", "0022") for value in values_of(model, f"{group:04X}{tag}")[:1])
    return Overlay(group, rows, columns, row, column, label[:200], None, b"")


def _drawn(placed: Overlay, bits: np.ndarray, frame: int | None) -> Iterator[Overlay]:
    runs = coded(bits)
    if runs:
        yield replace(placed, frame=frame, runs=runs)


def _embedded(
    data: Buffer,
    model: Element,
    group: int,
    shape: tuple[int, int],
    scanned: Scanned,
    description: PixelDescription,
) -> Iterator[tuple[int, np.ndarray]]:
    """Overlays in bits above or below those of the pixels (PS3.5 8.1.2), as files had them until 2004."""
    layout, bit = scanned.pixels, _whole(model, group, 0x0102)
    lowest = description.high_bit - description.stored + 1
    if layout is None or layout.encapsulated or description.samples != 1 or description.floating:
        return
    if not bit or bit >= description.allocated or lowest <= bit <= description.high_bit:
        return
    if shape != (description.rows, description.columns):
        return
    plain = replace(description, stored=description.allocated, high_bit=description.allocated - 1, signed=False)
    value = memoryview(data)[layout.value.offset : layout.value.offset + layout.value.length]
    for index in range(description.frames):
        try:
            whole = native_frame(value, layout.vr, plain, index)
        except FrameUndecodable:
            return
        yield index, (whole.reshape(-1) >> bit & 1).astype("u1")


def coded(bits: np.ndarray) -> bytes:
    """Runs of off and on in turn, seven bits a byte, lowest first; b"" where nothing is on or the runs are too many."""
    changes = np.flatnonzero(np.diff(bits, prepend=np.uint8(0)))
    if not changes.size or changes.size > _MOST_RUNS:
        return b""
    ends = changes if changes.size % 2 == 0 else np.append(changes, bits.size)
    out = bytearray()
    for run in np.diff(ends, prepend=0).tolist():
        while run > 127:
            out.append(run & 127 | 128)
            run >>= 7
        out.append(run)
    return bytes(out)


def _whole(model: Element, group: int, element: int) -> int | None:
    values = values_of(model, f"{group:04X}{element:04X}")
    return values[0] if values and isinstance(values[0], int) else None
