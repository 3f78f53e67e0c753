"""The minimal lower layer protocol (MLLP, HL7 v2 transport): one message, one answer, for callers that are allowed."""

import ipaddress
import itertools
import secrets
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast

import structlog

from undisc.hl7.er7 import MOST_BYTES, NoMessage, acknowledge, read_message
from undisc.hl7.handling import Handling

_START, _END, _RETURN = b"\x0b", b"\x1c", b"\r"
_CHUNK = 1 << 16
_MOST_CALLERS = 16
_SECONDS = 600.0  # of silence: interface engines keep their connections open

log = structlog.get_logger()

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Hl7Server(socketserver.ThreadingTCPServer):
    """Listens as soon as it is made. Raises OSError where the address cannot be had."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handling: Handling, allowed: Sequence[Network]) -> None:
        self.handling = handling
        self.allowed = allowed
        self.places = threading.BoundedSemaphore(_MOST_CALLERS)
        self.run = secrets.token_hex(4)
        self.numbers = itertools.count(1)
        super().__init__(address, _Caller)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller's trouble ends its own connection. No traceback: one could quote a patient."""
        log.warning("hl7 connection failed")


class _Caller(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = cast(Hl7Server, self.server)
        address = ipaddress.ip_address(str(self.client_address[0]).partition("%")[0])
        if not any(address.version == network.version and address in network for network in server.allowed):
            log.warning("hl7 caller refused", address=str(address))
            return
        if not server.places.acquire(blocking=False):
            log.warning("hl7 caller refused: too many at once")
            return
        try:
            self._talk(server, f"hl7:{address}")
        finally:
            server.places.release()

    def _talk(self, server: Hl7Server, caller: str) -> None:
        self.request.settimeout(_SECONDS)
        waiting = b""
        while True:
            try:
                part = self.request.recv(_CHUNK)
            except OSError:
                return
            if not part:
                return
            waiting += part
            while (end := waiting.find(_END)) >= 0:
                block, waiting = waiting[:end], waiting[end + 1 :].removeprefix(_RETURN)
                start = block.rfind(_START)
                if start >= 0:  # what stands before it is noise
                    self.request.sendall(_START + self._answer(server, block[start + 1 :], caller) + _END + _RETURN)
            if len(waiting) > MOST_BYTES:
                self.request.sendall(_START + self._refusal(server, "The message is too long.") + _END + _RETURN)
                return

    def _answer(self, server: Hl7Server, block: bytes, caller: str) -> bytes:
        try:
            message = read_message(block)
        except NoMessage as reason:
            return self._refusal(server, str(reason))
        try:
            answer = server.handling.take(message, caller)
        except Exception as error:  # whatever it is, the sender has to keep its message, and to send it again
            log.error("hl7 message failed", kind=type(error).__name__)
            return acknowledge(message, "AE", "It could not be kept now. Send it again later.", *_marks(server))
        log.info("hl7 message", code=answer.code)
        return acknowledge(message, answer.code, answer.text, *_marks(server))

    def _refusal(self, server: Hl7Server, text: str) -> bytes:
        return acknowledge(None, "AR", text, *_marks(server))


def _marks(server: Hl7Server) -> tuple[str, str]:
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}", f"{server.run}{next(server.numbers)}"


@contextmanager
def opened(handling: Handling, host: str, port: int, allowed: Sequence[Network]) -> Iterator[int]:
    """Answers for as long as the block lasts; gives the port. Raises OSError where the address cannot be had."""
    server = Hl7Server((host, port), handling, allowed)
    threading.Thread(target=server.serve_forever, name="hl7", daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
