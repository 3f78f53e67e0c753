"""Decisions about messages, from plain values."""

from datetime import datetime, timedelta

from undisc.messaging.model import Carried, Never, NotYet

PATIENCE = timedelta(days=2)
"""For how long a message is tried again before it is given up."""

CODE_LIVES = timedelta(minutes=10)
"""A code that arrives later than this is of no use to anybody."""


def good_until(purpose: str, due: datetime) -> datetime:
    """Until when it is worth sending."""
    return due + (CODE_LIVES if purpose == "code" else PATIENCE)


def stale(purpose: str, due: datetime, now: datetime) -> str:
    """Why it is not sent any more; "" while it is."""
    if now < good_until(purpose, due):
        return ""
    return "The code in it is over." if purpose == "code" else "It could not be sent for two days."


def settled(carried: Carried, purpose: str, due: datetime, now: datetime) -> Carried:
    """What an attempt amounts to: one that may succeed later counts as the last where there is no later."""
    if isinstance(carried, NotYet) and stale(purpose, due, now):
        return Never(carried.reason)
    return carried
