"""RLE Lossless frames (PS3.5 Annex G) to bytes."""

import struct

import imagecodecs
import numpy as np

from undisc.dicom.pixels.model import FrameUndecodable


def rle_planes(frame: bytes, planes: int, length: int) -> list[np.ndarray]:
    """The byte planes of a frame, each of exactly `length` u1 values, most significant byte of the first sample first.

    Raises FrameUndecodable where the header does not fit or a plane ends early; bytes too many are left out.
    """
    if len(frame) < 64:
        raise FrameUndecodable("An RLE frame is shorter than its own header.")
    count, *offsets = struct.unpack_from("<16I", frame)
    if count != planes or not 1 <= count <= 15:
        raise FrameUndecodable(f"An RLE frame has {count} segments where {planes} are needed.")
    # Two bytes give at most 128, so a small frame cannot become a large picture.
    if planes * length > 64 * len(frame):
        raise FrameUndecodable("An RLE frame is too short for the picture it claims.")
    ends = [*offsets[1:count], len(frame)]
    decoded = []
    for start, end in zip(offsets[:count], ends, strict=True):
        if not 64 <= start <= end <= len(frame):
            raise FrameUndecodable("An RLE frame's segments lie outside it.")
        decoded.append(_segment(frame[start:end], length))
    return decoded


def _segment(data: bytes, length: int) -> np.ndarray:
    try:
        # One byte to spare, for the one that pads a segment to an even length.
        decoded = imagecodecs.packbits_decode(data, out=length + 1)
        if len(decoded) >= length:
            return np.frombuffer(decoded, "u1", length)
    except RuntimeError:
        pass  # rubbish after the last run, or more than the picture: read again, leniently
    return _lenient_segment(data, length)


def _lenient_segment(data: bytes, length: int) -> np.ndarray:
    out = bytearray()
    at, size = 0, len(data)
    while len(out) < length:
        if at >= size:
            raise FrameUndecodable("An RLE segment ends before its picture does.")
        control = data[at]
        at += 1
        if control < 128:
            out += data[at : at + control + 1]
            at += control + 1
        elif control > 128:
            out += data[at : at + 1] * (257 - control)
            at += 1
    return np.frombuffer(bytes(out[:length]), "u1")
