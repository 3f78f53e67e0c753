"""Values out of the DICOM JSON model (PS3.18 F.2), whatever stands there; those of another kind count as absent."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

Item = dict[str, Any]

_SPACES = str.maketrans({"\r": None, "\0": None})


def values(item: Item, tag: str) -> list[Any]:
    element = item.get(tag)
    found = element.get("Value") if isinstance(element, dict) else None
    return found if isinstance(found, list) else []


def text(item: Item, tag: str) -> str:
    """The values as one text, without what terminals and pages would take for anything but text."""
    parts = [_plain(value) for value in values(item, tag)]
    return "\\".join(part for part in parts if part)


def number(item: Item, tag: str) -> float | None:
    found = numbers(item, tag)
    return found[0] if found else None


def numbers(item: Item, tag: str) -> list[float]:
    """The values, none where one of them is no finite number."""
    found: list[float] = []
    for value in values(item, tag):
        try:
            found.append(float(value))
        except (TypeError, ValueError, OverflowError):
            return []
    return found if all(isfinite(value) for value in found) else []


def items(item: Item, tag: str) -> Iterator[Item]:
    for value in values(item, tag):
        if isinstance(value, dict):
            yield value


def first_item(item: Item, tag: str) -> Item:
    return next(items(item, tag), {})


def person(name: str) -> str:
    """A person's name as it is said: "Dr Jane M Doe MD", of the first script that there is (PS3.5 6.2.1.1)."""
    group = next((part for part in name.split("=") if part.strip("^ ")), "")
    family, given, middle, prefix, suffix, *_ = [part.strip() for part in group.split("^")] + [""] * 5
    return " ".join(part for part in (prefix, given, middle, family, suffix) if part)


def clean(value: str) -> str:
    """Text whose control characters are gone, all but line breaks and tabs."""
    if value.isprintable():
        return value.strip()
    value = value.replace("\r\n", "\n").replace("\r", "\n").translate(_SPACES)
    return "".join(letter for letter in value if letter in "\n\t" or (ord(letter) >= 32 and letter != "\x7f")).strip()


def _plain(value: Any) -> str:
    if isinstance(value, dict):  # a person's name, in up to three scripts
        return "=".join(str(value.get(kind, "")) for kind in ("Alphabetic", "Ideographic", "Phonetic")).rstrip("=")
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else clean(str(value))
