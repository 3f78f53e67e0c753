"""Results as DICOM JSON (PS3.18 F.2), written from rows piece by piece, each level's attributes once for all below it.

The attributes are those of PS3.18 tables 10.6.3-3 to 10.6.3-5, and what was asked for besides.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from undisc.archive.search_model import FIELDS, Answer, Counted, Field, Level
from undisc.dicomweb.query_parameters import Asked

Write = Callable[[Any], str]
"""Writes one attribute of a row, with a comma behind it; "" where there is nothing to say."""
Model = Mapping[str, Any]

_CHARSET = '"00080005":{"vr":"CS","Value":["ISO_IR 192"]},'
_ONLINE = '"00080056":{"vr":"CS","Value":["ONLINE"]},'
_UIDS = {Level.STUDY: "0020000D", Level.SERIES: "0020000E", Level.INSTANCE: "00080018"}
_USUAL: dict[Level, frozenset[str]] = {
    Level.STUDY: frozenset(
        {
            "00080020",
            "00080030",
            "00080050",
            "00080061",
            "00080090",
            "00100010",
            "00100020",
            "00100030",
            "00100040",
            "0020000D",
            "00200010",
        }
    ),
    Level.SERIES: frozenset({"00080060", "0008103E", "0020000E", "00200011", "00400244", "00400245"}),
    Level.INSTANCE: frozenset({"00080016", "00080018", "00200013", "00280008", "00280010", "00280011", "00280100"}),
}
# What tells of pictures is left out where there are none; the others stand there empty.
_OF_PICTURES = frozenset({"00280008", "00280010", "00280011", "00280100"})
_REQUEST = "00400275"
# Written for every result, whether asked for or not.
_ALWAYS = frozenset({"00080005", "00080056", "00080201", "00081190", "00201206", "00201208", "00201209", _REQUEST})


@dataclass(frozen=True, slots=True)
class Place:
    """Which resource was searched: what is asked for, and whether a study or a series was given in the address.

    base: the address of the door, without a slash at its end.
    """

    level: Level
    base: str
    in_study: bool = False
    in_series: bool = False

    @property
    def told(self) -> tuple[Level, ...]:
        """The levels whose attributes are given: those that the address does not fix already (10.6.1.2)."""
        fixed = Level.SERIES if self.in_series else Level.STUDY if self.in_study else 0
        return tuple(level for level in Level if fixed < level <= self.level)

    @property
    def counted(self) -> bool:
        """Whether what is given tells how much a study or a series holds."""
        return self.told[0] is not Level.INSTANCE


def extra_tags(asked: Asked, place: Place) -> frozenset[str]:
    """What was asked for and stands in no row: tags of the data set's top level."""
    known = _ALWAYS.union(*(_shown(asked, level, place) for level in Level if level <= place.level))
    return frozenset(path.split(".")[0] for path in asked.included) - known


def write(answer: Answer, asked: Asked, place: Place, extras: Callable[[Any], Model | None] | None = None) -> bytes:
    """The answer as one JSON array. extras: the whole model of the data set that a row stands for, or its first."""
    told = place.told
    shown = {level: _shown(asked, level, place) for level in Level}
    study_writers = _writers(shown[Level.STUDY], Level.STUDY)
    series_writers = _writers(shown[Level.SERIES], Level.SERIES)
    instance_writers = _writers(shown[Level.INSTANCE], Level.INSTANCE)
    upper: dict[int, dict[str, str]] = {}
    wanted = extra_tags(asked, place)
    results: list[str] = []
    templates: dict[tuple[Any, ...], str] = {}
    for row in answer.rows:
        if place.level is Level.STUDY:
            pieces = {tag: writer(row) for tag, writer in study_writers.items()}
            pieces |= _of_study(row, answer.counted.get(row.id))
            pieces["00081190"] = _url(f"{place.base}/studies/{row.study_uid}")
        else:
            series = row if place.level is Level.SERIES else answer.series[row.series_id]
            if series.id not in upper:
                study = answer.studies[series.study_id]
                above = {tag: writer(study) for tag, writer in study_writers.items()}
                above |= {tag: writer(series) for tag, writer in series_writers.items()}
                above |= _timezone(study)
                if Level.SERIES in told:
                    above |= _of_series(series, answer.counted.get(series.id))
                upper[series.id] = above
            pieces = upper[series.id]
            if place.level is Level.SERIES:
                study_uid = answer.studies[series.study_id].study_uid
                pieces["00081190"] = _url(f"{place.base}/studies/{study_uid}/series/{series.series_uid}")
            elif not extras:
                # Templates instead of pieces: a thousand instances are asked for at once, and differ in little.
                key = (series.id, row.sop_class, row.rows, row.columns, row.bits_allocated, row.frames)
                if key not in templates:
                    start = _instances_at(answer, place, series)
                    written = {tag: writer(row) for tag, writer in instance_writers.items()}
                    templates[key] = _template(pieces | written, start)
                # In the order of their tags. A UID that is kept is digits and dots.
                results.append(templates[key] % (row.sop_uid, row.sop_uid, _number(row.number)))
                continue
            else:
                pieces = pieces | {tag: writer(row) for tag, writer in instance_writers.items()}
                pieces["00081190"] = _url(_instances_at(answer, place, series) + row.sop_uid)
        pieces = {"00080005": _CHARSET, "00080056": _ONLINE} | pieces
        model = extras(row) if extras else None
        if model is not None:
            pieces = _extra(model, wanted, everything=asked.everything) | pieces
        results.append("{" + "".join(pieces[tag] for tag in sorted(pieces)).rstrip(",") + "}")
    return ("[" + ",\n".join(results) + "]").encode("utf-8", "replace")


def _shown(asked: Asked, level: Level, place: Place) -> frozenset[str]:
    """The attributes of a level that are given; of a level that the address fixes, its UID and what was asked for."""
    of_level = frozenset(tag for tag, field in FIELDS.items() if field.level is level and "." not in tag)
    if level not in place.told:
        return (of_level & frozenset(asked.included)) | {_UIDS[level]}
    return of_level if asked.everything else _USUAL[level] | (of_level & frozenset(asked.included))


def _writers(tags: frozenset[str], level: Level) -> dict[str, Write]:
    return {tag: _writer(FIELDS[tag]) for tag in tags if FIELDS[tag].level is level and FIELDS[tag].column}


def _writer(field: Field) -> Write:
    column, start = field.column, f'"{field.tag}":{{"vr":"{field.vr}"'
    nothing = "" if field.tag in _OF_PICTURES else start + "},"
    if field.kind == "name":
        return lambda row: _name(start, getattr(row, column))
    if field.kind == "number":
        least = 2 if field.tag == "00280008" else -(2**31)
        return lambda row: (
            nothing if (value := getattr(row, column)) is None or value < least else f'{start},"Value":[{value}]}},'
        )
    return lambda row: f'{start},"Value":[{_texts(value)}]}},' if (value := getattr(row, column)) else nothing


def _texts(value: str) -> str:
    if "\\" not in value:
        return encode_basestring(value)
    return ",".join(encode_basestring(part) if part else "null" for part in value.split("\\"))


def _name(start: str, value: str) -> str:
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), value.split("="), strict=False)
    named = ",".join(f'"{name}":{encode_basestring(group)}' for name, group in groups if group)
    return f'{start},"Value":[{{{named}}}]}},' if named else start + "},"


def _instances_at(answer: Answer, place: Place, series: Any) -> str:
    study_uid = answer.studies[series.study_id].study_uid
    return f"{place.base}/studies/{study_uid}/series/{series.series_uid}/instances/"


def _template(pieces: Mapping[str, str], start: str) -> str:
    """One result with holes for what differs between the instances of a series: UID, address and number."""
    whole = {"00080005": _CHARSET, "00080056": _ONLINE, **pieces}
    holes = {tag: piece.replace("%", "%%") for tag, piece in whole.items()}
    holes["00080018"] = '"00080018":{"vr":"UI","Value":["%s"]},'
    holes["00081190"] = _url(start).replace("%", "%%").removesuffix('"]},') + '%s"]},'
    holes["00200013"] = '"00200013":{"vr":"IS"%s},'
    return "{" + "".join(holes[tag] for tag in sorted(holes)).rstrip(",") + "}"


def _number(value: int | None) -> str:
    return "" if value is None else f',"Value":[{value}]'


def _of_study(row: Any, counted: Counted | None) -> dict[str, str]:
    counted = counted or Counted(0, 0, ())
    modalities = ",".join(encode_basestring(modality) for modality in counted.modalities)
    return {
        "00080061": f'"00080061":{{"vr":"CS","Value":[{modalities}]}},' if modalities else '"00080061":{"vr":"CS"},',
        "00201206": f'"00201206":{{"vr":"IS","Value":[{counted.series}]}},',
        "00201208": f'"00201208":{{"vr":"IS","Value":[{counted.instances}]}},',
        **_timezone(row),
    }


def _timezone(study: Any) -> dict[str, str]:
    if not study.timezone:
        return {}
    return {"00080201": f'"00080201":{{"vr":"SH","Value":[{encode_basestring(study.timezone)}]}},'}


def _of_series(series: Any, counted: Counted | None) -> dict[str, str]:
    pieces = {"00201209": f'"00201209":{{"vr":"IS","Value":[{counted.instances if counted else 0}]}},'}
    item = "".join(
        f'"{tag}":{{"vr":"SH","Value":[{_texts(value)}]}},'
        for tag, value in (("00400009", series.scheduled_step), ("00401001", series.requested_procedure))
        if value
    ).rstrip(",")
    if item:
        pieces[_REQUEST] = f'"{_REQUEST}":{{"vr":"SQ","Value":[{{{item}}}]}},'
    return pieces


def _url(address: str) -> str:
    return f'"00081190":{{"vr":"UR","Value":[{encode_basestring(address)}]}},'


def _extra(model: Model, wanted: frozenset[str], *, everything: bool) -> dict[str, str]:
    """Attributes of a whole data set; bulk data, which stands elsewhere, is left out."""
    tags = model.keys() if everything else wanted & model.keys()
    return {
        tag: f'"{tag}":{json.dumps(found, ensure_ascii=False, separators=(",", ":"))},'
        for tag in tags
        if (found := _without_bulk(model[tag])) is not None
    }


def _without_bulk(element: Any) -> Any:
    if "BulkDataURI" in element:
        return None
    if element.get("vr") != "SQ":
        return element
    items = [
        {tag: kept for tag, inner in (item or {}).items() if (kept := _without_bulk(inner)) is not None}
        for item in element.get("Value", ())
    ]
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
