"""Turns: who holds a name's lock has what the name stands for to himself until his transaction ends."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

MIGRATIONS = "migrations"
AUDIT = "audit"

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


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"undisc:{name}".encode()).digest()[:8], "big", signed=True)
