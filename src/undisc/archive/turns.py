"""Turns at the archive's places: two replicas never add to one study, or judge what was half published of it, at once.

The second then finds what the first has committed, and says "duplicate" instead of failing at a unique key.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from undisc.archive.model import Staged, StagedAside
from undisc.db import locks


def take_places(connection: Connection, staged: Sequence[Staged | StagedAside]) -> None:
    """Wait for the turn at every place that these files may go to, and keep it to the transaction's end."""
    names = [_study(item.names.study) if isinstance(item, Staged) else _quarantined(item.sha256) for item in staged]
    locks.take(connection, names)


def take_study(connection: Connection, study_uid: str) -> None:
    locks.take(connection, [_study(study_uid)])


def take_quarantined(connection: Connection, sha256: str) -> None:
    locks.take(connection, [_quarantined(sha256)])


def _study(study_uid: str) -> str:
    return f"study:{study_uid}"


def _quarantined(sha256: str) -> str:
    return f"quarantine:{sha256}"
