"""Decisions about jobs, from plain values."""

from datetime import datetime, timedelta

from undisc.jobs.model import Again, Done, Ending, Hopeless, Later, Mishap, State

LEASE = timedelta(seconds=30)
"""How long a runner has a job without a sign of life. It renews in a third of that."""

KEPT = timedelta(days=30)
"""For how long jobs that are done or cancelled are still listed."""

MOST_MISHAPS = 5
_SHORTEST, _LONGEST = timedelta(seconds=15), timedelta(hours=1)


def wait_after(attempts: int, chance: float) -> timedelta:
    """How long to wait after this many attempts: four times as long each time, up to an hour. chance, from 0 to 1,
    shortens it by up to a half, so that what failed together does not come back together."""
    longest = min(_LONGEST, _SHORTEST * 4 ** min(max(attempts - 1, 0), 8))
    return longest * (1 - chance / 2)


def is_given_up(mishaps: int) -> bool:
    """Whether so many attempts in a row ended unforeseen that another one would only do harm."""
    return mishaps >= MOST_MISHAPS


def after_a_death(mishaps: int, chance: float) -> timedelta:
    """How long to wait with a job whose process ended without a word. The first time is taken for the machine's fault;
    later, whatever ran in the same process is spread over time, so that the one which is to blame ends alone."""
    return timedelta() if mishaps < 2 else wait_after(mishaps, chance)


def next_state(
    ending: Ending | Mishap, *, mishaps: int, wanted_at: datetime, now: datetime, patience: timedelta
) -> State:
    """Whether a job is at its end after this attempt, or waits for another. mishaps: this one included."""
    if isinstance(ending, Done):
        return State.DONE
    if isinstance(ending, Hopeless):
        return State.FAILED
    if isinstance(ending, Later):
        return State.WAITING
    if isinstance(ending, Mishap):
        return State.FAILED if is_given_up(mishaps) else State.WAITING
    assert isinstance(ending, Again)
    return State.FAILED if now - wanted_at >= patience else State.WAITING
