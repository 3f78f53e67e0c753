"""OHIF, on an origin of its own and set up as the docs say, shows a study of the archive and one behind a link."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from tests.door.running import serving
from tests.factories.discs import make_disc
from tests.factories.instances import ADA, Place, image, stable_uid
from tests.peers.ohif import Ohif, needs_ohif, ohif

from undisc.app import App, build, build_web
from undisc.settings import Settings

pytestmark = [pytest.mark.peers, needs_ohif]

STUDY = str(stable_uid(ADA.id, 1))
_SLICES = 5
_SIDE = 128
_DRAWN = """() => [...document.querySelectorAll('canvas.cornerstone-canvas')].some(canvas => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some((value, at) => at % 4 < 3 && value !== pixels[at % 4]);
})"""


@dataclass(frozen=True)
class Served:
    base: str
    app: App
    viewer: Ohif


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("ohif")
    make_disc(folder / "disc", studies=2, series=2, slices=_SLICES, rows=_SIDE, columns=_SIDE)
    with ohif() as viewer:
        app = build(Settings(data_dir=folder / "data", workers=1, viewer_origins=viewer.origin))
        assert not app.intake.take_in([folder / "disc"]).lost
        with serving(build_web(app)) as base:
            viewer.points_at(base)
            yield Served(base, app, viewer)
        app.close()


@dataclass
class Heard:
    """What went wrong among the requests that the page made to Undisc, and which succeeded."""

    failed: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)


@contextmanager
def _page(browser: Browser, base: str) -> Iterator[tuple[Page, Heard]]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, heard = context.new_page(), Heard()

    def answered(url: str, status: int) -> None:
        if url.startswith(base):
            (heard.answered if status < 400 else heard.failed).append(f"{status} {url}")

    page.on("response", lambda response: answered(response.url, response.status))
    page.on(
        "requestfailed",
        lambda request: (
            heard.failed.append(f"{request.failure} {request.url}") if request.url.startswith(base) else None
        ),
    )
    try:
        yield page, heard
    finally:
        context.close()


def _shows_a_slice(page: Page) -> bool:
    """Whether the first viewport comes to show a slice of the study: it is drawn several times over, blank at first."""
    page.wait_for_function(_DRAWN, timeout=60_000)
    page.wait_for_load_state("networkidle")
    for _ in range(100):
        shown = _shown(page)
        if _is_like(shown, 1) or _is_like(shown, 2):
            return True
        page.wait_for_timeout(200)
    return False


def _shown(page: Page) -> np.ndarray:
    """The picture of the first viewport in grey, as the canvas holds it."""
    data = page.evaluate("() => document.querySelector('canvas.cornerstone-canvas').toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("L"), dtype=float)


def _is_like(shown: np.ndarray, series: int) -> bool:
    """Whether what is shown is a slice of this series, fitted into the canvas."""
    if np.ptp(shown) == 0:
        return False
    side = min(shown.shape)
    top, left = (shown.shape[0] - side) // 2, (shown.shape[1] - side) // 2
    fitted = Image.fromarray(shown[top : top + side, left : left + side]).resize((_SIDE, _SIDE))
    likeness = [
        np.corrcoef(np.asarray(fitted).ravel(), _slice(series, number).ravel())[0, 1]
        for number in range(1, _SLICES + 1)
    ]
    return max(likeness) > 0.9


def _slice(series: int, number: int) -> np.ndarray:
    made = image(ADA, Place(1, series, number, _SLICES), rows=_SIDE, columns=_SIDE)
    return np.clip(made.pixel_array.astype(float), 0, 1000)  # the window that it has


def test_a_study_of_the_archive_is_shown(served: Served, chromium: Browser, tmp_path: Path) -> None:
    secret = served.app.accounts.create_token("viewer", ["read"]).secret
    with _page(chromium, served.base) as (page, heard):
        page.goto(f"{served.viewer.origin}/viewer?StudyInstanceUIDs={STUDY}#secret={secret}")
        shows_it = _shows_a_slice(page)
        page.screenshot(path=tmp_path / "archive.png")
        assert secret not in page.url
    assert heard.failed == []
    assert any("/frames/" in each for each in heard.answered)
    assert shows_it


@pytest.mark.parametrize("may_download", [True, False], ids=["download", "view-only"])
def test_a_shared_study_is_shown(served: Served, chromium: Browser, tmp_path: Path, may_download: bool) -> None:
    link = served.app.sharing.create_link([served.app.archive.study_id(STUDY)], may_download=may_download)
    address = f"{served.viewer.origin}/viewer?StudyInstanceUIDs={STUDY}#link={link.link.id}&secret={link.secret}"
    with _page(chromium, served.base) as (page, heard):
        page.goto(address)
        shows_it = _shows_a_slice(page)
        page.screenshot(path=tmp_path / "shared.png")
    assert heard.failed == []
    assert all(f"/s/{link.link.id}/dicom-web/" in each for each in heard.answered)
    assert any("/frames/" in each for each in heard.answered)
    assert shows_it


def test_the_list_of_studies_has_what_a_link_names_and_nothing_else(served: Served, chromium: Browser) -> None:
    link = served.app.sharing.create_link([served.app.archive.study_id(STUDY)])
    with _page(chromium, served.base) as (page, heard):
        page.goto(f"{served.viewer.origin}/#link={link.link.id}&secret={link.secret}")
        page.get_by_text("1-1 of 1").wait_for(timeout=60_000)
        assert page.get_by_text("MR study 1").is_visible()
        assert page.get_by_text("MR study 2").count() == 0
    assert heard.failed == []


def test_from_an_origin_that_is_not_named_nothing_is_shown(served: Served, chromium: Browser) -> None:
    secret = served.app.accounts.create_token("elsewhere", ["read"]).secret
    with ohif() as elsewhere, _page(chromium, served.base) as (page, heard):
        elsewhere.points_at(served.base)
        with page.expect_event("requestfailed", timeout=60_000):
            page.goto(f"{elsewhere.origin}/viewer?StudyInstanceUIDs={STUDY}#secret={secret}")
        assert not any(each.startswith("200") for each in heard.answered)
