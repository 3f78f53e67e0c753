"""Whole pixels for the wire: lossless HTJ2K where a browser's decoder takes it, packed raw values elsewhere."""

import gzip

import imagecodecs
import numpy as np

from undisc.dicom.pixels.model import WireKind

_HTJ2K_TYPES = {"u1", "u2", "i2"}


def encode_wire(values: np.ndarray) -> tuple[WireKind, str, bytes]:
    """The kind, the numpy code of what a receiver gets, and the bytes; nothing is lost.

    (rows, columns) of u1, i1, u2, i2 and (rows, columns, 3) of u1 become one bare HTJ2K codestream; i1 as i2, since the
    browser's decoder cuts off negative values of 8 bits. All else is gzip of little-endian values, row by row, samples
    by pixel.
    """
    values = np.ascontiguousarray(values, dtype=np.int16 if values.dtype == np.int8 else None)
    code = values.dtype.str[1:]
    if code in _HTJ2K_TYPES and (values.ndim == 2 or code == "u1"):
        stream = imagecodecs.htj2k_encode(values, reversible=True, rgb=values.ndim == 3)
        return WireKind.HTJ2K, code, bytes(stream)
    raw = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return WireKind.RAW_GZIP, code, gzip.compress(raw, 1, mtime=0)
