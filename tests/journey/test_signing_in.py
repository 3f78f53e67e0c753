"""The first administrator comes in by the server's own link and a passkey, invites somebody, who joins by a password
and codes: on a phone and on a desk, with a mouse and by keyboard alone, and nothing that axe finds wrong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp.totp import TOTP
from tests.factories.servers import free_port
from tests.journey.axe import finds_nothing, needs_axe
from tests.journey.serving_at import serving_at

from undisc.accounts.people.entrance import Entrance
from undisc.app import App, build, build_entrance, build_web
from undisc.settings import Settings

pytestmark = [pytest.mark.journey, needs_axe]

_SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
_PASSWORD = "purple otter lamp 93"


@dataclass(frozen=True)
class House:
    """base: under which the server is reached, as its passkeys know it."""

    app: App
    entrance: Entrance
    base: str

    def first_link(self) -> str:
        made = self.entrance.inviting.administrator_link()
        return self.entrance.letters.address_of(made)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    port = free_port()
    base = f"http://localhost:{port}"
    app = build(Settings(data_dir=tmp_path / "data", place_name="Riverside Imaging", public_url=base))
    with serving_at(build_web(app), port):
        yield House(app, build_entrance(app), base)
    app.close()


def _page(chromium: Browser, size: str) -> Page:
    width, height = _SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=size == "phone")
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    client.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def _looked_at(page: Page) -> None:
    finds_nothing(page)
    # Nothing is wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", _SIZES)
def test_an_administrator_lets_somebody_in(chromium: Browser, house: House, size: str) -> None:
    page = _page(chromium, size)
    page.goto(house.first_link())
    expect(page.get_by_role("heading", name="Welcome to Riverside Imaging")).to_be_visible()
    assert "#" not in page.url  # the secret stands in no bar and no history
    _looked_at(page)
    page.get_by_label("Your name").fill("Ann Admin")
    page.get_by_label("E-mail address").fill("ann@clinic.example")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    _looked_at(page)

    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Name", exact=True).fill("Sam Staff")
    page.get_by_label("E-mail address").fill("sam@clinic.example")
    page.get_by_role("checkbox", name=re.compile("Film-room staff")).check()
    _looked_at(page)
    page.get_by_role("button", name="Make the invitation").click()
    address = page.locator("#address").inner_text()
    _looked_at(page)

    # Out, and in again by the passkey, with nothing typed.
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    _looked_at(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    page.get_by_role("link", name="Ann Admin").click()
    _looked_at(page)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text("this one")).to_be_visible()
    _looked_at(page)
    page.get_by_role("button", name="Sign out", exact=True).click()

    _join_by_keyboard(page, address)
    people = {listed.person.name: listed for listed in house.entrance.keeping.everybody()}
    assert people["Sam Staff"].ways == {"password"}
    assert people["Ann Admin"].ways == {"passkey"}
    page.context.close()


def _join_by_keyboard(page: Page, address: str) -> None:
    """The invited person's way in and in again, without ever touching a mouse."""
    page.goto(address)
    expect(page.get_by_label("Your name")).to_have_value("Sam Staff")
    page.get_by_text("Use a password instead").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(_PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    seed = page.locator(".seed").inner_text()
    _looked_at(page)
    page.get_by_label("The six digits that your app shows now").focus()
    page.keyboard.type(TOTP(seed).now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    paper = page.locator(".codes code").first.inner_text()
    _looked_at(page)
    page.get_by_role("link", name="Account").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type("sam@clinic.example")
    page.keyboard.press("Tab")
    page.keyboard.type(_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("recovery code")).focus()
    _looked_at(page)
    page.keyboard.press("Enter")
    page.get_by_label("One of your recovery codes").focus()
    page.keyboard.type(paper)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/staff$"))
    page.goto(f"{page.url.removesuffix('/staff')}/account")
    expect(page.get_by_text("9 left")).to_be_visible()
