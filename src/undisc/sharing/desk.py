"""The staff's desk: what came, what went out, and handing over with one press of a button."""

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol

from sqlalchemy import Row

from undisc.accounts.people.model import SignedIn
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.errors import StudyUnknown
from undisc.messaging import words
from undisc.messaging.model import Letter, Message, MessageRefused, MessageUnknown, Way, is_address, shown
from undisc.sharing import desk_store as store
from undisc.sharing.desk_model import (
    Arrival,
    DayCount,
    Form,
    GivenLink,
    HandedOver,
    Handover,
    LinkFigures,
    NotDone,
    Page,
    Sent,
    Showing,
    Stage,
)
from undisc.sharing.model import Allowed, Contact, Denied, NewLink, ShareRefused, Use

PER_PAGE = 50
MOST_AT_ONCE = 100
"""Studies that one press of a button is for."""

_MOST_PAGES = 400
_COMING = timedelta(days=30)
_MONTH = timedelta(days=30)
_DAYS = 14


class Links(Protocol):
    """What is asked of sharing."""

    def patient_link(
        self, studies: Sequence[int], contact: Contact, by: str, work: UnitOfWork | None = None
    ) -> NewLink: ...

    def ask_person(self, me: SignedIn, use: Use, study_id: int) -> Allowed | Denied: ...

    def revoke(self, link_id: str, revoked_by: str = "operator") -> bool: ...


class Messages(Protocol):
    """What is asked of messaging."""

    def ways(self) -> frozenset[Way]: ...

    def send(
        self,
        work: UnitOfWork,
        letter: Letter,
        purpose: str,
        *,
        link_id: str | None = None,
        person_id: int | None = None,
    ) -> int: ...

    def of_link(self, link_id: str) -> list[Message]: ...

    def cancel(self, work: UnitOfWork, number: int, by: str = "operator") -> None: ...


class Accounts(Protocol):
    """What is asked of the account of what was complete."""

    def said_complete(self, study: int, by: str) -> bool: ...

    def sent(self, study: int, link_id: str, by: str) -> None: ...

    def printed(self, study: int, link_id: str, by: str) -> None: ...

    def dismissed(self, study: int, by: str) -> None: ...

    def reopened(self, study: int, by: str) -> None: ...


class Desk:
    """One object for one data folder. It is for staff: who has that role is asked of before, who may hand over which
    study is asked here."""

    def __init__(
        self,
        trail: Trail,
        clock: Clock,
        links: Links,
        messages: Messages,
        accounts: Accounts,
        *,
        place: str,
        contact: str | None,
        zone: tzinfo,
    ) -> None:
        self._trail = trail
        self._clock = clock
        self._links = links
        self._messages = messages
        self._accounts = accounts
        self._place = place
        self._contact = contact
        self._zone = zone

    # -- what there is -----------------------------------------------------------------------------------------------

    def arrivals(self, stages: Collection[Stage] = tuple(Stage), page: int = 1) -> Page[Arrival]:
        """Studies, those first that came or were complete last."""
        number, skip = _place(page)
        since = self._clock.now() - _COMING
        with self._trail.read() as connection:
            rows = store.arrivals(connection, stages, since, skip, PER_PAGE + 1)
            found = self._arrivals(connection, rows[:PER_PAGE])
        return Page(found, number, len(rows) > PER_PAGE)

    def of_studies(self, studies: Collection[int]) -> dict[int, Arrival]:
        """How these studies stand."""
        with self._trail.read() as connection:
            return {each.study: each for each in self._arrivals(connection, store.standing(connection, studies))}

    def given(self, showing: Showing = Showing.ALL, page: int = 1) -> Page[GivenLink]:
        """Links, newest first."""
        number, skip = _place(page)
        now = self._clock.now()
        with self._trail.read() as connection:
            rows = store.given(connection, showing, now, skip, PER_PAGE + 1)
            ids = [row.id for row in rows[:PER_PAGE]]
            opened, sent = store.opened(connection, ids), store.sent(connection, ids)
            studies = store.studies_of(connection, ids)
        found = [
            GivenLink(
                id=row.id,
                kind=row.kind,
                made_at=row.made_at,
                expires_at=row.expires_at,
                state=_state(row, now),
                to=row.for_name or _shown(row),
                openings=opened.get(row.id, (0, None))[0],
                opened_at=opened.get(row.id, (0, None))[1],
                studies=tuple(studies.get(row.id, ())),
                messages=tuple(sent.get(row.id, ())),
            )
            for row in rows[:PER_PAGE]
        ]
        return Page(found, number, len(rows) > PER_PAGE)

    def messages_of(self, links: Collection[str]) -> dict[str, list[Sent]]:
        """The messages that carried these links, newest first."""
        with self._trail.read() as connection:
            return store.sent(connection, links)

    def _arrivals(self, connection: Any, rows: Sequence[Row[Any]]) -> list[Arrival]:
        links = [row.link_id for row in rows if row.link_id]
        forms, opened = store.forms(connection, rows), store.opened(connection, links)
        sent = store.sent(connection, links)
        return [
            Arrival(
                study=row.id,
                at=row.at,
                stage=Stage(row.state) if row.state else Stage.ARRIVING,
                form=forms.get(row.id, Form.NONE),
                link=row.link_id,
                opened=row.link_id in opened,
                failed=sum(message.state == "failed" for message in sent.get(row.link_id, ())),
            )
            for row in rows
        ]

    # -- handing over ------------------------------------------------------------------------------------------------

    def ways(self) -> frozenset[Way]:
        """By which ways a link can be sent at all."""
        return self._messages.ways()

    def hand_over(self, studies: Sequence[int], to: Handover, me: SignedIn, *, on_paper: bool) -> HandedOver | NotDone:
        """Make a patient's link to these studies, and send it to where it is to go. on_paper: it is printed, too.

        Where it goes nowhere and is printed, it opens by a passcode that is said at the desk.
        """
        chosen = tuple(dict.fromkeys(studies))
        why_not = self._why_not(chosen, to, me, on_paper=on_paper)
        if why_not:
            return NotDone(why_not)
        addresses = [(way, address) for way, address in ((Way.EMAIL, to.email), (Way.TEXT, to.phone)) if address]
        contact = Contact(to.email, to.phone, to.birth_date, to.language, to.name)

        def act(work: UnitOfWork) -> NewLink:
            made = self._links.patient_link(chosen, contact, me.actor, work)
            for way, address in addresses:
                letter = words.link_letter(
                    way,
                    address,
                    to.language,
                    self._place,
                    made.url,
                    made.link.expires_at,
                    contact=self._contact,
                    zone=self._zone,
                )
                self._messages.send(work, letter, "link", link_id=made.link.id)
            return made

        try:
            made = self._trail.run(act)
        except ShareRefused as error:
            return NotDone(str(error))
        except StudyUnknown:
            return NotDone("This scan is not here any more.")
        settle = self._accounts.printed if on_paper else self._accounts.sent
        for study in chosen:
            settle(study, made.link.id, me.actor)
        return HandedOver(
            link_id=made.link.id,
            url=made.url,
            passcode=made.passcode or "",
            until=made.link.expires_at,
            studies=chosen,
            shown_to=tuple(shown(way, address) for way, address in addresses),
            language=to.language,
        )

    def take_back(self, link_id: str, me: SignedIn) -> str | NotDone:
        """Stop a link that nobody has opened, with the messages that wait to carry it. Returns a sentence."""
        with self._trail.read() as connection:
            was_opened = bool(store.opened(connection, [link_id]))
        if was_opened:
            return NotDone("This link was opened already. It can be stopped, and not taken back.")
        stopped = self._links.revoke(link_id, me.actor)
        for message in self._messages.of_link(link_id):
            if message.state == "waiting":
                with suppress(MessageUnknown, MessageRefused):
                    self._cancel(message.id, me.actor)

        def reopen(work: UnitOfWork) -> None:
            for study in store.take_back(work.connection, link_id):
                work.audit(Act("completion-changed", me.actor, {"study": study, "state": "waiting"}))

        self._trail.run(reopen)
        return "The link was taken back. It opens nothing any more." if stopped else NotDone("It was stopped before.")

    def stop(self, link_id: str, me: SignedIn) -> bool:
        """Stop a link for good. Raises LinkUnknown."""
        return self._links.revoke(link_id, me.actor)

    def complete(self, study: int, me: SignedIn) -> str | NotDone:
        """All of it has come, says somebody."""
        if not self._may(study, me):
            return NotDone("This scan is not here any more.")
        said = self._accounts.said_complete(study, me.actor)
        return "Marked as complete." if said else NotDone("This was complete already.")

    def dismiss(self, study: int, me: SignedIn) -> str | NotDone:
        """There is nothing to send."""
        if not self._may(study, me):
            return NotDone("This scan is not here any more.")
        self._accounts.dismissed(study, me.actor)
        return "Taken off the list."

    def reopen(self, study: int, me: SignedIn) -> str | NotDone:
        """Take `dismiss` back."""
        if not self._may(study, me):
            return NotDone("This scan is not here any more.")
        self._accounts.reopened(study, me.actor)
        return "Back on the list."

    def _may(self, study: int, me: SignedIn) -> bool:
        return isinstance(self._links.ask_person(me, Use.SHARE, study), Allowed)

    def _why_not(self, studies: Sequence[int], to: Handover, me: SignedIn, *, on_paper: bool) -> str:
        if not studies:
            return "Tick a scan first."
        if len(studies) > MOST_AT_ONCE:
            return f"That is more than {MOST_AT_ONCE} scans."
        if not all(self._may(study, me) for study in studies):
            return "This scan is not here any more."
        if not (to.email or to.phone or on_paper):
            return "There is nobody to send it to: no e-mail address and no telephone number."
        for way, address in ((Way.EMAIL, to.email), (Way.TEXT, to.phone)):
            if address and not is_address(way, address):
                return "This is no e-mail address." if way is Way.EMAIL else "This is no telephone number."
            if address and way not in self._messages.ways():
                return "No e-mail can be sent here." if way is Way.EMAIL else "No text messages can be sent here."
        with self._trail.read() as connection:
            if not (to.birth_date or store.has_birth_date(connection, studies)):
                return "The link opens by the date of birth, and none is known. Type it in."
        return ""

    def _cancel(self, message: int, by: str) -> None:
        self._trail.run(lambda work: self._messages.cancel(work, message, by))

    # -- figures -----------------------------------------------------------------------------------------------------

    def link_figures(self) -> LinkFigures:
        with self._trail.read() as connection:
            return LinkFigures(*store.counted(connection, self._clock.now() - _MONTH))

    def arrivals_a_day(self) -> list[DayCount]:
        """Of the last two weeks, today last; days without any are there."""
        today = self._clock.now().astimezone(self._zone).date()
        days = [today - timedelta(days=back) for back in reversed(range(_DAYS))]
        with self._trail.read() as connection:
            came = store.kept_since(connection, self._clock.now() - timedelta(days=_DAYS + 1))
        counts = Counter(moment.astimezone(self._zone).date() for moment in came)
        return [DayCount(day.isoformat(), counts[day]) for day in days]


def _place(page: int) -> tuple[int, int]:
    number = min(max(page, 1), _MOST_PAGES)
    return number, (number - 1) * PER_PAGE


def _state(row: Row[Any], now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at <= now:
        return "expired"
    return "used up" if row.most_openings is not None and row.openings >= row.most_openings else "open"


def _shown(row: Row[Any]) -> str:
    said = [shown(Way.EMAIL, row.for_email)] if row.for_email else []
    return ", ".join(said + ([shown(Way.TEXT, row.for_phone)] if row.for_phone else []))
