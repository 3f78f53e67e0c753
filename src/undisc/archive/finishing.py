"""Finishing a series: what its readers will ask for as a whole, from its originals and packs."""

import gzip
import io
import json
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from undisc.archive import derived_store, keys, presentation, store
from undisc.archive.bulk import below_series
from undisc.archive.hanging import describe_hanging, view_of
from undisc.archive.headers import Headers
from undisc.archive.leaving import Leaving
from undisc.archive.lookup import Lookup
from undisc.archive.manifest import describe_frames, fold, share_out, unit_of
from undisc.archive.model import InstanceRow, Names
from undisc.archive.order import Place, display_order
from undisc.archive.words import modality_word
from undisc.audit.trail import Trail
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.extras import Extras, unpack_extras
from undisc.dicom.pixels.pack import PackDamaged, PackTable, read_blob, read_entry, read_extras, read_table
from undisc.dicom.scan import HeaderScanner
from undisc.dicom.syntaxes import BIG_ENDIAN
from undisc.storage.port import Storage

_STRIP_MAGIC = b"USTRIP1\0"
_MOST_AHEAD = 16 << 20  # bytes of DICOM JSON and of minis; with what is told of their frames about three times that


@dataclass(frozen=True, slots=True)
class _Described:
    """An instance as its series tells of it.

    frames: each with its place in the order and its mini; None without a pack.
    """

    row: InstanceRow
    scanned: Scanned
    metadata: bytes
    frames: list[tuple[Place, dict[str, Any], bytes]] | None

    @property
    def size(self) -> int:
        return len(self.metadata) + sum(len(mini) for _, _, mini in self.frames or ())

    def is_still(self, row: InstanceRow) -> bool:
        """Whether the instance is as it was then, but for what deriving it came to."""
        return row.derived == "done" and row == replace(self.row, frames=row.frames, derive_note=row.derive_note)


class Finisher:
    """Writes what belongs to a series as a whole. headers: those that need not be read again."""

    def __init__(self, storage: Storage, trail: Trail, headers: Headers) -> None:
        self._storage = storage
        self._trail = trail
        self._headers = headers
        self._lookup = Lookup(trail)
        self._leaving = Leaving(storage, trail)
        self._scanner = HeaderScanner()
        self._rows: dict[int, InstanceRow] = {}
        self._ahead: dict[int, _Described] = {}
        self._size_ahead = 0

    def describe_ahead(self, instance_id: int) -> None:
        """Do now, while workers are busy, what finishing a series has to do for an instance that has its pack.

        For those whose header is remembered, within bounds.
        """
        if self._size_ahead > _MOST_AHEAD:
            return
        row = self._row(instance_id)
        scanned = self._remembered(row) if row else None
        if scanned is None or row is None:
            return
        described = self._describe(replace(row, derived="done"), scanned)
        if described.frames is not None:
            self._ahead[instance_id] = described
            self._size_ahead += described.size

    def _row(self, instance_id: int) -> InstanceRow | None:
        if instance_id not in self._rows:
            with self._trail.read() as connection:
                one = store.instance(connection, instance_id)
                beside = store.instances_of_series(connection, one.series_id) if one else ()
            self._rows.update((row.id, row) for row in beside)
        return self._rows.get(instance_id)

    def finish_series(self, series_row: int) -> None:
        """Write the series' metadata, manifest, strip and thumbnail from its originals and packs."""
        with self._trail.read() as connection:
            series = store.one_series(connection, series_row)
            rows = store.instances_of_series(connection, series_row)
        if series is None or not rows:
            return
        names = rows[0].names
        described: list[tuple[Place, dict[str, Any], bytes]] = []
        first: Scanned | None = None
        any_scanned: Scanned | None = None
        bits: list[tuple[int, int | None]] = []
        views: dict[int, tuple[str, str]] = {}
        metadata = io.BytesIO()
        with gzip.GzipFile(fileobj=metadata, mode="wb", compresslevel=6, mtime=0) as out:
            out.write(b"[")
            for row in rows:
                instance = self._described(row)
                if instance is None:
                    continue
                scanned = instance.scanned
                out.write(b",\n" + instance.metadata if any_scanned else instance.metadata)
                any_scanned = any_scanned or scanned
                bits.append((row.id, store.whole(scanned.number("BitsAllocated"))))
                if instance.frames is not None:
                    first = first or scanned
                    views[row.id] = view_of(scanned)
                    described += instance.frames
            out.write(b"]")
        self._put(names, "metadata.json.gz", metadata.getvalue())
        hanging = ""
        if described and first:
            ordered = [described[index] for index in display_order([place for place, _, _ in described])]
            told = describe_hanging(first, [entry for _, entry, _ in ordered], views)
            hanging = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            self._put_manifest(names, series_row, first, [entry for _, entry, _ in ordered])
            self._put_strip(names, [mini for _, _, mini in ordered])
            self._put_thumbnail(names, {row.id: row for row in rows}, [entry for _, entry, _ in ordered])
        elif any_scanned and any_scanned.text("SOPClassUID") in presentation.SOP_CLASSES:
            self._put_states(names, series_row, rows)
        elif series.edition:  # pictures that were here may all have been rejected
            for name in ("manifest.json.gz", "strip", "thumbnail.webp"):
                self._storage.delete(keys.series_file(names.study, names.series, name))
        with self._trail.work() as work:
            derived_store.set_series_derived(work.connection, series_row, series.edition, len(rows), hanging)
            if any_scanned:
                store.describe_again(work.connection, series_row, any_scanned, bits)

    def _put(self, names: Names, name: str, data: bytes) -> None:
        self._storage.put_derived(keys.series_file(names.study, names.series, name), data)

    def _put_manifest(self, names: Names, series_row: int, first: Scanned, entries: list[dict[str, Any]]) -> None:
        shared = share_out(entries)
        common, frames = fold(entries)
        modality = first.text("Modality")
        manifest = {
            "id": series_row,
            "modality": modality,
            "title": first.text("SeriesDescription") or modality_word(modality),
            "unit": unit_of(first),
            # Positions of two series with the same frame of reference are comparable (PS3.3 C.7.4.1).
            "reference": first.text("FrameOfReferenceUID"),
            **shared,
            "common": common,
            "frames": frames,
        }
        text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        self._put(names, "manifest.json.gz", gzip.compress(text.encode(), 6, mtime=0))

    def _put_states(self, names: Names, series_row: int, rows: list[InstanceRow]) -> None:
        """How somebody left pictures of this study; made anew whenever there is something new in it."""
        states = []
        for row in rows:
            with self._original(row) as data:
                scanned = None if data is None else self._scanner.scan(data)
                if data is None or not isinstance(scanned, Scanned) or scanned.inflated:
                    continue
                model = json.loads(scanned.json)
                uids = presentation.referenced_images(model)
                found = self._lookup.retrievable(study_uids=[names.study], sop_uids=uids) if uids else []
                images = {str(each.names.instance): presentation.Image(each.id, each.frames) for each in found}
                big_endian = scanned.transfer_syntax == BIG_ENDIAN
                states.append(presentation.describe_state(model, images, data, big_endian))
        manifest = {"id": series_row, "modality": "PR", "frames": [], "states": states}
        text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        self._put(names, "manifest.json.gz", gzip.compress(text.encode(), 6, mtime=0))

    def _put_strip(self, names: Names, minis: list[bytes]) -> None:
        """All slices small in one file: magic, count, each length, then the pictures in display order."""
        lengths = struct.pack(f"<I{len(minis)}I", len(minis), *(len(mini) for mini in minis))
        self._put(names, "strip", _STRIP_MAGIC + lengths + b"".join(minis))

    def _put_thumbnail(self, names: Names, rows: dict[int, InstanceRow], entries: list[dict[str, Any]]) -> None:
        """The middle picture's preview, or the first one after it that there is."""
        middle = len(entries) // 2
        for entry in (*entries[middle:], *entries[:middle]):
            row = rows[entry["i"]]
            with self._storage.open(keys.frames(row.names.study, row.names.series, row.names.instance)) as pack:
                preview = read_blob(pack, read_entry(pack, entry["n"]).preview)
            if preview:
                self._put(names, "thumbnail.webp", preview)
                return
        self._storage.delete(keys.series_file(names.study, names.series, "thumbnail.webp"))

    def _described(self, row: InstanceRow) -> _Described | None:
        """None where the original is gone or cannot be read."""
        ahead = self._ahead.pop(row.id, None)
        if ahead:
            self._size_ahead -= ahead.size
            if ahead.is_still(row):
                return ahead
        scanned = self._scan(row)
        return self._describe(row, scanned) if scanned else None

    def _describe(self, row: InstanceRow, scanned: Scanned) -> _Described:
        packed, frames = self._packed(row), None
        if packed:
            table, extras, minis = packed
            told = describe_frames(row, scanned, table, extras)
            frames = [(place, entry, mini) for (place, entry), mini in zip(told, minis, strict=True)]
        return _Described(row, scanned, below_series(scanned.json, row.names.instance), frames)

    def _scan(self, row: InstanceRow) -> Scanned | None:
        remembered = self._remembered(row)
        if remembered:
            return remembered
        with self._original(row) as data:
            result = None if data is None else self._scanner.scan(data)
        return result if isinstance(result, Scanned) else None

    def _remembered(self, row: InstanceRow) -> Scanned | None:
        remembered = self._headers.take(row.id)
        return None if row.correction else remembered

    @contextmanager
    def _original(self, row: InstanceRow) -> Iterator[mmap.mmap | None]:
        """The bytes of an original, or of the copy that leaves in its place; None where they are gone."""
        try:
            lent = self._storage.lend(self._leaving.key(row.names, row.study_id, row.correction))
        except FileNotFoundError:
            yield None
            return
        try:
            file = lent.path.open("rb")
        except FileNotFoundError:
            lent.give_back()
            yield None
            return
        try:
            with file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data
        finally:
            lent.give_back()

    def _packed(self, row: InstanceRow) -> tuple[PackTable, Extras, list[bytes]] | None:
        """An instance's table, what comes beside its pictures, and the mini of each of its frames."""
        if row.derived != "done":
            return None
        try:
            with self._storage.open(keys.frames(row.names.study, row.names.series, row.names.instance)) as pack:
                table = read_table(pack)
                extras = unpack_extras(read_extras(pack))
                return table, extras, [read_blob(pack, entry.mini) for entry in table]
        except (FileNotFoundError, PackDamaged):
            return None
