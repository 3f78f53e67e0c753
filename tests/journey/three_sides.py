"""What is done to a page to look at a volume from three sides, and what stands there then."""

from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.journey.conftest import Place

SIDES = ("axial", "coronal", "sagittal")


def opened(context: BrowserContext, place: Place) -> Page:
    page = context.new_page()
    page.goto(place.share("--no-passcode")["here"])
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=20_000)
    return page


def choose(page: Page, title: str) -> None:
    page.locator(".series", has_text=title).first.click()
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=20_000)


def from_three_sides(page: Page) -> None:
    button = page.get_by_test_id("three-sides")
    if not button.is_visible():
        page.get_by_test_id("more").click()
    button.click()
    expect_complete(page)


def expect_complete(page: Page) -> None:
    for side in SIDES:
        expect(picture(page, side)).to_have_attribute("data-fidelity", "full", timeout=30_000)


def picture(page: Page, side: str) -> Locator:
    return page.locator(f'[data-testid="plane-{side}"] .viewport')


def slices(page: Page) -> list[str]:
    return [str(page.get_by_test_id(f"plane-{side}").get_by_test_id("slice").text_content()) for side in SIDES]


def wait_until_drawn(page: Page) -> None:
    """Waits until what has just been done is on the screen."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def drag_from(page: Page, x: float, y: float, right: float, down: float) -> None:
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2)
    page.mouse.move(x + right, y + down)
    page.mouse.up()
    wait_until_drawn(page)
