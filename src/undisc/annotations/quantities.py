"""What measurements come to: lengths, angles and areas worked out anew from their points, whatever the browser said.

`frame` is what a series' manifest tells of the picture, which is what the viewer measured by. Means and deviations are
the browser's, since nothing is decoded here: they count where the picture's own values allow them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from undisc.annotations.content import Code
from undisc.annotations.model import Drawn, Kind, Values

LENGTH = Code("410668003", "SCT", "Length")
ANGLE = Code("1483009", "SCT", "Angle")
COBB = Code("285285000", "SCT", "Cobb angle")
AREA = Code("42798000", "SCT", "Area")
MEAN = Code("373098007", "SCT", "Mean")
DEVIATION = Code("386136009", "SCT", "Standard Deviation")
LEAST = Code("255605001", "SCT", "Minimum")
MOST = Code("56851009", "SCT", "Maximum")
VALUE = Code("112031", "DCM", "Attenuation Coefficient")
SIGNAL = Code("110852", "DCM", "MR signal intensity")
INTENSITY = Code("PIXELVALUE", "99UNDISC", "Pixel value")
MILLIMETRES = Code("mm", "UCUM", "millimeter")
SQUARE_MILLIMETRES = Code("mm2", "UCUM", "square millimeter")
PIXELS = Code("{pixels}", "UCUM", "pixels")
SQUARE_PIXELS = Code("{square_pixels}", "UCUM", "square pixels")
DEGREES = Code("deg", "UCUM", "degree")
_NO_UNIT = Code("1", "UCUM", "no units")
_UNITS = {
    "HU": Code("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "Bq/ml": Code("Bq/ml", "UCUM", "Becquerels/milliliter"),
    "": _NO_UNIT,
}
_MILLIMETRES_OF = {"cm": 10.0, "mm": 1.0}
# What a spacing that does not hold in the patient is worth (PS3.3 10.7.1.3).
_CAVEATS = {
    "magnification": "Lengths by an estimated magnification.",
    "detector": "Lengths at the detector; they are shorter in the patient.",
    "scanned": "Lengths on the scanned film.",
    "unknown": "Lengths not calibrated.",
}

Frame = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quantity:
    """derivation: how it was got from many values, where it was."""

    name: Code
    value: str
    unit: Code
    derivation: Code | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Millimetres, or pixel widths, from one column to the next and from row to row."""

    column: float
    row: float
    millimetres: bool
    caveat: str


def quantities(drawn: Drawn, frame: Frame, modality: str, unit: str) -> list[Quantity]:
    """All that a measurement says in numbers; none for arrows, and in charts of time or speed."""
    scale = scale_for(frame, drawn.points)
    if scale is None:
        return []
    points = drawn.points
    match drawn.kind:
        case Kind.LENGTH:
            unit_of_length = MILLIMETRES if scale.millimetres else PIXELS
            return [Quantity(LENGTH, _written(math.hypot(*_between(points[0], points[1], scale))), unit_of_length)]
        case Kind.ANGLE:
            turned = _degrees(_between(points[1], points[0], scale), _between(points[1], points[2], scale))
            return [] if turned is None else [Quantity(ANGLE, _written(turned), DEGREES)]
        case Kind.COBB:
            turned = _degrees(_between(points[0], points[1], scale), _between(points[2], points[3], scale))
            return [] if turned is None else [Quantity(COBB, _written(min(turned, 180 - turned)), DEGREES)]
        case Kind.ELLIPSE | Kind.RECTANGLE:
            wide, high = _between(points[0], points[1], scale)
            area = abs(wide * high) * (math.pi / 4 if drawn.kind is Kind.ELLIPSE else 1)
            unit_of_area = SQUARE_MILLIMETRES if scale.millimetres else SQUARE_PIXELS
            return [Quantity(AREA, _written(area), unit_of_area), *_of_values(drawn, frame, modality, unit)]
        case Kind.POINT:
            return _of_values(drawn, frame, modality, unit)
        case _:
            return []


def scale_for(frame: Frame, points: Sequence[tuple[float, float]]) -> Scale | None:
    """Of the region of ultrasound that holds all the points, else of the picture; None where it is a chart's."""
    without = Scale(1.0, float(frame.get("aspect") or 1), False, "")
    regions = frame.get("regions") or []
    if regions:
        holding = [region for region in regions if all(_holds(region["box"], point) for point in points)]
        region = min(holding, key=lambda one: _size(one["box"]), default=None)
        if region is None:
            return without
        across, down = (_MILLIMETRES_OF.get(name) for name in region["units"])
        if across is None or down is None:
            return None
        x, y = (abs(step) for step in region["delta"])
        return Scale(x * across, y * down, True, "") if x and y else without
    spacing, calibration = frame.get("spacing"), frame.get("calibration")
    if not spacing or calibration == "none":
        return without
    return Scale(spacing[1], spacing[0], True, _CAVEATS.get(str(calibration), ""))


def _of_values(drawn: Drawn, frame: Frame, modality: str, unit: str) -> list[Quantity]:
    values = drawn.values
    if values is None or frame.get("samples") != 1 or not _is_possible(values, frame):
        return []
    name = VALUE if unit == "HU" else SIGNAL if modality == "MR" else INTENSITY
    found = _UNITS.get(unit, _NO_UNIT)
    if drawn.kind is Kind.POINT:
        return [Quantity(name, _digits(values.mean), found)]
    told = ((MEAN, values.mean), (DEVIATION, values.deviation), (LEAST, values.least), (MOST, values.most))
    return [Quantity(name, _digits(value), found, how) for how, value in told]


def _is_possible(values: Values, frame: Frame) -> bool:
    """Whether a picture with these least and most values can have such a mean and deviation within an outline."""
    slope, intercept = float(frame.get("slope") or 1), float(frame.get("intercept") or 0)
    low, high = sorted(float(frame.get(edge) or 0) * slope + intercept for edge in ("min", "max"))
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    ordered = (low, values.least, values.mean, values.most, high)
    in_order = all(one <= other + slack for one, other in pairwise(ordered))
    # No spread is wider than half of the reach (Popoviciu).
    return in_order and 0 <= values.deviation <= (values.most - values.least) / 2 + slack


def _between(one: tuple[float, float], other: tuple[float, float], scale: Scale) -> tuple[float, float]:
    return (other[0] - one[0]) * scale.column, (other[1] - one[1]) * scale.row


def _degrees(one: tuple[float, float], other: tuple[float, float]) -> float | None:
    if not math.hypot(*one) or not math.hypot(*other):
        return None
    cross, dot = one[0] * other[1] - one[1] * other[0], one[0] * other[0] + one[1] * other[1]
    return abs(math.degrees(math.atan2(cross, dot)))


def _holds(box: Sequence[float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _size(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _written(value: float) -> str:
    return f"{value:.2f}"


def _digits(value: float) -> str:
    """As a decimal string, which has at most 16 characters (PS3.5 6.2)."""
    return f"{value:.7g}"
