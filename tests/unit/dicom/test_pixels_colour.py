"""Proves that every way of coding colour ends as the right 8-bit RGB."""

from typing import Any

import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian
from tests.unit.dicom.images import BIG_ENDIAN, image, opened

from undisc.dicom.pixels.colour import Palette, read_palette, to_rgb8
from undisc.dicom.pixels.decode import decode
from undisc.dicom.pixels.model import FrameUndecodable


def rgb_of(data: bytes) -> np.ndarray:
    buffer, scanned, description = opened(data)
    frame = decode(buffer, scanned, description, 0)
    palette = read_palette(buffer, scanned, description) if frame.photometric == "PALETTE COLOR" else None
    return to_rgb8(frame.values, frame.photometric, description, palette)


def colour(values: list[list[int]], photometric: str, bits: int = 8) -> bytes:
    raw = np.array(values, f"<u{bits // 8}").tobytes()
    return image(
        1,
        len(values),
        raw + bytes(len(raw) % 2),
        bits=bits,
        vr="OB" if bits == 8 else "OW",
        SamplesPerPixel=3,
        PhotometricInterpretation=photometric,
        PlanarConfiguration=0,
    )


def with_palette(
    pixels: list[int], descriptor: list[int], tables: list[bytes], *, segmented: bool = False, syntax: str | None = None
) -> bytes:
    elements: dict[str, Any] = {}
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        elements[f"{name}PaletteColorLookupTableDescriptor"] = descriptor
        elements[f"{'Segmented' if segmented else ''}{name}PaletteColorLookupTableData"] = table
    raw = np.array(pixels, ">u2" if syntax else "<u2").tobytes()
    elements["PhotometricInterpretation"] = "PALETTE COLOR"
    return image(1, len(pixels), raw, syntax or ExplicitVRLittleEndian, **elements)


def words(*values: int, order: str = "<") -> bytes:
    return np.array(values, f"{order}u2").tobytes()


def test_rgb_stays() -> None:
    assert rgb_of(colour([[1, 2, 3], [250, 0, 255]], "RGB")).tolist() == [[[1, 2, 3], [250, 0, 255]]]


def test_sixteen_bit_rgb_keeps_its_upper_bits() -> None:
    assert rgb_of(colour([[0x1234, 0xFF00, 0x00FF]], "RGB", bits=16)).tolist() == [[[0x12, 0xFF, 0]]]


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ([0, 128, 128], [0, 0, 0]),
        ([255, 128, 128], [255, 255, 255]),
        ([76, 85, 255], [254, 0, 0]),
        ([29, 255, 107], [0, 0, 254]),
    ],
)
def test_full_range_ybr_becomes_rgb(ybr: list[int], rgb: list[int]) -> None:
    assert rgb_of(colour([ybr], "YBR_FULL")).tolist() == [[rgb]]


@pytest.mark.parametrize(("ybr", "rgb"), [([16, 128, 128], [0, 0, 0]), ([235, 128, 128], [255, 255, 255])])
def test_partial_range_ybr_becomes_rgb(ybr: list[int], rgb: list[int]) -> None:
    raw = bytes([ybr[0], ybr[0], ybr[1], ybr[2]])
    data = image(1, 2, raw, bits=8, vr="OB", SamplesPerPixel=3, PhotometricInterpretation="YBR_PARTIAL_422")
    assert rgb_of(data).tolist() == [[rgb, rgb]]


def test_a_palette_of_sixteen_bits_gives_its_upper_bytes_and_values_outside_take_the_nearest() -> None:
    tables = [words(0x1000, 0x2000, 0x3000), words(0, 0x100, 0x200), words(0xFF00, 0xFE00, 0xFD00)]
    shown = rgb_of(with_palette([9, 10, 11, 12, 13], [3, 10, 16], tables))
    first, last = [0x10, 0, 0xFF], [0x30, 2, 0xFD]
    assert shown.tolist() == [[first, first, [0x20, 1, 0xFE], last, last]]


def test_a_palette_of_eight_bits_may_be_packed_two_a_word() -> None:
    shown = rgb_of(with_palette([0, 1, 2, 3], [4, 0, 8], [bytes([1, 2, 3, 4])] * 3))
    assert shown[0, :, 0].tolist() == [1, 2, 3, 4]


def test_a_long_palette_is_read_from_where_it_lies_in_the_file() -> None:
    ramp = (np.arange(4096) * 16).astype("<u2").tobytes()
    shown = rgb_of(with_palette([0, 256, 4095], [4096, 0, 16], [ramp] * 3))
    assert shown[0, :, 1].tolist() == [0, 16, 255]


def test_a_palette_of_the_other_byte_order_is_turned() -> None:
    ramp = (np.arange(2048) * 32).astype(">u2").tobytes()
    short = words(0x0100, 0x0200, order=">")
    assert rgb_of(with_palette([0, 1024], [2048, 0, 16], [ramp] * 3, syntax=BIG_ENDIAN))[0, :, 0].tolist() == [0, 128]
    assert rgb_of(with_palette([0, 1], [2, 0, 16], [short] * 3, syntax=BIG_ENDIAN))[0, :, 0].tolist() == [1, 2]


def test_a_palette_in_segments_is_spread_out() -> None:
    discrete, linear, again = [0, 2, 0, 0x0400], [1, 4, 0x1400], [2, 1, 0, 0]
    table = words(*discrete, *linear, *again)
    shown = rgb_of(with_palette(list(range(8)), [8, 0, 16], [table] * 3, segmented=True))
    assert shown[0, :, 2].tolist() == [0, 4, 8, 12, 16, 20, 0, 4]


@pytest.mark.parametrize(
    "tables",
    [
        [b""] * 3,
        [words(7, 1, 1)] * 3,
        [words(2, 1, 0, 0)] * 3,
        [words(0, 1, 5, 2, 1, 6, 0)] * 3,
    ],
    ids=["empty", "unknown", "endless", "pointing past the end"],
)
def test_segments_that_do_not_hold_together_are_refused(tables: list[bytes]) -> None:
    with pytest.raises(FrameUndecodable, match="colour table"):
        rgb_of(with_palette([0, 1], [300, 0, 16], tables, segmented=True))


def test_a_missing_palette_is_refused() -> None:
    with pytest.raises(FrameUndecodable, match="colour table"):
        rgb_of(image(1, 1, bytes(2), PhotometricInterpretation="PALETTE COLOR"))


def test_signed_values_find_their_entries() -> None:
    buffer, scanned, description = opened(image(1, 2, words(0xFFFF, 1), PixelRepresentation=1))
    values = decode(buffer, scanned, description, 0).values
    palette = Palette(-1, np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3]], "u1"))
    assert to_rgb8(values, "PALETTE COLOR", description, palette)[0, :, 0].tolist() == [1, 3]
