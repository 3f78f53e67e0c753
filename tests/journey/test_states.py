"""Pictures are shown in the colours and shades that presentation states give them, with what these cover and draw; what
reports mark is drawn on the pictures that they mean, and goes along into a saved one."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID
from tests.door.running import serving
from tests.factories.documents import measured, report, section
from tests.factories.instances import ADA, Place, image, stable_uid

from undisc.app import build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey

_STORAGE = "1.2.840.10008.5.1.4.1.1.11."
_SIDE = 128
_INK = (255, 216, 77)
_WITHOUT_WEBGL = """
  const get = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind === "webgl2" ? null : get.call(this, kind, ...more);
  };
"""


def _ramp() -> FileDataset:
    """Values from 0 at the left to 254 at the right, as shown from black to white."""
    made = image(ADA, Place(slice=1, slices=1), rows=_SIDE, columns=_SIDE)
    made.PixelData = np.tile(np.arange(_SIDE, dtype="<u2") * 2, (_SIDE, 1)).tobytes()
    made.WindowCenter, made.WindowWidth = "128", "256"
    return made


def _state(picture: Dataset, number: int, name: str, kind: str = "1") -> FileDataset:
    made = image(ADA, Place(series=2), rows=8, columns=8)
    for keyword in ("PixelData", "Rows", "Columns", "WindowCenter", "WindowWidth", "PhotometricInterpretation"):
        delattr(made, keyword)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = UID(_STORAGE + kind)
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = stable_uid("state", number)
    made.Modality, made.ContentLabel, made.ContentDescription = "PR", "STATE", name
    reference, series = Dataset(), Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = picture.SOPClassUID, picture.SOPInstanceUID
    series.SeriesInstanceUID, series.ReferencedImageSequence = picture.SeriesInstanceUID, [reference]
    made.ReferencedSeriesSequence = [series]
    voi = Dataset()
    voi.WindowCenter, voi.WindowWidth = "128", "256"
    made.SoftcopyVOILUTSequence = [voi]
    return made


def _in_colour(picture: Dataset) -> FileDataset:
    made = _state(picture, 1, "In colour", "3")
    red, green, blue = np.arange(256), 255 - np.arange(256), np.full(256, 64)
    for name, channel in (("Red", red), ("Green", green), ("Blue", blue)):
        made.add_new(f"{name}PaletteColorLookupTableDescriptor", "US", [256, 0, 8])
        made.add_new(f"{name}PaletteColorLookupTableData", "OW", channel.astype("u1").tobytes())
    return made


def _turned_over(picture: Dataset) -> FileDataset:
    """White below, black above by a presentation LUT; the left quarter covered in white, a bar of the state's own."""
    made = _state(picture, 2, "Turned over")
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [256, 0, 8])
    table.add_new("LUTData", "OW", np.arange(255, -1, -1, dtype="<u2").tobytes())
    made.PresentationLUTSequence = [table]
    made.ShutterShape, made.ShutterOverlayGroup, made.ShutterPresentationValue = "BITMAP", 0x6002, 0xFFFF
    covered, bar = np.zeros((_SIDE, _SIDE), "u1"), np.zeros((_SIDE, _SIDE), "u1")
    covered[:, : _SIDE // 4] = 1
    bar[100:108, 64:96] = 1
    for group, bits, layer in ((0x6000, bar, "LINES"), (0x6002, covered, "")):
        packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
        elements = [(0x0010, "US", _SIDE), (0x0011, "US", _SIDE), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1])]
        elements += [(0x0100, "US", 1), (0x0102, "US", 0), (0x3000, "OW", packed)]
        for element, vr, value in elements + ([(0x1001, "CS", layer)] if layer else []):
            made.add_new((group, element), vr, value)
    return made


def _findings(picture: Dataset) -> FileDataset:
    """A report that measured a circle on the picture."""
    selected, mark = Dataset(), Dataset()
    selected.RelationshipType, selected.ValueType = "SELECTED FROM", "IMAGE"
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = picture.SOPClassUID, picture.SOPInstanceUID
    selected.ReferencedSOPSequence = [reference]
    mark.RelationshipType, mark.ValueType, mark.GraphicType = "INFERRED FROM", "SCOORD", "CIRCLE"
    mark.GraphicData, mark.ContentSequence = [64.0, 40.0, 64.0, 56.0], [selected]
    return report(9, "Measurements", section("Nodule", measured("Diameter", "32", "mm", children=[mark])))


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("states")
    (folder / "disc").mkdir()
    picture = _ramp()
    made = (picture, _in_colour(picture), _turned_over(picture), _findings(picture))
    for number, dataset in enumerate(made):
        dataset.save_as(folder / "disc" / f"{number}.dcm", enforce_file_format=True)
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([folder / "disc"])
    shared = app.sharing.create_link([app.archive.studies()[0].id], passcode=None)
    with serving(build_web(app)) as base:
        yield f"{base}/s/{shared.link.id}#{shared.secret}"
    app.close()


def _opened(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full")
    expect(page.get_by_test_id("presets").locator("option", has_text="As it was left")).to_have_count(2)
    return page


class _Shot:
    """What the screen shows of the picture, which fills the viewport from top to bottom."""

    def __init__(self, page: Page) -> None:
        viewport = page.get_by_test_id("viewport")
        self._shot = np.asarray(Image.open(io.BytesIO(viewport.screenshot())).convert("RGB")).astype(int)
        self._scale = min(self._shot.shape[:2]) / _SIDE

    def off(self, columns: list[float], row: float, expected: object) -> int:
        """How far the colours at places of the picture are from those expected."""
        height, width = self._shot.shape[:2]
        left, top = (width - _SIDE * self._scale) / 2, (height - _SIDE * self._scale) / 2
        found = [self._shot[round(top + row * self._scale), round(left + at * self._scale)] for at in columns]
        return int(np.abs(np.array(found) - expected).max())


def _show(page: Page, name: str) -> None:
    page.get_by_test_id("presets").select_option(label=name)
    page.wait_for_timeout(200)


@pytest.mark.parametrize("renderer", ["webgl2", "2d"])
def test_a_state_colours_shades_covers_and_draws_as_it_says(desktop: BrowserContext, link: str, renderer: str) -> None:
    if renderer == "2d":
        desktop.add_init_script(_WITHOUT_WEBGL)
    page = _opened(desktop, link)
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-renderer", renderer)
    places = [40.5, 64.5, 90.5, 110.5]
    greys = [2 * int(each) for each in places]
    _show(page, "As it was left: In colour")
    assert _Shot(page).off(places, 80.5, [(grey, 255 - grey, 64) for grey in greys]) <= 2
    _show(page, "As it was left: Turned over")
    shot = _Shot(page)
    assert shot.off(places, 80.5, [(255 - grey,) * 3 for grey in greys]) <= 2
    assert shot.off([18.5, 28.5], 80.5, 255) == 0, "covered in white"
    assert shot.off([70.5, 90.5], 104.5, _INK) <= 2, "its own overlay"
    _show(page, "As taken")
    assert _Shot(page).off(places, 80.5, [(grey,) * 3 for grey in greys]) <= 2


def test_what_a_report_marks_is_drawn_can_be_hidden_and_is_saved_along(
    desktop: BrowserContext, link: str, tmp_path: Path
) -> None:
    page = _opened(desktop, link)
    viewport = page.get_by_test_id("viewport")
    expect(viewport).to_have_attribute("data-graphics", "drawn")
    # The circle around column 64, row 40, 16 wide.
    assert _Shot(page).off([80], 40, _INK) <= 60
    viewport.focus()
    page.keyboard.press("j")
    with page.expect_download() as download:
        page.get_by_test_id("save-picture").click()
    download.value.save_as(tmp_path / "saved.png")
    saved = np.asarray(Image.open(tmp_path / "saved.png").convert("RGB")).astype(int)
    scale = saved.shape[1] / _SIDE
    at = saved[round(40 * scale), round(80 * scale) - 6 : round(80 * scale) + 7]
    assert (np.abs(at - _INK).max(axis=1) < 60).any(), "the circle is in the saved picture"
    page.keyboard.press("Escape")
    page.get_by_test_id("drawings").click()
    expect(viewport).to_have_attribute("data-graphics", "")
    page.wait_for_timeout(200)
    assert _Shot(page).off([80.5], 40.5, 160) <= 4
    page.get_by_test_id("drawings").click()
    expect(viewport).to_have_attribute("data-graphics", "drawn")
    # In the simple view pictures are pictures.
    page.get_by_test_id("view-switch").click()
    expect(viewport).to_have_attribute("data-graphics", "")
