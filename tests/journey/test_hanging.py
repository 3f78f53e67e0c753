"""Series hang by themselves as they are read: by weighting and plane, back to back, above the earlier ones."""

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journey.cells import Links, cell, expect_full, open_layouts, open_link, sized_page, slice_of, titles

pytestmark = pytest.mark.journey


def test_mr_hangs_by_weighting_and_plane(links: Links, large_page: Page) -> None:
    page = large_page
    open_link(page, links.head)
    open_layouts(page)
    page.get_by_test_id("arrange").click()
    expect_full(page, 4)
    assert titles(page) == ["Axial T1", "Axial T2", "Axial FLAIR", "Sagittal T1"]


def test_breasts_hang_back_to_back(links: Links, large_page: Page) -> None:
    page = large_page
    open_link(page, links.breasts)
    page.keyboard.press("w")
    expect_full(page, 4)
    assert titles(page) == ["R CC", "L CC", "R MLO", "L MLO"]
    # The wall of the chest (posterior) is where the two meet.
    assert cell(page, 1).get_by_test_id("edge-right").inner_text() == "P"
    assert cell(page, 2).get_by_test_id("edge-left").inner_text() == "P"


def test_each_loop_hangs_in_its_own_place(links: Links, large_page: Page) -> None:
    page = large_page
    open_link(page, links.heart)
    page.keyboard.press("w")
    expect_full(page, 2)
    assert [slice_of(page, 1), slice_of(page, 2)] == [1, 25]


def test_a_chest_hangs_above_the_earlier_one(links: Links, large_page: Page) -> None:
    page = large_page
    open_link(page, links.chest)
    page.keyboard.press("w")
    expect_full(page, 3)
    assert titles(page)[:3] == ["Chest PA", "Chest LL", "Chest PA"]
    expect(cell(page, 3).get_by_test_id("cell-date")).to_have_text("Earlier scan, February 10, 2025")
    expect(cell(page, 4)).to_contain_text("Choose pictures from the list")


def test_phones_are_not_offered_what_has_no_room(links: Links, chromium: Browser) -> None:
    for page in sized_page(chromium, "phone"):
        open_link(page, links.head)
        page.keyboard.press("w")
        open_layouts(page)
        assert page.get_by_test_id("arrange").count() == 0
        assert page.locator(".cell").count() == 1
