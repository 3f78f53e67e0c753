"""Deriving: what readers will ask for is made once, from the originals, and can always be made again."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from undisc.archive import derived_store, keys, store
from undisc.archive.headers import Headers
from undisc.archive.model import Names
from undisc.audit.trail import Trail
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.model import Derived, Undecodable
from undisc.dicom.pixels.pool import DecodePool
from undisc.storage.port import Lent, Storage

if TYPE_CHECKING:
    from undisc.archive.finishing import Finisher

_AT_ONCE = 256  # what a pool of two workers takes without making its caller wait
_NOTE_EVERY = 64

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Errand:
    """What a worker was sent for."""

    instance_id: int
    output_key: str
    source: Lent
    output: Lent


class Deriver:
    """One run of deriving. Instances go in as they are kept; each series they belong to is finished at the end."""

    def __init__(self, storage: Storage, trail: Trail, pool: DecodePool) -> None:
        self._storage = storage
        self._trail = trail
        self._pool = pool
        self._wanted: deque[tuple[int, Names]] = deque()
        self._running: dict[Future[Derived | Undecodable], _Errand] = {}
        self._came: SimpleQueue[Future[Derived | Undecodable]] = SimpleQueue()
        self._done: list[tuple[int, Derived | Undecodable]] = []
        self._derived: deque[int] = deque()
        self._headers = Headers()
        self._finishing: Finisher | None = None

    def remember(self, instance_id: int, scanned: Scanned) -> None:
        """Spare a reading of this header when its series is finished, as long as there is room for such."""
        self._headers.remember(instance_id, scanned)

    def add(self, instance_id: int, names: Names, progress: Progress = lambda count: None) -> None:
        """Queue one instance for the workers, without waiting for them: keeping comes before deriving."""
        self._wanted.append((instance_id, names))
        self._take_done(progress)
        self._hand_over()

    def settle(self, progress: Progress = lambda count: None) -> None:
        """Wait until everything queued is derived, and note it. Meanwhile what can be told of it already is made."""
        self._hand_over()
        while self._running:
            if self._came.empty() and self._derived:
                self._finisher().describe_ahead(self._derived.popleft())
                continue
            self._take(self._came.get(), progress)
            self._take_done(progress)
            self._hand_over()
        self._derived.clear()
        self._note()

    def _hand_over(self) -> None:
        while self._wanted and len(self._running) < _AT_ONCE:
            instance_id, names = self._wanted.popleft()
            output_key = keys.frames(names.study, names.series, names.instance)
            try:
                source = self._storage.lend(keys.original(names.study, names.series, names.instance))
            except FileNotFoundError:
                self._done.append((instance_id, Undecodable("Its file is gone.")))
                continue
            output = self._storage.lend_place(output_key)
            running = self._pool.derive(source.path, output.path)
            self._running[running] = _Errand(instance_id, output_key, source, output)
            running.add_done_callback(self._came.put)

    def _take_done(self, progress: Progress) -> None:
        with suppress(Empty):
            while True:
                self._take(self._came.get_nowait(), progress)

    def _take(self, future: "Future[Derived | Undecodable]", progress: Progress) -> None:
        errand, result = self._running.pop(future), future.result()
        errand.source.give_back()
        if isinstance(result, Derived):
            self._storage.take_back(errand.output, errand.output_key)
            self._derived.append(errand.instance_id)
        errand.output.give_back()
        self._done.append((errand.instance_id, result))
        progress(1)
        if len(self._done) >= _NOTE_EVERY:
            self._note()

    def _note(self) -> None:
        if not self._done:
            return
        # In one order throughout, since another replica may note the same instances at the same moment.
        results = [(instance, *_told(result)) for instance, result in sorted(self._done, key=lambda done: done[0])]
        self._trail.run(lambda work: derived_store.set_derived(work.connection, results))
        self._done.clear()

    def finish_series(self, series_row: int) -> None:
        """Write the series' metadata, manifest, strip and thumbnail from its originals and packs."""
        self._finisher().finish_series(series_row)

    def _finisher(self) -> "Finisher":
        if self._finishing is None:
            # Loaded here: while this process reads the libraries for it, its workers are at work.
            from undisc.archive.finishing import Finisher

            self._finishing = Finisher(self._storage, self._trail, self._headers)
        return self._finishing


def _told(result: Derived | Undecodable) -> tuple[str, str, int | None]:
    """State, note and number of frames, as the instance's row keeps them."""
    if isinstance(result, Undecodable):
        return "failed" if result.lasting else "pending", result.reason, None
    notes = " ".join((*result.damage, *sorted({failure.reason for failure in result.failures})))
    return ("done" if len(result.failures) < result.frames else "failed"), notes, result.frames


def derive_pending(deriver: Deriver, trail: Trail, progress: Progress = lambda count: None) -> int:
    """Derive whatever is kept and not derived yet, and finish its series. Returns how many series were finished."""
    with trail.read() as connection:
        wanted = derived_store.unfinished_series(connection)
    for series_row in wanted:
        with trail.read() as connection:
            rows = store.instances_of_series(connection, series_row)
        for row in rows:
            if row.derived == "pending":
                deriver.add(row.id, row.names, progress)
    deriver.settle(progress)
    finish(deriver, trail, wanted)
    return len(wanted)


def finish(deriver: Deriver, trail: Trail, series_rows: Iterable[int]) -> None:
    """Finish these series; then those presentation states that may be about what is new in them."""
    wanted = sorted(set(series_rows))
    with trail.read() as connection:
        states = derived_store.states_beside(connection, wanted)
    for series_row in [row for row in wanted if row not in states] + sorted(states):
        deriver.finish_series(series_row)
