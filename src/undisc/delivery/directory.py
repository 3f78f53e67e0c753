"""The directory of peers: outgoing calls go to those in it alone, and callers are known by it."""

import socket
import threading
import time
from collections.abc import Sequence

from undisc.accounts.model import Service
from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.delivery import policy, store
from undisc.delivery.model import Peer, PeerRefused, PeerUnknown
from undisc.sharing.model import PeerGrant

_RESOLVED_FOR = 60.0


class Directory:
    """Adds, lists and removes peers, and recognises them when they call."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._resolved: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._resolving = threading.Lock()

    def add(self, peer: Peer) -> None:
        """Raises PeerRefused where the name is taken."""
        with self._trail.work() as work:
            if store.peer(work.connection, peer.name):
                raise PeerRefused(
                    f"There is a peer named {peer.name} already. Remove it first, or choose another name."
                )
            store.add_peer(work.connection, peer, work.clock.now())
            said = {"peer": peer.name, "address": peer.address, "may": ",".join(sorted(peer.services))}
            work.audit(Act("peer-added", "operator", said))

    def allow(self, name: str, services: frozenset[Service]) -> None:
        """What a peer may from now on, in associations that are open too. Raises PeerUnknown and PeerRefused."""
        with self._trail.work() as work:
            found = store.peer(work.connection, name)
            if found is None:
                raise _unknown(name)
            if not found.host:
                raise PeerRefused(f"{name} has no DICOM address to call from. Over DICOMweb it shows a token.")
            store.allow_peer(work.connection, name, services)
            work.audit(Act("peer-allowed", "operator", {"peer": name, "may": ",".join(sorted(services))}))

    def remove(self, name: str) -> None:
        """Raises PeerUnknown."""
        with self._trail.work() as work:
            if not store.remove_peer(work.connection, name):
                raise _unknown(name)
            work.audit(Act("peer-removed", "operator", {"peer": name}))

    def all(self) -> list[Peer]:
        with self._trail.read() as connection:
            return store.all_peers(connection)

    def named(self, name: str) -> Peer:
        """Raises PeerUnknown."""
        with self._trail.read() as connection:
            found = store.peer(connection, name)
        if found is None:
            raise _unknown(name)
        return found

    def called(self, ae_title: str) -> Peer | None:
        """The peer that a C-MOVE names as its destination."""
        with self._trail.read() as connection:
            found = store.peers_called(connection, ae_title.strip())
        return next((peer for peer in found if peer.host), None)

    def caller(self, ae_title: str, address: str) -> Peer | None:
        """The peer that calls itself so and calls from there; None for a stranger."""
        with self._trail.read() as connection:
            found = store.peers_called(connection, ae_title.strip())
        return next(
            (peer for peer in found if peer.host and policy.is_address(address, self._addresses(peer.host))), None
        )

    def grant(self, caller: Peer) -> PeerGrant | None:
        """What a caller that was recognised may at this moment; None where it is no longer in the directory."""
        with self._trail.read() as connection:
            found = store.peer(connection, caller.name)
        if found is None or (found.ae_title, found.host) != (caller.ae_title, caller.host):
            return None
        return PeerGrant(found.name, found.services)

    def _addresses(self, host: str) -> Sequence[str]:
        """What a host name stands for, remembered for a minute, since a name server may be slow."""
        now = time.monotonic()
        with self._resolving:
            known = self._resolved.get(host)
            if known and now - known[0] < _RESOLVED_FOR:
                return known[1]
        try:
            found = tuple({str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
        except (OSError, UnicodeError):
            found = known[1] if known else ()
        with self._resolving:
            self._resolved[host] = (now, found)
        return found


def _unknown(name: str) -> PeerUnknown:
    return PeerUnknown(f"There is no peer named {name}. `undisc peers list` names those that are.")
