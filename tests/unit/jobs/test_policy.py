"""When a job is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from undisc.jobs import policy
from undisc.jobs.model import Again, Done, Ending, Hopeless, Later, Mishap, State

_NOW = datetime(2026, 11, 24, tzinfo=UTC)
_DAY = timedelta(days=1)
_chances = st.floats(0, 1, allow_nan=False)


def _next(ending: Ending | Mishap, *, mishaps: int = 0, age: timedelta = timedelta()) -> State:
    return policy.next_state(ending, mishaps=mishaps, wanted_at=_NOW - age, now=_NOW, patience=_DAY)


@given(st.integers(0, 10_000), _chances)
def test_waits_are_never_short_and_never_over_an_hour(attempts: int, chance: float) -> None:
    assert timedelta(seconds=7) < policy.wait_after(attempts, chance) <= timedelta(hours=1)


@given(st.integers(1, 100), _chances)
def test_waits_grow(attempts: int, chance: float) -> None:
    assert policy.wait_after(attempts, chance) <= policy.wait_after(attempts + 1, chance)


def test_what_failed_together_comes_back_spread_over_half_of_the_wait() -> None:
    assert policy.wait_after(3, 0) == 2 * policy.wait_after(3, 1)


def test_the_first_death_of_a_process_is_not_held_against_its_jobs() -> None:
    assert policy.after_a_death(1, 0) == timedelta()
    assert policy.after_a_death(2, 1) > timedelta()


def test_what_is_done_is_done_however_old_it_is() -> None:
    assert _next(Done(), age=10 * _DAY) is State.DONE


def test_what_is_hopeless_fails_and_what_may_succeed_waits_as_long_as_there_is_patience() -> None:
    assert _next(Hopeless("no")) is State.FAILED
    assert _next(Again("away"), age=_DAY - timedelta(seconds=1)) is State.WAITING
    assert _next(Again("away"), age=_DAY) is State.FAILED


@given(st.integers(1, 20))
def test_mishaps_are_given_up_by_their_number(mishaps: int) -> None:
    assert (_next(Mishap("what?"), mishaps=mishaps) is State.FAILED) == (mishaps >= policy.MOST_MISHAPS)


def test_what_is_not_due_yet_waits_however_long_it_was_wanted() -> None:
    assert _next(Later(_NOW + _DAY), age=10 * _DAY) is State.WAITING
