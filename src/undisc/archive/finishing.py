"""Finishing a series: what its readers will ask for as a whole, from its originals and packs."""

import gzip
import io
import json
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from undisc.archive import derived_store, keys, presentation, store
from undisc.archive.bulk import below_series
from undisc.archive.hanging import describe_hanging, view_of
from undisc.archive.headers import Headers
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


class Finisher:
    """Writes what belongs to a series as a whole. headers: those that need not be read again."""

    def __init__(self, storage: Storage, trail: Trail, headers: Headers) -> None:
        self._storage = storage
        self._trail = trail
        self._headers = headers
        self._lookup = Lookup(trail)
        self._scanner = HeaderScanner()

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
            written = 0
            for row in rows:
                scanned = self._scan(row)
                if scanned is None:
                    continue
                out.write(b",\n" if written else b"")
                out.write(below_series(scanned.json, row.names.instance))
                written += 1
                any_scanned = any_scanned or scanned
                bits.append((row.id, store.whole(scanned.number("BitsAllocated"))))
                packed = self._packed(row)
                if packed is None:
                    continue
                first = first or scanned
                views[row.id] = view_of(scanned)
                table, extras, minis = packed
                for (place, entry), mini in zip(describe_frames(row, scanned, table, extras), minis, strict=True):
                    described.append((place, entry, mini))
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

    def _scan(self, row: InstanceRow) -> Scanned | None:
        remembered = self._headers.take(row.id)
        if remembered:
            return remembered
        with self._original(row) as data:
            result = None if data is None else self._scanner.scan(data)
        return result if isinstance(result, Scanned) else None

    @contextmanager
    def _original(self, row: InstanceRow) -> Iterator[mmap.mmap | None]:
        """The bytes of an original; None where it is gone."""
        try:
            lent = self._storage.lend(keys.original(row.names.study, row.names.series, row.names.instance))
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
