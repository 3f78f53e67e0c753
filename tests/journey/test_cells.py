"""Several pictures lie side by side, by touch, mouse and keys: layouts, series put into cells, undo, full screen."""

import pytest
from playwright.sync_api import Page, expect
from tests.journey.cells import (
    Links,
    cell,
    close_layouts,
    expect_full,
    is_phone,
    lay_out,
    open_layouts,
    open_link,
    slice_of,
)

pytestmark = pytest.mark.journey


def test_one_to_six_pictures_lie_side_by_side_as_many_as_there_is_room_for(links: Links, page: Page) -> None:
    open_link(page, links.head)
    open_layouts(page)
    offered = page.locator(".layout-choice").count()
    assert offered == (3 if is_phone(page) else 6)
    close_layouts(page)
    for layout in ("1x2", "2x1") if is_phone(page) else ("1x2", "2x1", "1x3", "2x2", "2x3"):
        lay_out(page, layout)
        count = page.locator(".cell").count()
        expect_full(page, count)
        boxes = [cell(page, number).bounding_box() for number in range(1, count + 1)]
        assert all(box and box["width"] > 100 and box["height"] > 150 for box in boxes)
    lay_out(page, "1x1")
    expect_full(page, 1)
    expect(page.get_by_test_id("patient")).to_contain_text("TESTPERSON, ADA")


def test_a_layout_is_chosen_by_keys_alone(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    open_link(page, links.head)
    page.keyboard.press("g")
    expect(page.get_by_test_id("layout-1x1")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_test_id("layout-2x2")).to_be_focused()
    page.keyboard.press("Enter")
    expect_full(page, 4)
    page.keyboard.press("3")
    expect(cell(page, 3)).to_have_attribute("aria-current", "true")
    before = slice_of(page, 3)
    page.keyboard.press("u")
    page.keyboard.press("ArrowDown")
    expect(cell(page, 3).get_by_test_id("slice")).to_contain_text(str(before + 1))
    page.keyboard.press("]")
    expect(cell(page, 3).locator(".cell-title")).to_have_text("Sagittal T1")


def test_a_series_goes_into_the_cell_that_was_tapped(links: Links, page: Page) -> None:
    open_link(page, links.head)
    lay_out(page, "1x2")
    expect_full(page, 2)
    cell(page, 2).locator(".viewport").click()
    expect(cell(page, 2)).to_have_attribute("aria-current", "true")
    page.locator("button.series", has_text="Axial FLAIR").first.click()
    expect(cell(page, 2).locator(".cell-title")).to_have_text("Axial FLAIR")
    expect(cell(page, 1).locator(".cell-title")).to_have_text("Axial T1")


def test_a_series_is_dragged_into_a_cell(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    open_link(page, links.head)
    lay_out(page, "2x2")
    expect_full(page, 4)
    page.locator("button.series", has_text="Sagittal T1").first.drag_to(cell(page, 2))
    expect(cell(page, 2).locator(".cell-title")).to_have_text("Sagittal T1")
    expect(cell(page, 2)).to_have_attribute("aria-current", "true")


def test_a_series_in_two_cells_is_fetched_once(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/frames/" in request.url else None)
    open_link(page, links.head)
    lay_out(page, "1x2")
    cell(page, 2).locator(".viewport").click()
    page.locator("button.series", has_text="Axial T1").first.click()
    expect_full(page, 2)
    page.wait_for_timeout(1500)
    assert len(asked) == len(set(asked))


def test_what_was_done_to_the_screen_can_be_taken_back(links: Links, page: Page) -> None:
    open_link(page, links.head)
    page.keyboard.press("i")
    zoom = page.get_by_test_id("zoom")
    page.keyboard.press("+")
    expect(zoom).to_contain_text("125%")
    lay_out(page, "1x2")
    expect_full(page, 2)
    page.keyboard.press("Control+z")
    expect(page.locator(".cell")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(zoom).to_contain_text("100%")
    page.keyboard.press("Control+Shift+z")
    expect(zoom).to_contain_text("125%")
    if is_phone(page):
        page.get_by_test_id("more").click()
    page.get_by_test_id("undo").click()
    expect(zoom).to_contain_text("100%")


def test_the_whole_display_is_filled_and_given_back(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    open_link(page, links.head)
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    expect(page.get_by_test_id("full-screen")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement === null")
