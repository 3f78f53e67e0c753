"""Content items of structured reports (PS3.3 C.17.3), and the codes that ours are made of."""

from collections.abc import Sequence
from typing import NamedTuple

from pydicom import Dataset


class Code(NamedTuple):
    value: str
    scheme: str
    meaning: str

    def dataset(self) -> Dataset:
        made = Dataset()
        made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = self
        return made


CONTAINS, OBSERVED, MODIFIED, INFERRED, SELECTED = (
    *("CONTAINS", "HAS OBS CONTEXT", "HAS CONCEPT MOD", "INFERRED FROM", "SELECTED FROM"),
)


def container(relation: str | None, name: Code, children: Sequence[Dataset]) -> Dataset:
    made = _item(relation, "CONTAINER", name)
    made.ContinuityOfContent = "SEPARATE"
    made.ContentSequence = list(children)
    return made


def coded(relation: str, name: Code, value: Code) -> Dataset:
    made = _item(relation, "CODE", name)
    made.ConceptCodeSequence = [value.dataset()]
    return made


def worded(relation: str, name: Code, value: str, children: Sequence[Dataset] = ()) -> Dataset:
    made = _item(relation, "TEXT", name)
    made.TextValue = value
    return _with(made, children)


def named(relation: str, name: Code, person: str) -> Dataset:
    made = _item(relation, "PNAME", name)
    made.PersonName = person
    return made


def identified(relation: str, name: Code, uid: str) -> Dataset:
    made = _item(relation, "UIDREF", name)
    made.UID = uid
    return made


def measured(name: Code, value: str, unit: Code, children: Sequence[Dataset] = ()) -> Dataset:
    """value: a decimal string (PS3.5 6.2)."""
    made = _item(CONTAINS, "NUM", name)
    number = Dataset()
    number.NumericValue = value
    number.MeasurementUnitsCodeSequence = [unit.dataset()]
    made.MeasuredValueSequence = [number]
    return _with(made, children)


def marked(relation: str, name: Code, kind: str, points: Sequence[tuple[float, float]], picture: Dataset) -> Dataset:
    """Coordinates on a picture. picture: a reference to it. (column, row), from the corner of the first pixel."""
    made = _item(relation, "SCOORD", name)
    made.GraphicType = kind
    made.GraphicData = [value for point in points for value in point]
    return _with(made, [pictured(SELECTED, picture)])


def pictured(relation: str, picture: Dataset) -> Dataset:
    made = _item(relation, "IMAGE", None)
    made.ReferencedSOPSequence = [picture]
    return made


def evidence(study: str, pictures: Sequence[tuple[str, Dataset]]) -> Dataset:
    """Every instance that is named, below its series and study (PS3.3 C.17.2.1). pictures: series UID and reference."""
    made = Dataset()
    made.StudyInstanceUID = study
    made.ReferencedSeriesSequence = []
    by_series: dict[str, Dataset] = {}
    for uid, picture in pictures:
        if uid not in by_series:
            series = by_series[uid] = Dataset()
            series.SeriesInstanceUID = uid
            series.ReferencedSOPSequence = []
            made.ReferencedSeriesSequence.append(series)
        by_series[uid].ReferencedSOPSequence.append(picture)
    return made


def template(identifier: str) -> Dataset:
    made = Dataset()
    made.MappingResource = "DCMR"
    made.TemplateIdentifier = identifier
    return made


def _item(relation: str | None, kind: str, name: Code | None) -> Dataset:
    made = Dataset()
    if relation is not None:
        made.RelationshipType = relation
    made.ValueType = kind
    if name is not None:
        made.ConceptNameCodeSequence = [name.dataset()]
    return made


def _with(made: Dataset, children: Sequence[Dataset]) -> Dataset:
    if children:
        made.ContentSequence = list(children)
    return made
