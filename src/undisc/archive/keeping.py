"""Keeping: what was staged becomes what is stored, a batch at a time, so that the disk is waited for once a batch."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

from undisc.archive import keys, policy, store
from undisc.archive.model import Duplicate, Kept, Names, Outcome, SetAside, Staged, StagedAside
from undisc.audit.trail import Trail, UnitOfWork
from undisc.dicom.model import Scanned
from undisc.dicom.wrapper import part10_prefix
from undisc.errors import StorageFull
from undisc.storage.local import Batch, LocalFolder

_CONFLICT = "Another picture with the same identifier and different content is here already; both are kept apart."
_OTHER_PATIENT = "Its scan is here already under another patient."


class Keeper:
    """The only way for bytes to become originals."""

    def __init__(self, storage: LocalFolder, trail: Trail, free_space: int) -> None:
        self._storage = storage
        self._trail = trail
        self._free_space = free_space

    def refuse_when_full(self, wanted: int) -> None:
        """Raises StorageFull before anything is written that would leave less free space than the floor."""
        if self._storage.free_bytes() - wanted < self._free_space:
            raise StorageFull("There is too little free space left to keep more pictures. Nothing was lost; make room.")

    def batch(self) -> AbstractContextManager[Batch]:
        return self._storage.batch()

    def stage(self, batch: Batch, data: bytes | memoryview, scanned: Scanned, names: Names) -> Staged:
        """Write an instance under a mended wrapper; the data set's own bytes are untouched."""
        wrapper = part10_prefix(scanned, data)
        view = memoryview(data)
        dataset = view[scanned.dataset_start :]
        start = scanned.dataset_start if wrapper is None else len(wrapper)
        head = view[: scanned.dataset_start] if wrapper is None else memoryview(wrapper)
        file = batch.stage()
        with file.open("wb", buffering=0) as out:
            _write_all(out.write, head)
            _write_all(out.write, dataset)
        return Staged(
            names=names,
            scanned=scanned,
            file=file,
            size=start + len(dataset),
            dataset_start=start,
            wrapper_sha256=hashlib.sha256(head).hexdigest(),
            dataset_sha256=hashlib.sha256(dataset).hexdigest(),
        )

    def stage_aside(self, batch: Batch, data: bytes | memoryview, reason: str, sop_uid: str | None) -> StagedAside:
        file = batch.stage()
        with file.open("wb", buffering=0) as out:
            _write_all(out.write, memoryview(data))
        return StagedAside(file, len(data), hashlib.sha256(data).hexdigest(), reason, sop_uid)

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
        batch.sync([item.file for item in staged])
        with self._trail.work() as work:
            publish: list[tuple[Path, str]] = []
            outcomes = [self._admit(work, item, publish) for item in staged]
            also(work, outcomes)
            batch.publish(publish)
        return outcomes

    def _admit(self, work: UnitOfWork, item: Staged | StagedAside, publish: list[tuple[Path, str]]) -> Outcome:
        if isinstance(item, StagedAside):
            return self._set_aside(work, item, publish)
        known = store.known_instance(work.connection, item.names.instance)
        if known:
            if policy.same_instance(known, item.dataset_sha256, item.scanned.transfer_syntax):
                return Duplicate(known.instance_id, known.series_id)
            return self._set_aside(work, _aside(item, _CONFLICT), publish)
        patient = store.study_patient(work.connection, item.names.study)
        said = item.scanned
        if patient and not policy.same_patient(patient, said.text("PatientID"), said.text("PatientName")):
            return self._set_aside(work, _aside(item, _OTHER_PATIENT), publish)
        now = work.clock.now()
        study = store.study_id(work.connection, item, now)
        series = store.series_id(work.connection, study, item)
        instance = store.add_instance(work.connection, series, item, now)
        publish.append((item.file, keys.original(item.names.study, item.names.series, item.names.instance)))
        return Kept(instance, series)

    def _set_aside(self, work: UnitOfWork, item: StagedAside, publish: list[tuple[Path, str]]) -> SetAside:
        if store.add_quarantined(work.connection, item, work.clock.now()):
            publish.append((item.file, keys.quarantined(item.sha256)))
        return SetAside(item.reason)

    def tidy_up(self) -> int:
        """Undo what a killed process left half done. Returns the number of files removed."""
        with self._trail.work() as work:

            def has_row(key: str) -> bool:
                parts = PurePosixPath(key).parts
                if parts[0] == "quarantine":
                    return store.is_quarantined(work.connection, parts[1])
                _, study, series, file = parts
                return store.has_original(work.connection, study, series, file.removesuffix(".dcm"))

            return self._storage.abandoned(has_row)


def _aside(item: Staged, reason: str) -> StagedAside:
    digest = hashlib.sha256()
    with item.file.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return StagedAside(item.file, item.size, digest.hexdigest(), reason, item.names.instance)


def _write_all(write: Callable[[memoryview], int | None], data: memoryview) -> None:
    while data:
        data = data[write(data) :]
