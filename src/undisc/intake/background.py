"""Deriving behind the doors: what was received is made ready for readers when its senders pause."""

import fcntl
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import structlog

_PAUSE = 1.5
_LONGEST_WAIT = 30.0
_TRY_AGAIN = 5.0
_LOOK_EVERY = 30.0
_LOOK_CLOSELY_EVERY = 600.0

log = structlog.get_logger()


Turn = Callable[[], AbstractContextManager[bool]]
"""Whether this replica may derive for as long as the block lasts."""


class Derivable(Protocol):
    """What is needed of the archive."""

    def is_any_pending(self) -> bool: ...

    def derive_pending(self, *, low_priority: bool = False) -> int: ...


class BackgroundDeriving:
    """One thread that derives what is kept and pending, at low priority.

    The rows are the queue: whatever is pending when a process dies is found by the next one, and by other replicas,
    which look every half a minute. Of several processes on one data folder, one derives at a time (`lock`), and of
    several replicas one (`turn`).
    """

    def __init__(self, archive: Derivable, lock: Path, turn: Turn, look_every: float = _LOOK_EVERY) -> None:
        self._archive = archive
        self._lock = lock
        self._turn = turn
        self._look_every = look_every
        self._looked_closely = time.monotonic()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._last = time.monotonic()
        self._thread = threading.Thread(target=self._serve, name="derive", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that something was kept."""
        self._last = time.monotonic()
        self._wake.set()

    def close(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                if not self._wake.wait(self._look_every) and not self._is_something_left():
                    continue
            except Exception as error:
                log.error("what is to be derived cannot be looked up", kind=type(error).__name__)
                continue
            self._wake.clear()
            self._wait_for_a_pause()
            if self._stop.is_set():
                return
            try:
                self._derive()
            except Exception as error:
                log.error("deriving failed", kind=type(error).__name__)
                self._stop.wait(_TRY_AGAIN)
                self._wake.set()

    def _is_something_left(self) -> bool:
        """Whether another process left anything; a series of which nothing but the last step is missing shows only in
        all rows, which are counted now and then."""
        return self._archive.is_any_pending() or time.monotonic() - self._looked_closely > _LOOK_CLOSELY_EVERY

    def _wait_for_a_pause(self) -> None:
        """Let a burst pass: a series is finished once, not after each of its pictures."""
        begun = time.monotonic()
        while not self._stop.is_set() and time.monotonic() - begun < _LONGEST_WAIT:
            quiet = time.monotonic() - self._last
            if quiet >= _PAUSE:
                return
            self._stop.wait(_PAUSE - quiet)

    def _derive(self) -> None:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._come_back()
                return
            with self._turn() as ours:
                if ours:
                    self._looked_closely = time.monotonic()
                    self._archive.derive_pending(low_priority=True)
                    return
        self._come_back()

    def _come_back(self) -> None:
        """Another process is at it; it may have looked before our rows were there."""
        self._stop.wait(_PAUSE)
        if self._archive.is_any_pending():
            self._wake.set()
