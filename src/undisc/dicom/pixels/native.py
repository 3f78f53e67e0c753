"""Native pixel data to stored values (PS3.5 8.1, 8.2): byte order, planes, packed bits, unused bits."""

import numpy as np

from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription


def native_frame(value: memoryview, vr: str, description: PixelDescription, index: int) -> np.ndarray:
    """Stored values of one frame out of the whole native value.

    Gives (rows, columns) or (rows, columns, samples) in the description's dtype and the machine's byte order. Missing
    bytes at the end are zeros. Raises FrameUndecodable where the frame has no byte at all.
    """
    bits = description.frame_bits
    start, end = index * bits, (index + 1) * bits
    first, last = start // 8, -(-end // 8)
    swapped = description.big_endian and description.allocated <= 8 and vr == "OW"
    if swapped:
        # 8-bit data in 16-bit words of the other byte order (PS3.5 A.3): words are turned before bytes are read.
        first, last = first & ~1, last + (last & 1)
    raw = value[first:last]
    if not raw:
        raise FrameUndecodable("The pixel data end before this frame.")
    if len(raw) < last - first:
        raw = memoryview(bytes(raw) + bytes(last - first - len(raw)))
    if swapped:
        raw = memoryview(np.frombuffer(raw, "<u2").byteswap().tobytes())
    skip = start - first * 8
    if description.allocated == 1:
        return shaped(unpacked(raw, skip, bits), description)
    if skip:
        raw = raw[skip // 8 :]
    order = ">" if description.big_endian else "<"
    return shaped(np.frombuffer(raw[: bits // 8], order + description.dtype), description)


def unpacked(raw: bytes | memoryview, skip: int, count: int) -> np.ndarray:
    """`count` 1-bit values after `skip` bits, first value in the lowest bit (PS3.5 8.1.1), as u1."""
    bits = np.unpackbits(np.frombuffer(raw, "u1"), count=skip + count, bitorder="little")
    return bits[skip : skip + count]


def shaped(flat: np.ndarray, description: PixelDescription) -> np.ndarray:
    """Flat native values as an image, with colour by pixel and every unused bit gone."""
    rows, columns, samples = description.rows, description.columns, description.samples
    if not flat.dtype.isnative:
        flat = flat.astype(flat.dtype.newbyteorder("="))
    if samples == 1:
        image = flat.reshape(rows, columns)
    elif description.frame_bits < rows * columns * samples * description.allocated:
        image = _spread(flat.reshape(rows, columns // 2, 4))
    elif description.planar:
        image = flat.reshape(samples, rows, columns).transpose(1, 2, 0)
    else:
        image = flat.reshape(rows, columns, samples)
    return without_unused_bits(image, description)


def without_unused_bits(image: np.ndarray, description: PixelDescription) -> np.ndarray:
    """Values of Bits Stored bits only: what lies above or below (overlays, rubbish) goes; the sign is carried up."""
    spare = description.allocated - description.stored
    if spare == 0 or description.floating or description.allocated == 1:
        return image
    up = description.allocated - 1 - description.high_bit
    kind = image.dtype.type
    return np.right_shift(np.left_shift(image, kind(up)), kind(spare))


def _spread(pairs: np.ndarray) -> np.ndarray:
    """Y0 Y1 Cb Cr quadruples (PS3.3 C.7.6.3.1.2) to one Y Cb Cr a pixel, chroma repeated."""
    rows, half, _ = pairs.shape
    image = np.empty((rows, half * 2, 3), pairs.dtype)
    image[:, 0::2, 0] = pairs[:, :, 0]
    image[:, 1::2, 0] = pairs[:, :, 1]
    image[:, :, 1:] = np.repeat(pairs[:, :, 2:], 2, axis=1)
    return image
