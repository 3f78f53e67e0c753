"""A job that fails waits longer each time and is given up visibly; an operator cancels, retries, settles, hastens."""

from datetime import timedelta

import pytest
from tests.contract.job_replicas import DAY, Replica
from tests.factories.clocks import FixedClock

from undisc.jobs import policy
from undisc.jobs.model import Again, Hopeless, JobRefused, JobUnknown, Mishap, State

# -- trying again, and giving up ---------------------------------------------------------------------------------------


def test_what_did_not_succeed_waits_longer_each_time_and_is_given_up_with_its_reason(
    here: Replica, clock: FixedClock
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
    assert DAY <= clock.now() - begun < DAY + timedelta(hours=2)
    assert waits[0] <= timedelta(seconds=15) < waits[2] <= timedelta(minutes=4) < waits[-1] <= timedelta(hours=1)
    assert here.claim() is None


def test_what_is_hopeless_fails_at_once(here: Replica) -> None:
    number = here.enqueue(key="k")
    assert here.end(here.claimed(), Hopeless("There is no peer named pacs.")) is State.FAILED
    assert here.jobs.one(number).note == "There is no peer named pacs."
    assert here.enqueue(key="k") != number


def test_a_job_whose_process_dies_each_time_ends_as_failed(here: Replica, clock: FixedClock) -> None:
    number = here.enqueue()
    deaths = 0
    while here.state(number) in (State.WAITING, State.RUNNING):
        deaths += here.claim() is not None
        clock.forward(timedelta(hours=1))
        assert deaths <= policy.MOST_MISHAPS
    assert (here.state(number), deaths) == (State.FAILED, policy.MOST_MISHAPS)
    assert "without a word" in here.jobs.one(number).note


def test_errors_that_nobody_foresaw_are_given_up_sooner_than_peers_that_are_away(
    here: Replica, clock: FixedClock
) -> None:
    number = here.enqueue()
    for _ in range(policy.MOST_MISHAPS):
        assert here.state(number) is State.WAITING
        here.end(here.claimed(), Mishap("Something went wrong inside Undisc (KeyError)."))
        clock.forward(timedelta(hours=1))
    assert here.state(number) is State.FAILED


def test_a_foreseen_end_makes_earlier_mishaps_forgotten(here: Replica, clock: FixedClock) -> None:
    number = here.enqueue()
    for _ in range(policy.MOST_MISHAPS * 2):
        here.end(here.claimed(), Mishap("Something."))
        clock.forward(timedelta(hours=1))
        here.end(here.claimed(), Again("The peer is away."))
        clock.forward(timedelta(hours=1))
    assert here.state(number) is State.WAITING


# -- what an operator does ---------------------------------------------------------------------------------------------


def test_a_cancelled_job_is_not_taken_and_whoever_is_at_it_loses_it(here: Replica, there: Replica) -> None:
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


def test_a_failed_job_is_tried_anew_with_all_its_patience(here: Replica, clock: FixedClock) -> None:
    number = here.enqueue(key="k")
    clock.forward(DAY * 2)
    assert here.end(here.claimed(), Again("away")) is State.FAILED
    with here.trail.work() as work:
        here.jobs.retry(work, number)
    assert here.end(here.claimed(), Again("away")) is State.WAITING
    assert here.enqueue(key="k") == number


def test_a_job_is_not_tried_anew_beside_one_for_the_same(here: Replica) -> None:
    number = here.enqueue(key="k")
    here.end(here.claimed(), Hopeless("no"))
    other = here.enqueue(key="k")
    with here.trail.work() as work, pytest.raises(JobRefused, match=f"Job {other} "):
        here.jobs.retry(work, number)


def test_numbers_that_are_none_are_told(here: Replica) -> None:
    with here.trail.work() as work, pytest.raises(JobUnknown):
        here.jobs.cancel(work, 99)
    with here.trail.work() as work, pytest.raises(JobUnknown):
        here.jobs.retry(work, 99)


def test_a_waiting_job_can_be_done_by_other_means_or_sooner(here: Replica, clock: FixedClock) -> None:
    settled = here.enqueue(not_before=clock.now() + DAY)
    sooner = here.enqueue(not_before=clock.now() + DAY)
    assert here.jobs.settle(settled, "It was told at once.")
    assert here.jobs.hasten(sooner)
    assert here.claimed().number == sooner
    assert not here.jobs.settle(sooner, "")
    assert not here.jobs.hasten(settled)
    assert here.state(settled) is State.DONE


def test_what_was_done_long_ago_is_forgotten_and_what_failed_is_not(here: Replica, clock: FixedClock) -> None:
    here.enqueue()
    here.end(here.claimed())
    failed = here.enqueue()
    here.end(here.claimed(), Hopeless("no"))
    assert here.jobs.forget() == 0
    clock.forward(policy.KEPT + timedelta(seconds=1))
    assert here.jobs.forget() == 1
    assert [job.number for job in here.jobs.all()] == [failed]
