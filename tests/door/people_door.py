"""A whole server with people who sign in at it, and a browser that fills in its forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pyotp.totp import TOTP
from tests.door.running import TestClock, serving

from undisc.accounts.people.entrance import Entrance
from undisc.accounts.people.model import Role
from undisc.app import App, build, build_entrance, build_web
from undisc.settings import Settings

PASSWORD = "purple otter lamp 93"
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Member:
    """Somebody who signs in by a password and codes."""

    email: str
    seed: str
    paper: list[str]


@dataclass
class PeopleDoor:
    app: App
    entrance: Entrance
    base: str
    clock: TestClock
    browsers: list["Browser"] = field(default_factory=list)

    def browser(self, address: str = "127.0.0.1") -> "Browser":
        """address: one of this machine's own from which it calls."""
        transport = httpx.HTTPTransport(local_address=address)
        client = httpx.Client(base_url=self.base, timeout=30, transport=transport, follow_redirects=False)
        self.browsers.append(Browser(self, client))
        return self.browsers[-1]

    def invitation(self, *roles: Role, email: str = "", name: str = "", **more: Any) -> str:
        """An address that lets somebody in."""
        roles = roles or (Role.STAFF,)
        made = self.app.trail.run(
            lambda work: self.app.people.invite(
                work, "operator", name=name, email=email, roles=frozenset(roles), **more
            )
        )
        return self.entrance.letters.address_of(made)

    def code(self, member: Member) -> str:
        """What the app shows now; the clock goes on, so that the next one is another."""
        self.clock.advance(seconds=30)
        return TOTP(member.seed).at(self.clock.now())

    def actions(self) -> list[str]:
        from sqlalchemy import select

        from undisc.db.tables import audit_entries

        with self.app.database.read() as connection:
            return list(connection.scalars(select(audit_entries.c.action).order_by(audit_entries.c.seq)))


@dataclass
class Browser:
    door: PeopleDoor
    client: httpx.Client

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def post(
        self, path: str, page: str | None = None, headers: dict[str, str] | None = None, **fields: Any
    ) -> httpx.Response:
        """Post a form. page: where it stands, whose token goes along."""
        token = {"form_token": self.token(page)} if page else {}
        return self.client.post(path, data=token | fields, headers=headers)

    def token(self, page: str) -> str:
        answer = self.get(page)
        found = _TOKEN.findall(answer.text)
        assert found, (page, answer.status_code)
        return found[0]

    def join(self, address: str, email: str = "ann@clinic.example", name: str = "Ann Example") -> Member:
        """Accept an invitation with a password and a generator of codes."""
        assert self.post("/join", secret=address).headers["location"] == "/join/start"
        chosen = self.post("/join/password", name=name, email=email, password=PASSWORD)
        seed = re.findall(r'class="seed">([A-Z2-7]+)<', chosen.text)[0]
        joined = self.post("/join/code", code=TOTP(seed).at(self.door.clock.now()))
        assert joined.status_code == 200, joined.text
        return Member(email, seed, re.findall(r"<li><code>([^<]+)<", joined.text))

    def sign_in(self, member: Member, after: str = "") -> httpx.Response:
        first = self.post("/sign-in", email=member.email, password=PASSWORD, next=after)
        assert first.status_code == 303, first.text
        return self.post("/sign-in/second", code=self.door.code(member), next=after)

    def is_in(self) -> bool:
        return self.get("/account").status_code == 200

    def sign_out(self) -> None:
        assert self.post("/sign-out", page="/account").status_code == 303


@contextmanager
def people_door(folder: Path, **settings: Any) -> Iterator[PeopleDoor]:
    clock = TestClock()
    given = {"data_dir": folder / "data", "place_name": "Riverside Imaging", "public_url": "http://pictures.example"}
    app = build(Settings(**(given | settings)), clock)
    with serving(build_web(app)) as base:
        door = PeopleDoor(app, build_entrance(app), base, clock)
        yield door
        for browser in door.browsers:
            browser.client.close()
    app.close()
