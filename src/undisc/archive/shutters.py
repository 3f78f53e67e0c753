"""What of a picture is not to be seen: the Display Shutter (PS3.3 C.7.6.11)."""

from typing import Any

from undisc.dicom.pixels.tables import Element, values_of

_MOST_CORNERS = 4096


def shutter_of(model: Element) -> dict[str, Any] | None:
    """The shutter in columns and rows of the picture, from the corner of its first pixel; None where there is none."""
    shapes = {str(shape).strip() for shape in values_of(model, "00181600")}
    told: dict[str, Any] = {}
    if "RECTANGULAR" in shapes:
        edges = [_whole(model, tag) for tag in ("00181602", "00181606", "00181604", "00181608")]
        left, top, right, bottom = edges
        if left is not None and top is not None and right is not None and bottom is not None:
            told["rectangle"] = [left - 1, top - 1, right, bottom]
    if "CIRCULAR" in shapes:
        centre, radius = _wholes(model, "00181610"), _whole(model, "00181612")
        if len(centre) == 2 and radius:
            told["circle"] = [centre[1] - 0.5, centre[0] - 0.5, radius]
    if "POLYGONAL" in shapes:
        corners = _wholes(model, "00181620")[: 2 * _MOST_CORNERS]
        told["polygon"] = [[column - 0.5, row - 0.5] for row, column in zip(corners[::2], corners[1::2], strict=False)]
    return told | {"shade": shade_of(model)} if told else None


def shade_of(model: Element) -> float:
    """What a shutter is covered with, from 0 (black) to 1."""
    shade = _whole(model, "00181622")
    return round(shade / 65535, 4) if shade is not None and 0 <= shade <= 65535 else 0


def _wholes(model: Element, tag: str) -> list[int]:
    found = values_of(model, tag)
    return found if all(isinstance(value, int) and abs(value) < 1 << 31 for value in found) else []


def _whole(model: Element, tag: str) -> int | None:
    found = _wholes(model, tag)
    return found[0] if found else None
