"""Proves that native pixel data come out as they were stored, whatever their bits, order, planes and faults."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.dicom.images import BIG_ENDIAN, image, opened, slices

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import decode_frame
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.model import FrameUndecodable, Undecodable
from undisc.dicom.scan import scan


def frames_of(data: bytes) -> list[np.ndarray]:
    buffer, scanned, description = opened(data)
    return [decode_frame(buffer, scanned, description, index) for index in range(description.frames)]


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", BIG_ENDIAN])
@pytest.mark.parametrize("code", ["u1", "i1", "u2", "i2", "u4", "i4"])
def test_grey_comes_out_as_it_was_stored(code: str, syntax: str) -> None:
    stored = slices(12, 9, code)
    order = ">" if syntax == BIG_ENDIAN else "<"
    bits = stored.itemsize * 8
    raw = stored.astype(order + code).tobytes()
    data = image(12, 9, raw, syntax, bits=bits, vr="OB" if bits == 8 else "OW", PixelRepresentation=int(code[0] == "i"))
    [frame] = frames_of(data)
    assert frame.dtype == np.dtype(code)
    assert np.array_equal(frame, stored)


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_comes_out_by_pixel(planar: int) -> None:
    stored = np.random.default_rng(2).integers(0, 256, (6, 5, 3), dtype="u1")
    raw = (stored.transpose(2, 0, 1) if planar else stored).tobytes()
    data = image(
        6, 5, raw, bits=8, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=planar, vr="OB"
    )
    assert np.array_equal(frames_of(data)[0], stored)


@settings(deadline=None, max_examples=60)
@given(rows=st.integers(1, 9), columns=st.integers(1, 9), frames=st.integers(1, 5), seed=st.integers(0, 1000))
def test_one_bit_frames_that_begin_within_a_byte_come_out(rows: int, columns: int, frames: int, seed: int) -> None:
    stored = np.random.default_rng(seed).integers(0, 2, (frames, rows, columns), dtype="u1")
    raw = np.packbits(stored.reshape(-1), bitorder="little").tobytes()
    data = image(rows, columns, raw + bytes(len(raw) % 2), bits=1, vr="OB", NumberOfFrames=frames)
    assert np.array_equal(np.stack(frames_of(data)), stored)


@settings(deadline=None, max_examples=60)
@given(stored=st.integers(2, 16), signed=st.booleans(), lift=st.integers(0, 14), seed=st.integers(0, 1000))
def test_bits_that_are_not_the_pixels_are_left_out(stored: int, signed: bool, lift: int, seed: int) -> None:
    lift = min(lift, 16 - stored)
    random = np.random.default_rng(seed)
    low, high = (-(1 << stored - 1), 1 << stored - 1) if signed else (0, 1 << stored)
    wanted = random.integers(low, high, (4, 4))
    mask = ((1 << stored) - 1) << lift
    words = ((wanted << lift) & mask) | (random.integers(0, 1 << 16, (4, 4)) & ~mask & 0xFFFF)
    data = image(
        4,
        4,
        words.astype("<u2").tobytes(),
        BitsStored=stored,
        HighBit=stored + lift - 1,
        PixelRepresentation=int(signed),
    )
    assert np.array_equal(frames_of(data)[0], wanted)


def test_eight_bits_in_words_of_the_other_order_are_turned() -> None:
    stored = np.arange(15, dtype="u1").reshape(3, 5)
    words = np.frombuffer(stored.tobytes() + b"\0", "<u2").byteswap().tobytes()
    [frame] = frames_of(image(3, 5, words, BIG_ENDIAN, bits=8, vr="OW"))
    assert np.array_equal(frame, stored)


def test_halved_colour_is_spread_over_its_pixels() -> None:
    raw = bytes([10, 20, 100, 200, 30, 40, 110, 210])
    data = image(
        1, 4, raw, bits=8, vr="OB", SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0
    )
    wanted = [[10, 100, 200], [20, 100, 200], [30, 110, 210], [40, 110, 210]]
    assert frames_of(data)[0].tolist() == [wanted]


@pytest.mark.parametrize(("keyword", "code"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_floating_point_comes_out_exactly(keyword: str, code: str) -> None:
    stored = np.array([[1.5, -2.25], [np.pi, 1e30]], dtype=code)
    elements: dict[str, Any] = {keyword: stored.tobytes(), "PixelData": None, "BitsAllocated": stored.itemsize * 8}
    data = image(2, 2, b"", **elements)
    [frame] = frames_of(data)
    assert frame.dtype == np.dtype(code)
    assert np.array_equal(frame, stored)


def test_short_pixel_data_show_what_is_there_and_name_the_damage() -> None:
    stored = slices(8, 8, "u2")
    data = image(8, 8, stored.astype("<u2").tobytes()[:100])
    _, _, description = opened(data)
    [frame] = frames_of(data)
    assert np.array_equal(frame.reshape(-1)[:50], stored.reshape(-1)[:50])
    assert not frame.reshape(-1)[50:].any()
    assert "short: 100 of 128 bytes" in description.damage[0]


def test_pixel_data_too_long_are_cut() -> None:
    stored = slices(8, 8, "u2")
    [frame] = frames_of(image(8, 8, stored.astype("<u2").tobytes() + b"more of it"))
    assert np.array_equal(frame, stored)


def test_more_frames_claimed_than_there_are_is_damage() -> None:
    data = image(2, 2, bytes(24), NumberOfFrames=2_000_000_000)
    _, _, description = opened(data)
    assert description.frames == 3
    assert description.damage == ("The header claims 2000000000 frames; the pixel data hold 3.",)


def test_bits_stored_above_bits_allocated_is_damage() -> None:
    stored = slices(2, 2, "u2")
    data = image(2, 2, stored.astype("<u2").tobytes(), BitsStored=20)
    assert np.array_equal(frames_of(data)[0], stored)
    assert opened(data)[2].damage


def test_a_frame_that_is_not_there_is_refused() -> None:
    buffer, scanned, description = opened(image(2, 2, bytes(8)))
    for index in (-1, 1, 1 << 40):
        with pytest.raises(FrameUndecodable):
            decode_frame(buffer, scanned, description, index)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"Rows": None}, "how large"),
        ({"Columns": 0}, "how large"),
        ({"BitsAllocated": 12}, "12 bits"),
        ({"SamplesPerPixel": 4}, "4 samples"),
        ({"PhotometricInterpretation": "HSV", "SamplesPerPixel": 3}, "colour"),
        ({"PixelData": b""}, "empty"),
        ({"PixelData": None}, "no pictures"),
    ],
)
def test_what_cannot_be_shown_says_why(wrong: dict[str, Any], reason: str) -> None:
    scanned = scan(image(2, 2, bytes(8), **wrong))
    assert isinstance(scanned, Scanned)
    described = describe(scanned)
    assert isinstance(described, Undecodable)
    assert reason in described.reason
