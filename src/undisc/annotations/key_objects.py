"""Starred pictures as a Key Object Selection (PS3.3 A.35.4, PS3.16 TID 2010)."""

from collections.abc import Mapping

from pydicom import Dataset
from pydicom.uid import UID

from undisc.annotations.context import Moment, begin, reference

KEY_OBJECTS = UID("1.2.840.10008.5.1.4.1.1.88.59")


def key_object_selection(starred: Mapping[int, tuple[Dataset, set[int]]], moment: Moment, series: UID) -> Dataset:
    """One document for the starred pictures of one study: headers and frames (from 0) by instance; at least one."""
    headers = [header for header, _ in starred.values()]
    made = begin(headers[0], KEY_OBJECTS, series, "KO", moment)
    made.SeriesDescription = "Starred pictures"
    made.SeriesNumber = "9001"
    made.ContentDate, made.ContentTime = moment.date, moment.time
    made.ReferencedPerformedProcedureStepSequence = []
    made.ValueType = "CONTAINER"
    made.ConceptNameCodeSequence = [_code("113000", "DCM", "Of Interest")]
    made.ContinuityOfContent = "SEPARATE"
    template = Dataset()
    template.MappingResource = "DCMR"
    template.TemplateIdentifier = "2010"
    made.ContentTemplateSequence = [template]
    made.ContentSequence = [_item(header, frames) for header, frames in starred.values()]
    made.CurrentRequestedProcedureEvidenceSequence = [_evidence(headers)]
    return made


def _item(header: Dataset, frames: set[int]) -> Dataset:
    made = Dataset()
    made.RelationshipType = "CONTAINS"
    made.ValueType = "IMAGE"
    made.ReferencedSOPSequence = [reference(header, frames)]
    return made


def _evidence(headers: list[Dataset]) -> Dataset:
    """Every instance that is named, below its series and study (PS3.3 C.17.2.1)."""
    study = Dataset()
    study.StudyInstanceUID = str(headers[0].StudyInstanceUID)
    study.ReferencedSeriesSequence = []
    by_series: dict[str, Dataset] = {}
    for header in headers:
        uid = str(header.SeriesInstanceUID)
        if uid not in by_series:
            series = by_series[uid] = Dataset()
            series.SeriesInstanceUID = uid
            series.ReferencedSOPSequence = []
            study.ReferencedSeriesSequence.append(series)
        by_series[uid].ReferencedSOPSequence.append(reference(header))
    return study


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made
