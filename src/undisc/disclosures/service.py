"""Privacy: what the privacy officer asks of the trail, and what is told to them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from undisc.accounts.people.model import SignedIn
from undisc.audit import searching
from undisc.audit.entries import Entry, Wanted
from undisc.audit.marks import Mark
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.disclosures import store
from undisc.disclosures.accounting import Account
from undisc.disclosures.model import Accounting, Alert, Found, Known, Patient, PersonFacts, Watched
from undisc.disclosures.policy import DISCLOSING, six_years_before

_MOST_FOUND = 20
_A_PAGE = 50
_AT_ONCE = 1000


class Privacy:
    """One object for one database. What an officer looks for is itself an entry in the trail."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    # Whom to ask about

    def patients_like(self, text: str) -> list[Patient]:
        """At most twenty whose ID this is or whose name has these words in it."""
        with self._trail.read() as connection:
            return store.patients_like(connection, text, _MOST_FOUND)

    def people_like(self, text: str) -> list[PersonFacts]:
        with self._trail.read() as connection:
            return store.people_like(connection, text, _MOST_FOUND)

    def patient(self, number: int) -> Patient | None:
        """Whose study has this number."""
        with self._trail.read() as connection:
            return store.patient_of_study(connection, number)

    def person(self, number: int) -> PersonFacts | None:
        with self._trail.read() as connection:
            return store.persons(connection, [number]).get(number)

    # What was done

    def marks_of_patient(self, patient: Patient) -> frozenset[Mark]:
        with self._trail.read() as connection:
            return store.marks_of_patient(connection, patient.key)

    def marks_of_person(self, person_id: int) -> frozenset[Mark]:
        """Of somebody, and of the links by which they looked while they were signed in."""
        with self._trail.read() as connection:
            by_links = {Mark("link", link) for link in store.links_of_person(connection, person_id)}
        return frozenset({Mark("person", str(person_id))} | by_links)

    def page(self, wanted: Wanted) -> Found:
        """Fifty entries, the newest first."""
        with self._trail.read() as connection:
            entries = searching.newest(connection, wanted, _A_PAGE + 1)
            shown = tuple(entries[:_A_PAGE])
            known = store.known_of(connection, shown)
        return Found(shown, known, shown[-1].seq if len(entries) > _A_PAGE else None)

    def walk(self, wanted: Wanted) -> Iterator[tuple[Entry, Known]]:
        """Every entry, the oldest first, each with what is known of those it names.

        Some at a time, so that nobody who reads slowly keeps the database from tidying itself.
        """
        after = wanted.after
        while True:
            with self._trail.read() as connection:
                some = list(islice(searching.oldest_first(connection, replace(wanted, after=after)), _AT_ONCE))
                known = store.known_of(connection, some)
            yield from ((entry, known) for entry in some)
            if len(some) < _AT_ONCE:
                return
            after = some[-1].seq

    def note_searched(self, me: SignedIn, wanted: Wanted, patient: Patient | None = None) -> None:
        """Put into the trail that an officer read in it (PS3.15 A.5.3.3, Audit Log Used)."""
        subject = {"study": patient.number} if patient else {}
        span = {name: at.isoformat() for name, at in (("since", wanted.since), ("until", wanted.until)) if at}
        with self._trail.work() as work:
            work.audit(Act("trail-read", me.actor, {**subject, **span}))

    def note_exported(self, actor: str, form: str, since: datetime | None) -> None:
        """Put into the trail that a part of it was given out."""
        with self._trail.work() as work:
            work.audit(Act("trail-exported", actor, {"form": form, "since": since.isoformat() if since else None}))

    def accounting(self, patient: Patient, by: str) -> Accounting:
        """What left of a patient in six years; that it was asked for is in the trail."""
        now = self._clock.now()
        since = six_years_before(now)
        with self._trail.read() as connection:
            marks = store.marks_of_patient(connection, patient.key)
            account = Account(patient.key, store.glasses_of_patient(connection, patient.key))
        wanted = Wanted((marks,), DISCLOSING | {"link-opened"}, since)
        for entry, known in self.walk(wanted):
            if entry.action == "link-opened":
                account.note_opening(entry)
            else:
                account.add(entry, known)
        with self._trail.work() as work:
            work.audit(Act("accounting-made", by, {"study": patient.number}))
        disclosures, own = account.disclosures()
        return Accounting(patient, since, now, tuple(disclosures), own)

    # Alerts and watched patients

    def alerts(self, *, unseen: bool = False) -> tuple[list[Alert], Known]:
        """At most two hundred, the newest first, with what is known of those they are about."""
        with self._trail.read() as connection:
            found = store.alerts_of(connection, unseen=unseen, most=200)
            told = [Entry(0, alert.at, "", str(alert.subject.get("actor", "")), alert.subject) for alert in found]
            return found, store.known_of(connection, told)

    def unseen_alerts(self) -> int:
        with self._trail.read() as connection:
            return store.unseen_alerts(connection)

    def see_alert(self, number: int, me: SignedIn) -> bool:
        def act(work: UnitOfWork) -> bool:
            if not store.see_alert(work.connection, number, me.actor, work.clock.now()):
                return False
            work.audit(Act("alert-seen", me.actor, {"alert": number}))
            return True

        return self._trail.run(act)

    def watched(self) -> list[Watched]:
        with self._trail.read() as connection:
            return store.watched(connection)

    def watch(self, patient: Patient, me: SignedIn) -> bool:
        """Have every look at a patient told from now on; False where it is already."""

        def act(work: UnitOfWork) -> bool:
            number = store.watch(work.connection, patient.key, me.actor, work.clock.now())
            if number is not None:
                work.audit(Act("patient-watched", me.actor, {"watch": number, "study": patient.number}))
            return number is not None

        return self._trail.run(act)

    def stop_watching(self, number: int, me: SignedIn) -> bool:
        def act(work: UnitOfWork) -> bool:
            if not store.stop_watching(work.connection, number):
                return False
            work.audit(Act("patient-unwatched", me.actor, {"watch": number}))
            return True

        return self._trail.run(act)

    # The chain

    def head(self) -> tuple[int, str]:
        """The number and the seal of the last entry."""
        with self._trail.read() as connection:
            return searching.head(connection)
