"""How far deriving has come, in SQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select, update

from undisc.db.tables import instances, series

_AT_ONCE = 500  # databases limit how many values one statement may carry


def set_derived(connection: Connection, results: Sequence[tuple[int, str, str, int | None]]) -> None:
    """Note what deriving came to: (instance, state, note, frames where the decoder counted them)."""
    statement = (
        update(instances)
        .where(instances.c.id == bindparam("instance"))
        .values(
            derived=bindparam("state"),
            derive_note=bindparam("note"),
            frames=func.coalesce(bindparam("counted"), instances.c.frames),
        )
    )
    rows = [
        {"instance": instance, "state": state, "note": note, "counted": counted}
        for instance, state, note, counted in results
    ]
    connection.execute(statement, rows)


def set_series_derived(connection: Connection, series_row: int, edition: int, count: int, hanging: str) -> None:
    """Note how many instances the series' files tell of, unless some of them were rejected in the meantime.

    hanging: what archive.hanging tells of it, as JSON; "" for a series without pictures.
    """
    same = (series.c.id == series_row) & (series.c.edition == edition)
    connection.execute(update(series).where(same).values(derived_from=count, hanging=hanging))


def forget_derived(connection: Connection) -> None:
    """Mark everything derived as to be made again."""
    connection.execute(update(instances).where(instances.c.derived != "none").values(derived="pending"))
    # What was made is shown until it is made again, except where it tells of what was rejected since.
    connection.execute(update(series).where(series.c.derived_from > 0).values(derived_from=-1))


def is_any_pending(connection: Connection) -> bool:
    """Whether anything waits to be derived; looks at no more than a row of an index."""
    return connection.scalar(select(instances.c.id).where(instances.c.derived == "pending").limit(1)) is not None


def unfinished_series(connection: Connection) -> list[int]:
    """Series whose derived files do not yet tell of all their instances."""
    pending = select(instances.c.series_id).where(instances.c.derived == "pending", instances.c.series_id.is_not(None))
    counted = (
        select(series.c.id)
        .join(instances, instances.c.series_id == series.c.id)
        .group_by(series.c.id, series.c.derived_from)
        .having(func.count() != series.c.derived_from)
    )
    return list(connection.scalars(pending.union(counted)))


def states_beside(connection: Connection, series_rows: Sequence[int]) -> set[int]:
    """Series of presentation states in the studies of these series."""
    found: set[int] = set()
    for at in range(0, len(series_rows), _AT_ONCE):
        studies = select(series.c.study_id).where(series.c.id.in_(series_rows[at : at + _AT_ONCE]))
        found.update(
            connection.scalars(select(series.c.id).where(series.c.modality == "PR", series.c.study_id.in_(studies)))
        )
    return found
