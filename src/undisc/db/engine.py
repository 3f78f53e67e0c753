"""The database: one engine, opened with the settings that make a commit mean that the row survives a power cut."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from undisc.db import postgres

_WRITES = "undisc_writes"
_ATTEMPTS = 4
_PATIENCE_TRIES, _PAUSE = 500, 0.02

_T = TypeVar("_T")


class Database:
    """Reads see one moment. Writes are transactions; on SQLite they queue up one behind the other from their start,
    on PostgreSQL they run side by side, and whoever needs a turn of his own takes a lock (`undisc.db.locks`)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        if engine.dialect.name == "postgresql":
            self._reader, self._writer = postgres.reading(engine), engine
        else:
            self._reader, self._writer = engine, engine.execution_options(**{_WRITES: True})
        self._watch = _Watch(Path(engine.url.database or "")) if engine.dialect.name == "sqlite" else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._writer.connect() as connection, connection.begin():
            yield connection

    def stamp(self) -> int | None:
        """A number that stays the same for as long as nobody commits anything, in whatever process; costs a few
        microseconds. None where only a question tells (PostgreSQL)."""
        return self._watch.stamp() if self._watch else None

    @contextmanager
    def reshape(self) -> Iterator[Connection]:
        """As `write`, for changing tables: SQLite changes one by making another in its place, and must not take the
        old one's end for that of all the rows which point into it."""
        with self._writer.connect() as connection:
            if connection.dialect.name != "sqlite":
                with connection.begin():
                    yield connection
                return
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                        raise RuntimeError("the changed tables do not fit together")
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def forget_deleted(self) -> None:
        """Let nothing that was deleted linger in the log of an SQLite file; PostgreSQL's vacuum does so in its time."""
        if self._watch is None:
            return
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def close(self) -> None:
        if self._watch:
            self._watch.close()
        self.engine.dispose()


class _Watch:
    """A connection of its own to an SQLite file, which never writes, and so sees every commit as somebody else's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._using = threading.Lock()

    def stamp(self) -> int | None:
        with self._using:
            try:
                if self._connection is None:
                    uri = f"file:{quote(str(self._path))}?mode=ro"
                    self._connection = sqlite3.connect(
                        uri, timeout=0, uri=True, check_same_thread=False, isolation_level=None
                    )
                return self._connection.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.Error:
                return None

    def close(self) -> None:
        with self._using:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def open_database(url: str | None, folder: Path) -> Database:
    """Open the PostgreSQL database at this URL or, where there is none, the SQLite file in this folder.

    Tables are migrations' business, not this function's. Raises ValueError for a URL that names neither.
    """
    return Database(postgres.make_engine(url)) if url else open_sqlite(folder / "undisc.db")


def open_sqlite(path: Path) -> Database:
    """Open (or make) the database file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not a URL in text: there a % or ? in the path would name another file, outside the data folder.
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": 60, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine)


def again_after_collision(act: Callable[[], _T]) -> _T:
    """Run one whole transaction, and anew when another replica's got in its way: then it sees what that one did."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return act()
        except DBAPIError as error:
            if not postgres.is_collision(error):
                raise
    return act()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions of its own: a deferred BEGIN that turns into a write fails at once
    # with "database is locked" instead of waiting its turn.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=60000")
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what a purge deletes is overwritten in the file too
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    # A new file's change to a write-ahead log fails at once, whatever the timeout says, while another process is at it.
    for _ in range(_PATIENCE_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            time.sleep(_PAUSE)
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
