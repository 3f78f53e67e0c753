"""The viewer off a disc: opened as a file in Chromium and in Firefox, with no network, whole and harmed."""

import base64
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pydicom
import pytest
from playwright.sync_api import Browser
from tests.factories.packages import PASSPHRASE, imported, make_package, write
from tests.factories.series import write_ct_series
from tests.journey import firefox as firefoxes
from tests.journey.screens import ChromiumPage, Screen

from undisc.app import build
from undisc.discs.sealed import CHUNK, chunk_path
from undisc.export.viewer import viewer_files
from undisc.settings import Settings

pytestmark = pytest.mark.journey

SLICES = 48
FULL = '.viewport[data-fidelity="full"]'
PASSCODE = '[data-testid="passcode"]'
TROUBLE = '[data-testid="trouble"]'


@dataclass(frozen=True)
class Discs:
    """The same CT on an open medium and on a sealed one, and the key of the latter as a link carries it."""

    open: Path
    sealed: Path
    fragment: str

    @property
    def originals(self) -> list[Path]:
        return sorted((self.open / "DICOM").rglob("IM*"))

    def index(self) -> dict[str, Any]:
        text = (self.open / chunk_path(0)).read_text()
        return json.loads(gzip.decompress(base64.b64decode(text.split('"')[1])))

    def slices_in(self, chunk: int) -> list[int]:
        """Which pictures, counted from 0 as they are scrolled through, lie in a chunk or in part of it."""
        parts = self.index()["parts"]
        frames = [parts[name] for name in parts if name.startswith("frames/")]
        begin, end = (chunk - 1) * CHUNK, chunk * CHUNK
        return [at for at, (start, length, _) in enumerate(frames) if start < end and start + length > begin]


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory) -> Discs:
    folder = tmp_path_factory.mktemp("discs")
    write_ct_series(folder / "source", slices=SLICES, rows=256, columns=256)
    app = build(Settings(data_dir=folder / "data", workers=2))
    studies = imported(app, [folder / "source"])
    whole = make_package(app, studies, sealed=False)
    write([*viewer_files("Riverside Imaging"), *whole.files], folder / "open")
    sealed = make_package(app, studies, sealed=True)
    write([*viewer_files("", readme=False, listing=False), *sealed.files], folder / "sealed")
    app.close()
    assert sealed.sealer is not None
    return Discs(folder / "open", folder / "sealed", sealed.sealer.fragment)


@pytest.fixture(scope="module")
def firefox_offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[firefoxes.Firefox]:
    if firefoxes.PROGRAM is None:
        pytest.skip("Firefox is not installed")
    with firefoxes.firefox_running(tmp_path_factory.mktemp("firefox"), offline=True) as running:
        yield running


@pytest.fixture(params=["chromium", "firefox"])
def screen(request: pytest.FixtureRequest) -> Iterator[Screen]:
    if request.param == "firefox":
        running: firefoxes.Firefox = request.getfixturevalue("firefox_offline")
        page = running.page()
        yield page
        page.close()
        assert [address for address in running.asked if address.startswith("http")] == []
        return
    made = ChromiumPage(request.getfixturevalue("chromium"), offline=True)
    yield made
    made.close()
    assert made.heard == []


def opened(screen: Screen, folder: Path) -> None:
    screen.goto((folder / "INDEX.HTM").as_uri())


def unlock(screen: Screen, words: str) -> None:
    screen.expect(PASSCODE)
    screen.click(PASSCODE)
    screen.evaluate("(selector) => document.querySelector(selector).select()", PASSCODE)
    screen.type(words)
    screen.press("Enter")


def go_to(screen: Screen, slice_at: int) -> None:
    # The viewer puts a series at its middle once it is there, whatever was pressed before.
    for key, times, shown in (("Home", 1, 1), ("ArrowDown", slice_at, slice_at + 1)):
        screen.press(*[key] * times)
        screen.wait_for(
            """(wanted) => document.querySelector('[data-testid="slice"]').innerText === wanted""",
            f"{shown} / {SLICES}",
        )


def probed(screen: Screen) -> dict[tuple[int, int], float]:
    """Values that the page tells at some places of the picture, by column and row."""
    screen.expect(FULL)
    left, top, width, height = screen.box(".viewport")
    found: dict[tuple[int, int], float] = {}
    for across, down in ((0.5, 0.5), (0.42, 0.55), (0.56, 0.4)):
        before = screen.text('[data-testid="probe"]')
        screen.hover((left + width * across, top + height * down))
        screen.wait_for(
            """(before) => ![before, ''].includes(document.querySelector('[data-testid="probe"]').innerText)""", before
        )
        told = re.search(r"x (\d+), y (\d+): ([-−\d,.]+) HU", screen.text('[data-testid="probe"]'))
        assert told is not None
        found[int(told[1]), int(told[2])] = float(told[3].replace("−", "-").replace(",", ""))
    return found


def test_a_disc_opens_as_a_file_and_shows_the_files_own_values(screen: Screen, discs: Discs) -> None:
    opened(screen, discs.open)
    screen.expect(FULL)
    slices = []
    for at in (0, SLICES - 1):
        go_to(screen, at)
        told = probed(screen)
        # Noise makes each slice the only one that has these values there.
        matching = []
        for path in discs.originals:
            dataset = pydicom.dcmread(path)
            values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
            if all(values[row, column] == value for (column, row), value in told.items()):
                matching.append(int(dataset.InstanceNumber))
        assert len(matching) == 1
        slices += matching
    assert sorted(slices) == [1, SLICES]


def test_measuring_three_sides_and_languages_need_no_server(screen: Screen, discs: Discs) -> None:
    opened(screen, discs.open)
    screen.expect(FULL)
    left, top, width, height = screen.box(".viewport")
    screen.press("l")
    screen.expect('[data-testid="marks"]')
    screen.drag((left + width * 0.4, top + height * 0.5), (left + width * 0.6, top + height * 0.5))
    assert "mm" in screen.evaluate(
        "() => [...document.querySelectorAll('[data-testid=\"mark-label\"] text')].map((one) => one.textContent).join()"
    )
    # Kept under the medium's own name: another disc has the same address.
    package = discs.index()["package"]
    assert screen.evaluate("() => Object.keys(sessionStorage)") == [f"notes {discs.open}/INDEX.HTM {package}"]
    screen.press("Escape", "Escape", "7")
    screen.expect('.viewer[data-sides="true"]')
    screen.wait_for(
        """() => document.querySelectorAll('[data-testid^="plane-"] .viewport[data-fidelity="full"]').length === 3"""
    )
    assert (
        screen.text('[data-testid="originals"]') == "The original pictures are in the folder DICOM, beside this page."
    )
    screen.evaluate(
        """() => {
            const choice = document.querySelector('.side select');
            choice.value = 'de';
            choice.dispatchEvent(new Event('change', { bubbles: true }));
        }"""
    )
    screen.wait_for("() => document.documentElement.lang === 'de'")


def test_a_sealed_disc_opens_by_its_passphrase_and_gives_its_files_back(screen: Screen, discs: Discs) -> None:
    opened(screen, discs.sealed)
    screen.expect(PASSCODE)
    assert screen.text("h1") == "These pictures are sealed"
    unlock(screen, "orbit velvet cactus thunder mosaic walnut")
    screen.wait_for("() => document.querySelector('[data-testid=\"problem\"]').innerText !== ''")
    assert screen.text('[data-testid="problem"]').startswith("That passphrase is not right.")
    unlock(screen, PASSPHRASE.replace(" ", "  "))
    screen.expect(FULL)
    # Chromium would ask where to put it, which nobody answers here.
    screen.evaluate("() => { delete window.showSaveFilePicker; }")
    screen.click('[data-testid="save-pictures"]')
    screen.expect('[data-testid="save-zip"]')
    packed = screen.download('[data-testid="save-zip"]')
    screen.wait_for("() => document.querySelector('[data-phase=\"saved\"]') !== null")
    assert f"{SLICES} files are saved." in screen.text('[data-testid="saving"]')
    with zipfile.ZipFile(io.BytesIO(packed)) as saved:
        assert saved.testzip() is None
        found = {name: hashlib.sha256(saved.read(name)).digest() for name in saved.namelist()}
    wanted = {
        path.relative_to(discs.open).as_posix(): hashlib.sha256(path.read_bytes()).digest() for path in discs.originals
    }
    assert found == wanted


_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _flip_a_bit(chunk: Path) -> None:
    text = bytearray(chunk.read_bytes())
    at = len(text) // 2
    text[at] = _LETTERS[_LETTERS.index(text[at]) ^ 1]
    _replace(chunk, bytes(text))


def _swap(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    _replace(one, second)
    _replace(other, first)


def _replace(path: Path, data: bytes) -> None:
    # Not written into: the file is another folder's too.
    path.unlink()
    path.write_bytes(data)


def test_harmed_chunks_take_their_own_pictures_and_no_others(screen: Screen, discs: Discs, tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    shutil.copytree(discs.sealed, folder, copy_function=os.link)
    flipped, missing, swapped = (folder / chunk_path(number) for number in (2, 3, 4))
    _flip_a_bit(flipped)
    missing.unlink()
    # With one of those behind the pictures, where the files lie.
    _swap(swapped, folder / chunk_path(discs.index()["chunks"] + 1))
    screen.goto((folder / "INDEX.HTM").as_uri() + f"#{discs.fragment}")
    screen.expect('[data-testid="slice"]')
    screen.expect(f"{FULL}, {TROUBLE}")
    hit = [discs.slices_in(number) for number in (2, 3, 4)]
    for pictures in hit:
        go_to(screen, pictures[len(pictures) // 2])
        screen.expect(TROUBLE)
        assert screen.text(TROUBLE).startswith("This picture cannot be read off the disc.")
    go_to(screen, next(at for at in range(SLICES) if at not in {one for pictures in hit for one in pictures}))
    screen.expect(FULL)
    assert screen.evaluate("(selector) => document.querySelector(selector) === null", TROUBLE)


def test_a_page_without_its_data_says_what_to_do(screen: Screen, discs: Discs, tmp_path: Path) -> None:
    shutil.copytree(discs.open / "VIEWER", tmp_path / "copied" / "VIEWER")
    shutil.copy(discs.open / "INDEX.HTM", tmp_path / "copied")
    opened(screen, tmp_path / "copied")
    assert screen.text('[data-testid="refused"]') == "The pictures are not beside this page"
    assert "Unpack the ZIP first" in screen.text(".steps")
    assert "Riverside Imaging" in screen.text(".beside")


def test_a_page_taken_out_of_a_zip_by_itself_says_what_to_do(screen: Screen, discs: Discs, tmp_path: Path) -> None:
    shutil.copy(discs.open / "INDEX.HTM", tmp_path)
    opened(screen, tmp_path)
    screen.wait_for("() => getComputedStyle(document.querySelector('.late')).visibility === 'visible'")
    assert "unpack the ZIP first" in screen.text(".late")


def test_on_a_web_host_the_first_picture_comes_without_the_rest(chromium: Browser, discs: Discs) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(discs.sealed)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = ChromiumPage(chromium)
    # Written down at the very moment, since what follows is fetched at once.
    made.page.add_init_script(
        """new MutationObserver(() => {
            if (window.fetched === undefined && document.querySelector('.viewport[data-fidelity="full"]') !== null) {
                window.fetched = performance.getEntriesByType('resource').map(({ name }) => name);
            }
        }).observe(document, { subtree: true, childList: true, attributes: true });"""
    )
    made.goto(f"http://127.0.0.1:{server.server_port}/INDEX.HTM#{discs.fragment}")
    made.expect(FULL)
    fetched = [name.rpartition("/")[2] for name in made.wait_for("() => window.fetched") if "/DATA/" in name]
    chunks = range(1, discs.index()["chunks"] + 1)
    first = [Path(chunk_path(number)).name for number in chunks if SLICES // 2 in discs.slices_in(number)]
    # The index, the lock, what is told of the study, and the chunks of one picture come before those of the others.
    assert set(fetched[: 3 + len(first)]) == {"C0000000.JS", "KEY.JS", "C0000001.JS", *first}
    # Half of the package is files for other programs, which are not wanted for looking.
    assert all(name <= Path(chunk_path(chunks[-1])).name for name in fetched if name != "KEY.JS")
    made.page.goto("about:blank")
    made.goto(f"http://127.0.0.1:{server.server_port}/INDEX.HTM#key={'A' * 43}")
    made.expect('[data-testid="closed"]')
    made.close()
    server.shutdown()
    assert made.heard == []
