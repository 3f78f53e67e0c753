"""Codes that prove who opens a link, and the birth dates that a patient has to know, in SQL."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from undisc.db.sharing_tables import consents, link_codes
from undisc.db.tables import studies
from undisc.messaging.model import Way
from undisc.sharing.opening_model import MOST_WRONG_CODES


def sent_since(connection: Connection, link_id: str, since: datetime) -> int:
    """How many codes were sent for a link since then."""
    which = (link_codes.c.link_id == link_id, link_codes.c.made_at > since)
    return connection.scalar(select(func.count()).select_from(link_codes).where(*which)) or 0


def add_code(
    connection: Connection, link_id: str, browser_hash: str, digest: str, way: Way, now: datetime, lasts: timedelta
) -> None:
    """Keep a code; those that this browser got before are no good any more."""
    mine = (link_codes.c.link_id == link_id, link_codes.c.browser_hash == browser_hash)
    connection.execute(update(link_codes).where(*mine, link_codes.c.expires_at > now).values(expires_at=now))
    connection.execute(
        insert(link_codes).values(
            link_id=link_id,
            browser_hash=browser_hash,
            digest=digest,
            way=way.value,
            made_at=now,
            expires_at=now + lasts,
        )
    )


def take_try(connection: Connection, link_id: str, browser_hash: str, now: datetime) -> tuple[str, int] | None:
    """Take one of the tries of the code that this browser has, whoever else takes one at the same moment.

    The code's digest, and how many were taken of it; None where there is no code, or no try left.
    """
    statement = (
        update(link_codes)
        .where(
            link_codes.c.link_id == link_id,
            link_codes.c.browser_hash == browser_hash,
            link_codes.c.expires_at > now,
            link_codes.c.used_at.is_(None),
            link_codes.c.wrong < MOST_WRONG_CODES,
        )
        .values(wrong=link_codes.c.wrong + 1)
        .returning(link_codes.c.digest, link_codes.c.wrong)
    )
    row = connection.execute(statement).first()
    return None if row is None else (row.digest, row.wrong)


def wrong_codes(connection: Connection, link_id: str) -> int:
    """How many wrong entries all the codes of a link have taken, in its whole life."""
    return connection.scalar(select(func.sum(link_codes.c.wrong)).where(link_codes.c.link_id == link_id)) or 0


def use(connection: Connection, link_id: str, browser_hash: str, digest: str, now: datetime) -> bool:
    """Use a code up; False where it was used already."""
    statement = (
        update(link_codes)
        .where(
            link_codes.c.link_id == link_id,
            link_codes.c.browser_hash == browser_hash,
            link_codes.c.digest == digest,
            link_codes.c.used_at.is_(None),
        )
        .values(used_at=now, wrong=link_codes.c.wrong - 1)
    )
    return connection.execute(statement).rowcount == 1


def birth_dates(connection: Connection, study_ids: Iterable[int]) -> set[str]:
    """What the studies, and the consents that are attached to them, say is the patient's: YYYYMMDD."""
    named = sorted(study_ids)
    told = set(connection.scalars(select(studies.c.birth_date).where(studies.c.id.in_(named))))
    is_attached = (consents.c.study_id.in_(named), consents.c.state.in_(("attached", "withdrawn")))
    return told | set(connection.scalars(select(consents.c.birth_date).where(*is_attached)))
