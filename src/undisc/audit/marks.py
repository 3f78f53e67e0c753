"""By what an entry of the trail is found again: taken from its actor and its subject alone, and no names either."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

Kind = Literal[
    "actor",
    "person",
    "link",
    "study",
    "study-uid",
    "relation",
    "glass",
    "consent",
    "watch",
    "address",
    "peer",
    "token",
    "import",
    "export",
]

LONGEST = 80

# Names in subjects that say what they are, and what they stand for.
_PLAIN: dict[str, Kind] = {
    "person": "person",
    "link": "link",
    "relation": "relation",
    "glass": "glass",
    "consent": "consent",
    "watch": "watch",
    "address": "address",
    "peer": "peer",
    "import": "import",
    "export": "export",
}
_ACTORS: dict[str, Kind] = {"person": "person", "link": "link", "peer": "peer", "token": "token"}
# One study or several with spaces between them, by their row's number or by their UID.
_STUDIES = ("study", "studies", "study_uid")


class Mark(NamedTuple):
    """Something that entries are about, or who did what they tell of."""

    kind: Kind
    value: str


def marks_of(actor: str, subject: Mapping[str, str | int | None]) -> frozenset[Mark]:
    """Every mark of an entry."""
    return frozenset(Mark(kind, value[:LONGEST]) for kind, value in _marks(actor, subject) if value)


def _marks(actor: str, subject: Mapping[str, str | int | None]) -> Iterator[tuple[Kind, str]]:
    what, _, which = actor.partition(":")
    yield (_ACTORS[what], which) if what in _ACTORS else ("actor", actor)
    for name, value in subject.items():
        if value is None:
            continue
        if name in _STUDIES:
            for study in str(value).split():
                yield ("study" if study.isdecimal() else "study-uid"), study
        elif name in _PLAIN:
            yield _PLAIN[name], str(value)
