"""What a viewer is told of a series: one small entry a frame, and what all frames share said once."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from undisc.archive.measuring import regions_of, spacing_of
from undisc.archive.model import InstanceRow
from undisc.archive.order import Place
from undisc.archive.shutters import shutter_of
from undisc.dicom.model import Scanned, Value
from undisc.dicom.pixels.extras import Extras, Told, table_of
from undisc.dicom.pixels.model import Window, WireKind
from undisc.dicom.pixels.pack import PackTable
from undisc.dicom.pixels.tables import Element, Lookups, LookupTable
from undisc.dicom.pixels.window import (
    edges_of,
    function_of,
    is_inverted,
    own_values,
    padding_of,
    rescale_of,
    stated_window,
)

_MOST_SHARED = 4 << 20  # characters of JSON, of each kind
_WIRE = {WireKind.NONE: "", WireKind.HTJ2K: "htj2k", WireKind.RAW_GZIP: "raw"}


def describe_frames(
    row: InstanceRow, scanned: Scanned, table: PackTable, extras: Extras
) -> list[tuple[Place, dict[str, Any]]]:
    """One entry a frame of an instance, with the place that decides its order."""
    described = []
    model = _model(scanned)
    inverted = is_inverted(scanned, scanned.text("PhotometricInterpretation").strip(" \0").upper())
    shutter, regions = shutter_of(model), regions_of(model)
    for index, frame in enumerate(table):
        said = own_values(scanned, index)
        values = _Values(scanned.attributes, said)
        position = values.numbers("ImagePositionPatient", 3)
        orientation = values.numbers("ImageOrientationPatient", 6)
        slope, intercept = (1.0, 0.0) if extras.modality else rescale_of(scanned, index)
        spacing, calibration = spacing_of(
            values.numbers, scanned.text("Modality"), scanned.text("PixelSpacingCalibrationType").strip()
        )
        tables = extras.tables_of(index) if frame.samples == 1 else []
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
            "invert": inverted and frame.samples == 1,
            "window": _windows(values, function_of(scanned, said)),
            "function": function_of(scanned, said).lower().replace("_", "-"),
            "low": _rounded(frame.window.low * slope + intercept),
            "high": _rounded(frame.window.high * slope + intercept),
            "curve": _curve(scanned, index, tables, frame.window, (slope, intercept))
            if frame.samples == 1
            else "linear",
            "tables": tables,
            "min": frame.minimum,
            "max": frame.maximum,
            "padding": _padding(scanned, extras),
            "position": position,
            "orientation": orientation,
            "toward": None if orientation else _toward(values),
            "spacing": spacing,
            "calibration": calibration,
            "aspect": _aspect(values, spacing),
            "regions": regions,
            "shutter": shutter,
            "overlays": extras.overlays_of(index),
            "duration": _duration(values, index),
            "thickness": values.number("SliceThickness"),
            "location": values.number("SliceLocation"),
            "number": row.number,
            "damage": frame.reason,
        }
        place = Place(tuple(position or ()), tuple(orientation or ()), row.number, index)
        described.append((place, _finite(entry)))
    return described


def _model(scanned: Scanned) -> Element:
    """The header as DICOM JSON, where something is in it that is asked for below."""
    wanted = (b'"00186011":', b'"00181600":')  # Sequence of Ultrasound Regions, Shutter Shape
    return json.loads(scanned.json) if any(tag in scanned.json for tag in wanted) else {}


def _finite(value: Any) -> Any:
    """The value without numbers that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return {name: _finite(item) for name, item in value.items()} if isinstance(value, dict) else value


def _rounded(value: float) -> float:
    """Without the last digits, which only tell that a window went from modality values to stored ones and back."""
    return float(f"{value:.12g}")


def _curve(
    scanned: Scanned, index: int, tables: list[Told], window: Window, rescale: tuple[float, float]
) -> str | Told:
    """How the preview's greys lie between black and white, as `default_window` decided when it was made."""
    lookups = Lookups(voi=tuple(table_of(told) for told in tables[:1]))
    stated = stated_window(scanned, index, lookups)
    if stated is None or window.low != (stated.low - rescale[1]) / rescale[0]:
        return "linear"
    return tables[0] if isinstance(stated.curve, LookupTable) else stated.curve


def share_out(frames: Sequence[dict[str, Any]]) -> dict[str, list[Told]]:
    """Put tables and overlays, which many frames may have alike, into one list each; frames then name their places.

    What would make the whole too large to be read at once is left out.
    """
    tables, overlays = _Shared(), _Shared()
    for frame in frames:
        curve = frame["curve"]
        frame["curve"] = curve if isinstance(curve, str) else tables.place(curve)
        frame["tables"] = tables.places(frame["tables"])
        frame["overlays"] = overlays.places(frame["overlays"])
        if frame["curve"] is None:
            frame["curve"] = "linear"
    return {"tables": tables.things, "overlays": overlays.things}


class _Shared:
    def __init__(self) -> None:
        self.things: list[Told] = []
        self._places: dict[str, int] = {}
        self._size = 0

    def place(self, thing: Told) -> int | None:
        key = json.dumps(thing)
        if key not in self._places:
            if self._size + len(key) > _MOST_SHARED:
                return None
            self._size += len(key)
            self._places[key] = len(self.things)
            self.things.append(thing)
        return self._places[key]

    def places(self, things: list[Told]) -> list[int]:
        return [place for thing in things if (place := self.place(thing)) is not None]


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


def _windows(values: _Values, function: str) -> list[list[float | str]]:
    centres, widths = values.numbers("WindowCenter"), values.numbers("WindowWidth")
    if not centres or not widths:
        return []
    names = [str(name) for name in values.all("WindowCenterWidthExplanation")]
    pairs = zip(centres, widths, strict=False)
    return [
        [centre, width, names[index] if index < len(names) else ""]
        for index, (centre, width) in enumerate(pairs)
        if width > 0 and edges_of(centre, width, function)
    ]


def _padding(scanned: Scanned, extras: Extras) -> list[float] | None:
    if extras.modality:
        return None if extras.padding is None else [extras.padding, extras.padding]
    padding = padding_of(scanned)
    return None if padding is None else list(padding)


def _aspect(values: _Values, spacing: list[float] | None) -> float:
    """A pixel's height over its width."""
    ratio = values.numbers("PixelAspectRatio", 2)
    pair = spacing or ratio
    return round(pair[0] / pair[1], 6) if pair and min(pair) > 0 else 1.0


def _toward(values: _Values) -> list[str] | None:
    """Patient Orientation: the directions of rows and of columns, in letters (PS3.3 C.7.6.1.1.1)."""
    letters = [str(value).strip().upper() for value in values.all("PatientOrientation")]
    return letters if len(letters) == 2 and all(re.fullmatch(r"[A-Z]{1,6}", each) for each in letters) else None


def _duration(values: _Values, index: int) -> float | None:
    """Milliseconds for which a frame of a loop is shown (PS3.3 C.7.6.5): as recommended, else as it was recorded."""
    for keyword in ("RecommendedDisplayFrameRate", "CineRate"):
        rate = values.number(keyword)
        if rate and rate > 0:
            return _within(1000 / rate)
    steps = values.numbers("FrameTimeVector")
    if steps and len(steps) > 1:
        # Each value is the time since the frame before, the first therefore 0.
        return _within(steps[index + 1] if index + 1 < len(steps) else steps[-1])
    time = values.number("FrameTime")
    return _within(time) if time and time > 0 else None


def _within(milliseconds: float) -> float | None:
    return round(milliseconds, 3) if 1 <= milliseconds <= 60_000 else None
