"""Brings a database's tables to this version's shape, in one transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from undisc.db.engine import Database
from undisc.errors import ArchiveTooNew


def bring_up_to_date(database: Database) -> None:
    """Apply the migrations that are missing; all or none. Raises ArchiveTooNew for a database from the future."""
    with database.read() as connection:
        if _is_current(connection):
            return
    with database.write() as connection:
        if _is_current(connection):
            return
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_current(connection: Connection) -> bool:
    script = ScriptDirectory.from_config(_config())
    found = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if found is not None and found not in known:
        raise ArchiveTooNew(
            "This data folder was written by a later version of Undisc. Install that version, or give another folder."
        )
    return found == script.get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
