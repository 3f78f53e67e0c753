"""A link is opened here: its secret first, then whatever else it asks for, one question after the other."""

import hmac
import json
import secrets as random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from undisc.accounts.people.model import WORKERS, Method, Role, SignedIn
from undisc.audit.model import Act, Action
from undisc.audit.trail import UnitOfWork
from undisc.messaging import words
from undisc.messaging.model import Way
from undisc.sharing import secrets, steps_store, store
from undisc.sharing.ground import Ground
from undisc.sharing.manifest import study_manifest
from undisc.sharing.model import (
    MOST_TRIES,
    TELL_TRIES_FROM,
    Browser,
    Denied,
    Grant,
    Kind,
    Link,
    Passcode,
    PersonGrant,
    SecondStep,
    Use,
)
from undisc.sharing.opening_model import Answers, Asked, Asking, Busy, Closed, Opened, OpenOutcome
from undisc.sharing.passcodes import tidy
from undisc.sharing.policy import may, why_closed
from undisc.sharing.steps import Codes

_ASKED_FOR = "link-asked"
_ASKED_LASTS = timedelta(minutes=30)
_NONCE_BYTES = 18

Given = Literal["passcode", "birth-date"]
_RIGHT: dict[Given, Action] = {"passcode": "passcode-right", "birth-date": "birth-date-right"}
_WRONG: dict[Given, Action] = {"passcode": "passcode-wrong", "birth-date": "birth-date-wrong"}


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far one browser has come: what it answered rightly already, and the token that says so."""

    browser: str
    given: frozenset[str]


@dataclass(frozen=True, slots=True)
class LetIn:
    """An opening: the grant, and the series whose first picture went along. written: the trail was told of both."""

    grant: Grant
    series: int | None
    written: bool = False


class Opener:
    """noted: is told of the series that the first answer shows."""

    def __init__(self, ground: Ground, codes: Codes, noted: Callable[[LetIn], None]) -> None:
        self._ground = ground
        self._codes = codes
        self._noted = noted
        self._nobody = secrets.digest(secrets.new_secret())

    def open(self, link_id: str, secret: str, browser: Browser, answers: Answers) -> OpenOutcome:
        """Open a link for a browser. A link that is not to be opened answers Closed, whatever the cause.

        Whoever lacks the secret costs one look-up and one SHA-256, whether the link exists or not, so that neither
        the answer nor its time tells; and nothing slow is run for them, so that strangers cannot keep it busy.
        """
        link = self.find(link_id)
        right = secrets.matches(secret, link.secret_hash if link else self._nobody)
        if link is None or not right or why_closed(link, self._ground.clock.now()) is not None:
            return Closed()
        if link.kind is Kind.VIEWING:
            return Closed()
        if link.second_step is not SecondStep.NONE or link.most_openings is not None:
            again = self._again(link, answers.token)
            if again is not None:
                return again
        if link.is_used_up:
            return Closed()
        if link.kind is Kind.PATIENT and answers.me is not None and self._is_theirs(link, answers.me):
            return self._let_in(link, browser, answers, who=answers.me.actor)
        return self._ask(link, browser, answers, self._progress(link, answers.asked))

    def matches(self, secret: str, link: Link | None) -> bool:
        """Whether this is the link's secret; takes as long where there is no link."""
        return secrets.matches(secret, link.secret_hash if link else self._nobody) and link is not None

    def _ask(self, link: Link, browser: Browser, answers: Answers, progress: _Progress) -> OpenOutcome:
        """The next question, or the answer to it checked."""
        given = progress.given
        if link.second_step is SecondStep.CLINICIAN and not _is_clinician(answers.me):
            return self._asked(link, Asking.SIGN_IN)
        if link.second_step is SecondStep.PROOF and "birth-date" not in given:
            if not answers.birth_date:
                return self._asked(link, Asking.BIRTH_DATE)
            born = answers.birth_date
            with self._ground.passcodes.turn(link.id) as mine:
                outcome = self._try(link, browser, "birth-date", lambda: self._was_born(link, born)) if mine else Busy()
            if outcome is not None:
                return outcome
            progress = _Progress(progress.browser, given | {"birth-date"})
            return self._next(link, progress)
        if link.passcode is not None and "passcode" not in given:
            return self._ask_passcode(link, link.passcode, browser, answers, progress)
        if not self._wants_code(link):
            return self._let_in(link, browser, answers, who=self._who(link, answers))
        token = self._token(link, progress)
        asked = self._codes.ask(link, browser, answers, progress.browser, token)
        if asked is not None:
            return asked
        code = (progress.browser, token)
        return self._let_in(link, browser, answers, who=self._who(link, answers), code=code)

    def _ask_passcode(
        self, link: Link, kept: Passcode, browser: Browser, answers: Answers, progress: _Progress
    ) -> OpenOutcome:
        if not answers.passcode:
            return self._asked(link, Asking.PASSCODE)
        typed = answers.passcode
        with self._ground.passcodes.turn(link.id) as mine:
            if not mine:
                return Busy()
            outcome = self._try(
                link, browser, "passcode", lambda: self._ground.passcodes.right(typed, kept), give_back=False
            )
            if outcome is not None:
                return outcome
            if not self._wants_code(link):
                who = self._who(link, answers)
                return self._let_in(link, browser, answers, who=who, took_try="passcode-right")
            with self._ground.trail.work() as work:
                if not self._give_back(work, link, browser, "passcode"):
                    return Closed()
            return self._next(link, _Progress(progress.browser, progress.given | {"passcode"}))

    def _next(self, link: Link, progress: _Progress) -> Asked:
        """What is asked after a right answer; the token says that it was given."""
        token = self._token(link, progress)
        if link.passcode is not None and "passcode" not in progress.given:
            return self._asked(link, Asking.PASSCODE, token)
        return self._codes.needed(link, token)

    def _try(
        self, link: Link, browser: Browser, what: Given, is_right: Callable[[], bool], *, give_back: bool = True
    ) -> OpenOutcome | None:
        """None where the answer is right. Otherwise what becomes of it.

        The try is taken, and its taking committed, before anything is compared: however many guess at once, on
        however many servers, no more answers are compared than there are tries.
        """
        ground = self._ground
        with ground.trail.work() as work:
            if not store.take_try(work.connection, link.id, ground.clock.now()):
                return Closed()
        if is_right():
            if give_back:
                with ground.trail.work() as work:
                    return None if self._give_back(work, link, browser, what) else Closed()
            return None
        with ground.trail.work() as work:
            work.audit(Act(_WRONG[what], f"link:{link.id}", _seen(link, browser)))
            taken = store.tries_taken(work.connection, link.id)
            if taken >= MOST_TRIES:
                # A right answer that is being checked at this moment finds the link closed as well.
                close(work, link, taken)
                return Closed()
        left = MOST_TRIES - taken if taken >= TELL_TRIES_FROM else None
        asking = Asking.PASSCODE_WRONG if what == "passcode" else Asking.BIRTH_DATE_WRONG
        return self._asked(link, asking, tries_left=left)

    def _give_back(self, work: UnitOfWork, link: Link, browser: Browser, what: Given) -> bool:
        if not store.give_try_back(work.connection, link.id):
            return False
        work.audit(Act(_RIGHT[what], f"link:{link.id}", _seen(link, browser)))
        return True

    def _let_in(
        self,
        link: Link,
        browser: Browser,
        answers: Answers,
        *,
        who: str,
        took_try: Literal["passcode-right"] | None = None,
        code: tuple[str, str] | None = None,
    ) -> OpenOutcome:
        """code: the browser whose code is to be checked and used up in the same transaction, and its token."""
        ground = self._ground
        token = secrets.new_token()
        me_token: str | None = None
        actor = who if who.startswith("person:") else f"link:{link.id}"
        # Where nothing is left to be proven it is made before the transaction, and that the first series was seen is
        # written along: many who open links at once wait for one commit each.
        early = None
        if code is None and link.kind is not Kind.PATIENT:
            early = study_manifest(link, ground.terms.place_name, ground.pictures, with_first=True)
        with ground.trail.work() as work:
            now = ground.clock.now()
            store.locked_link(work.connection, link.id)
            if code is not None:
                wrong = self._codes.check(work, link, browser, answers, *code)
                if wrong is not None:
                    return wrong
            if took_try is not None:
                if not store.give_try_back(work.connection, link.id):
                    return Closed()
                work.audit(Act(took_try, f"link:{link.id}", _seen(link, browser)))
            fresh = store.link(work.connection, link.id)
            if fresh is None or why_closed(fresh, now) is not None:
                return Closed()
            opening = store.count_opening(work.connection, link.id)
            if opening is None:
                return Closed()
            ends_at = min(fresh.expires_at, now + timedelta(minutes=ground.terms.session_minutes))
            seen = {"address": browser.address, "agent": browser.agent, "who": who}
            digest = secrets.digest(token)
            session = store.add_session(work.connection, link.id, digest, now, ends_at, **seen)
            work.audit(Act("link-opened", actor, _seen(link, browser) | {"session": session.id}))
            if early is not None and early[1] is not None and store.note_series(work.connection, session.id, early[1]):
                told = {"link": link.id, "session": session.id, "series": early[1]}
                work.audit(Act("series-viewed", actor, told))
            if opening == 1 and fresh.kind is Kind.SHARE and fresh.person_id is not None:
                self._tell_owner(work, fresh, fresh.person_id)
            if who == "patient":
                me_token = self._begin(work, fresh, browser, answers)
        mine = fresh.kind is Kind.PATIENT and (me_token is not None or who.startswith("person:"))
        if early is None:
            made = study_manifest(fresh, ground.terms.place_name, ground.pictures, with_first=True, mine=mine)
        else:
            made = early
        body, series = made
        self._noted(LetIn(Grant(fresh, session), series, written=early is not None))
        return Opened(token, ends_at, body, me_token)

    def _tell_owner(self, work: UnitOfWork, link: Link, owner: int) -> None:
        """Whoever shared it learns that it was opened, the first time; by e-mail where that can be."""
        sends, terms = self._ground.sends, self._ground.terms
        if sends is None:
            return
        email, phone, language = store.person_contact(work.connection, owner)
        can = sends.ways()
        for way, address in ((Way.EMAIL, email), (Way.TEXT, phone)):
            if address and way in can:
                url, zone = f"{terms.public_url}/me", ZoneInfo(terms.time_zone)
                letter = words.opened_letter(way, address, language, terms.place_name, url, work.clock.now(), zone=zone)
                sends.send(work, letter, "opened", link_id=link.id, person_id=owner)
                return

    def _begin(self, work: UnitOfWork, link: Link, browser: Browser, answers: Answers) -> str | None:
        """Whoever has proven to be the patient is known from now on; None where the studies tell of no one."""
        people = self._ground.people
        keys = set(store.study_keys(work.connection, link.studies).values())
        if people is None or len(keys) != 1:
            return None
        whose = keys.pop()
        if not whose.patient_id:
            return None
        contact = {"email": link.for_email, "phone": link.for_phone, "language": answers.language}
        person = people.person_for_patient(work, whose, name=link.for_name, **contact)
        store.set_person(work.connection, link.id, person.id)
        if person.roles & WORKERS:
            # Who works here as well signs in by two things that they have or know; a link is not among them.
            return None
        return people.begin(work, person.id, Method.LINK, browser.address, browser.agent)[0]

    def _again(self, link: Link, token: str) -> Opened | None:
        """The link once more for a browser that has it open: no second question, and no second opening."""
        if not token:
            return None
        with self._ground.trail.read() as connection:
            grant = store.grant(connection, link.id, secrets.digest(token))
        now = self._ground.clock.now()
        if grant is None or isinstance(may(grant, None, Use.VIEW, now), Denied):
            return None
        ground = self._ground
        body, series = study_manifest(
            link, ground.terms.place_name, ground.pictures, with_first=True, mine=is_mine(grant)
        )
        self._noted(LetIn(grant, series))
        return Opened(None, grant.session.ends_at, body)

    def _is_theirs(self, link: Link, me: SignedIn) -> bool:
        with self._ground.trail.read() as connection:
            keys = store.study_keys(connection, link.studies)
        now = self._ground.clock.now()
        # By a relation alone: whoever works here looks in their own name.
        own = replace(me, glasses=())
        return bool(keys) and all(
            not isinstance(may(PersonGrant(own, whose), study, Use.DOWNLOAD, now), Denied)
            for study, whose in keys.items()
        )

    def _was_born(self, link: Link, typed: str) -> bool:
        digits = tidy(typed)
        with self._ground.trail.read() as connection:
            known = steps_store.birth_dates(connection, link.studies) | {link.birth_date}
        return any(hmac.compare_digest(digits.encode("utf-8", "surrogatepass"), one.encode()) for one in known if one)

    def _wants_code(self, link: Link) -> bool:
        return link.second_step is SecondStep.CODE or (link.second_step is SecondStep.PROOF and link.passcode is None)

    def _who(self, link: Link, answers: Answers) -> str:
        """Who it is, once everything was answered."""
        if link.second_step is SecondStep.CLINICIAN and answers.me is not None:
            return answers.me.actor
        return {SecondStep.PROOF: "patient", SecondStep.CODE: "recipient"}.get(link.second_step, "")

    def _asked(self, link: Link, what: Asking, token: str | None = None, *, tries_left: int | None = None) -> Asked:
        kept = link.passcode if what in (Asking.PASSCODE, Asking.PASSCODE_WRONG) else None
        return Asked(
            what,
            self._ground.terms.place_name,
            link.expires_at,
            token,
            digits=kept.digits if kept else False,
            length=kept.length if kept else 0,
            tries_left=tries_left,
        )

    def _token(self, link: Link, progress: _Progress) -> str:
        until = int((self._ground.clock.now() + _ASKED_LASTS).timestamp())
        said = json.dumps([link.id, progress.browser, sorted(progress.given), until])
        return self._ground.keyring.seal(_ASKED_FOR, said)

    def _progress(self, link: Link, token: str) -> _Progress:
        """What a browser's token says of it; of a browser without one, that it has answered nothing."""
        said = self._ground.keyring.open(_ASKED_FOR, token) if token else None
        if said is not None:
            link_id, browser, given, until = json.loads(said)
            if link_id == link.id and self._ground.clock.now().timestamp() < until:
                return _Progress(browser, frozenset(given))
        return _Progress(random.token_urlsafe(_NONCE_BYTES), frozenset())

    def find(self, link_id: str) -> Link | None:
        if not secrets.is_link_id(link_id):
            return None
        with self._ground.trail.read() as connection:
            return store.link(connection, link_id)


def is_mine(grant: Grant) -> bool:
    """Whether the patient looks, or who stands for them: they may share what they see."""
    return grant.link.kind is Kind.PATIENT


def close(work: UnitOfWork, link: Link, taken: int) -> None:
    """Close a link whose tries are all gone."""
    if store.revoke(work.connection, link.id, work.clock.now()):
        work.audit(Act("link-closed", "system", {"link": link.id, "tries": taken}))


def _is_clinician(me: SignedIn | None) -> bool:
    return me is not None and Role.CLINICIAN in me.person.roles


def _seen(link: Link, browser: Browser) -> dict[str, str | int | None]:
    return {"link": link.id, "address": browser.address, "browser": browser.agent}
