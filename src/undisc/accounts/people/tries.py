"""Tries at whatever can be guessed, counted in the database: for all replicas, and before the guess is looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from undisc.audit.trail import UnitOfWork
from undisc.db.people_tables import tries
from undisc.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Allowed:
    """left: how many tries there are after this one."""

    left: int


@dataclass(frozen=True, slots=True)
class ShutUntil:
    at: datetime


class Tries:
    """Whoever would guess takes a try first; so many who guess at once have no more than one who guesses alone.

    The transaction in which a try is taken has to be committed whatever comes of the guess.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def take(self, work: UnitOfWork, purpose: str, key: str, most: int, within: timedelta) -> Allowed | ShutUntil:
        """One try at `key`: allowed `most` times from the first on, and again when `within` has passed since that one.

        purpose: a short word for what is guessed at; key: whose, or by whom. Neither the key nor anything of it is kept
        readable.
        """
        now = work.clock.now()
        dialect = postgresql if work.connection.dialect.name == "postgresql" else sqlite
        over = tries.c.first_at <= now - within
        statement = dialect.insert(tries).values(key=self._key(purpose, key), count=1, first_at=now)
        statement = statement.on_conflict_do_update(
            index_elements=[tries.c.key],
            set_={
                # Stops one above the most: what is shut need not be counted on.
                "count": case((over, 1), (tries.c.count > most, tries.c.count), else_=tries.c.count + 1),
                "first_at": case((over, now), else_=tries.c.first_at),
            },
        ).returning(tries.c.count, tries.c.first_at)
        count, first_at = work.connection.execute(statement).one()
        return Allowed(most - count) if count <= most else ShutUntil(first_at + within)

    def forget(self, work: UnitOfWork, purpose: str, key: str) -> None:
        """Begin anew: after what was guessed at was shown by who has it."""
        work.connection.execute(delete(tries).where(tries.c.key == self._key(purpose, key)))

    def give_back(self, work: UnitOfWork, purpose: str, key: str) -> None:
        """One try fewer: it was none."""
        row = tries.c.key == self._key(purpose, key)
        work.connection.execute(update(tries).where(row, tries.c.count > 0).values(count=tries.c.count - 1))

    def tidy(self, work: UnitOfWork, older_than: timedelta) -> None:
        """Forget tries that were begun longer ago: who guesses by many names must not fill the table."""
        work.connection.execute(delete(tries).where(tries.c.first_at <= work.clock.now() - older_than))

    def _key(self, purpose: str, key: str) -> str:
        return f"{purpose}:{self._keyring.digest('tries', f'{purpose}:{key}')}"
