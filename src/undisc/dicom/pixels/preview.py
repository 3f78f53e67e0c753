"""Small pictures: shrunk by area, windowed to 8 bits; previews coded as WebP, the minis of strips as JPEG."""

import imagecodecs
import numpy as np

from undisc.dicom.pixels.model import Window

PREVIEW_SIDE = 256
MINI_SIDE = 128
_QUALITY = 50
_MINI_QUALITY = 55
_FASTEST = 0


def render_preview(values: np.ndarray, window: Window | None, inverted: bool, side: int) -> np.ndarray:
    """(rows, columns) of any number, or (rows, columns, 3) u1, as u1 with at most `side` pixels on the longer side.

    Grey: `window.low` and below is 0, `window.high` and above is 255, turned over where `inverted`; colour goes as it
    is. Pixels keep their grid: where they are not square the viewer stretches the picture.
    """
    small = shrink(values, side)
    if window is None or values.ndim == 3:
        return small if small.dtype == np.uint8 else np.rint(small).astype("u1")
    low, high = (window.high, window.low) if inverted else window
    scale = 255.0 / (high - low)
    grey = np.multiply(small, np.float32(scale), dtype=np.float32)
    grey += np.float32(0.5 - low * scale)
    if values.dtype.kind == "f":
        np.nan_to_num(grey, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.clip(grey, np.float32(0), np.float32(255), out=grey).astype("u1")


def webp(picture: np.ndarray) -> bytes:
    """u1 grey or RGB as lossy WebP."""
    rgb = np.empty((*picture.shape[:2], 3), "u1")
    for sample in range(3):  # three strided copies take half the time of one that broadcasts
        rgb[:, :, sample] = picture[:, :, sample] if picture.ndim == 3 else picture
    return bytes(imagecodecs.webp_encode(rgb, _QUALITY, lossless=False, method=_FASTEST, numthreads=1))


def jpeg(picture: np.ndarray) -> bytes:
    """u1 grey or RGB as JPEG: at the size of a mini as small as WebP, for a tenth of the work."""
    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(picture), _MINI_QUALITY, optimize=True))


def shrink(values: np.ndarray, side: int) -> np.ndarray:
    """Area average to at most `side` on the longer side, as f4; the same array where it is small enough already."""
    rows, columns = values.shape[:2]
    longer = max(rows, columns)
    if longer <= side:
        return values
    short = _averaged(values, max(1, round(rows * side / longer)))
    turned = _averaged(np.swapaxes(short, 0, 1), max(1, round(columns * side / longer)))
    return np.swapaxes(turned, 0, 1)


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
