"""What is done with new entries of the trail behind the doors, about once a minute: alerts, the seal noted elsewhere,
and the entries sent to a collector."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from undisc.audit import searching
from undisc.audit.entries import Entry, Wanted
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.disclosures import store
from undisc.disclosures.audit_message import audit_message
from undisc.disclosures.events import events
from undisc.disclosures.service import Privacy
from undisc.disclosures.syslog import Collector, NotSent, send
from undisc.disclosures.watching import Watching
from undisc.jobs.model import Again, Done, Ending, Kind, Running
from undisc.jobs.service import Jobs

KIND = "trail"
_EVERY = 60.0
_HEAD = "head"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where what is new of the trail goes besides. source_id and site: as audit messages name this archive and its
    place."""

    head_file: Path | None
    collector: Collector | None
    source_id: str
    site: str


class Rounds:
    """One round at a time among all replicas: each is a job, put in line when there is anything new."""

    def __init__(
        self,
        trail: Trail,
        clock: Clock,
        jobs: Jobs,
        elsewhere: Elsewhere,
        tidy: Callable[[UnitOfWork], None] = lambda work: None,
    ) -> None:
        """tidy: forgets, with each round, what nobody has to know any more."""
        self._trail = trail
        self._clock = clock
        self._jobs = jobs
        self._elsewhere = elsewhere
        self._tidy = tidy
        self._privacy = Privacy(trail, clock)
        self._looked_at: float | None = None

    def kind(self) -> Kind:
        # A collector that is down for a week gets what it missed; the job after that begins where this one ended.
        return Kind(KIND, self._run, timedelta(days=7))

    def put_in_line(self) -> None:
        """Have a round made where entries are new; asks at most once a minute, so that it may be called at any time."""
        now = time.monotonic()
        if self._looked_at is not None and now - self._looked_at < _EVERY:
            return
        self._looked_at = now
        try:
            with self._trail.read() as connection:
                last, _ = searching.head(connection)
                behind = any(store.sent_to(connection, place)[0] < last for place in self._places())
            if behind:
                self._trail.run(lambda work: self._jobs.enqueue(work, KIND, {}, key=KIND))
        except DBAPIError:
            return  # while the database is away there is nothing new

    def go(self) -> None:
        """One round. Raises NotSent where the collector did not get everything."""
        Watching(self._trail, self._clock).look()
        self._trail.run(self._tidy)
        self._note_head()
        self._send()

    def _places(self) -> Iterator[str]:
        yield "alerts"
        if self._elsewhere.head_file:
            yield _HEAD
        if self._elsewhere.collector:
            yield self._elsewhere.collector.place

    def _run(self, running: Running) -> Ending:
        running.check()
        try:
            self.go()
        except NotSent as error:
            return Again(str(error))
        except OSError:
            return Again("The file of UNDISC_AUDIT_HEAD_FILE cannot be written.")
        return Done()

    def _note_head(self) -> None:
        file = self._elsewhere.head_file
        if file is None:
            return
        with self._trail.read() as connection:
            (seq, seal), noted = searching.head(connection), store.sent_to(connection, _HEAD)[0]
        if seq == noted:
            return
        said = {"entry": seq, "seal": seal, "at": self._clock.now().isoformat(timespec="seconds")}
        with file.open("a", encoding="ascii") as lines:
            lines.write(json.dumps(said) + "\n")
            lines.flush()
            os.fsync(lines.fileno())
        self._note(_HEAD, seq)

    def _send(self) -> None:
        collector = self._elsewhere.collector
        if collector is None:
            return
        while True:
            with self._trail.read() as connection:
                after = store.sent_to(connection, collector.place)[0]
            some = list(islice(self._privacy.walk(Wanted(after=after)), _AT_ONCE))
            if not some:
                return
            messages: list[tuple[datetime, bytes]] = []
            last: Entry | None = None
            for last, known in some:
                for event in events(last, known):
                    messages.append((last.at, audit_message(event, self._elsewhere.source_id, self._elsewhere.site)))
            send(collector, messages, "undisc")
            assert last is not None
            self._note(collector.place, last.seq)

    def _note(self, place: str, seq: int) -> None:
        self._trail.run(lambda work: store.note_sent(work.connection, place, seq, work.clock.now()))
