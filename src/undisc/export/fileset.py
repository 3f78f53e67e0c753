"""The DICOM part of a package: which instance lies where, as what, and what its index is made from."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from gzip import GzipFile
from io import BytesIO
from typing import BinaryIO, Protocol

from undisc.archive.model import InstanceRow, SeriesRow
from undisc.archive.retrieving import CannotBeMade, Held, Retriever
from undisc.dicom import syntaxes
from undisc.export.converting import Spool, Stretch
from undisc.export.dicomdir import Directory, Listed
from undisc.export.elements import Model
from undisc.export.model import Kind, PackageFile

FOLDER = "DICOM"
_SOP_INSTANCE = re.compile(rb'"00080018":\{"vr":"UI","Value":\["([0-9.]{1,64})"\]\}')


class Reads(Protocol):
    """What is asked of the archive."""

    @property
    def retrieving(self) -> Retriever: ...

    def series_of(self, study_id: int) -> list[SeriesRow]: ...

    def instances_of(self, series_id: int) -> list[InstanceRow]: ...

    def series_metadata(self, series_id: int) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Placed:
    """An instance and its place. study, series: which ones they are in the package, from 1."""

    path: str
    study: int
    series: SeriesRow
    held: Held


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An instance that leaves as it is stored, though another form was asked for, and why, as a plain sentence."""

    path: str
    instance: int
    transfer_syntax: str
    reason: str


def placed(reads: Reads, study_ids: Sequence[int]) -> list[Placed]:
    """Every instance of these studies in a place of its own (PS3.10 8.2 and 8.5), in the order of their numbers."""
    found: list[Placed] = []
    for study_number, study_id in enumerate(study_ids, 1):
        all_series = reads.series_of(study_id)
        held = {each.id: each for each in reads.retrieving.many(all_series[0].study_uid)} if all_series else {}
        for series_number, series in enumerate(all_series, 1):
            folder = f"{FOLDER}/ST{study_number:06d}/SE{series_number:06d}"
            rows = [held[row.id] for row in reads.instances_of(series.id) if row.id in held]
            found += [
                Placed(f"{folder}/IM{number:06d}", study_number, series, each) for number, each in enumerate(rows, 1)
            ]
    return found


def models(reads: Reads, places: Sequence[Placed]) -> Iterator[tuple[Placed, Model]]:
    """Each with its header as DICOM JSON: from what is kept of its series, else from its file."""
    at = 0
    while at < len(places):
        series = places[at].series.id
        end = next((index for index in range(at, len(places)) if places[index].series.id != series), len(places))
        kept = _kept_models(reads.series_metadata(series))
        for place in places[at:end]:
            line = kept.pop(place.held.names.instance, None)
            yield place, _model(line, place.held) or _model(_read_anew(reads, place.held), place.held) or {}
        at = end


def _kept_models(packed: bytes | None) -> dict[str, bytes]:
    """One line an instance, as the series' metadata are written: texts in JSON hold no line breaks of their own."""
    found: dict[str, bytes] = {}
    if packed is None:
        return found
    try:
        with GzipFile(fileobj=BytesIO(packed)) as lines:
            for line in lines:
                uid = _SOP_INSTANCE.search(line)
                if uid:
                    found[uid[1].decode("ascii")] = line
    except (OSError, EOFError):
        return {}  # derived files can be damaged; originals are read then
    return found


def _model(line: bytes | None, held: Held) -> Model | None:
    if line is None:
        return None
    try:
        found = json.loads(line.strip(b"[,]\n"))
        is_its = found["00080018"]["Value"] == [held.names.instance]
    except (ValueError, KeyError, TypeError):
        return None
    return found if is_its else None


def _read_anew(reads: Reads, held: Held) -> bytes | None:
    try:
        return reads.retrieving.metadata(held)
    except FileNotFoundError:
        return None


def directory_of(reads: Reads, places: Sequence[Placed], made: Mapping[int, Stretch | CannotBeMade]) -> Directory:
    """The index of these instances, in the transfer syntaxes in which they leave."""
    directory = Directory()
    for place, model in models(reads, places):
        held = place.held
        syntax = syntaxes.EXPLICIT if isinstance(made.get(held.id), Stretch) else held.transfer_syntax
        directory.add(Listed(place.path, held.names, held.sop_class, syntax, model))
    return directory


def file_of(retriever: Retriever, place: Placed, made: Stretch | CannotBeMade | None, spool: Spool) -> PackageFile:
    """The instance as a file: the stored bytes, or what was made of them."""
    held = place.held

    def stored() -> BinaryIO:
        return retriever.open(held)

    if isinstance(made, Stretch):
        return PackageFile(place.path, Kind.DICOM, made.size, lambda: spool.open(made), held.id)
    return PackageFile(place.path, Kind.DICOM, held.size, stored, held.id)


def unchanged_of(places: Sequence[Placed], made: Mapping[int, Stretch | CannotBeMade]) -> tuple[Unchanged, ...]:
    """Those of which nothing else could be made."""
    return tuple(
        Unchanged(place.path, place.held.id, place.held.transfer_syntax, why.reason)
        for place in places
        if isinstance(why := made.get(place.held.id), CannotBeMade)
    )
