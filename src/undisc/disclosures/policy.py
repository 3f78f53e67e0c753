"""Decisions about what left and what is out of the ordinary, from plain values."""

from collections.abc import Collection
from datetime import datetime

LOOKS = frozenset({"series-viewed", "document-viewed"})
"""Somebody saw pictures or a report."""

LEAVING = frozenset(
    {
        "download-started",
        "instance-downloaded",
        "health-link-read",
        "study-retrieved",
        "instances-sent",
        "exported",
        "medium-fetched",
        "published",
    }
)
"""Pictures went out of the house."""

DISCLOSING = LOOKS | LEAVING

WRONG = frozenset({"passcode-wrong", "code-wrong", "birth-date-wrong", "sign-in-failed"})
"""Somebody guessed, or forgot."""

YEARS_KEPT = 6
"""For how long entries are kept at least (45 CFR 164.316(b)(2)(i), 164.528(a)(1)). Nothing here deletes one at all."""

LEAST_UNUSUAL = 20
_TIMES_USUAL = 3
MOST_WRONG_AN_HOUR = 20


def six_years_before(now: datetime) -> datetime:
    """The beginning of what a patient may ask about (45 CFR 164.528(a)(1))."""
    try:
        return now.replace(year=now.year - YEARS_KEPT)
    except ValueError:  # the 29th of February
        return now.replace(year=now.year - YEARS_KEPT, day=28)


def is_unusual(today: int, days_before: Collection[int]) -> bool:
    """Whether somebody looks at far more patients than they do. today: how many patients in 24 hours. days_before: how
    many on each of the days before on which they looked at any.

    Never below twenty; from there on where it is more than three times what they did on their usual day.
    """
    usual = sum(days_before) / len(days_before) if days_before else 0.0
    return today >= LEAST_UNUSUAL and today > _TIMES_USUAL * usual


def is_guessing(wrong_in_an_hour: int) -> bool:
    return wrong_in_an_hour >= MOST_WRONG_AN_HOUR
