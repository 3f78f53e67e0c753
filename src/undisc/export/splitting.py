"""Which instances go onto which disc, where they are too many for one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from undisc.errors import MediumRefused


@dataclass(frozen=True, slots=True)
class Piece:
    """An instance: its study and series, in any terms that tell them apart, and the room that it takes on a disc."""

    instance: int
    study: str
    series: str
    size: int


def split(pieces: Sequence[Piece], room: int) -> list[frozenset[int]]:
    """Instances disc by disc, in their order. What fits onto one disc is not torn apart: a study, else a series.

    room: bytes of each disc that are for instances. Raises MediumRefused where one instance alone is larger.
    """
    discs: list[list[Piece]] = [[]]
    left = room
    for unit in _units(pieces, room):
        size = sum(piece.size for piece in unit)
        if size > left and discs[-1]:
            discs.append([])
            left = room
        discs[-1].extend(unit)
        left -= size
    return [frozenset(piece.instance for piece in disc) for disc in discs]


def _units(pieces: Sequence[Piece], room: int) -> Iterator[list[Piece]]:
    """What stays together, each no larger than a disc."""
    for study in _grouped(pieces, lambda piece: piece.study):
        if _size(study) <= room:
            yield study
            continue
        for series in _grouped(study, lambda piece: piece.series):
            if _size(series) <= room:
                yield series
                continue
            for piece in series:
                if piece.size > room:
                    raise MediumRefused("One picture alone is larger than such a disc. Choose larger discs.")
                yield [piece]


def _grouped(pieces: Sequence[Piece], key: Callable[[Piece], str]) -> list[list[Piece]]:
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(key(piece), []).append(piece)
    return list(found.values())


def _size(pieces: Sequence[Piece]) -> int:
    return sum(piece.size for piece in pieces)
