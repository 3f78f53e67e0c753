"""A running web door: a real server on a port of its own, and what a test needs to knock at it."""

import io
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from tests.door.small_archive import SmallArchive

from undisc.accounts.people.model import Method, PatientKey, Person, Role
from undisc.accounts.people.service import People
from undisc.accounts.people.tries import Tries
from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_sqlite
from undisc.db.message_tables import messages
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import audit_entries
from undisc.jobs.service import Jobs
from undisc.keyring import Keyring
from undisc.messaging.console import Console
from undisc.messaging.model import Way
from undisc.messaging.service import Messaging
from undisc.sharing.check_in import CheckIn
from undisc.sharing.consents import Consents
from undisc.sharing.model import NewLink, Terms
from undisc.sharing.service import Sharing
from undisc.web.app import create_web
from undisc.web.server import listen, make_server
from undisc.web.services import WebServices

CLOSED = {
    "type": "link-closed",
    "title": "This link does not open. Ask the person who sent it for a new one.",
    "status": 404,
}


class TestClock:
    """Stands still until it is told to go on."""

    __test__ = False

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@dataclass
class Door:
    """The door, the rooms behind it, and a browser before it (`client`, which keeps cookies)."""

    base: str
    client: httpx.Client
    app: FastAPI
    sharing: Sharing
    archive: SmallArchive
    clock: TestClock
    trail: Trail
    database: Database
    keyring: Keyring
    people: People
    others: list[httpx.Client] = field(default_factory=list)

    def new_link(self, *studies: int, **terms: Any) -> NewLink:
        return self.sharing.create_link(studies or (1,), **terms)

    def open(self, link: NewLink, passcode: str | None = None, client: httpx.Client | None = None) -> httpx.Response:
        asked = {"secret": link.secret} | ({} if passcode is None else {"passcode": passcode})
        return (client or self.client).post(f"/s/{link.link.id}/open", json=asked)

    def opened(self, *studies: int, **terms: Any) -> NewLink:
        """A link, already open in the browser."""
        link = self.new_link(*studies, **terms)
        assert self.open(link, link.passcode).status_code == 200
        return link

    def get(self, link: NewLink, path: str, **more: Any) -> httpx.Response:
        return self.client.get(f"/s/{link.link.id}/{path}", **more)

    def another_browser(self) -> httpx.Client:
        self.others.append(httpx.Client(base_url=self.base, timeout=30))
        return self.others[-1]

    def trail_entries(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(action, actor, subject) of every entry, in order."""
        with self.database.read() as connection:
            rows = connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()
        return [(row.action, row.actor, json.loads(row.subject)) for row in rows]

    def letters(self) -> list[tuple[str, str]]:
        """(address, text) of every message that waits to be sent, in order."""
        with self.database.read() as connection:
            sealed = connection.scalars(select(messages.c.sealed).order_by(messages.c.id)).all()
        opened = [json.loads(self.keyring.open("message", one) or "[]") for one in sealed]
        return [(letter[-3], letter[-1]) for letter in opened]

    def last_code(self) -> str:
        """The six digits of the last letter that carries any."""
        found = [code for _, text in self.letters() for code in re.findall(r"\b[0-9]{6}\b", text)]
        return found[-1]

    def signed_in(self, *roles: Role, patient: PatientKey | None = None, email: str = "") -> httpx.Client:
        """A browser of somebody who is signed in."""
        with self.trail.work() as work:
            person = self.people.add_person(work, Person(0, "Sam Sample", email, "", "", frozenset(roles)))
            if patient is not None:
                self.people.relate(work, person.id, patient, "self", None, "operator")
            token, _ = self.people.begin(work, person.id, Method.PASSKEY, "192.0.2.1", "Browser/1.0")
        browser = self.another_browser()
        browser.cookies.set("undisc_me", token)
        return browser

    def actions(self) -> list[str]:
        return [action for action, _, _ in self.trail_entries()]


def sharing_on(
    trail: Trail, database: Database, archive: SmallArchive, terms: Terms, keyring: Keyring
) -> tuple[Sharing, People]:
    """Sharing and the people it knows, with messages that wait in the database and go nowhere."""
    clock = trail._clock
    people = People(trail, clock, keyring)
    carriers = {way: Console(io.StringIO()) for way in Way}
    messaging = Messaging(trail, clock, Jobs(database, clock), keyring, carriers)
    sharing = Sharing(trail, archive, clock, terms, keyring, people, messaging)
    people.when_session_ends(sharing.end_viewing)
    return sharing, people


@contextmanager
def running_door(
    folder: Path, *, public_url: str = "http://pictures.example", viewer: Path | None = None
) -> Iterator[Door]:
    files = folder / "files"
    files.mkdir()
    database = open_sqlite(folder / "undisc.db")
    bring_up_to_date(database)
    archive, clock = SmallArchive(files), TestClock()
    archive.fill(database)
    trail = Trail(database, clock, b"k" * 32)
    terms = Terms("Riverside Imaging", public_url, link_days=30, session_minutes=240)
    keyring = Keyring(folder / "secrets.key")
    sharing, people = sharing_on(trail, database, archive, terms, keyring)
    consents = Consents(trail, clock)
    services = WebServices(
        sharing,
        archive,
        archive.reports,
        "Riverside Imaging",
        public_url,
        people=people,
        consents=consents,
        check_in=CheckIn(trail, clock, keyring, Tries(keyring), consents),
    )
    app = create_web(services, viewer or folder / "no viewer")
    with serving(app) as base, httpx.Client(base_url=base, timeout=30) as client:
        door = Door(base, client, app, sharing, archive, clock, trail, database, keyring, people)
        yield door
        for other in door.others:
            other.close()
    database.close()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application for as long as the block lasts; gives its address."""
    server = make_server(app)
    listening = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        server.should_exit = True
        thread.join()
        listening.close()
