"""Who opened which link and what they looked at there, in SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from undisc.accounts.people.model import PatientKey
from undisc.db.people_tables import glasses, people
from undisc.db.tables import link_session_series, link_sessions, link_studies, links

_AT_ONCE = 500
_SESSIONS = select(
    link_sessions.c.id,
    link_sessions.c.link_id,
    link_sessions.c.opened_at,
    link_sessions.c.address,
    link_sessions.c.agent,
    link_sessions.c.who,
    links.c.kind,
).join(links, links.c.id == link_sessions.c.link_id)


def sessions_of_link(connection: Connection, link_id: str) -> Sequence[Any]:
    """Newest first."""
    return _newest(connection, _SESSIONS.where(link_sessions.c.link_id == link_id))


def sessions_of_studies(connection: Connection, study_ids: Iterable[int]) -> Sequence[Any]:
    """Of every link to one of these studies, newest first."""
    theirs = select(link_studies.c.link_id).where(link_studies.c.study_id.in_(sorted(study_ids)))
    return _newest(connection, _SESSIONS.where(link_sessions.c.link_id.in_(theirs)))


def _newest(connection: Connection, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    return connection.execute(statement.order_by(link_sessions.c.opened_at.desc(), link_sessions.c.id.desc())).all()


def series_of(connection: Connection, sessions: Iterable[int]) -> dict[int, list[int]]:
    """The series that each of these sessions looked at."""
    found: dict[int, list[int]] = defaultdict(list)
    named = sorted(sessions)
    for start in range(0, len(named), _AT_ONCE):
        some = link_session_series.c.session_id.in_(named[start : start + _AT_ONCE])
        for row in connection.execute(select(link_session_series).where(some).order_by("series_id")):
            found[row.session_id].append(row.series_id)
    return found


def names_of(connection: Connection, person_ids: Iterable[int]) -> dict[int, str]:
    rows = connection.execute(select(people.c.id, people.c.name).where(people.c.id.in_(sorted(set(person_ids)))))
    return {row.id: row.name for row in rows}


def glasses_of(connection: Connection, key: PatientKey) -> Sequence[Any]:
    """Every glass that was broken for a patient, newest first, with who broke it."""
    statement = (
        select(glasses.c.at, glasses.c.person_id, people.c.name)
        .join(people, people.c.id == glasses.c.person_id)
        .where(glasses.c.issuer == key.issuer, glasses.c.patient_id == key.patient_id)
    )
    return connection.execute(statement.order_by(glasses.c.at.desc())).all()
