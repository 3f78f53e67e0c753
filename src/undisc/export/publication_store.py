"""The SQL of publications."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from undisc.db.tables import publication_files, publications


class PublishedFile(NamedTuple):
    path: str
    size: int
    sha256: str
    sent: bool


class Publication(NamedTuple):
    """One publication. url: under which people reach the place, "" where nobody said. state: "sending", "published" or
    "removed"."""

    id: str
    place: str
    url: str
    studies: tuple[str, ...]
    state: str
    made_at: datetime
    expires_at: datetime | None
    removed_at: datetime | None


def add(connection: Connection, publication: Publication, files: Iterable[PublishedFile]) -> None:
    row = publication._asdict() | {"studies": json.dumps(publication.studies)}
    connection.execute(insert(publications).values(row))
    rows = [{"publication_id": publication.id, **file._asdict()} for file in files]
    connection.execute(insert(publication_files), rows)


def one(connection: Connection, publication_id: str) -> Publication | None:
    row = connection.execute(select(publications).where(publications.c.id == publication_id)).first()
    return _publication(row) if row else None


def every(connection: Connection) -> list[tuple[Publication, int, int]]:
    """Newest first, each with its files and their bytes."""
    counted = (
        select(
            publication_files.c.publication_id,
            func.count().label("files"),
            func.sum(publication_files.c.size).label("bytes"),
        )
        .group_by(publication_files.c.publication_id)
        .subquery()
    )
    found = connection.execute(
        select(publications, func.coalesce(counted.c.files, 0), func.coalesce(counted.c.bytes, 0))
        .outerjoin(counted, counted.c.publication_id == publications.c.id)
        .order_by(publications.c.made_at.desc(), publications.c.id)
    )
    return [(_publication(row), row[-2], int(row[-1])) for row in found]


def files(connection: Connection, publication_id: str) -> list[PublishedFile]:
    columns = (publication_files.c[name] for name in PublishedFile._fields)
    wanted = select(*columns).where(publication_files.c.publication_id == publication_id)
    return [PublishedFile(*row) for row in connection.execute(wanted.order_by(publication_files.c.path))]


def note_sent(connection: Connection, publication_id: str, paths: Sequence[str]) -> None:
    is_it = (publication_files.c.publication_id == publication_id) & (
        publication_files.c.path == bindparam("sent_path")
    )
    connection.execute(
        update(publication_files).where(is_it).values(sent=True), [{"sent_path": path} for path in paths]
    )


def set_state(connection: Connection, publication_id: str, state: str, removed_at: datetime | None = None) -> None:
    changed = update(publications).where(publications.c.id == publication_id)
    connection.execute(changed.values(state=state, removed_at=removed_at))


def finish(connection: Connection, publication_id: str) -> bool:
    """Call it published; False where it was removed meanwhile."""
    is_it = (publications.c.id == publication_id) & (publications.c.state != "removed")
    return connection.execute(update(publications).where(is_it).values(state="published")).rowcount == 1


def forget_files(connection: Connection, publication_id: str) -> None:
    connection.execute(delete(publication_files).where(publication_files.c.publication_id == publication_id))


def due(connection: Connection, now: datetime) -> list[str]:
    """Those whose time is over and that are not removed."""
    wanted = select(publications.c.id).where(publications.c.expires_at <= now, publications.c.state != "removed")
    return [row[0] for row in connection.execute(wanted.order_by(publications.c.expires_at))]


def _publication(row: Row[Any]) -> Publication:
    named = row._mapping
    return Publication(
        id=named["id"],
        place=named["place"],
        url=named["url"],
        studies=tuple(json.loads(named["studies"])),
        state=named["state"],
        made_at=named["made_at"],
        expires_at=named["expires_at"],
        removed_at=named["removed_at"],
    )
