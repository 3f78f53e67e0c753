"""What is done to a picture to measure on it, and what the page then says and keeps."""

import json
from typing import Any

import pydicom
from playwright.sync_api import BrowserContext, Page, expect
from tests.journey.conftest import Place

_SIDES = ("left", "top", "right", "bottom")


def open_ct(context: BrowserContext, ct: Place, *terms: str) -> Page:
    page = context.new_page()
    page.goto(ct.share("--no-passcode", *terms)["here"])
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full", timeout=30_000)
    return page


def middle(page: Page) -> tuple[float, float]:
    box = page.get_by_test_id("viewport").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From and to points given from the middle of the picture."""
    x, y = middle(page)
    page.mouse.move(x + start[0], y + start[1])
    page.mouse.down()
    page.mouse.move(x + (start[0] + end[0]) / 2, y + (start[1] + end[1]) / 2)
    page.mouse.move(x + end[0], y + end[1])
    page.mouse.up()


def touch_drag(page: Page, start: tuple[float, float], end: tuple[float, float], *, loupe: bool = False) -> None:
    x, y = middle(page)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, part: float | None) -> None:
        at = (
            []
            if part is None
            else [{"x": x + start[0] + (end[0] - start[0]) * part, "y": y + start[1] + (end[1] - start[1]) * part}]
        )
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", 0)
    for step in range(1, 9):
        touch("touchMove", step / 8)
    if loupe:
        expect(page.get_by_test_id("loupe")).to_be_visible()
    touch("touchEnd", None)


def measure(page: Page, key: str) -> None:
    page.keyboard.press(key)
    expect(page.get_by_test_id("measure-bar")).to_be_visible()
    expect(page.get_by_test_id("marks")).to_be_attached()


def notes_kept(page: Page) -> list[dict[str, Any]]:
    """What the tab keeps of measurements."""
    kept = page.evaluate("() => sessionStorage.getItem(`notes ${location.pathname}`)")
    return json.loads(kept)["measurements"] if kept else []


def labels(page: Page) -> str:
    return "\n".join(page.locator('[data-testid="mark-label"] text').all_text_contents())


def slice_on_disc(ct: Place, instance: int) -> pydicom.Dataset:
    kept = ct.app.archive.instance(instance)
    assert kept is not None
    for path in ct.disc.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        if dataset.SOPInstanceUID == kept.names.instance:
            return dataset
    raise AssertionError("the slice is not on the disc")


def letters(page: Page) -> list[str]:
    return [page.get_by_test_id(f"edge-{side}").inner_text() for side in _SIDES]


def expect_letters(page: Page, *wanted: str) -> None:
    for side, letter in zip(_SIDES, wanted, strict=True):
        expect(page.get_by_test_id(f"edge-{side}")).to_have_text(letter)
