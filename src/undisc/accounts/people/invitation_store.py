"""Invitations, in SQL. Every function works inside the transaction it is handed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from undisc.accounts.people.model import Invitation, PatientKey
from undisc.accounts.people.store import roles_of
from undisc.db.people_tables import invitations


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    made = connection.execute(insert(invitations).values(values)).inserted_primary_key
    assert made is not None
    return made[0]


def by_secret(connection: Connection, digest: str, now: datetime) -> Invitation | None:
    """One that is open."""
    row = connection.execute(select(invitations).where(invitations.c.secret_hash == digest)).first()
    found = _invitation(row, now) if row else None
    return found if found and found.state == "open" else None


def by_id(connection: Connection, invitation_id: int, now: datetime) -> Invitation | None:
    row = connection.execute(select(invitations).where(invitations.c.id == invitation_id)).first()
    return _invitation(row, now) if row else None


def open_ones(connection: Connection, now: datetime) -> list[Invitation]:
    """Newest first."""
    statement = select(invitations).where(
        invitations.c.used_at.is_(None), invitations.c.revoked_at.is_(None), invitations.c.expires_at > now
    )
    return [_invitation(row, now) for row in connection.execute(statement.order_by(invitations.c.id.desc()))]


def open_for(connection: Connection, email: str, now: datetime) -> Invitation | None:
    """The newest open one to an e-mail address, in whatever letters it was written."""
    statement = select(invitations).where(
        func.lower(invitations.c.email) == email.lower(),
        invitations.c.used_at.is_(None),
        invitations.c.revoked_at.is_(None),
        invitations.c.expires_at > now,
    )
    row = connection.execute(statement.order_by(invitations.c.id.desc())).first()
    return _invitation(row, now) if row else None


def use(connection: Connection, invitation_id: int, now: datetime) -> bool:
    """Whether this call is the one that uses it; nobody else has it then."""
    statement = update(invitations).where(
        invitations.c.id == invitation_id,
        invitations.c.used_at.is_(None),
        invitations.c.revoked_at.is_(None),
        invitations.c.expires_at > now,
    )
    return connection.execute(statement.values(used_at=now)).rowcount == 1


def revoke(connection: Connection, invitation_id: int, now: datetime) -> bool:
    statement = update(invitations).where(
        invitations.c.id == invitation_id, invitations.c.used_at.is_(None), invitations.c.revoked_at.is_(None)
    )
    return connection.execute(statement.values(revoked_at=now)).rowcount == 1


def revoke_made_by(connection: Connection, made_by: str, now: datetime) -> None:
    statement = update(invitations).where(
        invitations.c.made_by == made_by, invitations.c.used_at.is_(None), invitations.c.revoked_at.is_(None)
    )
    connection.execute(statement.values(revoked_at=now))


def _invitation(row: Row[Any], now: datetime) -> Invitation:
    over = row.revoked_at is not None or row.expires_at <= now
    return Invitation(
        id=row.id,
        name=row.name,
        email=row.email,
        phone=row.phone,
        roles=roles_of(row.roles),
        patient=PatientKey(row.issuer, row.patient_id) if row.relation else None,
        relation=row.relation,
        relation_until=row.relation_until,
        renews=row.person_id,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        state="used" if row.used_at is not None else "over" if over else "open",
    )
