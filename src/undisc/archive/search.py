"""Searching: what the doors of the standards ask by, over rows alone."""

from undisc.archive import store
from undisc.audit.trail import Trail


class Search:
    """Answers from the database; no file is opened."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def study_row(self, study_uid: str) -> int | None:
        """The row of a study; None where it is not here."""
        with self._trail.read() as connection:
            return store.study_by_uid(connection, study_uid)
