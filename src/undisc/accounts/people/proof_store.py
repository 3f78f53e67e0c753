"""What people show to sign in, and what they were asked, in SQL. Every function works inside the transaction it is
handed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from undisc.accounts.people.model import Passkey
from undisc.db.people_tables import challenges, generators, identities, passkeys, passwords, recovery_codes


def password_of(connection: Connection, person_id: int) -> str | None:
    return connection.scalar(select(passwords.c.hash).where(passwords.c.person_id == person_id))


def password_changed_at(connection: Connection, person_id: int) -> datetime | None:
    return connection.scalar(select(passwords.c.changed_at).where(passwords.c.person_id == person_id))


def set_password(connection: Connection, person_id: int, hashed: str, now: datetime) -> None:
    connection.execute(delete(passwords).where(passwords.c.person_id == person_id))
    connection.execute(insert(passwords).values(person_id=person_id, hash=hashed, changed_at=now))


def generator_of(connection: Connection, person_id: int) -> Row[Any] | None:
    """One that was shown to work."""
    statement = select(generators).where(generators.c.person_id == person_id, generators.c.confirmed_at.is_not(None))
    return connection.execute(statement).first()


def set_generator(connection: Connection, person_id: int, sealed: str, step: int, now: datetime) -> None:
    """step: of the code by which it was shown to work."""
    connection.execute(delete(generators).where(generators.c.person_id == person_id))
    statement = insert(generators).values(person_id=person_id, sealed=sealed, confirmed_at=now, last_step=step)
    connection.execute(statement)


def use_step(connection: Connection, person_id: int, step: int) -> bool:
    """Whether no code of this moment or a later one was taken yet; whoever asks first has it."""
    statement = update(generators).where(generators.c.person_id == person_id, generators.c.last_step < step)
    return connection.execute(statement.values(last_step=step)).rowcount == 1


def set_recovery_codes(connection: Connection, person_id: int, digests: Iterable[str]) -> None:
    connection.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    connection.execute(insert(recovery_codes), [{"person_id": person_id, "digest": each} for each in digests])


def use_recovery_code(connection: Connection, person_id: int, digest: str, now: datetime) -> bool:
    statement = update(recovery_codes).where(
        recovery_codes.c.person_id == person_id, recovery_codes.c.digest == digest, recovery_codes.c.used_at.is_(None)
    )
    return connection.execute(statement.values(used_at=now)).rowcount >= 1


def recovery_codes_left(connection: Connection, person_id: int) -> int:
    statement = select(func.count()).where(recovery_codes.c.person_id == person_id, recovery_codes.c.used_at.is_(None))
    return connection.scalar(statement) or 0


def add_passkey(
    connection: Connection, person_id: int, credential_id: str, public_key: str, count: int, label: str, now: datetime
) -> int:
    made = connection.execute(
        insert(passkeys).values(
            person_id=person_id,
            credential_id=credential_id,
            public_key=public_key,
            sign_count=count,
            label=label,
            made_at=now,
        )
    ).inserted_primary_key
    assert made is not None
    return made[0]


def passkey(connection: Connection, credential_id: str) -> Row[Any] | None:
    return connection.execute(select(passkeys).where(passkeys.c.credential_id == credential_id)).first()


def passkeys_of(connection: Connection, person_id: int) -> list[Passkey]:
    rows = connection.execute(select(passkeys).where(passkeys.c.person_id == person_id).order_by(passkeys.c.id))
    return [Passkey(row.id, row.label, row.made_at, row.last_used_at) for row in rows]


def credential_ids_of(connection: Connection, person_id: int) -> list[str]:
    return list(connection.scalars(select(passkeys.c.credential_id).where(passkeys.c.person_id == person_id)))


def use_passkey(connection: Connection, passkey_id: int, before: int, count: int, now: datetime) -> bool:
    """Note a use. False where another use was noted since `before` was read: two cannot be the same key's."""
    statement = update(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.sign_count == before)
    return connection.execute(statement.values(sign_count=count, last_used_at=now)).rowcount == 1


def remove_passkey(connection: Connection, person_id: int, passkey_id: int) -> bool:
    statement = delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.person_id == person_id)
    return connection.execute(statement).rowcount == 1


def forget_proofs(connection: Connection, person_id: int) -> None:
    """All that somebody could sign in by: what was lost must open nothing."""
    for table in (passwords, generators, recovery_codes, passkeys):
        connection.execute(delete(table).where(table.c.person_id == person_id))


def identity(connection: Connection, issuer: str, subject: str) -> int | None:
    """Whose account elsewhere this is."""
    statement = select(identities.c.person_id).where(identities.c.issuer == issuer, identities.c.subject == subject)
    return connection.scalar(statement)


def identities_of(connection: Connection, person_id: int) -> list[str]:
    return list(connection.scalars(select(identities.c.issuer).where(identities.c.person_id == person_id)))


def add_identity(connection: Connection, issuer: str, subject: str, person_id: int, now: datetime) -> None:
    statement = insert(identities).values(issuer=issuer, subject=subject, person_id=person_id, made_at=now)
    connection.execute(statement)


def set_challenge(
    connection: Connection, digest: str, purpose: str, person_id: int | None, sealed: str, expires_at: datetime
) -> None:
    """In the place of what this browser was asked before, for the same purpose."""
    connection.execute(delete(challenges).where(challenges.c.digest == digest))
    statement = insert(challenges).values(
        digest=digest, purpose=purpose, person_id=person_id, sealed=sealed, expires_at=expires_at
    )
    connection.execute(statement)


def challenge(connection: Connection, digest: str) -> Row[Any] | None:
    return connection.execute(select(challenges).where(challenges.c.digest == digest)).first()


def take_challenge(connection: Connection, digest: str) -> Row[Any] | None:
    """A challenge that is nobody else's from now on: of two who ask for it at once, one gets it."""
    return connection.execute(delete(challenges).where(challenges.c.digest == digest).returning(challenges)).first()


def tidy_challenges(connection: Connection, now: datetime) -> None:
    connection.execute(delete(challenges).where(challenges.c.expires_at <= now))
