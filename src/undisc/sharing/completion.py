"""What follows when a study is complete: its consent is found, and its patient gets a link, as the consent says."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from undisc.archive.arrivals import COMPLETE
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.db import locks
from undisc.jobs.model import Done, Ending, Kind, Later, Running
from undisc.messaging import words
from undisc.messaging.model import Letter, Way, is_address
from undisc.messaging.service import REMINDER
from undisc.sharing import completion_store as store
from undisc.sharing.completion_model import By, Completion, Figures, Left, Stands, WaitingStudy, spread
from undisc.sharing.consent_model import Consent, Purpose
from undisc.sharing.consent_policy import answer
from undisc.sharing.consents import Consents
from undisc.sharing.model import Contact, NewLink
from undisc.sharing.neighbours import Sends

_SYSTEM = "system"
_MOST_SHOWN = 500
_MONTH = timedelta(days=30)
_SHORTEST_TIME_LEFT = timedelta(days=1)


class MakesPatientLinks(Protocol):
    """Links, as they are needed here."""

    def patient_link(
        self, studies: Sequence[int], contact: Contact, by: str, work: UnitOfWork | None = None
    ) -> NewLink: ...


class Completions:
    """One object for one data folder. quiet: None where a study is never taken for complete by itself.

    remind_after: None for no reminder. zone: the place's, in which letters tell dates and a day begins.
    """

    def __init__(
        self,
        trail: Trail,
        clock: Clock,
        consents: Consents,
        links: MakesPatientLinks,
        messaging: Sends,
        *,
        place: str,
        contact: str | None,
        zone: tzinfo,
        quiet: timedelta | None,
        remind_after: timedelta | None,
    ) -> None:
        self._trail = trail
        self._clock = clock
        self._consents = consents
        self._links = links
        self._messaging = messaging
        self._place = place
        self._contact = contact
        self._zone = zone
        self._quiet = quiet
        self._remind_after = remind_after

    # -- for jobs and other systems ----------------------------------------------------------------------------------

    def look(self, study: int) -> datetime | None:
        """Whether a study has been quiet for long enough, and then what follows; and what follows where it was
        complete already. Returns when to look again; None where there is nothing to wait for."""

        def looked(work: UnitOfWork) -> datetime | None:
            self._turn(work, study)
            known = store.one(work.connection, study)
            if known is not None:
                self._follow(work, known)
                return None
            last = store.last_kept(work.connection, study)
            if last is None or self._quiet is None:
                return None
            if work.clock.now() < last + self._quiet:
                return last + self._quiet
            self._complete(work, study, By.QUIET, _SYSTEM)
            return None

        return self._trail.run(looked)

    def said_complete(self, study: int, by: str) -> bool:
        """Somebody ("person:<id>", "operator") or another system ("hl7") says that all of a study has come. False
        where that was known, or the study is not here."""

        def said(work: UnitOfWork) -> bool:
            self._turn(work, study)
            if not store.is_there(work.connection, study) or store.one(work.connection, study) is not None:
                return False
            self._complete(work, study, By.HL7 if by == "hl7" else By.SAID, by)
            return True

        return self._trail.run(said)

    def accession_complete(self, accession: str, by: str) -> int:
        """As `said_complete` for every study of an order. Returns how many are complete by it."""
        if not accession:
            return 0
        with self._trail.read() as connection:
            studies = store.by_accession(connection, accession)
        return sum(self.said_complete(study, by) for study in studies)

    # -- for staff ---------------------------------------------------------------------------------------------------

    def waiting(self) -> list[WaitingStudy]:
        """Studies that are complete and wait for staff, newest first, with the reason."""
        with self._trail.read() as connection:
            found = store.waiting(connection, _MOST_SHOWN)
        return [self._waiting(completion) for completion in found]

    def one(self, study: int) -> Completion | None:
        """How a study stands; None while it is not complete."""
        with self._trail.read() as connection:
            return store.one(connection, study)

    def sent(self, study: int, link_id: str, by: str) -> None:
        """Staff gave the patient a link. A study that was not known to be complete is so from now on."""
        self._settle(study, Stands.SENT, link_id, by)

    def printed(self, study: int, link_id: str, by: str) -> None:
        """As `sent`, on paper."""
        self._settle(study, Stands.PRINTED, link_id, by)

    def dismissed(self, study: int, by: str) -> None:
        """Staff decided that there is nothing to send."""
        self._settle(study, Stands.DISMISSED, None, by)

    def reopened(self, study: int, by: str) -> None:
        """Take `dismissed` back."""

        def reopen(work: UnitOfWork) -> None:
            known = store.one(work.connection, study, lock=True)
            if known is not None and known.state is Stands.DISMISSED:
                store.change(work.connection, study, state=Stands.WAITING.value)
                work.audit(Act("completion-changed", by, {"study": study, "state": Stands.WAITING.value}))

        self._trail.run(reopen)

    def figures(self) -> Figures:
        """From complete to link sent, today and in the last thirty days."""
        now = self._clock.now()
        midnight = now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        with self._trail.read() as connection:
            found = store.since(connection, now - _MONTH)
            waiting = store.count_waiting(connection)
        times = [(at, given - at) for at, given, _ in found if given is not None]
        unsent = sum(at >= midnight and given is None and state == Stands.WAITING for at, given, state in found)
        return Figures(
            today=spread([took for at, took in times if at >= midnight]),
            month=spread([took for _, took in times]),
            waiting=waiting,
            unsent_today=unsent,
        )

    # -- what follows ------------------------------------------------------------------------------------------------

    def _turn(self, work: UnitOfWork, study: int) -> None:
        locks.take(work.connection, [f"completion:{study}"])

    def _complete(self, work: UnitOfWork, study: int, by: By, actor: str) -> None:
        now = work.clock.now()
        store.add(work.connection, study, by, now)
        work.audit(Act("study-complete", actor, {"study": study, "by": by.value}))
        self._follow(work, Completion(study, by, now, None, None, Stands.WAITING))

    def _follow(self, work: UnitOfWork, completion: Completion) -> None:
        """Send the link where a consent says so and none went out yet; leave the rest to staff."""
        if completion.state is not Stands.WAITING or completion.given_at is not None:
            return
        study = completion.study_id
        consent = self._consents.attach_arrived(work, study)
        if consent is None or not answer(consent, Purpose.SEND, work.clock.now()):
            return
        addresses = self._addresses(consent)
        if not addresses:
            return
        form = consent.form
        contact = Contact(
            email=addresses.get(Way.EMAIL, ""),
            phone=addresses.get(Way.TEXT, ""),
            birth_date=store.birth_date(work.connection, study) or form.birth_date,
            language=form.language,
            name=form.patient_name,
        )
        made = self._links.patient_link([study], contact, _SYSTEM, work)
        self._write_to(work, addresses, form.language, made)
        state = Stands.WAITING if "print" in form.ways else Stands.SENT
        now = work.clock.now()
        store.change(work.connection, study, given_at=now, link_id=made.link.id, state=state.value)

    def _write_to(self, work: UnitOfWork, addresses: dict[Way, str], language: str, made: NewLink) -> None:
        until, link = made.link.expires_at, made.link.id
        more = {"contact": self._contact, "zone": self._zone}
        for way, address in addresses.items():
            letter = words.link_letter(way, address, language, self._place, made.url, until, **more)
            self._messaging.send(work, letter, "link", link_id=link)
        if self._remind_after is None:
            return
        at = work.clock.now() + self._remind_after
        if at + _SHORTEST_TIME_LEFT <= until:
            # One, by one way: it waits sealed, since nobody here can make the same link again.
            way, address = next(iter(addresses.items()))
            letter: Letter = words.reminder_letter(way, address, language, self._place, made.url, until, **more)
            self._messaging.send(work, letter, REMINDER, link_id=link, not_before=at)

    def _addresses(self, consent: Consent) -> dict[Way, str]:
        """Where a consent says that the link shall go, and it can."""
        form = consent.form
        named = {
            Way.EMAIL: form.email if "email" in form.ways else "",
            Way.TEXT: form.phone if "text" in form.ways else "",
        }
        able = self._messaging.ways()
        return {way: address for way, address in named.items() if way in able and is_address(way, address)}

    def _waiting(self, completion: Completion) -> WaitingStudy:
        consent = self._consents.of_study(completion.study_id)
        if consent is None:
            return WaitingStudy(completion, Left.NO_CONSENT, None)
        if not answer(consent, Purpose.SEND, self._clock.now()):
            left = Left.NOT_WANTED
        elif "print" in consent.form.ways and (completion.given_at is not None or not self._addresses(consent)):
            left = Left.PRINT
        else:
            left = Left.NO_WAY
        return WaitingStudy(completion, left, consent.id)

    def _settle(self, study: int, state: Stands, link_id: str | None, by: str) -> None:
        def settle(work: UnitOfWork) -> None:
            self._turn(work, study)
            if not store.is_there(work.connection, study):
                return
            known = store.one(work.connection, study, lock=True)
            now = work.clock.now()
            if known is None:
                store.add(work.connection, study, By.SAID, now)
                work.audit(Act("study-complete", by, {"study": study, "by": By.SAID.value}))
            values: dict[str, object] = {"state": state.value}
            if link_id is not None:
                given = known.given_at if known is not None and known.given_at is not None else now
                values |= {"given_at": given, "link_id": link_id}
            store.change(work.connection, study, **values)
            work.audit(Act("completion-changed", by, {"study": study, "state": state.value, "link": link_id}))

        self._trail.run(settle)


def kind(completions: Completions) -> Kind:
    """How studies are looked at when they may be complete."""

    def run(job: Running) -> Ending:
        again = completions.look(job.arguments["study"])
        return Done() if again is None else Later(again)

    return Kind(COMPLETE, run, timedelta(days=2))
