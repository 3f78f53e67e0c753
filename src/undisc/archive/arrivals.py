"""What happens when new instances of a study come, by whatever door: a job waits until no more do."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select

from undisc.audit.trail import UnitOfWork
from undisc.db.message_tables import completions
from undisc.db.tables import series
from undisc.jobs.service import Jobs

COMPLETE = "complete"
"""The kind of job that looks whether a study is complete, and goes on from there."""


class Arrivals:
    """quiet: how long nothing must come; None where a study is never taken for complete by itself."""

    def __init__(self, jobs: Jobs, quiet: timedelta | None) -> None:
        self._jobs = jobs
        self._quiet = quiet

    def came(self, work: UnitOfWork, series_rows: Collection[int]) -> None:
        """New instances of these series were kept, in this transaction. A study that is complete stays so."""
        if self._quiet is None or not series_rows:
            return
        done = select(completions.c.study_id)
        wanted = select(series.c.study_id).where(series.c.id.in_(series_rows), series.c.study_id.not_in(done))
        for study in sorted(work.connection.scalars(wanted.distinct())):
            self._look(work, study, self._quiet)

    def consented(self, work: UnitOfWork, study: int) -> None:
        """A study got a consent, in this transaction: where it is complete already, what follows follows now."""
        if work.connection.scalar(select(completions.c.study_id).where(completions.c.study_id == study)) is not None:
            self._look(work, study, timedelta())

    def _look(self, work: UnitOfWork, study: int, later: timedelta) -> None:
        due = work.clock.now() + later
        self._jobs.enqueue(work, COMPLETE, {"study": study}, key=f"{COMPLETE}:{study}", not_before=due)
