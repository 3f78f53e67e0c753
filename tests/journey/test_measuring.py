"""Measuring on a real CT in a real browser, by mouse, finger and keys: right to the value, kept, undone, saved."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.door.running import serving
from tests.journey.conftest import PLACE, Place, undisc
from tests.shared_data import SHARED, needs_shared

from undisc.app import build, build_web, open_reception
from undisc.settings import Settings

pytestmark = [pytest.mark.journey, needs_shared]

_CT = "neurolabusc__dcm_qa_ct"


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A clinic that took in a head CT of tilted slices."""
    assert SHARED is not None
    data = tmp_path_factory.mktemp("ct")
    imported = undisc("import", str(SHARED / _CT), "--json", data=data)
    assert imported.returncode == 0, imported.stderr
    app = build(Settings(data_dir=data, place_name=PLACE))
    reception = open_reception(app)
    with serving(build_web(app, reception)) as base:
        yield Place(SHARED / _CT, data, base, app, json.loads(imported.stdout))
    reception.close()
    app.close()


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
    # Measuring belongs to the clinical view, and what is held in the hand starts with the simple one.
    made.add_init_script("localStorage.setItem('undisc view', 'clinical')")
    yield made
    made.close()


def _open(context: BrowserContext, ct: Place, *terms: str) -> Page:
    page = context.new_page()
    page.goto(ct.share("--no-passcode", *terms)["here"])
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full", timeout=30_000)
    return page


def _heard(page: Page) -> list[str]:
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if "Content Security Policy" in line.text else None)
    return heard


def _middle(page: Page) -> tuple[float, float]:
    box = page.get_by_test_id("viewport").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From and to points given from the middle of the picture."""
    x, y = _middle(page)
    page.mouse.move(x + start[0], y + start[1])
    page.mouse.down()
    page.mouse.move(x + (start[0] + end[0]) / 2, y + (start[1] + end[1]) / 2)
    page.mouse.move(x + end[0], y + end[1])
    page.mouse.up()


def _touch_drag(page: Page, start: tuple[float, float], end: tuple[float, float], *, loupe: bool = False) -> None:
    x, y = _middle(page)
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


def _measure(page: Page, key: str) -> None:
    page.keyboard.press(key)
    expect(page.get_by_test_id("measure-bar")).to_be_visible()
    expect(page.get_by_test_id("marks")).to_be_attached()


def _notes(page: Page) -> list[dict[str, Any]]:
    """What the tab keeps of measurements."""
    kept = page.evaluate("() => sessionStorage.getItem(`notes ${location.pathname}`)")
    return json.loads(kept)["measurements"] if kept else []


def _labels(page: Page) -> str:
    return "\n".join(page.locator('[data-testid="mark-label"] text').all_text_contents())


def _slice(ct: Place, instance: int) -> pydicom.Dataset:
    kept = ct.app.archive.instance(instance)
    assert kept is not None
    for path in ct.disc.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        if dataset.SOPInstanceUID == kept.names.instance:
            return dataset
    raise AssertionError("the slice is not on the disc")


def _numbers(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in re.findall(r"[-−]?\d+(?:\.\d+)?", text.replace("²", ""))]


@pytest.mark.parametrize("ways_up", [(), ("r",), ("h",), ("v", "r")])
def test_an_ellipse_says_what_numpy_says(ct: Place, desktop: BrowserContext, ways_up: tuple[str, ...]) -> None:
    page = _open(desktop, ct)
    heard = _heard(page)
    for key in ways_up:
        page.keyboard.press(key)
    _measure(page, "e")
    _drag(page, (-63, -41), (58, 77))
    expect(page.get_by_test_id("mark-ellipse")).to_be_attached()
    (note,) = _notes(page)
    (a, b) = note["points"]
    dataset = _slice(ct, note["on"]["instance"])
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
    mean, deviation, least, most, size = _numbers(_labels(page))
    assert mean == pytest.approx(within.mean(), abs=0.0501)
    assert deviation == pytest.approx(within.std(), abs=0.0501)
    assert (least, most) == (within.min(), within.max())
    assert size == pytest.approx(area, abs=0.0501)
    assert "HU" in _labels(page)
    assert heard == []


def test_a_length_is_the_spacing_times_the_pixels(ct: Place, desktop: BrowserContext) -> None:
    page = _open(desktop, ct)
    _measure(page, "l")
    _drag(page, (-150, -100), (80, -140))
    (note,) = _notes(page)
    (a, b) = note["points"]
    row_mm, column_mm = (float(part) for part in _slice(ct, note["on"]["instance"]).PixelSpacing)
    length = np.hypot((b["column"] - a["column"]) * column_mm, (b["row"] - a["row"]) * row_mm)
    assert _numbers(_labels(page)) == [pytest.approx(length, abs=0.0501)]
    assert _labels(page).endswith(" mm")
    # Turned, mirrored and enlarged, the line and what it says stay the same.
    said = _labels(page)
    left, top, right, bottom = _letters(page)
    for key in ("+", "r", "h"):
        page.keyboard.press(key)
    _expect_letters(page, top, left, bottom, right)
    assert _labels(page) == said
    assert _notes(page) == [note]


_SIDES = ("left", "top", "right", "bottom")


def _letters(page: Page) -> list[str]:
    return [page.get_by_test_id(f"edge-{side}").inner_text() for side in _SIDES]


def _expect_letters(page: Page, *wanted: str) -> None:
    for side, letter in zip(_SIDES, wanted, strict=True):
        expect(page.get_by_test_id(f"edge-{side}")).to_have_text(letter)


def test_turning_moves_the_letters(ct: Place, desktop: BrowserContext) -> None:
    page = _open(desktop, ct)
    left, top, right, bottom = _letters(page)
    page.keyboard.press("r")
    _expect_letters(page, bottom, left, top, right)
    page.keyboard.press("Shift+R")
    page.keyboard.press("h")
    _expect_letters(page, right, top, left, bottom)
    page.keyboard.press("v")
    _expect_letters(page, right, bottom, left, top)
    page.keyboard.press("o")
    _expect_letters(page, left, top, right, bottom)


def _central(page: Page) -> np.ndarray:
    """The middle of the picture as it is on the screen, which no words lie over."""
    page.wait_for_timeout(500)
    x, y = _middle(page)
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
    page = _open(desktop, ct)
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-renderer", "2d" if plain else "webgl2")
    x, y = _middle(page)
    page.mouse.move(x, y + 500)
    upright = _central(page)
    for key, changed in (("r", np.rot90(upright, -1)), ("h", np.fliplr(np.rot90(upright, -1)))):
        page.keyboard.press(key)
        # Half a pixel of the screen may lie between the two; edges of bone differ by that.
        assert np.median(np.abs(_central(page) - changed)) <= 2
    assert np.median(np.abs(_central(page) - upright)) > 5


def test_by_keys_alone(ct: Place, desktop: BrowserContext) -> None:
    page = _open(desktop, ct)
    _measure(page, "l")
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
    before = _labels(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("mark-length")).to_have_count(0)
    assert _notes(page) == []
    assert before != ""
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("measure-bar")).to_have_count(0)


def test_by_finger_with_what_lies_under_it_shown_above(ct: Place, phone: BrowserContext) -> None:
    page = _open(phone, ct)
    heard = _heard(page)
    page.get_by_test_id("tool-measure").tap()
    expect(page.get_by_test_id("measure-bar")).to_be_visible()
    _touch_drag(page, (-100, -60), (60, 10), loupe=True)
    expect(page.get_by_test_id("loupe")).to_have_count(0)
    expect(page.get_by_test_id("mark-length")).to_have_count(1)
    (before,) = _notes(page)
    # A finger that lands beside an end takes hold of it.
    _touch_drag(page, (66, 22), (76, 92))
    (after,) = _notes(page)
    assert after["points"][0] == before["points"][0]
    assert after["points"][1]["row"] > before["points"][1]["row"]
    page.get_by_test_id("measure-remove").tap()
    expect(page.get_by_test_id("mark-length")).to_have_count(0)
    page.get_by_test_id("measure-undo").tap()
    expect(page.get_by_test_id("mark-length")).to_have_count(1)
    assert heard == []


def test_words_at_an_arrow_stay_text(ct: Place, desktop: BrowserContext) -> None:
    page = _open(desktop, ct)
    heard = _heard(page)
    _measure(page, "t")
    _drag(page, (50, 0), (150, 90))
    page.keyboard.type("<img src=x onerror=alert(1)> here?")
    page.keyboard.press("Enter")
    assert _labels(page) == "<img src=x onerror=alert(1)> here?"
    assert heard == []
    expect(page.get_by_test_id("viewport")).to_be_focused()


def test_stars_and_measurements_are_listed_reached_kept_and_forgotten(ct: Place, desktop: BrowserContext) -> None:
    page = _open(desktop, ct)
    _measure(page, "l")
    _drag(page, (-150, -100), (80, -140))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("k")
    expect(page.get_by_test_id("star-mark")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full")
    expect(page.get_by_test_id("mark-length")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.get_by_test_id("note-measurement")).to_contain_text("mm")
    page.get_by_test_id("note-star").click()
    expect(page.get_by_test_id("slice")).to_have_text("1 / 28")
    expect(page.get_by_test_id("star-mark")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_test_id("star-mark")).to_have_count(0)
    # Whoever closes the pictures leaves nothing on a shared computer.
    page.locator(".banner-close").click()
    assert page.evaluate("() => Object.keys(sessionStorage)") == []


def test_a_saved_picture_has_the_pictures_size_and_its_values(
    ct: Place, desktop: BrowserContext, tmp_path: Path
) -> None:
    page = _open(desktop, ct)
    page.keyboard.press("r")
    _measure(page, "l")
    _drag(page, (-150, -100), (80, -140))
    saved = _save(page, tmp_path)
    (note,) = _notes(page)
    dataset = _slice(ct, note["on"]["instance"])
    assert saved.size == (dataset.Rows * 2, dataset.Columns * 2)
    grey = np.asarray(saved.convert("L")).astype(float)
    colours = np.asarray(saved.convert("RGB")).astype(int)
    assert (colours.max(axis=2) - colours.min(axis=2) > 60).any(), "the line is in the picture"
    # Turned back and halved, most of it is the slice at its own window.
    centre, width = (float(np.atleast_1d(part)[0]) for part in (dataset.WindowCenter, dataset.WindowWidth))
    values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    shades = np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1) * 255
    upright = np.rot90(grey.reshape(dataset.Columns, 2, dataset.Rows, 2).mean(axis=(1, 3)))
    assert np.median(np.abs(upright - shades)) < 3
    page.keyboard.press("j")
    page.get_by_test_id("with-name").check()
    named = _save(page, tmp_path, open_list=False)
    assert named.size[0] == saved.size[0]
    assert named.size[1] > saved.size[1]


def _save(page: Page, folder: Path, *, open_list: bool = True) -> Image.Image:
    if open_list:
        page.keyboard.press("j")
    with page.expect_download() as download:
        page.get_by_test_id("save-picture").click()
    assert download.value.suggested_filename == "picture.png"
    kept = folder / f"{len(list(folder.iterdir()))}.png"
    download.value.save_as(kept)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    return Image.open(io.BytesIO(kept.read_bytes()))


def test_a_picture_is_copied(ct: Place, desktop: BrowserContext) -> None:
    desktop.grant_permissions(["clipboard-read", "clipboard-write"], origin=ct.base)
    page = _open(desktop, ct)
    page.keyboard.press("j")
    page.get_by_test_id("copy-picture").click()
    expect(page.get_by_test_id("taking-said")).to_have_text("Copied.")
    kinds = page.evaluate("async () => (await navigator.clipboard.read())[0].types")
    assert kinds == ["image/png"]


def test_notes_are_kept_with_the_pictures_where_the_link_says_so(ct: Place, desktop: BrowserContext) -> None:
    page = _open(desktop, ct)
    _measure(page, "l")
    _drag(page, (-150, -100), (80, -140))
    page.keyboard.press("j")
    expect(page.get_by_test_id("save-picture")).to_be_visible()
    assert page.get_by_test_id("keep-notes").count() == 0
    page = _open(desktop, ct, "--may-annotate")
    _measure(page, "e")
    _drag(page, (-63, -41), (58, 77))
    page.keyboard.press("k")
    said = _labels(page)
    page.keyboard.press("j")
    page.get_by_test_id("keep-notes").click()
    expect(page.get_by_test_id("keep-said")).to_have_text("Kept with the pictures.")
    expect(page.get_by_test_id("keep-notes")).to_be_disabled()
    study = ct.app.archive.study_id(ct.imported["studies"][0])
    made = {series.modality: series for series in ct.app.archive.series_of(study) if series.modality in ("PR", "KO")}
    assert set(made) == {"PR", "KO"}
    (row,) = ct.app.archive.instances_of(made["PR"].id)
    original = ct.app.archive.original(row.id)
    assert original is not None
    with original.open() as file:
        state = pydicom.dcmread(file)
    (note,) = _notes(page)
    (a, b) = note["points"]
    (graphic,) = state.GraphicAnnotationSequence[0].GraphicObjectSequence
    columns, rows = graphic.GraphicData[0::2], graphic.GraphicData[1::2]
    assert (min(columns), max(columns)) == pytest.approx(sorted((a["column"], b["column"])), abs=1e-3)
    assert (min(rows), max(rows)) == pytest.approx(sorted((a["row"], b["row"])), abs=1e-3)
    words = state.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue
    assert words.splitlines() == said.splitlines()
    assert state.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID == (
        _slice(ct, note["on"]["instance"]).SOPInstanceUID
    )
