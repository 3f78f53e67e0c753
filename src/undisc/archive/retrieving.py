"""Retrieving: what leaves by UID, as it is stored wherever that is asked for, else as workers turn it into something.

Nothing is decoded in this process. Originals and packs are read by ranges; the headers that say where frames lie are
read once and remembered.
"""

import mmap
import tempfile
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import bindparam, func, select

from undisc.archive import keys
from undisc.archive.leaving import Leaving
from undisc.archive.model import Names
from undisc.audit.trail import Trail
from undisc.db.tables import instances, series, studies
from undisc.dicom import syntaxes
from undisc.dicom.model import Extent, Scanned
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.model import PixelDescription, Rendering, Undecodable, WireKind, Written
from undisc.dicom.pixels.pack import PackDamaged, read_blob, read_entry
from undisc.dicom.pixels.pool import DecodePool
from undisc.dicom.scan import scan
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID
from undisc.storage.port import Storage

PATIENCE = 20.0
"""Seconds that somebody waits for a worker to be free before being told to come back."""
_MOST_LAYOUTS = 20_000
_MOST_EXTENTS = 500_000
_MOST_INFLATED = 1 << 28


@dataclass(frozen=True, slots=True)
class Held:
    """A stored instance as it leaves, as much of it as retrieving wants."""

    id: int
    study_id: int
    series_id: int
    names: Names
    sop_class: str
    transfer_syntax: str
    frames: int
    size: int
    dataset_start: int
    digest: str
    derived: str
    correction: str | None = None
    """For which state of corrections the copy was made that leaves instead of the original."""

    @property
    def tag(self) -> str:
        """Changes whenever the stored bytes do."""
        return self.digest[:40]


@dataclass(frozen=True, slots=True)
class SeriesHeld:
    id: int
    uid: SeriesUID
    whole: bool
    """Whether the derived files of the series tell of all of its instances."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the frames of an instance lie in its file. frames: those of encapsulated ones; native ones are counted.

    value: of native pixel data. frame_bytes: of one native frame, 0 where frames cannot be cut out of the file.
    """

    description: PixelDescription
    value: Extent
    frame_bytes: int
    frames: tuple[tuple[Extent, ...], ...]

    @property
    def count(self) -> int:
        return self.description.frames


@dataclass(frozen=True, slots=True)
class CannotBeMade:
    """What was asked for cannot be had from this instance; the reason is a plain sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Made:
    """What a worker made: an open file that has no name any more, and the lengths of the parts it holds."""

    file: BinaryIO
    lengths: tuple[int, ...]


_COLUMNS = (
    instances.c.id,
    series.c.study_id,
    instances.c.series_id,
    studies.c.study_uid,
    series.c.series_uid,
    instances.c.sop_uid,
    instances.c.sop_class,
    instances.c.transfer_syntax,
    instances.c.frames,
    func.coalesce(instances.c.corrected_size, instances.c.size),
    instances.c.dataset_start,
    func.coalesce(instances.c.corrected_sha256, instances.c.dataset_sha256),
    instances.c.derived,
    instances.c.corrected,
)
_ALL = (
    select(*_COLUMNS)
    .join(series, instances.c.series_id == series.c.id)
    .join(studies, series.c.study_id == studies.c.id)
    .where(studies.c.study_uid == bindparam("study"))
)
_ORDER = (series.c.number, series.c.id, instances.c.number, instances.c.id)
_OF_STUDY = _ALL.order_by(*_ORDER)
_OF_SERIES = _ALL.where(series.c.series_uid == bindparam("series")).order_by(*_ORDER)
_ONE = _ALL.where(instances.c.sop_uid == bindparam("instance"))
_SERIES = (
    select(series.c.id, series.c.series_uid, series.c.derived_from, func.count(instances.c.id))
    .join(studies, series.c.study_id == studies.c.id)
    .join(instances, instances.c.series_id == series.c.id)
    .where(studies.c.study_uid == bindparam("study"))
    .group_by(series.c.id, series.c.series_uid, series.c.derived_from, series.c.number)
    .order_by(series.c.number, series.c.id)
)


class Retriever:
    """Answers by UID. Methods may wait for disks and workers: call them off the event loop."""

    def __init__(self, storage: Storage, trail: Trail, make_pool: Callable[[], DecodePool]) -> None:
        self._storage = storage
        self._trail = trail
        self._make_pool = make_pool
        self._leaving = Leaving(storage, trail)
        self._pool: DecodePool | None = None
        self._guard = threading.Lock()
        self._layouts: OrderedDict[tuple[int, str], Layout | CannotBeMade] = OrderedDict()
        self._extents = 0

    def close(self) -> None:
        """End the workers, if there ever were any."""
        with self._guard:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close(finish=False)

    # -- what there is ------------------------------------------------------------------------------------------------

    def one(self, study: str, series_uid: str | None, instance: str) -> Held | None:
        with self._trail.read() as connection:
            row = connection.execute(_ONE, {"study": study, "instance": instance}).first()
        held = None if row is None else _held(row)
        return held if held is not None and series_uid in (None, held.names.series) else None

    def many(self, study: str, series_uid: str | None = None) -> list[Held]:
        """All instances of a study, or of one series in it, in order."""
        statement = _OF_STUDY if series_uid is None else _OF_SERIES
        values = {"study": study} if series_uid is None else {"study": study, "series": series_uid}
        with self._trail.read() as connection:
            return [_held(row) for row in connection.execute(statement, values)]

    def series(self, study: str) -> list[SeriesHeld]:
        with self._trail.read() as connection:
            rows = connection.execute(_SERIES, {"study": study}).all()
        return [SeriesHeld(row[0], SeriesUID(row[1]), row[2] == row[3]) for row in rows]

    # -- what is stored -----------------------------------------------------------------------------------------------

    def open(self, held: Held) -> BinaryIO:
        """The stored file. Raises FileNotFoundError."""
        return self._storage.open(self._key(held))

    def layout(self, held: Held) -> Layout | CannotBeMade:
        """Where frames lie. Raises FileNotFoundError."""
        key = (held.id, held.digest)
        with self._guard:
            found = self._layouts.get(key)
            if found is not None:
                self._layouts.move_to_end(key)
                return found
        found = _layout(self._scanned(held))
        with self._guard:
            if key not in self._layouts:
                self._layouts[key] = found
                self._extents += _weight(found)
                while len(self._layouts) > _MOST_LAYOUTS or self._extents > _MOST_EXTENTS:
                    self._extents -= _weight(self._layouts.popitem(last=False)[1])
        return found

    def _scanned(self, held: Held) -> Scanned | None:
        lent = self._storage.lend(self._key(held))
        try:
            with lent.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                found = scan(data)
        except ValueError:  # an empty file cannot be mapped
            return None
        finally:
            lent.give_back()
        return found if isinstance(found, Scanned) else None

    def extents(self, layout: Layout, index: int) -> tuple[Extent, ...] | None:
        """Where frame `index`, from 0, lies in the stored file; None where it cannot be cut out as it is."""
        if layout.description.encapsulated:
            return layout.frames[index]
        if not layout.frame_bytes:
            return None
        start = index * layout.frame_bytes
        length = min(layout.frame_bytes, layout.value.length - start)
        return (Extent(layout.value.offset + start, length),) if length == layout.frame_bytes else None

    def stored_frame(self, held: Held, extents: Sequence[Extent]) -> bytes:
        """The bytes of one frame. Raises OSError where the file became shorter."""
        with self.open(held) as file:
            parts = []
            for extent in extents:
                file.seek(extent.offset)
                part = file.read(extent.length)
                if len(part) != extent.length:
                    raise OSError("a stored file ends early")
                parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def packed_frame(self, held: Held, layout: Layout, index: int) -> bytes | None:
        """A frame's lossless HTJ2K codestream, where the one made for the viewer is just that of the stored values."""
        described = layout.description
        if held.derived != "done" or described.allocated == 1 or described.floating:
            return None
        if described.samples != 1 and (described.photometric != "RGB" or described.stored != 8):
            return None
        if described.photometric == "PALETTE COLOR":
            return None
        names = held.names
        try:
            with self._storage.open(keys.frames(names.study, names.series, names.instance)) as pack:
                entry = read_entry(pack, index)
                same = entry.code == described.dtype and entry.samples == described.samples
                return read_blob(pack, entry.wire) if same and entry.wire_kind == WireKind.HTJ2K else None
        except (FileNotFoundError, IndexError, PackDamaged):
            return None

    def inflated_stretch(self, held: Held, offset: int, length: int) -> bytes | None:
        """A stretch of a deflated data set; None where there is none such, or where it is too much at once."""
        if length > _MOST_INFLATED:
            return None
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        at, found = 0, bytearray()
        try:
            with self.open(held) as file:
                file.seek(held.dataset_start)
                while len(found) < length and not engine.eof:
                    packed = engine.unconsumed_tail or file.read(1 << 18)
                    if not packed:
                        break
                    part = engine.decompress(packed, 1 << 20)
                    found += part[max(offset - at, 0) :]
                    at += len(part)
                    if at > _MOST_INFLATED:
                        break
        except zlib.error:
            return None
        return bytes(found[:length]) if len(found) >= length else None

    def metadata(self, held: Held) -> bytes | None:
        """The DICOM JSON model of one instance; its bulk data are at addresses such as "?offset=N&length=M"."""
        scanned = self._scanned(held)
        return None if scanned is None else scanned.json

    def series_metadata(self, study: str, found: SeriesHeld) -> bytes | None:
        """The series' whole DICOM JSON array, gzip'ed, if it was made and tells of every instance."""
        if not found.whole:
            return None
        return self._storage.read(keys.series_file(StudyUID(study), found.uid, "metadata.json.gz"))

    def thumbnail(self, study: str, series_uid: str) -> bytes | None:
        """WebP."""
        if not any(found.uid == series_uid and found.whole for found in self.series(study)):
            return None
        return self._storage.read(keys.series_file(StudyUID(study), SeriesUID(series_uid), "thumbnail.webp"))

    # -- what has to be made ------------------------------------------------------------------------------------------

    def transcoded(self, held: Held, syntax: str) -> Made | CannotBeMade:
        """The instance in another transfer syntax, one of syntaxes.MADE, or IMPLICIT.

        Raises Busy and FileNotFoundError.
        """
        return self._made(held, lambda pool, source, out: pool.transcode(source, out, syntax, PATIENCE))

    def coded_frames(self, held: Held, syntax: str, wanted: Sequence[int]) -> Made | CannotBeMade:
        """Single frames, from 0, in another transfer syntax. Raises Busy and FileNotFoundError."""
        return self._made(held, lambda pool, source, out: pool.frames(source, out, syntax, wanted, PATIENCE))

    def rendered(self, held: Held, wanted: Sequence[int], rendering: Rendering) -> Made | CannotBeMade:
        """Frames, from 0, as pictures; all where none is named. Raises Busy and FileNotFoundError."""
        return self._made(held, lambda pool, source, out: pool.render(source, out, wanted, rendering, PATIENCE))

    def _made(
        self, held: Held, ask: Callable[[DecodePool, Path, Path], "Future[Written | Undecodable]"]
    ) -> Made | CannotBeMade:
        lent = self._storage.lend(self._key(held))
        descriptor, name = tempfile.mkstemp(prefix="undisc-")
        output = Path(name)
        file = open(descriptor, "rb")  # noqa: SIM115, PTH123 - it outlives this call
        kept = False
        try:
            answer = ask(self._workers(), lent.path, output).result()
            if isinstance(answer, Undecodable):
                return CannotBeMade(answer.reason)
            kept = True
            return Made(file, answer.lengths)
        finally:
            if not kept:
                file.close()
            lent.give_back()
            with suppress(OSError):
                output.unlink()

    def _key(self, held: Held) -> str:
        return self._leaving.key(held.names, held.study_id, held.correction)

    def _workers(self) -> DecodePool:
        with self._guard:
            if self._pool is None:
                self._pool = self._make_pool()
            return self._pool


def may_be_made(held: Held, syntax: str) -> bool:
    """Whether it is worth asking for this instance in this transfer syntax."""
    if syntax == held.transfer_syntax:
        return syntax not in syntaxes.NEVER_ON_THE_WEB
    if syntax == syntaxes.EXPLICIT and held.transfer_syntax in syntaxes.NATIVE:
        return True
    return syntax in syntaxes.MADE and held.frames > 0 and held.derived != "failed"


def _held(row: Sequence) -> Held:
    names = Names(StudyUID(row[3]), SeriesUID(row[4]), SOPInstanceUID(row[5]))
    return Held(row[0], row[1], row[2], names, *row[6:])


def _layout(scanned: Scanned | None) -> Layout | CannotBeMade:
    if scanned is None or scanned.pixels is None:
        return CannotBeMade("It has no pictures.")
    description = describe(scanned)
    if isinstance(description, Undecodable):
        return CannotBeMade(description.reason)
    pixels = scanned.pixels
    cut_out = not (scanned.inflated or description.encapsulated or description.big_endian)
    frame_bytes = description.frame_bits // 8 if cut_out and description.frame_bits % 8 == 0 else 0
    return Layout(description, pixels.value, frame_bytes, pixels.frames if pixels.encapsulated else ())


def _weight(layout: Layout | CannotBeMade) -> int:
    return 0 if isinstance(layout, CannotBeMade) else sum(len(frame) for frame in layout.frames)
