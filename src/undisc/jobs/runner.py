"""Doing what is due: threads that take a job each, and one that shows all the while that its process is alive."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from undisc.jobs.model import Arguments, Claim, Done, Ending, Kind, Later, Mishap, State, Stopped
from undisc.jobs.service import Jobs

_LOOK_EVERY = 2.0
_TRY_AGAIN = 5.0
_FORGET_EVERY = 3600.0
_SECONDS_TO_STOP = 10.0

log = structlog.get_logger()


@dataclass(slots=True)
class _Held:
    """A job that this process is at."""

    claim: Claim
    stopping: threading.Event
    lost: threading.Event = field(default_factory=threading.Event)
    alive_at: float = field(default_factory=time.monotonic)

    @property
    def number(self) -> int:
        return self.claim.number

    @property
    def arguments(self) -> Arguments:
        return self.claim.arguments

    def check(self) -> None:
        if self.lost.is_set() or self.stopping.is_set():
            raise Stopped


class Runner:
    """Does jobs of the given kinds until it is closed."""

    def __init__(self, jobs: Jobs, kinds: Iterable[Kind], threads: int) -> None:
        self._jobs = jobs
        self._kinds = {kind.name: kind for kind in kinds}
        self._count = threads
        self._stopping = threading.Event()
        self._something = threading.Event()
        self._holding = threading.Lock()
        self._held: dict[int, _Held] = {}
        self._last_busy = time.monotonic()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        serving = [
            threading.Thread(target=self._serve, name=f"job-{number}", daemon=True) for number in range(self._count)
        ]
        self._threads = [*serving, threading.Thread(target=self._show_life, name="job-leases", daemon=True)]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that something is due."""
        self._something.set()

    def idle_seconds(self) -> float:
        """For how long there has been nothing to do."""
        with self._holding:
            return 0.0 if self._held else time.monotonic() - self._last_busy

    def close(self) -> None:
        """Have those that run stop at their next step and give them back. What does not stop in some seconds is left
        behind, and others take it when its lease is over."""
        self._stopping.set()
        self._something.set()
        until = time.monotonic() + _SECONDS_TO_STOP
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                claim = self._jobs.claim(self._kinds)
                if claim is not None:
                    self._do(claim)
            except Exception as error:
                log.error("jobs cannot be looked after", kind=type(error).__name__)
                self._stopping.wait(_TRY_AGAIN)
                continue
            if claim is None:
                self._something.wait(_LOOK_EVERY)
                self._something.clear()

    def _do(self, claim: Claim) -> None:
        kind = self._kinds[claim.kind]
        held = _Held(claim, self._stopping)
        with self._holding:
            self._held[claim.number] = held
        try:
            ending = self._attempt(kind, held)
            if held.lost.is_set():
                log.warning("a job was taken from its runner", job=claim.number, job_kind=claim.kind)
            elif ending is None:
                self._jobs.give_back(claim)
            else:
                self._tell(claim, ending, self._jobs.end(claim, ending, kind.patience))
        finally:
            with self._holding:
                self._held.pop(claim.number, None)
                self._last_busy = time.monotonic()

    def _attempt(self, kind: Kind, held: _Held) -> Ending | Mishap | None:
        """How it ended; None where it was stopped before that."""
        try:
            return kind.run(held)
        except Stopped:
            return None
        except Exception as error:
            # While its process ends, anything may be closed under its hands.
            if self._stopping.is_set():
                return None
            return Mishap(f"Something went wrong inside Undisc ({type(error).__name__}).")

    def _tell(self, claim: Claim, ending: Ending | Mishap, state: State | None) -> None:
        if state is None:
            log.warning("a job was taken from its runner", job=claim.number, job_kind=claim.kind)
        elif isinstance(ending, Done):
            log.info("job done", job=claim.number, job_kind=claim.kind)
        elif not isinstance(ending, Later):
            log.warning("job not done", job=claim.number, job_kind=claim.kind, state=state.value, why=ending.reason)

    def _show_life(self) -> None:
        """Renew the leases of what runs, until nothing does and the runner is closed."""
        lease = self._jobs.lease.total_seconds()
        forgotten = -_FORGET_EVERY
        while not self._stopping.wait(lease / 3) or self._is_holding():
            now = time.monotonic()
            try:
                self._renew(now)
                if now - forgotten >= _FORGET_EVERY:
                    self._jobs.forget()
                    forgotten = now
            except Exception as error:
                log.error("leases of jobs cannot be renewed", kind=type(error).__name__)
                self._let_go(now - lease)
            if self._stopping.is_set():
                time.sleep(0.1)

    def _is_holding(self) -> bool:
        with self._holding:
            return bool(self._held)

    def _renew(self, now: float) -> None:
        with self._holding:
            held = list(self._held.values())
        if not held:
            return
        still = self._jobs.renew([each.claim for each in held])
        for each in held:
            if each.number in still:
                each.alive_at = now
            else:
                each.lost.set()

    def _let_go(self, alive_since: float) -> None:
        """Stop what could not be renewed for as long as its lease: somebody else may have it by now."""
        with self._holding:
            for each in self._held.values():
                if each.alive_at < alive_since:
                    each.lost.set()
