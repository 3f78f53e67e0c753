"""Processes that `undisc serve` keeps beside itself, and how they end with it."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from types import FrameType
from typing import Annotated

import typer

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_LOOK_EVERY = 1.0
_SECONDS_TO_FINISH = 15
_PARENT_ASKED_EVERY = 1.0


Child = Annotated[bool, typer.Option("--child", hidden=True, help="End when the parent process does.")]


def stop_on_signals(stopped: threading.Event) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def end_as_interrupted() -> None:
    """Let the system's own wish to end, and a terminal that is closed, be what Ctrl-C is."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, signal.default_int_handler)


def stop_with_parent(stopped: threading.Event) -> None:
    """A child whose parent was killed would keep the port from the next one."""
    parent = os.getppid()

    def watch() -> None:
        while not stopped.wait(_PARENT_ASKED_EVERY):
            if os.getppid() != parent:
                stopped.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()


class Supervisor:
    """Starts a process whenever it is wanted and does not run, waiting longer each time that it ended badly."""

    def __init__(self, command: list[str], name: str, is_wanted: Callable[[], bool] = lambda: True) -> None:
        self._command = command
        self._is_wanted = is_wanted
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._starting:
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_FINISH)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join()

    def _keep_running(self) -> None:
        pause, wait = _SHORTEST_PAUSE, 0.0
        while not self._stopping.wait(wait):
            if not self._wanted():
                wait = _LOOK_EVERY
                continue
            with self._starting:
                if self._stopping.is_set():
                    return
                # In a group of its own: Ctrl-C reaches the parent alone, which ends it in order.
                self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)
            wait = pause = _SHORTEST_PAUSE if self._process.wait() == 0 else min(pause * 2, _LONGEST_PAUSE)

    def _wanted(self) -> bool:
        try:
            return self._is_wanted()
        except Exception as error:
            import structlog  # loaded here, since most commands write no log

            structlog.get_logger().error(
                "it cannot be told whether a process is wanted", process=self._thread.name, kind=type(error).__name__
            )
            return False
