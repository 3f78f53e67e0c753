"""Writers wait for each other instead of failing, and migrations give exactly the tables that the code names."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from undisc.db import schema
from undisc.db.engine import Database, open_sqlite
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import metadata
from undisc.errors import ArchiveTooNew


def test_migrations_and_tables_say_the_same(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "undisc.db")
    bring_up_to_date(database, step_by_step=True)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def _shape(database: Database) -> dict[str, object]:
    """Tables, columns, keys and indices, without the order in which columns were added."""
    with database.read() as connection:
        found = inspect(connection)
        return {
            table: (
                sorted(
                    (column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(table)
                ),
                found.get_pk_constraint(table)["constrained_columns"],
                sorted((key["constrained_columns"], key["referred_table"]) for key in found.get_foreign_keys(table)),
                sorted(
                    (str(index["name"]), index["column_names"], index["unique"]) for index in found.get_indexes(table)
                ),
                sorted(each["column_names"] for each in found.get_unique_constraints(table)),
            )
            for table in found.get_table_names()
        }


def test_an_empty_database_gets_at_once_what_the_migrations_give(tmp_path: Path) -> None:
    at_once, by_steps = open_sqlite(tmp_path / "a" / "undisc.db"), open_sqlite(tmp_path / "b" / "undisc.db")
    bring_up_to_date(at_once)
    bring_up_to_date(by_steps, step_by_step=True)
    assert _shape(at_once) == _shape(by_steps)
    at_once.close()
    by_steps.close()


@pytest.mark.parametrize("name", ["with space", "100%", "a%20b", "why?", "no#1", "a+b", "x?mode=ro"])
def test_the_database_lies_in_its_folder_however_that_is_called(tmp_path: Path, name: str) -> None:
    database = open_sqlite(tmp_path / name / "undisc.db")
    bring_up_to_date(database)
    database.close()
    assert (tmp_path / name / "undisc.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_migrations_are_named_by_their_revisions_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert [script.revision for script in reversed(scripts)] == schema.known_revisions()


def test_bringing_up_to_date_twice_changes_nothing(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "undisc.db")
    bring_up_to_date(database)
    bring_up_to_date(database)
    database.close()


def test_a_folder_from_a_later_version_is_refused_in_plain_words(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "undisc.db")
    bring_up_to_date(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ArchiveTooNew, match="later version"):
        bring_up_to_date(database)
    database.close()


def test_a_commit_is_synced_and_the_journal_is_a_write_ahead_log(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "undisc.db")
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


def test_many_writers_that_read_first_all_succeed(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "undisc.db")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    failures: list[Exception] = []

    def count_up() -> None:
        try:
            for _ in range(25):
                with database.write() as connection:
                    n = connection.scalar(text("SELECT n FROM counter"))
                    connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as connection:
        assert connection.scalar(text("SELECT n FROM counter")) == 100
    database.close()
