"""What is told of a series so that a viewer can place it beside others: plane, weighting, kernel and views."""

import json

import pytest
from pydicom.dataset import Dataset
from tests.factories.instances import image

from undisc.archive.hanging import describe_hanging, plane_of, view_of, weighting_of
from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan

AXIAL = (1.0, 0, 0, 0, 1, 0)


def _scanned(tmp_path, **changes: object) -> Scanned:
    made = image()
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    path = tmp_path / "one.dcm"
    made.save_as(path)
    result = scan(path.read_bytes())
    assert isinstance(result, Scanned)
    return result


@pytest.mark.parametrize(
    ("orientation", "plane"),
    [
        (AXIAL, "axial"),
        ((1.0, 0, 0, 0, 0, -1), "coronal"),
        ((0, 1.0, 0, 0, 0, -1), "sagittal"),
        ((1.0, 0, 0, 0, 0.94, 0.34), "axial"),
        ((), ""),
        ((0.0, 0, 0, 0, 0, 0), ""),
    ],
)
def test_the_plane_is_that_of_the_normal(orientation: tuple[float, ...], plane: str) -> None:
    assert plane_of(orientation) == plane


@pytest.mark.parametrize(
    ("name", "weighting"),
    [
        ("Ax T2 FLAIR", "FLAIR"),
        ("AX_T1_SE", "T1"),
        ("ep2d_diff_ADC", "ADC"),
        ("DWI b1000", "DWI"),
        ("SAG T2 TSE", "T2"),
        ("T2*", "T2*"),
        ("3D TOF", "MRA"),
        ("Localizer", ""),
    ],
)
def test_the_weighting_is_read_off_the_name(name: str, weighting: str) -> None:
    assert weighting_of(name, None, None, None) == weighting


def test_without_a_telling_name_echo_and_repetition_tell_the_weighting() -> None:
    assert weighting_of("Series 4", 100.0, 4000.0, None) == "T2"
    assert weighting_of("Series 4", 12.0, 500.0, None) == "T1"
    assert weighting_of("Series 4", 100.0, 9000.0, 2500.0) == "FLAIR"
    assert weighting_of("Series 4", 40.0, 1200.0, None) == ""


def test_a_ct_tells_its_kernel_plane_and_body_part(tmp_path) -> None:
    scanned = _scanned(tmp_path, Modality="CT", ConvolutionKernel="B60f", BodyPartExamined="CHEST")
    told = describe_hanging(scanned, [{"i": 1, "orientation": list(AXIAL)}], {})
    assert told == {"plane": "axial", "body": "CHEST", "kernel": "B60f"}


def test_slices_in_several_planes_have_no_plane(tmp_path) -> None:
    scanned = _scanned(tmp_path, Modality="MR", SeriesDescription="Scout")
    entries = [{"i": 1, "orientation": list(AXIAL)}, {"i": 2, "orientation": [1.0, 0, 0, 0, 0, -1]}]
    assert "plane" not in describe_hanging(scanned, entries, {})


def test_a_mammogram_tells_the_side_and_the_view_by_text_or_by_code(tmp_path) -> None:
    by_text = _scanned(tmp_path, Modality="MG", ImageLaterality="R", ViewPosition="MLO")
    assert view_of(by_text) == ("R", "MLO")
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "399162004", "SCT", "cranio-caudal"
    by_code = _scanned(tmp_path, Modality="MG", ImageLaterality="L", ViewCodeSequence=[code], ViewPosition="")
    assert view_of(by_code) == ("L", "CC")
    told = describe_hanging(by_code, [{"i": 7}, {"i": 8}], {7: ("L", "CC")})
    assert told["views"] == [["L", "CC"], ["", ""]]
    assert json.dumps(told)


def test_loops_are_told_apart_by_their_instances(tmp_path) -> None:
    scanned = _scanned(tmp_path, Modality="US")
    assert describe_hanging(scanned, [{"i": 1}, {"i": 1}, {"i": 1}, {"i": 4}, {"i": 5}, {"i": 5}], {})["loops"] == [
        3,
        1,
        2,
    ]
    assert "loops" not in describe_hanging(scanned, [{"i": 1}, {"i": 2}], {})


def test_views_are_asked_of_projections_only(tmp_path) -> None:
    assert view_of(_scanned(tmp_path, Modality="CT", ViewPosition="AP")) == ("", "")
