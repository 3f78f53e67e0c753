"""The trail shows every cut and every edit, and an act that is rolled back leaves no entry."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text, update
from tests.factories.clocks import FixedClock

from undisc.audit.model import Act, Broken, Intact
from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_sqlite
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import audit_entries, audit_head, imports
from undisc.keyring import key_in


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_sqlite(tmp_path / "undisc.db")
    bring_up_to_date(found)
    yield found
    found.close()


@pytest.fixture
def trail(database: Database, tmp_path: Path) -> Trail:
    written = Trail(database, FixedClock(), key_in(tmp_path / "keys" / "audit.key"))
    for number in range(5):
        with written.work() as work:
            work.audit(Act("shared", "operator", {"link": f"link{number}", "study": number}))
    return written


def test_an_untouched_trail_is_intact(trail: Trail) -> None:
    result = trail.verify()
    assert isinstance(result, Intact)
    assert result.entries == 5


def test_an_empty_trail_is_intact(database: Database) -> None:
    assert isinstance(Trail(database, FixedClock(), b"k" * 32).verify(), Intact)


@pytest.mark.parametrize("column", ["at", "action", "actor", "subject", "previous", "seal"])
def test_an_edit_of_any_column_shows(trail: Trail, database: Database, column: str) -> None:
    with database.write() as connection:
        connection.execute(update(audit_entries).where(audit_entries.c.seq == 3).values({column: "x"}))
    result = trail.verify()
    assert isinstance(result, Broken)
    assert result.seq in (3, 4)


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_removed_entry_shows(trail: Trail, database: Database, seq: int) -> None:
    with database.write() as connection:
        connection.execute(delete(audit_entries).where(audit_entries.c.seq == seq))
    assert isinstance(trail.verify(), Broken)


def test_a_cut_at_the_end_with_a_forged_head_shows(trail: Trail, database: Database) -> None:
    with database.write() as connection:
        connection.execute(delete(audit_entries).where(audit_entries.c.seq > 3))
        seal = connection.execute(text("SELECT seal FROM audit_entries WHERE seq = 3")).scalar_one()
        connection.execute(update(audit_head).values(seq=3, seal=seal))
    assert isinstance(trail.verify(), Broken)


def test_everything_removed_shows(trail: Trail, database: Database) -> None:
    with database.write() as connection:
        connection.execute(delete(audit_entries))
    assert isinstance(trail.verify(), Broken)


def test_a_trail_wiped_with_its_head_shows_by_what_was_done(trail: Trail, database: Database) -> None:
    with database.write() as connection:
        now = FixedClock().now()
        row = {"fingerprint": "f", "kind": "folder", "files": 1, "started_at": now, "finished_at": now}
        connection.execute(insert(imports).values(row))
        connection.execute(delete(audit_entries))
        connection.execute(delete(audit_head))
    assert trail.verify() == Broken(0, "The trail was emptied.")


def test_two_entries_that_changed_places_show(trail: Trail, database: Database) -> None:
    with database.write() as connection:
        for now, then in ((2, 100), (3, 2), (100, 3)):
            connection.execute(update(audit_entries).where(audit_entries.c.seq == now).values(seq=then))
    assert isinstance(trail.verify(), Broken)


def test_another_key_does_not_vouch_for_the_trail(trail: Trail, database: Database) -> None:
    assert isinstance(Trail(database, FixedClock(), b"other" * 7).verify(), Broken)


def test_an_act_that_fails_leaves_no_entry(trail: Trail) -> None:
    def act_that_fails() -> None:
        with trail.work() as work:
            work.audit(Act("revoked", "operator", {"link": "x"}))
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        act_that_fails()
    result = trail.verify()
    assert isinstance(result, Intact)
    assert result.entries == 5


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.key"
    assert key_in(path) == key_in(path)
    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_bytes()) == 32
