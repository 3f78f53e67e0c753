"""Stored values to lossless codestreams, for those who ask for another transfer syntax than the stored one."""

from dataclasses import dataclass

import imagecodecs
import numpy as np

from undisc.dicom import syntaxes
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription
from undisc.dicom.pixels.native import without_unused_bits

_COLOUR_AS_IT_IS = {"RGB", "YBR_FULL", "MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}


@dataclass(frozen=True, slots=True)
class Coded:
    """One frame's codestream, and how the header has to call what is in it."""

    data: bytes
    photometric: str
    planar: int


def encode(values: np.ndarray, photometric: str, description: PixelDescription, syntax: str) -> Coded:
    """One frame without loss. Raises FrameUndecodable where this syntax cannot hold such values (PS3.5 8.2).

    Bits above Bits Stored, where `values` still has them, count as something to be lost; RLE alone holds them.
    """
    bits = description.allocated
    if values.dtype.kind == "f" or bits == 1 or (bits > 16 and syntax != syntaxes.RLE):
        raise FrameUndecodable("Its pixels are of a kind that this compression does not hold.")
    if photometric not in _COLOUR_AS_IT_IS:
        raise FrameUndecodable("Its way of coding colour does not go with this compression.")
    values = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    try:
        return _encoded(values, photometric, description, syntax)
    except (RuntimeError, ValueError, OverflowError) as error:
        raise FrameUndecodable("This compression does not hold such pictures.") from error


def _encoded(values: np.ndarray, photometric: str, description: PixelDescription, syntax: str) -> Coded:
    bits = description.allocated
    if syntax == syntaxes.RLE:
        return Coded(_rle(values, bits), photometric, 1)
    if not np.array_equal(without_unused_bits(values, description), values):
        raise FrameUndecodable("Something lies in its pixels' unused bits that this compression would lose.")
    if syntax == syntaxes.JPEG_LS:
        return Coded(_jpeg_ls(values, description.stored), photometric, 0)
    transformed = "YBR_RCT" if photometric == "RGB" else photometric
    if syntax == syntaxes.JPEG_2000_LOSSLESS:
        return Coded(_jpeg_2000(values, photometric, description.stored), transformed, 0)
    if syntax == syntaxes.HTJ2K_LOSSLESS:
        return Coded(_htj2k(values, photometric), transformed, 0)
    raise FrameUndecodable("This compression is not made here.")


def _rle(values: np.ndarray, bits: int) -> bytes:
    from rle.utils import encode_frame

    samples = values.shape[2] if values.ndim == 3 else 1
    return bytes(encode_frame(values.tobytes(), values.shape[0], values.shape[1], samples, bits, "<"))


def _jpeg_ls(values: np.ndarray, bits: int) -> bytes:
    from jpeg_ls import encode_buffer

    samples = values.shape[2] if values.ndim == 3 else 1
    # A coded sample has no sign; the header's Pixel Representation gives it back.
    plain = values.view(f"<u{values.itemsize}") & ((1 << bits) - 1)
    raw = plain.astype(f"<u{values.itemsize}", copy=False).tobytes()
    mode = None if samples == 1 else 2
    return bytes(encode_buffer(raw, values.shape[0], values.shape[1], samples, max(bits, 2), 0, mode))


def _jpeg_2000(values: np.ndarray, photometric: str, bits: int) -> bytes:
    # A picture can be halved only while it is large enough; the codec refuses more.
    resolutions = max(1, min(6, min(values.shape[:2]).bit_length()))
    return bytes(
        imagecodecs.jpeg2k_encode(
            values,
            codecformat="j2k",
            colorspace="SRGB" if values.ndim == 3 else "GRAY",
            planar=False,
            bitspersample=bits,
            resolutions=resolutions,
            reversible=True,
            mct=photometric == "RGB",
            numthreads=1,
        )
    )


def _htj2k(values: np.ndarray, photometric: str) -> bytes:
    if values.dtype == np.int8:
        raise FrameUndecodable("Signed pixels of 8 bits do not go with this compression here.")
    if values.ndim == 3 and photometric != "RGB":
        raise FrameUndecodable("Its way of coding colour does not go with this compression here.")
    return bytes(imagecodecs.htj2k_encode(values, reversible=True, rgb=values.ndim == 3))
