"""The network side: connections that cannot stall, flood or outnumber the others, each served by an association."""

import socket
import socketserver
import ssl
import threading
import time
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

import structlog
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AddressInformation, AssociationSocket, RequestHandler, ThreadedAssociationServer

from undisc.dimse.association import ServedAssociation
from undisc.dimse.services import DimseServices

_LONGEST_ASSOCIATE_RQ = 1 << 20
_MOST_DRAINED = 4 << 20
_READ_AT_ONCE = 1 << 17

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """associations: at once; per_address: of one caller's address; seconds: how long one PDU may take to come whole."""

    associations: int
    per_address: int
    pdu_bytes: int
    seconds: float


class GuardedSocket(AssociationSocket):
    """Reads each PDU at once, within a limit on its length and on the time that it takes."""

    assoc: ServedAssociation  # type: ignore[assignment]

    def __init__(self, assoc: ServedAssociation, client: socket.socket, limits: Limits) -> None:
        super().__init__(assoc, client_socket=client)
        self._most = max(limits.pdu_bytes + 64, _LONGEST_ASSOCIATE_RQ)
        self._seconds = limits.seconds
        self._drained = 0
        self._held = bytearray()
        client.settimeout(limits.seconds)

    @property
    def ready(self) -> bool:
        """Whether there is anything to read; waits a little for it.

        Of a caller who was told to go (Sta13), only so much is waited out.
        """
        given = self.socket
        if given is None or not self._is_connected or self._drained >= _MOST_DRAINED:
            return False
        if self._held:
            return True
        try:
            return self.assoc.bell.wait_for(given)
        except (OSError, ValueError):
            self.event_queue.put("Evt17")
            return False

    def recv(self, nr_bytes: int) -> bytearray:
        if nr_bytes > self._most:
            raise OSError("a PDU longer than was agreed")  # the length is a claim; nothing is set aside for it
        given, held = self.socket, self._held
        until = time.monotonic() + self._seconds
        while len(held) < nr_bytes and given is not None:
            # Many senders send PDUs of 16 KB: several are read at once.
            more = given.recv(max(nr_bytes - len(held), _READ_AT_ONCE))
            if not more:
                break
            held += more
            _acknowledge_now(given)
            if len(held) < nr_bytes and time.monotonic() > until:
                raise TimeoutError("a PDU that does not end")
        data = held[:nr_bytes]
        del held[:nr_bytes]
        if self.assoc.dul.state_machine.current_state == "Sta13":
            self._drained += len(data)
        return data

    def send(self, bytestream: bytes) -> None:
        given = self.socket
        try:
            if given is None:
                raise OSError("the connection is closed")
            given.sendall(bytestream)
        except OSError:
            self.event_queue.put("Evt17")


def _acknowledge_now(given: socket.socket) -> None:
    # Senders such as storescu write a command and its data set as two small writes: the second waits for the first's
    # acknowledgement (Nagle), which Linux would hold back for 40 ms. The option lasts for one segment only.
    quick = getattr(socket, "TCP_QUICKACK", None)
    if quick is not None:
        try:
            given.setsockopt(socket.IPPROTO_TCP, quick, 1)
        except OSError:
            return


class Connection(RequestHandler):
    """One connection, from its acceptance to its association's start; runs in a thread of its own."""

    server: "Server"  # type: ignore[assignment]

    def handle(self) -> None:
        client = cast(socket.socket, self.request)
        client.settimeout(self.server.limits.seconds)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.tls is not None:
            try:
                client = self.request = self.server.tls.wrap_socket(client, server_side=True)
            except (OSError, ValueError) as error:
                log.info("no TLS agreed", address=self.client_address[0], kind=type(error).__name__)
                self.server.let_go(self.client_address[0])
                self.server.shutdown_request(self.request)
                return
        assoc = self._create_association()
        evt.trigger(assoc, evt.EVT_CONN_OPEN, {"address": self.client_address})
        assoc.start()

    def _create_association(self) -> ServedAssociation:
        server = self.server
        caller = self.client_address[0]
        assoc = ServedAssociation(
            self.ae,
            server.services,
            connections=server.connections_from,
            per_address=server.limits.per_address,
            on_end=lambda: server.let_go(caller),
        )
        assoc._server = server
        assoc.name = f"AcceptorThread {caller}"  # by this name pynetdicom counts the associations of a server
        assoc.set_socket(GuardedSocket(assoc, cast(socket.socket, self.request), server.limits))
        assoc.acceptor.maximum_length = self.ae.maximum_pdu_size
        assoc.acceptor.ae_title = server.ae_title
        assoc.acceptor.address_info = self.local
        assoc.acceptor.implementation_class_uid = self.ae.implementation_class_uid
        assoc.acceptor.implementation_version_name = self.ae.implementation_version_name
        assoc.acceptor.supported_contexts = deepcopy(server.contexts)
        assoc.requestor.address_info = AddressInformation.from_tuple(self.client_address)
        for event, bound in server._handlers.items():
            if event.is_intervention and bound:
                assoc.bind(event, *cast(Any, bound))
            elif not event.is_intervention:
                for handler in cast(Any, bound):
                    assoc.bind(event, handler[0], handler[1])
        return assoc


class Server(ThreadedAssociationServer):
    """Accepts connections; those beyond the limits are closed at once, before anything is read from them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        ae: ApplicationEntity,
        address: tuple[str, int],
        contexts: list[PresentationContext],
        services: DimseServices,
        limits: Limits,
        tls: ssl.SSLContext | None,
        evt_handlers: list[Any],
    ) -> None:
        self.services = services
        self.limits = limits
        self.tls = tls  # not pynetdicom's ssl_context, which would shake hands in the thread that accepts
        self._callers: dict[str, int] = {}
        self._counting = threading.Lock()
        super().__init__(ae, address, ae.ae_title, contexts, None, evt_handlers, Connection)

    def verify_request(self, request: object, client_address: Any) -> bool:
        caller = str(client_address[0])
        with self._counting:
            # Twice as many connections as associations: those beyond get their A-ASSOCIATE-RJ with the reason.
            if self._callers.get(caller, 0) >= 2 * self.limits.per_address or (
                sum(self._callers.values()) >= 2 * self.limits.associations
            ):
                log.warning("too many connections", address=caller)
                return False
            self._callers[caller] = self._callers.get(caller, 0) + 1
        return True

    def let_go(self, caller: str) -> None:
        with self._counting:
            left = self._callers.get(caller, 1) - 1
            if left:
                self._callers[caller] = left
            else:
                self._callers.pop(caller, None)

    def connections_from(self, caller: str) -> int:
        with self._counting:
            return self._callers.get(caller, 0)

    def handle_error(self, request: object, client_address: Any) -> None:
        """The text of an error may quote what was received; its kind does not."""
        log.error("connection failed", address=str(client_address[0]))
        self.let_go(str(client_address[0]))

    def shutdown(self) -> None:
        socketserver.BaseServer.shutdown(self)
        self.server_close()
