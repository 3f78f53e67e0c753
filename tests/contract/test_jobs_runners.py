"""Runners do each job once in effect, and what a killed process was at is done by another."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.contract.job_replicas import DAY, Replica
from tests.factories.clocks import FixedClock

from undisc.jobs.model import Done, Ending, Kind, Running, State
from undisc.jobs.runner import Runner
from undisc.jobs.service import Jobs

_LEASE = timedelta(seconds=1)


@contextmanager
def _running(jobs: Jobs, run: Callable[[Running], Ending], threads: int = 2) -> Iterator[Runner]:
    runner = Runner(jobs, [Kind("send", run, DAY)], threads)
    runner.start()
    try:
        yield runner
    finally:
        runner.close()


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def test_runners_of_two_replicas_do_each_job_once(here: Replica, there: Replica) -> None:
    numbers = [here.enqueue(str(count)) for count in range(30)]
    done: list[int] = []

    def run(job: Running) -> Ending:
        done.append(job.number)
        return Done()

    with _running(here.jobs, run), _running(there.jobs, run):
        _until(lambda: all(job.state is State.DONE for job in here.jobs.all()))
    assert sorted(done) == numbers


def test_a_closed_runner_gives_back_what_it_was_at(here: Replica) -> None:
    number = here.enqueue()
    begun = threading.Event()

    def run(job: Running) -> Ending:
        begun.set()
        while True:
            job.check()
            time.sleep(0.01)

    with _running(here.jobs, run):
        assert begun.wait(30)
    assert (here.state(number), here.jobs.one(number).attempts) == (State.WAITING, 0)


def test_a_runner_stops_a_job_that_was_cancelled(
    database_url: str | None, here: Replica, tmp_path: Path, clock: FixedClock
) -> None:
    number = here.enqueue()
    begun, ended = threading.Event(), threading.Event()

    def run(job: Running) -> Ending:
        begun.set()
        try:
            while True:
                job.check()
                time.sleep(0.01)
        finally:
            ended.set()

    with _running(Jobs(here.database, clock, _LEASE), run):
        assert begun.wait(30)
        with here.trail.work() as work:
            here.jobs.cancel(work, number)
        assert ended.wait(30)
    assert here.state(number) is State.CANCELLED


def test_an_error_of_a_handler_is_told_without_its_text(here: Replica) -> None:
    number = here.enqueue()

    def run(job: Running) -> Ending:
        raise KeyError("DOE^JANE")

    with _running(here.jobs, run):
        _until(lambda: here.jobs.one(number).note != "")
    assert here.jobs.one(number).note == "Something went wrong inside Undisc (KeyError)."


_WORKER = """
import os, sys, time
from datetime import timedelta
from pathlib import Path
from undisc.clock import SystemClock
from undisc.db.engine import open_database
from undisc.jobs.model import Done, Kind
from undisc.jobs.runner import Runner
from undisc.jobs.service import Jobs

url, folder, log = sys.argv[1] or None, Path(sys.argv[2]), Path(sys.argv[3])

def run(job):
    with log.open("a") as file:
        file.write(f"{os.getpid()} {job.arguments['what']}\\n")
    if job.arguments["what"] == "poison":
        os._exit(9)
    if job.arguments["what"] == "slow":
        time.sleep(600 if os.environ.get("SLOW") else 0)
    return Done()

jobs = Jobs(open_database(url, folder), SystemClock(), timedelta(seconds=1))
runner = Runner(jobs, [Kind("send", run, timedelta(days=1))], 2)
runner.start()
time.sleep(600)
"""


@contextmanager
def _worker(url: str | None, folder: Path, **surroundings: str) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-c", _WORKER, url or "", str(folder), str(folder / "log")]
    process = subprocess.Popen(command, env=os.environ | surroundings, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _told(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def test_a_job_of_a_process_that_is_killed_is_done_by_another_replica(
    database_url: str | None, here: Replica, tmp_path: Path
) -> None:
    number = here.enqueue("slow")
    with _worker(database_url, tmp_path, SLOW="yes") as first:
        _until(lambda: bool(_told(tmp_path)))
        first.kill()
        first.wait()
        with _worker(database_url, tmp_path):
            _until(lambda: here.state(number) is State.DONE)
    assert len(_told(tmp_path)) == 2
    assert here.jobs.one(number).attempts == 2


def test_a_process_that_lives_keeps_a_long_job_to_itself(
    database_url: str | None, here: Replica, tmp_path: Path
) -> None:
    """Its lease is a second long; three other jobs, one after the other, take longer than that."""
    here.enqueue("slow")
    with _worker(database_url, tmp_path, SLOW="yes"):
        _until(lambda: bool(_told(tmp_path)))
        with _worker(database_url, tmp_path):
            for count in range(3):
                time.sleep(1)
                number = here.enqueue(f"quick {count}")
                _until(lambda number=number: here.state(number) is State.DONE)
    assert sum(line.endswith("slow") for line in _told(tmp_path)) == 1
