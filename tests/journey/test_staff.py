"""A disc comes in, and the desk hands its scans over: found by keyboard, a link given and taken back, a disc made."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.door.running import serving
from tests.factories.discs import make_disc
from tests.factories.people import COOKIE, signed_in_as
from tests.journey.axe import finds_nothing, needs_axe

from undisc.accounts.people.model import Role
from undisc.app import App, build, build_runner, build_web, open_reception
from undisc.settings import Settings

_SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}
_SEEN = os.environ.get("UNDISC_TEST_PICTURES")


@dataclass(frozen=True)
class Place:
    app: App
    base: str
    token: str

    def page(self, chromium: Browser, size: str, scheme: str = "light", *, script: bool = True) -> Page:
        width, height = _SIZES[size]
        context: BrowserContext = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=script,
            is_mobile=size == "phone",
            has_touch=size == "phone",
        )
        context.add_cookies([{"name": COOKIE, "value": self.token, "url": self.base}])
        return context.new_page()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("desk")
    make_disc(folder / "disc", studies=2, series=1, slices=6, rows=64, columns=64)
    app = build(Settings(data_dir=folder / "data", workers=1, place_name="Riverside Imaging"))
    app.intake.take_in([folder / "disc"])
    reception = open_reception(app)
    runner = build_runner(app, reception)
    runner.start()
    with serving(build_web(app, reception)) as base:
        yield Place(app, base, signed_in_as(app, Role.STAFF, name="Sam Sample"))
    runner.close()
    reception.close()
    app.close()


def seen(page: Page, name: str) -> None:
    """Kept where somebody wants to look at it."""
    if _SEEN:
        page.screenshot(path=str(Path(_SEEN) / f"{name}.png"), full_page=True)


def without_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


@needs_axe
def test_by_keyboard_alone_a_patient_is_found_a_link_given_and_a_disc_made(
    place: Place, chromium: Browser, tmp_path: Path
) -> None:
    shelf = place.app.shelf.study(1)
    assert shelf is not None
    page = place.page(chromium, "desktop")
    page.goto(f"{place.base}/staff")
    finds_nothing(page)
    seen(page, "staff-arrivals-desktop")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(shelf.patient_name.split("^")[0][:5].lower())
    page.locator("#found a[data-row]").first.wait_for()
    finds_nothing(page)
    seen(page, "staff-found-desktop")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found a[data-row]").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#email").wait_for()
    finds_nothing(page)
    page.locator("#email").focus()
    page.keyboard.type("pat@example.org")
    page.get_by_role("button", name="Give link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("p···@example.org")).to_be_visible()
    finds_nothing(page)
    seen(page, "staff-given-desktop")
    link = place.app.sharing.links()[0].link
    for _ in range(100):
        if place.app.messaging.of_link(link.id)[0].state == "sent":
            break
        page.wait_for_timeout(100)
    assert place.app.messaging.of_link(link.id)[0].state == "sent"
    page.get_by_role("link", name="Back to arrivals").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Link sent").first).to_be_visible()
    page.goto(f"{place.base}/staff/links")
    finds_nothing(page)
    seen(page, "staff-links-desktop")
    page.goto(f"{place.base}/staff/patients/1")
    seen(page, "staff-patient-desktop")
    page.get_by_role("button", name="Disc").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Sealed").wait_for()
    finds_nothing(page)
    seen(page, "staff-disc-new-desktop")
    page.get_by_role("button", name="Make the disc").focus()
    page.keyboard.press("Enter")
    download = page.get_by_role("link", name="Download")
    download.wait_for(timeout=30_000)
    finds_nothing(page)
    seen(page, "staff-disc-ready-desktop")
    with page.expect_download() as coming:
        download.focus()
        page.keyboard.press("Enter")
    coming.value.save_as(tmp_path / "disc.zip")
    with zipfile.ZipFile(tmp_path / "disc.zip") as archive:
        assert archive.testzip() is None
        assert "DICOMDIR" in archive.namelist()
    page.goto(f"{place.base}/staff/figures")
    finds_nothing(page)
    seen(page, "staff-figures-desktop")
    page.context.close()


@needs_axe
def test_on_a_phone_everything_fits_and_the_passphrase_is_seen_once(place: Place, chromium: Browser) -> None:
    page = place.page(chromium, "phone")
    for path in ("", "/links", "/discs", "/figures", "/patients/1"):
        page.goto(f"{place.base}/staff{path}")
        finds_nothing(page)
        without_sideways(page)
        seen(page, f"staff{path.replace('/', '-')}-phone")
    page.get_by_role("button", name="Disc").tap()
    page.get_by_role("checkbox", name="Sealed").check()
    page.get_by_role("button", name="Make the disc").tap()
    page.locator("[data-passphrase]").wait_for()
    finds_nothing(page)
    without_sideways(page)
    seen(page, "staff-passphrase-phone")
    page.goto(f"{place.base}/staff/discs")
    page.locator(".work a").first.tap()
    page.get_by_role("link", name="Download").wait_for(timeout=30_000)
    expect(page.locator("[data-passphrase]")).to_have_count(0)
    page.context.close()


def test_lists_stay_up_to_date_by_themselves_and_keep_what_was_ticked(place: Place, chromium: Browser) -> None:
    page = place.page(chromium, "tablet", "dark")
    page.goto(f"{place.base}/staff")
    page.locator('input[name="study"][value="1"]').check()
    page.locator("h1").click()
    page.evaluate("document.querySelector('tr[data-key=s2]').dataset.mark = 'the same'")
    before = page.locator('tr[data-key="s1"] .badge').first.text_content()
    place.app.completions.dismissed(1, "operator")
    expect(page.locator('tr[data-key="s1"] .badge').first).not_to_have_text(before or "", timeout=15_000)
    assert page.locator('input[name="study"][value="1"]').is_checked()
    assert page.locator('tr[data-key="s2"]').get_attribute("data-mark") == "the same"
    seen(page, "staff-arrivals-tablet-dark")
    page.goto(f"{place.base}/staff/patients/1")
    seen(page, "staff-patient-tablet-dark")
    page.context.close()


def test_without_a_script_all_of_it_works(place: Place, chromium: Browser) -> None:
    page = place.page(chromium, "desktop", script=False)
    shelf = place.app.shelf.study(1)
    assert shelf is not None
    page.goto(f"{place.base}/staff")
    page.locator("#q").fill(shelf.patient.patient_id)
    page.get_by_role("button", name="Find").click()
    page.locator("a[data-row]").first.click()
    page.locator("#email").fill("pat@example.org")
    page.get_by_role("button", name="Give link").click()
    expect(page.get_by_text("p···@example.org")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("It opens nothing any more.")).to_be_visible()
    page.context.close()
