"""Proves that what reports mark on pictures is found with its words, however it is tied to them, and within bounds."""

from typing import Any

import pytest
from pydicom import Dataset
from tests.factories.documents import coded, measured, report, section, words
from tests.factories.instances import ADA, stable_uid
from tests.unit.reports.reading import model_of

from undisc.reports.marks import MOST_MARKS, read_marks
from undisc.reports.model import Placed

HERE, AWAY = stable_uid(ADA.id, 1, 1, 4), stable_uid(ADA.id, 1, 1, 5)


def picture(uid: str = HERE, frames: list[int] | None = None, relation: str = "SELECTED FROM") -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, "IMAGE"
    referenced = Dataset()
    referenced.ReferencedSOPClassUID, referenced.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
    if frames:
        referenced.ReferencedFrameNumber = frames
    made.ReferencedSOPSequence = [referenced]
    return made


def mark(kind: str, points: list[float], *of: Dataset, relation: str = "INFERRED FROM") -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType, made.GraphicType = relation, "SCOORD", kind
    made.GraphicData = points
    made.ContentSequence = list(of or (picture(),))
    return made


def read(*blocks: Dataset) -> list[dict[str, Any]]:
    return read_marks(model_of(report(1, "R", *blocks)), lambda uids: {HERE: Placed(7, 70)} if HERE in uids else {})


def with_marks(item: Dataset, *marks: Dataset) -> Dataset:
    item.ContentSequence = [*item.get("ContentSequence", []), *marks]
    return item


def test_a_measurement_is_drawn_with_what_it_says() -> None:
    length = with_marks(measured("Diameter", "12.5", "mm"), mark("POLYLINE", [1, 2, 30, 20]))
    shape = {"kind": "line", "space": "picture", "points": [1.0, 2.0, 30.0, 20.0], "filled": False}
    assert read(section("Lesion", length)) == [
        {"instance": 70, "frames": None, "shapes": [shape], "words": "Diameter: 12.5 mm"}
    ]


def test_a_region_is_drawn_with_all_that_was_measured_in_it() -> None:
    region = mark("CIRCLE", [10, 10, 10, 15], relation="CONTAINS")
    (found,) = read(section("Nodule", region, measured("Area", "78.5", "mm2"), measured("Angle", "5", "deg")))
    assert (found["shapes"][0]["kind"], found["words"]) == ("circle", "Area: 78.5 mm²\nAngle: 5°")
    (unmeasured,) = read(section("Nodule", region, words("Size", "small")))
    assert unmeasured["words"] == "Nodule"


def test_frames_are_counted_as_the_viewer_counts_them() -> None:
    (found,) = read(with_marks(coded("Finding", "Nodule"), mark("POINT", [3, 4], picture(frames=[2, 5]))))
    assert (found["frames"], found["words"]) == ([1, 4], "Finding: Nodule")


def test_marks_on_pictures_that_are_not_here_are_left_out() -> None:
    assert read(section("S", mark("POINT", [3, 4], picture(AWAY)))) == []


def test_an_outline_is_closed_and_points_stand_each_by_itself() -> None:
    outline, points = read(
        section("A", mark("POLYGON", [0, 0, 4, 0, 4, 4])), section("B", mark("MULTIPOINT", [1, 1, 2, 2]))
    )
    assert outline["shapes"][0]["points"] == [0, 0, 4, 0, 4, 4, 0, 0]
    assert [shape["points"] for shape in points["shapes"]] == [[1, 1], [2, 2]]


def test_a_picture_is_found_by_reference_to_another_part_of_the_report() -> None:
    by_reference = Dataset()
    by_reference.RelationshipType = "SELECTED FROM"
    by_reference.ReferencedContentItemIdentifier = [1, 1, 1]
    library = section("Library", picture(relation="CONTAINS"))
    (found,) = read(library, section("Finding", mark("POINT", [3, 4], by_reference)))
    assert found["instance"] == 70


def test_a_mark_below_its_picture_is_on_it() -> None:
    (found,) = read(with_marks(picture(relation="CONTAINS"), mark("POINT", [3, 4], words("Note", "here"))))
    assert found["shapes"][0]["points"] == [3, 4]


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("POLYLINE", [1, 2]),
        ("POLYLINE", [1, 2, 3]),
        ("CIRCLE", [1, 2]),
        ("ELLIPSE", [1, 2, 3, 4]),
        ("POLYLINE", [1e30, 2, 3, 4]),
        ("POLYLINE", [float("nan"), 2, 3, 4]),
        ("SPLINE", [1, 2, 3, 4]),
    ],
)
def test_what_is_no_shape_is_left_out(kind: str, points: list[float]) -> None:
    assert read(section("S", mark(kind, points))) == []


def test_marks_end_somewhere() -> None:
    many = [section(f"S{at}", mark("POINT", [at, 4])) for at in range(MOST_MARKS + 5)]
    assert len(read(*many)) == MOST_MARKS


def test_a_reference_that_leads_back_is_followed_no_further() -> None:
    by_reference = Dataset()
    by_reference.RelationshipType = "SELECTED FROM"
    by_reference.ReferencedContentItemIdentifier = [1, 1]
    assert read(section("S", mark("POINT", [3, 4], by_reference))) == []
