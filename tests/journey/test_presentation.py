"""What lies over pictures is seen and can be hidden, and pictures can be seen as somebody left them."""

import re
from collections.abc import Iterator

import imagecodecs
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID
from tests.door.running import serving
from tests.factories.instances import ADA, Place, image, stable_uid

from undisc.app import build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey

_GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
_INK = (255, 216, 77)


def _with_overlay(place: Place) -> FileDataset:
    picture = image(ADA, place, rows=128, columns=128)
    bits = np.zeros((128, 128), "u1")
    bits[20:24, 30:90] = 1
    for element, vr, value in (
        (0x0010, "US", 128),
        (0x0011, "US", 128),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(bits.reshape(-1), bitorder="little").tobytes()),
    ):
        picture.add_new((0x6000, element), vr, value)
    return picture


def _state(about: list[FileDataset]) -> FileDataset:
    """Of the first picture alone: a narrow window, turned to the right, a ring, and a word beside it."""
    state = image(ADA, Place(series=2), rows=8, columns=8)
    for keyword in ("PixelData", "Rows", "Columns", "WindowCenter", "WindowWidth", "PhotometricInterpretation"):
        delattr(state, keyword)
    state.SOPClassUID = state.file_meta.MediaStorageSOPClassUID = UID(_GSPS)
    state.SOPInstanceUID = state.file_meta.MediaStorageSOPInstanceUID = stable_uid("a presentation state")
    state.Modality, state.ContentLabel, state.ContentDescription = "PR", "FINDING", "Ring at the top"
    images = []
    for picture in about:
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = (
            picture.SOPClassUID,
            picture.SOPInstanceUID,
        )
        images.append(reference)
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = about[0].SeriesInstanceUID, images
    state.ReferencedSeriesSequence = [series]
    voi = Dataset()
    voi.WindowCenter, voi.WindowWidth = "300", "101"
    state.SoftcopyVOILUTSequence = [voi]
    state.PresentationLUTShape = "IDENTITY"
    state.ImageRotation, state.ImageHorizontalFlip = 90, "N"
    ring, words, annotation = Dataset(), Dataset(), Dataset()
    ring.GraphicAnnotationUnits, ring.GraphicDimensions, ring.NumberOfGraphicPoints = "PIXEL", 2, 2
    ring.GraphicData, ring.GraphicType, ring.GraphicFilled = [64.0, 40.0, 64.0, 50.0], "CIRCLE", "N"
    words.AnchorPointAnnotationUnits, words.UnformattedTextValue = "PIXEL", "see here <b>now</b>"
    words.AnchorPoint, words.AnchorPointVisibility = [64.0, 60.0], "N"
    annotation.GraphicLayer = "MARKS"
    annotation.GraphicObjectSequence, annotation.TextObjectSequence = [ring], [words]
    state.GraphicAnnotationSequence = [annotation]
    return state


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("presentation")
    (folder / "disc").mkdir()
    pictures = [_with_overlay(Place(slice=number, slices=2)) for number in (1, 2)]
    # The state lies first, so that it is kept before what it is about.
    for number, dataset in enumerate((_state(pictures[:1]), *pictures)):
        dataset.save_as(folder / "disc" / f"{number}.dcm", enforce_file_format=True)
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([folder / "disc"])
    made = app.sharing.create_link([app.archive.studies()[0].id], passcode=None)
    with serving(build_web(app)) as base:
        yield f"{base}/s/{made.link.id}#{made.secret}"
    app.close()


def _opened(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_test_id("viewport").first).to_have_attribute("data-fidelity", "full")
    to_clinical = page.get_by_role("button", name="For doctors")
    if to_clinical.count():
        to_clinical.click()
    page.get_by_test_id("viewport").first.focus()
    return page


def _ink(page: Page) -> int:
    """How many pixels of the viewport are of the colour that marks are drawn in."""
    shot = imagecodecs.png_decode(page.get_by_test_id("viewport").first.screenshot())[:, :, :3].astype(int)
    return int((np.abs(shot - _INK).max(axis=2) < 24).sum())


def test_marks_in_a_picture_are_seen_and_can_be_hidden(link: str, context: BrowserContext) -> None:
    page = _opened(context, link)
    expect(page.get_by_test_id("viewport").first).to_have_attribute("data-graphics", "drawn")
    assert _ink(page) > 100
    page.keyboard.press("Shift+O")
    expect(page.get_by_test_id("viewport").first).to_have_attribute("data-graphics", "")
    assert _ink(page) == 0
    page.keyboard.press("Shift+O")
    expect(page.get_by_test_id("viewport").first).to_have_attribute("data-graphics", "drawn")


def test_a_picture_is_seen_as_it_was_left_and_as_it_was_taken_again(link: str, context: BrowserContext) -> None:
    page = _opened(context, link)
    viewport = page.get_by_test_id("viewport").first
    page.keyboard.press("Home")
    if page.get_by_test_id("tool-contrast").is_visible():
        page.get_by_test_id("tool-contrast").click()  # phones show what belongs to the chosen tool
    menu = page.get_by_test_id("presets")
    expect(menu.locator("option", has_text="As it was left: Ring at the top")).to_have_count(1)
    before = _ink(page)
    menu.select_option(label="As it was left: Ring at the top")
    expect(page.get_by_test_id("window").first).to_have_text(re.compile(r"C 300 · W 101"))
    expect(viewport).to_have_attribute("data-graphics", "drawn")
    assert _ink(page) > before  # the ring and the words are there beside the overlay
    page.keyboard.press("End")  # the state is about the first picture alone
    expect(menu.locator("option", has_text="As it was left")).to_have_count(0)
    expect(page.get_by_test_id("window").first).to_have_text(re.compile(r"C 500 · W 1[,\u202f ]?000"))
    page.keyboard.press("Home")
    menu.select_option("as-taken")
    expect(page.get_by_test_id("window").first).to_have_text(re.compile(r"C 500 · W 1[,\u202f ]?000"))
    assert page.locator(".viewport b").count() == 0
