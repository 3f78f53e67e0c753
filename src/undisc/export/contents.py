"""What a package tells people of what is in it, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from undisc.archive import words
from undisc.export.fileset import Placed, Unchanged


@dataclass(frozen=True, slots=True)
class ToldSeries:
    """A series, or what of it is in the package. number: as the series says it itself, "" where it does not."""

    number: str
    title: str
    kind: str
    instances: int
    folder: str


@dataclass(frozen=True, slots=True)
class ToldStudy:
    """A study with the names as they are to be read."""

    patient: str
    patient_id: str
    birth_date: str
    sex: str
    title: str
    date: str
    institution: str
    accession: str
    series: tuple[ToldSeries, ...]

    @property
    def instances(self) -> int:
        return sum(series.instances for series in self.series)


@dataclass(frozen=True, slots=True)
class Document:
    """A report as a file that any computer opens. title: as people read it."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that the pages of a package say. part: which one it is of how many."""

    place: str
    contact: str
    made_at: datetime
    product: str
    for_whom: str
    studies: tuple[ToldStudy, ...]
    documents: tuple[Document, ...]
    unchanged: tuple[Unchanged, ...]
    general: bool
    viewer: bool
    part: tuple[int, int] = (1, 1)

    @property
    def instances(self) -> int:
        return sum(study.instances for study in self.studies)

    @property
    def title(self) -> str:
        return f"Medical images from {self.place}"


def told_studies(summaries: Sequence[Mapping[str, Any]], places: Sequence[Placed]) -> tuple[ToldStudy, ...]:
    """The studies in the order in which they lie in the package. summaries: as the archive gives them."""
    by_id = {summary["id"]: summary for summary in summaries}
    series_of: dict[int, dict[int, list[Placed]]] = {}
    for place in places:
        series_of.setdefault(place.series.study_id, {}).setdefault(place.series.id, []).append(place)
    return tuple(_study(by_id[study_id], list(found.values())) for study_id, found in series_of.items())


def _study(summary: Mapping[str, Any], all_series: Sequence[Sequence[Placed]]) -> ToldStudy:
    patient = summary["patient"]
    return ToldStudy(
        patient=readable_name(patient["name"]),
        patient_id=patient["id"],
        birth_date=readable_date(patient["birth_date"]),
        sex={"F": "female", "M": "male", "O": "other"}.get(patient["sex"], ""),
        title=summary["title"],
        date=readable_date(summary["date"]),
        institution=summary["institution"],
        accession=summary["accession"],
        series=tuple(_series(those) for those in all_series),
    )


def _series(those: Sequence[Placed]) -> ToldSeries:
    series = those[0].series
    kinds = dict.fromkeys(words.name_of(each.held.sop_class, each.held.transfer_syntax) for each in those)
    return ToldSeries(
        number="" if series.number is None else str(series.number),
        title=series.description or words.modality_word(series.modality),
        kind=", ".join(kinds) if not those[0].held.frames else words.modality_word(series.modality),
        instances=len(those),
        folder=those[0].path.rpartition("/")[0],
    )


def readable_name(name: str) -> str:
    """A person's name, family name first; in each of the scripts that it is written in."""
    groups = []
    for group in name.split("="):
        family, _, rest = group.partition("^")
        given = " ".join(part.strip() for part in rest.split("^") if part.strip())
        groups.append(f"{family.strip()}, {given}" if given and family.strip() else family.strip() or given)
    return " / ".join(group for group in groups if group) or "no name"


def readable_date(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isascii() and date.isdigit() else date
