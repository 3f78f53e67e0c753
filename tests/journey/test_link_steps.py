"""A patient opens their own link on a phone and on a desktop by keyboard alone: birth date, a code from a message, the
pictures; and clinicians are sent to where they sign in, and come back."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select
from tests.journey.axe import finds_nothing, needs_axe
from tests.journey.conftest import Place

from undisc.accounts.people.model import Method, Person, Role
from undisc.db.message_tables import messages
from undisc.sharing.model import Contact, NewLink, ShareChoice, Step

pytestmark = [pytest.mark.journey, needs_axe]

Photograph = Callable[[Page, str], object]


@pytest.fixture
def photograph(request: pytest.FixtureRequest, tmp_path: Path) -> Photograph:
    """Keeps how a screen looked, to be looked at where something is wrong."""
    name = re.sub(r"\W+", "-", request.node.name)
    return lambda page, what: page.screenshot(path=tmp_path / f"{name}-{what}.png")


def patient_link(place: Place) -> NewLink:
    studies = tuple(row.id for row in place.app.archive.studies())[:1]
    contact = Contact("jane@example.org", "+49 30 901842", "19700521", "en", "Jane")
    return place.app.sharing.patient_link(studies, contact, "system")


def last_code(place: Place) -> str:
    """The digits of the newest message, as its reader finds them."""
    with place.app.database.read() as connection:
        sealed = connection.scalars(select(messages.c.sealed).order_by(messages.c.id.desc())).first()
    letter = json.loads(place.app.keyring.open("message", sealed or "") or "[]")
    (code,) = re.findall(r"\b[0-9]{6}\b", letter[-1])
    return code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_patient_opens_their_link_on_a_phone(phone: BrowserContext, place: Place, photograph: Photograph) -> None:
    page = phone.new_page()
    page.goto(place.here(patient_link(place).url))
    day, month, year = (page.get_by_test_id(f"born-{part}") for part in ("day", "month", "year"))
    expect(year).to_be_visible()
    finds_nothing(page)
    photograph(page, "born")
    day.fill("21")
    month.fill("5")
    year.fill("70")
    page.get_by_role("button", name="Continue").tap()
    expect(page.get_by_test_id("problem")).to_contain_text("four digits")
    year.fill("1971")
    page.get_by_role("button", name="Continue").tap()
    expect(page.get_by_test_id("problem")).to_contain_text("not the date of birth")
    finds_nothing(page)
    photograph(page, "born-wrong")
    year.fill("1970")
    page.get_by_role("button", name="Continue").tap()

    expect(page.get_by_test_id("send-text")).to_contain_text("···42")
    expect(page.get_by_test_id("send-email")).to_contain_text("j···@example.org")
    finds_nothing(page)
    photograph(page, "ways")
    page.get_by_test_id("send-text").tap()
    field = page.get_by_test_id("code")
    expect(field).to_be_focused()
    assert field.get_attribute("autocomplete") == "one-time-code"
    assert field.get_attribute("inputmode") == "numeric"
    field.fill(wrong(last_code(place)))
    page.get_by_role("button", name="Open the pictures").tap()
    expect(page.get_by_test_id("problem")).to_contain_text("not right")
    finds_nothing(page)
    photograph(page, "code-wrong")
    page.get_by_test_id("another-code").tap()
    page.get_by_test_id("send-email").tap()
    expect(field).to_be_focused()
    code = last_code(place)
    field.fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Open the pictures").tap()
    expect(page.get_by_test_id("patient")).to_be_visible()
    page.get_by_test_id("more").tap()
    page.get_by_role("dialog").get_by_test_id("share").tap()
    expect(page.get_by_role("heading", name="Share this scan")).to_be_visible()
    assert {cookie.get("name") for cookie in phone.cookies()} >= {"undisc_me"}
    # The same browser is known from now on.
    again = phone.new_page()
    again.goto(place.here(patient_link(place).url))
    expect(again.get_by_test_id("patient")).to_be_visible()


def test_patient_opens_their_link_by_keyboard_alone_in_arabic(
    desktop: BrowserContext, place: Place, photograph: Photograph
) -> None:
    page = desktop.new_page()
    page.add_init_script("localStorage.setItem('undisc language', 'ar')")
    page.goto(place.here(patient_link(place).url))
    expect(page.get_by_test_id("born-day")).to_be_focused()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    finds_nothing(page)
    page.keyboard.type("٢١")
    page.keyboard.press("Tab")
    page.keyboard.type("٠٥")
    page.keyboard.press("Tab")
    page.keyboard.type("١٩٧٠")
    photograph(page, "born")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("send-text")).to_be_visible()
    finds_nothing(page)
    photograph(page, "ways")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("send-text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("code")).to_be_focused()
    finds_nothing(page)
    photograph(page, "code")
    page.keyboard.type(last_code(place))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("patient")).to_be_visible()


def test_clinician_is_sent_to_sign_in_and_comes_back_to_the_pictures(
    desktop: BrowserContext, place: Place, photograph: Photograph
) -> None:
    studies = tuple(row.id for row in place.app.archive.studies())[:1]
    link = place.app.sharing.share(ShareChoice(studies, step=Step.CLINICIAN), "operator")
    page = desktop.new_page()
    page.goto(place.here(link.url))
    button = page.get_by_test_id("sign-in")
    expect(button).to_have_attribute("href", f"/sign-in?next={'%2Fs%2F'}{link.link.id}")
    finds_nothing(page)
    photograph(page, "sign-in")
    with place.app.trail.work() as work:
        person = Person(0, "Dr. Sample", "", "", "", frozenset({Role.CLINICIAN}))
        made = place.app.people.add_person(work, person)
        token, _ = place.app.people.begin(work, made.id, Method.PASSKEY, "127.0.0.1", "Chromium")
    desktop.add_cookies([{"name": "undisc_me", "value": token, "url": place.base}])
    # As signing in leads back: without the secret, which this tab has kept.
    page.goto(f"{place.base}/s/{link.link.id}")
    expect(page.get_by_test_id("patient")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('signing in'))") == []
    # Who looks by being signed in has no secret at all: the page opens by its cookie.
    (opening,) = place.app.sharing.openings(link.link.id)
    assert opening.who_name == "Dr. Sample"
