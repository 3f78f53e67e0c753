"""In which order a person scrolls through a series."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where one frame stands: geometry in mm (patient coordinates), () where it has none."""

    position: tuple[float, ...]
    orientation: tuple[float, ...]
    number: int | None
    frame: int


def display_order(places: Sequence[Place]) -> list[int]:
    """Indices of `places` in display order.

    Parallel slices at as many positions as there are frames go along their normal, from the first towards the last
    acquired; everything else (time series, diffusion, scouts, loops) goes by instance number and frame.
    """
    by_number = sorted(range(len(places)), key=lambda i: (_number(places[i]), places[i].frame, i))
    along = _along_normal(places)
    if along is None:
        return by_number
    ordered = sorted(range(len(places)), key=lambda i: along[i])
    return ordered if _rank(by_number, ordered[0]) <= _rank(by_number, ordered[-1]) else ordered[::-1]


def _number(place: Place) -> float:
    return math.inf if place.number is None else place.number


def _rank(order: Sequence[int], index: int) -> int:
    return order.index(index)


def _along_normal(places: Sequence[Place]) -> list[float] | None:
    if len(places) < 2 or any(len(place.position) != 3 or len(place.orientation) != 6 for place in places):
        return None
    first = places[0].orientation
    if any(abs(a - b) > 1e-3 for place in places for a, b in zip(place.orientation, first, strict=True)):
        return None
    (rx, ry, rz), (cx, cy, cz) = first[:3], first[3:]
    normal = (ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx)
    along = [sum(p * n for p, n in zip(place.position, normal, strict=True)) for place in places]
    spread = sorted(along)
    if any(not math.isfinite(value) for value in along):
        return None
    if any(after - before < 1e-3 for before, after in itertools.pairwise(spread)):
        return None
    return along
