"""Keeping: what was staged becomes what is stored, a batch at a time, so that the disk is waited for once a batch."""

import hashlib
import mmap
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from undisc.archive import corrections_store, keys, policy, store, turns
from undisc.archive.leaving import Leaving
from undisc.archive.model import (
    Correction,
    Duplicate,
    Kept,
    Known,
    Names,
    Outcome,
    Refused,
    SetAside,
    Staged,
    StagedAside,
    StudyPatient,
)
from undisc.audit.trail import Trail, UnitOfWork
from undisc.dicom.correcting import Uncorrectable
from undisc.dicom.model import Scanned
from undisc.dicom.scan.frames import Buffer
from undisc.dicom.wrapper import part10_prefix
from undisc.errors import StorageFull
from undisc.storage.port import Batch, Storage

_CONFLICT = "Another picture with the same identifier and different content is here already; both are kept apart."
_REJECTED = "It was rejected here; it is not taken again unless it is restored."
_OTHER_PATIENT = "Its scan is here already under another patient."
_UNCORRECTABLE = "What was corrected of its scan cannot be corrected in it."
_STEP = 8 << 20


class Keeper:
    """The only way for bytes to become originals."""

    def __init__(self, storage: Storage, trail: Trail, free_space: int) -> None:
        self._storage = storage
        self._trail = trail
        self._free_space = free_space
        # Told of the series that new instances belong to, in their transaction.
        self.arrived: Callable[[UnitOfWork, Collection[int]], None] = lambda work, series: None
        self._leaving = Leaving(storage, trail)

    def refuse_when_full(self, wanted: int) -> None:
        """Raises StorageFull before anything is written that would leave less free space than the floor."""
        free = self._storage.free_bytes()
        if free is not None and free - wanted < self._free_space:
            raise StorageFull("There is too little free space left to keep more pictures. Nothing was lost; make room.")

    def batch(self) -> AbstractContextManager[Batch]:
        return self._storage.batch()

    def stage(self, batch: Batch, data: Buffer, scanned: Scanned, names: Names) -> Staged:
        """Write an instance under a mended wrapper; the data set's own bytes are untouched."""
        wrapper = part10_prefix(scanned, data)
        head = bytes(data[: scanned.dataset_start]) if wrapper is None else wrapper
        file = batch.stage()
        with file.open("wb", buffering=0) as out:
            _write_all(out.write, memoryview(head))
            digest = _write_hashed(out.write, data, scanned.dataset_start)
        return Staged(
            names=names,
            scanned=scanned,
            file=file,
            size=len(head) + len(data) - scanned.dataset_start,
            dataset_start=len(head),
            wrapper_sha256=hashlib.sha256(head).hexdigest(),
            dataset_sha256=digest,
        )

    def stage_aside(self, batch: Batch, data: Buffer, reason: str, sop_uid: str | None) -> StagedAside:
        file = batch.stage()
        with file.open("wb", buffering=0) as out:
            digest = _write_hashed(out.write, data, 0)
        return StagedAside(file, len(data), digest, reason, sop_uid)

    def keep(
        self,
        batch: Batch,
        staged: Sequence[Staged | StagedAside],
        also: Callable[[UnitOfWork, list[Outcome]], None] = lambda work, outcomes: None,
    ) -> list[Outcome]:
        """Keep a batch, with `also` in the same transaction; when this returns, all of it survives a power cut.

        An instance that turns out to be here already with other content, or whose study belongs to another patient,
        is set aside. The outcomes are in the order of `staged`.
        """
        self.sync(batch, staged)
        return self.keep_together([(batch, staged)], lambda work, outcomes: also(work, outcomes[0]))[0]

    def sync(self, batch: Batch, staged: Sequence[Staged | StagedAside]) -> None:
        """When this returns, the staged bytes survive a power cut; they are not kept yet."""
        batch.sync([item.file for item in staged])

    def keep_together(
        self,
        batches: Sequence[tuple[Batch, Sequence[Staged | StagedAside]]],
        also: Callable[[UnitOfWork, list[list[Outcome]]], None],
    ) -> list[list[Outcome]]:
        """Keep several batches, each synced before, in one transaction: their senders wait for it once between them.

        `also` is called anew where another replica's transaction got in the way and nothing of this one was kept.
        Where it fails for good, what was published is removed again; where even that fails, the next start does it.
        """
        everything = [item for _, staged in batches for item in staged]

        attempts = 0

        def admit(work: UnitOfWork) -> list[list[Outcome]]:
            nonlocal attempts
            attempts += 1
            turns.take_places(work.connection, everything)
            admission = _Admission(work, everything, self._leaving)
            decided = iter(admission.decide())
            outcomes = [[next(decided) for _ in staged] for _, staged in batches]
            also(work, outcomes)
            self.arrived(work, {kept.series_id for some in outcomes for kept in some if isinstance(kept, Kept)})
            for batch, staged in batches:
                batch.publish(
                    [(item.file, admission.publish[item.file]) for item in staged if item.file in admission.publish]
                )
            return outcomes

        try:
            kept = self._trail.run(admit)
        except BaseException:
            self._take_back([batch for batch, _ in batches])
            raise
        if attempts > 1:  # an earlier attempt may have published what this one decided otherwise about
            self._take_back([batch for batch, _ in batches])
        return kept

    def _take_back(self, batches: Sequence[Batch]) -> None:
        """Remove what was published and has no row: `rebuild` would take it for an original that lost its row."""
        for batch in batches:
            batch.doubt()

        def undo(work: UnitOfWork) -> None:
            for batch in batches:
                batch.undo(lambda key: _has_row(work, key))

        with suppress(SQLAlchemyError, OSError):
            self._trail.run(undo)

    def tidy_up(self) -> int:
        """Undo what a killed process left half done. Returns the number of files removed."""
        return self._trail.run(lambda work: self._storage.abandoned(lambda key: _has_row(work, key)))


def _has_row(work: UnitOfWork, key: str) -> bool:
    """Whether a published blob has its row; until the transaction ends nobody else gives it one."""
    parts = PurePosixPath(key).parts
    if parts[0] == "quarantine":
        turns.take_quarantined(work.connection, parts[1])
        return store.is_quarantined(work.connection, parts[1])
    _, study, series, file = parts
    turns.take_study(work.connection, study)
    return store.has_original(work.connection, study, series, file.removesuffix(".dcm"))


class _Admission:
    """One batch at the archive's gate: what is known of its UIDs is asked once, and new rows are written together."""

    def __init__(self, work: UnitOfWork, staged: Sequence[Staged | StagedAside], leaving: Leaving) -> None:
        self._work = work
        self._leaving = leaving
        self._staged = staged
        self._now = work.clock.now()
        instances = [item for item in staged if isinstance(item, Staged)]
        self._known = store.known_instances(work.connection, {item.names.instance for item in instances})
        self._patients = store.study_patients(work.connection, {item.names.study for item in instances})
        self._corrected = _corrected(work.connection, [item.names.study for item in instances])
        self._copies: dict[str, tuple[int, str]] = {}
        self._series: dict[tuple[str, str], int] = {}
        self._new: dict[str, tuple[int, Staged]] = {}
        self._outcomes: dict[int, Outcome] = {}
        self.publish: dict[Path, str] = {}

    def decide(self) -> list[Outcome]:
        for index, item in enumerate(self._staged):
            if isinstance(item, StagedAside):
                self._outcomes[index] = self._set_aside(item)
                continue
            if item.names.instance in self._new:  # the same UID twice in one batch: the first must be known
                self._write_new()
            outcome = self._refuse(item)
            if outcome:
                self._outcomes[index] = outcome
            else:
                self._new[item.names.instance] = (index, item)
        self._write_new()
        return [self._outcomes[index] for index in range(len(self._staged))]

    def _refuse(self, item: Staged) -> Outcome | None:
        """Why an instance is not kept as a new one; None where it is."""
        said = item.scanned
        known = self._known.get(item.names.instance)
        if known:
            if known.series_id is None:
                return Refused(_REJECTED)
            if policy.same_instance(known, item.dataset_sha256, said.transfer_syntax):
                return Duplicate(known.instance_id, known.series_id)
            return self._set_aside(_aside(item, _CONFLICT))
        theirs = StudyPatient(said.text("PatientID"), said.text("PatientName"))
        patient = self._patients.setdefault(item.names.study, theirs)
        corrected = self._corrected.get(item.names.study)
        if not any(
            policy.same_patient(whose, theirs.patient_id, theirs.patient_name)
            for whose in ([patient, corrected.before] if corrected else [patient])
        ):
            return self._set_aside(_aside(item, _OTHER_PATIENT))
        return self._correct(item, corrected) if corrected else None

    def _correct(self, item: Staged, corrected: "_Corrected") -> Outcome | None:
        """Make the copy that will leave instead of what comes late to a study that was corrected."""
        try:
            with item.file.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                self._copies[item.names.instance] = self._leaving.write(
                    data, item.names, corrected.state, corrected.made
                )
        except Uncorrectable:
            return self._set_aside(_aside(item, _UNCORRECTABLE))
        return None

    def _write_new(self) -> None:
        if not self._new:
            return
        rows = [(self._series_of(item), item) for _, item in self._new.values()]
        made = store.add_instances(self._work.connection, rows, self._now)
        for (index, item), (series, _), instance in zip(self._new.values(), rows, made, strict=True):
            names = item.names
            self._outcomes[index] = Kept(instance, series)
            self._known[names.instance] = Known(instance, series, item.dataset_sha256, item.scanned.transfer_syntax)
            self.publish[item.file] = keys.original(names.study, names.series, names.instance)
            copy = self._copies.pop(names.instance, None)
            if copy:
                state = self._corrected[names.study].state
                corrections_store.set_copies(self._work.connection, state, [(instance, *copy)])
        self._new.clear()

    def _series_of(self, item: Staged) -> int:
        place = (item.names.study, item.names.series)
        if place not in self._series:
            study = store.study_id(self._work.connection, item, self._now)
            self._series[place] = store.series_id(self._work.connection, study, item)
        return self._series[place]

    def _set_aside(self, item: StagedAside) -> SetAside:
        turns.take_quarantined(self._work.connection, item.sha256)
        if store.add_quarantined(self._work.connection, item, self._now):
            self.publish[item.file] = keys.quarantined(item.sha256)
        return SetAside(item.reason)


@dataclass(frozen=True, slots=True)
class _Corrected:
    """A study that was corrected: the state of its corrections, these, and whose it was before."""

    state: str
    made: list[Correction]
    before: StudyPatient


def _corrected(connection: Connection, uids: Sequence[str]) -> dict[str, _Corrected]:
    found: dict[str, _Corrected] = {}
    for uid, (study, state) in corrections_store.corrected_studies(connection, list(dict.fromkeys(uids))).items():
        made = corrections_store.of_study(connection, study)
        found[uid] = _Corrected(state, made, corrections_store.first_patient(made, StudyPatient("", "")))
    return found


def _aside(item: Staged, reason: str) -> StagedAside:
    digest = hashlib.sha256()
    with item.file.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return StagedAside(item.file, item.size, digest.hexdigest(), reason, item.names.instance)


def _write_hashed(write: Callable[[memoryview], int | None], data: Buffer, start: int) -> str:
    """Write all from `start` on; its SHA-256. A mapped file's pages are given back on the way: they count as ours."""
    digest = hashlib.sha256()
    with memoryview(data) as view:
        # Steps begin at multiples of a page, so that none is given back before all of it is written.
        for at in range(start - start % _STEP, len(view), _STEP):
            with view[max(at, start) : at + _STEP] as step:
                _write_all(write, step)
                digest.update(step)
            if isinstance(data, mmap.mmap):
                data.madvise(mmap.MADV_DONTNEED, at, min(_STEP, len(view) - at))
    return digest.hexdigest()


def _write_all(write: Callable[[memoryview], int | None], data: memoryview) -> None:
    while data:
        data = data[write(data) :]
