"""Proves what viewers are told of a picture: how large things are, what is covered, how fast it runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from tests.journey.drawing import show
from tests.unit.dicom.images import image

from undisc.archive.measuring import regions_of, spacing_of
from undisc.archive.presentation import Image, describe_state, referenced_images
from undisc.archive.shutters import shutter_of

P, I, N = "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"  # noqa: E741
M = "EstimatedRadiographicMagnificationFactor"


@pytest.mark.parametrize(
    ("said", "modality", "calibration", "expected"),
    [
        ({P: [0.5, 0.4]}, "CT", "", ([0.5, 0.4], "given")),
        ({P: [0.5, 0.5]}, "CR", "", ([0.5, 0.5], "unknown")),
        ({P: [0.2, 0.2], I: [0.2, 0.2]}, "DX", "", ([0.2, 0.2], "detector")),
        ({P: [0.1, 0.1], I: [0.2, 0.2]}, "DX", "", ([0.1, 0.1], "corrected")),
        ({P: [0.1, 0.1], I: [0.2, 0.2]}, "DX", "FIDUCIAL", ([0.1, 0.1], "fiducial")),
        ({P: [0.1, 0.1]}, "DX", "GEOMETRY", ([0.1, 0.1], "geometry")),
        ({I: [0.3, 0.3], M: [1.5]}, "MG", "", ([0.2, 0.2], "magnification")),
        ({I: [0.3, 0.3], M: [0.5]}, "MG", "", ([0.3, 0.3], "detector")),
        ({N: [0.17, 0.17]}, "OT", "", ([0.17, 0.17], "scanned")),
        ({P: [0, 0.5]}, "CT", "", (None, "none")),
        ({}, "US", "", (None, "none")),
    ],
)
def test_spacing_says_what_it_means(
    said: Mapping[str, list[float]], modality: str, calibration: str, expected: tuple[list[float] | None, str]
) -> None:
    def numbers(keyword: str, count: int) -> list[float] | None:
        found = said.get(keyword)
        return found if found and len(found) == count else None

    assert spacing_of(numbers, modality, calibration) == expected


def _told(folder: Path, **elements: Any) -> dict[str, Any]:
    file = folder / "one.dcm"
    file.write_bytes(image(2, 2, bytes(8), **elements))
    shown = show(file, folder, 4)
    assert not isinstance(shown, str), shown
    return shown.entry(0)


def test_regions_of_ultrasound_are_told_in_their_units(tmp_path: Path) -> None:
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 10, 20
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 109, 219
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = 0.01, 0.02
    (told,) = _told(tmp_path, SequenceOfUltrasoundRegions=[region])["regions"]
    assert told["box"] == [10, 20, 110, 220]
    assert (told["units"], told["delta"], told["reference"]) == (["cm", "cm"], [0.01, 0.02], None)


def test_a_shutter_is_told_in_columns_and_rows(tmp_path: Path) -> None:
    told = _told(
        tmp_path,
        ShutterShape=["RECTANGULAR", "CIRCULAR"],
        ShutterLeftVerticalEdge=2,
        ShutterRightVerticalEdge=9,
        ShutterUpperHorizontalEdge=3,
        ShutterLowerHorizontalEdge=8,
        CenterOfCircularShutter=[5, 6],
        RadiusOfCircularShutter=4,
        ShutterPresentationValue=65535,
    )["shutter"]
    assert told == {"rectangle": [1, 2, 9, 8], "circle": [5.5, 4.5, 4], "shade": 1}


@pytest.mark.parametrize(
    ("said", "duration"),
    [
        ({"FrameTime": 40}, 40),
        ({"FrameTime": 40, "CineRate": 10}, 100),
        ({"CineRate": 10, "RecommendedDisplayFrameRate": 20}, 50),
        ({"FrameTimeVector": [0, 33.3, 35]}, 33.3),
        ({"FrameTime": 0}, None),
        ({"FrameTime": -5}, None),
    ],
)
def test_a_loop_runs_as_it_was_recorded_or_as_is_recommended(
    tmp_path: Path, said: dict[str, Any], duration: float | None
) -> None:
    assert _told(tmp_path, **said)["duration"] == duration


def test_a_radiograph_says_where_its_rows_and_columns_run_to(tmp_path: Path) -> None:
    assert _told(tmp_path, PatientOrientation=["A", "FR"])["toward"] == ["A", "FR"]
    assert _told(tmp_path, PatientOrientation=["A"])["toward"] is None


@pytest.mark.parametrize(
    "hostile",
    [
        {"RescaleSlope": "1e308", "RescaleIntercept": "1e308", "WindowCenter": "1e308", "WindowWidth": "1e308"},
        {"RescaleSlope": "0", "WindowCenter": "5", "WindowWidth": "-1"},
        {"RescaleSlope": "1e-320"},
        {"WindowCenter": ["1", "2"], "WindowWidth": "0.5"},
        {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 65535},
    ],
)
def test_no_number_breaks_a_manifest(tmp_path: Path, hostile: dict[str, Any]) -> None:
    json.dumps(_told(tmp_path, **hostile), allow_nan=False)


_values = st.recursive(
    st.none() | st.integers(-70000, 70000) | st.floats() | st.text(max_size=4),
    lambda within: st.lists(within, max_size=4) | st.dictionaries(st.sampled_from(["Value", "vr"]), within),
)
_tags = st.sampled_from(
    (
        *("00186011", "00186018", "0018602C", "00181600", "00181602", "00181610", "00181620", "00283110", "00700001"),
        *("00700008", "00700009", "0070005A", "00081115", "00081140", "00081155", "00081160", "00700022", "00700052"),
        *("00700053", "00281050", "00281051", "00700006", "00700010", "00181623", "60001001", "60003000", "60000010"),
        *("60000011", "60000050", "20500010", "00080016", "00281101", "00281102", "00281103", "00281201"),
    )
)


@given(st.dictionaries(_tags, st.fixed_dictionaries({"Value": _values}), max_size=12))
def test_whatever_a_header_says_there_is_something_to_tell(model: dict[str, Any]) -> None:
    told = [regions_of(model), shutter_of(model), describe_state(model, {"1.2": Image(1, 2)}, b"", False)]
    assert referenced_images(model) is not None
    json.dumps(told, allow_nan=False)
