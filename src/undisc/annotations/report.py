"""What was measured as a structured report (PS3.16 TID 1500), for software that computes with the numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID

from undisc.annotations.content import (
    CONTAINS,
    INFERRED,
    MODIFIED,
    OBSERVED,
    Code,
    coded,
    container,
    evidence,
    identified,
    marked,
    measured,
    named,
    pictured,
    template,
    worded,
)
from undisc.annotations.context import AUTHOR, Moment, begin, new_uid, reference
from undisc.annotations.model import Drawn, Kind
from undisc.annotations.quantities import Frame, Quantity, quantities, scale_for

ENHANCED = UID("1.2.840.10008.5.1.4.1.1.88.22")

_REPORT = Code("126000", "DCM", "Imaging Measurement Report")
_LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
_ENGLISH = Code("en", "RFC5646", "English")
_OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
_PERSON = Code("121006", "DCM", "Person")
_OBSERVER = Code("121008", "DCM", "Person Observer Name")
_PROCEDURE = Code("121058", "DCM", "Procedure reported")
_IMAGING = Code("363679005", "SCT", "Imaging procedure")
_LIBRARY = Code("111028", "DCM", "Image Library")
_LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
_MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
_GROUP = Code("125007", "DCM", "Measurement Group")
_TRACKED = Code("112039", "DCM", "Tracking Identifier")
_TRACKED_UID = Code("112040", "DCM", "Tracking Unique Identifier")
_REGION = Code("111030", "DCM", "Image Region")
_SOURCE = Code("121112", "DCM", "Source of Measurement")
_DERIVATION = Code("121401", "DCM", "Derivation")
_COMMENT = Code("121106", "DCM", "Comment")

_NAMES = {
    Kind.LENGTH: "Length",
    Kind.ANGLE: "Angle",
    Kind.COBB: "Two lines",
    Kind.ELLIPSE: "Oval",
    Kind.RECTANGLE: "Box",
    Kind.POINT: "Value",
    Kind.ARROW: "Arrow",
}


@dataclass(frozen=True, slots=True)
class Pictured:
    """Measurements on one instance. frames: what the manifest tells of each frame; unit: of modality values."""

    header: Dataset
    drawn: Sequence[Drawn]
    frames: Mapping[int, Frame]
    unit: str


def measurement_report(pictures: Sequence[Pictured], moment: Moment, series: UID) -> Dataset:
    """One report of all measurements in one study; at least one."""
    first = pictures[0].header
    made = begin(first, ENHANCED, series, "SR", moment)
    made.SeriesDescription = "Measurements"
    made.SeriesNumber = "9002"
    made.ContentDate, made.ContentTime = moment.date, moment.time
    made.ReferencedPerformedProcedureStepSequence = []
    made.PerformedProcedureCodeSequence = []
    made.CompletionFlag = "PARTIAL"
    made.CompletionFlagDescription = "Measured by the holder of a link"
    made.VerificationFlag = "UNVERIFIED"
    made.ValueType = "CONTAINER"
    made.ConceptNameCodeSequence = [_REPORT.dataset()]
    made.ContinuityOfContent = "SEPARATE"
    made.ContentTemplateSequence = [template("1500")]
    made.ContentSequence = [
        coded(MODIFIED, _LANGUAGE, _ENGLISH),
        coded(OBSERVED, _OBSERVER_TYPE, _PERSON),
        named(OBSERVED, _OBSERVER, AUTHOR),
        coded(MODIFIED, _PROCEDURE, _IMAGING),
        container(CONTAINS, _LIBRARY, [container(CONTAINS, _LIBRARY_GROUP, list(_library(pictures)))]),
        container(CONTAINS, _MEASUREMENTS, list(_groups(pictures))),
    ]
    used = [(str(one.header.SeriesInstanceUID), reference(one.header)) for one in pictures]
    made.CurrentRequestedProcedureEvidenceSequence = [evidence(str(first.StudyInstanceUID), used)]
    return made


def _library(pictures: Sequence[Pictured]) -> Iterator[Dataset]:
    for one in pictures:
        yield pictured(CONTAINS, reference(one.header, {each.on.frame for each in one.drawn}))


def _groups(pictures: Sequence[Pictured]) -> Iterator[Dataset]:
    counted: dict[Kind, int] = {}
    for one in pictures:
        for each in one.drawn:
            counted[each.kind] = counted.get(each.kind, 0) + 1
            frame = one.frames.get(each.on.frame, {})
            yield container(CONTAINS, _GROUP, _group(each, frame, one, f"{_NAMES[each.kind]} {counted[each.kind]}"))


def _group(drawn: Drawn, frame: Frame, picture: Pictured, name: str) -> list[Dataset]:
    """A measurement group: of a region (TID 1410) where something is outlined, else of lines and points (TID 1501)."""
    image = reference(picture.header, {drawn.on.frame})
    outlined = drawn.kind in (Kind.ELLIPSE, Kind.RECTANGLE)
    marks = [
        marked(CONTAINS if outlined else INFERRED, _REGION if outlined else _SOURCE, kind, points, image)
        for kind, points in _shapes(drawn)
    ]
    found = quantities(drawn, frame, str(picture.header.get("Modality") or ""), picture.unit)
    made = [worded(OBSERVED, _TRACKED, name), identified(OBSERVED, _TRACKED_UID, new_uid())]
    if outlined:
        made += marks
    for quantity in found:
        made.append(_number(quantity, [] if outlined else marks))
    scale = scale_for(frame, drawn.points)
    if found and scale and scale.caveat and drawn.kind in (Kind.LENGTH, Kind.ELLIPSE, Kind.RECTANGLE):
        made.append(worded(CONTAINS, _COMMENT, scale.caveat))
    # Whatever is no number stays beside its mark: an arrow's words, values of charts.
    if not found and not outlined:
        made.append(worded(CONTAINS, _COMMENT, drawn.words or name, marks))
    return made


def _number(quantity: Quantity, marks: Sequence[Dataset]) -> Dataset:
    how = [] if quantity.derivation is None else [coded(MODIFIED, _DERIVATION, quantity.derivation)]
    return measured(quantity.name, quantity.value, quantity.unit, [*how, *marks])


def _shapes(drawn: Drawn) -> list[tuple[str, list[tuple[float, float]]]]:
    points = list(drawn.points)
    columns, rows = zip(*points, strict=True)
    left, top, right, bottom = min(columns), min(rows), max(columns), max(rows)
    match drawn.kind:
        case Kind.POINT | Kind.ARROW:  # an arrow's tip
            return [("POINT", points[:1])]
        case Kind.COBB:
            return [("POLYLINE", points[:2]), ("POLYLINE", points[2:])]
        case Kind.RECTANGLE:
            return [("POLYLINE", [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])]
        case Kind.ELLIPSE:
            across, down = (left + right) / 2, (top + bottom) / 2
            wide, high = [(left, down), (right, down)], [(across, top), (across, bottom)]
            # The ends of the major axis come first (PS3.3 C.18.6.1.2).
            return [("ELLIPSE", [*wide, *high] if right - left >= bottom - top else [*high, *wide])]
        case _:
            return [("POLYLINE", points)]
