"""A whole disc taken in through the command line, a real server over it, and real browsers, phone and desktop."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.door.running import serving
from tests.factories.discs import make_disc
from tests.journey import firefox as firefoxes
from tests.journey.cells import SIZES, Links, serve_scans, sized_page
from tests.journey.oblique import write_oblique
from tests.shared_data import SHARED

from undisc.app import App, build, build_web, open_reception
from undisc.settings import Settings

PLACE = "Riverside Imaging"


def undisc(*arguments: str, data: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command line as a user does."""
    command = [sys.executable, "-m", "undisc", *arguments, "--data-dir", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, timeout=300)


@dataclass(frozen=True)
class Place:
    """A clinic with one disc taken in, serving."""

    disc: Path
    data: Path
    base: str
    app: App
    imported: dict[str, Any]

    def share(self, *options: str) -> dict[str, Any]:
        study = self.imported["studies"][0]
        made = undisc("share", study, "--json", *options, data=self.data)
        assert made.returncode == 0, made.stderr
        link = json.loads(made.stdout)
        return link | {"here": self.here(link["url"])}

    def here(self, url: str) -> str:
        """A link's address on this server's port."""
        return f"{self.base}/s/{url.split('/s/', 1)[1]}"


def _whole_disc(folder: Path) -> Path:
    if SHARED:
        found = next(SHARED.glob("mapconcierge__*"), None)
        if found:
            return found
    make_disc(folder / "disc", studies=1, series=3, slices=20, rows=256, columns=256)
    return folder / "disc"


def serve_disc(disc: Path, data: Path, *, takes_in: bool = False) -> Iterator[Place]:
    """Takes a disc in and serves it until the generator goes on; `takes_in` lets the server take in more itself."""
    imported = undisc("import", str(disc), "--json", data=data)
    assert imported.returncode == 0, imported.stderr
    app = build(Settings(data_dir=data, place_name=PLACE))
    reception = open_reception(app) if takes_in else None
    with serving(build_web(app, reception)) as base:
        yield Place(disc, data, base, app, json.loads(imported.stdout))
    if reception:
        reception.close()
    app.close()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    yield from serve_disc(_whole_disc(folder), folder / "data")


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A clinic that took in a head CT of tilted slices."""
    assert SHARED is not None
    yield from serve_disc(SHARED / "neurolabusc__dcm_qa_ct", tmp_path_factory.mktemp("ct"), takes_in=True)


@pytest.fixture(scope="module")
def oblique(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An oblique volume of a known field, and the same with a slice missing."""
    disc = tmp_path_factory.mktemp("disc")
    write_oblique(disc / "oblique")
    write_oblique(disc / "gap", series=2, missing=7)
    yield from serve_disc(disc, tmp_path_factory.mktemp("oblique"))


@pytest.fixture
def desktop(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1440, "height": 900})
    yield made
    made.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    # What is held in the hand starts with the simple view; these journeys are made in the other.
    made.add_init_script("localStorage.setItem('undisc view', 'clinical')")
    yield made
    made.close()


@pytest.fixture(params=["phone", "desktop"])
def context(request: pytest.FixtureRequest) -> BrowserContext:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Links]:
    yield from serve_scans(tmp_path_factory.mktemp("cells"))


@pytest.fixture(params=list(SIZES))
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    yield from sized_page(chromium, request.param)


@pytest.fixture(params=["tablet", "desktop"])
def large_page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    yield from sized_page(chromium, request.param)


@pytest.fixture
def desktop_page(chromium: Browser) -> Iterator[Page]:
    yield from sized_page(chromium, "desktop")


@pytest.fixture(scope="session")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[firefoxes.Firefox]:
    """Debian's Firefox, which draws on a plain canvas here: without a window it has no WebGL."""
    if firefoxes.PROGRAM is None:
        pytest.skip("Firefox is not installed")
    with firefoxes.firefox_running(tmp_path_factory.mktemp("firefox"), webgl=False) as running:
        yield running
