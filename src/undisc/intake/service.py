"""Intake: a source goes in, and every file on it ends in the ledger."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from undisc.archive import model as kept
from undisc.archive.derive import Deriver, finish
from undisc.archive.keeping import Batch
from undisc.archive.model import Staged, StagedAside
from undisc.archive.policy import is_report
from undisc.archive.service import Archive
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.discs.model import Survey
from undisc.discs.paths import shown
from undisc.discs.sealed import PassphraseNeeded, PassphraseWrong, is_sealed, unsealed
from undisc.discs.sources import Source, open_source
from undisc.discs.survey import survey
from undisc.discs.zip import ZipSource
from undisc.intake import store
from undisc.intake.gathered import GatheredFiles
from undisc.intake.model import Item, Ledger, NobodyWatches, Outcome, Watcher, joined
from undisc.intake.reading import FileReader

Passphrase = Callable[[], str]

_FIRST_BATCH_FILES = 8  # workers wait for the first one; each may be twice as large as the one before
_BATCH_FILES = 64
_BATCH_BYTES = 64 * 1024 * 1024
_BATCHES_AHEAD = 2
_NOTED_AT_ONCE = 4096
_RUINED = "The disc's index lists it as an image, but it does not begin like one: it is damaged."
_HERE = (Outcome.STORED, Outcome.DUPLICATE)


@dataclass(slots=True)
class _Open:
    """A batch that is being filled: what is staged, and what is already settled without being kept."""

    batch: Batch
    closing: ExitStack
    most_files: int
    staged: list[tuple[str, Staged | StagedAside]] = field(default_factory=list)
    settled: list[Item] = field(default_factory=list)
    size: int = 0
    handed_on: bool = False
    """Whoever keeps it closes it then: closed from here, its files would vanish while they are being published."""

    @property
    def full(self) -> bool:
        many = len(self.staged) >= self.most_files or len(self.settled) >= _NOTED_AT_ONCE
        return many or self.size >= _BATCH_BYTES


@dataclass(slots=True)
class _Run:
    """One import on its way."""

    import_id: int
    deriver: Deriver
    watcher: Watcher
    series: set[int] = field(default_factory=set)
    saw_pictures: bool = False


class Intake:
    """What the doors call to bring something in."""

    def __init__(self, archive: Archive, trail: Trail, *, most_files: int, largest_file: int) -> None:
        self._archive = archive
        self._trail = trail
        self._most_files = most_files
        self._largest_file = largest_file

    def take_in(
        self, paths: Sequence[Path], watcher: Watcher | None = None, passphrase: Passphrase | None = None
    ) -> Ledger:
        """Keep every image on these sources; single files are read as one source.

        When this returns, everything the ledger calls stored would survive a power cut and is ready to be looked at.
        Raises SourceUnreadable (before anything is read) and StorageFull (after which the same call goes on where it
        was, as it does after a crash). passphrase: asked for the passphrase of each source that is sealed; without it
        such a source is refused.
        """
        self._archive.keeper.tidy_up()
        self._archive.keeper.refuse_when_full(0)
        watcher = watcher or NobodyWatches()
        with _opened(paths, passphrase) as sources:
            return joined(self._import(given, source, watcher) for given, source in sources)

    def _import(self, prefix: str, source: Source, watcher: Watcher) -> Ledger:
        found = survey(source, self._most_files)
        watcher.surveyed(len(found.entries) + len(found.refused), sum(entry.size for entry in found.entries))
        reader = FileReader(self._archive.keeper, self._largest_file)
        import_id, earlier = self._begin(source, found)
        done = {item.path for item in earlier}
        with self._archive.deriving() as deriver:
            run = _Run(import_id, deriver, watcher)
            self._read_all(run, source, found, reader, done)
            self._make_ready(run)
        with self._trail.work() as work:
            items = tuple(store.items(work.connection, import_id))
            store.end(work.connection, import_id, work.clock.now())
            work.audit(_imported(import_id, items))
        index_notes = found.index.notes if found.index else ()
        outside = tuple(
            f"The disc's index points outside the disc ({len(found.outside)} entries)." for _ in found.outside[:1]
        )
        return Ledger(
            items=tuple(_prefixed(prefix, item) for item in items),
            missing=found.missing,
            notes=(*index_notes, *outside),
            has_report=reader.saw_report,
            has_pictures=run.saw_pictures or any(item.outcome in _HERE for item in earlier),
            went_on=len(earlier),
        )

    def _begin(self, source: Source, found: Survey) -> tuple[int, list[Item]]:
        """A new import, or the one of this very source that was interrupted, with what it had done."""
        with self._trail.work() as work:
            import_id = store.unfinished_import(work.connection, found.fingerprint)
            if import_id is not None:
                return import_id, list(store.items(work.connection, import_id))
            files = len(found.entries) + len(found.refused)
            return store.begin(work.connection, found.fingerprint, source.kind, files, work.clock.now()), []

    def _read_all(self, run: _Run, source: Source, found: Survey, reader: FileReader, done: set[str]) -> None:
        """Read files in the order of the source; one thread behind waits for the disk, a batch at a time."""
        behind: deque[Future[None]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="keep") as keeping:
            filling = self._new_batch(_FIRST_BATCH_FILES)
            try:
                filling.settled.extend(
                    Item(refused.path, Outcome.UNREADABLE, refused.reason)
                    for refused in found.refused
                    if refused.path not in done
                )
                for entry in found.entries:
                    if entry.path in done:
                        run.watcher.read(1, entry.size)
                        continue
                    read = reader.read(source, entry, filling.batch)
                    if isinstance(read, Item):
                        filling.settled.append(_as_promised(read, found))
                    else:
                        filling.staged.append((entry.path, read))
                        run.saw_pictures |= isinstance(read, Staged) and not is_report(read.scanned)
                        filling.size += read.size
                    run.watcher.read(1, entry.size)
                    if filling.full:
                        filling.handed_on = True
                        behind.append(keeping.submit(self._keep, run, filling))
                        filling = self._new_batch(min(2 * filling.most_files, _BATCH_FILES))
                        while len(behind) > _BATCHES_AHEAD:
                            behind.popleft().result()
                filling.handed_on = True
                behind.append(keeping.submit(self._keep, run, filling))
                while behind:
                    behind.popleft().result()
            except BaseException:
                if not filling.handed_on:
                    filling.closing.close()
                raise

    def _new_batch(self, most_files: int) -> _Open:
        self._archive.keeper.refuse_when_full(_BATCH_BYTES)
        closing = ExitStack()
        return _Open(closing.enter_context(self._archive.keeper.batch()), closing, most_files)

    def _keep(self, run: _Run, filled: _Open) -> None:
        """Bytes, then rows and ledger together, then the workers."""
        with filled.closing:

            def write_ledger(work: UnitOfWork, outcomes: list[kept.Outcome]) -> None:
                items = [
                    _item(path, staged, outcome)
                    for (path, staged), outcome in zip(filled.staged, outcomes, strict=True)
                ]
                told = [*filled.settled, *items]
                # A statement takes no more values than the database allows, on some 32,766 (sqlite.org/limits.html).
                for start in range(0, len(told), _NOTED_AT_ONCE):
                    store.add_items(work.connection, run.import_id, told[start : start + _NOTED_AT_ONCE])

            outcomes = self._archive.keeper.keep(filled.batch, [staged for _, staged in filled.staged], write_ledger)
        for (_, staged), outcome in zip(filled.staged, outcomes, strict=True):
            if isinstance(outcome, kept.Kept) and isinstance(staged, Staged):
                run.series.add(outcome.series_id)
                run.deriver.remember(outcome.instance_id, staged.scanned)
                if staged.scanned.pixels:
                    run.watcher.preparing(1)
                    run.deriver.add(outcome.instance_id, staged.names, run.watcher.prepared)

    def _make_ready(self, run: _Run) -> None:
        """Derive what is left, of this run and of one that was interrupted, and finish the series."""
        run.deriver.settle(run.watcher.prepared)
        finish(run.deriver, self._trail, run.series)
        self._archive.derive_left_over(run.deriver)


def _as_promised(item: Item, found: Survey) -> Item:
    """A file whose beginning is ruined looks like no image at all; where the index lists it, it was one."""
    if item.outcome is Outcome.NOT_DICOM and item.path in found.listed and item.path not in found.index_paths:
        return Item(item.path, Outcome.UNREADABLE, _RUINED)
    return item


def _item(path: str, staged: Staged | StagedAside, outcome: kept.Outcome) -> Item:
    study = staged.names.study if isinstance(staged, Staged) else None
    if isinstance(outcome, kept.SetAside):
        return Item(path, Outcome.QUARANTINED, outcome.reason)
    if isinstance(outcome, kept.Refused):
        return Item(path, Outcome.DUPLICATE, outcome.reason)
    if isinstance(outcome, kept.Duplicate):
        return Item(path, Outcome.DUPLICATE, "It is here already.", study)
    damage = " ".join(staged.scanned.damage) if isinstance(staged, Staged) else ""
    return Item(path, Outcome.STORED, damage, study)


def _imported(import_id: int, items: Sequence[Item]) -> Act:
    ledger = Ledger(tuple(items))
    counts = {outcome.value: count for outcome, count in ledger.counts.items()}
    return Act("imported", "operator", {"import": import_id, "studies": " ".join(ledger.studies), **counts})


def _prefixed(prefix: str, item: Item) -> Item:
    return Item(f"{prefix}{item.path}", item.outcome, item.reason, item.study_uid) if prefix else item


@contextmanager
def _opened(paths: Sequence[Path], passphrase: Passphrase | None) -> Iterator[list[tuple[str, Source]]]:
    """All sources, opened before the first is read; single files gathered into one; closed in the end.

    With each comes what its paths are prefixed with, "" unless there are several sources.
    """
    with ExitStack() as closing:
        files: list[tuple[str, Source]] = []
        sources: list[tuple[str, Source]] = []
        for path in dict.fromkeys(paths):
            source = open_source(path)
            closing.callback(source.close)
            source = _unlocked(source, passphrase)
            (files if source.kind == "file" else sources).append((shown(str(path)), source))
        if files:
            sources.append(("", GatheredFiles(files)))
        several = len(sources) > 1
        yield [(f"{given}/" if several and given else "", source) for given, source in sources]


def _unlocked(source: Source, passphrase: Passphrase | None) -> Source:
    """A sealed package, or a ZIP with a password, opened; any other source as it is."""
    if isinstance(source, ZipSource) and source.is_locked:
        return _unlocked_zip(source, passphrase)
    if not is_sealed(source):
        return source
    if passphrase is None:
        raise PassphraseNeeded("This is a sealed package: it opens with its passphrase only.")
    return unsealed(source, passphrase)


def _unlocked_zip(source: ZipSource, passphrase: Passphrase | None) -> Source:
    """Where nobody knows the password, what is not locked is taken in all the same, and the rest is named."""
    try:
        password = passphrase() if passphrase else None
    except PassphraseNeeded:
        password = None
    if password is None:
        return source
    try:
        source.unlock(password.strip())
    except OSError:
        raise PassphraseWrong("This password does not open the ZIP file. Check it, and try again.") from None
    return source
