"""People, their sessions, relations and broken glasses, in SQL. Every function works inside the transaction it is
handed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from undisc.accounts.people.model import Glass, PatientKey, Person, Relation, Role
from undisc.accounts.people.policy import email_key
from undisc.db.message_tables import alerts
from undisc.db.people_tables import glasses, identities, passkeys, passwords, people, person_sessions, relations
from undisc.db.tables import studies

_SESSION = (
    select(person_sessions, people.c.name, people.c.email, people.c.phone, people.c.language, people.c.roles)
    .join(people)
    .where(person_sessions.c.token_hash == bindparam("digest"), people.c.closed_at.is_(None))
)
# A number that nobody vouches for may be two people's, in two places that number alike. Where scans of one number tell
# of two birth dates, a relation to it gives nothing until somebody has put them right.
_BIRTH_DATES = (
    select(func.count(studies.c.birth_date.distinct()))
    .where(studies.c.patient_id == relations.c.patient_id, studies.c.issuer == "", studies.c.birth_date != "")
    .where(studies.c.emptied.is_(False))
    .correlate(relations)
    .scalar_subquery()
)
_RELATIONS = select(relations).where(
    relations.c.person_id == bindparam("person"),
    relations.c.ended_at.is_(None),
    or_(relations.c.until.is_(None), relations.c.until > bindparam("now")),
    or_(relations.c.issuer != "", _BIRTH_DATES < 2),
)
_GLASSES = select(glasses).where(glasses.c.person_id == bindparam("person"), glasses.c.until > bindparam("now"))


def roles_of(words: str) -> frozenset[Role]:
    return frozenset(Role(word) for word in words.split(",") if word)


def words_of(roles: Iterable[Role]) -> str:
    return ",".join(sorted(roles))


def add_person(connection: Connection, person: Person, now: datetime, *, findable: bool = True) -> Person:
    """A person with a number of their own. findable: whether they are found by their e-mail address; one that somebody
    has already finds nobody else."""
    key = email_key(person.email) if findable else None
    if key and connection.scalar(select(people.c.id).where(people.c.email_key == key)) is not None:
        key = None
    statement = insert(people).values(
        name=person.name,
        email=person.email or None,
        email_key=key,
        phone=person.phone,
        language=person.language,
        roles=words_of(person.roles),
        made_at=now,
    )
    made = connection.execute(statement).inserted_primary_key
    assert made is not None
    return Person(made[0], person.name, person.email, person.phone, person.language, person.roles)


def person(connection: Connection, person_id: int) -> Person | None:
    """Whoever has the number and was not closed."""
    row = connection.execute(select(people).where(people.c.id == person_id, people.c.closed_at.is_(None))).first()
    return _person(row) if row else None


def person_by_email(connection: Connection, email: str) -> Person | None:
    key = email_key(email)
    if key is None:
        return None
    row = connection.execute(select(people).where(people.c.email_key == key, people.c.closed_at.is_(None))).first()
    return _person(row) if row else None


def close_person(connection: Connection, person_id: int, now: datetime) -> None:
    """Nobody is found by their e-mail address any more: it may be somebody else's account."""
    change_person(connection, person_id, closed_at=now, email_key=None)


def reopen_person(connection: Connection, person_id: int) -> bool:
    row = connection.execute(select(people).where(people.c.id == person_id, people.c.closed_at.is_not(None))).first()
    if row is None:
        return False
    key = email_key(row.email or "")
    taken = key and connection.scalar(select(people.c.id).where(people.c.email_key == key)) is not None
    change_person(connection, person_id, closed_at=None, email_key=None if taken else key)
    return True


def change_person(connection: Connection, person_id: int, **values: Any) -> None:
    """values: columns of the table. A new e-mail address takes its key along."""
    if "email" in values:
        values["email_key"] = email_key(values["email"] or "")
    connection.execute(update(people).where(people.c.id == person_id).values(values))


def people_with(connection: Connection, role: Role) -> list[Person]:
    """Everybody who has a role and was not closed."""
    return [found for found, closed in everybody(connection) if role in found.roles and closed is None]


def everybody(connection: Connection) -> list[tuple[Person, datetime | None]]:
    """Everybody in the order of their names, and when they were closed."""
    rows = connection.execute(select(people).order_by(func.lower(people.c.name), people.c.id))
    return [(_person(row), row.closed_at) for row in rows]


def ways_of(connection: Connection) -> dict[int, set[str]]:
    """By what each person can sign in: passkey, password, single sign-on."""
    found: dict[int, set[str]] = {}
    for table, word in ((passkeys, "passkey"), (passwords, "password"), (identities, "single sign-on")):
        for person_id in connection.scalars(select(table.c.person_id).distinct()):
            found.setdefault(person_id, set()).add(word)
    return found


def last_seen(connection: Connection) -> dict[int, datetime]:
    rows = connection.execute(select(person_sessions.c.person_id, person_sessions.c.id, person_sessions.c.seen_at))
    found: dict[int, datetime] = {}
    for row in rows:
        found[row.person_id] = max(row.seen_at, found.get(row.person_id, row.seen_at))
    return found


def add_session(connection: Connection, values: Mapping[str, Any]) -> int:
    made = connection.execute(insert(person_sessions).values(values)).inserted_primary_key
    assert made is not None
    return made[0]


def session_by_digest(connection: Connection, digest: str) -> Row[Any] | None:
    """The session's row beside name, email, phone, language and roles of its person."""
    return connection.execute(_SESSION, {"digest": digest}).first()


def session(connection: Connection, session_id: int) -> Row[Any] | None:
    return connection.execute(select(person_sessions).where(person_sessions.c.id == session_id)).first()


def sessions_of(connection: Connection, person_id: int) -> list[Row[Any]]:
    """Those that nobody ended, the one used last first."""
    statement = select(person_sessions).where(
        person_sessions.c.person_id == person_id, person_sessions.c.ended_at.is_(None)
    )
    return list(connection.execute(statement.order_by(person_sessions.c.seen_at.desc(), person_sessions.c.id)))


def change_session(connection: Connection, session_id: int, **values: Any) -> bool:
    """Change one that nobody ended; False where there is none."""
    statement = update(person_sessions).where(person_sessions.c.id == session_id, person_sessions.c.ended_at.is_(None))
    return connection.execute(statement.values(values)).rowcount == 1


def relations_of_person(connection: Connection, person_id: int, now: datetime) -> tuple[Relation, ...]:
    """Those that hold now; not to a number under which scans of two people lie."""
    rows = connection.execute(_RELATIONS.order_by(relations.c.id), {"person": person_id, "now": now})
    return tuple(_relation(row) for row in rows)


def glasses_of_person(connection: Connection, person_id: int, now: datetime) -> tuple[Glass, ...]:
    return tuple(_glass(row) for row in connection.execute(_GLASSES, {"person": person_id, "now": now}))


def related_to(connection: Connection, key: PatientKey, now: datetime) -> list[tuple[Person, Relation]]:
    """Everybody who may see a patient's pictures by a relation, oldest relation first."""
    statement = (
        select(relations.c.id.label("relation_id"), people)
        .join(people)
        .where(
            relations.c.patient_id == key.patient_id,
            relations.c.issuer == key.issuer,
            relations.c.ended_at.is_(None),
            or_(relations.c.until.is_(None), relations.c.until > now),
            people.c.closed_at.is_(None),
        )
        .order_by(relations.c.id)
    )
    found: list[tuple[Person, Relation]] = []
    for row in connection.execute(statement).all():
        relation = connection.execute(select(relations).where(relations.c.id == row.relation_id)).one()
        found.append((_person(row), _relation(relation)))
    return found


def add_relation(connection: Connection, person_id: int, values: Mapping[str, Any]) -> Relation:
    made = connection.execute(insert(relations).values(person_id=person_id, **values)).inserted_primary_key
    assert made is not None
    return _relation(connection.execute(select(relations).where(relations.c.id == made[0])).one())


def relation(connection: Connection, relation_id: int) -> Row[Any] | None:
    return connection.execute(select(relations).where(relations.c.id == relation_id)).first()


def end_relation(connection: Connection, relation_id: int, now: datetime) -> bool:
    statement = update(relations).where(relations.c.id == relation_id, relations.c.ended_at.is_(None))
    return connection.execute(statement.values(ended_at=now)).rowcount == 1


def add_glass(connection: Connection, person_id: int, glass: Glass) -> Glass:
    statement = insert(glasses).values(
        person_id=person_id,
        issuer=glass.patient.issuer,
        patient_id=glass.patient.patient_id,
        reason=glass.reason,
        at=glass.at,
        until=glass.until,
    )
    made = connection.execute(statement).inserted_primary_key
    assert made is not None
    return Glass(made[0], glass.patient, glass.reason, glass.at, glass.until)


def glass_rows(connection: Connection, *, unseen: bool, limit: int) -> list[Row[Any]]:
    """Broken glasses, newest first, each beside the name of who broke it."""
    statement = select(glasses, people.c.name).join(people).order_by(glasses.c.id.desc()).limit(limit)
    if unseen:
        statement = statement.where(glasses.c.seen_at.is_(None))
    return list(connection.execute(statement))


def see_glass(connection: Connection, glass_id: int, by: str, now: datetime) -> bool:
    statement = update(glasses).where(glasses.c.id == glass_id, glasses.c.seen_at.is_(None))
    return connection.execute(statement.values(seen_at=now, seen_by=by)).rowcount == 1


def add_alert(connection: Connection, kind: str, subject: str, key: str, now: datetime) -> None:
    connection.execute(insert(alerts).values(kind=kind, subject=subject, key=key, at=now))


def glass_of(row: Row[Any]) -> Glass:
    return _glass(row)


def _person(row: Row[Any]) -> Person:
    return Person(row.id, row.name, row.email or "", row.phone, row.language, roles_of(row.roles))


def _relation(row: Row[Any]) -> Relation:
    return Relation(row.id, PatientKey(row.issuer, row.patient_id), row.kind, row.since, row.until)


def _glass(row: Row[Any]) -> Glass:
    return Glass(row.id, PatientKey(row.issuer, row.patient_id), row.reason, row.at, row.until)
