"""The pictures in docs/user of the pages beside the viewer: with UNDISC_DOCS_PICTURES=1, else nothing is touched.

All people are invented.
"""

import datetime
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.door.running import serving
from tests.factories.people import signed_in_as
from tests.journey.documented import SIZES, keep_picture, only_when_asked

from undisc.accounts.people.model import Role
from undisc.app import App, build, build_web, open_reception
from undisc.demo.disc import make_demo_disc
from undisc.settings import Settings

pytestmark = [pytest.mark.journey, only_when_asked]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, str]]:
    folder = tmp_path_factory.mktemp("pages")
    make_demo_disc(folder / "demo", now=datetime.date(2026, 11, 21))
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([folder / "demo"])
    reception = open_reception(app)
    with serving(build_web(app, reception)) as base:
        yield app, base
    reception.close()
    app.close()


@pytest.fixture
def opened(chromium: Browser, place: tuple[App, str]) -> Iterator[Open]:
    base = place[1]
    contexts = []

    def opened(path: str, size: str, token: str, *, language: str = "en-GB") -> Page:
        width, height = SIZES[size]
        held = size != "desktop"
        context = chromium.new_context(
            viewport={"width": width, "height": height}, has_touch=held, is_mobile=held, locale=language
        )
        contexts.append(context)
        context.add_cookies([{"name": "undisc_me", "value": token, "url": base}])
        page = context.new_page()
        page.goto(f"{base}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()


def test_pictures_of_the_desk(opened: Open, place: tuple[App, str]) -> None:
    app, _ = place
    study = next(study.id for study in app.archive.studies() if study.patient_name.startswith("RIVERA"))
    staff = signed_in_as(app, Role.STAFF, name="Sam Sample")
    page = opened("/staff", "desktop", staff)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    keep_picture(page, "arrivals-desktop", "desktop")
    keep_picture(opened(f"/staff/patients/{study}", "desktop", staff), "patient-desktop", "desktop")
    privacy = signed_in_as(app, Role.PRIVACY, name="Pia Private")
    keep_picture(opened("/privacy/trail", "desktop", privacy), "trail-desktop", "desktop")
