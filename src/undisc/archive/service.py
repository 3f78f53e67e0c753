"""The archive as the stages after it and the doors know it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from undisc.archive import checking, derive, derived_store, store
from undisc.archive.corrections import Corrections
from undisc.archive.derive import Deriver
from undisc.archive.keeping import Keeper
from undisc.archive.model import Checked
from undisc.archive.reading import Reader
from undisc.archive.retention import Retention
from undisc.archive.retrieving import Retriever
from undisc.archive.search import Search
from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.dicom.pixels.pool import DecodePool
from undisc.storage.port import Storage

# Who asks is told soon that the workers are busy; what is derived waits its turn, so that no worker ever idles.
_ASKED_BACKLOG = 4
_DERIVED_BACKLOG = 128


class Archive(Reader):
    """Reads as a Reader does; keeps, derives, checks and rebuilds."""

    def __init__(
        self,
        storage: Storage,
        trail: Trail,
        make_pool: Callable[[bool, int], DecodePool],
        free_space: int,
        retention_days: int = 30,
    ) -> None:
        super().__init__(storage, trail)
        self.keeper = Keeper(storage, trail, free_space)
        self.search = Search(storage, trail)
        self.retention = Retention(storage, trail, retention_days)
        self.retrieving = Retriever(storage, trail, lambda: make_pool(False, _ASKED_BACKLOG))
        self.corrections = Corrections(storage, trail)
        self._make_pool = make_pool

    @contextmanager
    def deriving(self, *, low_priority: bool = False) -> Iterator[Deriver]:
        """Workers for one run of deriving; they end with the block."""
        with self._make_pool(low_priority, _DERIVED_BACKLOG) as pool:
            pool.warm()
            yield Deriver(self._storage, self._trail, pool)

    def finish_half_done(self) -> int:
        """After a crash: undo what was half published, derive what was not derived. Returns series finished."""
        self.undo_half_done()
        return self.derive_pending()

    def undo_half_done(self) -> None:
        """After a crash: undo what was half published; after another version, fill in what that one did not keep."""
        self.keeper.tidy_up()
        self.search.fill_names()

    def derive_pending(self, *, low_priority: bool = False) -> int:
        """Derive whatever is kept and not derived yet. Returns how many series were finished."""
        with self._trail.read() as connection:
            if not derived_store.unfinished_series(connection):
                return 0
        with self.deriving(low_priority=low_priority) as deriver:
            return derive.derive_pending(deriver, self._trail)

    def is_any_pending(self) -> bool:
        """Whether anything is kept and not derived yet; cheap enough to be asked again and again."""
        with self._trail.read() as connection:
            return derived_store.is_any_pending(connection)

    def derive_left_over(self, deriver: Deriver) -> int:
        """Derive what an interrupted run kept and did not derive. Returns how many series were finished."""
        return derive.derive_pending(deriver, self._trail)

    def rebuild(self, progress: derive.Progress = lambda count: None) -> int:
        """Make everything derived anew from the originals, rows included. Returns how many series were made."""
        # In this order: where the database was lost, an original whose row went with it must not pass for one that was
        # never acknowledged.
        checking.find_lost_rows(self._storage, self._trail)
        self.keeper.tidy_up()
        with self._trail.work() as work:
            store.refill_names(work.connection)
            derived_store.forget_derived(work.connection)
            work.audit(Act("rebuilt", "operator"))
        with self.deriving() as deriver:
            return derive.derive_pending(deriver, self._trail, progress)

    def verify(self, progress: checking.Progress = lambda count, size: None) -> Checked:
        """Hash every original anew and name each that is damaged."""
        return checking.check_originals(self._storage, self._trail, progress)
