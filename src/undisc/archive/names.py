"""People's names as they are searched for: without case, accents and the marks between components."""

import re
import unicodedata
from collections.abc import Iterator

PATIENT, REFERRING = 1, 3
"""Whose a name is; the number after each marks the single words of the name."""

_ACCENTS = re.compile("[\u0300-\u036f]")
_BETWEEN_WORDS = re.compile(r"[\s^=,.;·・_-]+")
_LONGEST = 400


def fold(text: str) -> str:
    """Upper and lower case, wide and narrow, and with and without accents come out alike.

    Marks of scripts other than those that take European accents stay: in Japanese they make another letter.
    """
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", plain.casefold())


def groups(name: str) -> list[str]:
    """The alphabetic, ideographic and phonetic group of a person's name (PS3.5 6.2.1), folded; empty ones left out.

    Empty components at a group's end mean nothing.
    """
    return [folded for part in name.split("=") if (folded := fold(part).strip(" ^"))]


def words(name: str) -> list[str]:
    """The single words of all groups, folded, each once."""
    return list(dict.fromkeys(word for word in _BETWEEN_WORDS.split(fold(name)) if word))


def search_entries(patient: str, referring: str) -> Iterator[tuple[int, str]]:
    """(kind, text) of all that a study can be found by: its names' groups, and their words."""
    for whose, name in ((PATIENT, patient), (REFERRING, referring)):
        name = name[:_LONGEST]
        yield from dict.fromkeys((whose, group) for group in groups(name))
        yield from ((whose + 1, word) for word in words(name))
