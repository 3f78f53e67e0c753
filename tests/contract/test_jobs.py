"""Jobs are in line when the act that wants them is kept, run once in effect, and outlive whoever was at them."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.factories.clocks import FixedClock

from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_database
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import audit_entries
from undisc.jobs import policy
from undisc.jobs.model import Again, Claim, Done, Ending, Hopeless, JobRefused, JobUnknown, Kind, Mishap, Running, State
from undisc.jobs.runner import Runner
from undisc.jobs.service import Jobs

_DAY = timedelta(days=1)
_LEASE = timedelta(seconds=1)
_KINDS = ("send",)


class _Replica:
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
        return self.jobs.end(claim, ending, _DAY)

    def state(self, number: int) -> State:
        return self.jobs.one(number).state


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else None


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC))  # other processes have the machine's clock


@pytest.fixture
def replicas(url: str | None, tmp_path: Path, clock: FixedClock) -> Iterator[Callable[[], _Replica]]:
    made: list[_Replica] = []

    def make() -> _Replica:
        made.append(_Replica(url, tmp_path, clock))
        return made[-1]

    yield make
    for each in made:
        each.database.close()


@pytest.fixture
def here(replicas: Callable[[], _Replica]) -> _Replica:
    return replicas()


@pytest.fixture
def there(replicas: Callable[[], _Replica]) -> _Replica:
    return replicas()


# -- going in ----------------------------------------------------------------------------------------------------------


def _entries(replica: _Replica) -> int:
    with replica.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(audit_entries)) or 0


def test_a_job_is_there_with_its_act_and_with_the_acts_entry_in_the_trail(here: _Replica) -> None:
    with here.trail.work() as work:
        number = here.jobs.enqueue(work, "send", {"study_uid": "1.2"})
        work.audit(Act("shared", "operator", {}))
        assert here.jobs.all() == []  # seen by nobody before the commit
    (job,) = here.jobs.all()
    assert (job.number, job.kind, job.arguments, job.state) == (number, "send", {"study_uid": "1.2"}, State.WAITING)
    assert _entries(here) == 1


def test_what_is_rolled_back_leaves_no_job(here: _Replica) -> None:
    def fail() -> None:
        with here.trail.work() as work:
            here.jobs.enqueue(work, "send", {}, key="k")
            work.audit(Act("shared", "operator", {}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (here.jobs.all(), here.claim(), _entries(here)) == ([], None, 0)
    assert here.enqueue(key="k")


def test_the_same_is_in_line_once_until_it_has_ended(here: _Replica) -> None:
    first = here.enqueue(key="study 1 to pacs")
    assert here.enqueue(key="study 1 to pacs") == first
    assert here.enqueue(key="study 2 to pacs") != first
    claim = here.claimed()
    assert here.enqueue(key="study 1 to pacs") == first
    here.end(claim)
    assert here.enqueue(key="study 1 to pacs") != first


def test_asking_again_brings_forward_what_waits_and_never_puts_it_off(here: _Replica, clock: FixedClock) -> None:
    number = here.enqueue(key="k", not_before=clock.now() + _DAY)
    assert here.enqueue(key="k", not_before=clock.now() + 2 * _DAY) == number
    assert here.claim() is None
    assert here.enqueue(key="k") == number
    assert here.claimed().number == number


def test_replicas_that_put_the_same_in_line_together_put_it_there_once(
    replicas: Callable[[], _Replica], here: _Replica
) -> None:
    numbers: list[int] = []
    start = threading.Barrier(4)

    def run(replica: _Replica) -> None:
        start.wait()
        for _ in range(5):
            numbers.append(replica.enqueue(key="the same"))

    threads = [threading.Thread(target=run, args=(replicas(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 20
    assert len(set(numbers)) == len(here.jobs.all()) == 1


def test_scheduled_work_waits_for_its_time(here: _Replica, clock: FixedClock) -> None:
    here.enqueue(not_before=clock.now() + timedelta(hours=3))
    assert here.claim() is None
    clock.forward(timedelta(hours=2, minutes=59))
    assert here.claim() is None
    clock.forward(timedelta(minutes=1))
    assert here.claim() is not None


# -- coming out --------------------------------------------------------------------------------------------------------


def test_what_is_due_longest_comes_first_and_only_what_was_asked_for(here: _Replica, clock: FixedClock) -> None:
    later = here.enqueue("later", not_before=clock.now() + timedelta(seconds=2))
    now = here.enqueue("now")
    clock.forward(timedelta(seconds=5))
    assert here.jobs.claim(("pull",)) is None
    assert [here.claimed().number, here.claimed().number] == [now, later]


def test_replicas_that_take_together_take_each_job_once(replicas: Callable[[], _Replica], here: _Replica) -> None:
    numbers = {here.enqueue(str(count)) for count in range(40)}
    taken: list[int] = []
    start = threading.Barrier(4)

    def run(replica: _Replica) -> None:
        start.wait()
        while (claim := replica.claim()) is not None:
            taken.append(claim.number)
            assert replica.end(claim) is State.DONE

    threads = [threading.Thread(target=run, args=(replicas(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(numbers)


def test_what_a_dead_process_held_is_taken_by_another_when_its_lease_is_over(
    here: _Replica, there: _Replica, clock: FixedClock
) -> None:
    number = here.enqueue()
    held = here.claimed()
    clock.forward(policy.LEASE - timedelta(seconds=1))
    assert there.claim() is None
    clock.forward(timedelta(seconds=1))
    taken = there.claimed()
    assert (taken.number, taken.attempts, taken.mishaps) == (number, 2, 1)
    assert taken.holder != held.holder


def test_whoever_shows_that_he_lives_keeps_his_job(here: _Replica, there: _Replica, clock: FixedClock) -> None:
    number = here.enqueue()
    held = here.claimed()
    for _ in range(5):
        clock.forward(policy.LEASE - timedelta(seconds=1))
        assert here.jobs.renew([held]) == {number}
        assert there.claim() is None


def test_who_lost_his_lease_has_no_word_in_how_the_job_ended(
    here: _Replica, there: _Replica, clock: FixedClock
) -> None:
    number = here.enqueue()
    held = here.claimed()
    clock.forward(policy.LEASE)
    taken = there.claimed()
    assert here.jobs.renew([held]) == set()
    assert here.end(held, Hopeless("too late")) is None
    here.jobs.give_back(held)
    assert there.state(number) is State.RUNNING
    assert there.end(taken) is State.DONE
    assert here.end(held, Hopeless("too late")) is None
    assert here.state(number) is State.DONE


def test_what_is_given_back_is_due_at_once_and_counts_for_nothing(here: _Replica, there: _Replica) -> None:
    here.enqueue()
    here.jobs.give_back(here.claimed())
    taken = there.claimed()
    assert (taken.attempts, taken.mishaps) == (1, 0)


# -- trying again, and giving up ---------------------------------------------------------------------------------------


def test_what_did_not_succeed_waits_longer_each_time_and_is_given_up_with_its_reason(
    here: _Replica, clock: FixedClock
) -> None:
    number = here.enqueue()
    begun, waits = clock.now(), []
    while here.state(number) is State.WAITING:
        claim = here.claimed()
        here.end(claim, Again("The peer is away."))
        job = here.jobs.one(number)
        if job.due_at is not None:
            waits.append(job.due_at - clock.now())
            clock.forward(waits[-1] - timedelta(seconds=1))
            assert here.claim() is None
            clock.forward(timedelta(seconds=1))
    assert (here.state(number), here.jobs.one(number).note) == (State.FAILED, "The peer is away.")
    assert _DAY <= clock.now() - begun < _DAY + timedelta(hours=2)
    assert waits[0] <= timedelta(seconds=15) < waits[2] <= timedelta(minutes=4) < waits[-1] <= timedelta(hours=1)
    assert here.claim() is None


def test_what_is_hopeless_fails_at_once(here: _Replica) -> None:
    number = here.enqueue(key="k")
    assert here.end(here.claimed(), Hopeless("There is no peer named pacs.")) is State.FAILED
    assert here.jobs.one(number).note == "There is no peer named pacs."
    assert here.enqueue(key="k") != number


def test_a_job_whose_process_dies_each_time_ends_as_failed(here: _Replica, clock: FixedClock) -> None:
    number = here.enqueue()
    deaths = 0
    while here.state(number) in (State.WAITING, State.RUNNING):
        deaths += here.claim() is not None
        clock.forward(timedelta(hours=1))
        assert deaths <= policy.MOST_MISHAPS
    assert (here.state(number), deaths) == (State.FAILED, policy.MOST_MISHAPS)
    assert "without a word" in here.jobs.one(number).note


def test_errors_that_nobody_foresaw_are_given_up_sooner_than_peers_that_are_away(
    here: _Replica, clock: FixedClock
) -> None:
    number = here.enqueue()
    for _ in range(policy.MOST_MISHAPS):
        assert here.state(number) is State.WAITING
        here.end(here.claimed(), Mishap("Something went wrong inside Undisc (KeyError)."))
        clock.forward(timedelta(hours=1))
    assert here.state(number) is State.FAILED


def test_a_foreseen_end_makes_earlier_mishaps_forgotten(here: _Replica, clock: FixedClock) -> None:
    number = here.enqueue()
    for _ in range(policy.MOST_MISHAPS * 2):
        here.end(here.claimed(), Mishap("Something."))
        clock.forward(timedelta(hours=1))
        here.end(here.claimed(), Again("The peer is away."))
        clock.forward(timedelta(hours=1))
    assert here.state(number) is State.WAITING


# -- what an operator does ---------------------------------------------------------------------------------------------


def test_a_cancelled_job_is_not_taken_and_whoever_is_at_it_loses_it(here: _Replica, there: _Replica) -> None:
    waiting, running = here.enqueue("w"), here.enqueue("r")
    held = here.claimed()
    assert held.number == waiting
    with there.trail.work() as work:
        there.jobs.cancel(work, waiting)
        there.jobs.cancel(work, running)
    assert here.jobs.renew([held]) == set()
    assert here.end(held) is None
    assert here.claim() is None
    assert {here.state(waiting), here.state(running)} == {State.CANCELLED}
    with there.trail.work() as work, pytest.raises(JobRefused):
        there.jobs.cancel(work, waiting)


def test_a_failed_job_is_tried_anew_with_all_its_patience(here: _Replica, clock: FixedClock) -> None:
    number = here.enqueue(key="k")
    clock.forward(_DAY * 2)
    assert here.end(here.claimed(), Again("away")) is State.FAILED
    with here.trail.work() as work:
        here.jobs.retry(work, number)
    assert here.end(here.claimed(), Again("away")) is State.WAITING
    assert here.enqueue(key="k") == number


def test_a_job_is_not_tried_anew_beside_one_for_the_same(here: _Replica) -> None:
    number = here.enqueue(key="k")
    here.end(here.claimed(), Hopeless("no"))
    other = here.enqueue(key="k")
    with here.trail.work() as work, pytest.raises(JobRefused, match=f"Job {other} "):
        here.jobs.retry(work, number)


def test_numbers_that_are_none_are_told(here: _Replica) -> None:
    with here.trail.work() as work, pytest.raises(JobUnknown):
        here.jobs.cancel(work, 99)
    with here.trail.work() as work, pytest.raises(JobUnknown):
        here.jobs.retry(work, 99)


def test_a_waiting_job_can_be_done_by_other_means_or_sooner(here: _Replica, clock: FixedClock) -> None:
    settled = here.enqueue(not_before=clock.now() + _DAY)
    sooner = here.enqueue(not_before=clock.now() + _DAY)
    assert here.jobs.settle(settled, "It was told at once.")
    assert here.jobs.hasten(sooner)
    assert here.claimed().number == sooner
    assert not here.jobs.settle(sooner, "")
    assert not here.jobs.hasten(settled)
    assert here.state(settled) is State.DONE


def test_what_was_done_long_ago_is_forgotten_and_what_failed_is_not(here: _Replica, clock: FixedClock) -> None:
    here.enqueue()
    here.end(here.claimed())
    failed = here.enqueue()
    here.end(here.claimed(), Hopeless("no"))
    assert here.jobs.forget() == 0
    clock.forward(policy.KEPT + timedelta(seconds=1))
    assert here.jobs.forget() == 1
    assert [job.number for job in here.jobs.all()] == [failed]


# -- runners -----------------------------------------------------------------------------------------------------------


@contextmanager
def _running(jobs: Jobs, run: Callable[[Running], Ending], threads: int = 2) -> Iterator[Runner]:
    runner = Runner(jobs, [Kind("send", run, _DAY)], threads)
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


def test_runners_of_two_replicas_do_each_job_once(here: _Replica, there: _Replica) -> None:
    numbers = [here.enqueue(str(count)) for count in range(30)]
    done: list[int] = []

    def run(job: Running) -> Ending:
        done.append(job.number)
        return Done()

    with _running(here.jobs, run), _running(there.jobs, run):
        _until(lambda: all(job.state is State.DONE for job in here.jobs.all()))
    assert sorted(done) == numbers


def test_a_closed_runner_gives_back_what_it_was_at(here: _Replica) -> None:
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
    url: str | None, here: _Replica, tmp_path: Path, clock: FixedClock
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


def test_an_error_of_a_handler_is_told_without_its_text(here: _Replica) -> None:
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
    url: str | None, here: _Replica, tmp_path: Path
) -> None:
    number = here.enqueue("slow")
    with _worker(url, tmp_path, SLOW="yes") as first:
        _until(lambda: bool(_told(tmp_path)))
        first.kill()
        first.wait()
        with _worker(url, tmp_path):
            _until(lambda: here.state(number) is State.DONE)
    assert len(_told(tmp_path)) == 2
    assert here.jobs.one(number).attempts == 2


def test_a_process_that_lives_keeps_a_long_job_to_itself(url: str | None, here: _Replica, tmp_path: Path) -> None:
    """Its lease is a second long; three other jobs, one after the other, take longer than that."""
    here.enqueue("slow")
    with _worker(url, tmp_path, SLOW="yes"):
        _until(lambda: bool(_told(tmp_path)))
        with _worker(url, tmp_path):
            for count in range(3):
                time.sleep(1)
                number = here.enqueue(f"quick {count}")
                _until(lambda number=number: here.state(number) is State.DONE)
    assert sum(line.endswith("slow") for line in _told(tmp_path)) == 1
