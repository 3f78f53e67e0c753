"""Reading: what the doors give out, once `sharing` has allowed it. Nothing here is decoded; it is found and sent."""

import gzip
import json
import mmap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row

from undisc.archive import keys, query, store, words
from undisc.archive.leaving import Leaving
from undisc.archive.model import InstanceRow, Original, SeriesRow, StudyRow, WireFrame
from undisc.audit.trail import Trail
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.model import WireKind
from undisc.dicom.pixels.pack import Extent, PackDamaged, PackEntry, read_blob, read_entry
from undisc.dicom.scan import scan
from undisc.dicom.uid import StudyUID
from undisc.errors import StudyUnknown
from undisc.storage.port import Storage

_MOST_FILES = 50
_WIRE = {WireKind.HTJ2K: "htj2k", WireKind.RAW_GZIP: "raw"}


class Reader:
    """Answers from rows and from files that exist already."""

    def __init__(self, storage: Storage, trail: Trail) -> None:
        self._storage = storage
        self._trail = trail
        self._leaving = Leaving(storage, trail)

    def studies(self) -> list[StudyRow]:
        with self._trail.read() as connection:
            return list(store.all_studies(connection))

    def study_id(self, study_uid: str) -> int:
        """The row of a study; raises StudyUnknown."""
        with self._trail.read() as connection:
            found = store.study_by_uid(connection, study_uid)
        if found is None:
            raise StudyUnknown("There is no such study here. `undisc studies` lists those that are.")
        return found

    def study_uid(self, study_id: int) -> StudyUID | None:
        with self._trail.read() as connection:
            row = store.study(connection, study_id)
        return StudyUID(row.study_uid) if row else None

    def series_of(self, study_id: int) -> list[SeriesRow]:
        with self._trail.read() as connection:
            return store.series_of_study(connection, study_id)

    def series_study(self, series_id: int) -> int | None:
        with self._trail.read() as connection:
            found = store.one_series(connection, series_id)
        return found.study_id if found else None

    def instance(self, instance_id: int) -> InstanceRow | None:
        with self._trail.read() as connection:
            return store.instance(connection, instance_id)

    def instance_study(self, instance_id: int) -> int | None:
        found = self.instance(instance_id)
        return found.study_id if found else None

    def has_reports(self, series_id: int) -> bool:
        """Whether what is in a series tells of pictures and is none. All of it is then: a series has one modality
        (PS3.3 C.7.3.1.1.1)."""
        with self._trail.read() as connection:
            return query.has_reports(connection, series_id)

    def instances_of(self, series_id: int) -> list[InstanceRow]:
        with self._trail.read() as connection:
            return store.instances_of_series(connection, series_id)

    def patient_of(self, study_id: int) -> dict[str, str]:
        """Name (first component group, carets kept), ID, birth date and sex, as the study says them."""
        with self._trail.read() as connection:
            row = store.study(connection, study_id)
        if row is None:
            return {"name": "", "id": "", "birth_date": "", "sex": ""}
        return _patient(row)

    def study_summaries(self, study_ids: Sequence[int], *, reports: bool = True) -> list[dict[str, Any]]:
        """What a viewer's list shows of these studies, newest first; without what tells of pictures, if so wanted."""
        with self._trail.read() as connection:
            found = [row for row in (store.study(connection, study_id) for study_id in study_ids) if row]
            found.sort(key=lambda row: (row.study_date, row.study_time, row.id), reverse=True)
            return [
                {
                    "id": row.id,
                    "title": row.description or _study_title(store.series_of_study(connection, row.id)),
                    "date": row.study_date,
                    "time": row.study_time,
                    "institution": row.institution,
                    "accession": row.accession,
                    "patient": _patient(row),
                    "series": [
                        entry
                        for series in store.series_of_study(connection, row.id)
                        if reports or not query.has_reports(connection, series.id)
                        for entry in _series_entries(series, store.instances_of_series(connection, series.id))
                    ],
                }
                for row in found
            ]

    def first_picture(self, study_id: int) -> tuple[int, int, bytes] | None:
        """The picture to show first: series, place in its display order, and its preview (WebP)."""
        for series in self.series_of(study_id):
            packed = self.series_manifest(series.id)
            if packed is None:
                continue
            manifest = json.loads(gzip.decompress(packed))
            if not manifest["frames"]:  # presentation states
                continue
            index = len(manifest["frames"]) // 2
            frame = {**manifest["common"], **manifest["frames"][index]}
            preview = self.preview(frame["i"], frame["n"])
            if preview:
                return series.id, index, preview
        return None

    def series_manifest(self, series_id: int) -> bytes | None:
        return self._series_file(series_id, "manifest.json.gz")

    def series_metadata(self, series_id: int) -> bytes | None:
        """The DICOM JSON model of every instance of the series, an array, gzip'ed."""
        return self._series_file(series_id, "metadata.json.gz")

    def strip(self, series_id: int) -> bytes | None:
        return self._series_file(series_id, "strip")

    def thumbnail(self, series_id: int) -> bytes | None:
        return self._series_file(series_id, "thumbnail.webp")

    def _series_file(self, series_id: int, name: str) -> bytes | None:
        with self._trail.read() as connection:
            found = store.one_series(connection, series_id)
        if found is None or not found.derived_from:  # what lies there may still tell of what was rejected
            return None
        return self._storage.read(keys.series_file(found.study_uid, found.series_uid, name))

    def frame(self, instance_id: int, frame: int) -> WireFrame | None:
        """The whole pixels of one frame (counted from 0) as they travel; None where there are none to be had."""
        found = self._packed(instance_id, frame, lambda entry: entry.wire)
        return WireFrame(_WIRE[found[0]], found[1]) if found and found[0] in _WIRE else None

    def preview(self, instance_id: int, frame: int) -> bytes | None:
        """One frame as a small WebP picture at its default window."""
        found = self._packed(instance_id, frame, lambda entry: entry.preview)
        return found[1] if found else None

    def _packed(
        self, instance_id: int, index: int, part: Callable[[PackEntry], Extent]
    ) -> tuple[WireKind, bytes] | None:
        row = self.instance(instance_id)
        if row is None or row.derived != "done":
            return None
        names = row.names
        try:
            with self._storage.open(keys.frames(names.study, names.series, names.instance)) as pack:
                entry = read_entry(pack, index)
                data = read_blob(pack, part(entry))
        except (FileNotFoundError, IndexError, PackDamaged):
            return None
        return (entry.wire_kind, data) if data else None

    def document(self, instance_id: int) -> bytes | None:
        """The PDF that an Encapsulated PDF instance carries (PS3.3 C.24.2)."""
        with self.mapped(instance_id) as opened:
            if opened is None or opened[0].sop_class != words.ENCAPSULATED_PDF:
                return None
            return _document(opened[1])

    @contextmanager
    def mapped(self, instance_id: int) -> Iterator[tuple[InstanceRow, mmap.mmap] | None]:
        """An instance's row and the file that leaves for it, while the block lasts; None where it is not here."""
        row = self.instance(instance_id)
        if row is None:
            yield None
            return
        lent = self._storage.lend(self._leaving.key(row.names, row.study_id, row.correction))
        try:
            with lent.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield row, data
        finally:
            lent.give_back()

    def original(self, instance_id: int) -> Original | None:
        row = self.instance(instance_id)
        return self._original(row, f"{row.names.instance}.dcm") if row else None

    def originals(self, study_ids: Sequence[int], *, reports: bool = True) -> Iterator[Original]:
        """Every stored file of these studies, under names that a disc could carry and that name nobody."""
        for study_number, study_id in enumerate(study_ids, 1):
            given = [one for one in self.series_of(study_id) if reports or not self.has_reports(one.id)]
            for series_number, series in enumerate(given, 1):
                for number, row in enumerate(self.instances_of(series.id), 1):
                    yield self._original(row, f"STUDY{study_number}/SERIES{series_number:03d}/IM{number:06d}.dcm")

    def _original(self, row: InstanceRow, name: str) -> Original:
        return Original(
            name, row.size, lambda: self._storage.open(self._leaving.key(row.names, row.study_id, row.correction))
        )


def _document(data: mmap.mmap) -> bytes | None:
    """The value of Encapsulated Document (0042,0011), found and not decoded."""
    scanned = scan(data)
    if not isinstance(scanned, Scanned) or scanned.document is None or scanned.inflated:
        return None
    offset, length = scanned.document
    return data[offset : offset + length]


def _patient(row: Row[Any]) -> dict[str, str]:
    return {"name": row.patient_name, "id": row.patient_id, "birth_date": row.birth_date, "sex": row.sex}


def _study_title(series: Sequence[SeriesRow]) -> str:
    kinds = dict.fromkeys(words.modality_word(row.modality) for row in series)
    return ", ".join(kinds) or "Pictures"


def _series_entries(series: SeriesRow, rows: Sequence[InstanceRow]) -> list[dict[str, Any]]:
    """How one series shows in a list: its pictures together, each document by itself, and what cannot be shown."""
    title = series.description or words.modality_word(series.modality)
    base = {"id": series.id, "modality": series.modality, "number": series.number, "title": title}
    entries: list[dict[str, Any]] = []
    forms = {row.id: words.form_of(row.sop_class, row.transfer_syntax) for row in rows}
    pictures = [row for row in rows if not forms[row.id] and row.derived in ("done", "pending")]
    documents = [row for row in rows if forms[row.id] not in ("", "file")]
    shown = {row.id for row in (*pictures, *documents)}
    others: dict[str, list[InstanceRow]] = {}
    for row in rows:
        if row.id not in shown:
            others.setdefault(row.sop_class, []).append(row)
    if pictures:
        entries.append(
            base
            | {
                "kind": "images",
                "count": sum(row.frames for row in pictures),
                "rows": pictures[0].rows,
                "columns": pictures[0].columns,
                "thumbnail": any(row.derived == "done" for row in pictures),
                "note": "" if any(row.derived == "done" for row in pictures) else "Being made ready. Look again soon.",
            }
            | ({"hanging": json.loads(series.hanging)} if series.hanging else {})
        )
    for row in documents:
        told = {"kind": "document", "count": 1, "thumbnail": False, "note": "", "instance": row.id}
        # What is called as its series is called needs no second name; several in one series are told apart by theirs.
        named = {"form": forms[row.id], "name": words.name_of(row.sop_class, row.transfer_syntax)}
        entries.append(base | told | named | ({} if series.description else {"title": named["name"]}))
    for sop_class, those in others.items():
        told = {"kind": "other", "count": len(those), "thumbnail": False, "form": "file"}
        named = {"name": words.thing(sop_class).name, "note": words.note_for(sop_class, those[0].derive_note)}
        files = {"instance": those[0].id, "files": [row.id for row in those[:_MOST_FILES]]}
        entries.append(base | told | named | files | ({} if series.description else {"title": named["name"]}))
    return entries
