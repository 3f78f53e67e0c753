"""Small pictures: shrunk by area, windowed to 8 bits; previews coded as WebP, the minis of strips as JPEG."""

import imagecodecs
import numpy as np

from undisc.dicom.pixels.model import Window
from undisc.dicom.pixels.tables import LookupTable
from undisc.dicom.pixels.window import Curve

PREVIEW_SIDE = 256
MINI_SIDE = 128
_QUALITY = 50
_MINI_QUALITY = 55
_FASTEST = 0


def render_preview(
    values: np.ndarray,
    window: Window | None,
    inverted: bool,
    side: int,
    curve: Curve = "linear",
    padding: tuple[float, float] | None = None,
) -> np.ndarray:
    """(rows, columns) of any number, or (rows, columns, 3) u1, as u1 with at most `side` pixels on the longer side.

    Grey: `window.low` and below is 0, `window.high` and above is 255, by the curve between them, turned over where
    `inverted`; padding is 0 in any case, and takes no part in what lies beside it. Colour goes as it is. Pixels keep
    their grid: where they are not square the viewer stretches the picture.
    """
    if window is None or values.ndim == 3:
        small = shrink(values, side)
        return small if small.dtype == np.uint8 else np.rint(small).astype("u1")
    small, empty = _without_padding(values, side, padding)
    grey = _linear(small, window, inverted) if curve == "linear" else _curved(small, window, inverted, curve)
    if values.dtype.kind == "f":
        np.nan_to_num(grey, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    shown = np.clip(grey, np.float32(0), np.float32(255), out=grey).astype("u1")
    if empty is not None:
        shown[empty] = 0
    return shown


def _linear(values: np.ndarray, window: Window, inverted: bool) -> np.ndarray:
    low, high = (window.high, window.low) if inverted else window
    scale = 255.0 / (high - low)
    grey = np.multiply(values, np.float32(scale), dtype=np.float32)
    grey += np.float32(0.5 - low * scale)
    return grey


def _curved(values: np.ndarray, window: Window, inverted: bool, curve: Curve) -> np.ndarray:
    part = (values.astype(np.float64) - window.low) / (window.high - window.low)
    if isinstance(curve, LookupTable):
        shades = curve.shades()
        steps = np.nan_to_num(part * (len(shades) - 1))
        shade = shades[np.clip(np.rint(steps), 0, len(shades) - 1).astype(np.intp)]
    else:  # PS3.3 C.11.2.1.3.1
        shade = 1.0 / (1.0 + np.exp(np.clip(-4.0 * (part - 0.5), -60.0, 60.0)))
    return ((1.0 - shade if inverted else shade) * 255.0 + 0.5).astype(np.float32)


def _without_padding(
    values: np.ndarray, side: int, padding: tuple[float, float] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The values shrunk, and where there is nothing but padding."""
    if padding is None:
        return shrink(values, side), None
    low, high = padding
    shown = values != low if low == high else ~((values >= low) & (values <= high))
    if shown.all():
        return shrink(values, side), None
    if max(values.shape) <= side:
        return values, ~shown
    share = shrink(shown.view(np.uint8), side)
    if low == high and values.dtype.kind != "f" and values.itemsize <= 2:  # the quick way, exact enough for such values
        total = shrink(values, side)
        if low:
            total -= np.float32(low) * (1 - share)
    else:
        total = shrink(np.where(shown, values, 0), side)
    empty = share < 0.5 / values.size
    np.maximum(share, np.float32(1e-6), out=share)
    total /= share
    return total, empty


def webp(picture: np.ndarray) -> bytes:
    """u1 grey or RGB as lossy WebP."""
    rgb = np.empty((*picture.shape[:2], 3), "u1")
    for sample in range(3):  # three strided copies take half the time of one that broadcasts
        rgb[:, :, sample] = picture[:, :, sample] if picture.ndim == 3 else picture
    return bytes(
        imagecodecs.webp_encode(rgb, _QUALITY, lossless=False, method=_FASTEST, numthreads=0)
    )  # with 1 it starts one


def jpeg(picture: np.ndarray) -> bytes:
    """u1 grey or RGB as JPEG: at the size of a mini as small as WebP, for a tenth of the work."""
    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(picture), _MINI_QUALITY, optimize=True))


def shrink(values: np.ndarray, side: int) -> np.ndarray:
    """Area average to at most `side` on the longer side, as f4; the same array where it is small enough already."""
    rows, columns = values.shape[:2]
    longer = max(rows, columns)
    if longer <= side:
        return values
    count, across = max(1, round(rows * side / longer)), max(1, round(columns * side / longer))
    if rows % count == 0 and columns % across == 0:
        whole = _summed(values, rows // count, columns // across)
        if whole is not None:
            return np.multiply(whole, np.float32(1 / (rows // count) / (columns // across)), dtype=np.float32)
    short = _averaged(values, count)
    turned = _averaged(np.swapaxes(short, 0, 1), across)
    return np.swapaxes(turned, 0, 1)


def _summed(values: np.ndarray, each: int, across: int) -> np.ndarray | None:
    """Sums of blocks of whole pixels, in the values' own type where that holds them: several times as quick as f4."""
    if values.dtype.kind not in "ui" or values.itemsize > 2:
        return None
    most = np.iinfo(values.dtype).max // (each * across)
    if values.max() > most or (values.dtype.kind == "i" and values.min() < -most):
        return None
    total = values[::each]
    for tap in range(1, each):
        total = total + values[tap::each]
    whole = total[:, ::across]
    for tap in range(1, across):
        whole = whole + total[:, tap::across]
    return whole


def _averaged(values: np.ndarray, count: int) -> np.ndarray:
    """The first axis in `count` equal stretches, each the mean of what it covers, parts of a row by their share."""
    size = values.shape[0]
    if count == size:
        return values.astype(np.float32, copy=False)
    if size % count == 0:
        every = size // count
        total = values[::every].astype(np.float32)
        for tap in range(1, every):
            total += values[tap::every]
        total *= np.float32(1 / every)
        return total
    step = size / count
    starts = np.arange(count) * step
    first = np.minimum(starts.astype(np.intp), size - 1)
    shape = (count,) + (1,) * (values.ndim - 1)
    total = np.zeros((count, *values.shape[1:]), np.float32)
    for tap in range(int(np.ceil(step)) + 1):
        at = first + tap
        share = np.clip(np.minimum(at + 1, starts + step) - np.maximum(at, starts), 0, None)
        if not share.any():
            continue
        total += values[np.minimum(at, size - 1)] * (share / step).astype(np.float32).reshape(shape)
    return total
