"""Rejecting what does not belong here: hidden at once, kept for a while, and only then gone for good."""

from collections.abc import Callable

from undisc.archive import keys, retention_store, store, turns
from undisc.archive.leaving import Leaving
from undisc.archive.model import InstanceRow, Purged, Rejection
from undisc.archive.policy import purge_at
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.storage.port import Storage

_PAGE = 500

Progress = Callable[[int], None]


class Retention:
    """Rejects, restores and purges. Nothing leaves the disk but by `purge`, after the days of retention."""

    def __init__(self, storage: Storage, trail: Trail, days: int) -> None:
        self._storage = storage
        self._trail = trail
        self._leaving = Leaving(storage, trail)
        self.days = days

    def reject(
        self, study: str, series: str | None = None, instance: str | None = None, *, actor: str, reason: str
    ) -> int:
        """Hide a study, one series of it or one instance, for everybody and at once; the files stay.

        Whoever sends a rejected instance again is refused. Returns how many instances were hidden: 0 where nothing
        that is shown has these UIDs. Their series' previews are made anew by the next deriving.
        """

        def act(work: UnitOfWork) -> int:
            turns.take_study(work.connection, study)
            found = retention_store.shown(work.connection, study, series, instance)
            if not found:
                return 0
            rejection = retention_store.begin(work.connection, study, work.clock.now(), actor, reason)
            retention_store.hide(work.connection, rejection, found)
            subject = {"rejection": rejection, "studies": study, "instances": len(found)}
            work.audit(Act("rejected", actor, subject))
            return len(found)

        return self._trail.run(act)

    def restore(self, study: str, series: str | None = None, instance: str | None = None, *, actor: str) -> int:
        """Show again what was rejected of a study, of one series or one instance, and is not purged. Returns how many
        instances it was."""

        def act(work: UnitOfWork) -> int:
            turns.take_study(work.connection, study)
            found = retention_store.hidden(work.connection, study, series, instance)
            if found:
                retention_store.show(work.connection, study, found)
                work.audit(Act("restored", actor, {"studies": study, "instances": len(found)}))
            return len(found)

        return self._trail.run(act)

    def rejections(self) -> list[Rejection]:
        """What is rejected and not yet gone, oldest first."""
        with self._trail.read() as connection:
            return retention_store.open_rejections(connection)

    def due(self, study: str | None = None) -> list[Rejection]:
        """Rejections whose days of retention are over, and those that an earlier purge did not finish."""
        with self._trail.read() as connection:
            found = retention_store.open_rejections(connection)
        now = self._trail.run(lambda work: work.clock.now())
        return [
            each
            for each in found
            if study in (None, each.study_uid) and (each.purging or purge_at(each.rejected_at, self.days) <= now)
        ]

    def purge(
        self, *, actor: str, reason: str, study: str | None = None, progress: Progress = lambda count: None
    ) -> Purged:
        """Delete for good what was rejected longer ago than the days of retention: files, rows and what is derived.

        What is left of a study of which nothing is left are numbers, UIDs and times: see docs/operate/running.md.
        First the intent goes on record, then the files go, then the rows: a purge that was cut short is finished by
        the next one, and nothing of it can be restored in between.
        """
        instances = size = 0
        for rejection in self.due(study):
            if not self._decided(rejection, actor, reason):
                continue
            while page := self._page(rejection.id):
                for row in page:
                    names = row.names
                    self._storage.delete(keys.original(names.study, names.series, names.instance))
                    self._storage.delete(keys.frames(names.study, names.series, names.instance))
                    self._leaving.forget(names, row.correction)
                self._forget(rejection.study_uid, page)
                instances += len(page)
                size += sum(row.size for row in page)
                progress(len(page))
        if instances:
            self._trail.forget_deleted()
        return Purged(instances, size)

    def _decided(self, rejection: Rejection, actor: str, reason: str) -> bool:
        def act(work: UnitOfWork) -> bool:
            turns.take_study(work.connection, rejection.study_uid)
            count = retention_store.count(work.connection, rejection.id)
            if not count:  # it was restored in the meantime
                return False
            if retention_store.decide(work.connection, rejection.id, work.clock.now(), reason):
                subject = {"rejection": rejection.id, "studies": rejection.study_uid, "instances": count}
                work.audit(Act("purged", actor, subject))
            return True

        return self._trail.run(act)

    def _page(self, rejection: int) -> list[InstanceRow]:
        with self._trail.read() as connection:
            return store.rejected_instances(connection, rejection, _PAGE)

    def _forget(self, study: str, page: list[InstanceRow]) -> None:
        def act(work: UnitOfWork) -> list[str]:
            turns.take_study(work.connection, study)
            return retention_store.forget(work.connection, page)

        outdated = self._trail.run(act)
        for series in outdated:
            names = next(row.names for row in page if row.names.series == series)
            for name in keys.SERIES_FILES:
                self._storage.delete(keys.series_file(names.study, names.series, name))
        for key in list(self._storage.keys(keys.lost(page[0].names.study))):
            self._storage.delete(key)
