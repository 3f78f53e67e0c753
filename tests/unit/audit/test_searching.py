"""Entries of the trail are found by what they are about, by who did them, by action and by time; old ones as well."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from tests.factories.clocks import FixedClock

from undisc.audit.entries import Wanted
from undisc.audit.marks import LONGEST, Mark, marks_of
from undisc.audit.model import Act
from undisc.audit.searching import head, how_many, newest, oldest_first
from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_sqlite
from undisc.db.message_tables import audit_marks
from undisc.db.schema import bring_up_to_date

ACTS = (
    Act("shared", "operator", {"link": "abc", "study": 1}),
    Act("link-opened", "link:abc", {"link": "abc", "address": "203.0.113.9", "session": 4}),
    Act("study-retrieved", "token:pacs", {"study": 2}),
    Act("imported", "peer:CT", {"import": 7, "studies": "1.2.3 1.2.4"}),
    Act("revoked", "person:5", {"link": "xyz"}),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_sqlite(tmp_path / "undisc.db")
    bring_up_to_date(found)
    yield found
    found.close()


@pytest.fixture
def trail(database: Database) -> Trail:
    clock = FixedClock()
    written = Trail(database, clock, b"k" * 32)
    for act in ACTS:
        with written.work() as work:
            work.audit(act)
        clock.forward(timedelta(hours=1))
    return written


def _found(trail: Trail, wanted: Wanted) -> list[str]:
    with trail.read() as connection:
        return [entry.action for entry in newest(connection, wanted, 100)]


@pytest.mark.parametrize(
    ("mark", "actions"),
    [
        (Mark("link", "abc"), ["link-opened", "shared"]),
        (Mark("study", "2"), ["study-retrieved"]),
        (Mark("study-uid", "1.2.4"), ["imported"]),
        (Mark("peer", "CT"), ["imported"]),
        (Mark("token", "pacs"), ["study-retrieved"]),
        (Mark("person", "5"), ["revoked"]),
        (Mark("actor", "operator"), ["shared"]),
        (Mark("address", "203.0.113.9"), ["link-opened"]),
        (Mark("link", "ab"), []),
    ],
)
def test_an_entry_is_found_by_each_of_its_marks(trail: Trail, mark: Mark, actions: list[str]) -> None:
    assert _found(trail, Wanted((frozenset({mark}),))) == actions


def test_several_conditions_hold_at_once(trail: Trail) -> None:
    link, address = Mark("link", "abc"), Mark("address", "203.0.113.9")
    assert _found(trail, Wanted((frozenset({link, Mark("link", "xyz")}),))) == ["revoked", "link-opened", "shared"]
    assert _found(trail, Wanted((frozenset({link}), frozenset({address})))) == ["link-opened"]
    assert _found(trail, Wanted((frozenset(),))) == []
    assert _found(trail, Wanted(actions=frozenset({"shared", "revoked"}))) == ["revoked", "shared"]


def test_time_is_from_this_moment_on_and_up_to_that(trail: Trail) -> None:
    begun = FixedClock().now()
    span = Wanted(since=begun + timedelta(hours=1), until=begun + timedelta(hours=3))
    assert _found(trail, span) == ["study-retrieved", "link-opened"]


def test_a_page_goes_on_where_the_last_one_ended(trail: Trail) -> None:
    with trail.read() as connection:
        first = newest(connection, Wanted(), 2)
        second = newest(connection, Wanted(before=first[-1].seq), 2)
        assert [entry.seq for entry in first + second] == [5, 4, 3, 2]
        assert [entry.seq for entry in oldest_first(connection, Wanted(after=3))] == [4, 5]
        assert head(connection)[0] == 5
        assert (how_many(connection, Wanted(), 3), how_many(connection, Wanted(), 30)) == (3, 5)


def test_a_mark_is_never_longer_than_its_column() -> None:
    assert {len(mark.value) for mark in marks_of("person:1", {"address": "x" * 500})} == {1, LONGEST}


def test_a_study_named_twice_is_marked_once() -> None:
    assert marks_of("operator", {"studies": "1.2 1.2", "study": None}) == {
        Mark("actor", "operator"),
        Mark("study-uid", "1.2"),
    }


def test_entries_of_an_earlier_version_get_the_same_marks(trail: Trail, database: Database) -> None:
    from importlib import import_module

    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    migration = import_module("undisc.db.migrations.versions.0016_people")
    every = select(audit_marks).order_by(*audit_marks.c)
    with database.write() as connection:
        before = connection.execute(every).all()
        connection.execute(delete(audit_marks))
        with Operations.context(MigrationContext.configure(connection)):
            migration._mark_entries()
        after = connection.execute(every).all()
    # Persons there were none of before.
    assert [row for row in before if row.kind != "person"] == [row for row in after if row.value != "person:5"]
