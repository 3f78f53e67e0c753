"""Measuring on a real CT in a real browser, by mouse, finger and keys: what is said is right to the value."""

import re

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect
from tests.journey.conftest import Place
from tests.journey.listening import heard_on
from tests.journey.measuring import (
    drag,
    expect_letters,
    labels,
    letters,
    measure,
    notes_kept,
    open_ct,
    slice_on_disc,
    touch_drag,
)
from tests.journey.touching import tap
from tests.shared_data import needs_shared

pytestmark = [pytest.mark.journey, needs_shared]


def _numbers(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in re.findall(r"[-−]?\d+(?:\.\d+)?", text.replace("²", ""))]


@pytest.mark.parametrize("ways_up", [(), ("r",), ("h",), ("v", "r")])
def test_an_ellipse_says_what_numpy_says(ct: Place, desktop: BrowserContext, ways_up: tuple[str, ...]) -> None:
    page = open_ct(desktop, ct)
    heard = heard_on(page)
    for key in ways_up:
        page.keyboard.press(key)
    measure(page, "e")
    drag(page, (-63, -41), (58, 77))
    expect(page.get_by_test_id("mark-ellipse")).to_be_attached()
    (note,) = notes_kept(page)
    (a, b) = note["points"]
    dataset = slice_on_disc(ct, note["on"]["instance"])
    values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    rows, columns = np.mgrid[0 : values.shape[0], 0 : values.shape[1]] + 0.5
    inside = (
        ((columns - (a["column"] + b["column"]) / 2) / ((b["column"] - a["column"]) / 2)) ** 2
        + ((rows - (a["row"] + b["row"]) / 2) / ((b["row"] - a["row"]) / 2)) ** 2
    ) <= 1
    within = values[inside]
    assert within.size > 1000
    row_mm, column_mm = (float(part) for part in dataset.PixelSpacing)
    area = np.pi / 4 * abs((b["column"] - a["column"]) * column_mm * (b["row"] - a["row"]) * row_mm)
    mean, deviation, least, most, size = _numbers(labels(page))
    assert mean == pytest.approx(within.mean(), abs=0.0501)
    assert deviation == pytest.approx(within.std(), abs=0.0501)
    assert (least, most) == (within.min(), within.max())
    assert size == pytest.approx(area, abs=0.0501)
    assert "HU" in labels(page)
    assert heard == []


def test_a_length_is_the_spacing_times_the_pixels(ct: Place, desktop: BrowserContext) -> None:
    page = open_ct(desktop, ct)
    measure(page, "l")
    drag(page, (-150, -100), (80, -140))
    (note,) = notes_kept(page)
    (a, b) = note["points"]
    row_mm, column_mm = (float(part) for part in slice_on_disc(ct, note["on"]["instance"]).PixelSpacing)
    length = np.hypot((b["column"] - a["column"]) * column_mm, (b["row"] - a["row"]) * row_mm)
    assert _numbers(labels(page)) == [pytest.approx(length, abs=0.0501)]
    assert labels(page).endswith(" mm")
    # Turned, mirrored and enlarged, the line and what it says stay the same.
    said = labels(page)
    left, top, right, bottom = letters(page)
    for key in ("+", "r", "h"):
        page.keyboard.press(key)
    expect_letters(page, top, left, bottom, right)
    assert labels(page) == said
    assert notes_kept(page) == [note]


def test_by_keys_alone(ct: Place, desktop: BrowserContext) -> None:
    page = open_ct(desktop, ct)
    measure(page, "l")
    page.keyboard.press("Enter")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("mark-length")).to_have_count(1)
    expect(page.get_by_test_id("mark-spoken")).to_contain_text("Length:")
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    before = labels(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("mark-length")).to_have_count(0)
    assert notes_kept(page) == []
    assert before != ""
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("measure-bar")).to_have_count(0)


def test_by_finger_with_what_lies_under_it_shown_above(ct: Place, phone: BrowserContext) -> None:
    page = open_ct(phone, ct)
    heard = heard_on(page)
    tap(page.get_by_test_id("tool-measure"))
    expect(page.get_by_test_id("measure-bar")).to_be_visible()
    touch_drag(page, (-100, -60), (60, 10), loupe=True)
    expect(page.get_by_test_id("loupe")).to_have_count(0)
    expect(page.get_by_test_id("mark-length")).to_have_count(1)
    (before,) = notes_kept(page)
    # A finger that lands beside an end takes hold of it.
    touch_drag(page, (66, 22), (76, 92))
    (after,) = notes_kept(page)
    assert after["points"][0] == before["points"][0]
    assert after["points"][1]["row"] > before["points"][1]["row"]
    tap(page.get_by_test_id("measure-remove"))
    expect(page.get_by_test_id("mark-length")).to_have_count(0)
    tap(page.get_by_test_id("measure-undo"))
    expect(page.get_by_test_id("mark-length")).to_have_count(1)
    assert heard == []


def test_words_at_an_arrow_stay_text(ct: Place, desktop: BrowserContext) -> None:
    page = open_ct(desktop, ct)
    heard = heard_on(page)
    measure(page, "t")
    drag(page, (50, 0), (150, 90))
    page.keyboard.type("<img src=x onerror=alert(1)> here?")
    page.keyboard.press("Enter")
    assert labels(page) == "<img src=x onerror=alert(1)> here?"
    assert heard == []
    expect(page.get_by_test_id("viewport")).to_be_focused()
