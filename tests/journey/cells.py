"""Made scans with links to them, pages of three sizes, and what is done to the cells of a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect
from tests.door.running import serving
from tests.factories import scans
from tests.journey.listening import heard_on

from undisc.app import build, build_web
from undisc.settings import Settings

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}


@dataclass(frozen=True)
class Links:
    """Addresses of links to a head and a chest (each with an earlier one), breasts, and a beating heart."""

    head: str
    breasts: str
    heart: str
    chest: str


def serve_scans(folder: Path) -> Iterator[Links]:
    """Takes the scans in and serves them until the generator goes on."""
    made = [
        scans.head_scan(1),
        scans.head_scan(2, date="20240310"),
        scans.mammograms(3),
        scans.loops(4),
        scans.radiographs(5),
        scans.radiographs(6, date="20250210", views=("PA",)),
    ]
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([scans.write(folder / "disc", *made)])
    rows = {study.study_uid: study.id for study in app.archive.studies()}
    studies = [rows[scan[0].StudyInstanceUID] for scan in made]
    with serving(build_web(app)) as base:

        def address(*numbers: int) -> str:
            link = app.sharing.create_link([studies[number - 1] for number in numbers], passcode=None)
            return f"{base}/s/{link.link.id}#{link.secret}"

        yield Links(address(1, 2), address(3), address(4), address(5, 6))
    app.close()


def sized_page(chromium: Browser, size: str) -> Iterator[Page]:
    width, height = SIZES[size]
    touch = size != "desktop"
    context = chromium.new_context(viewport={"width": width, "height": height}, is_mobile=touch, has_touch=touch)
    if touch:
        # What is held in the hand starts with the simple view, which shows one picture at a time.
        context.add_init_script("localStorage.setItem('undisc view', 'clinical')")
    page = context.new_page()
    heard = heard_on(page)
    yield page
    context.close()
    assert heard == []


def open_link(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full")


def is_phone(page: Page) -> bool:
    size = page.viewport_size
    assert size is not None
    return size["width"] < 600


def open_layouts(page: Page) -> None:
    page.get_by_test_id("more" if is_phone(page) else "layout").click()


def close_layouts(page: Page) -> None:
    if is_phone(page):
        page.locator(".dialog-close").click()
    else:
        expect(page.locator(".layout-choice:focus, .layout-wide:focus")).to_have_count(1)
        page.keyboard.press("Escape")
    expect(page.locator(".layout-choice")).to_have_count(0)


def lay_out(page: Page, layout: str) -> None:
    open_layouts(page)
    page.get_by_test_id(f"layout-{layout}").click()
    rows, columns = (int(part) for part in layout.split("x"))
    expect(page.locator(".cell")).to_have_count(rows * columns)


def expect_full(page: Page, count: int) -> None:
    expect(page.locator('.viewport[data-fidelity="full"]')).to_have_count(count)


def cell(page: Page, number: int) -> Locator:
    return page.get_by_test_id(f"cell-{number}")


def slice_of(page: Page, number: int) -> int:
    return int(cell(page, number).get_by_test_id("slice").inner_text().split("/")[0])


def titles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".cell-title").all_inner_texts()]
