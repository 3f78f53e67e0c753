"""From the code on the wall to the scan with its consent: by touch on a phone, with a drawn signature on a tablet that
forgets, by keyboard alone, and at the desk; in English and Arabic, with nothing that axe finds wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from tests.door.check_in_door import CheckInDoor, check_in_door
from tests.journey.axe import finds_nothing, needs_axe
from tests.journey.touching import tap

from undisc.accounts.people.model import Role
from undisc.sharing.consent_model import Choice, SignedAs, State

pytestmark = [pytest.mark.journey, needs_axe]

_SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckInDoor]:
    with check_in_door(tmp_path_factory.mktemp("check-in")) as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    made: list[BrowserContext] = []

    def make(size: str, **more: Any) -> BrowserContext:
        width, height = _SIZES[size]
        touch = size != "desktop"
        made.append(
            chromium.new_context(
                viewport={"width": width, "height": height}, is_mobile=touch, has_touch=touch, locale="en", **more
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


def address(door: CheckInDoor, *, tablet: bool = False) -> tuple[int, str]:
    place, code = door.place()
    return place, f"{door.base}/check-in/{place}#{code}{',tablet' if tablet else ''}"


def fits(page: Page) -> None:
    """Nothing lies outside of the screen at its sides."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_by_touch_in_arabic(door: CheckInDoor, context: Callable[..., BrowserContext]) -> None:
    page = context("phone").new_page()
    place, where = address(door)
    page.goto(where)
    page.wait_for_url(f"**/check-in/{place}/language")
    assert "#" not in page.url
    finds_nothing(page)
    fits(page)
    page.get_by_role("button", name="العربية").tap()
    page.wait_for_url(f"**/check-in/{place}/form")
    assert page.locator("html").get_attribute("dir") == "rtl"
    finds_nothing(page)
    fits(page)
    # Forgot everything but the name: told what is missing, and the name is still there.
    page.locator("#name").fill("هدى نور")
    page.locator("form.consent button").last.tap()
    expect(page.locator("#faults")).to_be_focused()
    expect(page.locator("#name")).to_have_value("هدى نور")
    finds_nothing(page)
    fits(page)
    tap(page.locator("[name=signed_as][value=parent]"))
    for name, value in (("birth_day", "3"), ("birth_month", "9"), ("birth_year", "2019")):
        page.locator(f"#{name}").fill(value)
    tap(page.locator("[name=way][value=text]"))
    expect(page.locator(".only-email")).to_be_hidden()
    page.locator("#phone").fill("+49 170 5550100")
    tap(page.locator("[name=choice][value=nobody-else]"))
    expect(page.locator(".only-others")).to_be_hidden()
    tap(page.locator("[name=choice][value=whom-i-choose]"))
    tap(page.locator("[name=until][value=always]"))
    page.locator("form.consent button").last.tap()
    expect(page.locator(".said-back")).to_contain_text("هدى نور")
    finds_nothing(page)
    fits(page)
    page.locator("#signed_name").fill("سلمى نور")
    page.locator("#sign").tap()
    page.wait_for_url(f"**/check-in/{place}/thank-you")
    finds_nothing(page)
    fits(page)
    [consent] = [one for one in door.app.consents.search("") if one.entered_by == f"check-in:{place}"]
    assert (consent.form.language, consent.form.signed_as, consent.form.choice) == (
        "ar",
        SignedAs.PARENT,
        Choice.CHOSEN,
    )
    assert (consent.form.until, consent.form.birth_date, consent.form.signature) == (None, "20190903", ())


def test_on_a_tablet_with_a_drawn_signature_and_nothing_left_for_the_next(
    door: CheckInDoor, context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    tablet = context("tablet")
    page = tablet.new_page()
    page.clock.install()
    place, where = address(door, tablet=True)
    page.goto(where)
    page.get_by_role("button", name="English").click()
    _fill(page, name="Ada Testperson", accession="ACC-7")
    tap(page.locator("[name=email_images]"))
    page.locator("form.consent button").last.click()
    expect(page.locator(".said-back")).to_contain_text("The clinicians who treat Ada Testperson (Dr. Roe)")
    page.locator("canvas.signature").scroll_into_view_if_needed()
    box = page.locator("canvas.signature").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 30):
        page.mouse.move(box["x"] + 40 + step * 12, box["y"] + 60 + (step % 5) * 15)
    page.mouse.up()
    page.locator("#signed_name").fill("Ada Testperson")
    page.locator("#sign").click()
    page.wait_for_url("**/thank-you")
    finds_nothing(page)
    fits(page)
    [consent] = [one for one in door.app.consents.search("") if one.entered_by == f"check-in:{place}"]
    assert len(consent.form.signature) == 1
    assert len(consent.form.signature[0]) > 20
    assert consent.form.email_images

    # The next person goes back, and finds nothing of the one before.
    page.get_by_role("link", name="Done").click()
    page.wait_for_url("**/language")
    for _ in range(4):
        try:
            page.go_back()
        except Error as error:
            # What was posted the browser does not have any more; sent again, the server does not take it.
            if "ERR_CACHE_MISS" not in str(error):
                raise
            break
        shown = page.content() + str(page.evaluate("[...document.querySelectorAll('input')].map((one) => one.value)"))
        assert "Testperson" not in shown
        assert "ada@" not in shown
    page.close()
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{door.base}/check-in/{place}/language")
    page.get_by_role("button", name="Deutsch").click()
    page.wait_for_url("**/form")
    page.locator("#name").fill("Half a person")
    page.clock.run_for(45_000)
    expect(page.locator("#again [role=alert]")).to_be_visible()
    page.locator("#name").press("End")
    expect(page.locator("#again [role=alert]")).to_be_hidden()
    page.clock.run_for(61_000)
    page.wait_for_url("**/language")
    page.go_back()
    assert page.locator("#name").count() == 0 or page.locator("#name").input_value() == ""
    page.goto(f"{door.base}/check-in/{place}/language")
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/form")
    expect(page.locator("#name")).to_have_value("")

    # The scan comes, by import, and all of it: its consent is on it, and the link goes where the form says.
    study = door.scan_arrives(tmp_path, "ACC-7")
    assert door.app.completions.said_complete(study, "operator")
    attached = door.app.consents.of_study(study)
    assert attached is not None
    assert (attached.id, attached.state, attached.study_id) == (consent.id, State.ATTACHED, study)
    done = door.app.completions.one(study)
    assert done is not None
    assert done.link_id is not None
    [message] = [one for one in door.app.messaging.of_link(done.link_id) if one.purpose == "link"]
    assert message.shown_to == "a···@example.org"


def test_by_keyboard_alone(door: CheckInDoor, context: Callable[..., BrowserContext]) -> None:
    page = context("desktop").new_page()
    place, where = address(door)
    page.goto(where)
    page.wait_for_url("**/language")

    def to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                outline = "getComputedStyle(document.activeElement).outlineStyle"
                assert page.evaluate(outline) != "none"
                return
        raise AssertionError(f"no key leads to {selector}")

    def choose(name: str, value: str) -> None:
        # Of a group of buttons one is reached, and the arrows lead to the others.
        to(f"[name={name}]")
        for _ in range(8):
            page.keyboard.press("Space")
            if page.evaluate("document.activeElement.value") == value:
                return
            page.keyboard.press("ArrowDown")
        raise AssertionError(value)

    to("button[value=en]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/form")
    choose("signed_as", "self")
    for name, text in (("name", "Kay Board"), ("birth_day", "1"), ("birth_month", "2"), ("birth_year", "1980")):
        to(f"#{name}")
        page.keyboard.type(text)
    to("[name=way][value=print]")
    page.keyboard.press("Space")
    choose("choice", "my-clinicians")
    to("form.consent button")
    page.keyboard.press("Enter")
    page.locator(".said-back").wait_for()
    expect(page.locator(".said-back")).to_contain_text("your link comes on paper")
    finds_nothing(page)
    to("#signed_name")
    page.keyboard.type("Kay Board")
    page.keyboard.press("Enter")
    page.wait_for_url("**/thank-you")
    [consent] = door.app.consents.search("kay board")
    assert consent.entered_by == f"check-in:{place}"


def test_without_scripts(door: CheckInDoor, context: Callable[..., BrowserContext]) -> None:
    page = context("phone", java_script_enabled=False).new_page()
    place, code = door.place()
    page.goto(f"{door.base}/check-in/{place}")
    page.locator("#code").fill(code)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="English").click()
    _fill(page, name="No Script")
    page.locator("form.consent button").last.click()
    expect(page.locator("canvas")).to_be_hidden()
    page.locator("#signed_name").fill("No Script")
    page.locator("#sign").click()
    expect(page.get_by_role("heading", name="Thank you. It is signed.")).to_be_visible()
    assert len(door.app.consents.search("no script")) == 1


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_at_the_desk(door: CheckInDoor, context: Callable[..., BrowserContext], tmp_path: Path, size: str) -> None:
    browser = context(size)
    cookie = door.signed_in(Role.STAFF).cookies["undisc_me"]
    browser.add_cookies([{"name": "undisc_me", "value": cookie, "url": door.base}])
    page = browser.new_page()
    page.goto(f"{door.base}/staff/consents/enter")
    finds_nothing(page)
    fits(page)
    _fill(page, name="Ada Testperson", accession=f"PAPER-{size}", birth_day="2")
    page.locator("#signed_name").fill("Ada Testperson")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("status")).to_have_text("The form is kept.")
    study = door.scan_arrives(tmp_path, f"PAPER-{size}")
    page.goto(f"{door.base}/staff/consents")
    finds_nothing(page)
    fits(page)
    page.locator("#text").fill(f"paper-{size}")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Ada Testperson").first.click()
    finds_nothing(page)
    fits(page)
    page.locator(f"[name=study][value='{study}']").check()
    page.get_by_role("button", name="Put the form on this scan").click()
    expect(page.get_by_role("status")).to_have_text("The form is on this scan now.")
    page.get_by_role("link", name="Withdraw").click()
    finds_nothing(page)
    page.get_by_role("link", name="Leave it as it is").click()
    page.get_by_role("button", name="Take it off this scan").click()
    expect(page.get_by_role("status")).to_contain_text("It waits again")
    page.goto(f"{door.base}/staff/check-in-places")
    finds_nothing(page)
    page.locator("#name").fill("Waiting room 2")
    page.get_by_role("button", name="Make it").click()
    page.locator(".poster-code svg").wait_for()
    finds_nothing(page)
    fits(page)


def _fill(page: Page, **said: str) -> None:
    page.locator("[name=signed_as][value=self]").check()
    texts = {"birth_day": "1", "birth_month": "1", "birth_year": "1970", "email": "ada@example.org"} | said
    for name, text in texts.items():
        page.locator(f"#{name}").fill(text)
    page.locator("[name=way][value=email]").check()
    page.locator("[name=choice][value=my-clinicians]").check()
    page.locator("#named").fill("Dr. Roe")
