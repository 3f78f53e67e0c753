"""Links and their sessions, in SQL. Every function works inside the transaction it is handed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from undisc.db.tables import link_session_series, link_sessions, link_studies, links
from undisc.sharing.model import MOST_TRIES, Grant, Link, Passcode, Session

_LINK = select(links).where(links.c.id == bindparam("named"))
_NAMED = select(link_studies.c.study_id).where(link_studies.c.link_id == bindparam("named"))

# Asked before every single answer: one statement, and built once.
_GRANT = (
    select(
        links,
        link_studies.c.study_id,
        link_sessions.c.id.label("session_id"),
        link_sessions.c.link_id.label("session_link"),
        link_sessions.c.opened_at,
        link_sessions.c.ends_at,
    )
    .select_from(link_sessions)
    .join(links, links.c.id == bindparam("named"))
    .join(link_studies, link_studies.c.link_id == links.c.id)
    .where(link_sessions.c.token_hash == bindparam("token"))
)


def add_link(connection: Connection, link: Link) -> None:
    """Raises IntegrityError for a study that is not there."""
    passcode = link.passcode
    connection.execute(
        insert(links).values(
            id=link.id,
            secret_hash=link.secret_hash,
            passcode_hash=passcode.hash if passcode else None,
            passcode_digits=passcode.digits if passcode else False,
            passcode_length=passcode.length if passcode else 0,
            may_download=link.may_download,
            may_annotate=link.may_annotate,
            tries_taken=link.tries_taken,
            made_at=link.made_at,
            expires_at=link.expires_at,
            revoked_at=link.revoked_at,
        )
    )
    connection.execute(
        insert(link_studies), [{"link_id": link.id, "study_id": study} for study in sorted(link.studies)]
    )


def link(connection: Connection, link_id: str) -> Link | None:
    # Both questions are asked of an unknown link as well, so that the time taken does not tell it from a known one.
    row = connection.execute(_LINK, {"named": link_id}).first()
    named = connection.scalars(_NAMED, {"named": link_id}).all()
    return None if row is None else _link(row, named)


def all_links(connection: Connection) -> list[tuple[Link, int]]:
    """Every link, newest first, with how many times it was opened."""
    named: dict[str, list[int]] = defaultdict(list)
    for row in connection.execute(select(link_studies)):
        named[row.link_id].append(row.study_id)
    counts = select(link_sessions.c.link_id, func.count()).group_by(link_sessions.c.link_id)
    sessions: dict[str, int] = {row[0]: row[1] for row in connection.execute(counts)}
    rows = connection.execute(select(links).order_by(links.c.made_at.desc(), links.c.id))
    return [(_link(row, named[row.id]), sessions.get(row.id, 0)) for row in rows]


def revoke(connection: Connection, link_id: str, now: datetime) -> bool:
    """Whether this call is the one that closed the link."""
    statement = update(links).where(links.c.id == link_id, links.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(statement).rowcount == 1


def take_try(connection: Connection, link_id: str, now: datetime) -> bool:
    """Take one of an open link's tries, whoever else takes one at the same moment; False when none is to be had."""
    statement = (
        update(links)
        .where(
            links.c.id == link_id,
            links.c.tries_taken < MOST_TRIES,
            links.c.revoked_at.is_(None),
            links.c.expires_at > now,
        )
        .values(tries_taken=links.c.tries_taken + 1)
    )
    return connection.execute(statement).rowcount == 1


def give_try_back(connection: Connection, link_id: str) -> bool:
    """Return the try that a right passcode took; False when the link was closed in the meantime."""
    statement = (
        update(links)
        .where(links.c.id == link_id, links.c.tries_taken > 0, links.c.revoked_at.is_(None))
        .values(tries_taken=links.c.tries_taken - 1)
    )
    return connection.execute(statement).rowcount == 1


def tries_taken(connection: Connection, link_id: str) -> int:
    return connection.scalar(select(links.c.tries_taken).where(links.c.id == link_id)) or 0


def add_session(
    connection: Connection, link_id: str, token_hash: str, opened_at: datetime, ends_at: datetime
) -> Session:
    statement = insert(link_sessions).values(
        link_id=link_id, token_hash=token_hash, opened_at=opened_at, ends_at=ends_at
    )
    key: Sequence[Any] | None = connection.execute(statement).inserted_primary_key
    assert key is not None
    return Session(id=key[0], link_id=link_id, opened_at=opened_at, ends_at=ends_at)


def grant(connection: Connection, link_id: str, token_hash: str) -> Grant | None:
    """The link a visitor names and the session that the token belongs to: of that link or not, as the policy sees."""
    rows = connection.execute(_GRANT, {"named": link_id, "token": token_hash}).all()
    if not rows:
        return None
    first = rows[0]
    session = Session(first.session_id, first.session_link, first.opened_at, first.ends_at)
    return Grant(_link(first, (row.study_id for row in rows)), session)


def note_series(connection: Connection, session_id: int, series_id: int) -> bool:
    """Note that a session looked at a series; True the first time."""
    try:
        with connection.begin_nested():
            connection.execute(insert(link_session_series).values(session_id=session_id, series_id=series_id))
    except IntegrityError:
        return False
    return True


def _link(row: Row[Any], studies: Iterable[int]) -> Link:
    passcode = None
    if row.passcode_hash is not None:
        passcode = Passcode(hash=row.passcode_hash, digits=row.passcode_digits, length=row.passcode_length)
    return Link(
        id=row.id,
        secret_hash=row.secret_hash,
        studies=frozenset(studies),
        made_at=row.made_at,
        expires_at=row.expires_at,
        may_download=row.may_download,
        may_annotate=row.may_annotate,
        passcode=passcode,
        tries_taken=row.tries_taken,
        revoked_at=row.revoked_at,
    )
