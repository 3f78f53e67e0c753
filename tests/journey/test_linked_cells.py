"""Cells scroll together, show where the others cut, find a point in all, and tell scans and people apart."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.journey.cells import (
    Links,
    cell,
    close_layouts,
    expect_full,
    lay_out,
    open_layouts,
    open_link,
    sized_page,
    slice_of,
)
from tests.journey.conftest import Place

pytestmark = pytest.mark.journey


def test_cells_scroll_together_by_position_until_they_are_let_go(links: Links, page: Page) -> None:
    open_link(page, links.head)
    lay_out(page, "1x2")
    expect_full(page, 2)
    cell(page, 1).get_by_test_id("slider").fill("4")
    expect(cell(page, 2).get_by_test_id("slice")).to_contain_text("5 / 24")
    open_layouts(page)
    page.get_by_test_id("together").click()
    close_layouts(page)
    cell(page, 1).get_by_test_id("slider").fill("9")
    expect(cell(page, 1).get_by_test_id("slice")).to_contain_text("10 / 24")
    expect(cell(page, 2).get_by_test_id("slice")).to_contain_text("5 / 24")


def test_another_planes_slice_is_a_line_that_moves_along(links: Links, page: Page) -> None:
    open_link(page, links.head)
    lay_out(page, "1x2")
    cell(page, 2).locator(".viewport").click()
    page.locator("button.series", has_text="Sagittal T1").first.click()
    expect_full(page, 2)
    line = cell(page, 1).get_by_test_id("reference-line").locator("line.line")
    expect(line).to_have_count(1)
    before = float(line.get_attribute("x1") or 0)
    cell(page, 2).get_by_test_id("slider").fill("20")
    expect(line).not_to_have_attribute("x1", str(before))
    # Further left in the patient is further right on the picture.
    assert float(line.get_attribute("x1") or 0) > before
    page.keyboard.press("y")
    expect(line).to_have_count(0)


def test_a_point_is_found_in_all_planes(links: Links, page: Page) -> None:
    open_link(page, links.head)
    lay_out(page, "1x2")
    cell(page, 2).locator(".viewport").click()
    page.locator("button.series", has_text="Sagittal T1").first.click()
    expect_full(page, 2)
    before = slice_of(page, 2)
    page.get_by_test_id("tool-find").click()
    box = cell(page, 1).locator(".viewport").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.5)
    expect(cell(page, 1).get_by_test_id("mark")).to_have_count(1)
    expect(cell(page, 2).get_by_test_id("mark")).to_have_count(1)
    assert slice_of(page, 2) > before
    there = slice_of(page, 2)
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    expect(cell(page, 2).get_by_test_id("slice")).not_to_have_text(f"{there} / 24")
    expect(cell(page, 2).get_by_test_id("mark")).to_have_count(1)
    assert slice_of(page, 2) < there


def test_the_earlier_scan_is_one_button_away_and_unmistakable(links: Links, page: Page) -> None:
    open_link(page, links.head)
    button = page.locator("[data-testid^=compare-]")
    expect(button).to_have_count(1)
    button.click()
    expect_full(page, 2)
    dates = page.get_by_test_id("cell-date")
    expect(dates.nth(0)).to_have_text("Scan of October 15, 2026")
    expect(dates.nth(1)).to_have_text("Earlier scan, March 10, 2024")
    expect(dates.nth(1)).to_be_in_viewport()
    cell(page, 1).get_by_test_id("slider").fill("3")
    expect(cell(page, 2).get_by_test_id("slice")).to_contain_text("4 / 24")
    page.keyboard.press("d")
    expect(page.locator(".cell")).to_have_count(1)


def test_two_patients_on_one_screen_cannot_be_missed(links: Links, page: Page) -> None:
    """A link holds one patient's scans; should another's ever come through, the page says so itself."""

    def mixed(route: Route) -> None:
        answer = route.fetch()
        manifest = json.loads(answer.body())
        manifest["studies"][1]["patient"] = {"name": "OTHER^OLIVIA", "id": "X-9", "birth_date": "19800202", "sex": "F"}
        route.fulfill(response=answer, body=json.dumps(manifest))

    page.route("**/open", mixed)
    open_link(page, links.head)
    warning = page.get_by_test_id("patients-warning")
    expect(warning).to_have_count(0)
    page.locator("[data-testid^=compare-]").click()
    expect(warning).to_be_visible()
    expect(warning).to_contain_text("2 different people")
    expect(warning).to_contain_text(re.compile("TESTPERSON, ADA.*OTHER, OLIVIA"))
    people = page.get_by_test_id("cell-person")
    expect(people).to_have_count(2)
    expect(people.nth(1)).to_have_text("OTHER, OLIVIA")
    cell(page, 2).locator(".viewport").click()
    expect(page.get_by_test_id("patient")).to_contain_text("OTHER, OLIVIA")
    expect(warning).to_be_visible()


def test_series_of_a_real_disc_lie_side_by_side_and_scroll_together(place: Place, chromium: Browser) -> None:
    link = place.share("--no-passcode")
    for page in sized_page(chromium, "desktop"):
        open_link(page, link["here"])
        lay_out(page, "2x2")
        shown = page.locator(".cell .viewport").count()
        expect_full(page, shown)
        assert shown >= 3
        slider = cell(page, 1).get_by_test_id("slider")
        slider.fill("0")
        expect_full(page, shown)
        slider.fill(str(int(slider.get_attribute("max") or 0)))
        expect_full(page, shown)
        expect(page.get_by_test_id("patients-warning")).to_have_count(0)
