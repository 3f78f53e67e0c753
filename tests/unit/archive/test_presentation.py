"""Proves that a viewer is told all that a presentation state says of shades, colours, shutters and overlays."""

import base64
import json
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.uid import UID
from tests.factories.instances import ADA, Place, image, stable_uid
from tests.unit.reports.reading import bytes_of, scanned_of

from undisc.archive.presentation import SOP_CLASSES, Image, describe_state
from undisc.archive.words import thing

PICTURE = "1.2.3.4"


def state(sop_class: str = "1", **elements: Any) -> Dataset:
    """A state of one picture."""
    made = image(ADA, Place(series=2), rows=8, columns=8)
    for keyword in ("PixelData", "Rows", "Columns", "WindowCenter", "WindowWidth", "PhotometricInterpretation"):
        delattr(made, keyword)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = UID(f"1.2.840.10008.5.1.4.1.1.11.{sop_class}")
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = stable_uid("a state")
    reference, series = Dataset(), Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", PICTURE
    series.SeriesInstanceUID, series.ReferencedImageSequence = "1.2.3", [reference]
    made.ReferencedSeriesSequence = [series]
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def overlay(made: Dataset, group: int, bits: np.ndarray, layer: str = "") -> None:
    rows, columns = bits.shape
    packed = np.packbits(bits.reshape(-1).astype("u1"), bitorder="little").tobytes()
    elements = [(0x0010, "US", rows), (0x0011, "US", columns), (0x0040, "CS", "G"), (0x0050, "SS", [3, 2])]
    elements += [(0x0100, "US", 1), (0x0102, "US", 0), (0x3000, "OW", packed)]
    for element, vr, value in elements + ([(0x1001, "CS", layer)] if layer else []):
        made.add_new((group, element), vr, value)


def told(made: Dataset) -> dict[str, Any]:
    data = bytes_of(made)
    found = describe_state(json.loads(scanned_of(data).json), {PICTURE: Image(7, 1)}, data, big_endian=False)
    json.dumps(found, allow_nan=False)
    return found


def lut(values: list[int], bits: int = 8) -> Dataset:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [len(values), 0, bits])
    table.add_new("LUTData", "US", values)
    return table


def test_a_presentation_lut_is_told_as_a_table() -> None:
    shades = told(state(PresentationLUTSequence=[lut([0, 200, 255])]))["shades"]
    assert (shades["bits"], np.frombuffer(base64.b64decode(shades["data"]), "<u2").tolist()) == (8, [0, 200, 255])
    assert told(state(PresentationLUTShape="INVERSE"))["inverse"]
    assert told(state())["shades"] is None


def test_a_pseudo_colour_state_has_its_palette() -> None:
    made = state("3")
    for channel, values in (("Red", [0, 255]), ("Green", [0, 128]), ("Blue", [10, 0])):
        made.add_new(f"{channel}PaletteColorLookupTableDescriptor", "US", [2, 0, 8])
        made.add_new(f"{channel}PaletteColorLookupTableData", "OW", bytes(values))
    assert base64.b64decode(told(made)["palette"]) == bytes([0, 0, 10, 255, 128, 0])
    assert told(state("3"))["palette"] is None, "a palette that is missing colours nothing"


def test_its_own_overlays_are_seen_where_they_have_a_layer() -> None:
    bits = np.zeros((4, 8))
    bits[1, 2:5] = 1
    made = state()
    overlay(made, 0x6000, bits, "LINES")
    overlay(made, 0x6002, bits)
    (seen,) = told(made)["overlays"]
    assert (seen["rows"], seen["columns"], seen["row"], seen["column"], seen["frame"]) == (4, 8, 2, 1, None)
    assert list(base64.b64decode(seen["runs"])) == [10, 3]


def test_a_bitmap_shutter_covers_what_its_overlay_has_on() -> None:
    bits = np.zeros((4, 8))
    bits[0] = 1
    made = state(ShutterShape="BITMAP", ShutterOverlayGroup=0x6002, ShutterPresentationValue=0xFFFF)
    overlay(made, 0x6002, bits, "LINES")
    found = told(made)
    assert (found["shutter"]["shade"], list(base64.b64decode(found["shutter"]["bitmap"]["runs"]))) == (1, [0, 8])
    assert found["overlays"] == [], "what covers is not drawn, too"
    assert told(state(ShutterShape="BITMAP", ShutterOverlayGroup=0x6002))["shutter"] is None


def test_states_that_blend_are_not_shown_and_say_so() -> None:
    blending = "1.2.840.10008.5.1.4.1.1.11.4"
    assert blending not in SOP_CLASSES
    assert "cannot be shown here" in thing(blending).purpose
