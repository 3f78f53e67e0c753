"""Directory records: which type an instance has, and with which keys it is found (PS3.3 F.4 and F.5)."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from undisc.archive.words import ENCAPSULATED_CDA
from undisc.dicom.explicit import element
from undisc.export.elements import (
    CharacterSet,
    Model,
    all_texts,
    character_set_for,
    items_of,
    sequence,
    text_element,
    texts,
)

PRIVATE = "PRIVATE"
AT_THE_ROOT = frozenset({"HANGING PROTOCOL", "PALETTE", "IMPLANT", "IMPLANT ASSY", "IMPLANT GROUP"})
"""Record types that belong to no patient (PS3.3 table F.4-1)."""

_SOP_CLASSES = "1.2.840.10008.5.1."
# By what follows, longest first: a name such as "4.1.1.9.1." stands for all below it, and not for itself.
_TYPES = {
    **dict.fromkeys(("1.29", "1.30"), "IMAGE"),
    **{f"4.1.1.{arc}": "IMAGE" for arc in (*range(1, 8), *range(12, 15), 20, 30, 77, 81, 82, 128, 130, 501, 601)},
    **{f"4.1.1.{arc}": "IMAGE" for arc in ("66.4", "66.7", "66.8", "481.1", "481.23", "481.24")},
    **dict.fromkeys(("4.1.1.12.77", "4.1.1.501.3"), PRIVATE),
    **{f"4.1.1.9.{arc}": "WAVEFORM" for arc in range(1, 9)},
    "4.1.1.4.2": "SPECTROSCOPY",
    "4.1.1.11.": "PRESENTATION",
    "4.1.1.131": "PRESENTATION",
    "4.1.1.66": "RAW DATA",
    "4.1.1.66.1": "REGISTRATION",
    "4.1.1.66.2": "FIDUCIAL",
    "4.1.1.66.3": "REGISTRATION",
    "4.1.1.66.5": "SURFACE",
    "4.1.1.66.6": "TRACT",
    "4.1.1.67": "VALUE MAP",
    "4.1.1.68": "SURFACE SCAN",
    "4.1.1.77.1.5.3": "STEREOMETRIC",
    "4.1.1.78": "MEASUREMENT",
    "4.1.1.78.6": "SR DOCUMENT",
    "4.1.1.79.1": "SR DOCUMENT",
    "4.1.1.80": "MEASUREMENT",
    "4.1.1.88": "SR DOCUMENT",
    "4.1.1.88.59": "KEY OBJECT DOC",
    "4.1.1.90.1": "ASSESSMENT",
    "4.1.1.91.1": "ANNOTATION",
    "4.1.1.104": "ENCAP DOC",
    "4.1.1.481.2": "RT DOSE",
    "4.1.1.481.3": "RT STRUCTURE SET",
    **dict.fromkeys((f"4.1.1.481.{arc}" for arc in (4, 6, 7, 9)), "RT TREAT RECORD"),
    "4.1.1.481.5": "RT PLAN",
    "4.1.1.481.8": "RT PLAN",
    **{f"4.1.1.481.{arc}": "RADIOTHERAPY" for arc in (*range(10, 23), 25)},
    "4.34.7": "PLAN",
    "4.34.10": "PLAN",
    "4.38.1": "HANGING PROTOCOL",
    "4.39.1": "PALETTE",
    "4.43.1": "IMPLANT",
    "4.44.1": "IMPLANT ASSY",
    "4.45.1": "IMPLANT GROUP",
}


def record_type(sop_class: str) -> str:
    """The type of an instance's record; PRIVATE where the standard has none for its class."""
    if not sop_class.startswith(_SOP_CLASSES):
        return PRIVATE
    rest = sop_class.removeprefix(_SOP_CLASSES)
    if rest in _TYPES:
        return _TYPES[rest]
    arcs = rest.split(".")
    for count in range(len(arcs) - 1, 0, -1):
        above = ".".join(arcs[:count])
        found = _TYPES.get(above + ".") or _TYPES.get(above)
        if found:
            return PRIVATE if above == "4.1.1.66" else found
    return PRIVATE


class Key(NamedTuple):
    """need: the type of the key in its record. instead: what stands there where the instance says nothing, "" for
    nothing."""

    tag: int
    vr: str
    need: int
    instead: "str | Callable[[Model, int], str]" = ""


def _earliest(model: Model, tags: tuple[int, ...], vr: str, unknown: str) -> str:
    return next((found[0] for tag in tags if (found := texts(model, tag, vr))), unknown)


def _date(model: Model, _number: int) -> str:
    """Of the content, or of what comes nearest to it; a reader takes the year 1900 for what it is."""
    return _earliest(model, (0x00080023, 0x00080022, 0x00080021, 0x00080020, 0x00080012), "DA", "19000101")


def _time(model: Model, _number: int) -> str:
    return _earliest(model, (0x00080033, 0x00080032, 0x00080031, 0x00080030, 0x00080013), "TM", "000000")


def _study_date(model: Model, _number: int) -> str:
    return _earliest(model, (0x00080021, 0x00080022, 0x00080023, 0x00080012), "DA", "19000101")


def _study_time(model: Model, _number: int) -> str:
    return _earliest(model, (0x00080031, 0x00080032, 0x00080033, 0x00080013), "TM", "000000")


def _place(_model: Model, number: int) -> str:
    return str(number)


def _clinical_document(model: Model, _number: int) -> str:
    """A CDA document has an identifier (PS3.3 table F.5-33), whether or not its instance says which."""
    return "UNKNOWN" if texts(model, 0x00080016, "UI") == [ENCAPSULATED_CDA] else ""


_NUMBER = Key(0x00200013, "IS", 1, _place)
_CONTENT = (Key(0x00080023, "DA", 1, _date), Key(0x00080033, "TM", 1, _time))
_NAMED = (  # the Content Identification macro (PS3.3 table 10-12)
    _NUMBER,
    Key(0x00700080, "CS", 1, "UNNAMED"),
    Key(0x00700081, "LO", 2),
    Key(0x00700084, "PN", 2),
)
_CONCEPT, _CONTENT_ITEMS, _VERIFIED_AT = 0x0040A043, 0x0040A730, 0x0040A030
_UNKNOWN_CONCEPT = {
    "00080100": {"vr": "SH", "Value": ["UNKNOWN"]},
    "00080102": {"vr": "SH", "Value": ["99UNDISC"]},
    "00080104": {"vr": "LO", "Value": ["Unknown"]},
}

KEYS: Mapping[str, tuple[Key, ...]] = {
    # The keys of type 2 and 3 beyond PS3.3 F.5 are those that PS3.11 asks for on DVD and flash media, and on screen.
    "PATIENT": (
        Key(0x00100010, "PN", 2),
        Key(0x00100020, "LO", 1),
        Key(0x00100021, "LO", 3),
        Key(0x00100030, "DA", 2),
        Key(0x00100040, "CS", 2),
    ),
    "STUDY": (
        Key(0x00080020, "DA", 1, _study_date),
        Key(0x00080030, "TM", 1, _study_time),
        Key(0x00080050, "SH", 2),
        Key(0x00081030, "LO", 2),
        Key(0x00080090, "PN", 3),
        Key(0x00200010, "SH", 1, _place),
    ),
    "SERIES": (
        Key(0x00080060, "CS", 1, "OT"),
        Key(0x00080080, "LO", 2),
        Key(0x00080081, "ST", 2),
        Key(0x0008103E, "LO", 3),
        Key(0x00081050, "PN", 2),
        Key(0x00180015, "CS", 3),
        Key(0x00200011, "IS", 1, _place),
    ),
    "IMAGE": (
        Key(0x00080008, "CS", 3),
        Key(0x00080023, "DA", 3),
        Key(0x00080033, "TM", 3),
        Key(0x00081140, "SQ", 3),
        _NUMBER,
        Key(0x00200032, "DS", 3),
        Key(0x00200037, "DS", 3),
        Key(0x00200052, "UI", 3),
        Key(0x00280008, "IS", 3),
        Key(0x00280010, "US", 3),
        Key(0x00280011, "US", 3),
        Key(0x00280030, "DS", 3),
    ),
    "RT DOSE": (_NUMBER, Key(0x3004000A, "CS", 1, "UNKNOWN"), Key(0x30040006, "LO", 3)),
    "RT STRUCTURE SET": (
        _NUMBER,
        Key(0x30060002, "SH", 1, "UNNAMED"),
        Key(0x30060008, "DA", 2),
        Key(0x30060009, "TM", 2),
    ),
    "RT PLAN": (_NUMBER, Key(0x300A0002, "SH", 1, "UNNAMED"), Key(0x300A0006, "DA", 2), Key(0x300A0007, "TM", 2)),
    "RT TREAT RECORD": (_NUMBER, Key(0x30080250, "DA", 2), Key(0x30080251, "TM", 2)),
    "PRESENTATION": (
        Key(0x00700082, "DA", 1, _date),
        Key(0x00700083, "TM", 1, _time),
        *_NAMED,
        Key(0x00081115, "SQ", 3),
        Key(0x00700402, "SQ", 3),
    ),
    "WAVEFORM": (_NUMBER, *_CONTENT),
    "SR DOCUMENT": (
        _NUMBER,
        Key(0x0040A491, "CS", 1, "PARTIAL"),
        Key(0x0040A493, "CS", 1, "UNVERIFIED"),
        *_CONTENT,
        Key(_VERIFIED_AT, "DT", 3),
        Key(_CONCEPT, "SQ", 1),
        Key(_CONTENT_ITEMS, "SQ", 3),
    ),
    "KEY OBJECT DOC": (_NUMBER, *_CONTENT, Key(_CONCEPT, "SQ", 1), Key(_CONTENT_ITEMS, "SQ", 3)),
    "SPECTROSCOPY": (
        Key(0x00080008, "CS", 1, "UNKNOWN"),
        *_CONTENT,
        _NUMBER,
        Key(0x00089154, "SQ", 3),
        Key(0x00280008, "IS", 1, "1"),
        Key(0x00280010, "US", 1, "1"),
        Key(0x00280011, "US", 1, "1"),
        Key(0x00289001, "UL", 1, "1"),
        Key(0x00289002, "UL", 1, "1"),
    ),
    "RAW DATA": (*_CONTENT, Key(0x00200013, "IS", 2)),
    **dict.fromkeys(
        ("REGISTRATION", "FIDUCIAL", "VALUE MAP", "MEASUREMENT", "SURFACE", "TRACT", "ANNOTATION"),
        (*_CONTENT, *_NAMED),
    ),
    "ENCAP DOC": (
        Key(0x00080023, "DA", 2),
        Key(0x00080033, "TM", 2),
        _NUMBER,
        Key(0x00420010, "ST", 2),
        Key(0x0040E001, "ST", 3, _clinical_document),
        Key(_CONCEPT, "SQ", 2),
        Key(0x00420012, "LO", 1, "application/octet-stream"),
    ),
    "SURFACE SCAN": _CONTENT,
    "ASSESSMENT": (_NUMBER, Key(0x00080012, "DA", 1, _date), Key(0x00080013, "TM", 2)),
    "RADIOTHERAPY": (
        _NUMBER,
        Key(0x30100033, "SH", 3),
        Key(0x30100034, "LO", 3),
        Key(0x00700081, "LO", 2),
        Key(0x00700084, "PN", 2),
    ),
    "HANGING PROTOCOL": (
        Key(0x00720008, "LO", 1, "UNKNOWN"),
        Key(0x0072000A, "DT", 1, _date),
        Key(0x0072000C, "SQ", 1),
        Key(0x0072000E, "SQ", 2),
        Key(0x00720014, "US", 1, "0"),
    ),
    "PALETTE": (Key(0x00700080, "CS", 1, "UNNAMED"), Key(0x00700081, "LO", 2)),
    "IMPLANT": (
        Key(0x00080070, "LO", 1, "UNKNOWN"),
        Key(0x00221095, "LO", 1, "UNNAMED"),
        Key(0x00686210, "LO", 3),
        Key(0x00221097, "LO", 1, "UNKNOWN"),
    ),
    "IMPLANT ASSY": (
        Key(0x00760001, "LO", 1, "UNNAMED"),
        Key(0x00080070, "LO", 1, "UNKNOWN"),
        Key(0x00760020, "SQ", 1),
    ),
    "IMPLANT GROUP": (Key(0x00780001, "LO", 1, "UNNAMED"), Key(0x00780020, "LO", 1, "UNKNOWN")),
    "STEREOMETRIC": (),
    "PLAN": (),
    PRIVATE: (Key(0x00200013, "IS", 3), Key(0x00080023, "DA", 3), Key(0x00080033, "TM", 3)),
}


def keys_of(kind: str, model: Model, number: int, given: Mapping[int, str] | None = None) -> bytes:
    """The keys of a record as elements in order, its character set first.

    number: which one it is within what it lies in, from 1. given: values that stand whatever the instance says.
    """
    given = given or {}
    told: dict[int, list[str]] = {}
    items: dict[int, list[Model]] = {}
    for key in KEYS[kind]:
        if key.vr == "SQ":
            items[key.tag] = _items(key, model)
        else:
            told[key.tag] = [given[key.tag]] if key.tag in given else _values(key, model, number)
    told.update({tag: [text] for tag, text in given.items() if tag not in told})
    wanted = [text for texts_of_one in told.values() for text in texts_of_one]
    wanted += [text for those in items.values() for text in all_texts(those)]
    charset = character_set_for(model, wanted)
    vrs = {key.tag: key for key in KEYS[kind]}
    written = {0x00080005: charset.element()}
    for tag, values in told.items():
        key = vrs.get(tag) or Key(tag, "UI", 1)
        if values or key.need < 3:
            written[tag] = _element(key, values, charset)
    for tag, those in items.items():
        if those or vrs[tag].need < 3:
            written[tag] = sequence(tag, those, charset)
    return b"".join(written[tag] for tag in sorted(written))


def _values(key: Key, model: Model, number: int) -> list[str]:
    if key.tag == _VERIFIED_AT:
        # When it was last verified (PS3.3 table F.5-25), which the observers tell.
        observers = items_of(model, 0x0040A073)
        return sorted(time for each in observers for time in texts(each, _VERIFIED_AT, "DT"))[-1:]
    found = texts(model, key.tag, key.vr)
    if key.vr in ("US", "UL"):
        found = [text for text in found if text.isdecimal() and int(text) < (1 << (16 if key.vr == "US" else 32))]
    if found:
        return found
    instead = key.instead if isinstance(key.instead, str) else key.instead(model, number)
    return [instead] if instead else []


def _items(key: Key, model: Model) -> list[Model]:
    found = items_of(model, key.tag)
    if key.tag == _CONTENT_ITEMS:
        # Only those that modify the document's title belong there (PS3.3 table F.5-25).
        return [item for item in found if texts(item, 0x0040A010, "CS") == ["HAS CONCEPT MOD"]]
    if key.tag == _CONCEPT:
        return found[:1] or ([_UNKNOWN_CONCEPT] if key.need == 1 else [])
    return found


def _element(key: Key, values: list[str], charset: CharacterSet) -> bytes:
    if key.vr in ("US", "UL"):
        size = 2 if key.vr == "US" else 4
        return element(key.tag, key.vr, b"".join(int(value).to_bytes(size, "little") for value in values))
    return text_element(key.tag, key.vr, values, charset)
