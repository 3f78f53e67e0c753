"""What sharing needs of people and of messages, and no more."""

from datetime import datetime
from typing import Protocol

from undisc.accounts.people.model import Method, PatientKey, Person
from undisc.audit.trail import UnitOfWork
from undisc.messaging.model import Letter, Way


class KnowsPatients(Protocol):
    """The accounts, as whoever proves a patient needs them. All of it happens in the caller's transaction."""

    def person_for_patient(
        self, work: UnitOfWork, key: PatientKey, *, name: str, email: str = "", phone: str = "", language: str = ""
    ) -> Person: ...

    def begin(self, work: UnitOfWork, person_id: int, method: Method, address: str, agent: str) -> tuple[str, int]:
        """A session's token and number."""
        ...


class Sends(Protocol):
    """Messages, put in line with the act that they tell of."""

    def ways(self) -> frozenset[Way]: ...

    def send(
        self,
        work: UnitOfWork,
        letter: Letter,
        purpose: str,
        *,
        link_id: str | None = None,
        person_id: int | None = None,
        not_before: datetime | None = None,
    ) -> int: ...
