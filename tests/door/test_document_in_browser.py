"""Proves, in real Chromium, that a report is shown inside the page of its link and cannot be framed by anyone else."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.door.running import Door, serving
from tests.door.small_archive import DOCUMENT
from tests.factories.discs import pdf

pytestmark = pytest.mark.journey

_SHOW = """address => new Promise(done => {
    const frame = document.createElement("iframe");
    frame.onload = () => done(true);
    frame.src = address;
    document.body.append(frame);
})"""


def with_link(browser: Browser, door: Door) -> tuple[BrowserContext, str]:
    """A browser in which a link is open, and the link's address."""
    door.archive.report = pdf("Nothing unusual was seen.")
    link = door.opened()
    context = browser.new_context()
    cookie = {"name": "undisc", "value": door.client.cookies["undisc"], "domain": "127.0.0.1"}
    context.add_cookies([{**cookie, "path": f"/s/{link.link.id}", "httpOnly": True, "sameSite": "Strict"}])  # pyright: ignore[reportArgumentType]
    return context, f"{door.base}/s/{link.link.id}"


def shows_pdf(page: Page) -> bool:
    """Whether the browser's own viewer of PDF has started in one of the page's frames."""
    page.wait_for_timeout(1500)
    return any(frame.url.startswith("chrome-extension://") for frame in page.frames)


def test_report_is_shown_inside_the_page_of_the_link(door: Door, chromium: Browser) -> None:
    context, address = with_link(chromium, door)
    page = context.new_page()
    page.goto(address)
    page.evaluate(_SHOW, f"{address}/documents/{DOCUMENT}")
    assert shows_pdf(page)


def test_report_is_not_shown_inside_the_page_of_another_site(door: Door, chromium: Browser) -> None:
    context, address = with_link(chromium, door)
    page = context.new_page()
    with serving(door.app) as elsewhere:
        page.goto(elsewhere.replace("127.0.0.1", "localhost") + "/healthz")
        page.evaluate(_SHOW, f"{address}/documents/{DOCUMENT}")
        assert not shows_pdf(page)
