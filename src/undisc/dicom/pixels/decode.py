"""One frame's stored values, whatever its transfer syntax."""

import mmap
import zlib
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from undisc.dicom.model import Scanned
from undisc.dicom.pixels import describe as syntaxes
from undisc.dicom.pixels.codecs import decode_coded
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription
from undisc.dicom.pixels.native import native_frame, shaped, unpacked
from undisc.dicom.pixels.rle import rle_planes

Buffer = bytes | memoryview | mmap.mmap


class Frame(NamedTuple):
    """Stored values, (rows, columns) or (rows, columns, 3), and what colours they are now."""

    values: np.ndarray
    photometric: str


def decode_frame(data: Buffer, scanned: Scanned, description: PixelDescription, index: int) -> np.ndarray:
    """Stored values of frame `index`, counted from 0: (rows, columns) or (rows, columns, samples), machine byte order.

    `data` is the buffer that the scan's offsets are of. Raises FrameUndecodable.
    """
    return decode(data, scanned, description, index).values


def decode(
    data: Buffer, scanned: Scanned, description: PixelDescription, index: int, *, second_opinion: bool = True
) -> Frame:
    """As decode_frame, with the photometric interpretation of what came out (a codec may have turned YBR into RGB).

    second_opinion: whether GDCM may be asked for what imagecodecs refuses; it may end the process.
    """
    layout = scanned.pixels
    if layout is None or not 0 <= index < description.frames:
        raise FrameUndecodable("There is no such frame.")
    view = memoryview(data)
    if not layout.encapsulated:
        value = view[layout.value.offset : layout.value.offset + layout.value.length]
        return Frame(native_frame(value, layout.vr, description, index), description.photometric)
    coded = b"".join(view[part.offset : part.offset + part.length] for part in layout.frames[index])
    if not coded.strip(b"\0"):
        raise FrameUndecodable("The frame is empty.")
    return _decode_coded(coded, description, second_opinion)


def _decode_coded(coded: bytes, description: PixelDescription, second_opinion: bool) -> Frame:
    syntax = description.transfer_syntax
    if syntax == syntaxes.RLE:
        return Frame(_rle(coded, description), description.photometric)
    if syntax == syntaxes.DEFLATED_FRAMES:
        return Frame(_flat(_inflated(coded, description), description), description.photometric)
    if syntax not in syntaxes.DECODABLE:  # Encapsulated Uncompressed (PS3.5 A.4.11)
        return Frame(_flat(coded, description), description.photometric)
    return Frame(*decode_coded(coded, description, second_opinion))


def _rle(coded: bytes, description: PixelDescription) -> np.ndarray:
    rows, columns, samples = description.rows, description.columns, description.samples
    if description.allocated == 1:
        packed = rle_planes(coded, samples, (rows * columns + 7) // 8)
        flat = np.concatenate([unpacked(plane.tobytes(), 0, rows * columns) for plane in packed])
        return shaped(flat, description)
    width = description.allocated // 8
    planes = rle_planes(coded, samples * width, rows * columns)
    image = np.empty((rows * columns, samples, width), "u1")
    for at, plane in enumerate(planes):
        image[:, at // width, at % width] = plane
    values = image.reshape(-1).view(">" + description.dtype)
    # Each sample has its own segments (PS3.5 G.2), so Planar Configuration says nothing about the order here.
    return shaped(values, replace(description, planar=False))


def _inflated(coded: bytes, description: PixelDescription) -> bytes:
    needed = (description.frame_bits + 7) // 8
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(coded, needed)
    except zlib.error as error:
        raise FrameUndecodable("A deflated frame is damaged.") from error


def _flat(raw: bytes, description: PixelDescription) -> np.ndarray:
    needed = (description.frame_bits + 7) // 8
    if len(raw) < needed:
        raise FrameUndecodable(f"The frame has {len(raw)} of {needed} bytes.")
    if description.allocated == 1:
        return shaped(unpacked(raw, 0, description.frame_bits), description)
    return shaped(np.frombuffer(raw, "<" + description.dtype, needed // int(description.dtype[1:])), description)
