"""A job is in line exactly when the act that wants it is kept, and is held by one process at a time."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.contract.job_replicas import DAY, Replica
from tests.factories.clocks import FixedClock

from undisc.audit.model import Act
from undisc.db.tables import audit_entries
from undisc.jobs import policy
from undisc.jobs.model import Hopeless, State

# -- going in ----------------------------------------------------------------------------------------------------------


def _entries(replica: Replica) -> int:
    with replica.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(audit_entries)) or 0


def test_a_job_is_there_with_its_act_and_with_the_acts_entry_in_the_trail(here: Replica) -> None:
    with here.trail.work() as work:
        number = here.jobs.enqueue(work, "send", {"study_uid": "1.2"})
        work.audit(Act("shared", "operator", {}))
        assert here.jobs.all() == []  # seen by nobody before the commit
    (job,) = here.jobs.all()
    assert (job.number, job.kind, job.arguments, job.state) == (number, "send", {"study_uid": "1.2"}, State.WAITING)
    assert _entries(here) == 1


def test_what_is_rolled_back_leaves_no_job(here: Replica) -> None:
    def fail() -> None:
        with here.trail.work() as work:
            here.jobs.enqueue(work, "send", {}, key="k")
            work.audit(Act("shared", "operator", {}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (here.jobs.all(), here.claim(), _entries(here)) == ([], None, 0)
    assert here.enqueue(key="k")


def test_the_same_is_in_line_once_until_it_has_ended(here: Replica) -> None:
    first = here.enqueue(key="study 1 to pacs")
    assert here.enqueue(key="study 1 to pacs") == first
    assert here.enqueue(key="study 2 to pacs") != first
    claim = here.claimed()
    assert here.enqueue(key="study 1 to pacs") == first
    here.end(claim)
    assert here.enqueue(key="study 1 to pacs") != first


def test_asking_again_brings_forward_what_waits_and_never_puts_it_off(here: Replica, clock: FixedClock) -> None:
    number = here.enqueue(key="k", not_before=clock.now() + DAY)
    assert here.enqueue(key="k", not_before=clock.now() + 2 * DAY) == number
    assert here.claim() is None
    assert here.enqueue(key="k") == number
    assert here.claimed().number == number


def test_replicas_that_put_the_same_in_line_together_put_it_there_once(
    replicas: Callable[[], Replica], here: Replica
) -> None:
    numbers: list[int] = []
    start = threading.Barrier(4)

    def run(replica: Replica) -> None:
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


def test_scheduled_work_waits_for_its_time(here: Replica, clock: FixedClock) -> None:
    here.enqueue(not_before=clock.now() + timedelta(hours=3))
    assert here.claim() is None
    clock.forward(timedelta(hours=2, minutes=59))
    assert here.claim() is None
    clock.forward(timedelta(minutes=1))
    assert here.claim() is not None


# -- coming out --------------------------------------------------------------------------------------------------------


def test_what_is_due_longest_comes_first_and_only_what_was_asked_for(here: Replica, clock: FixedClock) -> None:
    later = here.enqueue("later", not_before=clock.now() + timedelta(seconds=2))
    now = here.enqueue("now")
    clock.forward(timedelta(seconds=5))
    assert here.jobs.claim(("pull",)) is None
    assert [here.claimed().number, here.claimed().number] == [now, later]


def test_replicas_that_take_together_take_each_job_once(replicas: Callable[[], Replica], here: Replica) -> None:
    numbers = {here.enqueue(str(count)) for count in range(40)}
    taken: list[int] = []
    start = threading.Barrier(4)

    def run(replica: Replica) -> None:
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
    here: Replica, there: Replica, clock: FixedClock
) -> None:
    number = here.enqueue()
    held = here.claimed()
    clock.forward(policy.LEASE - timedelta(seconds=1))
    assert there.claim() is None
    clock.forward(timedelta(seconds=1))
    taken = there.claimed()
    assert (taken.number, taken.attempts, taken.mishaps) == (number, 2, 1)
    assert taken.holder != held.holder


def test_whoever_shows_that_he_lives_keeps_his_job(here: Replica, there: Replica, clock: FixedClock) -> None:
    number = here.enqueue()
    held = here.claimed()
    for _ in range(5):
        clock.forward(policy.LEASE - timedelta(seconds=1))
        assert here.jobs.renew([held]) == {number}
        assert there.claim() is None


def test_who_lost_his_lease_has_no_word_in_how_the_job_ended(here: Replica, there: Replica, clock: FixedClock) -> None:
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


def test_what_is_given_back_is_due_at_once_and_counts_for_nothing(here: Replica, there: Replica) -> None:
    here.enqueue()
    here.jobs.give_back(here.claimed())
    taken = there.claimed()
    assert (taken.attempts, taken.mishaps) == (1, 0)
