"""A place where people check in, behind a real door, and a browser that fills its form in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tests.door.running import TestClock, serving
from tests.factories.instances import image
from tests.factories.scans import write

from undisc.accounts.people.model import Method, Person, Role
from undisc.app import App, build, build_web
from undisc.settings import Settings
from undisc.sharing.check_in import CheckIn

FILLED = {
    "signed_as": "self",
    "name": "Jane Doe",
    "birth_day": "1",
    "birth_month": "1",
    "birth_year": "1970",
    "accession": "A4711",
    "email": "jane@example.org",
    "phone": "",
    "way": "email",
    "choice": "my-clinicians",
    "named": "Dr. Roe",
    "until": "30",
}
"""What somebody fills in who makes no mistake."""

SIGNED = FILLED | {"signed_name": "Jane Doe", "strokes": "100 200 300 200 310 250;500 100 500 300"}


@dataclass
class CheckInDoor:
    base: str
    app: App
    clock: TestClock
    check_in: CheckIn
    browsers: list[httpx.Client] = field(default_factory=list)

    def browser(self) -> httpx.Client:
        self.browsers.append(httpx.Client(base_url=self.base, timeout=30))
        return self.browsers[-1]

    def signed_in(self, *roles: Role) -> httpx.Client:
        """A browser of somebody who works here."""
        with self.app.trail.work() as work:
            person = self.app.people.add_person(work, Person(0, "Sam Sample", "", "", "", frozenset(roles)))
            token, _ = self.app.people.begin(work, person.id, Method.PASSKEY, "192.0.2.1", "Browser/1.0")
        browser = self.browser()
        browser.cookies.set("undisc_me", token)
        return browser

    def scan_arrives(self, folder: Path, accession: str) -> int:
        """A scan of one picture comes by import; gives its number. It is of TESTPERSON^ADA, born on 1 January 1970."""
        picture = image()
        picture.AccessionNumber = accession
        self.app.intake.take_in([write(folder / "disc", [picture])])
        return self.app.archive.studies()[0].id

    def place(self, name: str = "Waiting room") -> tuple[int, str]:
        """A new place's number and code."""
        place = self.check_in.make(name, "person:1")
        return place.id, self.check_in.code(place)

    def entered(self, place: int, code: str, *, tablet: bool = False) -> httpx.Client:
        """A browser before an open form."""
        browser = self.browser()
        answer = browser.post(f"/check-in/{place}/open", data={"code": code, "tablet": "yes" if tablet else ""})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/check-in/{place}/language")
        return browser


def token_of(answer: httpx.Response) -> str:
    """The form's token, as the page carries it."""
    found = re.search(r'name="form_token" value="([^"]{32,})"', answer.text)
    assert found, answer.text[:400]
    return found[1]


@contextmanager
def check_in_door(folder: Path) -> Iterator[CheckInDoor]:
    clock = TestClock()
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging", time_zone="Europe/Berlin"), clock)
    with serving(build_web(app)) as base:
        door = CheckInDoor(base, app, clock, CheckIn(app.trail, clock, app.keyring, app.tries, app.consents))
        yield door
        for browser in door.browsers:
            browser.close()
    app.close()
