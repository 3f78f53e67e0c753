"""However many guess at once, on whatever replica, no more tries are had than there are; on SQLite and PostgreSQL."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.factories.clocks import FixedClock
from tests.factories.servers import fresh_database

from undisc.accounts.people.tries import Allowed, ShutUntil, Tries
from undisc.audit.trail import Trail
from undisc.db.engine import open_database
from undisc.db.schema import bring_up_to_date
from undisc.keyring import Keyring

_WITHIN = timedelta(minutes=15)
_clock = FixedClock()
_numbers = itertools.count()

Replica = tuple[Trail, Tries]


@pytest.fixture(params=["sqlite", "postgres"], scope="module")
def new_replica(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Replica]]:
    """Makes one more replica on the same database and with the same keys."""
    folder: Path = tmp_path_factory.mktemp("tries")
    with ExitStack() as stack:
        url: str | None = None
        if request.param == "postgres":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres")))
        yield partial(_replica, url, folder, stack)


def _replica(url: str | None, folder: Path, stack: ExitStack) -> Replica:
    database = open_database(url, folder)
    bring_up_to_date(database)
    stack.callback(database.close)
    return Trail(database, _clock, b"k" * 32), Tries(Keyring(folder / "secrets.key"))


def _take(replica: Replica, key: str, most: int = 5) -> Allowed | ShutUntil:
    trail, tries = replica
    return trail.run(lambda work: tries.take(work, "test", key, most, _WITHIN))


def test_two_replicas_and_eight_threads_have_five_tries_between_them(new_replica: Callable[[], Replica]) -> None:
    replicas = [new_replica(), new_replica()]
    start, found = threading.Barrier(8), []

    def guess(number: int) -> None:
        start.wait()
        found.extend(_take(replicas[number % 2], "account") for _ in range(5))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    allowed = [each for each in found if isinstance(each, Allowed)]
    assert len(found) == 40
    assert sorted(each.left for each in allowed) == [0, 1, 2, 3, 4]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 6), st.lists(st.integers(0, 600), max_size=14))
def test_tries_are_counted_from_the_first_one_on(
    new_replica: Callable[[], Replica], most: int, pauses: list[int]
) -> None:
    replica, key = _one(new_replica), f"key {next(_numbers)}"
    first, count = _clock.now(), 0
    for pause in pauses:
        _clock.forward(timedelta(seconds=pause))
        if count == 0 or _clock.now() >= first + _WITHIN:
            first, count = _clock.now(), 0
        count += 1
        expected = Allowed(most - count) if count <= most else ShutUntil(first + _WITHIN)
        assert _take(replica, key, most) == expected


def test_what_was_right_gives_its_try_back_and_time_begins_anew(new_replica: Callable[[], Replica]) -> None:
    trail, tries = replica = _one(new_replica)
    for _ in range(5):
        assert isinstance(_take(replica, "mine"), Allowed)
    shut = _take(replica, "mine")
    assert isinstance(shut, ShutUntil)
    assert shut.at == _clock.now() + _WITHIN
    trail.run(lambda work: tries.forget(work, "test", "mine"))
    assert _take(replica, "mine") == Allowed(4)
    trail.run(lambda work: tries.give_back(work, "test", "mine"))
    assert _take(replica, "mine") == Allowed(4)
    _clock.forward(_WITHIN)
    assert _take(replica, "mine") == Allowed(4)


_opened: dict[Callable[[], Replica], Replica] = {}


def _one(new_replica: Callable[[], Replica]) -> Replica:
    """The same one for every example."""
    if new_replica not in _opened:
        _opened[new_replica] = new_replica()
    return _opened[new_replica]
