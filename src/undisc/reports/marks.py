"""What a structured report marks on pictures (PS3.3 C.18.6): its spatial coordinates, and what it says of each.

The tree is walked within bounds, as `structured` does; what lies beyond them, or on pictures that are not here, is left
out.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from undisc.reports.elements import Item, first_item, items, numbers, person, text, values
from undisc.reports.structured import MOST_DEPTH, MOST_ITEMS, Resolve, coded, measured
from undisc.reports.units import joined

MOST_MARKS = 1000
_MOST_POINTS = 4000
_MOST_LINES = 6
_LONGEST = 200
_CONTENT, _TYPE, _NAME = "0040A730", "0040A040", "0040A043"
_KINDS = {"POINT": "point", "POLYLINE": "line", "CIRCLE": "circle", "ELLIPSE": "ellipse", "POLYGON": "line"}
_LEAST_NUMBERS = {"point": 2, "line": 4, "circle": 4, "ellipse": 8}
_TRACKED, _DERIVED = "112039 DCM", "121401 DCM"


class _Mark(NamedTuple):
    """Shapes on one picture. frames: from 1; none where it is all of them."""

    uid: str
    frames: tuple[int, ...]
    shapes: list[dict[str, Any]]
    words: str


def read_marks(model: Item, resolve: Resolve) -> list[dict[str, Any]]:
    """What is drawn on which picture, as a viewer is told of it. resolve: where pictures lie, by their UIDs."""
    found = _of_one_saying(_Walk(model).marks())
    places = resolve({mark.uid for mark in found}) if found else {}
    return [
        {
            "instance": place.instance,
            "frames": [frame - 1 for frame in mark.frames] or None,
            "shapes": mark.shapes,
            "words": mark.words,
        }
        for mark in found
        if (place := places.get(mark.uid))
    ]


def _of_one_saying(marks: Iterator[_Mark]) -> list[_Mark]:
    """Marks of which the same is said, one after the other on one picture, say it once."""
    kept: list[_Mark] = []
    for mark in marks:
        last = kept[-1] if kept else None
        if last is not None and last.words and last[:2] == mark[:2] and last.words == mark.words:
            last.shapes.extend(mark.shapes)
        else:
            kept.append(mark)
        if len(kept) == MOST_MARKS:
            break
    return kept


class _Walk:
    def __init__(self, root: Item) -> None:
        self._root = root
        self._items = MOST_ITEMS

    def marks(self) -> Iterator[_Mark]:
        yield from self._below([self._root])

    def _below(self, path: Sequence[Item]) -> Iterator[_Mark]:
        if len(path) > MOST_DEPTH:
            return
        for child in items(path[-1], _CONTENT):
            if self._items <= 0:
                return
            self._items -= 1
            if text(child, _TYPE).upper() == "SCOORD" and (shapes := _shapes(child)):
                for uid, frames in self._pictures(child, path):
                    yield _Mark(uid, frames, shapes, _words(path))
            yield from self._below([*path, child])

    def _pictures(self, mark: Item, path: Sequence[Item]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The pictures that a mark was selected from: its children, by value or by reference."""
        found = [self._referenced(child) for child in items(mark, _CONTENT)]
        # Reports from before 2003 have the mark below its picture.
        for item in [*found, path[-1]]:
            picture = first_item(item, "00081199")
            uid = text(picture, "00081155")
            if uid and text(item, _TYPE).upper() in ("IMAGE", "COMPOSITE"):
                yield uid, tuple(int(frame) for frame in numbers(picture, "00081160")[:100] if 1 <= frame < 1e9)

    def _referenced(self, item: Item) -> Item:
        steps = values(item, "0040DB73")
        if not steps:
            return item
        found = self._root
        for step in steps[1 : MOST_DEPTH + 1]:
            children = list(items(found, _CONTENT))
            if not isinstance(step, int) or not 1 <= step <= len(children):
                return {}
            found = children[step - 1]
        return found


def _shapes(mark: Item) -> list[dict[str, Any]]:
    """In columns and rows, from the corner of the picture's first pixel (PS3.3 C.18.6.1.1)."""
    told, points = text(mark, "00700023").upper(), numbers(mark, "00700022")
    if not points or len(points) % 2 or len(points) > 2 * _MOST_POINTS or any(abs(each) > 1e7 for each in points):
        return []
    points = [round(each, 3) for each in points]
    if told == "MULTIPOINT":
        return [_shape("point", points[at : at + 2]) for at in range(0, len(points), 2)]
    kind = _KINDS.get(told)
    if kind is None or len(points) < _LEAST_NUMBERS[kind]:
        return []
    return [_shape(kind, [*points, *points[:2]] if told == "POLYGON" else points)]


def _shape(kind: str, points: list[float]) -> dict[str, Any]:
    return {"kind": kind, "space": "picture", "points": points, "filled": False}


def _words(path: Sequence[Item]) -> str:
    """What is said of a mark: the measurement that it is of; of a region, all that was measured in it."""
    holder = path[-1]
    lines = [_said(holder)] if text(holder, _TYPE).upper() != "CONTAINER" else []
    if not any(lines):
        within = list(items(holder, _CONTENT))
        tracked = [text(one, "0040A160") for one in within if coded(first_item(one, _NAME))[1] == _TRACKED]
        numbered = [_said(one) for one in within if text(one, _TYPE).upper() == "NUM"]
        lines = numbered or tracked or [coded(first_item(holder, _NAME))[0]]
    return "\n".join(line[:_LONGEST] for line in lines[:_MOST_LINES] if line)


def _said(item: Item) -> str:
    name = coded(first_item(item, _NAME))[0]
    match text(item, _TYPE).upper():
        case "NUM":
            number, unit, _ = measured(item)
            said = joined(number, unit)
            name = derived_name(item) or name
        case "CODE":
            said = coded(first_item(item, "0040A168"))[0]
        case "TEXT":
            return text(item, "0040A160")
            # A comment is what it says.
        case "PNAME":
            said = person(text(item, "0040A123"))
        case _:
            return ""
    return f"{name}: {said}" if name and said else said


def derived_name(item: Item) -> str:
    """How a number was got from many, "Mean" and the like (PS3.16 TID 300); "" where it was not."""
    how = [one for one in items(item, _CONTENT) if coded(first_item(one, _NAME))[1] == _DERIVED]
    return coded(first_item(how[0], "0040A168"))[0] if how else ""
