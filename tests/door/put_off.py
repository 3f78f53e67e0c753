"""Jobs as an operator sees them, and the processes that carry them out."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pynetdicom.ae import ApplicationEntity
from pynetdicom.presentation import build_context
from sqlalchemy import update
from tests.door.command_line import Ran, undisc
from tests.door.dicom_door import EXPLICIT, Collected

from undisc.clock import SystemClock
from undisc.db.engine import Database, open_database
from undisc.db.tables import jobs
from undisc.jobs.model import Job, State
from undisc.jobs.service import Jobs

MR = "1.2.840.10008.5.1.4.1.1.4"
_PATIENCE = 240.0
_BY_ITSELF = ("complete", "trail")


def until(reached: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def told(surroundings: Mapping[str, str], *arguments: object) -> Ran:
    """The program, run to its end on these surroundings."""
    return undisc(*arguments, data=None, cwd=None, **surroundings)


def all_jobs(surroundings: Mapping[str, str]) -> dict[int, Job]:
    """Those that somebody ordered: what a server looks at by itself, again and again, comes and goes beside them."""
    with _database(surroundings) as database:
        found = Jobs(database, SystemClock()).all()
    return {job.number: job for job in found if job.kind not in _BY_ITSELF}


def state(surroundings: Mapping[str, str], number: int) -> State:
    return all_jobs(surroundings)[number].state


def let_time_pass(surroundings: Mapping[str, str], job: int | None = None) -> None:
    """As if as much of it had passed as makes everything due that is in line, and every lease end; or for one job."""
    passed = update(jobs).where(jobs.c.due_at.is_not(None)).values(due_at=SystemClock().now())
    with _database(surroundings) as database, database.write() as connection:
        connection.execute(passed if job is None else passed.where(jobs.c.id == job))


@contextmanager
def _database(surroundings: Mapping[str, str]) -> Iterator[Database]:
    found = open_database(surroundings.get("UNDISC_DATABASE_URL"), Path(surroundings["UNDISC_DATA_DIR"]))
    try:
        yield found
    finally:
        found.close()


class SlowPeer(Collected):
    """A store SCP that takes its time, and counts how often each instance came."""

    def __init__(self, pause: float) -> None:
        super().__init__()
        self.pause = pause
        self.came: list[str] = []
        self._counting = threading.Lock()

    def _take(self, event: Any) -> int:
        time.sleep(self.pause)
        with self._counting:
            self.came.append(str(event.request.AffectedSOPInstanceUID))
        return super()._take(event)


@contextmanager
def slow_peer(port: int, pause: float, peer: SlowPeer | None = None) -> Iterator[SlowPeer]:
    peer = peer or SlowPeer(pause)
    entity = ApplicationEntity("DEST")
    entity.supported_contexts = [build_context(MR, [EXPLICIT])]
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[peer.handler()])
    try:
        yield peer
    finally:
        assert server is not None
        server.shutdown()


@contextmanager
def running(*arguments: str, surroundings: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """The program as a process of its own, ended in order if it has not ended before."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")}
    command = [sys.executable, "-m", "undisc", *arguments]
    process = subprocess.Popen(command, env=clean | dict(surroundings), stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """kill -9, of the process and of those that it has beside itself."""
    beside = children(process.pid)
    for pid in (process.pid, *beside):
        os.kill(pid, signal.SIGKILL)
    process.wait(_PATIENCE)
    until(lambda: not any(_is_alive(pid) for pid in beside), "a killed process goes on")


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(each) for each in task.read_text().split()]
    return found


def _is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
