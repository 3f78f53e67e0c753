"""The SQL of the staff's worklist."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from undisc.db.columns import Moment
from undisc.db.message_tables import completions, messages
from undisc.db.sharing_tables import consents
from undisc.db.tables import link_sessions, link_studies, links, studies
from undisc.messaging.model import Way
from undisc.sharing.desk_model import Form, Sent, Showing, Stage

_FAILED = exists().where(messages.c.link_id == links.c.id, messages.c.state == "failed")
_AT = func.coalesce(completions.c.complete_at, studies.c.kept_at, type_=Moment())
_STANDING: list[Any] = [
    studies.c.id,
    _AT.label("at"),
    completions.c.state,
    completions.c.link_id,
    studies.c.accession,
]
_OPENED = exists().where(link_sessions.c.link_id == links.c.id)


def arrivals(connection: Connection, stages: Collection[Stage], since: datetime, skip: int, most: int) -> Sequence[Any]:
    """study, at, state (None while it arrives), link; newest first. since: how far back what is not complete is
    looked for: older studies came before anybody kept account of that."""
    coming = and_(completions.c.study_id.is_(None), studies.c.kept_at >= since)
    stands = [str(stage) for stage in stages if stage is not Stage.ARRIVING]
    wanted: list[ColumnElement[bool]] = [completions.c.state.in_(stands)]
    if Stage.ARRIVING in stages:
        wanted.append(coming)
    statement = (
        select(*_STANDING)
        .outerjoin(completions, completions.c.study_id == studies.c.id)
        .where(studies.c.emptied.is_(False), or_(*wanted))
        .order_by(_AT.desc(), studies.c.id.desc())
        .offset(skip)
        .limit(most)
    )
    return connection.execute(statement).all()


def standing(connection: Connection, ids: Collection[int]) -> Sequence[Any]:
    """As `arrivals`, of these studies."""
    statement = (
        select(*_STANDING).outerjoin(completions, completions.c.study_id == studies.c.id).where(studies.c.id.in_(ids))
    )
    return connection.execute(statement).all()


def forms(connection: Connection, found: Sequence[Any]) -> dict[int, Form]:
    """Which consent each of these studies has; without those that have none."""
    told: dict[int, Form] = {}
    ids = [row.id for row in found]
    on_them = select(consents.c.study_id, consents.c.state).where(
        consents.c.study_id.in_(ids), consents.c.state.in_(("attached", "withdrawn"))
    )
    for row in connection.execute(on_them.order_by(consents.c.state.desc())):
        told[row.study_id] = Form.GIVEN if row.state == "attached" else Form.WITHDRAWN
    accessions = {row.accession: row.id for row in found if row.accession and row.id not in told}
    if accessions:
        waiting = select(consents.c.accession).where(
            consents.c.accession.in_(list(accessions)), consents.c.state == "waiting"
        )
        waited = set(connection.scalars(waiting))
        told |= {row.id: Form.WAITING for row in found if row.id not in told and row.accession in waited}
    return told


def opened(connection: Connection, ids: Collection[str]) -> dict[str, tuple[int, datetime]]:
    """How often each of these links was opened, and when last; without those that were not."""
    statement = (
        select(link_sessions.c.link_id, func.count(), func.max(link_sessions.c.opened_at, type_=Moment()))
        .where(link_sessions.c.link_id.in_(ids))
        .group_by(link_sessions.c.link_id)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(statement)}


def sent(connection: Connection, ids: Collection[str]) -> dict[str, list[Sent]]:
    """The messages that carried these links, newest first."""
    found: dict[str, list[Sent]] = {}
    statement = select(messages).where(messages.c.link_id.in_(ids), messages.c.purpose.in_(("link", "share")))
    for row in connection.execute(statement.order_by(messages.c.id.desc())):
        message = Sent(row.id, Way(row.way), row.shown_to, row.state, row.note)
        found.setdefault(row.link_id, []).append(message)
    return found


def given(connection: Connection, showing: Showing, now: datetime, skip: int, most: int) -> Sequence[Any]:
    """Links of patients and shares, newest first."""
    wanted: list[ColumnElement[bool]] = [links.c.kind.in_(("patient", "share"))]
    is_open = and_(links.c.revoked_at.is_(None), links.c.expires_at > now)
    if showing is Showing.FAILED:
        wanted.append(_FAILED)
    elif showing is not Showing.ALL:
        wanted += [is_open, ~_OPENED] if showing is Showing.UNOPENED else [is_open]
    statement = select(links).where(*wanted).order_by(links.c.made_at.desc(), links.c.id.desc())
    return connection.execute(statement.offset(skip).limit(most)).all()


def studies_of(connection: Connection, ids: Collection[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    statement = select(link_studies).where(link_studies.c.link_id.in_(ids)).order_by(link_studies.c.study_id)
    for row in connection.execute(statement):
        found.setdefault(row.link_id, []).append(row.study_id)
    return found


def take_back(connection: Connection, link_id: str) -> list[int]:
    """Let the studies that were handed over by this link wait for staff again, and say which those are. That they were
    handed over once stays, so that no other link goes out by itself."""
    statement = update(completions).where(completions.c.link_id == link_id)
    changed = statement.values(state="waiting", link_id=None).returning(completions.c.study_id)
    return list(connection.scalars(changed))


def has_birth_date(connection: Connection, ids: Collection[int]) -> bool:
    """Whether any of these studies says when its patient was born."""
    statement = select(studies.c.id).where(studies.c.id.in_(ids), studies.c.birth_date != "")
    return connection.execute(statement.limit(1)).first() is not None


def kept_since(connection: Connection, since: datetime) -> list[datetime]:
    """When each study came."""
    return list(connection.scalars(select(studies.c.kept_at).where(studies.c.kept_at >= since)))


def counted(connection: Connection, since: datetime) -> tuple[int, int, int, int]:
    """Patients' links since then: all, opened, with a message that failed, stopped."""

    def count(*also: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(links)
        return connection.scalar(statement.where(links.c.kind == "patient", links.c.made_at >= since, *also)) or 0

    return count(), count(_OPENED), count(_FAILED), count(links.c.revoked_at.is_not(None))
