"""Days, as forms send them."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def day_of(text: str, zone: ZoneInfo) -> datetime | None:
    """The end of a day (YYYY-MM-DD) at the place; None for what is none."""
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59), zone).astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return None
