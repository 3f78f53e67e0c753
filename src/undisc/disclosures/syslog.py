"""Syslog over TLS (RFC 5424, RFC 5425), as IHE's audit trail asks for it (ITI-20)."""

import os
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# Facility 10 (security), severity 5 (notice): RFC 5424 6.2.1.
_PRIORITY = 10 * 8 + 5
_MESSAGE_ID = "DICOM+RFC3881"
_SECONDS = 20.0
_BOM = b"\xef\xbb\xbf"


class NotSent(Exception):
    """Some of it may not have arrived; the text is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Where entries go. authorities: who vouches for it, the machine's own where None; certificate and key: what this
    archive shows, where it shows one."""

    host: str
    port: int
    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def place(self) -> str:
        """As what is remembered of it is kept."""
        return f"syslog:{self.host}:{self.port}"[:64]


def send(collector: Collector, messages: Iterable[tuple[datetime, bytes]], name: str) -> None:
    """Send messages, and wait for the collector to say that the connection ended in order. Raises NotSent.

    Syslog confirms nothing: what was sent before a connection broke is sent again the next time, and so may arrive
    twice, but is not left out. name: of the application, without spaces.
    """
    try:
        context = ssl.create_default_context(cafile=collector.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if collector.certificate:
            context.load_cert_chain(collector.certificate, collector.key)
        with (
            socket.create_connection((collector.host, collector.port), timeout=_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=collector.host) as connection,
        ):
            for at, body in messages:
                connection.sendall(frame(at, body, name))
            _end(connection)
    except ssl.SSLCertVerificationError as error:
        raise NotSent("The collector of the trail shows a certificate that nobody here vouches for.") from error
    except (OSError, ssl.SSLError) as error:
        raise NotSent("The collector of the trail cannot be reached, or hung up.") from error


def frame(at: datetime, body: bytes, name: str) -> bytes:
    """One message with its length before it (RFC 5425 4.3.1)."""
    host = socket.gethostname()[:255] or "-"
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = f"<{_PRIORITY}>1 {when} {host} {name[:48]} {os.getpid()} {_MESSAGE_ID} - ".encode("ascii", "replace")
    whole = head + _BOM + body
    return str(len(whole)).encode() + b" " + whole


def _end(connection: ssl.SSLSocket) -> None:
    try:
        connection.unwrap()  # returns when the other side has ended too, and so has read everything
    except TimeoutError:
        raise
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        pass  # some hang up as soon as they are told
