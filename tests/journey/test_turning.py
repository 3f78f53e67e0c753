"""Turning and mirroring a picture turns what is drawn and moves the letters at its edges along."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from tests.journey.conftest import Place
from tests.journey.measuring import expect_letters, letters, middle, open_ct
from tests.shared_data import needs_shared

pytestmark = [pytest.mark.journey, needs_shared]


def test_turning_moves_the_letters(ct: Place, desktop: BrowserContext) -> None:
    page = open_ct(desktop, ct)
    left, top, right, bottom = letters(page)
    page.keyboard.press("r")
    expect_letters(page, bottom, left, top, right)
    page.keyboard.press("Shift+R")
    page.keyboard.press("h")
    expect_letters(page, right, top, left, bottom)
    page.keyboard.press("v")
    expect_letters(page, right, bottom, left, top)
    page.keyboard.press("o")
    expect_letters(page, left, top, right, bottom)


def _central(page: Page) -> np.ndarray:
    """The middle of the picture as it is on the screen, which no words lie over."""
    page.wait_for_timeout(500)
    x, y = middle(page)
    shot = page.screenshot(clip={"x": x - 200, "y": y - 200, "width": 400, "height": 400})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)


@pytest.mark.parametrize("plain", [False, True])
def test_turning_and_mirroring_turn_what_is_drawn(ct: Place, desktop: BrowserContext, plain: bool) -> None:
    if plain:
        desktop.add_init_script(
            """const get = HTMLCanvasElement.prototype.getContext;
            HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
                return kind === "webgl2" ? null : get.call(this, kind, ...more);
            };"""
        )
    page = open_ct(desktop, ct)
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-renderer", "2d" if plain else "webgl2")
    x, y = middle(page)
    page.mouse.move(x, y + 500)
    upright = _central(page)
    for key, changed in (("r", np.rot90(upright, -1)), ("h", np.fliplr(np.rot90(upright, -1)))):
        page.keyboard.press(key)
        # Half a pixel of the screen may lie between the two; edges of bone differ by that.
        assert np.median(np.abs(_central(page) - changed)) <= 2
    assert np.median(np.abs(_central(page) - upright)) > 5
