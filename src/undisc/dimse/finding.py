"""C-FIND (PS3.4 C.4.1): the archive's search, asked and answered in data sets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.dsutils import encode
from pynetdicom.presentation import PresentationContext

from undisc.archive.names import fold
from undisc.archive.search_model import FIELDS, Answer, AnyOf, Between, Condition, Field, Level, Like, Named, Question
from undisc.audit.model import Act
from undisc.delivery.sop_classes import PATIENT_FIND
from undisc.dimse import statuses
from undisc.dimse.identifiers import Refused, decoded, level_of
from undisc.dimse.served import Served

_AT_ONCE = 500
_LEVELS = {"PATIENT": Level.STUDY, "STUDY": Level.STUDY, "SERIES": Level.SERIES, "IMAGE": Level.INSTANCE}
_PATIENT_TAGS = ("00100010", "00100020", "00100021", "00100030", "00100040")
_CHARSET, _LEVEL = 0x00080005, 0x00080052
_RETRIEVE_TITLE, _AVAILABILITY = 0x00080054, 0x00080056
_MODALITIES = 0x00080061
_SERIES_OF_STUDY, _INSTANCES_OF_STUDY, _INSTANCES_OF_SERIES = 0x00201206, 0x00201208, 0x00201209


@dataclass(frozen=True, slots=True)
class _Result:
    """The rows that one response is made from."""

    study: Any
    series: Any
    instance: Any
    counted: Any

    def value(self, field: Field) -> Any:
        row = {Level.STUDY: self.study, Level.SERIES: self.series, Level.INSTANCE: self.instance}[field.level]
        return getattr(row, field.column, None) if row is not None and field.column else None


def serve(assoc: Served, request: C_FIND, context: PresentationContext) -> None:
    identifier = decoded(request.Identifier, context)
    if identifier is None:
        _respond(assoc, request, context, statuses.CANNOT_UNDERSTAND, reason="The identifier cannot be read.")
        return
    patient_root = context.abstract_syntax == PATIENT_FIND
    level = level_of(identifier, patient_root=patient_root)
    if isinstance(level, Refused):
        _respond(assoc, request, context, level.status, reason=level.reason)
        return
    conditions = _conditions(identifier, level)
    found = 0
    for result in (
        _results(assoc, Question(_LEVELS[level], conditions, most=_AT_ONCE), level) if conditions is not None else ()
    ):
        if assoc.is_cancelled(request.MessageID):
            _respond(assoc, request, context, statuses.CANCELLED)
            break
        if not assoc.is_established:
            break
        answer = _described(result, identifier, level, assoc.services.identity.ae_title)
        _respond(assoc, request, context, statuses.PENDING, identifier=answer)
        found += 1
    else:
        _respond(assoc, request, context, statuses.SUCCESS)
    with assoc.services.trail.work() as work:  # Query (110112); the keys may name a patient, and are not noted
        work.audit(Act("queried", assoc.caller, {"code": "110112", "level": level, "found": found}))


def _respond(
    assoc: Served,
    request: C_FIND,
    context: PresentationContext,
    status: int,
    *,
    identifier: Dataset | None = None,
    reason: str = "",
) -> None:
    response = C_FIND()
    response.MessageIDBeingRespondedTo = request.MessageID
    response.AffectedSOPClassUID = request.AffectedSOPClassUID
    response.Status = status
    if reason:
        response.ErrorComment = statuses.comment(reason)  # type: ignore[assignment]
    if identifier is not None:
        syntax = context.transfer_syntax[0]
        data = encode(identifier, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
        response.Identifier = BytesIO(data or b"")
    if assoc.is_established:
        assoc.dimse.send_msg(response, context.context_id or 0)


def _results(assoc: Served, question: Question, level: str) -> Iterator[_Result]:
    """A page at a time, so that a question for everything does not bring everything into memory."""
    patients: set[tuple[str, str]] = set()
    while True:
        answer = assoc.services.search.ask(question)
        for row in answer.rows:
            result = _result(answer, row, question.level)
            if level == "PATIENT":
                patient = (result.study.patient_id, result.study.issuer)
                if patient in patients:
                    continue
                patients.add(patient)
            yield result
        if not answer.more:
            return
        question = replace(question, offset=question.offset + question.most)


def _result(answer: Answer, row: Any, level: Level) -> _Result:
    if level is Level.STUDY:
        return _Result(row, None, None, answer.counted.get(row.id))
    series = row if level is Level.SERIES else answer.series[row.series_id]
    instance = row if level is Level.INSTANCE else None
    return _Result(answer.studies[series.study_id], series, instance, answer.counted.get(series.id))


# -- what is asked ---------------------------------------------------------------------------------------------------


def _conditions(identifier: Dataset, level: str) -> tuple[tuple[Field, Condition], ...] | None:
    """The keys that narrow; those without a value only say what is to be told. None where nothing can match."""
    found: list[tuple[Field, Condition]] = []
    for tag, element in _keys(identifier):
        field = FIELDS.get(tag)
        if field is None or field.level > _LEVELS[level] or (level == "PATIENT" and tag not in _PATIENT_TAGS):
            continue
        values = [text for text in _texts(element) if text not in ("", "*")]
        if not values:
            continue
        condition = condition_for(field, values)
        if condition is None:
            return None
        found.append((field, condition))
    return tuple(found)


def _keys(identifier: Dataset) -> Iterator[tuple[str, DataElement]]:
    for element in identifier:
        if element.VR != "SQ":
            yield f"{int(element.tag):08X}", element
        elif element.value:
            for inner in element.value[0]:
                yield f"{int(element.tag):08X}.{int(inner.tag):08X}", inner


def _texts(element: DataElement) -> list[str]:
    value = element.value
    values = value if element.VM > 1 else [value]
    return ["" if each is None else str(each).strip() for each in values]


def condition_for(field: Field, values: list[str]) -> Condition | None:
    """How a key's values match (PS3.4 C.2.2.2); None where they are such that nothing can match."""
    if field.kind == "name":
        folded = [fold(group).strip(" ^") for group in "\\".join(values).split("=")]
        patterns = tuple(group for group in folded if group)
        return Named(patterns) if patterns else None
    if field.kind == "number":
        numbers = tuple(int(value) for value in values if value.lstrip("+-").isdecimal())
        return AnyOf(numbers) if numbers else None
    if field.kind in ("date", "time"):
        return _moment(field, values)
    if field.kind != "uid" and len(values) == 1 and any(mark in values[0] for mark in "*?"):
        return Like(values[0])
    return AnyOf(tuple(values))


def _moment(field: Field, values: list[str]) -> Condition | None:
    plain = [value.replace(".", "", 2) if field.kind == "date" else value.replace(":", "") for value in values]
    if len(plain) == 1 and "-" in plain[0]:
        low, _, high = plain[0].partition("-")
        return Between(low.strip(), high.strip()) if low.strip() or high.strip() else None
    return AnyOf(tuple(plain))


# -- what is told ----------------------------------------------------------------------------------------------------


def _described(result: _Result, identifier: Dataset, level: str, ae_title: str) -> Dataset:
    """The keys that were asked for, with the values that are known; the others are empty (PS3.4 C.4.1.1.3.2)."""
    told = Dataset()
    for element in identifier:
        tag = int(element.tag)
        if tag in (_CHARSET, _LEVEL) or element.tag.is_private or element.tag.element == 0:
            continue
        if element.VR == "SQ":
            told.add_new(tag, "SQ", _sequence(result, element))
        else:
            told.add(_element(tag, element.VR, _known(result, tag, level)))
    told.QueryRetrieveLevel = level
    told.RetrieveAETitle = ae_title
    if level != "PATIENT":
        told.InstanceAvailability = "ONLINE"
    if any(not str(element.value).isascii() for element in told if element.VR != "SQ") or "SQ" in {
        element.VR for element in told
    }:
        told.SpecificCharacterSet = "ISO_IR 192"
    return told


def _known(result: _Result, tag: int, level: str) -> Any:
    counted = result.counted
    if level == "STUDY" and counted is not None:
        if tag == _MODALITIES:
            return list(counted.modalities)
        if tag == _SERIES_OF_STUDY:
            return counted.series
        if tag == _INSTANCES_OF_STUDY:
            return counted.instances
    if tag == _INSTANCES_OF_SERIES and level in ("SERIES", "IMAGE") and counted is not None:
        return counted.instances
    field = FIELDS.get(f"{tag:08X}")
    return result.value(field) if field else None


def _sequence(result: _Result, element: DataElement) -> Sequence:
    item = Dataset()
    for inner in element.value[0] if element.value else ():
        field = FIELDS.get(f"{int(element.tag):08X}.{int(inner.tag):08X}")
        value = result.value(field) if field else None
        if inner.VR != "SQ":
            item.add(_element(int(inner.tag), inner.VR, value))
    return Sequence([item] if any(part.value not in (None, "") for part in item) else [])


def _element(tag: int, vr: str, value: Any) -> DataElement:
    """Values of rows are as the files spelt them, with backslashes between several; what cannot be is left empty."""
    if isinstance(value, str) and "\\" in value:
        value = value.split("\\")
    if vr in ("IS", "US", "UL", "SS", "SL") and not isinstance(value, int):
        value = None
    try:
        return DataElement(tag, vr, value)
    except (ValueError, TypeError):
        return DataElement(tag, vr, None)
