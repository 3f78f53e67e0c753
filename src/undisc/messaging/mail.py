"""E-mail over SMTP with TLS. Nothing a server says is quoted: it could name an address."""

import asyncio
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from undisc.messaging.model import Carried, Letter, Never, NotYet, Taken

_SECONDS = 30.0
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class MailServer:
    """implicit: TLS from the first byte; else STARTTLS, without which nothing is sent unless it is this machine."""

    host: str
    port: int
    implicit: bool
    user: str | None
    password: str | None

    @property
    def is_local(self) -> bool:
        return self.host in _LOCAL


def read_mail_url(url: str) -> MailServer:
    """Of smtps://user:password@host:port or smtp://… Raises ValueError with a plain sentence that quotes nothing."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("its port is no number") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("it is spelled smtps://user:password@host:port, or smtp:// for a server that has STARTTLS")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("nothing stands behind its port; a / ? or # in a password is written as %2F %3F %23")
    implicit = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return MailServer(parts.hostname, port or (465 if implicit else 587), implicit, user, password)


def read_sender(text: str) -> Address:
    """Of "Name <box@place>" or "box@place". Raises ValueError."""
    name, address = parseaddr(text)
    box, _, place = address.rpartition("@")
    if not box or not place or not text.isprintable():
        raise ValueError("it is spelled pictures@clinic.example, or Name <pictures@clinic.example>")
    return Address(name, box, place)


class Mail:
    """One mail server, a connection a message. authorities: who vouches for it, None for the machine's own."""

    def __init__(self, server: MailServer, sender: Address, authorities: Path | None = None) -> None:
        self._server = server
        self._sender = sender
        self._authorities = authorities

    def carry(self, letter: Letter, reference: str) -> Carried:
        import aiosmtplib  # loaded here, since most commands send nothing

        try:
            return asyncio.run(asyncio.wait_for(self._deliver(letter, reference), _SECONDS * 4))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused("The mail server refuses this address", error.recipients[0].code)
        except aiosmtplib.SMTPDataError as error:
            return _refused("The mail server refuses this message", error.code)
        except aiosmtplib.SMTPAuthenticationError:
            return NotYet("The mail server refuses the user or the password of UNDISC_MAIL_URL.")
        except aiosmtplib.SMTPSenderRefused as error:
            return NotYet(f"The mail server refuses the sender's address, UNDISC_MAIL_FROM ({error.code}).")
        except (ssl.SSLError, ssl.CertificateError):
            return NotYet("The mail server's certificate is not one that can be trusted.")
        except aiosmtplib.SMTPException as error:
            if isinstance(error.__cause__, ssl.SSLError):
                return NotYet("The mail server's certificate is not one that can be trusted.")
            return NotYet(f"The mail server cannot be reached, or broke off ({type(error).__name__}).")
        except (OSError, TimeoutError):
            return NotYet("The mail server cannot be reached.")

    async def _deliver(self, letter: Letter, reference: str) -> Carried:
        import aiosmtplib

        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=_SECONDS,
            use_tls=server.implicit,
            start_tls=False,
            tls_context=ssl.create_default_context(cafile=self._authorities),
            # The machine's own name is nobody's business, and an unknown one is taken for a spammer's.
            local_hostname=self._sender.domain,
        )
        await client.connect()
        try:
            if not server.implicit:
                await client.ehlo()
                if client.supports_extension("starttls"):
                    await client.starttls()
                elif not server.is_local:
                    return NotYet("The mail server offers no encryption (STARTTLS); nothing is sent without.")
            if server.user is not None:
                await client.login(server.user, server.password or "")
            options: list[str] = []
            if not letter.address.isascii():
                await client.ehlo()
                if not client.supports_extension("smtputf8"):
                    return Never("The mail server takes no address with letters other than a to z.")
                options = ["SMTPUTF8"]
            message = compose(letter, self._sender, reference).as_bytes()
            await client.sendmail(self._sender.addr_spec, [letter.address], message, mail_options=options)
        finally:
            client.close()
        return Taken()


def compose(letter: Letter, sender: Address, reference: str) -> EmailMessage:
    """The message with its headers; the same however often it is composed, apart from its date."""
    message = EmailMessage(policy=SMTP_POLICY.clone(utf8=not letter.address.isascii()))
    message["From"] = sender
    message["To"] = letter.address
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<undisc.{reference}@{sender.domain}>"
    # Answers of machines (out of office) are of no use to anybody (RFC 3834 5).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, charset="utf-8")
    return message


def _refused(what: str, code: int) -> Carried:
    """By SMTP 4yz means: later, perhaps; 5yz: never (RFC 5321 4.2.1)."""
    return Never(f"{what} ({code}).") if code >= 500 else NotYet(f"{what} for now ({code}).")
