"""The whole application with two patients' rows in it, and people signed in before it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tests.door.running import TestClock, serving
from tests.door.small_archive import SmallArchive

from undisc.accounts.people.model import Method, Person, Role
from undisc.app import App, build, build_web
from undisc.audit.model import Act, Action
from undisc.settings import Settings


@dataclass
class PrivacyDoor:
    base: str
    app: App
    clock: TestClock
    clients: list[httpx.Client] = field(default_factory=list)

    def somebody(self, name: str, *roles: Role) -> int:
        """A person's number."""
        person = Person(0, name, f"{name.split()[0].lower()}@clinic.example", "", "", frozenset(roles))
        return self.app.trail.run(lambda work: self.app.people.add_person(work, person)).id

    def token(self, person_id: int) -> str:
        return self.app.trail.run(
            lambda work: self.app.people.begin(work, person_id, Method.PASSKEY, "198.51.100.7", "test")
        )[0]

    def signed_in(self, name: str, *roles: Role) -> httpx.Client:
        """A browser of somebody with these roles."""
        token = self.token(self.somebody(name, *roles))
        client = httpx.Client(base_url=self.base, cookies={"undisc_me": token}, timeout=30)
        self.clients.append(client)
        return client

    def act(self, action: Action, actor: str, **subject: str | int | None) -> None:
        with self.app.trail.work() as work:
            work.audit(Act(action, actor, subject))


def post(client: httpx.Client, page: str, where: str, **fields: str) -> httpx.Response:
    """Send a form that stands on a page, with its token."""
    token = re.search(r'name="form_token" value="(\w+)"', client.get(page).text)
    assert token
    return client.post(where, data={"form_token": token[1], **fields})


@contextmanager
def privacy_door(folder: Path, **settings: object) -> Iterator[PrivacyDoor]:
    clock = TestClock()
    chosen = {"data_dir": folder / "data", "place_name": "Riverside Imaging", **settings}
    app = build(Settings.model_validate(chosen), clock)
    (folder / "files").mkdir()
    SmallArchive(folder / "files").fill(app.database)
    with serving(build_web(app)) as base:
        door = PrivacyDoor(base, app, clock)
        yield door
        for client in door.clients:
            client.close()
    app.close()
