"""SQLite and PostgreSQL keep the same promises about transactions, migrations and the sealed trail."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from tests.factories.clocks import FixedClock

from undisc.audit.model import Act, Broken, Intact
from undisc.audit.trail import Trail, UnitOfWork
from undisc.db.engine import Database, open_database
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import audit_entries, audit_head, import_items, imports, metadata, quarantine

_KEY = b"k" * 32


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else None


@pytest.fixture
def database(url: str | None, tmp_path: Path) -> Iterator[Database]:
    found = open_database(url, tmp_path)
    bring_up_to_date(found, step_by_step=True)
    yield found
    found.close()


def _together(act: Callable[[int], None], count: int = 4) -> list[BaseException]:
    """Run act(0) to act(count - 1) at the same time; returns what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            act(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_migrations_and_tables_say_the_same(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_replicas_that_start_together_bring_a_database_up_to_date_once(url: str | None, tmp_path: Path) -> None:
    def start(number: int) -> None:
        replica = open_database(url, tmp_path)
        bring_up_to_date(replica)
        replica.close()

    assert _together(start) == []


def test_what_is_raised_in_a_transaction_undoes_it(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(insert(quarantine), _aside("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(quarantine)) == 0


def _aside(sha256: str, reason: str = "why") -> dict[str, object]:
    return {"sha256": sha256, "size": 2**40, "reason": reason, "kept_at": FixedClock().now()}


def test_a_read_sees_one_moment(database: Database) -> None:
    with database.read() as connection:
        count = select(func.count()).select_from(quarantine)
        before = connection.scalar(count)
        with database.write() as writer:
            writer.execute(insert(quarantine), _aside("b"))
        assert connection.scalar(count) == before


def test_text_that_a_hostile_header_carries_is_kept(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(quarantine), _aside("c", "a\0b'; DROP TABLE quarantine; -- 山田^太郎"))
    with database.read() as connection:
        kept = connection.scalar(select(quarantine.c.reason))
    assert kept in ("a\0b'; DROP TABLE quarantine; -- 山田^太郎", "a\ufffdb'; DROP TABLE quarantine; -- 山田^太郎")


def test_a_unique_key_holds(database: Database) -> None:
    def twice() -> None:
        with database.write() as connection:
            for _ in range(2):
                connection.execute(insert(quarantine), _aside("d"))

    with pytest.raises(IntegrityError):
        twice()


def test_writers_on_several_replicas_chain_one_trail(url: str | None, database: Database, tmp_path: Path) -> None:
    def write(number: int) -> None:
        replica = open_database(url, tmp_path)
        trail = Trail(replica, FixedClock(), _KEY)
        for _ in range(15):
            with trail.work() as work:
                work.audit(Act("shared", "operator", {"study": number}))
                work.audit(Act("revoked", "operator", {"study": number}))
        replica.close()

    assert _together(write) == []
    assert Trail(database, FixedClock(), _KEY).verify() == Intact(120, _head(database))


def _head(database: Database) -> str:
    with database.read() as connection:
        return connection.execute(select(audit_head.c.seal)).scalar_one()


def test_a_trail_is_verified_while_it_is_written(database: Database) -> None:
    trail = Trail(database, FixedClock(), _KEY)
    found: list[Intact | Broken] = []

    def act(number: int) -> None:
        for _ in range(20):
            if number:
                found.append(trail.verify())
            else:
                with trail.work() as work:
                    work.audit(Act("shared", "operator", {"study": number}))

    assert _together(act, 3) == []
    assert [result for result in found if isinstance(result, Broken)] == []


def test_an_edit_shows_and_a_rolled_back_act_leaves_no_entry(database: Database) -> None:
    trail = Trail(database, FixedClock(), _KEY)

    def told_and_undone() -> None:
        with trail.work() as work:
            work.audit(Act("shared", "operator", {}))
            raise ZeroDivisionError

    for number in range(3):
        with trail.work() as work:
            work.audit(Act("shared", "operator", {"study": number}))
    with pytest.raises(ZeroDivisionError):
        told_and_undone()
    assert trail.verify() == Intact(3, _head(database))
    with database.write() as connection:
        connection.execute(update(audit_entries).where(audit_entries.c.seq == 2).values(actor="system"))
    assert trail.verify() == Broken(2, "Entry 2 was changed after it was written.")


def test_another_key_is_noticed_before_it_seals_anything(database: Database) -> None:
    trail, other = Trail(database, FixedClock(), _KEY), Trail(database, FixedClock(), b"o" * 32)
    assert not other.has_other_key()
    with trail.work() as work:
        work.audit(Act("shared", "operator", {}))
    assert not trail.has_other_key()
    assert other.has_other_key()
    with database.write() as connection:
        connection.execute(update(audit_head).values(mac="0" * 64))
    assert not trail.has_other_key()


def test_whoever_meets_another_replicas_row_looks_again(database: Database) -> None:
    """Both look, find nothing, and insert; the second must end with the first one's row instead of an error."""
    trail = Trail(database, FixedClock(), _KEY)
    outcomes: list[str] = []

    def keep_once(work: UnitOfWork) -> str:
        if work.connection.scalar(select(quarantine.c.sha256).where(quarantine.c.sha256 == "e")):
            return "duplicate"
        work.connection.execute(insert(quarantine), _aside("e"))
        return "stored"

    def act(number: int) -> None:
        outcomes.append(trail.run(keep_once))

    assert _together(act, 6) == []
    assert sorted(outcomes) == ["duplicate"] * 5 + ["stored"]


@pytest.mark.parametrize(
    "wrong", ["mysql://u:secret@h/d", "nonsense secret", "sqlite:///x", "postgresql+asyncpg://u:secret@h/d"]
)
def test_a_url_of_another_database_is_refused_without_repeating_it(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="database's URL") as refused:
        open_database(wrong, tmp_path)
    assert "secret" not in str(refused.value)


def test_errors_tell_no_parameters(postgres_url: str, tmp_path: Path) -> None:
    database = open_database(postgres_url, tmp_path)
    bring_up_to_date(database)
    row = {"import_id": 77, "path": "DOE^JANE", "outcome": "stored", "reason": ""}
    with pytest.raises(IntegrityError) as refused, database.write() as connection:
        connection.execute(insert(import_items), row)
    assert "DOE^JANE" not in str(refused.value)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(imports)) == 0
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    database.close()
