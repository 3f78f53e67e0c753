"""The planes of three sides are turned by mouse, finger and keys; letters tell where they look, and what is measured on
a turned plane is seen on that plane alone."""

import math

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.journey.conftest import Place
from tests.journey.listening import heard_on
from tests.journey.three_sides import choose, expect_complete, opened, wait_until_drawn

pytestmark = pytest.mark.journey

Point = tuple[float, float]


def _ring(page: Page, side: str, line: str) -> tuple[Point, Point]:
    """A ring on a line, and the meeting that it turns about."""
    cell = page.get_by_test_id(f"plane-{side}")
    places = []
    for what in (f"turn-{line}-1", "meeting"):
        box = cell.get_by_test_id(what).bounding_box()
        assert box is not None
        places.append((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    return places[0], places[1]


def _way(ring: Point, about: Point, degrees: float) -> list[Point]:
    far, start = math.dist(ring, about), math.atan2(ring[1] - about[1], ring[0] - about[0])
    angles = [start + math.radians(degrees) * step / 4 for step in range(1, 5)]
    return [(about[0] + far * math.cos(angle), about[1] + far * math.sin(angle)) for angle in angles]


def _letters(page: Page, side: str) -> list[str]:
    cell = page.get_by_test_id(f"plane-{side}")
    return [str(cell.get_by_test_id(f"edge-{edge}").text_content()) for edge in ("left", "right", "top", "bottom")]


def test_lines_turn_by_mouse_and_keys_and_measurements_stay_with_their_plane(
    oblique: Place, desktop: BrowserContext
) -> None:
    page = opened(desktop, oblique)
    choose(page, "OBLIQUE")
    heard = heard_on(page)
    page.keyboard.press("7")
    expect_complete(page)
    assert _letters(page, "coronal") == ["R", "L", "H", "F"]
    ring, meeting = _ring(page, "axial", "coronal")
    page.mouse.move(*ring)
    page.mouse.down()
    for place in _way(ring, meeting, 30):
        page.mouse.move(*place)
    page.mouse.up()
    expect_complete(page)
    # Turned as hands of a clock go, seen from below: the right side comes forward.
    assert _letters(page, "coronal") == ["RA", "LP", "H", "F"]
    assert _letters(page, "sagittal") == ["AL", "PR", "H", "F"]
    assert _letters(page, "axial") == ["R", "L", "A", "P"]
    heads = {side: page.get_by_test_id(f"plane-{side}").locator(".cell-title") for side in ("axial", "coronal")}
    expect(heads["coronal"]).to_have_text("Coronal · turned")
    expect(heads["axial"]).not_to_contain_text("turned")
    # A length on the turned plane is one in the patient, and stays with that plane.
    page.get_by_test_id("enlarge-coronal").click()
    page.keyboard.press("l")
    expect(page.get_by_test_id("measure-bar")).to_be_visible()
    box = page.get_by_test_id("plane-coronal").locator(".viewport").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30)
    page.mouse.up()
    mark = page.get_by_test_id("plane-coronal").get_by_test_id("mark-length")
    expect(mark).to_have_count(1)
    expect(page.get_by_test_id("mark-label").first).to_contain_text("mm")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_test_id("straighten").click()
    expect_complete(page)
    assert _letters(page, "coronal") == ["R", "L", "H", "F"]
    expect(mark).to_have_count(0)
    expect(page.get_by_test_id("straighten")).to_have_count(0)
    page.keyboard.press("j")
    page.get_by_test_id("note-measurement").click()
    expect(mark).to_have_count(1)
    assert _letters(page, "coronal") == ["RA", "LP", "H", "F"]
    # By keys in the chosen cell, and back by undoing.
    page.keyboard.press("9")
    page.keyboard.press("]")
    page.keyboard.press("]")
    expect(page.get_by_test_id("plane-axial").locator(".cell-title")).to_have_text("Axial · turned")
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("plane-axial").locator(".cell-title")).not_to_contain_text("turned")
    assert heard == []


def test_a_finger_turns_the_lines(oblique: Place, phone: BrowserContext) -> None:
    page = opened(phone, oblique)
    page.locator(".series", has_text="OBLIQUE").first.tap()
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=20_000)
    page.get_by_test_id("more").tap()
    page.get_by_test_id("three-sides").tap()
    expect_complete(page)
    ring, meeting = _ring(page, "axial", "sagittal")
    session = phone.new_cdp_session(page)
    for kind, place in (("touchStart", ring), *(("touchMove", each) for each in _way(ring, meeting, -30))):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": place[0], "y": place[1]}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_until_drawn(page)
    assert _letters(page, "coronal")[:2] == ["RP", "LA"]
    page.get_by_test_id("straighten").tap()
    expect(page.get_by_test_id("straighten")).to_have_count(0)
