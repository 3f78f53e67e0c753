"""Searches in SQL, alike on SQLite and PostgreSQL; whatever is asked for is bound, never written into a statement."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select, true

from undisc.archive import names
from undisc.archive.policy import REPORTS
from undisc.archive.search_model import (
    AnyOf,
    Between,
    Condition,
    Counted,
    Field,
    Level,
    Like,
    Named,
    NameWords,
    Question,
    Span,
)
from undisc.db.tables import instances, series, studies, study_names

# Any series of a study, where the series asked for may be another.
_any_series = series.alias()
_LAST_CHARACTER = "\U0010ffff"
_AFTER_DIGITS = "~"
_AT_ONCE = 5000
_TABLE = {Level.STUDY: studies, Level.SERIES: series, Level.INSTANCE: instances}
_NAMES = {"patient_name": names.PATIENT, "referring": names.REFERRING}
_INDEXED = frozenset({"patient_id", "accession", "scheduled_step", "requested_procedure"})
_STUDY_ORDER = (studies.c.study_date.desc(), studies.c.study_time.desc(), studies.c.id.desc())
_SERIES_ORDER = (series.c.number.nulls_last(), series.c.id)
_INSTANCE_ORDER = (instances.c.number.nulls_last(), instances.c.id)

# A series is told with the study it is in, and an instance with its series, by their rows' ids.
_STUDY_ROWS = select(studies).where(studies.c.emptied.is_(False))
_SERIES_ROWS = select(series).where(series.c.emptied.is_(False))
_INSTANCE_ROWS = select(
    instances.c.id,
    instances.c.series_id,
    instances.c.sop_uid,
    instances.c.sop_class,
    instances.c.number,
    instances.c.rows,
    instances.c.columns,
    instances.c.bits_allocated,
    instances.c.frames,
)


def rows(connection: Connection, question: Question) -> Sequence[Row[Any]]:
    """The rows that answer a question, in order, and one more than were asked for where there are more."""
    clauses = [_clause(connection.dialect.name, field, condition) for field, condition in question.conditions]
    if question.studies is not None:
        clauses.append(studies.c.id.in_(sorted(question.studies)))
    if not question.reports and question.level is not Level.STUDY:
        clauses.append(_without_reports())
    statement = _statement(question.level)
    if not question.offset and not any(field.kind == "modalities" for field, _ in question.conditions):
        return connection.execute(_page(statement, question, clauses)).all()
    # What is passed over, or asked for its series, is looked at in indexes alone; whole rows are read of the page.
    ids = _TABLE[question.level].c.id
    page = _page(statement.with_only_columns(ids), question, clauses).correlate(None)
    return connection.execute(statement.where(ids.in_(page))).all()


def _page(statement: Select[Any], question: Question, clauses: list[ColumnElement[bool]]) -> Select[Any]:
    statement = statement.where(and_(true(), *clauses))
    if question.level is not Level.STUDY and question.studies is None and not _narrow(question):
        # Left to itself, SQLite would go through all series there are, and then sort them.
        statement = statement.with_hint(studies, "INDEXED BY ix_studies_newest", "sqlite")
    return statement.limit(question.most + 1).offset(question.offset)


def _narrow(question: Question) -> bool:
    """Whether a condition leads to few rows by an index of its own."""
    return any(field.kind in ("uid", "name") or field.column in _INDEXED for field, _ in question.conditions)


def _statement(level: Level) -> Select[*tuple[Any, ...]]:
    if level is Level.STUDY:
        return _STUDY_ROWS.order_by(*_STUDY_ORDER)
    if level is Level.SERIES:
        return _SERIES_ROWS.join(studies, series.c.study_id == studies.c.id).order_by(*_STUDY_ORDER, *_SERIES_ORDER)
    return (
        _INSTANCE_ROWS.join(series, instances.c.series_id == series.c.id)
        .join(studies, series.c.study_id == studies.c.id)
        .order_by(*_STUDY_ORDER, *_SERIES_ORDER, *_INSTANCE_ORDER)
    )


def has_reports(connection: Connection, series_row: int) -> bool:
    """Whether a series holds what tells of pictures and is none."""
    return bool(connection.scalar(select(exists().where(instances.c.series_id == series_row, _is_report()))))


def _without_reports() -> ColumnElement[bool]:
    """Holds for series, and for what is in them, where none of it tells of pictures."""
    told = instances.alias()
    told_by = or_(*(told.c.sop_class.startswith(prefix, autoescape=True) for prefix in REPORTS))
    return ~exists().where(told.c.series_id == series.c.id, told_by)


def _is_report() -> ColumnElement[bool]:
    return or_(*(instances.c.sop_class.startswith(prefix, autoescape=True) for prefix in REPORTS))


def study_rows(connection: Connection, ids: Iterable[int]) -> dict[int, Any]:
    return _by_id(connection, _STUDY_ROWS, studies.c.id, ids)


def series_rows(connection: Connection, ids: Iterable[int]) -> dict[int, Any]:
    return _by_id(connection, _SERIES_ROWS, series.c.id, ids)


def _by_id(connection: Connection, statement: Select[Any], column: ColumnElement[int], ids: Iterable[int]) -> Any:
    found: dict[int, Any] = {}
    for some in _pages(ids):
        found.update((row.id, row) for row in connection.execute(statement.where(column.in_(some))))
    return found


def _pages(ids: Iterable[int]) -> Iterator[list[int]]:
    every = sorted(set(ids))
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))


def first_series(connection: Connection, study_ids: Iterable[int]) -> dict[int, str]:
    first = select(func.min(series.c.id)).where(series.c.emptied.is_(False)).group_by(series.c.study_id)
    found: dict[int, str] = {}
    for some in _pages(study_ids):
        statement = select(series.c.study_id, series.c.series_uid).where(
            series.c.id.in_(first.where(series.c.study_id.in_(some)))
        )
        found.update((row.study_id, row.series_uid) for row in connection.execute(statement))
    return found


def count_studies(connection: Connection, ids: Iterable[int], *, reports: bool = True) -> dict[int, Counted]:
    per_study: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in _counts(connection, series.c.study_id, ids, reports=reports):
        per_study.setdefault(row.study_id, []).append(row)
    return {
        study: Counted(
            len(found), sum(row.how_many for row in found), tuple(sorted({row.modality for row in found} - {""}))
        )
        for study, found in per_study.items()
    }


def count_series(connection: Connection, ids: Iterable[int]) -> dict[int, Counted]:
    return {row.id: Counted(1, row.how_many, (row.modality,)) for row in _counts(connection, series.c.id, ids)}


def _counts(
    connection: Connection, column: ColumnElement[int], ids: Iterable[int], *, reports: bool = True
) -> Iterable[Row[*tuple[Any, ...]]]:
    statement = (
        select(series.c.id, series.c.study_id, series.c.modality, func.count(instances.c.series_id).label("how_many"))
        .outerjoin(instances, instances.c.series_id == series.c.id)
        .where(series.c.emptied.is_(False))
        .group_by(series.c.id, series.c.study_id, series.c.modality)
    )
    if not reports:
        statement = statement.where(_without_reports())
    for some in _pages(ids):
        yield from connection.execute(statement.where(column.in_(some)))


def _clause(dialect: str, field: Field, condition: Condition) -> ColumnElement[bool]:
    if isinstance(condition, Named):
        return and_(*(_name_clause(dialect, field, pattern) for pattern in condition.patterns))
    if isinstance(condition, NameWords):
        return and_(*(_word_clause(field, beginning) for beginning in condition.beginnings))
    if isinstance(condition, Span):
        return _span(condition.dates, condition.times)
    if field.kind == "modalities":
        fits = _text_clause(dialect, _any_series.c.modality, condition)
        shown = _any_series.c.emptied.is_(False)
        return select(_any_series.c.id).where(_any_series.c.study_id == studies.c.id, shown, fits).exists()
    column = _TABLE[field.level].c[field.column]
    if isinstance(condition, Between):
        return _between(column, condition)
    if field.kind == "time" and isinstance(condition, AnyOf):
        return or_(*(_between(column, Between(str(value), str(value))) for value in condition.values))
    return _text_clause(dialect, column, condition)


def _text_clause(dialect: str, column: ColumnElement[Any], condition: Condition) -> ColumnElement[bool]:
    if isinstance(condition, AnyOf):
        values = condition.values
        return column == values[0] if len(values) == 1 else column.in_(values)
    assert isinstance(condition, Like)
    return _like(dialect, column, condition.pattern)


def _like(dialect: str, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Whether a text is as a pattern says. What comes before the first wild card also bounds it, for the index."""
    start = min((pattern.index(mark) for mark in "*?" if mark in pattern), default=len(pattern))
    fixed = pattern[:start]
    if start == len(pattern):
        return column == pattern
    within = and_(column >= fixed, column < fixed + _LAST_CHARACTER) if fixed else true()
    if pattern == fixed + "*":
        return within
    if dialect == "sqlite":
        # LIKE would not tell upper from lower case here. A bracket would begin a set.
        return and_(within, column.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]")))
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return and_(within, column.like(escaped.replace("*", "%").replace("?", "_"), escape="\\"))


def _name_clause(dialect: str, field: Field, pattern: str) -> ColumnElement[bool]:
    return _with_name(_NAMES[field.column], _like(dialect, study_names.c.text, pattern))


def _word_clause(field: Field, beginning: str) -> ColumnElement[bool]:
    text = study_names.c.text
    return _with_name(_NAMES[field.column] + 1, and_(text >= beginning, text < beginning + _LAST_CHARACTER))


def _with_name(kind: int, clause: ColumnElement[bool]) -> ColumnElement[bool]:
    return studies.c.id.in_(select(study_names.c.study_id).where(study_names.c.kind == kind, clause))


def _between(column: ColumnElement[str], bounds: Between) -> ColumnElement[bool]:
    clauses: list[ColumnElement[bool]] = [column != ""]  # what has no value lies in no range
    if bounds.low:
        clauses.append(column >= _loosened(bounds.low))
    if bounds.high:
        clauses.append(column <= bounds.high + _AFTER_DIGITS)
    return and_(*clauses)


def _loosened(low: str) -> str:
    """A beginning that a value given with fewer digits reaches as well: 101500 is 1015, and 100000 is 10."""
    while len(low) in (4, 6) and low.endswith("00"):
        low = low[:-2]
    return low


def _span(dates: Between, times: Between) -> ColumnElement[bool]:
    date, time = studies.c.study_date, studies.c.study_time
    clauses = [_between(date, dates)]
    if dates.low and times.low:
        clauses.append(or_(date > dates.low, time >= _loosened(times.low)))
    if dates.high and times.high:
        clauses.append(or_(date < dates.high, time <= times.high + _AFTER_DIGITS))
    return and_(*clauses)
