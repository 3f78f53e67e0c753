"""A patient asks who saw their pictures: the privacy officer finds it, accounts for it, watches, and checks the trail,
on a phone and at a desk, in light and dark, by keys where no hand is free."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.door.privacy_door import PrivacyDoor, privacy_door
from tests.journey.axe import finds_nothing, needs_axe

from undisc.accounts.people.model import PatientKey, Role
from undisc.app import build_rounds

pytestmark = [pytest.mark.journey, needs_axe]
SIZES = {"phone": (390, 844, "light"), "desktop": (1440, 900, "dark")}
PICTURES = os.environ.get("UNDISC_TEST_PICTURES")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivacyDoor]:
    with privacy_door(tmp_path_factory.mktemp("privacy")) as running:
        build_rounds(running.app).go()
        app = running.app
        link = app.sharing.create_link((1,), passcode="482913").link.id
        seen = {"link": link, "session": 1}
        running.act("link-opened", f"link:{link}", **seen, address="203.0.113.9", browser="Firefox")
        running.act("series-viewed", f"link:{link}", **seen, series=11)
        running.act("download-started", f"link:{link}", **seen, instances=3)
        running.act("study-retrieved", "token:city-hospital", study=2)
        nurse = app.people.signed_in(running.token(running.somebody("Nina Nurse", Role.STAFF)))
        assert nurse
        app.people.break_glass(nurse, PatientKey("", "MRN-4711"), "Unconscious in the emergency room")
        running.act("series-viewed", nurse.actor, study=1, series=11)
        for _ in range(25):
            running.act("passcode-wrong", f"link:{link}", link=link, address="198.51.100.77")
        build_rounds(app).go()
        yield running


@pytest.fixture
def signed_in(door: PrivacyDoor, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    contexts: list[BrowserContext] = []
    token = door.token(door.somebody("Olga Officer", Role.PRIVACY))

    def open_at(size: str) -> Page:
        width, height, scheme = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        context.add_cookies([{"name": "undisc_me", "value": token, "url": door.base}])
        contexts.append(context)
        return context.new_page()

    yield open_at
    for context in contexts:
        context.close()


def _is_sound(page: Page, name: str) -> None:
    finds_nothing(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if PICTURES:
        size = page.viewport_size
        assert size
        page.screenshot(path=Path(PICTURES) / f"privacy-{name}-{size['width']}.png", full_page=True)


@pytest.mark.parametrize("size", list(SIZES))
def test_a_patient_asks_who_saw_their_pictures(door: PrivacyDoor, signed_in: Callable[[str], Page], size: str) -> None:
    page = signed_in(size)
    page.goto(f"{door.base}/privacy")
    expect(page.get_by_text("Nina Nurse looked at a patient in an emergency. They said:")).to_be_visible()
    _is_sound(page, "overview")

    page.get_by_label("Patient", exact=True).fill("jane doe")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What was done")).to_be_visible()
    expect(page.get_by_role("cell", name="Looked at pictures").first).to_be_visible()
    assert "DOE" not in page.url
    _is_sound(page, "trail")

    page.get_by_role("link", name="To whom this patient's pictures went").click()
    expect(page.get_by_text("Care: another system asked for it")).to_be_visible()
    expect(page.get_by_text("Unconscious in the emergency room")).to_be_visible()
    assert "DOE" not in page.title()
    _is_sound(page, "patient")
    with page.expect_download() as download:
        page.get_by_role("link", name="Accounting as PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")

    page.get_by_role("button", name="Tell me of every look").click()
    expect(page.get_by_role("link", name="DOE JANE")).to_be_visible()
    _is_sound(page, "watched")
    page.get_by_role("button", name="Stop watching").click()
    expect(page.get_by_text("Nobody is watched.")).to_be_visible()

    page.get_by_role("link", name="Alerts").click()
    _is_sound(page, "alerts")
    page.get_by_role("button", name="I have read this").first.click()
    expect(page.get_by_text("Read", exact=True).first).to_be_visible()

    page.get_by_role("link", name="Take out").click()
    _is_sound(page, "export")
    page.get_by_role("link", name="Is the trail whole?").click()
    page.get_by_role("button", name="Check every entry").click()
    expect(page.get_by_text("entries are whole and in order")).to_be_visible()
    _is_sound(page, "chain")


def test_every_page_reads_from_the_right_in_arabic(door: PrivacyDoor, signed_in: Callable[[str], Page]) -> None:
    page = signed_in("phone")
    page.context.add_cookies([{"name": "undisc_language", "value": "ar", "url": door.base}])
    for name in ("", "/trail", "/patients/1", "/alerts", "/watched", "/export", "/chain"):
        page.goto(f"{door.base}/privacy{name}")
        assert page.evaluate("document.documentElement.dir") == "rtl"
        finds_nothing(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
