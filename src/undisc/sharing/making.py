"""Links are made here: by a choice of somebody's, for a patient, and for looking by somebody signed in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from undisc.accounts.people.model import PatientKey, Role, SignedIn
from undisc.archive.model import StudyPatient
from undisc.archive.policy import same_patient
from undisc.audit.model import Act
from undisc.audit.trail import UnitOfWork
from undisc.errors import StudyUnknown
from undisc.messaging import words
from undisc.messaging.model import Way
from undisc.sharing import passcodes, secrets, store
from undisc.sharing.ground import Ground
from undisc.sharing.model import (
    Allowed,
    Browser,
    Contact,
    Denied,
    Kind,
    Link,
    NewLink,
    PersonGrant,
    Reason,
    SecondStep,
    ShareChoice,
    Sharer,
    ShareRefused,
    Step,
    Use,
    Viewing,
)
from undisc.sharing.policy import may, why_closed

_LONGEST_LIFE = timedelta(days=3650)
_LONGEST_NAME = 200
_MOST_OPENINGS = 10_000
_SECOND_STEP = {Step.CODE: SecondStep.CODE, Step.CLINICIAN: SecondStep.CLINICIAN}

_T = TypeVar("_T")


class Making:
    """Each link is written in one transaction with the trail's entries for it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def plain(
        self,
        studies: Sequence[int],
        passcode: str | None,
        expires: timedelta | None,
        may_download: bool,
        may_annotate: bool,
        made_by: str,
    ) -> NewLink:
        """A link to whoever has it. passcode: "auto" for six digits."""
        terms = replace(_no_link(), may_download=may_download, may_annotate=may_annotate)
        made = self._begun(studies, passcode, expires, terms)
        self._in_one(None, lambda work: self._write(work, made, made_by))
        return made

    def share(self, choice: ShareChoice, by: Sharer, work: UnitOfWork | None = None) -> NewLink:
        """Raises ShareRefused for what would make no sound link, and for who may not share these studies."""
        for study in choice.studies:
            if isinstance(by, SignedIn) and isinstance(self.ask_person(by, Use.SHARE, study), Denied):
                raise StudyUnknown("There is no such study here.")
        if choice.step is Step.CODE and not (choice.for_email or choice.for_phone):
            raise ShareRefused("A code needs somewhere to go: give an e-mail address or a telephone number.")
        if choice.most_openings is not None and not 0 < choice.most_openings <= _MOST_OPENINGS:
            raise ShareRefused(f"A link can be opened at least once, and at most {_MOST_OPENINGS} times.")
        terms = replace(
            _no_link(),
            may_download=choice.may_download,
            for_name=_one_line(choice.for_name),
            for_email=_one_line(choice.for_email),
            for_phone=_one_line(choice.for_phone),
            with_report=choice.with_report,
            most_openings=choice.most_openings,
            second_step=_SECOND_STEP.get(choice.step, SecondStep.NONE),
            person_id=by.person.id if isinstance(by, SignedIn) and _is_own(by, self._keys(choice.studies)) else None,
        )
        passcode = "auto" if choice.step is Step.PASSCODE else None
        made = self._begun(choice.studies, passcode, choice.lifetime, terms)

        def write(unit: UnitOfWork) -> None:
            self._write(unit, made, by.actor if isinstance(by, SignedIn) else by)
            if choice.send:
                self._send(unit, made, choice)

        self._in_one(work, write)
        return made

    def _send(self, work: UnitOfWork, made: NewLink, choice: ShareChoice) -> None:
        """The link to where it was said to go; a passcode never goes along."""
        sends, terms, link = self._ground.sends, self._ground.terms, made.link
        if sends is None:
            return
        to = {Way.EMAIL: link.for_email, Way.TEXT: link.for_phone}
        if choice.step is Step.CODE and link.for_email:
            # The code goes to the telephone then, so that who reads the mail alone has half of what opens it.
            del to[Way.TEXT]
        zone = ZoneInfo(terms.time_zone)
        for way, address in to.items():
            if address:
                letter = words.share_letter(
                    way, address, choice.language, terms.place_name, made.url, link.expires_at, zone=zone
                )
                sends.send(work, letter, "share", link_id=link.id)

    def patient_link(
        self, studies: Sequence[int], contact: Contact, by: str, work: UnitOfWork | None = None
    ) -> NewLink:
        """A patient's own link. It opens by the birth date and then a code to where they are reached; where that is
        nowhere, by the birth date and a passcode that they are given."""
        terms = replace(
            _no_link(),
            kind=Kind.PATIENT,
            for_name=_one_line(contact.name),
            for_email=_one_line(contact.email),
            for_phone=_one_line(contact.phone),
            birth_date=contact.birth_date if contact.birth_date.isdecimal() and len(contact.birth_date) == 8 else "",
            second_step=SecondStep.PROOF,
        )
        reached = contact.email or contact.phone
        made = self._begun(studies, None if reached else "auto", None, terms)
        self._in_one(work, lambda unit: self._write(unit, made, by))
        return made

    def health_link(self, choice: ShareChoice, by: Sharer, secret_hash: str, passcode: str | None) -> NewLink:
        """The link behind a SMART Health Link, not written yet. secret_hash: of what stands in its address, so that
        no secret opens it as a link for browsers. Raises as share does."""
        for study in choice.studies:
            if isinstance(by, SignedIn) and isinstance(self.ask_person(by, Use.SHARE, study), Denied):
                raise StudyUnknown("There is no such study here.")
        terms = replace(
            _no_link(),
            kind=Kind.HEALTH,
            for_name=_one_line(choice.for_name),
            with_report=choice.with_report,
            most_openings=choice.most_openings,
            person_id=by.person.id if isinstance(by, SignedIn) and _is_own(by, self._keys(choice.studies)) else None,
        )
        made = self._begun(choice.studies, passcode, choice.lifetime, terms)
        return replace(made, link=replace(made.link, secret_hash=secret_hash), secret="", url="")

    def write(self, work: UnitOfWork, made: NewLink, by: Sharer) -> None:
        """Write a link that was made, with the trail's entries for it."""
        self._write(work, made, by.actor if isinstance(by, SignedIn) else by)

    def view(self, me: SignedIn, studies: Sequence[int], browser: Browser) -> Viewing | Denied:
        """A link by which somebody signed in looks at studies, opened for their browser; it ends with their session."""
        if not studies:
            return Denied(Reason.NOT_THEIRS)
        keys, now = self._keys(studies), self._ground.clock.now()
        gives = True
        for study in studies:
            # Not by links that were shared with them: those have terms of their own, and are entered.
            if study not in keys:
                return Denied(Reason.NOT_THEIRS)
            grant = PersonGrant(me, keys[study])
            answer = may(grant, study, Use.VIEW, now)
            if isinstance(answer, Denied):
                return answer
            gives = gives and not isinstance(may(grant, study, Use.DOWNLOAD, now), Denied)
        ends = min(me.ends_at, now + timedelta(minutes=self._ground.terms.session_minutes))
        for whose in keys.values():
            ends = min(ends, _until(me, whose, now))
        terms = replace(
            _no_link(),
            kind=Kind.VIEWING,
            may_download=gives,
            person_id=me.person.id,
            person_session_id=me.session_id,
        )
        made = self._begun(studies, None, ends - now, terms)
        token = secrets.new_token()

        def write(work: UnitOfWork) -> None:
            store.add_link(work.connection, replace(made.link, openings=1, made_by=me.actor))
            self._opened(work, made.link, me, browser, token, ends)

        self._in_one(None, write)
        return Viewing(made.link.id, token, ends)

    def enter(self, me: SignedIn, link_id: str, browser: Browser) -> Viewing | Denied:
        """The link that was shared to a clinician's address, opened for their browser as often as it may be."""
        ground = self._ground
        if Role.CLINICIAN not in me.person.roles:
            return Denied(Reason.NOT_THEIRS)
        token = secrets.new_token()
        with ground.trail.work() as work:
            now = ground.clock.now()
            link = store.locked_link(work.connection, link_id) if secrets.is_link_id(link_id) else None
            if link is None or not _is_for(link, me) or why_closed(link, now) is not None:
                return Denied(Reason.NOT_THEIRS)
            if store.count_opening(work.connection, link.id) is None:
                return Denied(Reason.USED_UP)
            ends = min(me.ends_at, link.expires_at, now + timedelta(minutes=ground.terms.session_minutes))
            self._opened(work, link, me, browser, token, ends)
        return Viewing(link.id, token, ends)

    def ask_person(self, me: SignedIn, use: Use, study: int) -> Allowed | Denied:
        """Whether somebody signed in may do this to a study."""
        whose = self._keys([study]).get(study)
        if whose is None:
            return Denied(Reason.NOT_THEIRS)
        grant = PersonGrant(me, whose, self._addressed(me))
        return may(grant, study, use, self._ground.clock.now())

    def _opened(self, work: UnitOfWork, link: Link, me: SignedIn, browser: Browser, token: str, ends: datetime) -> None:
        seen = {"address": browser.address, "agent": browser.agent, "who": me.actor}
        digest = secrets.digest(token)
        session = store.add_session(work.connection, link.id, digest, work.clock.now(), ends, **seen)
        told = {"link": link.id, "address": browser.address, "browser": browser.agent, "session": session.id}
        work.audit(Act("link-opened", me.actor, told))

    def _addressed(self, me: SignedIn) -> tuple[Link, ...]:
        if Role.CLINICIAN not in me.person.roles or not me.person.email:
            return ()
        with self._ground.trail.read() as connection:
            return tuple(link for link, _, _ in store.links_to_address(connection, me.person.email))

    def _keys(self, studies: Sequence[int]) -> dict[int, PatientKey]:
        with self._ground.trail.read() as connection:
            return store.study_keys(connection, studies)

    def _begun(self, studies: Sequence[int], passcode: str | None, expires: timedelta | None, terms: Link) -> NewLink:
        lifetime = timedelta(days=self._ground.terms.link_days) if expires is None else expires
        if not timedelta(0) < lifetime <= _LONGEST_LIFE:
            raise ShareRefused("A link lives for at least a moment and at most ten years.")
        self._check_studies(studies)
        clear = passcodes.generate() if passcode == "auto" else passcode
        kept = self._ground.passcodes.keep(clear) if clear is not None else None
        secret = secrets.new_secret()
        now = self._ground.clock.now()
        link = replace(
            terms,
            id=secrets.new_link_id(),
            secret_hash=secrets.digest(secret),
            studies=frozenset(studies),
            made_at=now,
            expires_at=now + lifetime,
            passcode=kept,
        )
        return NewLink(link, secret, clear, f"{self._ground.terms.public_url}/s/{link.id}#{secret}")

    def _write(self, work: UnitOfWork, made: NewLink, made_by: str) -> None:
        link = made.link
        store.add_link(work.connection, replace(link, made_by=made_by))
        for study in sorted(link.studies):
            work.audit(Act("shared", made_by, {"link": link.id, "study": study}))

    def _in_one(self, work: UnitOfWork | None, act: Callable[[UnitOfWork], _T]) -> _T:
        """Within the caller's transaction where there is one."""
        if work is not None:
            return act(work)
        with self._ground.trail.work() as unit:
            return act(unit)

    def _check_studies(self, studies: Sequence[int]) -> None:
        pictures = self._ground.pictures
        if not studies:
            raise ShareRefused("A link needs at least one study.")
        for study in studies:
            if pictures.study_uid(study) is None:
                raise StudyUnknown("There is no such study here.")
        first, *others = [pictures.patient_of(study) for study in studies]
        whose = StudyPatient(first["id"], first["name"])
        if not all(same_patient(whose, other["id"], other["name"]) for other in others):
            raise ShareRefused("These studies are of different patients. Make one link for each patient.")


def _no_link() -> Link:
    """Terms as they are where nobody said otherwise, of a link that is still to be named."""
    never = datetime.fromtimestamp(0, UTC)
    return Link("", "", frozenset(), never, never, may_download=True)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_NAME]


def _is_for(link: Link, me: SignedIn) -> bool:
    return bool(me.person.email) and link.for_email.lower() == me.person.email.strip().lower()


def _is_own(me: SignedIn, keys: dict[int, PatientKey]) -> bool:
    return any(relation.patient == whose for whose in keys.values() for relation in me.relations)


def _until(me: SignedIn, whose: PatientKey, now: datetime) -> datetime:
    """Until when somebody may look at a patient's pictures: by whatever of theirs lasts longest."""
    ends: list[datetime] = []
    for relation in me.relations:
        if relation.patient == whose and relation.since <= now and (relation.until is None or now < relation.until):
            ends.append(relation.until or me.ends_at)
    ends.extend(glass.until for glass in me.glasses if glass.patient == whose and glass.at <= now < glass.until)
    return max(ends, default=me.ends_at)
