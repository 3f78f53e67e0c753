"""Proves what a preview shows: the right window, the right way up in brightness, honest averages, a lossless wire."""

import gzip
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.dicom.images import image, opened, slices

from undisc.dicom.pixels.decode import decode_frame
from undisc.dicom.pixels.model import Window, WireKind
from undisc.dicom.pixels.preview import render_preview, shrink, webp
from undisc.dicom.pixels.window import default_window
from undisc.dicom.pixels.wire import encode_wire


def window_of(values: np.ndarray, **elements: Any) -> Window:
    raw = values.astype("<i2").tobytes()
    rows, columns = values.shape
    data = image(rows, columns, raw, PixelRepresentation=1, **elements)
    buffer, scanned, description = opened(data)
    return default_window(scanned, 0, decode_frame(buffer, scanned, description, 0))[0]


RAMP = np.arange(1000, dtype="i2").reshape(10, 100)


def test_an_explicit_window_is_taken_in_stored_values() -> None:
    window = window_of(RAMP, WindowCenter=40, WindowWidth=401, RescaleSlope=2, RescaleIntercept=-1024)
    assert window == Window((39.5 - 200 + 1024) / 2, (39.5 + 200 + 1024) / 2)


def test_the_first_of_several_windows_is_taken() -> None:
    assert window_of(RAMP, WindowCenter=[100, 500], WindowWidth=[101, 11]) == Window(49.5, 149.5)


def test_an_exact_window_has_no_half_steps() -> None:
    assert window_of(RAMP, WindowCenter=100, WindowWidth=50, VOILUTFunction="LINEAR_EXACT") == Window(75, 125)


@pytest.mark.parametrize("wrong", [{}, {"WindowCenter": 3}, {"WindowCenter": 3, "WindowWidth": 0}])
def test_without_a_window_nearly_all_values_are_shown(wrong: dict[str, Any]) -> None:
    window = window_of(RAMP, **wrong)
    assert 0 < window.low < 20
    assert 980 < window.high < 999


def test_padding_takes_no_part_in_the_window() -> None:
    padded = RAMP.copy()
    padded[:5] = -2000
    window = window_of(padded, PixelPaddingValue=-2000)
    assert window.low > 500
    ranged = window_of(padded, PixelPaddingValue=-3000, PixelPaddingRangeLimit=-1000)
    assert ranged.low > 500


def test_a_flat_picture_has_a_window_all_the_same() -> None:
    window = window_of(np.zeros((4, 4), "i2"))
    assert window.high > window.low


def test_each_frame_of_an_enhanced_object_may_have_its_own_window() -> None:
    from pydicom.dataset import Dataset

    groups = []
    for centre in (100, 300):
        voi, group = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = centre, 101
        group.FrameVOILUTSequence = [voi]
        groups.append(group)
    data = image(10, 50, RAMP.astype("<i2").tobytes(), NumberOfFrames=2, PerFrameFunctionalGroupsSequence=groups)
    buffer, scanned, description = opened(data)
    lows = [default_window(scanned, at, decode_frame(buffer, scanned, description, at))[0].low for at in (0, 1)]
    assert lows == [49.5, 249.5]


def test_a_preview_runs_from_black_to_white_over_its_window() -> None:
    values = np.array([[-5, 0, 50, 100, 105]], "i2")
    assert render_preview(values, Window(0, 100), False, 512).tolist() == [[0, 0, 128, 255, 255]]


def test_monochrome1_is_turned_over() -> None:
    values = np.array([[-5, 0, 100, 105]], "i2")
    assert render_preview(values, Window(0, 100), True, 512).tolist() == [[255, 255, 0, 0]]


def test_values_that_are_not_numbers_are_black() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, 1.0]], "f4")
    assert render_preview(values, Window(0, 1), False, 512).tolist() == [[0, 255, 0, 255]]


@settings(deadline=None, max_examples=80)
@given(rows=st.integers(1, 90), columns=st.integers(1, 90), side=st.integers(1, 40), seed=st.integers(0, 99))
def test_shrinking_keeps_the_mean_and_the_proportions(rows: int, columns: int, side: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 4096, (rows, columns)).astype("u2")
    small = shrink(values, side)
    assert max(small.shape) == min(side, max(rows, columns))
    assert min(small.shape) >= 1
    assert abs(float(small.mean()) - float(values.mean())) < 1.0


def test_the_largest_picture_shrinks_to_a_dot_without_harm() -> None:
    small = shrink(np.full((1, 65535), 7, "u2"), 128)
    assert small.shape == (1, 128)
    assert np.allclose(small, 7, atol=0.01)


def test_a_preview_is_webp_of_its_size() -> None:
    for picture in (slices(30, 20, "u1"), np.dstack([slices(30, 20, "u1")] * 3)):
        coded = webp(picture)
        assert coded[:4] == b"RIFF"
        assert coded[8:12] == b"WEBP"
        assert imagecodecs.webp_decode(coded).shape[:2] == (30, 20)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (1, 300), (300, 1), (100, 37)])
@pytest.mark.parametrize("code", ["u1", "i1", "u2", "i2"])
def test_the_wire_is_lossless_for_integers(code: str, shape: tuple[int, int]) -> None:
    stored = slices(*shape, code)
    kind, told, coded = encode_wire(stored)
    assert kind is WireKind.HTJ2K
    assert told == ("i2" if code == "i1" else code)
    assert coded[:4] == b"\xff\x4f\xff\x51", "a bare codestream, which is what the browser's decoder takes"
    back = imagecodecs.htj2k_decode(coded)
    assert back.dtype == np.dtype(told)
    assert np.array_equal(back, stored)


@pytest.mark.parametrize("code", ["u1", "i1", "u2", "i2"])
def test_the_wire_is_lossless_for_noise_over_all_of_the_range(code: str) -> None:
    limits = np.iinfo(code)
    stored = np.random.default_rng(3).integers(limits.min, limits.max, (64, 64), code, endpoint=True)
    assert np.array_equal(imagecodecs.htj2k_decode(encode_wire(stored)[2]), stored)


def test_the_wire_is_lossless_for_colour() -> None:
    stored = np.random.default_rng(4).integers(0, 256, (50, 41, 3), dtype="u1")
    kind, code, coded = encode_wire(stored)
    assert (kind, code) == (WireKind.HTJ2K, "u1")
    assert np.array_equal(imagecodecs.htj2k_decode(coded), stored)


@pytest.mark.parametrize("code", ["u4", "i4", "f4", "f8"])
def test_what_htj2k_does_not_take_goes_as_it_is(code: str) -> None:
    stored = np.arange(12, dtype=code).reshape(3, 4)
    kind, told, coded = encode_wire(stored)
    assert (kind, told) == (WireKind.RAW_GZIP, code)
    assert np.array_equal(np.frombuffer(gzip.decompress(coded), "<" + code).reshape(3, 4), stored)
