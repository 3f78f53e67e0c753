"""Stars and measurements are listed, kept in the tab, saved or copied with a picture, and kept with the pictures."""

import io
import re
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from tests.journey.conftest import Place
from tests.journey.measuring import drag, labels, measure, notes_kept, open_ct, slice_on_disc
from tests.shared_data import needs_shared

pytestmark = [pytest.mark.journey, needs_shared]


def test_stars_and_measurements_are_listed_reached_kept_and_forgotten(ct: Place, desktop: BrowserContext) -> None:
    page = open_ct(desktop, ct)
    measure(page, "l")
    drag(page, (-150, -100), (80, -140))
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
    page = open_ct(desktop, ct)
    page.keyboard.press("r")
    measure(page, "l")
    drag(page, (-150, -100), (80, -140))
    saved = _save(page, tmp_path)
    (note,) = notes_kept(page)
    dataset = slice_on_disc(ct, note["on"]["instance"])
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
    page = open_ct(desktop, ct)
    page.keyboard.press("j")
    page.get_by_test_id("copy-picture").click()
    expect(page.get_by_test_id("taking-said")).to_have_text("Copied.")
    kinds = page.evaluate("async () => (await navigator.clipboard.read())[0].types")
    assert kinds == ["image/png"]


def test_notes_are_kept_with_the_pictures_where_the_link_says_so(ct: Place, desktop: BrowserContext) -> None:
    page = open_ct(desktop, ct)
    measure(page, "l")
    drag(page, (-150, -100), (80, -140))
    page.keyboard.press("j")
    expect(page.get_by_test_id("save-picture")).to_be_visible()
    assert page.get_by_test_id("keep-notes").count() == 0
    page = open_ct(desktop, ct, "--may-annotate")
    measure(page, "e")
    drag(page, (-63, -41), (58, 77))
    page.keyboard.press("k")
    said = labels(page)
    page.keyboard.press("j")
    page.get_by_test_id("keep-notes").click()
    expect(page.get_by_test_id("keep-said")).to_have_text("Kept with the pictures.")
    expect(page.get_by_test_id("keep-notes")).to_be_disabled()
    expect(page.get_by_test_id("notes-where")).to_contain_text("Kept with the pictures")
    study = ct.app.archive.study_id(ct.imported["studies"][0])
    made = {
        series.modality: series for series in ct.app.archive.series_of(study) if series.modality in ("PR", "KO", "SR")
    }
    assert set(made) == {"PR", "KO", "SR"}
    state, report = (_kept(ct, made[kind].id) for kind in ("PR", "SR"))
    (note,) = notes_kept(page)
    (a, b) = note["points"]
    (graphic,) = state.GraphicAnnotationSequence[0].GraphicObjectSequence
    columns, rows = graphic.GraphicData[0::2], graphic.GraphicData[1::2]
    assert (min(columns), max(columns)) == pytest.approx(sorted((a["column"], b["column"])), abs=1e-3)
    assert (min(rows), max(rows)) == pytest.approx(sorted((a["row"], b["row"])), abs=1e-3)
    words = state.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue
    assert words.splitlines() == said.splitlines()
    assert state.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID == (
        slice_on_disc(ct, note["on"]["instance"]).SOPInstanceUID
    )
    (group,) = report.ContentSequence[-1].ContentSequence
    told = {
        item.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning: item.MeasuredValueSequence[0].NumericValue
        for item in group.ContentSequence
        if "ContentSequence" in item and item.ValueType == "NUM"
    }
    mean = re.search(r"Mean (\S+) HU", said)
    assert mean is not None
    assert float(told["Mean"]) == pytest.approx(float(mean[1]), abs=0.05)


def _kept(ct: Place, series: int) -> pydicom.Dataset:
    (row,) = ct.app.archive.instances_of(series)
    original = ct.app.archive.original(row.id)
    assert original is not None
    with original.open() as file:
        return pydicom.dcmread(file)
