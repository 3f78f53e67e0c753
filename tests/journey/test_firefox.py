"""A link opens in Debian's Firefox, on a plain canvas, and its pictures are those that the standard asks for."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.door.running import serving
from tests.factories import scans
from tests.journey.firefox import Firefox

from undisc.app import build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey

SLICES = 5
_VIEWPORT = '[data-testid="viewport"]'
_FULL = f'{_VIEWPORT}[data-fidelity="full"]'


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[np.ndarray]]]:
    """A link to an axial series, and its pictures as its own windows have them, 0 to 255."""
    folder = tmp_path_factory.mktemp("firefox-head")
    series = [each for each in scans.head_scan(1, slices=SLICES) if each.SeriesNumber == 1]
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([scans.write(folder / "disc", series)])
    (study,) = app.archive.studies()
    made = app.sharing.create_link([study.id], passcode="482915")
    shades = []
    for each in series:
        centre, width = float(each.WindowCenter), float(each.WindowWidth)
        shades.append(np.clip((each.pixel_array - (centre - 0.5)) / (width - 1) + 0.5, 0, 1) * 255)
    with serving(build_web(app)) as base:
        yield f"{base}/s/{made.link.id}#{made.secret}", shades
    app.close()


def test_a_link_opens_in_firefox_and_shows_pictures_pixel_by_pixel(
    firefox: Firefox, head: tuple[str, list[np.ndarray]], tmp_path: Path
) -> None:
    link, shades = head
    page = firefox.page()
    page.goto(link)
    page.expect('[data-testid="passcode"]')
    page.click('[data-testid="passcode"]')
    page.type("482915")
    page.press("Enter")
    page.expect(_FULL)
    # Without a window Firefox has no WebGL: the plain canvas draws.
    assert page.evaluate("(at) => document.querySelector(at).dataset.renderer", _VIEWPORT) == "2d"
    page.evaluate("(at) => document.querySelector(at).focus()", _VIEWPORT)
    page.press("Home")
    for at in range(SLICES):
        if at:
            page.press("ArrowDown")
        said = f"{at + 1} / {SLICES}"
        page.wait_for("""(said) => document.querySelector('[data-testid="slice"]').innerText === said""", said)
        page.expect(_FULL)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shot = tmp_path / f"{at}.png"
        page.photograph(shot)
        found = _seen(shot, page.box(_VIEWPORT))
        # Enlarged smoothly, as a browser does.
        whole = Image.fromarray(shades[at].round().astype("u1")).resize(found.shape[::-1], Image.Resampling.BILINEAR)
        # Away from the words at the edges.
        inner = slice(found.shape[0] // 5, -(found.shape[0] // 5))
        off = np.abs(found[inner, inner] - np.asarray(whole)[inner, inner].astype(float))
        assert np.median(off) <= 1, f"picture {at + 1}"
        assert off.mean() <= 1.5, f"picture {at + 1}"
    assert firefox.heard == []
    page.close()


def _seen(shot: Path, box: tuple[float, float, float, float]) -> np.ndarray:
    """The square in the middle of the viewport that the picture fills, grey."""
    left, top, width, height = box
    side = min(width, height)
    x, y = left + (width - side) / 2, top + (height - side) / 2
    with Image.open(shot) as whole:
        return np.asarray(whole.convert("L").crop((round(x), round(y), round(x + side), round(y + side)))).astype(float)
