"""Looking from three sides in a real browser: values are those that pydicom reads, between the slices too."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from tests.door.running import serving
from tests.factories.instances import Place as Where
from tests.factories.instances import image, stable_uid
from tests.journey.conftest import PLACE, Place, undisc
from tests.shared_data import SHARED, needs_shared

from undisc.app import build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey

_SIDES = ("axial", "coronal", "sagittal")


def _serve(disc: Path, data: Path) -> Iterator[Place]:
    imported = undisc("import", str(disc), "--json", data=data)
    assert imported.returncode == 0, imported.stderr
    app = build(Settings(data_dir=data, place_name=PLACE))
    with serving(build_web(app)) as base:
        yield Place(disc, data, base, app, json.loads(imported.stdout))
    app.close()


@pytest.fixture(scope="module")
def tilted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A head CT of slices that are tilted, and 4 mm thick below, 7 mm above."""
    assert SHARED is not None
    yield from _serve(SHARED / "neurolabusc__dcm_qa_ct", tmp_path_factory.mktemp("tilted"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An oblique volume of a known field, a series with a slice missing, and one in colour."""
    disc = tmp_path_factory.mktemp("disc")
    _write_oblique(disc / "oblique")
    _write_oblique(disc / "gap", series=2, missing=7)
    yield from _serve(disc, tmp_path_factory.mktemp("made"))


_TURN, _TIP = 0.4, 0.25
_ROW = np.array([np.cos(_TURN), np.sin(_TURN), 0.0])
_COLUMN = np.array([-np.sin(_TURN) * np.cos(_TIP), np.cos(_TURN) * np.cos(_TIP), np.sin(_TIP)])
_GAP, _SPACING = 3.0, 1.25


def _field(point: np.ndarray) -> np.ndarray:
    """Hounsfield units that run in a straight line through the patient, so that interpolating them is exact."""
    return 200 + point @ np.array([3.0, -2.0, 1.5])


def _write_oblique(folder: Path, *, series: int = 1, missing: int | None = None) -> None:
    folder.mkdir(parents=True)
    normal = np.cross(_ROW, _COLUMN)
    columns, rows = np.meshgrid(np.arange(64), np.arange(64))
    for number in range(1, 25):
        if number == missing:
            continue
        first = np.array([-40.0, -40.0, -36.0]) + normal * _GAP * number
        at = first + (columns[..., None] * _ROW + rows[..., None] * _COLUMN) * _SPACING
        dataset = image(place=Where(series=series, slice=number, slices=24), modality="CT", rows=64, columns=64)
        dataset.ImagePositionPatient = [f"{value:.5f}" for value in first]
        dataset.ImageOrientationPatient = [f"{value:.7f}" for value in (*_ROW, *_COLUMN)]
        dataset.PixelSpacing = [_SPACING, _SPACING]
        dataset.SliceThickness = dataset.SpacingBetweenSlices = _GAP
        dataset.FrameOfReferenceUID = stable_uid("volume", series)
        dataset.SeriesDescription = "OBLIQUE" if missing is None else "ONE MISSING"
        dataset.PixelData = np.round(_field(at) + 1024).astype("<u2").tobytes()
        dataset.save_as(folder / f"{number:02d}.dcm", enforce_file_format=True)


@pytest.fixture
def desktop(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    # Three sides belong to the clinical view, and what is held in the hand starts with the simple one.
    context.add_init_script("localStorage.setItem('undisc view', 'clinical')")
    yield context
    context.close()


def _opened(context: BrowserContext, place: Place) -> Page:
    page = context.new_page()
    page.goto(place.share("--no-passcode")["here"])
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=20_000)
    return page


def _from_three_sides(page: Page) -> None:
    button = page.get_by_test_id("three-sides")
    if not button.is_visible():
        page.get_by_test_id("more").click()
    button.click()
    _complete(page)


def _complete(page: Page) -> None:
    for side in _SIDES:
        expect(_picture(page, side)).to_have_attribute("data-fidelity", "full", timeout=30_000)


def _picture(page: Page, side: str) -> Locator:
    return page.locator(f'[data-testid="plane-{side}"] .viewport')


def _slices(page: Page) -> list[str]:
    return [str(page.get_by_test_id(f"plane-{side}").get_by_test_id("slice").text_content()) for side in _SIDES]


def _letters(page: Page, side: str) -> str:
    cell = page.get_by_test_id(f"plane-{side}")
    return "".join(
        str(cell.get_by_test_id(f"edge-{edge}").text_content()) for edge in ("left", "right", "top", "bottom")
    )


def _heard(page: Page) -> list[str]:
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if "Content Security Policy" in line.text else None)
    return heard


class _Series:
    """A series' values as pydicom reads them, at any point of the patient."""

    def __init__(self, folder: Path) -> None:
        datasets = [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]
        orientation = np.array(datasets[0].ImageOrientationPatient, dtype=float)
        self.row, self.column = orientation[:3], orientation[3:]
        self.normal = np.cross(self.row, self.column)
        datasets.sort(key=lambda one: float(np.array(one.ImagePositionPatient, dtype=float) @ self.normal))
        self.positions = np.array([one.ImagePositionPatient for one in datasets], dtype=float)
        self.spacing = np.array(datasets[0].PixelSpacing, dtype=float)
        self.values = np.stack(
            [one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in datasets]
        )
        self.padding = float(datasets[0].get("PixelPaddingValue", np.nan)) * float(datasets[0].RescaleSlope) + float(
            datasets[0].RescaleIntercept
        )

    def at(self, point: np.ndarray) -> float | None:
        """Between two slices along the line from one's first pixel to the other's; None outside, or beside padding."""
        along = self.positions @ self.normal
        # A point lies on the sheared plane through it, whose place along the stack is that of its own height.
        height = float(point @ self.normal)
        below = int(np.searchsorted(along, height, side="right")) - 1
        if below < 0 or below >= len(along) - 1:
            return None
        part = (height - along[below]) / (along[below + 1] - along[below])
        first = self.positions[below] * (1 - part) + self.positions[below + 1] * part
        column, row = (point - first) @ self.row / self.spacing[1], (point - first) @ self.column / self.spacing[0]
        i, j = int(np.floor(column)), int(np.floor(row))
        rows, columns = self.values.shape[1:]
        if not (0 <= i < columns - 1 and 0 <= j < rows - 1):
            return None
        corners = self.values[below : below + 2, j : j + 2, i : i + 2]
        if (corners == self.padding).any():
            return None
        u, v = column - i, row - j
        weights = np.array([[(1 - u) * (1 - v), u * (1 - v)], [(1 - u) * v, u * v]])
        return float((corners[0] * weights).sum() * (1 - part) + (corners[1] * weights).sum() * part)


def _drawn(page: Page) -> None:
    """Waits until what has just been done is on the screen."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def _probe(page: Page, side: str, share: tuple[float, float]) -> tuple[int, int, float] | None:
    """Column, row and value under a point of a side's picture."""
    box = _picture(page, side).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * share[0], box["y"] + box["height"] * share[1])
    _drawn(page)
    text = str(page.get_by_test_id(f"plane-{side}").get_by_test_id("probe").text_content()).replace("−", "-")
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", "", 0))
    return (int(numbers[0]), int(numbers[1]), float(numbers[2])) if len(numbers) == 3 else None


def _stacks(series: _Series) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of each side: its first pixel's middle, and the millimetres to the next column, row and slice, as (3, 3) rows.

    Pixels are as far apart as the closer of the two kinds of voxel that lie in the picture; slices as far as the voxels
    across it, or, where these lie unevenly, as the closest quarter of them.
    """
    rows, columns = series.values.shape[1:]
    corners = np.array(
        [
            position + series.row * series.spacing[1] * i + series.column * series.spacing[0] * j
            for position in (series.positions[0], series.positions[-1])
            for i in (0, columns - 1)
            for j in (0, rows - 1)
        ]
    )
    least, most = corners.min(axis=0), corners.max(axis=0)
    along = series.positions @ series.normal
    gaps = np.sort(np.diff(along))
    line = (series.positions[-1] - series.positions[0]) / (along[-1] - along[0])
    steps = (series.row * series.spacing[1], series.column * series.spacing[0], line * gaps[len(gaps) // 4])
    x, y, z = (abs(float(steps[axis][axis])) for axis in range(3))
    axes = np.eye(3)
    return {
        "axial": (
            np.array([least[0], least[1], most[2]]),
            np.array([axes[0] * min(x, y), axes[1] * min(x, y), -axes[2] * z]),
        ),
        "coronal": (
            np.array([least[0], least[1], most[2]]),
            np.array([axes[0] * min(x, z), -axes[2] * min(x, z), axes[1] * y]),
        ),
        "sagittal": (
            np.array([least[0], least[1], most[2]]),
            np.array([axes[1] * min(y, z), -axes[2] * min(y, z), axes[0] * x]),
        ),
    }


def _compare(page: Page, series: _Series, seed: int, points: int = 20) -> int:
    """Probes random points of every side against the files; gives how many lay in the volume."""
    random = np.random.default_rng(seed)
    compared = 0
    for side, (origin, steps) in _stacks(series).items():
        _picture(page, side).click(position={"x": 5, "y": 5})
        tried = 0
        while tried < points:
            page.keyboard.press(str(random.choice(["PageDown", "PageUp", "ArrowDown", "ArrowUp"])))
            _drawn(page)
            expect(_picture(page, side)).to_have_attribute("data-fidelity", "full")
            index = int(_slices(page)[_SIDES.index(side)].split("/")[0]) - 1
            for share in random.uniform(0.25, 0.75, (4, 2)):
                tried += 1
                seen = _probe(page, side, (float(share[0]), float(share[1])))
                if seen is None:
                    continue
                column, row, value = seen
                wanted = series.at(origin + np.array([column, row, index]) @ steps)
                if wanted is not None:
                    assert value == pytest.approx(wanted, abs=0.6), f"{side} {index}: column {column}, row {row}"
                    compared += 1
    return compared


@needs_shared
def test_values_of_a_tilted_head_are_those_of_its_files(tilted: Place, desktop: BrowserContext) -> None:
    page = _opened(desktop, tilted)
    heard = _heard(page)
    _from_three_sides(page)
    assert [_letters(page, side) for side in _SIDES] == ["RLAP", "RLHF", "APHF"]
    assert _compare(page, _Series(tilted.disc), seed=4) >= 40
    page.get_by_test_id("planes-notes").click()
    expect(page.get_by_test_id("planes-notes")).to_contain_text("tilt of 18.5°")
    expect(page.get_by_test_id("planes-notes")).to_contain_text("1.08 to 7 mm apart")
    assert heard == []


def test_values_of_an_oblique_volume_are_those_of_the_field(made: Place, desktop: BrowserContext) -> None:
    page = _opened(desktop, made)
    _choose(page, "OBLIQUE")
    _from_three_sides(page)
    assert [_letters(page, side) for side in _SIDES] == ["RLAP", "RLHF", "APHF"]
    series = _Series(made.disc / "oblique")
    point = series.positions[10] + series.row * 20 + series.column * 15
    assert series.at(point) == pytest.approx(float(_field(point)), abs=0.6)
    assert _compare(page, series, seed=5) >= 40


def _choose(page: Page, title: str) -> None:
    page.locator(".series", has_text=title).first.click()
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=20_000)


def test_a_missing_slice_is_not_made_up(made: Place, desktop: BrowserContext) -> None:
    page = _opened(desktop, made)
    _choose(page, "ONE MISSING")
    page.get_by_test_id("three-sides").click()
    expect(page.get_by_test_id("three-sides-refused")).to_contain_text("uneven (3 to 6 mm)")
    expect(page.get_by_test_id("three-sides-refused")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("three-sides-refused")).to_have_count(0)
    expect(page.get_by_test_id("planes")).to_have_count(0)


def test_lines_are_dragged_and_keys_do_the_same(made: Place, desktop: BrowserContext) -> None:
    page = _opened(desktop, made)
    _choose(page, "OBLIQUE")
    heard = _heard(page)
    page.keyboard.press("7")
    _complete(page)
    before = _slices(page)
    # The meeting of the lines in the axial picture moves the other two, and not the axial one.
    _drag(page, page.get_by_test_id("plane-axial").get_by_test_id("meeting"), 60, 45)
    moved = _slices(page)
    assert moved[0] == before[0]
    assert moved[1] != before[1]
    assert moved[2] != before[2]
    # A line moves its own plane alone; it is taken away from the meeting.
    line = page.get_by_test_id("plane-axial").get_by_test_id("line-coronal").bounding_box()
    assert line is not None
    _drag_from(page, line["x"] + line["width"] * 0.1, line["y"] + line["height"] / 2, 0, 40)
    after = _slices(page)
    assert (after[0], after[2]) == (moved[0], moved[2])
    assert after[1] != moved[1]
    # Pinpoint, then arrows: both planes follow by keys.
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    _drawn(page)
    assert _slices(page)[1:] != after[1:]
    page.keyboard.press("s")
    # The wheel goes through the slices of the cell under it, over the lines as well.
    axial = _slices(page)[0]
    box = page.get_by_test_id("plane-axial").get_by_test_id("meeting").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(50)
    _drawn(page)
    assert _slices(page)[0] != axial
    assert heard == []


def _drag(page: Page, what: Locator, right: float, down: float) -> None:
    box = what.bounding_box()
    assert box is not None
    _drag_from(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, right, down)


def _drag_from(page: Page, x: float, y: float, right: float, down: float) -> None:
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2)
    page.mouse.move(x + right, y + down)
    page.mouse.up()
    _drawn(page)


def test_slabs_show_the_brightest_the_darkest_and_the_mean(made: Place, desktop: BrowserContext) -> None:
    page = _opened(desktop, made)
    _choose(page, "OBLIQUE")
    _from_three_sides(page)
    thin = _value(page)
    # Along z the field grows by 1.5 a millimetre, and the planes of a slab lie as the slices do.
    page.keyboard.press("8")
    expect(page.get_by_test_id("slab-millimetres")).to_have_text("10 mm")
    _complete(page)
    step = float(np.cross(_ROW, _COLUMN)[2]) * _GAP
    reach = 1.5 * step * int(5 / step)
    assert _value(page) == pytest.approx(thin + reach, abs=1.2)
    page.keyboard.press("8")
    _complete(page)
    assert _value(page) == pytest.approx(thin - reach, abs=1.2)
    page.keyboard.press("8")
    _complete(page)
    assert _value(page) == pytest.approx(thin, abs=1.2)
    for _ in range(8):
        page.keyboard.press(".")
    expect(page.get_by_test_id("slab-millimetres")).to_have_text("18 mm")
    page.keyboard.press("8")
    expect(page.get_by_test_id("slab-kind")).to_have_value("plane")
    _complete(page)
    assert _value(page) == thin
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("slab-kind")).to_have_value("mean")


def _value(page: Page) -> float:
    seen = _probe(page, "axial", (0.52, 0.52))
    assert seen is not None
    return seen[2]


def test_contrast_is_one_and_lengths_are_right(made: Place, desktop: BrowserContext) -> None:
    page = _opened(desktop, made)
    _choose(page, "OBLIQUE")
    _from_three_sides(page)
    page.get_by_test_id("presets").select_option("bone")
    windows = {page.get_by_test_id(f"plane-{side}").get_by_test_id("window").text_content() for side in _SIDES}
    assert len(windows) == 1
    # Fifty pixels of the axial picture are fifty times its spacing.
    _picture(page, "axial").click(position={"x": 5, "y": 5})
    page.keyboard.press("l")
    expect(page.get_by_test_id("marks").first).to_be_attached()
    box = _picture(page, "axial").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4
    page.mouse.move(x, y)
    start = _probe(page, "axial", (0.4, 0.4))
    end = _probe(page, "axial", (0.6, 0.6))
    assert start is not None
    assert end is not None
    _drag_from(page, x, y, box["width"] * 0.2, box["height"] * 0.2)
    length = float(re.findall(r"[\d.]+", str(page.get_by_test_id("mark-label").first.text_content()))[0])
    pixel = _SPACING * min(abs(_ROW[0]), abs(_COLUMN[1]))
    wanted = np.hypot(end[0] - start[0], end[1] - start[1]) * pixel
    assert length == pytest.approx(wanted, abs=pixel * 1.5)
    # The list leads back to the slice, and from there to pictures as they were taken.
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    index = _slices(page)[0]
    page.keyboard.press("PageDown")
    page.keyboard.press("j")
    page.get_by_test_id("note-measurement").click()
    expect(page.get_by_test_id("plane-axial").get_by_test_id("slice")).to_have_text(index)
    expect(page.get_by_test_id("plane-coronal")).to_be_visible()


def test_a_finger_opens_moves_enlarges_and_goes_back(made: Place, phone: BrowserContext) -> None:
    page = _opened(phone, made)
    heard = _heard(page)
    page.locator(".series", has_text="OBLIQUE").first.tap()
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=20_000)
    page.get_by_test_id("more").tap()
    page.get_by_test_id("three-sides").tap()
    _complete(page)
    page.get_by_test_id("enlarge-sagittal").tap()
    expect(page.get_by_test_id("plane-sagittal")).to_have_attribute("data-size", "large")
    expect(page.get_by_test_id("plane-axial")).to_have_attribute("data-size", "small")
    before = _slices(page)
    meeting = page.get_by_test_id("plane-sagittal").get_by_test_id("meeting").bounding_box()
    assert meeting is not None
    session = phone.new_cdp_session(page)
    x, y = meeting["x"] + meeting["width"] / 2, meeting["y"] + meeting["height"] / 2
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 6):
        at = [{"x": x + 8 * part, "y": y - 8 * part}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    _drawn(page)
    after = _slices(page)
    assert after[2] == before[2]
    assert after[:2] != before[:2]
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390
    page.get_by_test_id("planes-close").tap()
    expect(page.get_by_test_id("planes")).to_have_count(0)
    expect(page.locator(".viewport")).to_have_count(1)
    assert heard == []


def test_undo_closes_and_redo_opens_again(made: Place, desktop: BrowserContext) -> None:
    page = _opened(desktop, made)
    _choose(page, "OBLIQUE")
    _from_three_sides(page)
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("planes")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    _complete(page)
    # Another series from the list ends it.
    page.locator(".series", has_text="ONE MISSING").first.click()
    expect(page.get_by_test_id("planes")).to_have_count(0)
