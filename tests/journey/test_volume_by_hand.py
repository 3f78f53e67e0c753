"""The three sides are opened, moved, enlarged and closed by mouse, finger and keys."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.journey.conftest import Place
from tests.journey.listening import heard_on
from tests.journey.three_sides import (
    choose,
    drag_from,
    expect_complete,
    from_three_sides,
    opened,
    slices,
    wait_until_drawn,
)
from tests.journey.touching import tap

pytestmark = pytest.mark.journey


def _drag(page: Page, what: Locator, right: float, down: float) -> None:
    box = what.bounding_box()
    assert box is not None
    drag_from(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, right, down)


def test_lines_are_dragged_and_keys_do_the_same(oblique: Place, desktop: BrowserContext) -> None:
    page = opened(desktop, oblique)
    choose(page, "OBLIQUE")
    heard = heard_on(page)
    page.keyboard.press("7")
    expect_complete(page)
    before = slices(page)
    # The meeting of the lines in the axial picture moves the other two, and not the axial one.
    _drag(page, page.get_by_test_id("plane-axial").get_by_test_id("meeting"), 60, 45)
    moved = slices(page)
    assert moved[0] == before[0]
    assert moved[1] != before[1]
    assert moved[2] != before[2]
    # A line moves its own plane alone; it is taken away from the meeting.
    line = page.get_by_test_id("plane-axial").get_by_test_id("line-coronal").bounding_box()
    assert line is not None
    drag_from(page, line["x"] + line["width"] * 0.1, line["y"] + line["height"] / 2, 0, 40)
    after = slices(page)
    assert (after[0], after[2]) == (moved[0], moved[2])
    assert after[1] != moved[1]
    # Pinpoint, then arrows: both planes follow by keys.
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    wait_until_drawn(page)
    assert slices(page)[1:] != after[1:]
    page.keyboard.press("s")
    # The wheel goes through the slices of the cell under it, over the lines as well.
    axial = slices(page)[0]
    box = page.get_by_test_id("plane-axial").get_by_test_id("meeting").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(50)
    wait_until_drawn(page)
    assert slices(page)[0] != axial
    assert heard == []


def test_a_finger_opens_moves_enlarges_and_goes_back(oblique: Place, phone: BrowserContext) -> None:
    page = opened(phone, oblique)
    heard = heard_on(page)
    tap(page.locator(".series", has_text="OBLIQUE").first)
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=20_000)
    tap(page.get_by_test_id("more"))
    tap(page.get_by_test_id("three-sides"))
    expect_complete(page)
    tap(page.get_by_test_id("enlarge-sagittal"))
    expect(page.get_by_test_id("plane-sagittal")).to_have_attribute("data-size", "large")
    expect(page.get_by_test_id("plane-axial")).to_have_attribute("data-size", "small")
    before = slices(page)
    meeting = page.get_by_test_id("plane-sagittal").get_by_test_id("meeting").bounding_box()
    assert meeting is not None
    session = phone.new_cdp_session(page)
    x, y = meeting["x"] + meeting["width"] / 2, meeting["y"] + meeting["height"] / 2
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 6):
        at = [{"x": x + 8 * part, "y": y - 8 * part}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_until_drawn(page)
    after = slices(page)
    assert after[2] == before[2]
    assert after[:2] != before[:2]
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390
    tap(page.get_by_test_id("planes-close"))
    expect(page.get_by_test_id("planes")).to_have_count(0)
    expect(page.locator(".viewport")).to_have_count(1)
    assert heard == []


def test_undo_closes_and_redo_opens_again(oblique: Place, desktop: BrowserContext) -> None:
    page = opened(desktop, oblique)
    choose(page, "OBLIQUE")
    from_three_sides(page)
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("planes")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect_complete(page)
    # Another series from the list ends it.
    page.locator(".series", has_text="ONE MISSING").first.click()
    expect(page.get_by_test_id("planes")).to_have_count(0)
