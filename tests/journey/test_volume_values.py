"""From three sides, values are those that pydicom reads, between slices and in slabs too, and lengths are right."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.journey.conftest import Place, serve_disc
from tests.journey.listening import heard_on
from tests.journey.oblique import COLUMN, GAP, ROW, SPACING, field
from tests.journey.three_sides import (
    SIDES,
    choose,
    drag_from,
    expect_complete,
    from_three_sides,
    opened,
    picture,
    slices,
    wait_until_drawn,
)
from tests.shared_data import SHARED, needs_shared

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def tilted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A head CT of slices that are tilted, and 4 mm thick below, 7 mm above."""
    assert SHARED is not None
    yield from serve_disc(SHARED / "neurolabusc__dcm_qa_ct", tmp_path_factory.mktemp("tilted"))


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


def _letters(page: Page, side: str) -> str:
    cell = page.get_by_test_id(f"plane-{side}")
    return "".join(
        str(cell.get_by_test_id(f"edge-{edge}").text_content()) for edge in ("left", "right", "top", "bottom")
    )


def _probe(page: Page, side: str, share: tuple[float, float]) -> tuple[int, int, float] | None:
    """Column, row and value under a point of a side's picture."""
    box = picture(page, side).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * share[0], box["y"] + box["height"] * share[1])
    wait_until_drawn(page)
    text = str(page.get_by_test_id(f"plane-{side}").get_by_test_id("probe").text_content()).replace("−", "-")
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", "", 0))
    return (int(numbers[0]), int(numbers[1]), float(numbers[2])) if len(numbers) == 3 else None


def _value(page: Page) -> float:
    seen = _probe(page, "axial", (0.52, 0.52))
    assert seen is not None
    return seen[2]


def _compare(page: Page, series: _Series, seed: int, points: int = 20) -> int:
    """Probes random points of every side against the files; gives how many lay in the volume."""
    random = np.random.default_rng(seed)
    compared = 0
    for side, (origin, steps) in _stacks(series).items():
        picture(page, side).click(position={"x": 5, "y": 5})
        tried = 0
        while tried < points:
            page.keyboard.press(str(random.choice(["PageDown", "PageUp", "ArrowDown", "ArrowUp"])))
            wait_until_drawn(page)
            expect(picture(page, side)).to_have_attribute("data-fidelity", "full")
            index = int(slices(page)[SIDES.index(side)].split("/")[0]) - 1
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
    page = opened(desktop, tilted)
    heard = heard_on(page)
    from_three_sides(page)
    assert [_letters(page, side) for side in SIDES] == ["RLAP", "RLHF", "APHF"]
    assert _compare(page, _Series(tilted.disc), seed=4) >= 40
    page.get_by_test_id("planes-notes").click()
    expect(page.get_by_test_id("planes-notes")).to_contain_text("tilt of 18.5°")
    expect(page.get_by_test_id("planes-notes")).to_contain_text("1.08 to 7 mm apart")
    assert heard == []


def test_values_of_an_oblique_volume_are_those_of_the_field(oblique: Place, desktop: BrowserContext) -> None:
    page = opened(desktop, oblique)
    choose(page, "OBLIQUE")
    from_three_sides(page)
    assert [_letters(page, side) for side in SIDES] == ["RLAP", "RLHF", "APHF"]
    series = _Series(oblique.disc / "oblique")
    point = series.positions[10] + series.row * 20 + series.column * 15
    assert series.at(point) == pytest.approx(float(field(point)), abs=0.6)
    assert _compare(page, series, seed=5) >= 40


def test_a_missing_slice_is_not_made_up(oblique: Place, desktop: BrowserContext) -> None:
    page = opened(desktop, oblique)
    choose(page, "ONE MISSING")
    page.get_by_test_id("three-sides").click()
    expect(page.get_by_test_id("three-sides-refused")).to_contain_text("uneven (3 to 6 mm)")
    expect(page.get_by_test_id("three-sides-refused")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("three-sides-refused")).to_have_count(0)
    expect(page.get_by_test_id("planes")).to_have_count(0)


def test_slabs_show_the_brightest_the_darkest_and_the_mean(oblique: Place, desktop: BrowserContext) -> None:
    page = opened(desktop, oblique)
    choose(page, "OBLIQUE")
    from_three_sides(page)
    thin = _value(page)
    # Along z the field grows by 1.5 a millimetre, and the planes of a slab lie as the slices do.
    page.keyboard.press("8")
    expect(page.get_by_test_id("slab-millimetres")).to_have_text("10 mm")
    expect_complete(page)
    step = float(np.cross(ROW, COLUMN)[2]) * GAP
    reach = 1.5 * step * int(5 / step)
    assert _value(page) == pytest.approx(thin + reach, abs=1.2)
    page.keyboard.press("8")
    expect_complete(page)
    assert _value(page) == pytest.approx(thin - reach, abs=1.2)
    page.keyboard.press("8")
    expect_complete(page)
    assert _value(page) == pytest.approx(thin, abs=1.2)
    for _ in range(8):
        page.keyboard.press(".")
    expect(page.get_by_test_id("slab-millimetres")).to_have_text("18 mm")
    page.keyboard.press("8")
    expect(page.get_by_test_id("slab-kind")).to_have_value("plane")
    expect_complete(page)
    assert _value(page) == thin
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("slab-kind")).to_have_value("mean")


def test_contrast_is_one_and_lengths_are_right(oblique: Place, desktop: BrowserContext) -> None:
    page = opened(desktop, oblique)
    choose(page, "OBLIQUE")
    from_three_sides(page)
    page.get_by_test_id("presets").select_option("bone")
    window = page.get_by_test_id("plane-axial").get_by_test_id("window")
    expect(window).to_contain_text("2000")
    for side in SIDES:
        expect(page.get_by_test_id(f"plane-{side}").get_by_test_id("window")).to_have_text(str(window.text_content()))
    # Fifty pixels of the axial picture are fifty times its spacing.
    picture(page, "axial").click(position={"x": 5, "y": 5})
    page.keyboard.press("l")
    expect(page.get_by_test_id("marks").first).to_be_attached()
    box = picture(page, "axial").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4
    page.mouse.move(x, y)
    start = _probe(page, "axial", (0.4, 0.4))
    end = _probe(page, "axial", (0.6, 0.6))
    assert start is not None
    assert end is not None
    drag_from(page, x, y, box["width"] * 0.2, box["height"] * 0.2)
    length = float(re.findall(r"[\d.]+", str(page.get_by_test_id("mark-label").first.text_content()))[0])
    pixel = SPACING * min(abs(ROW[0]), abs(COLUMN[1]))
    wanted = np.hypot(end[0] - start[0], end[1] - start[1]) * pixel
    assert length == pytest.approx(wanted, abs=pixel * 1.5)
    # The list leads back to the slice, and from there to pictures as they were taken.
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    index = slices(page)[0]
    page.keyboard.press("PageDown")
    page.keyboard.press("j")
    page.get_by_test_id("note-measurement").click()
    expect(page.get_by_test_id("plane-axial").get_by_test_id("slice")).to_have_text(index)
    expect(page.get_by_test_id("plane-coronal")).to_be_visible()
