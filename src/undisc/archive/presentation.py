"""Softcopy presentation states (PS3.3 A.33): how somebody left pictures of a study, as a viewer is told of it."""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from undisc.archive.shutters import shade_of, shutter_of
from undisc.dicom.pixels.colour import palette_of
from undisc.dicom.pixels.extras import told_table
from undisc.dicom.pixels.overlays import GROUPS, planes_of
from undisc.dicom.pixels.tables import Buffer, Element, items, read_table, values_of
from undisc.dicom.pixels.window import edges_of

SOP_CLASSES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.11.{kind}"
    for kind in (1, 2, 3, 5)  # greyscale, colour, pseudo-colour, XA/XRF greyscale
)
_PSEUDO_COLOUR = "1.2.840.10008.5.1.4.1.1.11.3"

_REFERENCED_SERIES, _REFERENCED_IMAGES = "00081115", "00081140"
_VOI, _ANNOTATIONS, _AREAS = "00283110", "00700001", "0070005A"
_SHUTTER_GROUP = "00181623"
_MOST_OVERLAYS = 64
_MOST_COLOURS = 4096
_MOST_SHAPES = 2000
_MOST_POINTS = 4000
_MOST_IMAGES = 10_000
_LONGEST_TEXT = 1000
_SPACES = {"PIXEL": "picture", "DISPLAY": "area"}
_KINDS = {"POINT": "point", "POLYLINE": "line", "INTERPOLATED": "curve", "CIRCLE": "circle", "ELLIPSE": "ellipse"}


class Image(NamedTuple):
    """A picture that is kept: its row, and how many frames it has."""

    id: int
    frames: int


def referenced_images(model: Element) -> list[str]:
    """The SOP Instance UIDs of the pictures that a state is about."""
    series = items(model, _REFERENCED_SERIES)
    found = [_text(image, "00081155") for one in series for image in items(one, _REFERENCED_IMAGES)]
    return [uid for uid in dict.fromkeys(found) if uid][:_MOST_IMAGES]


def describe_state(model: Element, images: Mapping[str, Image], data: Buffer, big_endian: bool) -> dict[str, Any]:
    """What a viewer is told of a state, for those of its pictures that are here.

    Its `parts` hold what is alike for some pictures: `images` maps their rows to frames, or to null for all of them.
    """
    shutter, overlays = _planes(model, data, big_endian)
    windows = [_window(item, data, big_endian) for item in items(model, _VOI)]
    areas = [_area(item) for item in items(model, _AREAS)]
    shapes = _shapes(items(model, _ANNOTATIONS))
    parts: dict[tuple[Any, ...], dict[int, list[int] | None]] = {}
    references = [image for one in items(model, _REFERENCED_SERIES) for image in items(one, _REFERENCED_IMAGES)]
    for reference in references[:_MOST_IMAGES]:
        image = images.get(_text(reference, "00081155"))
        if image is None:
            continue
        uid = _text(reference, "00081155")
        for frame in _frames(model, reference, uid, image):
            key = (
                _first(items(model, _VOI), uid, frame),
                _first(items(model, _AREAS), uid, frame),
                tuple(at for at, item in enumerate(items(model, _ANNOTATIONS)) if _is_about(item, uid, frame)),
            )
            told = parts.setdefault(key, {})
            known = told.get(image.id)
            told[image.id] = None if frame is None else [*(known or []), frame]
    return {
        "title": _text(model, "00700080") or "",
        "description": _text(model, "00700081") or "",
        "date": _text(model, "00700082") or "",
        "inverse": _text(model, "20500020") == "INVERSE",
        "rescale": _rescale(model),
        "rotation": _rotation(model),
        "flip": _text(model, "00700041") == "Y",
        "shutter": shutter,
        "overlays": overlays,
        "shades": _shades(model, data, big_endian),
        "palette": _palette(model, data, big_endian) if _text(model, "00080016") == _PSEUDO_COLOUR else None,
        "parts": [
            {
                "images": {str(row): frames for row, frames in told.items()},
                "window": None if voi is None else windows[voi],
                "area": None if area is None else areas[area],
                "shapes": [shape for at in annotations for shape in shapes[at]],
            }
            for (voi, area, annotations), told in parts.items()
        ],
    }


def _planes(model: Element, data: Buffer, big_endian: bool) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The shutter, which may be one of the state's own overlays (PS3.3 C.7.6.15), and those that are to be seen."""
    shutter = shutter_of(model)
    by_bits = "BITMAP" in {str(shape).strip() for shape in values_of(model, "00181600")}
    groups = [group for group in values_of(model, _SHUTTER_GROUP) if isinstance(group, int)] if by_bits else []
    for group in groups[:1]:
        bits = next(planes_of(data, model, group, big_endian), None) if group in GROUPS else None
        if bits is not None:
            shutter = (shutter or {"shade": shade_of(model)}) | {"bitmap": bits.told()}
    # Without a layer to lie in, an overlay is there and not seen (PS3.3 C.11.7).
    seen = [group for group in GROUPS if group not in groups and _text(model, f"{group:04X}1001")]
    found = [overlay for group in seen for overlay in islice(planes_of(data, model, group, big_endian), _MOST_OVERLAYS)]
    return shutter, [overlay.told() | {"frame": overlay.frame} for overlay in found[:_MOST_OVERLAYS]]


def _shades(model: Element, data: Buffer, big_endian: bool) -> dict[str, Any] | None:
    """The Presentation LUT (PS3.3 C.11.6), which what the window makes goes through; None where it changes nothing."""
    table = next((read_table(data, one, False, big_endian) for one in items(model, "20500010")), None)
    return None if table is None else told_table(table)


def _palette(model: Element, data: Buffer, big_endian: bool) -> str | None:
    """What greys are coloured with: three bytes for each from black to white, base64."""
    found = palette_of(data, model, False, big_endian)
    if found is None:
        return None
    table = found.table
    if len(table) > _MOST_COLOURS:
        table = table[np.linspace(0, len(table) - 1, _MOST_COLOURS).round().astype(int)]
    return base64.b64encode(np.ascontiguousarray(table).tobytes()).decode()


def _frames(model: Element, reference: Element, uid: str, image: Image) -> Iterable[int | None]:
    """Each frame by itself where the state tells any of this picture's apart, else None for all of them."""
    sequences = (items(model, tag) for tag in (_VOI, _AREAS, _ANNOTATIONS))
    within = [of for found in sequences for item in found for of in items(item, _REFERENCED_IMAGES)]
    numbered = [_numbers(of) for of in (reference, *within) if _text(of, "00081155") == uid]
    if not any(numbered):
        return [None]
    own = _numbers(reference)
    return [frame for frame in range(min(image.frames, _MOST_IMAGES)) if not own or frame + 1 in own]


def _is_about(item: Element, uid: str, frame: int | None) -> bool:
    references = items(item, _REFERENCED_IMAGES)
    if not references:
        return True
    for reference in references:
        if _text(reference, "00081155") == uid:
            numbers = _numbers(reference)
            return not numbers or frame is None or frame + 1 in numbers
    return False


def _first(found: Sequence[Element], uid: str, frame: int | None) -> int | None:
    return next((at for at, item in enumerate(found) if _is_about(item, uid, frame)), None)


def _numbers(reference: Element) -> set[int]:
    return {value for value in values_of(reference, "00081160") if isinstance(value, int)}


def _window(item: Element, data: Buffer, big_endian: bool) -> dict[str, Any] | None:
    """Edges and curve in the modality values of the state's own rescale."""
    table = next((read_table(data, one, False, big_endian) for one in items(item, "00283010")), None)
    if table is not None:
        last = table.first + max(len(table.values) - 1, 1)
        return {"low": table.first, "high": last, "curve": told_table(table)}
    centre, width = _number(item, "00281050"), _number(item, "00281051")
    if centre is None or width is None or width <= 0:
        return None
    edges = edges_of(centre, width, _text(item, "00281056"))
    return None if edges is None else {"low": edges.low, "high": edges.high, "curve": str(edges.curve)}


def _rescale(model: Element) -> list[float] | None:
    """Slope and intercept; None where a Modality LUT is meant, which the pictures have gone through already."""
    if items(model, "00283000"):
        return None
    return [_number(model, "00281053") or 1.0, _number(model, "00281052") or 0.0]


def _rotation(model: Element) -> int:
    turned = _number(model, "00700042") or 0
    return int(turned) % 360 if turned % 90 == 0 else 0


def _area(item: Element) -> list[float] | None:
    """Left, top, right and bottom edge; either corner may be given first, where the picture is turned."""
    corners = [*values_of(item, "00700052"), *values_of(item, "00700053")]
    if len(corners) != 4 or not all(isinstance(value, int) and abs(value) < 1 << 31 for value in corners):
        return None
    left, right = sorted((corners[0], corners[2]))
    top, bottom = sorted((corners[1], corners[3]))
    return [left - 1, top - 1, right, bottom]


def _shapes(annotations: Sequence[Element]) -> list[list[dict[str, Any]]]:
    told: list[list[dict[str, Any]]] = []
    left = _MOST_SHAPES
    for annotation in annotations:
        graphics = [_graphic(item) for item in items(annotation, "00700009")[:left]]
        texts = [_words(item) for item in items(annotation, "00700008")[:left]]
        found = [shape for shape in (*graphics, *texts) if shape is not None][:left]
        left -= len(found)
        told.append(found)
    return told


def _graphic(item: Element) -> dict[str, Any] | None:
    kind, space = _KINDS.get(_text(item, "00700023")), _SPACES.get(_text(item, "00700005"))
    points = _floats(item, "00700022")
    enough = {"point": 2, "circle": 4, "ellipse": 8}.get(kind or "", 4)
    if kind is None or space is None or points is None or len(points) < enough or len(points) % 2:
        return None
    return {"kind": kind, "space": space, "points": points, "filled": _text(item, "00700024") == "Y"}


def _words(item: Element) -> dict[str, Any] | None:
    text = _text(item, "00700006").replace("\r\n", "\n").replace("\r", "\n").strip()[:_LONGEST_TEXT]
    corners, anchor = _floats(item, "00700010", "00700011"), _floats(item, "00700014")
    box_space, anchor_space = _SPACES.get(_text(item, "00700003")), _SPACES.get(_text(item, "00700004"))
    box = corners if corners is not None and len(corners) == 4 and box_space else None
    point = anchor if anchor is not None and len(anchor) == 2 and anchor_space else None
    if not text or (box is None and point is None):
        return None
    points_at = point is not None and (box is None or _text(item, "00700015") == "Y")
    return {
        "kind": "text",
        "text": text,
        "box": box,
        "box_space": box_space,
        "anchor": point if points_at else None,
        "anchor_space": anchor_space,
    }


def _floats(item: Element, *tags: str) -> list[float] | None:
    found = [value for tag in tags for value in values_of(item, tag)][: 2 * _MOST_POINTS]
    if not all(isinstance(value, int | float) and math.isfinite(value) and abs(value) < 1e7 for value in found):
        return None
    return [round(value, 3) for value in found]


def _number(item: Element, tag: str) -> float | None:
    values = values_of(item, tag)
    if not values or not isinstance(values[0], int | float) or not math.isfinite(values[0]):
        return None
    return float(values[0])


def _text(item: Element, tag: str) -> str:
    values = values_of(item, tag)
    return str(values[0]).strip() if values and isinstance(values[0], str) else ""
