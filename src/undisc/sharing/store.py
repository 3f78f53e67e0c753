"""Links and their sessions, in SQL. Every function works inside the transaction it is handed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from undisc.accounts.people.model import PatientKey
from undisc.db.people_tables import people, person_sessions
from undisc.db.tables import link_session_series, link_sessions, link_studies, links, studies
from undisc.sharing.model import MOST_TRIES, Grant, Kind, Link, Passcode, SecondStep, Session

# A link by which somebody signed in looks ends with their session, without anybody having to close it.
_PERSON_ENDED = person_sessions.c.ended_at.label("person_session_ended")
_LINKS = select(links, _PERSON_ENDED).outerjoin(person_sessions, person_sessions.c.id == links.c.person_session_id)
_LINK = _LINKS.where(links.c.id == bindparam("named"))
_NAMED = select(link_studies.c.study_id).where(link_studies.c.link_id == bindparam("named"))
_PERSON_SESSION = select(person_sessions.c.person_id, person_sessions.c.begun_at).where(
    person_sessions.c.id == bindparam("named")
)
# A link that proves who somebody is is opened a moment before the session begins that it gives.
_AT_ONCE = timedelta(minutes=1)

# Asked before every single answer: one statement, and built once.
_GRANT = (
    select(
        links,
        _PERSON_ENDED,
        link_studies.c.study_id,
        link_sessions.c.id.label("session_id"),
        link_sessions.c.link_id.label("session_link"),
        link_sessions.c.opened_at,
        link_sessions.c.ends_at,
        link_sessions.c.who,
    )
    .select_from(link_sessions)
    .join(links, links.c.id == bindparam("named"))
    .join(link_studies, link_studies.c.link_id == links.c.id)
    .outerjoin(person_sessions, person_sessions.c.id == links.c.person_session_id)
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
            kind=link.kind.value,
            made_by=link.made_by,
            for_name=link.for_name,
            for_email=link.for_email,
            for_phone=link.for_phone,
            birth_date=link.birth_date,
            with_report=link.with_report,
            most_openings=link.most_openings,
            openings=link.openings,
            second_step=link.second_step.value,
            person_id=link.person_id,
            person_session_id=link.person_session_id,
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


def locked_link(connection: Connection, link_id: str) -> Link | None:
    """The same; nobody else changes it before this transaction ends."""
    if connection.scalar(select(links.c.id).where(links.c.id == link_id).with_for_update()) is None:
        return None
    return link(connection, link_id)


def all_links(connection: Connection) -> list[tuple[Link, int]]:
    """Every link that leaves the house, newest first, with how many times it was opened."""
    return [(one, count) for one, count, _ in _told(connection, _LINKS.where(links.c.kind != Kind.VIEWING.value))]


def links_of_person(connection: Connection, person_id: int) -> list[tuple[Link, int, datetime | None]]:
    """What somebody shared, newest first: each link, how often it was opened, and when last."""
    kinds = (Kind.SHARE.value, Kind.HEALTH.value)
    return _told(connection, _LINKS.where(links.c.person_id == person_id, links.c.kind.in_(kinds)))


def links_of_patient(connection: Connection, key: PatientKey) -> list[tuple[Link, int, datetime | None]]:
    """The same of every link to a study of a patient, whoever made it; not those of looking by somebody signed in."""
    theirs = select(link_studies.c.link_id).join(studies, studies.c.id == link_studies.c.study_id).where(_are_of(key))
    return _told(connection, _LINKS.where(links.c.id.in_(theirs), links.c.kind != Kind.VIEWING.value))


def links_to_address(connection: Connection, email: str) -> list[tuple[Link, int, datetime | None]]:
    """The same of every link that was shared with whoever has this address."""
    to = func.lower(links.c.for_email) == email.strip().lower()
    return _told(connection, _LINKS.where(to, links.c.kind == Kind.SHARE.value)) if email.strip() else []


def one_told(connection: Connection, link_id: str) -> tuple[Link, int, datetime | None] | None:
    """The same of one link."""
    return next(iter(_told(connection, _LINKS.where(links.c.id == link_id))), None)


def _told(connection: Connection, which: Select[Any]) -> list[tuple[Link, int, datetime | None]]:
    rows = connection.execute(which.order_by(links.c.made_at.desc(), links.c.id)).all()
    chosen = which.with_only_columns(links.c.id)
    named: dict[str, list[int]] = defaultdict(list)
    for row in connection.execute(select(link_studies).where(link_studies.c.link_id.in_(chosen))):
        named[row.link_id].append(row.study_id)
    counts = (
        select(link_sessions.c.link_id, func.count(), func.max(link_sessions.c.opened_at))
        .where(link_sessions.c.link_id.in_(chosen))
        .group_by(link_sessions.c.link_id)
    )
    opened: dict[str, tuple[int, datetime]] = {row[0]: (row[1], row[2]) for row in connection.execute(counts)}
    found: list[tuple[Link, int, datetime | None]] = []
    for row in rows:
        openings, last = opened.get(row.id, (0, None))
        found.append((_link(row, named[row.id]), openings, last))
    return found


def study_keys(connection: Connection, study_ids: Iterable[int]) -> dict[int, PatientKey]:
    """Whose each of these studies is that is here; with an empty patient ID where nobody numbered them."""
    which = studies.c.id.in_(sorted(set(study_ids)))
    rows = connection.execute(select(studies.c.id, studies.c.issuer, studies.c.patient_id).where(which))
    return {row.id: PatientKey(row.issuer, row.patient_id) for row in rows}


def studies_of(connection: Connection, key: PatientKey) -> list[int]:
    """The studies of a patient; of none where the patient has no ID."""
    if not key.patient_id:
        return []
    return list(connection.scalars(select(studies.c.id).where(_are_of(key), studies.c.emptied.is_(False))))


def _are_of(key: PatientKey) -> Any:
    return (studies.c.patient_id == key.patient_id) & (studies.c.issuer == key.issuer) & (studies.c.patient_id != "")


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


def count_opening(connection: Connection, link_id: str) -> int | None:
    """Count that a link is opened, whoever else opens it at the same moment; the count, None where none was left."""
    is_left = or_(links.c.most_openings.is_(None), links.c.openings < links.c.most_openings)
    statement = update(links).where(links.c.id == link_id, is_left).values(openings=links.c.openings + 1)
    return connection.scalar(statement.returning(links.c.openings))


def add_session(
    connection: Connection, link_id: str, token_hash: str, opened_at: datetime, ends_at: datetime, **seen: str
) -> Session:
    """seen: address, agent and who."""
    statement = insert(link_sessions).values(
        link_id=link_id, token_hash=token_hash, opened_at=opened_at, ends_at=ends_at, **seen
    )
    key: Sequence[Any] | None = connection.execute(statement).inserted_primary_key
    assert key is not None
    return Session(id=key[0], link_id=link_id, opened_at=opened_at, ends_at=ends_at, who=seen.get("who", ""))


def person_contact(connection: Connection, person_id: int) -> tuple[str, str, str]:
    """Somebody's e-mail address, telephone number and language; each "" where it is not known."""
    columns = (people.c.email, people.c.phone, people.c.language)
    row = connection.execute(select(*columns).where(people.c.id == person_id, people.c.closed_at.is_(None))).first()
    return (row.email or "", row.phone, row.language) if row else ("", "", "")


def set_person(connection: Connection, link_id: str, person_id: int) -> None:
    """Whose a link has turned out to be."""
    connection.execute(update(links).where(links.c.id == link_id).values(person_id=person_id))


def end_viewing(connection: Connection, person_session_id: int, now: datetime) -> int:
    """Close every link by which somebody looked in this session of theirs, and what they opened of others' links since
    it began; how many of the former there were."""
    session = connection.execute(_PERSON_SESSION, {"named": person_session_id}).first()
    if session is not None:
        # What they opened meanwhile in their own name, or what has proven who they are; the links themselves stay open.
        own = select(links.c.id).where(links.c.kind == Kind.PATIENT.value, links.c.person_id == session.person_id)
        proven = (link_sessions.c.who == "patient") & link_sessions.c.link_id.in_(own)
        theirs = or_(link_sessions.c.who == f"person:{session.person_id}", proven)
        meanwhile = (link_sessions.c.opened_at > session.begun_at - _AT_ONCE, link_sessions.c.ends_at > now)
        connection.execute(update(link_sessions).where(theirs, *meanwhile).values(ends_at=now))
    which = (links.c.person_session_id == person_session_id, links.c.revoked_at.is_(None))
    return connection.execute(update(links).where(*which).values(revoked_at=now)).rowcount


def grant(connection: Connection, link_id: str, token_hash: str) -> Grant | None:
    """The link a visitor names and the session that the token belongs to: of that link or not, as the policy sees."""
    rows = connection.execute(_GRANT, {"named": link_id, "token": token_hash}).all()
    if not rows:
        return None
    first = rows[0]
    session = Session(first.session_id, first.session_link, first.opened_at, first.ends_at, first.who)
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
        kind=Kind(row.kind),
        made_by=row.made_by,
        for_name=row.for_name,
        for_email=row.for_email,
        for_phone=row.for_phone,
        birth_date=row.birth_date,
        with_report=row.with_report,
        most_openings=row.most_openings,
        openings=row.openings,
        second_step=SecondStep(row.second_step),
        person_id=row.person_id,
        person_session_id=row.person_session_id,
        person_session_over=row.person_session_ended is not None,
    )
