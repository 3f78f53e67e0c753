"""What is out of the ordinary in new entries of the trail, told to the privacy officer."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from undisc.accounts.people.model import PatientKey
from undisc.audit import searching
from undisc.audit.entries import Entry, Wanted
from undisc.audit.marks import Mark
from undisc.audit.model import Broken
from undisc.audit.trail import Trail, UnitOfWork
from undisc.clock import Clock
from undisc.disclosures import store
from undisc.disclosures.accounting import is_patient
from undisc.disclosures.model import Known
from undisc.disclosures.policy import DISCLOSING, LEAST_UNUSUAL, WRONG, is_guessing, is_unusual

_AT_ONCE = 1000
_READ, _VERIFIED, _COUNTED = "alerts", "verified", "volume"
_VERIFY_EVERY = timedelta(days=1)
_COUNT_EVERY = timedelta(minutes=10)
_DAY, _MONTH, _HOUR = timedelta(days=1), timedelta(days=31), timedelta(hours=1)


class Watching:
    """Goes on where it was, whichever replica it is on. The first time, it begins with what is new from then on."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    def look(self) -> None:
        now = self._clock.now()
        with self._trail.read() as connection:
            last, _ = searching.head(connection)
            after, begun = store.sent_to(connection, _READ)
        if begun is None:
            self._note(_READ, last)
        else:
            self._look_at(after, last, now)
        self._verify(now)

    def _look_at(self, after: int, last: int, now: datetime) -> None:
        busy: dict[str, frozenset[Mark]] = {}
        while after < last:
            with self._trail.read() as connection:
                some = list(islice(searching.oldest_first(connection, Wanted(after=after)), _AT_ONCE))
                known = store.known_of(connection, some)
                watched = {each.key: each.id for each in store.watched(connection)}
                found = [*_watched(some, known, watched), *_closed(some), *_guessing(connection, some)]
                busy |= _busy(connection, some, known)
            if not some:
                return
            after = some[-1].seq
            self._tell(found, after)
        with self._trail.read() as connection:
            counted = store.sent_to(connection, _COUNTED)[1]
        if busy and (counted is None or now >= counted + _COUNT_EVERY):
            self._count(busy, now, last)

    def _count(self, busy: dict[str, frozenset[Mark]], now: datetime, last: int) -> None:
        with self._trail.read() as connection:
            found = [alert for actor, marks in busy.items() for alert in _volume(connection, actor, marks, now)]
        self._tell(found, None)
        self._note(_COUNTED, last)

    def _verify(self, now: datetime) -> None:
        with self._trail.read() as connection:
            last, _ = searching.head(connection)
            at = store.sent_to(connection, _VERIFIED)[1]
        if at is not None and now < at + _VERIFY_EVERY:
            return
        result = self._trail.verify()
        if isinstance(result, Broken):
            self._tell([("trail", {"reason": result.reason, "entry": result.seq}, "trail")], None)
        self._note(_VERIFIED, last)

    def _tell(self, found: Iterable[tuple[str, dict[str, object], str]], after: int | None) -> None:
        def act(work: UnitOfWork) -> None:
            for kind, subject, key in found:
                store.add_alert(work.connection, kind, subject, key, work.clock.now())
            if after is not None:
                store.note_sent(work.connection, _READ, after, work.clock.now())

        found = list(found)
        self._trail.run(act)

    def _note(self, place: str, seq: int) -> None:
        self._trail.run(lambda work: store.note_sent(work.connection, place, seq, work.clock.now()))


_Alert = tuple[str, dict[str, object], str]


def _watched(some: list[Entry], known: Known, watched: dict[PatientKey, int]) -> list[_Alert]:
    found: list[_Alert] = []
    for entry in some if watched else ():
        if entry.action not in DISCLOSING or _is_own(entry, known):
            continue
        for study in known.studies_of(entry):
            number = watched.get(study.key)
            if number is not None:
                subject: dict[str, object] = {"actor": entry.actor, "study": study.id, "entry": entry.seq}
                link = entry.subject.get("link")
                found.append(("watched", subject | ({"link": link} if link else {}), f"watched:{number}:{entry.actor}"))
    return found


def _is_own(entry: Entry, known: Known) -> bool:
    """Whether a patient or their family looks: they are not whom a watch is for."""
    link = known.links.get(entry.actor.removeprefix("link:"))
    person = known.person_of(entry.actor)
    return (link is not None and link.kind == "patient") or (person is not None and is_patient(person.roles))


def _closed(some: list[Entry]) -> list[_Alert]:
    closed = [str(entry.subject.get("link")) for entry in some if entry.action == "link-closed"]
    return [("codes", {"link": link}, f"codes:link:{link}") for link in closed]


def _guessing(connection: Connection, some: list[Entry]) -> list[_Alert]:
    found: list[_Alert] = []
    latest = {str(e.subject["address"]): e.at for e in some if e.action in WRONG and e.subject.get("address")}
    for address, at in latest.items():
        wanted = Wanted((frozenset({Mark("address", address)}),), WRONG, at - _HOUR)
        count = searching.how_many(connection, wanted, 10_000)
        if is_guessing(count):
            found.append(("codes", {"address": address, "count": count}, f"codes:address:{address}"))
    return found


def _busy(connection: Connection, some: list[Entry], known: Known) -> dict[str, frozenset[Mark]]:
    """Who looked at pictures, of those who look at many patients': people who signed in, and systems."""
    busy: dict[str, frozenset[Mark]] = {}
    for entry in some:
        if entry.action not in DISCLOSING:
            continue
        person = known.person_of(entry.actor)
        if person is not None and f"person:{person.id}" not in busy:
            links = {Mark("link", link) for link in store.links_of_person(connection, person.id)}
            busy[f"person:{person.id}"] = frozenset({Mark("person", str(person.id))} | links)
        elif entry.actor.startswith("token:"):
            busy[entry.actor] = frozenset({Mark("token", entry.actor.removeprefix("token:"))})
    return busy


def _volume(connection: Connection, actor: str, marks: frozenset[Mark], now: datetime) -> list[_Alert]:
    today = Wanted((marks,), DISCLOSING, now - _DAY)
    # Most are far from it: then the month is not read.
    if len(_patients(connection, today, now).get(0, ())) < LEAST_UNUSUAL:
        return []
    days = _patients(connection, replace(today, since=now - _MONTH), now)
    before = [len(patients) for day, patients in days.items() if day]
    count = len(days.get(0, ()))
    if not is_unusual(count, before):
        return []
    usual = round(sum(before) / len(before)) if before else 0
    return [("volume", {"actor": actor, "patients": count, "usual": usual}, f"volume:{actor}")]


def _patients(connection: Connection, wanted: Wanted, now: datetime) -> dict[int, set[PatientKey]]:
    """Whose pictures somebody saw, by how many days ago."""
    days: dict[int, set[PatientKey]] = {}
    entries = searching.oldest_first(connection, wanted)
    while some := list(islice(entries, _AT_ONCE)):
        known = store.known_of(connection, some)
        for entry in some:
            days.setdefault((now - entry.at) // _DAY, set()).update(study.key for study in known.studies_of(entry))
    return days
