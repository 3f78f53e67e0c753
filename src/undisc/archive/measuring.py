"""How large things in a picture are: its spacing, what that says of the patient, and regions of ultrasound."""

import math
from collections.abc import Callable
from typing import Any

from undisc.dicom.pixels.tables import Element, items, values_of

_PROJECTIONS = {"CR", "DX", "MG", "RG", "RF", "XA", "XC", "IO", "PX"}
_REGIONS = "00186011"
_UNITS = ("", "%", "dB", "cm", "s", "Hz", "dB/s", "cm/s", "cm²", "cm²/s", "cm³", "cm³/s", "°")
_MOST_REGIONS = 64

Numbers = Callable[[str, int], list[float] | None]


def spacing_of(numbers: Numbers, modality: str, calibration: str) -> tuple[list[float] | None, str]:
    """Row and column spacing in mm, and what it says of lengths in the patient (PS3.3 10.7.1.3).

    numbers: finite values of a keyword if there are that many. calibration: Pixel Spacing Calibration Type.
    """
    given, detector = _positive(numbers("PixelSpacing", 2)), _positive(numbers("ImagerPixelSpacing", 2))
    if (given and detector and given != detector) or (given and calibration in ("GEOMETRY", "FIDUCIAL")):
        return given, {"GEOMETRY": "geometry", "FIDUCIAL": "fiducial"}.get(calibration, "corrected")
    if detector:
        enlarged = numbers("EstimatedRadiographicMagnificationFactor", 1)
        if enlarged and enlarged[0] >= 1:
            return [round(value / enlarged[0], 9) for value in detector], "magnification"
        return detector, "detector"
    if given:
        return given, "unknown" if modality in _PROJECTIONS else "given"
    scanned = _positive(numbers("NominalScannedPixelSpacing", 2))
    return (scanned, "scanned") if scanned else (None, "none")


def _positive(pair: list[float] | None) -> list[float] | None:
    return pair if pair and min(pair) > 0 else None


def regions_of(model: Element) -> list[dict[str, Any]]:
    """The regions of an ultrasound picture (PS3.3 C.8.5.5), as a viewer is told of them."""
    told = []
    for item in items(model, _REGIONS)[:_MOST_REGIONS]:
        box = [_number(item, tag) for tag in ("00186018", "0018601A", "0018601C", "0018601E")]
        delta = [_number(item, tag) for tag in ("0018602C", "0018602E")]
        if None in box or None in delta:
            continue
        left, top, right, bottom = (int(edge) for edge in box if edge is not None)
        reference = [_number(item, tag) for tag in ("00186020", "00186022")]
        at = [_number(item, tag) for tag in ("00186028", "0018602A")]
        told.append(
            {
                "box": [left, top, right + 1, bottom + 1],
                "format": int(_number(item, "00186012") or 0),
                "units": [_unit(item, "00186024"), _unit(item, "00186026")],
                "delta": delta,
                "reference": None if None in reference else reference,
                "reference_value": None if None in at else at,
            }
        )
    return told


def _unit(item: Element, tag: str) -> str:
    code = _number(item, tag) or 0
    return _UNITS[int(code)] if 0 <= code < len(_UNITS) else ""


def _number(item: Element, tag: str) -> float | None:
    values = values_of(item, tag)
    if not values or not isinstance(values[0], int | float) or not math.isfinite(values[0]):
        return None
    return values[0] if abs(values[0]) < 1e12 else None
