"""What is told of a report, as plain values that go out as JSON.

A block is one object with `kind`:
- "section": `name`, `blocks`
- "text": `name`, `text` (paragraphs parted by line breaks)
- "value": `name`, `text`, `unit`, `blocks` (what is said about the value)
- "list": `name`, `items` (texts)
- "table": `name`, `columns`, `rows` (texts)
- "pictures": `name`, `pictures`, each with `series`, `instance` and `frames` where it is here, in the same study
`name` is "" where there is none. `code`, and for values `value_code`, hold what a machine would go by.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who vouches for a report. at: a DICOM date and time, or ""."""

    name: str
    organization: str
    at: str


@dataclass(slots=True)
class Report:
    """A report as people read it.

    verification: "verified", "unverified" or "" where the kind of report knows no such thing; completion: "complete",
    "partial" or ""; preliminary: a later version is to be expected. marks: what it draws on pictures that are here,
    as `marks.read_marks` tells. cut: how it is not whole: "" or "long".
    """

    title: str
    code: str = ""
    patient: dict[str, str] = field(default_factory=dict)
    date: str = ""
    institution: str = ""
    authors: list[str] = field(default_factory=list)
    verification: str = ""
    completion: str = ""
    completion_words: str = ""
    preliminary: bool = False
    verifiers: list[Verifier] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    cut: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It cannot be shown as a page; a plain sentence says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a picture that a report points at lies."""

    series: int
    instance: int
