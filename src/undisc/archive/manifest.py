"""What a viewer is told of a series: one small entry a frame, and what all frames share said once."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from undisc.archive.model import InstanceRow
from undisc.archive.order import Place
from undisc.dicom.model import Scanned, Value
from undisc.dicom.pixels.model import WireKind
from undisc.dicom.pixels.pack import PackTable

_WIRE = {WireKind.NONE: "", WireKind.HTJ2K: "htj2k", WireKind.RAW_GZIP: "raw"}


def describe_frames(row: InstanceRow, scanned: Scanned, table: PackTable) -> list[tuple[Place, dict[str, Any]]]:
    """One entry a frame of an instance, with the place that decides its order."""
    described = []
    for index, frame in enumerate(table):
        said = scanned.per_frame[index] if index < len(scanned.per_frame) else {}
        values = _Values(scanned.attributes, said)
        position = values.numbers("ImagePositionPatient", 3)
        orientation = values.numbers("ImageOrientationPatient", 6)
        slope = values.number("RescaleSlope")
        slope = 1.0 if slope in (None, 0) else slope
        intercept = values.number("RescaleIntercept") or 0.0
        spacing = _spacing(values)
        entry: dict[str, Any] = {
            "i": row.id,
            "n": index,
            "rows": frame.rows,
            "columns": frame.columns,
            "format": frame.code,
            "samples": frame.samples,
            "wire": _WIRE[frame.wire_kind],
            "bytes": frame.wire.length,
            "slope": slope,
            "intercept": intercept,
            "invert": scanned.text("PhotometricInterpretation") == "MONOCHROME1",
            "window": _windows(values),
            "low": frame.window.low * slope + intercept,
            "high": frame.window.high * slope + intercept,
            "min": frame.minimum,
            "max": frame.maximum,
            "padding": _padding(values),
            "position": position,
            "orientation": orientation,
            "spacing": spacing,
            "aspect": _aspect(values, spacing),
            "thickness": values.number("SliceThickness"),
            "location": values.number("SliceLocation"),
            "number": row.number,
            "damage": frame.reason,
        }
        place = Place(tuple(position or ()), tuple(orientation or ()), row.number, index)
        described.append((place, entry))
    return described


def unit_of(scanned: Scanned) -> str:
    """The unit of modality values, "" where there is none to name (PS3.3 C.11.1.1.2: HU is CT's when none is given)."""
    kind = scanned.text("RescaleType").upper()
    if kind and kind != "US":
        return kind
    if scanned.text("Modality") == "CT" and "RescaleSlope" in scanned.attributes and kind != "US":
        return "HU"
    if scanned.text("Modality") == "PT":
        return {"BQML": "Bq/ml"}.get(scanned.text("Units"), "")
    return ""


def fold(frames: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Split entries into what all of them share and what each says of its own."""
    if not frames:
        return {}, []
    common = {name: value for name, value in frames[0].items() if all(frame.get(name) == value for frame in frames[1:])}
    return common, [{name: value for name, value in frame.items() if name not in common} for frame in frames]


class _Values:
    """A frame's own values first, then those of its instance."""

    def __init__(self, instance: Mapping[str, tuple[Value, ...]], frame: Mapping[str, tuple[Value, ...]]) -> None:
        self._instance = instance
        self._frame = frame

    def all(self, keyword: str) -> tuple[Value, ...]:
        return self._frame.get(keyword) or self._instance.get(keyword) or ()

    def numbers(self, keyword: str, count: int | None = None) -> list[float] | None:
        try:
            found = [float(value) for value in self.all(keyword)]
        except ValueError:
            return None
        if not found or (count is not None and len(found) != count):
            return None
        return found if all(math.isfinite(value) for value in found) else None

    def number(self, keyword: str) -> float | None:
        found = self.numbers(keyword)
        return found[0] if found else None


def _windows(values: _Values) -> list[list[float | str]]:
    centres, widths = values.numbers("WindowCenter"), values.numbers("WindowWidth")
    if not centres or not widths:
        return []
    names = [str(name) for name in values.all("WindowCenterWidthExplanation")]
    pairs = zip(centres, widths, strict=False)
    return [
        [centre, width, names[index] if index < len(names) else ""]
        for index, (centre, width) in enumerate(pairs)
        if width > 0
    ]


def _padding(values: _Values) -> list[float] | None:
    value = values.number("PixelPaddingValue")
    if value is None:
        return None
    limit = values.number("PixelPaddingRangeLimit")
    return sorted([value, value if limit is None else limit])


def _spacing(values: _Values) -> list[float] | None:
    """Row and column spacing in mm; spacing at the detector only where nothing better is given (PS3.3 10.7.1.3)."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        found = values.numbers(keyword, 2)
        if found and min(found) > 0:
            return found
    return None


def _aspect(values: _Values, spacing: list[float] | None) -> float:
    """A pixel's height over its width."""
    ratio = values.numbers("PixelAspectRatio", 2)
    pair = spacing or ratio
    return round(pair[0] / pair[1], 6) if pair and min(pair) > 0 else 1.0
