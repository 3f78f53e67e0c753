"""What PostgreSQL needs that SQLite does not."""

from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

# unique_violation, serialization_failure, deadlock_detected: another transaction was there first.
_COLLISIONS = ("23505", "40001", "40P01")


def make_engine(url: str) -> Engine:
    """Raises ValueError, without the URL in its text, for one that is not PostgreSQL's."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("the database's URL is not a URL") from None
    if parsed.drivername not in ("postgresql", "postgresql+psycopg"):
        raise ValueError("the database's URL has to begin with postgresql+psycopg://")
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,  # a database that was restarted costs nobody an error
        connect_args={"application_name": "undisc", "connect_timeout": 10},
        hide_parameters=True,  # parameters hold names of patients, and errors are logged
    )
    event.listen(engine, "connect", _prepare)
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for transactions that see one moment throughout, as SQLite's do."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def is_collision(error: DBAPIError) -> bool:
    """Whether a transaction failed only because another one was there first, so that it may be tried anew."""
    return getattr(error.orig, "sqlstate", None) in _COLLISIONS


@cache
def _text_dumper() -> type[Any]:
    # Loaded here, since with SQLite nobody needs the driver.
    from psycopg.types.string import StrDumperUnknown

    class WithoutNul(StrDumperUnknown):
        """PostgreSQL's text has no place for NUL, which hostile and padded headers do carry."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    return WithoutNul


def _prepare(connection: Any, _record: object) -> None:
    connection.adapters.register_dumper(str, _text_dumper())
    with connection.cursor() as cursor:
        # Said is kept: a server tuned to lose its last commits in a power cut is not for us.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()
