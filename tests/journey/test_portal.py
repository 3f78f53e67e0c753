"""A patient finds their scans, looks, shows them to somebody with a passcode, sees that they were opened, and stops it;
at a phone and at a desk, with the keyboard alone, from the right, and with nothing that axe finds wrong."""

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.door.running import serving
from tests.factories import documents, scans
from tests.factories.discs import pdf
from tests.factories.people import COOKIE, patient_of, proxy_of
from tests.journey.axe import finds_nothing, needs_axe

from undisc.accounts.people.model import PatientKey
from undisc.app import App, build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey

_SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
# Where pictures of the screens are wanted, this says into which folder.
_PICTURES = os.environ.get("UNDISC_TEST_PICTURES")
_DOCS = Path(__file__).parents[2] / "docs" / "user" / "pictures"
_OF_DOCS = {
    "phone-timeline": "own-scans-phone",
    "phone-share": "share-phone",
    "phone-link": "opened-phone",
    "phone-made": "made-phone",
    "ar-light-timeline": "own-scans-phone-arabic",
}


@dataclass(frozen=True)
class Portal:
    base: str
    app: App
    key: PatientKey

    def token(self) -> str:
        return patient_of(self.app, self.key, name="Ada Testperson", email="ada@example.org")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("portal")
    head, chest = scans.head_scan(1, slices=12), scans.radiographs(5, date="20250210")
    report = documents.document("1.2.840.10008.5.1.4.1.1.104.1", "DOC", 1)
    report.StudyInstanceUID = head[0].StudyInstanceUID
    report.EncapsulatedDocument = pdf("Head: nothing unusual.")
    report.MIMETypeOfEncapsulatedDocument = "application/pdf"
    for one in (*chest, report):
        for name in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex"):
            setattr(one, name, getattr(head[0], name))
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging", workers=1))
    app.intake.take_in([scans.write(folder / "disc", head, [*chest, report])])
    with serving(build_web(app)) as base:
        yield Portal(base, app, PatientKey("", str(head[0].PatientID)))
    app.close()


@pytest.fixture
def browsing(chromium: Browser, portal: Portal) -> Iterator[Callable[..., Page]]:
    """Pages in contexts of their own; token: whose session the browser shows."""
    contexts: list[BrowserContext] = []

    def browse(size: str, token: str = "", **more: object) -> Page:
        width, height = _SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]
        contexts.append(context)
        if token:
            context.add_cookies([{"name": COOKIE, "value": token, "url": portal.base}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        return page

    heard: list[str] = []
    yield browse
    for context in contexts:
        context.close()
    # What a closed link answers, and what a form is told it lacks, browsers note as errors.
    assert [said for said in heard if "404" not in said and "401" not in said and "422" not in said] == []


def photograph(page: Page, name: str) -> None:
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES) / f"{name}.png", full_page=True)
    if os.environ.get("UNDISC_DOCS_PICTURES") and name in _OF_DOCS:
        # Those of docs/user: of the height of the device, and small.
        with Image.open(io.BytesIO(page.screenshot())) as made:
            out = _DOCS / f"{_OF_DOCS[name]}.webp"
            made.convert("RGB").save(out, "WEBP", quality=70, method=6)


@needs_axe
@pytest.mark.parametrize("size", list(_SIZES))
def test_patient_shares_a_scan_sees_it_opened_and_stops_it(
    browsing: Callable[..., Page], portal: Portal, size: str
) -> None:
    page = browsing(size, portal.token())

    def looked_at(name: str) -> None:
        finds_nothing(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        photograph(page, f"{size}-{name}")

    page.goto(portal.base)
    expect(page.get_by_role("heading", name="Your scans")).to_be_visible()
    looked_at("timeline")

    page.get_by_role("link", name="With report").first.click()
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    looked_at("scan")
    page.get_by_role("button", name="Read the report").click()
    expect(page.locator("iframe.report")).to_be_visible()
    page.wait_for_timeout(int(bool(_PICTURES)) * 1500)
    photograph(page, f"{size}-report")
    scan = page.url.partition("?")[0]

    page.get_by_role("button", name="Look at the pictures").click()
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full")
    photograph(page, f"{size}-viewer")

    page.goto(scan)
    page.get_by_role("link", name="Share this scan").click()
    page.get_by_label("Their name").fill("Dr. Lee")
    expect(page.locator("#said")).to_contain_text("Dr. Lee can see this scan and its report.")
    expect(page.locator("#said")).to_contain_text("They can also keep copies.")
    looked_at("share")
    page.get_by_text("Family or a friend").click()
    expect(page.locator("#said")).to_contain_text("They can look, and cannot download.")
    page.get_by_text("With a code to their phone or e-mail").click()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("A code needs somewhere to go")).to_be_visible()
    expect(page.get_by_label("Their e-mail address")).to_be_focused()
    looked_at("share-wrong")
    page.get_by_text("With a passcode").click()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("heading", name="The link is ready")).to_be_visible()
    looked_at("made")
    address, passcode = page.locator("#address").input_value(), page.locator("#passcode").inner_text()

    stranger = browsing(size)
    stranger.goto(f"{portal.base}/s/{address.split('/s/')[1]}")
    stranger.get_by_label("Passcode").fill(passcode)
    stranger.keyboard.press("Enter")
    expect(stranger.locator(".viewport").first).to_have_attribute("data-fidelity", "full")

    page.get_by_role("link", name="See who opens it, or stop it").click()
    expect(page.get_by_text("Somebody who had the link")).to_be_visible()
    looked_at("link")
    page.goto(f"{portal.base}/me/looks")
    looked_at("looks")
    page.goto(f"{portal.base}/me/links")
    looked_at("links")
    page.get_by_role("button", name="Stop it now: Dr. Lee").click()
    expect(page.get_by_role("status")).to_contain_text("sees nothing more from this moment on")
    status = stranger.evaluate("fetch(location.pathname + '/study').then((answer) => answer.status)")
    assert status == 404


@needs_axe
def test_every_page_is_found_nothing_wrong_with_in_two_directions(
    browsing: Callable[..., Page], portal: Portal
) -> None:
    child = PatientKey("", "CHILD-1")
    token = portal.token()
    me = portal.app.people.signed_in(token)
    assert me is not None
    portal.app.trail.run(lambda work: portal.app.people.relate(work, me.person.id, child, "parent", None, "operator"))
    relation = me.relations[0].id
    proxy_of(portal.app, portal.key, "guardian")
    study = portal.app.shelf.studies_of([portal.key])[0].id
    pages = {
        "timeline": "/me",
        "scan": f"/me/scans/{study}",
        "share": f"/me/scans/{study}/share",
        "links": "/me/links",
        "looks": "/me/looks",
        "consent": "/me/consent",
        "family": "/me/family",
        "invite": f"/me/family/invite?of={relation}",
        "settings": "/me/settings",
        "offline": "/me/offline",
    }
    for language, size, scheme in (("ar", "phone", "light"), ("en", "desktop", "dark")):
        page = browsing(size, token, locale=language, color_scheme=scheme)
        for name, where in pages.items():
            page.goto(portal.base + where)
            finds_nothing(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            photograph(page, f"{language}-{scheme}-{name}")


def test_sharing_goes_by_the_keyboard_alone(browsing: Callable[..., Page], portal: Portal) -> None:
    page = browsing("desktop", portal.token())
    study = portal.app.shelf.studies_of([portal.key])[0].id
    page.goto(f"{portal.base}/me/scans/{study}/share")

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(selector)

    tab_to("input[name=who]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=who][value=family]")).to_be_checked()
    tab_to("#name")
    page.keyboard.type("Kim")
    tab_to("input[name=step]")
    page.keyboard.press("ArrowUp")
    expect(page.locator("input[name=step][value=open]")).to_be_checked()
    expect(page.locator("#said")).to_contain_text("Kim can see this scan")
    tab_to("button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The link is ready")).to_be_visible()


def test_telephone_keeps_the_look_of_the_pages_and_nothing_of_anybody(
    browsing: Callable[..., Page], portal: Portal
) -> None:
    page = browsing("phone", portal.token())
    page.goto(f"{portal.base}/me")
    page.evaluate("navigator.serviceWorker.ready")
    study = portal.app.shelf.studies_of([portal.key])[0].id
    for where in ("/me", f"/me/scans/{study}", "/me/looks"):
        page.goto(portal.base + where)
    kept = page.evaluate(
        """async () => {
          const names = await caches.keys();
          const each = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys())));
          return each.flat().map(({ url }) => new URL(url).pathname).sort();
        }"""
    )
    assert kept == ["/me/offline", "/static/icons/icon-192.png", "/static/page.css"]
    page.context.set_offline(True)
    page.goto(f"{portal.base}/me")
    expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Your scans")).to_be_visible()
