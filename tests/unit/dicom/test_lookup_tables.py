"""Proves that lookup tables and overlays are read as they are meant, and come back from a pack as they went in."""

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from tests.unit.dicom.images import image, opened

from undisc.dicom.pixels.extras import Extras, pack_extras, unpack_extras
from undisc.dicom.pixels.overlays import Overlay, coded, read_overlays
from undisc.dicom.pixels.tables import Lookups, read_lookups
from undisc.dicom.pixels.window import default_window, padding_of, stated_window


def table(first: int, values: list[int], bits: int = 16, vr: str = "OW", **more: Any) -> Dataset:
    made = Dataset()
    made.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(values) & 0xFFFF, first, bits])
    made.add_new("LUTData", vr, np.array(values, "<u2").tobytes() if vr == "OW" else values)
    for keyword, value in more.items():
        setattr(made, keyword, value)
    return made


def lookups_of(**elements: Any) -> Lookups:
    return read_lookups(*opened(image(1, 2, bytes(4), **elements)))


def test_a_table_is_read_whether_its_entries_are_numbers_or_bytes() -> None:
    for vr in ("OW", "US"):
        (found,) = lookups_of(VOILUTSequence=[table(5, [0, 500, 4095], 12, vr, LUTExplanation="HARDER")]).voi
        assert (found.name, found.first, found.bits, found.values.tolist()) == ("HARDER", 5, 12, [0, 500, 4095])


def test_inputs_outside_of_a_table_take_the_nearest_entry() -> None:
    (found,) = lookups_of(VOILUTSequence=[table(-5, [1, 2, 3])], PixelRepresentation=1).voi
    assert found.at(np.array([-9, -5, -4, -3, 9])).tolist() == [1, 1, 2, 3, 3]


def test_a_table_that_holds_more_than_its_descriptor_allows_is_shown_whole() -> None:
    (found,) = lookups_of(VOILUTSequence=[table(0, [0, 4095], 8)]).voi
    assert found.bits == 12
    assert found.shades().tolist() == [0, 1]


def test_a_modality_table_marks_padding_by_a_value_that_it_never_gives() -> None:
    data, scanned, description = opened(
        image(1, 2, bytes(4), ModalityLUTSequence=[table(0, [0, 1, 2])], PixelPaddingValue=2)
    )
    lookups = read_lookups(data, scanned, description)
    assert lookups.modality_values(np.array([[0, 1, 2]]), padding_of(scanned)).tolist() == [[0, 1, 3]]
    assert padding_of(scanned, lookups) == (3, 3)


def test_a_frame_of_an_enhanced_object_has_a_table_of_its_own() -> None:
    groups = []
    for first in (1, 7):
        voi, group = Dataset(), Dataset()
        voi.VOILUTSequence = [table(first, [0, 9])]
        group.FrameVOILUTSequence = [voi]
        groups.append(group)
    data, scanned, description = opened(
        image(1, 1, bytes(4), NumberOfFrames=2, PerFrameFunctionalGroupsSequence=groups)
    )
    lookups = read_lookups(data, scanned, description)
    assert [lookups.of_frame(index)[0].first for index in (0, 1)] == [1, 7]
    stated = stated_window(scanned, 1, lookups)
    assert stated is not None
    assert stated[:2] == (7, 8)


@pytest.mark.parametrize(
    "wrong", [{"LUTDescriptor": [0, 0]}, {"LUTData": b""}, {"LUTDescriptor": [3, 0, 99]}, {"LUTData": None}]
)
def test_a_damaged_table_counts_as_absent_or_is_bounded(wrong: dict[str, Any]) -> None:
    made = table(0, [1, 2, 3])
    for keyword, value in wrong.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    for found in lookups_of(VOILUTSequence=[made]).voi:
        assert 1 <= found.bits <= 16
        assert len(found.values)


def test_a_sigmoid_window_is_told_apart_from_a_straight_one() -> None:
    _, scanned, _ = opened(image(1, 2, bytes(4), WindowCenter=10, WindowWidth=4, VOILUTFunction="SIGMOID"))
    assert default_window(scanned, 0, np.zeros((1, 2), "u2")) == ((8.0, 12.0), "sigmoid")


def overlay_elements(bits: np.ndarray, group: int = 0x6000, **more: Any) -> Dataset:
    made = Dataset()
    made.add_new((group, 0x0010), "US", bits.shape[0])
    made.add_new((group, 0x0011), "US", bits.shape[1])
    made.add_new((group, 0x0040), "CS", "G")
    made.add_new((group, 0x0050), "SS", more.get("origin", [1, 1]))
    made.add_new((group, 0x0100), "US", 1)
    made.add_new((group, 0x0102), "US", 0)
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    made.add_new((group, 0x3000), "OW", packed + bytes(len(packed) % 2))
    return made


def image_with(more: Dataset, **elements: Any) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(image(4, 8, bytes(64), **elements)))
    for element in more:
        dataset.add(element)
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def bits_of(overlay: Overlay) -> np.ndarray:
    """Undo the coding, another way than the viewer does."""
    runs: list[int] = []
    run, shift = 0, 0
    for byte in overlay.runs:
        run |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            runs.append(run)
            run, shift = 0, 0
    flat = np.concatenate([np.full(run, at % 2, "u1") for at, run in enumerate(runs)])
    return np.pad(flat, (0, overlay.rows * overlay.columns - len(flat))).reshape(overlay.rows, overlay.columns)


PATTERN = np.array([[0, 1, 1, 0, 0], [1, 0, 0, 0, 1], [0, 0, 0, 0, 0]], "u1")


def test_an_overlay_may_begin_outside_of_the_picture() -> None:
    (found,) = read_overlays(*opened(image_with(overlay_elements(PATTERN, origin=[2, -3]))))
    assert (found.row, found.column, found.frame) == (1, -4, None)
    assert np.array_equal(bits_of(found), PATTERN)


def test_an_overlay_in_unused_bits_of_the_pixels_is_found_there() -> None:
    pixels = np.zeros((4, 8), "<u2")
    pixels[1, 2:5] = 1 << 12
    more = overlay_elements(np.zeros((4, 8), "u1"))
    del more[0x60003000]
    more[0x60000100].value, more[0x60000102].value = 16, 12
    made = image_with(more, BitsStored=12, HighBit=11, PixelData=pixels.tobytes())
    (found,) = read_overlays(*opened(made))
    assert bits_of(found).nonzero()[1].tolist() == [2, 3, 4]


@given(st.lists(st.integers(0, 1), min_size=1, max_size=600))
def test_any_overlay_comes_back_from_its_runs(flat: list[int]) -> None:
    bits = np.array(flat, "u1")
    runs = coded(bits)
    if not bits.any():
        assert runs == b""
        return
    assert bits_of(Overlay(0x6000, 1, len(flat), 0, 0, "", None, runs)).reshape(-1).tolist() == flat


def test_noise_is_no_overlay() -> None:
    assert coded(np.tile(np.array([0, 1], "u1"), 60_000)) == b""


def test_a_pack_gives_back_what_it_was_told() -> None:
    lookups = lookups_of(VOILUTSequence=[table(5, [0, 500], 12)])
    overlay = Overlay(0x6000, 2, 2, 0, 0, "L", 3, b"\1\1")
    told = unpack_extras(pack_extras(lookups, [overlay]))
    assert told.tables_of(0)[0]["first"] == 5
    assert (told.overlays_of(0), told.overlays_of(3)) == ([], [overlay.told()])
    assert unpack_extras(pack_extras(Lookups(), [])) == Extras()
