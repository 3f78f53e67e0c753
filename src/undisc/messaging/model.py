"""What a message is and how it fares. Values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
