"""Receiving: what comes over the network, from many senders at once, each waiting for the word that it is kept."""

import mmap
import threading
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from undisc.archive import model as kept
from undisc.archive.keeping import Batch
from undisc.archive.model import Names, Staged, StagedAside
from undisc.archive.service import Archive
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.dicom.scan import HeaderScanner
from undisc.dicom.scan.frames import Buffer
from undisc.dicom.wrapper import bare_prefix
from undisc.intake import store
from undisc.intake.background import BackgroundDeriving
from undisc.intake.model import Item, Ledger, Outcome
from undisc.intake.reading import NotAnInstance, judge

_MOST_TOGETHER = 16
_MAPPED_FROM = 8 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """How one thing that was sent ended. names is None for what could not be named."""

    outcome: Outcome
    reason: str
    names: Names | None
    sop_class: str


@dataclass(slots=True)
class _Waiting:
    """A delivery's share of the next commit."""

    delivery: "Delivery"
    items: list["_Item"]
    last: bool
    done: "Future[list[Received]]" = field(default_factory=Future)


_Item = tuple[str, NotAnInstance | Staged | StagedAside]


class Reception:
    """Takes deliveries and commits those that wait at the same moment together, so that they share one sync."""

    def __init__(self, archive: Archive, trail: Trail, background: BackgroundDeriving) -> None:
        self._archive = archive
        self._trail = trail
        self._background = background
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="receive", daemon=True)
        self._thread.start()

    @contextmanager
    def delivery(self, kind: str, actor: str, study: str | None = None) -> Iterator["Delivery"]:
        """One sender's connection. kind: the door, "stow" or "dimse"; actor: who sends, as the trail names them.
        study: the UID of the only study that this sender may add to; None for any.

        Raises StorageFull where too little room is left. What was not finished when the block ends is dropped.
        """
        self._archive.keeper.refuse_when_full(0)
        with ExitStack() as closing:
            delivery = Delivery(self, kind, actor, closing.enter_context(self._archive.keeper.batch()), study)
            try:
                yield delivery
            finally:
                self._end(delivery)

    def commit(self, delivery: "Delivery", items: list[_Item], last: bool) -> list[Received]:
        """Wait until these items are kept, or told apart; raises what kept them from being kept."""
        # Every sender's own thread waits for its files, so that no sender waits for another's.
        self._archive.keeper.sync(delivery.batch, _staged(items))
        waiting = _Waiting(delivery, items, last)
        with self._changed:
            if self._closed:
                raise RuntimeError("the reception is closed")
            self._waiting.append(waiting)
            self._changed.notify()
        return waiting.done.result()

    def close(self) -> None:
        """Finish what waits; take nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._background.close()

    def refuse_when_full(self, wanted: int) -> None:
        """Raises StorageFull before anything is written that would leave too little room."""
        self._archive.keeper.refuse_when_full(wanted)

    def judge(self, delivery: "Delivery", data: Buffer) -> NotAnInstance | Staged | StagedAside:
        return judge(self._archive.keeper, delivery.batch, data, _scanner().scan(data), delivery.study)

    def wake(self) -> None:
        """Say that something is to be derived anew."""
        self._background.wake()

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                together = self._waiting[:_MOST_TOGETHER]
                del self._waiting[:_MOST_TOGETHER]
            try:
                results = self._keep(together)
            except BaseException as error:
                for waiting in together:
                    waiting.done.set_exception(error)
                continue
            for waiting, received in zip(together, results, strict=True):
                waiting.done.set_result(received)

    def _keep(self, together: Sequence[_Waiting]) -> list[list[Received]]:
        staged = [_staged(waiting.items) for waiting in together]
        results: list[list[Received]] = []
        imports: list[int] = []

        def write_ledger(work: UnitOfWork, outcomes: list[list[kept.Outcome]]) -> None:
            # Called anew where another replica got in the way; what it had noted before was rolled back.
            results.clear()
            imports.clear()
            for waiting, decided in zip(together, outcomes, strict=True):
                received = _received(waiting.items, decided)
                results.append(received)
                imports.append(self._note(work, waiting, received))

        batches = [(waiting.delivery.batch, items) for waiting, items in zip(together, staged, strict=True)]
        self._archive.keeper.keep_together(batches, write_ledger)
        for waiting, import_id in zip(together, imports, strict=True):
            waiting.delivery.import_id = import_id
            waiting.delivery.ended = waiting.last
        self._background.wake()
        return results

    def _note(self, work: UnitOfWork, waiting: _Waiting, received: Sequence[Received]) -> int:
        """The ledger's items and the trail's entry, in the transaction of the rows they tell of. Returns the import."""
        delivery = waiting.delivery
        import_id = delivery.import_id
        if import_id is None:
            import_id = store.begin(work.connection, uuid.uuid4().hex, delivery.kind, 0, work.clock.now())
        items = [
            Item(path, result.outcome, result.reason, _study(result))
            for (path, _), result in zip(waiting.items, received, strict=True)
        ]
        store.add_items(work.connection, import_id, items)
        if waiting.last:
            store.end(work.connection, import_id, work.clock.now())
        ledger = Ledger(tuple(items))
        counts = {outcome.value: count for outcome, count in ledger.counts.items() if count}
        studies = " ".join(ledger.studies)
        work.audit(Act("imported", delivery.actor, {"import": import_id, "studies": studies, **counts}))
        return import_id

    def _end(self, delivery: "Delivery") -> None:
        if delivery.import_id is not None and not delivery.ended:
            with self._trail.work() as work:
                store.end(work.connection, delivery.import_id, work.clock.now())


class Delivery:
    """What one sender brings. Not for use by several threads at once."""

    def __init__(self, reception: Reception, kind: str, actor: str, batch: Batch, study: str | None) -> None:
        self.kind = kind
        self.actor = actor
        self.batch = batch
        self.study = study
        self.import_id: int | None = None
        self.ended = False
        self._reception = reception
        self._items: list[_Item] = []
        self._count = 0

    def receive(self, data: Buffer) -> None:
        """Look at one Part 10 file, or bare data set, and stage it; it is kept when `finish` returns."""
        self._count += 1
        self._items.append((f"{self._count:06d}", self._reception.judge(self, data)))

    def receive_dataset(
        self, dataset: bytes, *, sop_class: str, sop_instance: str, transfer_syntax: str, source_title: str = ""
    ) -> None:
        """Look at a data set as C-STORE carries it, without file meta, and stage it (PS3.7 9.1.1)."""
        self.receive(bare_prefix(sop_class, sop_instance, transfer_syntax, source_title) + dataset)

    def place(self) -> Path:
        """A local name to stream a file into before `receive_file`."""
        return self.batch.stage()

    def receive_file(self, path: Path) -> None:
        """As `receive`, for a file that was streamed to a place of this delivery; the file is taken."""
        if path.stat().st_size < _MAPPED_FROM:
            self.receive(path.read_bytes())
        else:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                self.receive(data)
        path.unlink()

    def finish(self, *, last: bool = False) -> list[Received]:
        """Keep what was received since the last call, in its order; what is told as stored survives a power cut.

        last: nothing more comes; saying so saves a transaction.
        """
        items, self._items = self._items, []
        return self._reception.commit(self, items, last) if items else []


def _staged(items: Sequence[_Item]) -> list[Staged | StagedAside]:
    return [item for _, item in items if not isinstance(item, NotAnInstance)]


def _study(received: Received) -> str | None:
    """The study that the ledger names: what was refused, or is unknown, is not here."""
    if received.names is None or received.outcome is Outcome.REFUSED:
        return None
    return received.names.study


def _received(items: Sequence[_Item], outcomes: Sequence[kept.Outcome]) -> list[Received]:
    decided = iter(outcomes)
    return [
        Received(item.outcome, item.reason, item.names, item.sop_class)
        if isinstance(item, NotAnInstance)
        else _told(item, next(decided))
        for _, item in items
    ]


def _told(item: Staged | StagedAside, outcome: kept.Outcome) -> Received:
    names = item.names if isinstance(item, Staged) else None
    sop_class = item.scanned.text("SOPClassUID") if isinstance(item, Staged) else ""
    if isinstance(outcome, kept.SetAside):
        return Received(Outcome.QUARANTINED, outcome.reason, names, sop_class)
    if isinstance(outcome, kept.Refused):
        return Received(Outcome.REFUSED, outcome.reason, names, sop_class)
    if isinstance(outcome, kept.Duplicate):
        return Received(Outcome.DUPLICATE, "It is here already.", names, sop_class)
    damage = " ".join(item.scanned.damage) if isinstance(item, Staged) else ""
    return Received(Outcome.STORED, damage, names, sop_class)


_scanners = threading.local()


def _scanner() -> HeaderScanner:
    """This thread's own scanner: what it remembers of a series is not for two threads at once."""
    found = getattr(_scanners, "scanner", None)
    if found is None:
        found = _scanners.scanner = HeaderScanner()
    return found
