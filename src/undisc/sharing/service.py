"""Links, as the doors use them: make, list, revoke, open, and ask whether this visitor may have that."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

from undisc.accounts.people.model import PatientKey, SignedIn
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.errors import LinkUnknown
from undisc.keyring import Keyring
from undisc.sharing import passcodes, secrets, store
from undisc.sharing.ground import Ground
from undisc.sharing.looking import Looking
from undisc.sharing.making import Making
from undisc.sharing.manifest import study_manifest
from undisc.sharing.model import (
    Allowed,
    Browser,
    Contact,
    Denied,
    Grant,
    LinkSummary,
    Look,
    NewLink,
    Opening,
    Permit,
    Reason,
    SecretGrant,
    ShareChoice,
    SharedLink,
    Sharer,
    Subject,
    Terms,
    Use,
    Viewing,
)
from undisc.sharing.neighbours import KnowsPatients, Sends
from undisc.sharing.opening import LetIn, Opener, is_mine
from undisc.sharing.opening_model import Answers, OpenOutcome
from undisc.sharing.package import Package, noted_at_the_end, package
from undisc.sharing.pictures import Pictures
from undisc.sharing.policy import may
from undisc.sharing.steps import Codes

_NO_STUDY = -1
_MOST_NOTED = 50_000
_NO_ANSWERS = Answers()


class Sharing:
    """One object for one data folder. Every act and its entry in the trail are one transaction."""

    def __init__(
        self,
        trail: Trail,
        pictures: Pictures,
        clock: Clock,
        terms: Terms,
        keyring: Keyring,
        people: KnowsPatients | None = None,
        sends: Sends | None = None,
    ) -> None:
        self._trail = trail
        self._pictures = pictures
        self._clock = clock
        self._terms = terms
        ground = Ground(trail, pictures, clock, terms, keyring, passcodes.Passcodes(), people, sends)
        self._making = Making(ground)
        self._looking = Looking(ground)
        self._opening = Opener(ground, Codes(ground), self._note_let_in)
        self._noted: set[tuple[int, int]] = set()
        self._noting = threading.Lock()

    # Making

    def create_link(
        self,
        studies: Sequence[int],
        *,
        passcode: str | None = None,
        expires: timedelta | None = None,
        may_download: bool = True,
        may_annotate: bool = False,
        made_by: str = "operator",
    ) -> NewLink:
        """Make a link to one patient's studies. `passcode`: "auto" for six digits, a text of one's own, or None.

        Raises ShareRefused (a plain sentence) for what would make no sound link, StudyUnknown for a study not here.
        """
        return self._making.plain(studies, passcode, expires, may_download, may_annotate, made_by)

    def share(self, choice: ShareChoice, by: Sharer, work: UnitOfWork | None = None) -> NewLink:
        """Make the link that somebody chose, and send it where they said. work: to do it within a transaction.

        A passcode is in no letter: it is for the one who shares, to be told another way. Raises as create_link does;
        StudyUnknown also for a study that whoever shares may not hand over.
        """
        return self._making.share(choice, by, work)

    def patient_link(
        self, studies: Sequence[int], contact: Contact, by: str, work: UnitOfWork | None = None
    ) -> NewLink:
        """Make a patient's own link, which asks for their birth date and then for a code to where they are reached; for
        a passcode, which they are given with the link, where that is nowhere. It is not sent. by: as the trail says.
        """
        return self._making.patient_link(studies, contact, by, work)

    def view(self, me: SignedIn, studies: Sequence[int], browser: Browser) -> Viewing | Denied:
        """Let somebody who is signed in look at studies, for as long as their session and their right to it last."""
        return self._making.view(me, studies, browser)

    def enter(self, me: SignedIn, link_id: str, browser: Browser) -> Viewing | Denied:
        """Open a link without its secret for a clinician to whose address it was shared."""
        return self._making.enter(me, link_id, browser)

    def ask_person(self, me: SignedIn, use: Use, study_id: int) -> Allowed | Denied:
        """May somebody who is signed in do this to a study?"""
        return self._making.ask_person(me, use, study_id)

    # Keeping an eye on them

    def revoke(self, link_id: str, revoked_by: str = "operator") -> bool:
        """Close a link for good, at once. False when it was revoked already; raises LinkUnknown."""
        with self._trail.work() as work:
            if store.link(work.connection, link_id) is None:
                raise LinkUnknown(link_id)
            closed = store.revoke(work.connection, link_id, self._clock.now())
            if closed:
                work.audit(Act("revoked", revoked_by, {"link": link_id}))
            return closed

    def stop(self, link_id: str, by: Sharer) -> bool:
        """The same for somebody signed in, who may hand over what it leads to; raises LinkUnknown for any other."""
        if isinstance(by, str):
            return self.revoke(link_id, by)
        found = self._opening.find(link_id)
        if found is None or any(isinstance(self.ask_person(by, Use.SHARE, one), Denied) for one in found.studies):
            raise LinkUnknown(link_id)
        return self.revoke(link_id, by.actor)

    def end_viewing(self, work: UnitOfWork, person_session: int) -> None:
        """Close the links by which somebody looked in a session that ends, in the transaction that ends it."""
        store.end_viewing(work.connection, person_session, self._clock.now())

    def links(self) -> list[LinkSummary]:
        """Every link ever made to be given away, newest first."""
        now = self._clock.now()
        with self._trail.read() as connection:
            found = store.all_links(connection)
        return [LinkSummary(link, self._looking.state(link, now), sessions) for link, sessions in found]

    def shared_by(self, me: SignedIn) -> list[SharedLink]:
        """What somebody shared of their own, newest first."""
        return self._looking.shared_by(me.person.id)

    def links_of_patient(self, key: PatientKey) -> list[SharedLink]:
        """Every link to a study of a patient, whoever made it, newest first; for who may see that."""
        return self._looking.links_of_patient(key)

    def pick_up(self, me: SignedIn) -> list[SharedLink]:
        """Links that open and were shared to the address of a clinician, newest first; `enter` opens them."""
        return self._looking.addressed_to(me)

    def one_link(self, link_id: str) -> SharedLink | None:
        return self._looking.one(link_id)

    def openings(self, link_id: str) -> list[Opening]:
        """Every time that a link was opened, newest first."""
        return self._looking.openings(link_id)

    def looks_at(self, key: PatientKey) -> list[Look]:
        """Everybody who looked at a patient's studies, by whatever way, newest first."""
        return self._looking.looks_at(key)

    # Opening

    def open_link(
        self, link_id: str, secret: str, passcode: str | None, browser: Browser, answers: Answers | None = None
    ) -> OpenOutcome:
        """Open a link for a browser, or ask it for what else is wanted. A link that is not to be opened answers Closed,
        whatever the cause; see Opener.open."""
        given = answers or (Answers(passcode=passcode) if passcode else _NO_ANSWERS)
        return self._opening.open(link_id, secret, browser, given)

    def permit(self, link_id: str, token: str, use: Use, subject: Subject, subject_id: int = 0) -> Permit | Denied:
        """May the browser with this token do this? Asked anew for every answer that carries data."""
        if not secrets.is_link_id(link_id):
            return Denied(Reason.NO_GRANT)
        with self._trail.read() as connection:
            grant = store.grant(connection, link_id, secrets.digest(token))
        if grant is None:
            return Denied(Reason.NO_GRANT)
        studies, series = self._place(grant, subject, subject_id)
        now = self._clock.now()
        # Asked of the archive only where it matters.
        is_report = series is not None and not grant.link.with_report and self._pictures.has_reports(series)
        for study in studies:
            answer = may(grant, study, use, now, report=is_report)
            if isinstance(answer, Denied):
                return answer
        return Permit(grant, studies, series)

    def shown(self, link_id: str, bearer: str) -> Grant | SecretGrant | None:
        """What a program shows of a link: the token of a session that the link gave, or the link's own secret."""
        if not secrets.is_link_id(link_id):
            return None
        digest = secrets.digest(bearer)
        with self._trail.read() as connection:
            grant = store.grant(connection, link_id, digest)
            if grant is not None:
                return grant if grant.session.link_id == link_id else None
            link = store.link(connection, link_id)
        right = self._opening.matches(bearer, link)
        return SecretGrant(link) if link is not None and right else None

    def manifest(self, permit: Permit) -> bytes:
        """The study manifest as JSON, without a picture inside."""
        link, place = permit.grant.link, self._terms.place_name
        return study_manifest(link, place, self._pictures, with_first=False, mine=is_mine(permit.grant))[0]

    def note_series(self, permit: Permit, *, document: bool = False) -> None:
        """Put into the trail that this session looked at a series: the first time, and once only."""
        if permit.series is None:
            return
        key = (permit.grant.session.id, permit.series)
        with self._noting:
            if key in self._noted:
                return
        with self._trail.work() as work:
            if store.note_series(work.connection, *key):
                link = permit.grant.link.id
                action = "document-viewed" if document else "series-viewed"
                work.audit(Act(action, actor_of(permit.grant), {"link": link, "session": key[0], "series": key[1]}))
        self._remember(key)

    def _remember(self, key: tuple[int, int]) -> None:
        """That the trail has been told of this."""
        with self._noting:
            if len(self._noted) >= _MOST_NOTED:
                self._noted.clear()
            self._noted.add(key)

    def note_instance(self, permit: Permit, instance_id: int) -> None:
        """Put into the trail that an original leaves."""
        link, session = permit.grant.link.id, permit.grant.session.id
        with self._trail.work() as work:
            subject = {"link": link, "session": session, "instance": instance_id}
            work.audit(Act("instance-downloaded", actor_of(permit.grant), subject))

    def download(self, permit: Permit, token: str) -> Package:
        """All originals as a ZIP that stops, unfinished, when the link closes on the way."""
        originals = list(self._pictures.originals(permit.studies, reports=permit.grant.link.with_report))
        note = self.note_download(permit, len(originals))
        whole = package(originals, self._clock.now(), self.still_allowed(permit, token))
        return Package(whole.length, noted_at_the_end(whole.chunks, note))

    def still_allowed(self, permit: Permit, token: str) -> Callable[[], bool]:
        """Whether the download that was permitted to this browser still is, to be asked while it goes on."""
        link = permit.grant.link.id
        return lambda: isinstance(self.permit(link, token, Use.DOWNLOAD, Subject.LINK), Permit)

    def note_download(self, permit: Permit, instances: int) -> Callable[[], None]:
        """Put into the trail that a download begins; call what is returned when all of it has gone."""
        link, session = permit.grant.link.id, permit.grant.session.id
        subject = {"link": link, "session": session, "instances": instances}
        actor = actor_of(permit.grant)

        def note(action: Literal["download-started", "download-finished"]) -> None:
            with self._trail.work() as work:
                work.audit(Act(action, actor, subject))

        note("download-started")
        return lambda: note("download-finished")

    def _place(self, grant: Grant, subject: Subject, subject_id: int) -> tuple[tuple[int, ...], int | None]:
        """Which studies, of which series, somebody asks about; a study that no link names where there is none."""
        if subject is Subject.LINK:
            return tuple(sorted(grant.link.studies)) or (_NO_STUDY,), None
        if subject is Subject.SERIES:
            study = self._pictures.series_study(subject_id)
            return (_NO_STUDY if study is None else study,), subject_id
        placed = self._pictures.instance(subject_id)
        return ((_NO_STUDY,), None) if placed is None else ((placed.study_id,), placed.series_id)

    def _note_let_in(self, let_in: LetIn) -> None:
        grant = let_in.grant
        if let_in.written and let_in.series is not None:
            self._remember((grant.session.id, let_in.series))
            return
        self.note_series(Permit(grant, tuple(sorted(grant.link.studies)), let_in.series))


def actor_of(grant: Grant) -> str:
    """As the trail names whoever looks by a link: by their own name where somebody signed in."""
    who = grant.session.who
    return who if who.startswith("person:") else f"link:{grant.link.id}"
