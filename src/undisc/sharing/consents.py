"""Consents, as the doors and what sends links use them: sign, put on a study, withdraw, ask."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from undisc.accounts.people.model import PatientKey
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.db import locks
from undisc.sharing import consents_store, store
from undisc.sharing.consent_model import (
    Belongs,
    Candidate,
    Consent,
    ConsentForm,
    Doubtful,
    Given,
    Lacking,
    Look,
    Purpose,
    Sign,
    State,
    StudyIdentity,
    Waiting,
    Withdrawn,
)
from undisc.sharing.consent_policy import answer, match, says_the_same

SYSTEM = "system"
MOST_SHOWN = 200
"""A list of forms ends after so many, the newest."""

_TWICE = timedelta(minutes=10)
_MOST_CANDIDATES = 25


class Consents:
    """One object for one data folder. Every act and its entry in the trail are one transaction."""

    def __init__(
        self,
        trail: Trail,
        clock: Clock,
        attached: Callable[[UnitOfWork, int], None] = lambda work, study: None,
        *,
        unseen_find_scans: bool = True,
    ) -> None:
        """attached: told of the study that a form was put on, in the transaction in which it was.

        unseen_find_scans: whether a form that nobody who works here has looked at is put on its scan by itself.
        """
        self._trail = trail
        self._clock = clock
        self._attached = attached
        self._unseen_find_scans = unseen_find_scans

    def sign(self, form: ConsentForm, by: str) -> Consent:
        """Keep a signed form, and put it on its study where that has come already.

        The same form, signed at the same place a moment later, is the same consent: buttons are pressed twice. What
        somebody who is signed in enters stands for the forms that wait for the same.
        """

        def kept(work: UnitOfWork) -> Consent:
            now = self._clock.now()
            locks.take(work.connection, [f"consent of {by}"])
            earlier = consents_store.just_signed(work.connection, form, now - _TWICE, by)
            for one in earlier:
                if _same_but_until(one.form, form):
                    return one
            consent = consents_store.add(work.connection, form, now, by)
            work.audit(Act("consent-signed", by, {"consent": consent.id, "version": form.form_version}))
            if not consent.unseen:
                for other in consents_store.waiting_beside(work.connection, consent):
                    self._replace(work, other.id, by)
            for study in consents_store.studies_meant(work.connection, form):
                if isinstance(match(consent, study), Belongs):
                    self.attach_arrived(work, study.id)
            return consents_store.one(work.connection, consent.id) or consent

        return self._trail.run(kept)

    def withdraw(self, consent_id: int, by: str) -> Withdrawn | None:
        """Withdraw a consent: every link to its pictures that others hold stops with it, at once. The patient's own
        goes on. None where there is none to withdraw."""

        def withdrawn(work: UnitOfWork) -> Withdrawn | None:
            now = self._clock.now()
            consent = consents_store.one(work.connection, consent_id)
            if consent is None or not consents_store.withdraw(work.connection, consent_id, by, now):
                return None
            closed = 0
            for link in self._links_under(work, consent):
                if store.revoke(work.connection, link, now):
                    work.audit(Act("revoked", by, {"link": link, "consent": consent_id}))
                    closed += 1
            work.audit(
                Act("consent-withdrawn", by, {"consent": consent_id, "study": consent.study_id, "links": closed})
            )
            after = consents_store.one(work.connection, consent_id)
            assert after is not None
            return Withdrawn(after, closed)

        return self._trail.run(withdrawn)

    def would_close(self, consent_id: int) -> int:
        """How many links of others would stop if this were withdrawn now."""
        with self._trail.work() as work:
            consent = consents_store.one(work.connection, consent_id)
            return 0 if consent is None else len(self._links_under(work, consent))

    def get(self, consent_id: int) -> Consent | None:
        with self._trail.read() as connection:
            return consents_store.one(connection, consent_id)

    def waiting(self) -> list[Waiting]:
        """Those without a scan, newest first, with why a scan that seems to be meant did not get it."""
        found: list[Waiting] = []
        with self._trail.read() as connection:
            for consent in consents_store.waiting(connection, MOST_SHOWN):
                looks = [
                    look
                    for study in consents_store.studies_meant(connection, consent.form)
                    for look in _looks(connection, consent, study)
                ]
                found.append(Waiting(consent, tuple(dict.fromkeys(looks))))
        return found

    def search(self, text: str, state: State | None = None) -> list[Consent]:
        """Newest first; every word of the text is in the name, a number, the e-mail address or the phone number."""
        with self._trail.read() as connection:
            return consents_store.found(connection, text, state, MOST_SHOWN)

    def candidates(self, consent_id: int, text: str = "") -> list[Candidate]:
        """Studies that a form may belong to, the likeliest first. text: what staff look for instead."""
        with self._trail.read() as connection:
            consent = consents_store.one(connection, consent_id)
            if consent is None:
                return []
            if text:
                studies = consents_store.studies_by_text(connection, text, _MOST_CANDIDATES)
            else:
                studies = consents_store.studies_meant(connection, consent.form)
                studies += consents_store.studies_like(connection, consent.form, _MOST_CANDIDATES)
        named = {study.id: Candidate(study, match(consent, study)) for study in studies}
        return sorted(named.values(), key=_likeliness, reverse=True)[:_MOST_CANDIDATES]

    def attach(self, consent_id: int, study_id: int, by: str) -> Consent | None:
        """Put a waiting form on a study, as somebody decided who looked; one that was on it before is replaced.

        None where the form waits no more, or the study is not there.
        """

        def attached(work: UnitOfWork) -> Consent | None:
            locks.take(work.connection, [_turn(study_id)])
            if consents_store.identity(work.connection, study_id) is None:
                return None
            earlier = consents_store.on_study(work.connection, study_id)
            if not self._put(work, consent_id, study_id, by):
                return None
            if earlier is not None and earlier.state is State.ATTACHED:
                self._replace(work, earlier.id, by)
            return consents_store.one(work.connection, consent_id)

        return self._trail.run(attached)

    def detach(self, consent_id: int, by: str) -> bool:
        """Take a form off its study again: it waits, until somebody puts it on another."""

        def detached(work: UnitOfWork) -> bool:
            consent = consents_store.one(work.connection, consent_id)
            if consent is None or not consents_store.detach(work.connection, consent_id, by):
                return False
            work.audit(Act("consent-detached", by, {"consent": consent_id, "study": consent.study_id}))
            return True

        return self._trail.run(detached)

    def attach_arrived(self, work: UnitOfWork, study_id: int) -> Consent | None:
        """The consent for a study that has come, put on it now where one was waiting; in the caller's transaction.

        None where no form is plainly this study's. Several that say the same are one; several that differ are left to
        people, as is whatever contradicts.
        """
        locks.take(work.connection, [_turn(study_id)])
        study = consents_store.identity(work.connection, study_id)
        if study is None:
            return None
        current = self._current(work, study)
        if current is not None:
            return current
        fitting = _fitting(work.connection, study)
        if not fitting or not all(says_the_same(fitting[0].form, other.form) for other in fitting[1:]):
            return None
        if fitting[0].unseen and not self._unseen_find_scans:
            return None
        if not self._put(work, fitting[0].id, study_id, SYSTEM):
            return None
        for other in fitting[1:]:
            self._replace(work, other.id, SYSTEM)
        return consents_store.one(work.connection, fitting[0].id)

    def of_patient(self, key: PatientKey) -> list[Consent]:
        """A patient's consents, newest first, those withdrawn included."""
        with self._trail.read() as connection:
            return consents_store.of_patient(connection, key)

    def of_study(self, study_id: int) -> Consent | None:
        """The consent that counts for a study: attached to it or to another of the same order, else the withdrawn."""
        with self._trail.read() as connection:
            on_it = consents_store.on_study(connection, study_id)
            if on_it is not None and on_it.state is State.ATTACHED:
                return on_it
            study = consents_store.identity(connection, study_id)
            return (consents_store.on_order(connection, study) if study and on_it is None else None) or on_it

    def study_of(self, consent: Consent) -> StudyIdentity | None:
        """The study that a form was put on."""
        if consent.study_id is None:
            return None
        with self._trail.read() as connection:
            return consents_store.identity(connection, consent.study_id)

    def allows(self, study_id: int, purpose: Purpose) -> Given | Lacking:
        """Whether a study's consent carries this, now. Lacking is false."""
        return answer(self.of_study(study_id), purpose, self._clock.now())

    def note_shown(self, consent_id: int, by: str) -> None:
        """Put into the trail that somebody who works here looked at a form."""
        with self._trail.work() as work:
            work.audit(Act("consent-viewed", by, {"consent": consent_id}))

    def _current(self, work: UnitOfWork, study: StudyIdentity) -> Consent | None:
        on_it = consents_store.on_study(work.connection, study.id)
        if on_it is not None and on_it.state is State.ATTACHED:
            return on_it
        return consents_store.on_order(work.connection, study)

    def _put(self, work: UnitOfWork, consent_id: int, study_id: int, by: str) -> bool:
        put = consents_store.attach(work.connection, consent_id, study_id, by, self._clock.now())
        if put:
            work.audit(Act("consent-attached", by, {"consent": consent_id, "study": study_id}))
            self._attached(work, study_id)
        return put

    def _replace(self, work: UnitOfWork, consent_id: int, by: str) -> None:
        if consents_store.replace(work.connection, consent_id):
            work.audit(Act("consent-replaced", by, {"consent": consent_id}))

    def _links_under(self, work: UnitOfWork, consent: Consent) -> Sequence[str]:
        study = consents_store.identity(work.connection, consent.study_id) if consent.study_id else None
        if study is None:
            return ()
        order = consents_store.order_of(work.connection, study)
        return consents_store.links_of_others(work.connection, order, self._clock.now())


def _fitting(connection: Connection, study: StudyIdentity) -> list[Consent]:
    """The forms that wait and are this study's, newest first."""
    waiting = consents_store.waiting_for(connection, study)
    return [consent for consent in waiting if isinstance(match(consent, study), Belongs)]


def _looks(connection: Connection, consent: Consent, study: StudyIdentity) -> tuple[Look, ...]:
    """Why a form that waits is not put on this study by itself; () where it is nothing to it, or soon will be."""
    matched = match(consent, study)
    if isinstance(matched, Doubtful):
        return matched.looks
    if not isinstance(matched, Belongs):
        return ()
    current = consents_store.on_study(connection, study.id)
    if current is not None and current.state is State.ATTACHED:
        return (Look.HAS_ONE,)
    alike = all(says_the_same(consent.form, other.form) for other in _fitting(connection, study))
    return () if alike else (Look.TWO_FORMS,)


def _likeliness(candidate: Candidate) -> tuple[int, int, str]:
    weight = {Sign.ACCESSION: 8, Sign.PATIENT_NUMBER: 4, Sign.BIRTH_DATE: 2, Sign.NAME: 2}
    matched = candidate.match
    against = 0 if isinstance(matched, Belongs) else len(matched.looks)
    return sum(weight[sign] for sign in matched.signs), -against, candidate.study.study_date


def _same_but_until(one: ConsentForm, other: ConsentForm) -> bool:
    """The end is counted from the moment of signing, and so a little later with every press of the button."""
    return replace(one, until=None, signature=()) == replace(other, until=None, signature=())


def _turn(study_id: int) -> str:
    return f"consent for study {study_id}"
