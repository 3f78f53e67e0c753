"""When a session is over, when a proof is fresh, and what an act of one person on another needs. Decisions only."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from undisc.accounts.people.model import WORKERS, Method, Role

SHORTEST_REASON = 10
LONGEST_REASON = 500
FRESH = timedelta(minutes=15)
"""How long a proof is good for what must not be done from a screen that somebody left."""

_BREAKERS = frozenset({Role.STAFF, Role.CLINICIAN})


@dataclass(frozen=True, slots=True)
class Ends:
    """How long sessions last. work: of who works here; idle: without a request; the rest from the sign-in on."""

    work_idle: timedelta = timedelta(minutes=30)
    work: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=12)
    by_link: timedelta = timedelta(hours=12)
    by_key: timedelta = timedelta(days=30)

    def idle_of(self, roles: frozenset[Role]) -> timedelta:
        return self.work_idle if roles & WORKERS else self.idle

    def whole_of(self, roles: frozenset[Role], method: Method) -> timedelta:
        """From sign-in to the end, however busy somebody is."""
        if roles & WORKERS:
            return self.work
        return self.by_key if method is Method.PASSKEY else self.by_link


def stands(*, now: datetime, seen_at: datetime, ends_at: datetime, ended_at: datetime | None, idle: timedelta) -> bool:
    """Whether a session still stands."""
    return ended_at is None and now < ends_at and now < seen_at + idle


def is_fresh(proven_at: datetime, now: datetime) -> bool:
    """Whether somebody showed what only they have so lately that keys, roles and invitations may be changed."""
    return now < proven_at + FRESH


def may_break_glass(roles: frozenset[Role]) -> bool:
    return bool(roles & _BREAKERS)


def network_of(address: str) -> str:
    """By what an address is counted: a home's or a provider's customer has a /64 of IPv6 to himself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "?"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def email_key(email: str) -> str | None:
    """By what an e-mail address is found; None for a text that is none."""
    tidied = email.strip().lower()
    name, at, place = tidied.rpartition("@")
    sound = name and at and "." in place.strip(".") and len(tidied) <= 254 and tidied.isprintable()
    return tidied if sound and not set(tidied) & set(' <>()[],;:\\"\t\r\n') else None
