"""Proves that compressed frames come out as they went in, for each transfer syntax, and that lies are refused."""

import zlib

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate, fragment_frame, itemize_frame
from pydicom.pixels.utils import pack_bits
from tests.unit.dicom.images import DEFLATED_FRAMES, image, opened, slices

from undisc.dicom.pixels.decode import decode, decode_frame
from undisc.dicom.pixels.model import FrameUndecodable

JPEG_2000 = "1.2.840.10008.1.2.4.90"
HTJ2K = "1.2.840.10008.1.2.4.201"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_XL = "1.2.840.10008.1.2.4.110"
RLE = "1.2.840.10008.1.2.5"
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"


def first(data: bytes) -> np.ndarray:
    return decode_frame(*opened(data), 0)


def run_length(plane: bytes) -> bytes:
    coded = bytes(imagecodecs.packbits_encode(plane))
    return coded + bytes(len(coded) % 2)


def rle_frame(planes: list[bytes]) -> bytes:
    segments = [run_length(plane) for plane in planes]
    offsets = [64 + sum(map(len, segments[:at])) for at in range(len(segments))]
    header = np.zeros(16, "<u4")
    header[: len(segments) + 1] = [len(segments), *offsets]
    return header.tobytes() + b"".join(segments)


def byte_planes(frame: np.ndarray) -> list[bytes]:
    samples = frame.reshape(frame.shape[0], frame.shape[1], -1)
    turned = samples.astype(samples.dtype.newbyteorder(">"))
    width = turned.dtype.itemsize
    raw = np.ascontiguousarray(turned).view("u1").reshape(-1, samples.shape[2] * width)
    return [raw[:, at].tobytes() for at in range(raw.shape[1])]


@pytest.mark.parametrize("code", ["u1", "i1", "u2", "i2"])
@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (JPEG_2000, lambda frame: imagecodecs.jpeg2k_encode(frame, reversible=True, level=0, codecformat="J2K")),
        (HTJ2K, lambda frame: imagecodecs.htj2k_encode(frame, reversible=True)),
        (JPEG_LS, lambda frame: imagecodecs.jpegls_encode(frame.view(f"u{frame.itemsize}"))),
        (JPEG_LOSSLESS, lambda frame: imagecodecs.ljpeg_encode(frame.view(f"u{frame.itemsize}"))),
        (RLE, lambda frame: rle_frame(byte_planes(frame))),
        (ENCAPSULATED_UNCOMPRESSED, lambda frame: frame.tobytes()),
        (DEFLATED_FRAMES, lambda frame: zlib.compress(frame.tobytes(), wbits=-15)),
    ],
    ids=["jpeg-2000", "htj2k", "jpeg-ls", "jpeg-lossless", "rle", "uncompressed", "deflated"],
)
def test_grey_comes_out_as_it_went_in(syntax: str, encode: object, code: str) -> None:
    stored = slices(40, 30, code)
    coded = bytes(encode(stored))  # type: ignore[operator]
    data = image(40, 30, [coded], syntax, bits=stored.itemsize * 8, PixelRepresentation=int(code[0] == "i"))
    frame = first(data)
    assert frame.dtype == np.dtype(code)
    assert np.array_equal(frame, stored)


@pytest.mark.parametrize("code", ["u4", "i4"])
def test_thirty_two_bits_of_rle_come_out_as_they_went_in(code: str) -> None:
    stored = slices(20, 10, code)
    data = image(20, 10, [rle_frame(byte_planes(stored))], RLE, bits=32, PixelRepresentation=int(code[0] == "i"))
    assert np.array_equal(first(data), stored)


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_by_rle_is_by_segments_whatever_planar_configuration_says(planar: int) -> None:
    stored = np.random.default_rng(5).integers(0, 255, (9, 7, 3), dtype="u1")
    data = image(
        9,
        7,
        [rle_frame(byte_planes(stored))],
        RLE,
        bits=8,
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=planar,
    )
    assert np.array_equal(first(data), stored)


@pytest.mark.parametrize("syntax", [RLE, DEFLATED_FRAMES])
def test_one_bit_frames_each_begin_on_a_byte_where_they_are_coded(syntax: str) -> None:
    stored = np.random.default_rng(6).integers(0, 2, (2, 7, 5), dtype="u1")
    packed = [bytes(pack_bits(frame, pad=False)) for frame in stored]
    coded = [rle_frame([raw]) if syntax == RLE else zlib.compress(raw, wbits=-15) for raw in packed]
    data = image(7, 5, coded, syntax, bits=1, NumberOfFrames=2)
    buffer, scanned, description = opened(data)
    frames = [decode_frame(buffer, scanned, description, index) for index in range(2)]
    assert np.array_equal(np.stack(frames), stored)


def test_twelve_bit_extended_jpeg_comes_out() -> None:
    stored = (slices(64, 48, "u2") >> 4).astype("u2")
    coded = imagecodecs.jpeg8_encode(stored, level=100, bitspersample=12)
    frame = first(image(64, 48, [coded], JPEG_EXTENDED, BitsStored=12, HighBit=11))
    assert frame.dtype == np.uint16
    assert np.abs(frame.astype(int) - stored).max() < 40


def test_jpeg_xl_comes_out_as_it_went_in() -> None:
    stored = slices(33, 21, "u2")
    coded = imagecodecs.jpegxl_encode(stored, lossless=True)
    assert np.array_equal(first(image(33, 21, [coded], JPEG_XL)), stored)


def test_baseline_colour_stays_what_the_header_calls_it() -> None:
    stored = np.dstack([slices(32, 32, "u1")] * 3)
    coded = imagecodecs.jpeg8_encode(stored, level=95)
    data = image(
        32,
        32,
        [coded],
        JPEG_BASELINE,
        bits=8,
        SamplesPerPixel=3,
        PhotometricInterpretation="YBR_FULL_422",
        PlanarConfiguration=0,
    )
    frame = decode(*opened(data), 0)
    assert frame.photometric == "YBR_FULL_422"
    assert abs(int(frame.values[..., 1].mean()) - 128) < 3


def test_a_stream_that_says_it_is_ybr_is_believed_over_a_header_that_says_rgb() -> None:
    coded = imagecodecs.jpeg8_encode(np.dstack([slices(32, 32, "u1")] * 3), level=95)
    assert b"JFIF" in coded[:20]
    data = image(32, 32, [coded], JPEG_BASELINE, bits=8, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    assert decode(*opened(data), 0).photometric == "YBR_FULL"


def test_colour_transformed_within_jpeg_2000_is_rgb_when_it_comes_out() -> None:
    stored = np.random.default_rng(8).integers(0, 255, (20, 20, 3), dtype="u1")
    coded = imagecodecs.jpeg2k_encode(stored, reversible=True, level=0, codecformat="J2K", mct=True)
    data = image(20, 20, [coded], JPEG_2000, bits=8, SamplesPerPixel=3, PhotometricInterpretation="YBR_RCT")
    frame = decode(*opened(data), 0)
    assert frame.photometric == "RGB"
    assert np.array_equal(frame.values, stored)


def test_the_header_decides_the_sign_where_jpeg_2000_disagrees() -> None:
    stored = (slices(16, 16, "i2") >> 3).astype("i2")
    unsigned = (stored & 0x1FFF).astype("u2")
    coded = imagecodecs.jpeg2k_encode(unsigned, reversible=True, level=0, codecformat="J2K", bitspersample=13)
    data = image(16, 16, [coded], JPEG_2000, BitsStored=13, HighBit=12, PixelRepresentation=1)
    assert np.array_equal(first(data), stored)


def test_frames_in_fragments_without_an_offset_table_are_joined() -> None:
    stored = slices(40, 40, "u2")
    coded = bytes(imagecodecs.jpeg2k_encode(stored, reversible=True, level=0, codecformat="J2K"))
    items = b"".join(itemize_frame(coded, nr_fragments=4))
    value = b"\xfe\xff\x00\xe0\0\0\0\0" + items
    data = image(40, 40, [coded], JPEG_2000, PixelData=value)
    assert len(list(fragment_frame(coded, 4))) == 4
    assert np.array_equal(first(data), stored)


def test_an_empty_frame_says_so_and_others_come_out() -> None:
    stored = slices(20, 20, "u2")
    coded = bytes(imagecodecs.jpegls_encode(stored))
    value = encapsulate([coded, b"\0\0", coded], has_bot=True)
    buffer, scanned, description = opened(image(20, 20, [coded], JPEG_LS, NumberOfFrames=3, PixelData=value))
    with pytest.raises(FrameUndecodable, match="empty"):
        decode_frame(buffer, scanned, description, 1)
    assert np.array_equal(decode_frame(buffer, scanned, description, 2), stored)


@pytest.mark.parametrize("syntax", [JPEG_2000, JPEG_LS, JPEG_BASELINE])
def test_a_stream_of_another_size_than_the_header_is_refused(syntax: str) -> None:
    stored = slices(20, 20, "u1")
    encode = {
        JPEG_2000: lambda frame: imagecodecs.jpeg2k_encode(frame, codecformat="J2K"),
        JPEG_LS: imagecodecs.jpegls_encode,
        JPEG_BASELINE: imagecodecs.jpeg8_encode,
    }[syntax]
    with pytest.raises(FrameUndecodable, match="another size"):
        first(image(21, 20, [bytes(encode(stored))], syntax, bits=8))
