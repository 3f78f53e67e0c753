"""Who looked: each opening of a link, and everybody who looked at a patient's studies."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import IPv4Address, ip_address
from typing import Any

from sqlalchemy import Connection, Row

from undisc.accounts.people.model import PatientKey, Role, SignedIn
from undisc.audit import searching
from undisc.audit.marks import Mark
from undisc.audit.searching import Wanted
from undisc.sharing import looking_store, store
from undisc.sharing.ground import Ground
from undisc.sharing.model import Kind, Link, Look, Opening, SharedLink
from undisc.sharing.policy import why_closed

_TAKEN_AWAY = frozenset({"download-finished", "instance-downloaded"})
_BY_SYSTEMS = frozenset({"study-retrieved", "instances-sent"})
_ON_MEDIA = frozenset({"exported", "published"})
# In the order in which they are looked for: many a browser names those that came before it as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


class Looking:
    """Answers from rows; asks nobody whether who wants to know may."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def state(self, link: Link, now: datetime) -> str:
        """ "open", "expired", "revoked" or "used up"."""
        closed = why_closed(link, now)
        return str(closed) if closed else "used up" if link.is_used_up else "open"

    def shared_by(self, person_id: int) -> list[SharedLink]:
        with self._ground.trail.read() as connection:
            return self._shown(store.links_of_person(connection, person_id))

    def links_of_patient(self, key: PatientKey) -> list[SharedLink]:
        with self._ground.trail.read() as connection:
            return self._shown(store.links_of_patient(connection, key)) if key.patient_id else []

    def addressed_to(self, me: SignedIn) -> list[SharedLink]:
        if Role.CLINICIAN not in me.person.roles:
            return []
        with self._ground.trail.read() as connection:
            found = self._shown(store.links_to_address(connection, me.person.email))
        return [one for one in found if one.state == "open"]

    def one(self, link_id: str) -> SharedLink | None:
        with self._ground.trail.read() as connection:
            found = store.one_told(connection, link_id)
        return self._shown([found])[0] if found else None

    def openings(self, link_id: str) -> list[Opening]:
        with self._ground.trail.read() as connection:
            return _openings(connection, looking_store.sessions_of_link(connection, link_id))

    def looks_at(self, key: PatientKey) -> list[Look]:
        with self._ground.trail.read() as connection:
            named = store.studies_of(connection, key)
            if not named:
                return []
            rows = looking_store.sessions_of_studies(connection, named)
            looks = [
                Look(each.at, _way(row), each.who_name, each.link_id, each)
                for row, each in zip(rows, _openings(connection, rows), strict=True)
            ]
            looks += [Look(row.at, "glass", row.name) for row in looking_store.glasses_of(connection, key)]
            uids = (self._ground.pictures.study_uid(study) for study in named)
            marks = {Mark("study", str(study)) for study in named}
            marks |= {Mark("study-uid", str(uid)) for uid in uids if uid}
            wanted = Wanted((frozenset(marks),), _BY_SYSTEMS | _ON_MEDIA)
            for entry in searching.oldest_first(connection, wanted):
                kind, _, name = entry.actor.partition(":")
                # Whoever holds a link is among the openings already.
                if kind != "link":
                    way = "medium" if entry.action in _ON_MEDIA else "system"
                    looks.append(Look(entry.at, way, name or kind))
        return sorted(looks, key=lambda look: look.at, reverse=True)

    def _shown(self, found: Iterable[tuple[Link, int, datetime | None]]) -> list[SharedLink]:
        now = self._ground.clock.now()
        return [
            SharedLink(link, self.state(link, now), openings, last, tuple(sorted(link.studies)))
            for link, openings, last in found
        ]


def _way(row: Row[Any]) -> str:
    if row.kind == Kind.VIEWING.value:
        return "signed in"
    return "own link" if row.who == "patient" or row.kind == Kind.PATIENT.value else "link"


def _openings(connection: Connection, rows: Sequence[Row[Any]]) -> list[Opening]:
    series = looking_store.series_of(connection, [row.id for row in rows])
    people = {row.id: int(row.who.partition(":")[2]) for row in rows if row.who.startswith("person:")}
    names = looking_store.names_of(connection, people.values())
    whole, files = _taken_away(connection, {row.link_id for row in rows})
    return [
        Opening(
            session_id=row.id,
            link_id=row.link_id,
            at=row.opened_at,
            who="person" if row.id in people else row.who or "holder",
            who_name=names.get(people[row.id], "") if row.id in people else "",
            address=network_of(row.address),
            browser=browser_of(row.agent),
            series=tuple(series.get(row.id, ())),
            downloaded=row.id in whole,
            files=files[row.id],
        )
        for row in rows
    ]


def _taken_away(connection: Connection, links: Iterable[str]) -> tuple[set[int], Counter[int]]:
    """The sessions in which everything was downloaded, and how many single files were in each."""
    whole: set[int] = set()
    files: Counter[int] = Counter()
    marks = frozenset(Mark("link", link) for link in links)
    if marks:
        for entry in searching.oldest_first(connection, Wanted((marks,), _TAKEN_AWAY)):
            session = entry.subject.get("session")
            if entry.action == "download-finished":
                whole.add(int(session or 0))
            else:
                files[int(session or 0)] += 1
    return whole, files


def network_of(address: str) -> str:
    """The network that an address is of: enough to know one's own again, too little to find a house."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv4Address):
        return ".".join(address.split(".")[:3]) + ".…"
    return ":".join(found.exploded.split(":")[:3]) + ":…"


def browser_of(agent: str) -> str:
    """A browser and what it runs on, by what it says of itself: "Safari, iPhone"; "" where it says neither."""
    browser = next((name for part, name in _BROWSERS if part in agent), "")
    device = next((name for part, name in _DEVICES if part in agent), "")
    return ", ".join(part for part in (browser, device) if part)
