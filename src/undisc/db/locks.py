"""Turns: who holds a name's lock has what the name stands for to himself until his transaction ends."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import BigInteger, Connection, Engine, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

MIGRATIONS = "migrations"
AUDIT = "audit"
DERIVING = "deriving"

# Evaluated row by row in the order given, so that two who want some of the same locks never wait for each other.
_TAKE = text("SELECT count(pg_advisory_xact_lock(k)) FROM unnest(:keys) AS k").bindparams(
    bindparam("keys", type_=ARRAY(BigInteger))
)


def take(connection: Connection, names: Iterable[str]) -> None:
    """Wait for all these names' locks, in a write transaction, and hold them to its end.

    On SQLite there is nothing to wait for: one transaction writes at a time.
    """
    wanted = sorted({_number(name) for name in names})
    if wanted and connection.dialect.name == "postgresql":
        connection.execute(_TAKE, {"keys": wanted})


@contextmanager
def turn(engine: Engine, name: str) -> Iterator[bool]:
    """Whether a name is ours among all replicas for as long as the block lasts; never waits. It ends with the process.

    On SQLite it always is: its processes share a machine, and a lock on a file tells them apart.
    """
    if engine.dialect.name != "postgresql":
        yield True
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"key": _number(name)}
        ours = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))
        try:
            yield ours
        finally:
            if ours:
                try:
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                except DBAPIError:
                    connection.invalidate()  # the lock went with the connection


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"undisc:{name}".encode()).digest()[:8], "big", signed=True)
