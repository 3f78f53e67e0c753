"""Reads notes as the viewer sends them. Nothing of it is believed: what does not fit is refused as a whole."""

import json
import unicodedata
from typing import Any, Literal, TypeGuard

from undisc.annotations.model import POINTS, Drawn, Kind, Notes, Picture, Values

MOST_BYTES = 256 * 1024
MOST_NOTES = 500
LONGEST_WORDS = 400
_LARGEST = 1e6
_MOST_VALUE = 1e15


def read(body: bytes) -> Notes | None:
    """Notes out of `{"measurements": [...], "stars": [...]}`; None where they are not what the viewer makes."""
    if len(body) > MOST_BYTES:
        return None
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    measurements, stars = (told.get(part) for part in ("measurements", "stars")) if _is_object(told) else (None, None)
    if not _is_list(measurements) or not _is_list(stars):
        return None
    drawn = [_drawn(each) for each in measurements]
    starred = [_picture(each) for each in stars]
    if None in drawn or None in starred:
        return None
    return Notes(tuple(each for each in drawn if each), tuple(dict.fromkeys(each for each in starred if each)))


def _drawn(told: Any) -> Drawn | None:
    if not _is_object(told) or told.get("kind") not in list(Kind):
        return None
    kind, on, words = Kind(told["kind"]), _picture(told.get("on")), told.get("words")
    points = told.get("points")
    if on is None or not isinstance(words, str) or not isinstance(points, list) or len(points) != POINTS[kind]:
        return None
    placed = [_point(each) for each in points]
    values = _values(told.get("values"))
    if None in placed or values is False:
        return None
    return Drawn(kind, on, tuple(each for each in placed if each), _plain(words), values)


def _values(told: Any) -> Values | Literal[False] | None:
    """None where there are none; False where they are something else."""
    if told is None:
        return None
    found = [told.get(name) for name in ("mean", "deviation", "least", "most")] if _is_object(told) else []
    numbers = [float(each) for each in found if _is_finite(each)]
    return Values(*numbers) if len(numbers) == 4 else False


def _picture(told: Any) -> Picture | None:
    if not _is_object(told):
        return None
    instance, frame = told.get("instance"), told.get("frame")
    return Picture(instance, frame) if _is_count(instance) and _is_count(frame) else None


def _point(told: Any) -> tuple[float, float] | None:
    if not _is_object(told):
        return None
    column, row = told.get("column"), told.get("row")
    return (float(column), float(row)) if _is_place(column) and _is_place(row) else None


def _plain(words: str) -> str:
    """Words without what would be no character of a text (PS3.5 6.2, ST): control characters, lone surrogates."""
    kept = (each if each == "\n" or unicodedata.category(each) not in ("Cc", "Cs") else " " for each in words)
    return "".join(kept).strip()[:LONGEST_WORDS]


def _is_object(told: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(told, dict)


def _is_list(told: Any) -> TypeGuard[list[Any]]:
    return isinstance(told, list) and len(told) <= MOST_NOTES


def _is_count(told: Any) -> TypeGuard[int]:
    return isinstance(told, int) and not isinstance(told, bool) and 0 <= told < 2**31


def _is_place(told: Any) -> TypeGuard[float]:
    return _is_finite(told) and abs(told) < _LARGEST


def _is_finite(told: Any) -> TypeGuard[float]:
    if not isinstance(told, int | float) or isinstance(told, bool):
        return False
    # Far beyond what any pixel holds, and whole numbers in JSON have no end.
    return -_MOST_VALUE < told < _MOST_VALUE
