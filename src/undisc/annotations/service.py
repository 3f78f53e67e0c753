"""Notes from the holder of a link that lets them: made into DICOM, kept with the study they are on."""

import gzip
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from pydicom import Dataset

from undisc.annotations import reading
from undisc.annotations.context import Moment, new_uid
from undisc.annotations.headers import headers
from undisc.annotations.key_objects import key_object_selection
from undisc.annotations.model import Drawn, Kept, Notes, Refusal, Refused
from undisc.annotations.presentation import presentation_state
from undisc.annotations.report import Pictured, measurement_report
from undisc.archive.model import InstanceRow, SeriesRow
from undisc.clock import Clock
from undisc.intake.model import Outcome
from undisc.intake.receiving import Reception
from undisc.sharing.model import Permit

MOST_SERIES = 200
"""A study may have many notes; somebody who never stops adding to them would fill a disk."""

_OF_NOTES = ("PR", "KO")


class Pictures(Protocol):
    """What notes need of the archive."""

    def instance(self, instance_id: int) -> InstanceRow | None: ...

    def series_of(self, study_id: int) -> Sequence[SeriesRow]: ...

    def series_metadata(self, series_id: int) -> bytes | None: ...

    def series_manifest(self, series_id: int) -> bytes | None: ...


class Annotating:
    """Keeps notes. What is drawn becomes a presentation state for each instance, what is measured a report of them all,
    and stars a key object selection."""

    def __init__(self, pictures: Pictures, reception: Reception, clock: Clock, most_series: int = MOST_SERIES) -> None:
        self._pictures = pictures
        self._reception = reception
        self._clock = clock
        self._most_series = most_series

    def keep(self, permit: Permit, body: bytes) -> Kept | Refused:
        """Keep notes as the viewer sends them, all of them or none. permit: for Use.ANNOTATE.

        Each study gets series of its own. The entry in the trail names the link, in the transaction of the rows.
        Raises StorageFull.
        """
        notes = reading.read(body)
        if notes is None:
            return Refused(Refusal.UNREADABLE)
        if not notes.pictures:
            return Refused(Refusal.EMPTY)
        rows = self._rows(permit, notes)
        if isinstance(rows, Refused):
            return rows
        if any(self._has_enough(study) for study in {row.study_id for row in rows.values()}):
            return Refused(Refusal.TOO_MANY)
        found = headers(self._pictures, rows.values())
        if found is None:
            return Refused(Refusal.NOT_NAMED)
        made = self._made_of(notes, rows, found, Moment(self._clock.now()))
        with self._reception.delivery("annotations", f"link:{permit.grant.link.id}") as delivery:
            for dataset in made:
                delivery.receive(_bytes(dataset))
            received = delivery.finish(last=True)
        return Kept(sum(each.outcome is Outcome.STORED for each in received))

    def _rows(self, permit: Permit, notes: Notes) -> dict[int, InstanceRow] | Refused:
        rows: dict[int, InstanceRow] = {}
        for picture in notes.pictures:
            row = rows.get(picture.instance) or self._pictures.instance(picture.instance)
            if row is None or row.study_id not in permit.studies or picture.frame >= row.frames:
                return Refused(Refusal.NOT_NAMED)
            rows[picture.instance] = row
        if not all(_lies_within(each, rows[each.on.instance]) for each in notes.drawn):
            return Refused(Refusal.BEYOND_PICTURE)
        return rows

    def _has_enough(self, study_id: int) -> bool:
        return sum(series.modality in _OF_NOTES for series in self._pictures.series_of(study_id)) >= self._most_series

    def _made_of(
        self, notes: Notes, rows: dict[int, InstanceRow], found: dict[int, Dataset], moment: Moment
    ) -> list[Dataset]:
        drawn: dict[int, list[Drawn]] = defaultdict(list)
        for each in notes.drawn:
            drawn[each.on.instance].append(each)
        starred: dict[int, set[int]] = defaultdict(set)
        for picture in notes.stars:
            starred[picture.instance].add(picture.frame)
        manifests = {row.series_id: self._manifest(row.series_id) for row in rows.values()}
        made: list[Dataset] = []
        for study in sorted({row.study_id for row in rows.values()}):
            here = [instance for instance, row in rows.items() if row.study_id == study]
            series = new_uid()
            states = [instance for instance in here if drawn[instance]]
            made += [
                presentation_state(found[instance], drawn[instance], series, number, moment)
                for number, instance in enumerate(states, 1)
            ]
            pictures = [
                Pictured(found[instance], drawn[instance], *_told(manifests[rows[instance].series_id], instance))
                for instance in states
            ]
            if pictures:
                made.append(measurement_report(pictures, moment, new_uid()))
            stars = {instance: (found[instance], starred[instance]) for instance in here if starred[instance]}
            if stars:
                made.append(key_object_selection(stars, moment, new_uid()))
        return made

    def _manifest(self, series_id: int) -> dict[str, Any]:
        packed = self._pictures.series_manifest(series_id)
        return json.loads(gzip.decompress(packed)) if packed else {}


def _lies_within(drawn: Drawn, row: InstanceRow) -> bool:
    columns, rows = row.columns or 0, row.rows or 0
    return all(0 <= x <= columns and 0 <= y <= rows for x, y in drawn.points)


def _told(manifest: dict[str, Any], instance: int) -> tuple[dict[int, dict[str, Any]], str]:
    """What a viewer is told of an instance's frames, and in which unit their values are."""
    common = manifest.get("common") or {}
    frames = [common | frame for frame in manifest.get("frames") or []]
    return {frame["n"]: frame for frame in frames if frame["i"] == instance}, str(manifest.get("unit") or "")


def _bytes(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()
