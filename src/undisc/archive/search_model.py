"""What can be asked of the archive in the standards' terms (PS3.4 C.2.2.2, PS3.18 8.3.4), as plain values."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal


class Level(IntEnum):
    STUDY = 1
    SERIES = 2
    INSTANCE = 3


Kind = Literal["text", "code", "uid", "name", "date", "time", "number", "modalities"]


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute that is kept in rows: where, and how it is matched. column "" is not searched by."""

    tag: str
    level: Level
    column: str
    vr: str
    kind: Kind


def _fields(*fields: Field) -> dict[str, Field]:
    return {field.tag: field for field in fields}


FIELDS = _fields(
    Field("00080020", Level.STUDY, "study_date", "DA", "date"),
    Field("00080030", Level.STUDY, "study_time", "TM", "time"),
    Field("00080050", Level.STUDY, "accession", "SH", "text"),
    Field("00080061", Level.STUDY, "", "CS", "modalities"),
    Field("00080080", Level.STUDY, "institution", "LO", "text"),
    Field("00080090", Level.STUDY, "referring", "PN", "name"),
    Field("00081030", Level.STUDY, "description", "LO", "text"),
    Field("00100010", Level.STUDY, "patient_name", "PN", "name"),
    Field("00100020", Level.STUDY, "patient_id", "LO", "text"),
    Field("00100021", Level.STUDY, "issuer", "LO", "text"),
    Field("00100030", Level.STUDY, "birth_date", "DA", "date"),
    Field("00100040", Level.STUDY, "sex", "CS", "code"),
    Field("0020000D", Level.STUDY, "study_uid", "UI", "uid"),
    Field("00200010", Level.STUDY, "study_id_text", "SH", "text"),
    Field("00080060", Level.SERIES, "modality", "CS", "code"),
    Field("0008103E", Level.SERIES, "description", "LO", "text"),
    Field("00180015", Level.SERIES, "body_part", "CS", "code"),
    Field("0020000E", Level.SERIES, "series_uid", "UI", "uid"),
    Field("00200011", Level.SERIES, "number", "IS", "number"),
    Field("00400244", Level.SERIES, "performed_date", "DA", "date"),
    Field("00400245", Level.SERIES, "performed_time", "TM", "time"),
    Field("00400275.00400009", Level.SERIES, "scheduled_step", "SH", "text"),
    Field("00400275.00401001", Level.SERIES, "requested_procedure", "SH", "text"),
    Field("00080016", Level.INSTANCE, "sop_class", "UI", "uid"),
    Field("00080018", Level.INSTANCE, "sop_uid", "UI", "uid"),
    Field("00200013", Level.INSTANCE, "number", "IS", "number"),
    Field("00280008", Level.INSTANCE, "frames", "IS", "number"),
    Field("00280010", Level.INSTANCE, "rows", "US", "number"),
    Field("00280011", Level.INSTANCE, "columns", "US", "number"),
    Field("00280100", Level.INSTANCE, "bits_allocated", "US", "number"),
)
"""By tag; a tag in a sequence follows its sequence's after a dot."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these values, exactly (single value matching, list of UID matching). Text, or whole numbers."""

    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A pattern in which * stands for anything and ? for one character; case counts."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Between:
    """From low to high, both inside, open where empty. Times match by as many digits as they are given with."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Named:
    """A person's name: each pattern (folded; * and ? stand for others) must match one of the name's groups."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameWords:
    """Each of these (folded) begins one of the words of a person's name."""

    beginnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From the first date at the first time to the last date at the last time (PS3.4 C.2.2.2.5.4)."""

    dates: Between
    times: Between


Condition = AnyOf | Like | Between | Named | NameWords | Span


@dataclass(frozen=True, slots=True)
class Question:
    """One search. level: what is asked for; conditions: (field, condition) pairs, all of which must hold.

    studies: rows that whoever asks may see, None for all. reports: whether what tells of pictures is among that. most:
    results to give; offset: results to pass over.
    """

    level: Level
    conditions: tuple[tuple[Field, Condition], ...] = ()
    studies: frozenset[int] | None = None
    reports: bool = True
    most: int = 100
    offset: int = 0
    count: bool = True


@dataclass(frozen=True, slots=True)
class Counted:
    """What is told of a study or series as a whole."""

    series: int
    instances: int
    modalities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Results in their order (studies newest first, then by number), and whether there are more.

    studies and series: the rows that results stand in, by id. counted: by study at study level, by series below.
    """

    rows: list[Any]
    more: bool
    studies: dict[int, Any]
    series: dict[int, Any]
    counted: dict[int, Counted]
