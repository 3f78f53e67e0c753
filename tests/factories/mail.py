"""A real mail server and a real gateway for text messages, on ports of their own, with a certificate of their own."""

import json
import ssl
import threading
from asyncio import Transport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Mailbox:
    """What came by mail. answer: what is said to each recipient, or to the message itself, instead of yes."""

    came: list[EmailMessage] = field(default_factory=list)
    to_recipient: str = ""
    to_message: str = ""
    hang_up: bool = False

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        if self.to_message:
            return self.to_message
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.came.append(message)
        if self.hang_up:  # it has the message, and never says so
            assert isinstance(server.transport, Transport)
            server.transport.abort()
        return "250 OK"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "server.pem", folder / "server.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, secret


def _context(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


@contextmanager
def running_mail(
    mailbox: Mailbox,
    port: int,
    files: tuple[Path, Path] | None = None,
    *,
    implicit: bool = False,
    login: tuple[str, str] | None = None,
    ascii_only: bool = False,
) -> Iterator[None]:
    """files: certificate and key, for STARTTLS, or for TLS from the first byte; without, it speaks no TLS.

    ascii_only: it takes no address with other letters.
    """

    def authenticate(server: SMTP, session: Any, envelope: Any, mechanism: str, shown: Any) -> AuthResult:
        assert isinstance(shown, LoginPassword)
        right = login is not None and (shown.login, shown.password) == (login[0].encode(), login[1].encode())
        return AuthResult(success=right, handled=False)

    more: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if login else {}
    if files and implicit:
        more |= {"ssl_context": _context(files), "auth_require_tls": False}
    elif files:
        more |= {"tls_context": _context(files), "require_starttls": True}
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=port, ready_timeout=20, enable_SMTPUTF8=not ascii_only, **more
    )
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@dataclass
class TextGateway:
    """What was posted to it. status: what it answers, in turn; 200 when there is no more."""

    came: list[tuple[dict[str, Any], dict[str, str]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    place: str = ""

    @property
    def texts(self) -> list[dict[str, Any]]:
        return [body for body, _ in self.came]


@contextmanager
def running_gateway(gateway: TextGateway, port: int, files: tuple[Path, Path] | None = None) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            gateway.came.append((body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(gateway.statuses.pop(0) if gateway.statuses else 200)
            if gateway.place:
                self.send_header("Location", gateway.place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if files:
        server.socket = _context(files).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
