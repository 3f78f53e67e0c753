"""What a browser was asked and has not answered yet: kept sealed, found by the browser's own token alone, used once."""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from undisc.accounts.people import proof_store
from undisc.audit.trail import UnitOfWork
from undisc.keyring import Keyring

_SEALED_FOR = "challenge"


def new_step() -> str:
    """A token that binds a browser's answers to what it was asked."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Challenge:
    person_id: int | None
    data: dict[str, Any]


class Challenges:
    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(
        self,
        work: UnitOfWork,
        step: str,
        purpose: str,
        data: dict[str, Any],
        life: timedelta,
        person: int | None = None,
    ) -> None:
        """Remember what the browser with this token was asked; what it was asked before for the purpose is void."""
        now = work.clock.now()
        proof_store.tidy_challenges(work.connection, now)
        sealed = self._keyring.seal(_SEALED_FOR, json.dumps(data))
        proof_store.set_challenge(work.connection, self._digest(step, purpose), purpose, person, sealed, now + life)

    def look(self, work: UnitOfWork, step: str, purpose: str) -> Challenge | None:
        """What the browser was asked, without using it up."""
        return self._read(work, proof_store.challenge(work.connection, self._digest(step, purpose)) if step else None)

    def take(self, work: UnitOfWork, step: str, purpose: str) -> Challenge | None:
        """What the browser was asked, this one time."""
        found = proof_store.take_challenge(work.connection, self._digest(step, purpose)) if step else None
        return self._read(work, found)

    def _read(self, work: UnitOfWork, row: Any) -> Challenge | None:
        if row is None or row.expires_at <= work.clock.now():
            return None
        opened = self._keyring.open(_SEALED_FOR, row.sealed)
        return None if opened is None else Challenge(row.person_id, json.loads(opened))

    def _digest(self, step: str, purpose: str) -> str:
        return self._keyring.digest("challenge", f"{purpose}:{step}")
