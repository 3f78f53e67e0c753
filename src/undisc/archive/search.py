"""Searching: what the doors of the standards ask by, over rows alone."""

import gzip
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from undisc.archive import keys, query, store
from undisc.archive.search_model import Answer, Counted, Level, Question
from undisc.audit.trail import Trail
from undisc.dicom.uid import SeriesUID, StudyUID
from undisc.storage.port import Storage


class Search:
    """Answers from the database; only `described` opens files, and those are derived ones."""

    def __init__(self, storage: Storage, trail: Trail) -> None:
        self._storage = storage
        self._trail = trail

    def study_row(self, study_uid: str) -> int | None:
        """The row of a study; None where it is not here."""
        with self._trail.read() as connection:
            return store.study_by_uid(connection, study_uid)

    def ask(self, question: Question) -> Answer:
        """What is here of what was asked for, with the rows of the levels above and the counts that go with it."""
        with self._trail.read() as connection:
            rows = query.rows(connection, question)
            more, rows = len(rows) > question.most, list(rows[: question.most])
            if question.level is Level.STUDY:
                counted = self._counted(connection, rows, question)
                return Answer(rows, more, {row.id: row for row in rows}, {}, counted)
            if question.level is Level.SERIES:
                series = {row.id: row for row in rows}
            else:
                series = query.series_rows(connection, (row.series_id for row in rows))
            studies = query.study_rows(connection, (row.study_id for row in series.values()))
            counted = query.count_series(connection, series) if question.count else {}
            return Answer(rows, more, studies, series, counted)

    @staticmethod
    def _counted(connection: Connection, rows: Iterable[Any], question: Question) -> dict[int, Counted]:
        ids = (row.id for row in rows)
        return query.count_studies(connection, ids, reports=question.reports) if question.count else {}

    def first_series(self, study_rows: Iterable[int]) -> dict[int, str]:
        """The UID of the series of each study that came first."""
        with self._trail.read() as connection:
            return query.first_series(connection, study_rows)

    def described(self, study_uid: StudyUID, series_uid: SeriesUID) -> dict[str, dict[str, Any]]:
        """The DICOM JSON model of a series' instances by their UIDs, as far as it has been derived."""
        packed = self._storage.read(keys.series_file(study_uid, series_uid, "metadata.json.gz"))
        if packed is None:
            return {}
        models: Iterable[dict[str, Any]] = json.loads(gzip.decompress(packed))
        return {model["00080018"]["Value"][0]: model for model in models}

    def fill_names(self) -> None:
        """Make what names are searched by for rows of a version that kept none; at once where that is done."""
        with self._trail.read() as connection:
            if store.has_names(connection):
                return
        with self._trail.work() as work:
            store.refill_names(work.connection)
