"""Tokens, in SQL. Every function works inside the transaction it is handed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from undisc.accounts.model import Scope, Token
from undisc.db.tables import tokens

_BY_SECRET = select(tokens).where(tokens.c.secret_hash == bindparam("digest"))


def add(connection: Connection, token: Token, secret_hash: str) -> int:
    statement = insert(tokens).values(
        name=token.name,
        secret_hash=secret_hash,
        scopes=",".join(sorted(token.scopes)),
        made_at=token.made_at,
        expires_at=token.expires_at,
    )
    key = connection.execute(statement).inserted_primary_key
    assert key is not None
    return key[0]


def by_secret(connection: Connection, secret_hash: str) -> Token | None:
    row = connection.execute(_BY_SECRET, {"digest": secret_hash}).first()
    return _token(row) if row else None


def by_name(connection: Connection, name: str) -> Token | None:
    row = connection.execute(select(tokens).where(tokens.c.name == name)).first()
    return _token(row) if row else None


def all_tokens(connection: Connection) -> list[Token]:
    return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.made_at.desc(), tokens.c.id))]


def revoke(connection: Connection, token_id: int, now: datetime) -> bool:
    """Whether this call is the one that ended the token."""
    statement = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(statement).rowcount == 1


def note_use(connection: Connection, token_id: int, hour: datetime) -> None:
    connection.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=hour))


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(name) for name in row.scopes.split(",") if name),
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
