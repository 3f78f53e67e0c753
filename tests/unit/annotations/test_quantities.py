"""Proves that what is measured is worked out anew from its points, in the unit that holds, and that numbers which a
browser sends count only where the picture allows them."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.factories.instances import ADA, Place, image

from undisc.annotations.context import Moment
from undisc.annotations.model import Drawn, Kind, Picture, Values
from undisc.annotations.quantities import quantities
from undisc.annotations.report import Pictured, measurement_report

CT: dict[str, Any] = {"spacing": [0.5, 0.25], "calibration": "given", "samples": 1, "slope": 1, "intercept": -1024}
CT |= {"min": 0, "max": 4095, "aspect": 2.0, "regions": []}
REGION = {"box": [0, 0, 100, 100], "units": ["cm", "cm"], "delta": [0.02, 0.01]}
CHART = {"box": [100, 0, 200, 100], "units": ["s", "cm/s"], "delta": [0.01, 1.0]}


def drawn(kind: Kind, *points: tuple[float, float], values: Values | None = None) -> Drawn:
    return Drawn(kind, Picture(1, 0), points, "999 mm", values)


def said(measurement: Drawn, frame: dict[str, Any] = CT, modality: str = "CT", unit: str = "HU") -> list[str]:
    return [
        " ".join(filter(None, (one.derivation and one.derivation.meaning, one.name.meaning, one.value, one.unit.value)))
        for one in quantities(measurement, frame, modality, unit)
    ]


@pytest.mark.parametrize(
    ("measurement", "expected"),
    [
        (drawn(Kind.LENGTH, (0, 0), (12, 8)), ["Length 5.00 mm"]),
        (drawn(Kind.ANGLE, (4, 0), (0, 0), (0, 2)), ["Angle 90.00 deg"]),
        (drawn(Kind.ANGLE, (4, 0), (0, 0), (4, 2)), ["Angle 45.00 deg"]),
        (drawn(Kind.ANGLE, (4, 0), (4, 0), (4, 2)), []),
        (drawn(Kind.COBB, (0, 0), (4, 0), (9, 9), (5, 11)), ["Cobb angle 45.00 deg"]),
        (drawn(Kind.RECTANGLE, (8, 2), (0, 0)), ["Area 2.00 mm2"]),
        (drawn(Kind.ELLIPSE, (0, 0), (8, 2)), [f"Area {math.pi / 2:.2f} mm2"]),
        (drawn(Kind.ARROW, (0, 0), (8, 2)), []),
        (drawn(Kind.POINT, (3, 3)), []),
    ],
)
def test_points_and_spacing_decide_whatever_the_words_said(measurement: Drawn, expected: list[str]) -> None:
    assert said(measurement) == expected


def test_without_spacing_lengths_are_in_pixels() -> None:
    frame = CT | {"spacing": None, "calibration": "none"}
    assert said(drawn(Kind.LENGTH, (0, 0), (3, 2)), frame) == ["Length 5.00 {pixels}"]
    assert said(drawn(Kind.RECTANGLE, (0, 0), (3, 2)), frame) == ["Area 12.00 {square_pixels}"]


def test_regions_of_ultrasound_have_scales_of_their_own() -> None:
    frame = CT | {"regions": [REGION, CHART], "samples": 3}
    assert said(drawn(Kind.LENGTH, (0, 0), (15, 40)), frame, "US", "") == ["Length 5.00 mm"]
    assert said(drawn(Kind.LENGTH, (120, 0), (150, 40)), frame, "US", "") == []
    across = said(drawn(Kind.LENGTH, (50, 0), (150, 0)), frame, "US", "")
    assert across == ["Length 100.00 {pixels}"]


def test_values_within_an_outline_are_told_with_their_unit() -> None:
    box = drawn(Kind.RECTANGLE, (0, 0), (8, 2), values=Values(40.125, 6.9, -2, 90))
    assert said(box)[1:] == [
        "Mean Attenuation Coefficient 40.125 [hnsf'U]",
        "Standard Deviation Attenuation Coefficient 6.9 [hnsf'U]",
        "Minimum Attenuation Coefficient -2 [hnsf'U]",
        "Maximum Attenuation Coefficient 90 [hnsf'U]",
    ]
    point = drawn(Kind.POINT, (1, 1), values=Values(27, 0, 27, 27))
    assert said(point, modality="MR", unit="") == ["MR signal intensity 27 1"]
    assert said(point, modality="CR", unit="") == ["Pixel value 27 1"]


@pytest.mark.parametrize(
    "values",
    [
        Values(40, 6, -2000, 90),
        Values(40, 6, -2, 9000),
        Values(100, 6, -2, 90),
        Values(-3, 6, -2, 90),
        Values(40, 60, -2, 90),
        Values(40, -1, -2, 90),
    ],
)
def test_values_that_the_picture_cannot_have_are_left_out(values: Values) -> None:
    assert [each[:4] for each in said(drawn(Kind.RECTANGLE, (0, 0), (8, 2), values=values))] == ["Area"]


def test_colours_have_no_values() -> None:
    box = drawn(Kind.RECTANGLE, (0, 0), (8, 2), values=Values(40, 6, -2, 90))
    assert said(box, CT | {"samples": 3}) == ["Area 2.00 mm2"]


def test_lengths_that_do_not_hold_in_the_patient_say_so() -> None:
    frame = CT | {"calibration": "detector"}
    picture = Pictured(image(ADA, Place(1, 1, 1, 1)), [drawn(Kind.LENGTH, (0, 0), (12, 8))], {0: frame}, "")
    made = measurement_report([picture], Moment(datetime(2026, 11, 24, 10, tzinfo=UTC)), picture.header.SOPInstanceUID)
    (group,) = made.ContentSequence[-1].ContentSequence
    assert [each.TextValue for each in group.ContentSequence if each.ValueType == "TEXT"] == [
        "Length 1",
        "Lengths at the detector; they are shorter in the patient.",
    ]
