"""Deriving behind the doors: what was received is made ready for readers when its senders pause."""

import fcntl
import threading
import time
from pathlib import Path

import structlog

from undisc.archive.service import Archive

_PAUSE = 1.5
_LONGEST_WAIT = 30.0
_TRY_AGAIN = 5.0

log = structlog.get_logger()


class BackgroundDeriving:
    """One thread that derives what is kept and pending, at low priority.

    The rows are the queue: whatever is pending when a process dies is found by the next one. Of several processes on
    one data folder, one derives at a time (`lock`).
    """

    def __init__(self, archive: Archive, lock: Path) -> None:
        self._archive = archive
        self._lock = lock
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
            self._wake.wait()
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
                # Another process is at it; it may have looked before our rows were there.
                self._stop.wait(_PAUSE)
                self._wake.set()
                return
            self._archive.derive_pending(low_priority=True)
