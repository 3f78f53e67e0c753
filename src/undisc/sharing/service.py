"""Links, as the doors use them: make, list, revoke, open, and ask whether this visitor may have that."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

from undisc.archive.model import StudyPatient
from undisc.archive.policy import same_patient
from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.clock import Clock
from undisc.errors import LinkUnknown, StudyUnknown
from undisc.sharing import passcodes, secrets, store
from undisc.sharing.manifest import study_manifest
from undisc.sharing.model import (
    MOST_TRIES,
    TELL_TRIES_FROM,
    Browser,
    Busy,
    Closed,
    Denied,
    Grant,
    Link,
    LinkSummary,
    NewLink,
    Opened,
    OpenOutcome,
    Passcode,
    PasscodeNeeded,
    PasscodeWrong,
    Permit,
    Reason,
    SecretGrant,
    ShareRefused,
    Subject,
    Terms,
    Use,
)
from undisc.sharing.package import Package, noted_at_the_end, package
from undisc.sharing.pictures import Pictures
from undisc.sharing.policy import may, why_closed

_NO_STUDY = -1
_LONGEST_LIFE = timedelta(days=3650)
_MOST_NOTED = 50_000


class Sharing:
    """One object for one data folder. Every act and its entry in the trail are one transaction."""

    def __init__(self, trail: Trail, pictures: Pictures, clock: Clock, terms: Terms) -> None:
        self._trail = trail
        self._pictures = pictures
        self._clock = clock
        self._terms = terms
        self._passcodes = passcodes.Passcodes()
        self._nobody = secrets.digest(secrets.new_secret())
        self._noted: set[tuple[int, int]] = set()
        self._noting = threading.Lock()

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
        lifetime = timedelta(days=self._terms.link_days) if expires is None else expires
        if not timedelta(0) < lifetime <= _LONGEST_LIFE:
            raise ShareRefused("A link lives for at least a moment and at most ten years.")
        self._check_studies(studies)
        clear = passcodes.generate() if passcode == "auto" else passcode
        kept = self._passcodes.keep(clear) if clear is not None else None
        secret = secrets.new_secret()
        now = self._clock.now()
        link = Link(
            id=secrets.new_link_id(),
            secret_hash=secrets.digest(secret),
            studies=frozenset(studies),
            made_at=now,
            expires_at=now + lifetime,
            may_download=may_download,
            may_annotate=may_annotate,
            passcode=kept,
        )
        with self._trail.work() as work:
            store.add_link(work.connection, link)
            for study in sorted(link.studies):
                work.audit(Act("shared", made_by, {"link": link.id, "study": study}))
        return NewLink(link, secret, clear, f"{self._terms.public_url}/s/{link.id}#{secret}")

    def revoke(self, link_id: str, revoked_by: str = "operator") -> bool:
        """Close a link for good, at once. False when it was revoked already; raises LinkUnknown."""
        with self._trail.work() as work:
            if store.link(work.connection, link_id) is None:
                raise LinkUnknown(link_id)
            closed = store.revoke(work.connection, link_id, self._clock.now())
            if closed:
                work.audit(Act("revoked", revoked_by, {"link": link_id}))
            return closed

    def links(self) -> list[LinkSummary]:
        """Every link ever made, newest first."""
        now = self._clock.now()
        with self._trail.read() as connection:
            found = store.all_links(connection)
        return [LinkSummary(link, str(why_closed(link, now) or "open"), sessions) for link, sessions in found]

    def open_link(self, link_id: str, secret: str, passcode: str | None, browser: Browser) -> OpenOutcome:
        """Open a link for a browser. A link that is not to be opened answers Closed, whatever the cause.

        Whoever lacks the secret costs one look-up and one SHA-256, whether the link exists or not, so that neither
        the answer nor its time tells; and no argon2 is run for them, so that strangers cannot keep it busy.
        """
        link = self._link(link_id)
        right = secrets.matches(secret, link.secret_hash if link else self._nobody)
        if link is None or not right or why_closed(link, self._clock.now()) is not None:
            return Closed()
        if link.passcode is None:
            return self._let_in(link, browser, took_try=False)
        if not passcode:
            return PasscodeNeeded(self._terms.place_name, link.expires_at, link.passcode.digits, link.passcode.length)
        with self._passcodes.turn(link.id) as mine:
            return self._try_passcode(link, link.passcode, passcode, browser) if mine else Busy()

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
        for study in studies:
            answer = may(grant, study, use, now)
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
        right = secrets.matches(bearer, link.secret_hash if link else self._nobody)
        return SecretGrant(link) if link is not None and right else None

    def manifest(self, permit: Permit) -> bytes:
        """The study manifest as JSON, without a picture inside."""
        return study_manifest(permit.grant.link, self._terms.place_name, self._pictures, with_first=False)[0]

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
                work.audit(Act(action, f"link:{link}", {"link": link, "session": key[0], "series": key[1]}))
        with self._noting:
            if len(self._noted) >= _MOST_NOTED:
                self._noted.clear()
            self._noted.add(key)

    def note_instance(self, permit: Permit, instance_id: int) -> None:
        """Put into the trail that an original leaves."""
        link, session = permit.grant.link.id, permit.grant.session.id
        with self._trail.work() as work:
            subject = {"link": link, "session": session, "instance": instance_id}
            work.audit(Act("instance-downloaded", f"link:{link}", subject))

    def download(self, permit: Permit, token: str) -> Package:
        """All originals as a ZIP that stops, unfinished, when the link closes on the way."""
        originals = list(self._pictures.originals(permit.studies))
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

        def note(action: Literal["download-started", "download-finished"]) -> None:
            with self._trail.work() as work:
                work.audit(Act(action, f"link:{link}", subject))

        note("download-started")
        return lambda: note("download-finished")

    def _link(self, link_id: str) -> Link | None:
        if not secrets.is_link_id(link_id):
            return None
        with self._trail.read() as connection:
            return store.link(connection, link_id)

    def _try_passcode(self, link: Link, kept: Passcode, passcode: str, browser: Browser) -> OpenOutcome:
        # The try is taken, and its taking committed, before the hash is computed: however many guess at once, on
        # however many servers, no more hashes are computed than there are tries.
        with self._trail.work() as work:
            if not store.take_try(work.connection, link.id, self._clock.now()):
                return Closed()
        if self._passcodes.right(passcode, kept):
            return self._let_in(link, browser, took_try=True)
        with self._trail.work() as work:
            work.audit(Act("passcode-wrong", f"link:{link.id}", _seen(link, browser)))
            taken = store.tries_taken(work.connection, link.id)
            if taken >= MOST_TRIES:
                # A right passcode that is being checked at this moment finds the link closed as well.
                if store.revoke(work.connection, link.id, self._clock.now()):
                    work.audit(Act("link-closed", "system", {"link": link.id, "tries": taken}))
                return Closed()
        left = MOST_TRIES - taken if taken >= TELL_TRIES_FROM else None
        return PasscodeWrong(self._terms.place_name, link.expires_at, kept.digits, kept.length, left)

    def _let_in(self, link: Link, browser: Browser, *, took_try: bool) -> OpenOutcome:
        token = secrets.new_token()
        with self._trail.work() as work:
            now = self._clock.now()
            if took_try:
                if not store.give_try_back(work.connection, link.id):
                    return Closed()
                work.audit(Act("passcode-right", f"link:{link.id}", _seen(link, browser)))
            fresh = store.link(work.connection, link.id)
            if fresh is None or why_closed(fresh, now) is not None:
                return Closed()
            ends_at = min(fresh.expires_at, now + timedelta(minutes=self._terms.session_minutes))
            session = store.add_session(work.connection, link.id, secrets.digest(token), now, ends_at)
            work.audit(Act("link-opened", f"link:{link.id}", _seen(link, browser) | {"session": session.id}))
        body, series = study_manifest(fresh, self._terms.place_name, self._pictures, with_first=True)
        self.note_series(Permit(Grant(fresh, session), tuple(fresh.studies), series))
        return Opened(token, ends_at, body)

    def _place(self, grant: Grant, subject: Subject, subject_id: int) -> tuple[tuple[int, ...], int | None]:
        """Which studies, of which series, somebody asks about; a study that no link names where there is none."""
        if subject is Subject.LINK:
            return tuple(sorted(grant.link.studies)) or (_NO_STUDY,), None
        if subject is Subject.SERIES:
            study = self._pictures.series_study(subject_id)
            return (_NO_STUDY if study is None else study,), subject_id
        placed = self._pictures.instance(subject_id)
        return ((_NO_STUDY,), None) if placed is None else ((placed.study_id,), placed.series_id)

    def _check_studies(self, studies: Sequence[int]) -> None:
        if not studies:
            raise ShareRefused("A link needs at least one study.")
        for study in studies:
            if self._pictures.study_uid(study) is None:
                raise StudyUnknown("There is no such study here.")
        first, *others = [self._pictures.patient_of(study) for study in studies]
        whose = StudyPatient(first["id"], first["name"])
        if not all(same_patient(whose, other["id"], other["name"]) for other in others):
            raise ShareRefused("These studies are of different patients. Make one link for each patient.")


def _seen(link: Link, browser: Browser) -> dict[str, str | int | None]:
    return {"link": link.id, "address": browser.address, "browser": browser.agent}
