"""Starred pictures as a Key Object Selection (PS3.3 A.35.4, PS3.16 TID 2010)."""

from collections.abc import Mapping

from pydicom import Dataset
from pydicom.uid import UID

from undisc.annotations.content import CONTAINS, Code, evidence, pictured, template
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
    made.ConceptNameCodeSequence = [Code("113000", "DCM", "Of Interest").dataset()]
    made.ContinuityOfContent = "SEPARATE"
    made.ContentTemplateSequence = [template("2010")]
    made.ContentSequence = [pictured(CONTAINS, reference(header, frames)) for header, frames in starred.values()]
    named = [(str(header.SeriesInstanceUID), reference(header)) for header in headers]
    made.CurrentRequestedProcedureEvidenceSequence = [evidence(str(headers[0].StudyInstanceUID), named)]
    return made
