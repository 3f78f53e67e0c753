"""Notes on pictures: what was drawn, which pictures were starred, and what becomes of both. Values only, no I/O."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    LENGTH = "length"
    ANGLE = "angle"
    COBB = "cobb"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    POINT = "point"
    ARROW = "arrow"


POINTS = {
    Kind.LENGTH: 2,
    Kind.ANGLE: 3,
    Kind.COBB: 4,
    Kind.ELLIPSE: 2,
    Kind.RECTANGLE: 2,
    Kind.POINT: 1,
    Kind.ARROW: 2,
}
"""How many points each kind has. An angle's vertex is its second, an arrow's tip its first; two points of an ellipse
or a rectangle are opposite corners of the box that it fills."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame of an instance; frames count from 0. instance: the row's number."""

    instance: int
    frame: int


@dataclass(frozen=True, slots=True)
class Values:
    """What the browser found within an outline, or at a point, in the picture's modality values."""

    mean: float
    deviation: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """One measurement. points: (column, row) with the corner of the first pixel at 0, 0. words: what it says."""

    kind: Kind
    on: Picture
    points: tuple[tuple[float, float], ...]
    words: str
    values: Values | None = None


@dataclass(frozen=True, slots=True)
class Notes:
    drawn: tuple[Drawn, ...]
    stars: tuple[Picture, ...]

    @property
    def pictures(self) -> set[Picture]:
        return {each.on for each in self.drawn} | set(self.stars)


@dataclass(frozen=True, slots=True)
class Kept:
    """Kept with the pictures. instances: how many DICOM objects were made of the notes."""

    instances: int


class Refusal(StrEnum):
    """Why notes are not kept. NOT_NAMED: they are on pictures that the link does not name."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_NAMED = "not named by the link"
    BEYOND_PICTURE = "beyond the picture"
    TOO_MANY = "too many notes on this study already"


@dataclass(frozen=True, slots=True)
class Refused:
    reason: Refusal
