"""A process' view of the line of jobs, of which a test makes several over one database."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.factories.clocks import FixedClock

from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_database
from undisc.db.schema import bring_up_to_date
from undisc.jobs.model import Claim, Done, Ending, Mishap, State
from undisc.jobs.service import Jobs

DAY = timedelta(days=1)
_KINDS = ("send",)


class Replica:
    """One process' view of the queue, with connections of its own."""

    def __init__(self, url: str | None, folder: Path, clock: FixedClock) -> None:
        self.database: Database = open_database(url, folder)
        bring_up_to_date(self.database)
        self.trail = Trail(self.database, clock, b"k" * 32)
        self.jobs = Jobs(self.database, clock)

    def enqueue(self, what: str = "a", *, key: str | None = None, not_before: datetime | None = None) -> int:
        def act(work):  # type: ignore[no-untyped-def]
            return self.jobs.enqueue(work, "send", {"what": what}, key=key, not_before=not_before)

        return self.trail.run(act)

    def claim(self) -> Claim | None:
        return self.jobs.claim(_KINDS)

    def claimed(self) -> Claim:
        found = self.claim()
        assert found is not None
        return found

    def end(self, claim: Claim, ending: Ending | Mishap = Done()) -> State | None:  # noqa: B008
        return self.jobs.end(claim, ending, DAY)

    def state(self, number: int) -> State:
        return self.jobs.one(number).state
