"""The SQL of peers and transfers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from undisc.accounts.model import Service
from undisc.db.tables import peers, transfer_items, transfers
from undisc.delivery.model import Direction, Part, Peer, State

_COLUMNS = (
    peers.c.name,
    peers.c.ae_title,
    peers.c.host,
    peers.c.port,
    peers.c.tls,
    peers.c.web_url,
    peers.c.token_file,
    peers.c.services,
)
# Asked before every request of a caller; built once.
_NAMED = select(*_COLUMNS).where(peers.c.name == bindparam("named"))


def add_peer(connection: Connection, peer: Peer, now: datetime) -> None:
    connection.execute(
        insert(peers).values(
            name=peer.name,
            ae_title=peer.ae_title,
            host=peer.host,
            port=peer.port,
            tls=peer.tls,
            web_url=peer.web_url,
            token_file=peer.token_file,
            services=_words(peer.services),
            added_at=now,
        )
    )


def remove_peer(connection: Connection, name: str) -> bool:
    return connection.execute(delete(peers).where(peers.c.name == name)).rowcount > 0


def allow_peer(connection: Connection, name: str, services: frozenset[Service]) -> None:
    connection.execute(update(peers).where(peers.c.name == name).values(services=_words(services)))


def all_peers(connection: Connection) -> list[Peer]:
    return [_peer(row) for row in connection.execute(select(*_COLUMNS).order_by(peers.c.name))]


def peer(connection: Connection, name: str) -> Peer | None:
    row = connection.execute(_NAMED, {"named": name}).first()
    return _peer(row) if row else None


def peers_called(connection: Connection, ae_title: str) -> list[Peer]:
    rows = connection.execute(select(*_COLUMNS).where(peers.c.ae_title == ae_title).order_by(peers.c.id))
    return [_peer(row) for row in rows]


def unended_transfer(connection: Connection, direction: Direction, peer_name: str, study_uid: str) -> int | None:
    """A transfer of this study that was begun and never came to its end."""
    return connection.scalar(
        select(transfers.c.id)
        .where(
            transfers.c.direction == direction.value,
            transfers.c.peer == peer_name,
            transfers.c.study_uid == study_uid,
            transfers.c.ended_at.is_(None),
        )
        .order_by(transfers.c.id.desc())
    )


def begin_transfer(connection: Connection, direction: Direction, peer_name: str, study_uid: str, now: datetime) -> int:
    key = connection.execute(
        insert(transfers).values(direction=direction.value, peer=peer_name, study_uid=study_uid, begun_at=now)
    ).inserted_primary_key
    assert key is not None
    return key[0]


def end_transfer(connection: Connection, transfer_id: int, now: datetime) -> None:
    connection.execute(update(transfers).where(transfers.c.id == transfer_id).values(ended_at=now))


def note_parts(connection: Connection, transfer_id: int, parts: Sequence[Part], now: datetime) -> None:
    """Write down how instances ended; a later word about one replaces an earlier."""
    if not parts:
        return
    latest = {part.sop_uid: part for part in parts}
    connection.execute(
        delete(transfer_items).where(
            transfer_items.c.transfer_id == transfer_id, transfer_items.c.sop_uid.in_(list(latest))
        )
    )
    rows = [
        {
            "transfer_id": transfer_id,
            "sop_uid": part.sop_uid,
            "state": part.state.value,
            "reason": part.reason,
            "at": now,
        }
        for part in latest.values()
    ]
    connection.execute(insert(transfer_items), rows)


def parts(connection: Connection, transfer_id: int) -> list[Part]:
    rows = connection.execute(
        select(transfer_items.c.sop_uid, transfer_items.c.state, transfer_items.c.reason).where(
            transfer_items.c.transfer_id == transfer_id
        )
    )
    return [Part(row.sop_uid, State(row.state), row.reason) for row in rows]


def _words(services: frozenset[Service]) -> str:
    return ",".join(sorted(services))


def _peer(row: Row[Any, Any, Any, Any, Any, Any, Any, Any]) -> Peer:
    *columns, services = row
    return Peer(*columns, services=frozenset(Service(word) for word in services.split(",") if word))
