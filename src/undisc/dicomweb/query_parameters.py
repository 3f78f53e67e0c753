"""A search as clients write it (PS3.18 8.3.4), read into what the archive is asked. Pure."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from pydicom.datadict import tag_for_keyword

from undisc.archive.names import fold, words
from undisc.archive.search_model import (
    FIELDS,
    AnyOf,
    Between,
    Condition,
    Field,
    Level,
    Like,
    Named,
    NameWords,
    Span,
)

_MOST_PARAMETERS = 200
_MOST_VALUES = 10_000
_LONGEST_VALUE = 1024
_MOST_STARS = 8
_MOST_INCLUDED = 500
_LARGEST = 2**31 - 1

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_KEYWORD = re.compile(r"[A-Z][A-Za-z0-9]{1,63}")
_UID = re.compile(r"[0-9.]{1,64}")
_DATE = re.compile(r"\d{8}")
_TIME = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")
_NUMBER = re.compile(r"[+-]?\d{1,12}")
_UNSIGNED = re.compile(r"\d{1,9}")
_OTHERS = frozenset({"accept", "charset"})  # parameters of every transaction (8.3.3)


class Unreadable(Exception):
    """A search that cannot be understood (400); the text says which rule it breaks and quotes nothing of it."""


@dataclass(slots=True)
class Asked:
    """A search: its conditions, the attributes to give besides the usual ones (tags; `everything` for all), its page,
    and what clients should be warned of."""

    conditions: list[tuple[Field, Condition]] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    everything: bool = False
    limit: int | None = None
    offset: int = 0
    accepts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_query(text: bytes, level: Level) -> Asked:
    """Read a query string. Raises Unreadable."""
    pairs = _pairs(text)
    asked = Asked()
    fuzzy = _flag(pairs, "fuzzymatching")
    several = _flag(pairs, "multiplevaluematching")
    empty = _flag(pairs, "emptyvaluematching")
    keys: dict[str, list[str]] = {}
    for name, value in pairs:
        match name:
            case "limit":
                asked.limit = _unsigned(value)
            case "offset":
                asked.offset = _unsigned(value)
            case "includefield":
                _include(asked, value)
            case "accept":
                asked.accepts.append(value)
            case "fuzzymatching" | "multiplevaluematching" | "emptyvaluematching" | "charset":
                pass
            case _:
                path = _path(name)
                if path is None:
                    asked.warnings.append("A parameter is not known here and was passed over.")
                else:
                    keys.setdefault(path, []).append(value)
    for path, values in keys.items():
        _match(asked, level, path, values, fuzzy=fuzzy, several=several, empty=empty)
    asked.conditions = _spanned(asked.conditions)
    asked.warnings = list(dict.fromkeys(asked.warnings))
    return asked


def _pairs(text: bytes) -> list[tuple[str, str]]:
    parts = [part for part in text.decode("ascii", "replace").split("&") if part]
    if len(parts) > _MOST_PARAMETERS:
        raise Unreadable("There are too many parameters.")
    try:
        split = (part.partition("=") for part in parts)
        return [(unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")) for name, _, value in split]
    except UnicodeDecodeError:
        raise Unreadable("Parameters are UTF-8, percent-encoded.") from None


def _flag(pairs: list[tuple[str, str]], name: str) -> bool:
    values = {value.lower() for found, value in pairs if found == name}
    if not values <= {"true", "false"} or len(values) > 1:
        raise Unreadable(f"{name} is either true or false.")
    return values == {"true"}


def _unsigned(value: str) -> int:
    if not _UNSIGNED.fullmatch(value):
        raise Unreadable("limit and offset are whole numbers below 1,000,000,000.")
    return int(value)


def _path(name: str) -> str | None:
    """An attribute as FIELDS names it; None for what is no attribute by its looks."""
    parts = [_tag(part) for part in name.split(".")]
    if all(part is not None for part in parts):
        return ".".join(part for part in parts if part)
    if len(parts) > 1 or _KEYWORD.fullmatch(name) or name[:1].isdigit():
        raise Unreadable("An attribute is named by its keyword or by the eight hexadecimal digits of its tag.")
    return None


def _tag(part: str) -> str | None:
    if _TAG.fullmatch(part):
        return part.upper()
    tag = tag_for_keyword(part) if _KEYWORD.fullmatch(part) else None
    return None if tag is None else f"{int(tag):08X}"


def _include(asked: Asked, value: str) -> None:
    for name in value.split(","):
        if name.strip() == "all":
            asked.everything = True
            continue
        path = _path(name.strip()) if name.strip() else None
        if path is None:
            raise Unreadable("includefield names attributes, or is: all.")
        asked.included.append(path)
        if len(asked.included) > _MOST_INCLUDED:
            raise Unreadable("There are too many fields to include.")


def _match(
    asked: Asked, level: Level, path: str, values: list[str], *, fuzzy: bool, several: bool, empty: bool
) -> None:
    asked.included.append(path)
    known = FIELDS.get(path)
    if known is None or known.level > level:
        if any(values):
            asked.warnings.append("An attribute is not matched at this level and was passed over.")
        return
    if len(values) > 1 and known.kind != "uid":
        raise Unreadable("Each attribute is given once.")
    if empty and values == ['""']:
        if known.kind in ("text", "code", "date", "time"):
            asked.conditions.append((known, AnyOf(("",))))
            return
        asked.warnings.append("An attribute is not matched by an empty value and was passed over.")
        return
    condition = _condition(known, ",".join(values), fuzzy=fuzzy, several=several)
    if condition is not None:
        asked.conditions.append((known, condition))


def _condition(known: Field, value: str, *, fuzzy: bool, several: bool) -> Condition | None:
    """What a value asks for; None where it asks for nothing in particular (universal matching)."""
    if "\0" in value:
        raise Unreadable("A value holds a character that no attribute does.")
    if known.kind == "uid":
        return _uids(value)
    if len(value) > _LONGEST_VALUE:
        raise Unreadable(f"A value has at most {_LONGEST_VALUE} characters.")
    value = value.strip(" ")
    if not value or set(value) == {"*"}:
        return None
    if known.kind == "name":
        return _name(value, fuzzy=fuzzy)
    if known.kind in ("date", "time"):
        return _moment(value, _DATE if known.kind == "date" else _TIME)
    if known.kind == "number":
        if not _NUMBER.fullmatch(value):
            raise Unreadable("That attribute is a whole number.")
        # No row holds a number that the database's integers do not.
        return AnyOf((int(value),)) if abs(int(value)) <= _LARGEST else AnyOf((-1 - _LARGEST,))
    if known.kind in ("code", "modalities") or several:
        # Codes hold neither mark, and viewers ask for several modalities by either.
        parts = re.split(r"[,\\]" if known.kind != "text" else r"\\", value)
        if len(parts) > 1:
            return AnyOf(tuple(part.strip() for part in parts if part.strip()))
    return _text(value)


def _text(value: str) -> AnyOf | Like:
    if "*" not in value and "?" not in value:
        return AnyOf((value,))
    return Like(_pattern(value))


def _pattern(value: str) -> str:
    pattern = re.sub(r"\*+", "*", value)
    if pattern.count("*") > _MOST_STARS:
        raise Unreadable(f"A value has at most {_MOST_STARS} asterisks.")
    return pattern


def _uids(value: str) -> AnyOf | None:
    found = [part.strip() for part in re.split(r"[,\\]", value) if part.strip()]
    if not found or found == ["*"]:
        return None
    if len(found) > _MOST_VALUES:
        raise Unreadable(f"A list of UIDs has at most {_MOST_VALUES:,} of them.")
    if not all(_UID.fullmatch(part) for part in found):
        raise Unreadable("A UID is digits and dots, at most 64 of them, and is matched whole.")
    return AnyOf(tuple(dict.fromkeys(found)))


def _name(value: str, *, fuzzy: bool) -> Named | NameWords | None:
    if fuzzy:
        beginnings = words(value.replace("*", " ").replace("?", " "))
        return NameWords(tuple(beginnings[:20])) if beginnings else None
    patterns = tuple(_pattern(group) for part in value.split("=") if (group := fold(part).strip(" ^")))
    wanted = tuple(pattern for pattern in patterns if pattern != "*")
    return Named(wanted) if wanted else None


def _moment(value: str, shape: re.Pattern[str]) -> AnyOf | Between:
    if "-" not in value:
        if not shape.fullmatch(value):
            raise Unreadable("A date is YYYYMMDD and a time HHMMSS; a range has a hyphen between two of them.")
        return AnyOf((value,))
    low, _, high = (part.strip() for part in value.partition("-"))
    for end in (low, high):
        if end and not shape.fullmatch(end):
            raise Unreadable("A date is YYYYMMDD and a time HHMMSS; a range has a hyphen between two of them.")
    if not low and not high:
        raise Unreadable("A range needs a beginning or an end.")
    return Between(low, high)


def _spanned(conditions: list[tuple[Field, Condition]]) -> list[tuple[Field, Condition]]:
    """A range of dates with a range of times is one span of time (PS3.18 8.3.4.1, PS3.4 C.2.2.2.5.4)."""
    by_tag = {known.tag: condition for known, condition in conditions}
    dates, times = by_tag.get("00080020"), by_tag.get("00080030")
    if not isinstance(dates, Between) or not isinstance(times, Between):
        return conditions
    rest = [(known, condition) for known, condition in conditions if known.tag not in ("00080020", "00080030")]
    return [*rest, (FIELDS["00080020"], Span(dates, times))]
