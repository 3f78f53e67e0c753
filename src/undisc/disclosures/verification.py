"""Checking the whole trail behind a page: a long one takes longer than anybody waits for a page."""

import threading
from dataclasses import dataclass
from datetime import datetime

from undisc.audit.model import Broken, Intact
from undisc.audit.trail import Trail
from undisc.clock import Clock

_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One check. checked: entries so far. result: None while it goes on. failed: it ended without one."""

    begun_at: datetime
    checked: int
    result: Intact | Broken | None
    failed: bool = False

    @property
    def goes_on(self) -> bool:
        return self.result is None and not self.failed


class Verification:
    """At most one check at a time, in a thread of this process; what came of the last one is remembered."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock
        self._changing = threading.Lock()
        self._last: Check | None = None

    def last(self) -> Check | None:
        with self._changing:
            return self._last

    def check(self) -> Check:
        """Begin one where none goes on, and wait for its end, though not for long."""
        with self._changing:
            if self._last is None or not self._last.goes_on:
                self._last = Check(self._clock.now(), 0, None)
                self._thread = threading.Thread(target=self._run, args=(self._last.begun_at,), daemon=True)
                self._thread.start()
            thread = self._thread
        thread.join(_PATIENCE)
        last = self.last()
        assert last is not None
        return last

    def _run(self, begun_at: datetime) -> None:
        try:
            result = self._trail.verify(lambda checked: self._note(Check(begun_at, checked, None)))
        except Exception:
            self._note(Check(begun_at, 0, None, failed=True))
            raise
        self._note(Check(begun_at, result.entries if isinstance(result, Intact) else result.seq, result))

    def _note(self, check: Check) -> None:
        with self._changing:
            self._last = check
