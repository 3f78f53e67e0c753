"""Which stored values a preview shows as black and white, when nobody has chosen yet."""

from collections.abc import Mapping

import numpy as np

from undisc.dicom.model import Scanned, Value
from undisc.dicom.pixels.model import Window

_SAMPLED = 65536


def default_window(scanned: Scanned, index: int, values: np.ndarray) -> Window:
    """The first explicit window (PS3.3 C.11.2.1.2) in stored values, else the 1st to the 99th percentile of `values`.

    Padding and values that are not finite take no part. `low` is above `high` where the rescale slope is negative.
    """
    frame = scanned.per_frame[index] if index < len(scanned.per_frame) else {}
    explicit = _explicit(scanned, frame)
    if explicit is not None:
        slope = _number(scanned, frame, "RescaleSlope") or 1.0
        intercept = _number(scanned, frame, "RescaleIntercept") or 0.0
        low, high = ((edge - intercept) / slope for edge in explicit)
        if np.isfinite(low) and np.isfinite(high) and low != high:
            return Window(low, high)
    return _percentiles(without_padding(scanned, values))


def without_padding(scanned: Scanned, values: np.ndarray) -> np.ndarray:
    """A sample of the values, flat, without Pixel Padding (PS3.3 C.7.5.1.1.2) and without what is not finite."""
    flat = values.reshape(-1)
    sample = flat[:: max(1, flat.size // _SAMPLED)]
    kept = np.isfinite(sample) if sample.dtype.kind == "f" else None
    padding = scanned.number("PixelPaddingValue")
    if padding is not None:
        limit = scanned.number("PixelPaddingRangeLimit")
        low, high = sorted((padding, padding if limit is None else limit))
        real = (sample < low) | (sample > high)
        kept = real if kept is None else kept & real
    return sample if kept is None else sample[kept]


def _percentiles(sample: np.ndarray) -> Window:
    if not sample.size:
        return Window(0.0, 1.0)
    low, high = (float(edge) for edge in np.percentile(sample, (1, 99)))
    if low == high:
        low, high = float(sample.min()), float(sample.max())
    return Window(low, high) if high > low else Window(low, low + 1.0)


def _explicit(scanned: Scanned, frame: Mapping[str, tuple[Value, ...]]) -> tuple[float, float] | None:
    centre, width = _number(scanned, frame, "WindowCenter"), _number(scanned, frame, "WindowWidth")
    if centre is None or width is None or not np.isfinite(centre) or not np.isfinite(width) or width <= 0:
        return None
    function = scanned.text("VOILUTFunction").strip()
    if function in ("LINEAR_EXACT", "SIGMOID"):
        return centre - width / 2, centre + width / 2
    if width < 1:
        return None
    return centre - 0.5 - (width - 1) / 2, centre - 0.5 + max(width - 1, 1e-3) / 2


def _number(scanned: Scanned, frame: Mapping[str, tuple[Value, ...]], keyword: str) -> float | None:
    values = frame.get(keyword)
    if not values:
        return scanned.number(keyword)
    try:
        return float(values[0])
    except ValueError:
        return None
