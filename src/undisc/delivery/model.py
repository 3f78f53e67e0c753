"""Whom we exchange studies with, and what became of each exchange. Values only."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from undisc.accounts.model import Service
from undisc.errors import UndiscError


class PeerRefused(UndiscError):
    """A peer cannot be added or changed as asked; the text is a plain sentence for the person who asked."""


class PeerUnknown(UndiscError):
    """No peer here has that name."""


class PeerUnreachable(UndiscError):
    """A peer does not answer, or will not talk to us; the text says which, without naming a patient."""


class NothingFound(UndiscError):
    """The peer has no study that answers to what was asked for."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another system. web_url: its DICOMweb root, "" where it speaks DIMSE; then ae_title, host and port are empty.

    token_file: a local file whose first line is the bearer token for web_url, "" where none is wanted. services: what
    it may ask of our DICOM port; over DICOMweb a system shows a token of its own.
    """

    name: str
    ae_title: str = ""
    host: str = ""
    port: int = 0
    tls: bool = False
    web_url: str = ""
    token_file: str = ""
    services: frozenset[Service] = frozenset(Service)

    @property
    def address(self) -> str:
        """How people read it: AE@host:port, or the URL."""
        if self.web_url and not self.host:
            return self.web_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.ae_title}@{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files. certificate and key are who we are; authorities are whom we believe (None: the system's own)."""

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """How we call others: our AE title, our TLS files, and how many seconds each kind of waiting may last."""

    ae_title: str
    tls: TlsFiles = field(default_factory=TlsFiles)
    connect_seconds: float = 10.0
    acse_seconds: float = 30.0
    dimse_seconds: float = 120.0
    network_seconds: float = 120.0
    pdu_bytes: int = 262_144


class Direction(StrEnum):
    SEND = "send"
    PULL = "pull"


class State(StrEnum):
    """confirmed: the other side (or we, when pulling) said that it is kept."""

    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Part:
    """How one instance of a transfer ended."""

    sop_uid: str
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The account of one study's transfer; confirmed and failed add up to what was to be transferred."""

    direction: Direction
    peer: str
    study_uid: str
    total: int
    confirmed: int
    failed: tuple[Part, ...]
    went_on: int = 0
    """Instances that were confirmed before this run."""


class Watcher(Protocol):
    """Told of progress, an instance at a time."""

    def wanted(self, instances: int) -> None: ...

    def done(self, instances: int) -> None: ...


class NobodyWatches:
    def wanted(self, instances: int) -> None:
        """Nobody looks."""

    def done(self, instances: int) -> None:
        """Nobody looks."""
