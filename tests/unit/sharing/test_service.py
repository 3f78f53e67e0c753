"""Proves what making, listing, revoking and opening links promise, without a door in front of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from tests.door.running import TestClock
from tests.door.small_archive import SmallArchive

from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_sqlite
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import link_sessions, links
from undisc.errors import LinkUnknown, StudyUnknown
from undisc.keyring import Keyring
from undisc.sharing.model import Browser, ShareRefused, Terms
from undisc.sharing.opening_model import Closed, Opened
from undisc.sharing.service import Sharing

SOMEBODY = Browser("192.0.2.7", "Browser/1.0")


@dataclass
class Room:
    sharing: Sharing
    clock: TestClock
    database: Database


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    database, clock, archive = open_sqlite(tmp_path / "undisc.db"), TestClock(), SmallArchive(tmp_path)
    bring_up_to_date(database)
    archive.fill(database)
    terms = Terms("Riverside Imaging", "https://pictures.example", link_days=30, session_minutes=240)
    keyring = Keyring(tmp_path / "secrets.key")
    yield Room(Sharing(Trail(database, clock, b"k" * 32), archive, clock, terms, keyring), clock, database)
    database.close()


def test_link_says_where_it_leads_and_keeps_nothing_in_the_clear(room: Room) -> None:
    made = room.sharing.create_link([1, 2], passcode="auto", expires=timedelta(days=3), may_download=False)
    assert made.url == f"https://pictures.example/s/{made.link.id}#{made.secret}"
    assert made.passcode is not None
    assert len(made.passcode) == 6
    with room.database.read() as connection:
        row = str(connection.execute(select(links)).one())
    assert made.secret not in row
    assert str(made.passcode) not in row
    (listed,) = room.sharing.links()
    assert listed.link == made.link
    assert (listed.state, listed.sessions) == ("open", 0)
    assert listed.link.expires_at == room.clock.now() + timedelta(days=3)


def test_link_without_a_word_lives_for_the_days_that_are_set(room: Room) -> None:
    assert room.sharing.create_link([1]).link.expires_at == room.clock.now() + timedelta(days=30)


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(days=-1), timedelta(days=3651)])
def test_lifetime_out_of_bounds_is_refused(room: Room, lifetime: timedelta) -> None:
    with pytest.raises(ShareRefused):
        room.sharing.create_link([1], expires=lifetime)
    assert room.sharing.links() == []


@pytest.mark.parametrize(
    ("studies", "terms", "error"),
    [
        ([], {}, ShareRefused),
        ([99], {}, StudyUnknown),
        ([1, 3], {}, ShareRefused),
        ([1], {"passcode": "12345"}, ShareRefused),
        ([1], {"passcode": ""}, ShareRefused),
    ],
)
def test_what_would_make_no_sound_link_is_refused(
    room: Room, studies: list[int], terms: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        room.sharing.create_link(studies, **terms)
    assert room.sharing.links() == []


def test_link_is_revoked_once_and_an_unknown_one_is_said_to_be(room: Room) -> None:
    made = room.sharing.create_link([1])
    assert room.sharing.revoke(made.link.id)
    assert not room.sharing.revoke(made.link.id)
    assert [summary.state for summary in room.sharing.links()] == ["revoked"]
    with pytest.raises(LinkUnknown):
        room.sharing.revoke("abcdefghjk")


def test_links_are_listed_newest_first_with_their_openings(room: Room) -> None:
    older = room.sharing.create_link([1], expires=timedelta(hours=1))
    room.sharing.open_link(older.link.id, older.secret, None, SOMEBODY)
    room.sharing.open_link(older.link.id, older.secret, None, SOMEBODY)
    room.clock.advance(hours=2)
    newer = room.sharing.create_link([3])
    listed = [(summary.link.id, summary.state, summary.sessions) for summary in room.sharing.links()]
    assert listed == [(newer.link.id, "open", 0), (older.link.id, "expired", 2)]


def test_token_is_kept_as_its_hash_alone(room: Room) -> None:
    made = room.sharing.create_link([1])
    opened = room.sharing.open_link(made.link.id, made.secret, None, SOMEBODY)
    assert isinstance(opened, Opened)
    with room.database.read() as connection:
        assert str(opened.token) not in str(connection.execute(select(link_sessions)).one())


def test_stranger_costs_the_same_work_whatever_the_link(room: Room) -> None:
    """Wrong, unknown, revoked, used up and expired are looked up alike, so that no stopwatch tells them apart."""
    wrong, revoked, used_up = (room.sharing.create_link([1], passcode="482913") for _ in range(3))
    expired = room.sharing.create_link([1], passcode="482913", expires=timedelta(seconds=1))
    room.clock.advance(minutes=1)
    room.sharing.revoke(revoked.link.id)
    for number in range(10):
        room.sharing.open_link(used_up.link.id, used_up.secret, f"00000{number}", SOMEBODY)
    asked: list[str] = []
    event.listen(room.database.engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    tries = [
        (wrong.link.id, "x" * 24),
        ("abcdefghjk", wrong.secret),
        (revoked.link.id, revoked.secret),
        (used_up.link.id, used_up.secret),
        (expired.link.id, expired.secret),
    ]
    work = []
    for link_id, secret in tries:
        asked.clear()
        assert room.sharing.open_link(link_id, secret, "482913", SOMEBODY) == Closed()
        work.append(tuple(asked))
    assert len(set(work)) == 1
    assert not any("UPDATE" in statement for statement in work[0])
