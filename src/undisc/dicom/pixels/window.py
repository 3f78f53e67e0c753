"""Which values are shown as black and white, and what lies between, when nobody has chosen yet (PS3.3 C.11.2)."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from undisc.dicom.model import Scanned, Value
from undisc.dicom.pixels.model import Window
from undisc.dicom.pixels.tables import NO_LOOKUPS, Lookups, LookupTable

_SAMPLED = 65536

Curve = Literal["linear", "sigmoid"] | LookupTable


class Stated(NamedTuple):
    """The header's own choice: the modality values shown as black and as white, and the curve between them."""

    low: float
    high: float
    curve: Curve


def stated_window(scanned: Scanned, index: int, lookups: Lookups = NO_LOOKUPS) -> Stated | None:
    """A VOI LUT before a window, the first of several, as most software has it; None where there is neither."""
    tables = lookups.of_frame(index)
    if tables:
        table = tables[0]
        return Stated(table.first, table.first + max(len(table.values) - 1, 1), table)
    frame = own_values(scanned, index)
    centre, width = number_of(scanned, frame, "WindowCenter"), number_of(scanned, frame, "WindowWidth")
    if centre is None or width is None or width <= 0:
        return None
    edges = edges_of(centre, width, function_of(scanned, frame))
    return edges if edges is not None and np.isfinite(edges.low) and np.isfinite(edges.high) else None


def edges_of(centre: float, width: float, function: str) -> Stated | None:
    """A window's edges by its function (PS3.3 C.11.2.1.2.1, C.11.2.1.3); None where a linear one is under 1 wide."""
    if function == "SIGMOID":
        return Stated(centre - width / 2, centre + width / 2, "sigmoid")
    if function == "LINEAR_EXACT":
        return Stated(centre - width / 2, centre + width / 2, "linear")
    if width < 1:
        return None
    return Stated(centre - 0.5 - (width - 1) / 2, centre - 0.5 + max(width - 1, 1e-3) / 2, "linear")


def function_of(scanned: Scanned, frame: Mapping[str, tuple[Value, ...]]) -> str:
    """The VOI LUT Function in force: "LINEAR", "LINEAR_EXACT" or "SIGMOID"."""
    values = frame.get("VOILUTFunction") or scanned.attributes.get("VOILUTFunction") or ("",)
    function = str(values[0]).strip()
    return function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"


def is_inverted(scanned: Scanned, photometric: str) -> bool:
    """Whether low values are white: MONOCHROME1, or a Presentation LUT Shape that says so of MONOCHROME2."""
    if photometric == "MONOCHROME1":
        return True
    return photometric == "MONOCHROME2" and scanned.text("PresentationLUTShape").strip() == "INVERSE"


def own_values(scanned: Scanned, index: int) -> Mapping[str, tuple[Value, ...]]:
    """What a frame of an enhanced object says of itself."""
    return scanned.per_frame[index] if index < len(scanned.per_frame) else {}


def number_of(scanned: Scanned, frame: Mapping[str, tuple[Value, ...]], keyword: str) -> float | None:
    """The first value, the frame's before the instance's; None where it is no finite number."""
    values = frame.get(keyword) or scanned.attributes.get(keyword)
    try:
        found = float(values[0]) if values else None
    except ValueError:
        return None
    return found if found is not None and np.isfinite(found) else None


def rescale_of(scanned: Scanned, index: int, lookups: Lookups = NO_LOOKUPS) -> tuple[float, float]:
    """Slope and intercept; 1 and 0 where a Modality LUT has been gone through instead."""
    if lookups.modality is not None:
        return 1.0, 0.0
    frame = own_values(scanned, index)
    return number_of(scanned, frame, "RescaleSlope") or 1.0, number_of(scanned, frame, "RescaleIntercept") or 0.0


def default_window(
    scanned: Scanned, index: int, values: np.ndarray, lookups: Lookups = NO_LOOKUPS
) -> tuple[Window, Curve]:
    """The stated window in terms of `values`, else the 1st to the 99th percentile of them, linear.

    values: stored ones, or what a Modality LUT made of them. Padding and values that are not finite take no part. `low`
    is above `high` where the rescale slope is negative.
    """
    slope, intercept = rescale_of(scanned, index, lookups)
    stated = stated_window(scanned, index, lookups)
    if stated is not None:
        low, high = (stated.low - intercept) / slope, (stated.high - intercept) / slope
        if np.isfinite(low) and np.isfinite(high) and low != high:
            return Window(low, high), stated.curve
    low, high = _percentiles(_without_padding(values, padding_of(scanned, lookups)))
    return Window(low, high) if slope > 0 else Window(high, low), "linear"


def padding_of(scanned: Scanned, lookups: Lookups = NO_LOOKUPS) -> tuple[float, float] | None:
    """From which to which value pixels are padding (PS3.3 C.7.5.1.1.2), after a Modality LUT where there is one."""
    value = scanned.number("PixelPaddingValue")
    if value is None or not np.isfinite(value):
        return None
    if lookups.modality is not None:
        return None if lookups.padding is None else (lookups.padding, lookups.padding)
    limit = scanned.number("PixelPaddingRangeLimit")
    if limit is None or not np.isfinite(limit):
        limit = value
    return min(value, limit), max(value, limit)


def _without_padding(values: np.ndarray, padding: tuple[float, float] | None) -> np.ndarray:
    """A sample of the values, flat, without padding and without what is not finite."""
    flat = values.reshape(-1)
    sample = flat[:: max(1, flat.size // _SAMPLED)]
    kept = np.isfinite(sample) if sample.dtype.kind == "f" else None
    if padding is not None:
        real = (sample < padding[0]) | (sample > padding[1])
        kept = real if kept is None else kept & real
    return sample if kept is None else sample[kept]


def _percentiles(sample: np.ndarray) -> Window:
    if not sample.size:
        return Window(0.0, 1.0)
    low, high = (float(edge) for edge in np.percentile(sample, (1, 99)))
    if low == high:
        low, high = float(sample.min()), float(sample.max())
    return Window(low, high) if high > low else Window(low, low + 1.0)
