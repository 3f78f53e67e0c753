"""What a message is and how it fares. Values only, no I/O."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from undisc.errors import UndiscError


class Way(StrEnum):
    EMAIL = "email"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. subject: "" for a text. text: plain, with whatever link or code it carries.

    No name, body part or reason is ever in it.
    """

    way: Way
    address: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """How a message stands, as staff may see it. state: waiting | sent | failed | cancelled."""

    id: int
    way: Way
    purpose: str
    shown_to: str
    state: str
    attempts: int
    note: str
    made_at: datetime
    sent_at: datetime | None
    link_id: str | None
    person_id: int | None


def shown(way: Way, address: str) -> str:
    """An address as it may be shown to who knows it already: "j···@example.org", "···42"."""
    if way is Way.TEXT:
        return f"···{address[-2:]}"
    name, _, place = address.partition("@")
    return f"{name[:1]}···@{place}"


_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,22}[0-9]")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\\]{1,64}@[^\s@<>,;:\"()\\]{1,250}")


def is_address(way: Way, address: str) -> bool:
    """Whether a message could be sent there at all: one address, with nothing in it that a mail server or a gateway
    could take for more."""
    if not address.isprintable():
        return False
    if way is Way.TEXT:
        return _PHONE.fullmatch(address) is not None
    return _EMAIL.fullmatch(address) is not None and not address.startswith("-") and ".." not in address


@dataclass(frozen=True, slots=True)
class Taken:
    """Whoever carries it on has confirmed that they have it. note: "", or what staff should know."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """It may be taken the next time. reason: a plain sentence, of our own words alone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """Trying again would not help."""

    reason: str


Carried = Taken | NotYet | Never


class Carrier(Protocol):
    """Carries messages of one way out of the house."""

    def carry(self, letter: Letter, reference: str) -> Carried:
        """reference: the same however often one message is tried, so that others can tell that it is the same."""
        ...


class MessageUnknown(UndiscError):
    """No message here has that number."""


class MessageRefused(UndiscError):
    """A message is in no state for what was asked; the text is a plain sentence for the person who asked."""
