"""Brings a database's tables to this version's shape, in one transaction."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

# The tables of people, consents and messages join the others as they are loaded.
from undisc.db import locks, message_tables, order_tables, people_tables, sharing_tables  # noqa: F401
from undisc.db.engine import Database
from undisc.db.tables import metadata
from undisc.errors import ArchiveTooNew

_MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up_to_date(database: Database, *, step_by_step: bool = False) -> None:
    """Apply the migrations that are missing; all or none. Raises ArchiveTooNew for a database from the future.

    An empty database gets today's tables at once, as if it had come through all migrations; `step_by_step` makes it
    come through them.
    """
    with database.read() as connection:
        if _is_current(connection):
            return
    with database.reshape() as connection:
        locks.take(connection, [locks.MIGRATIONS])  # replicas start together
        if _is_current(connection):
            return
        if step_by_step or inspect(connection).get_table_names():
            _upgrade(connection)
        else:
            _create(connection)


def known_revisions() -> list[str]:
    """This version's migrations, oldest first: each file is named by its revision."""
    return sorted(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _is_current(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    known = known_revisions()
    if found not in known:
        raise ArchiveTooNew(
            "This data folder was written by a later version of Undisc. Install that version, or give another folder."
        )
    return found == known[-1]


def _create(connection: Connection) -> None:
    metadata.create_all(connection)
    # Alembic's own table, as it makes it.
    connection.execute(
        text(
            "CREATE TABLE alembic_version ("
            "version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": known_revisions()[-1]})


def _upgrade(connection: Connection) -> None:
    # Loaded here, since a folder that is up to date, as it is at nearly every start, needs none of it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
