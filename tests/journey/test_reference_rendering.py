"""Proves that every real picture is drawn as pydicom's lookup functions have it, in a browser, by either renderer."""

import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from playwright.sync_api import Browser, Page
from pydicom.dataset import Dataset
from tests.journey.drawing import VIEWER, Shown, build_page, drawing_server, show
from tests.journey.reference import Reference
from tests.shared_data import SHARED, manifest, needs_shared
from tests.unit.dicom.images import image

from undisc.dicom.pixels.preview import shrink

pytestmark = [pytest.mark.journey, pytest.mark.filterwarnings("ignore")]
needs_node = pytest.mark.skipif(
    shutil.which("npx") is None or not (VIEWER / "node_modules").is_dir(), reason="the viewer's modules are absent"
)

MOST_FRAMES = 16
RENDERERS = ("webgl2", "2d")
_GREYS = 6  # what the loss in a preview's coding may come to

# Files that nobody can show, and why.
_NO_PICTURES = "It has no pictures."
SKIPPED = {
    "pydicom__pydicom/charset_files/chrJapMulti.dcm": _NO_PICTURES,
    "pydicom__pydicom/charset_files/chrJapMultiExplicitIR6.dcm": _NO_PICTURES,
    "pydicom__pydicom/charset_files/chrKoreanMulti.dcm": _NO_PICTURES,
    "nipy__nibabel/csa_slice_norm.dcm": _NO_PICTURES,
    "pydicom__pydicom/test_files/badVR.dcm": "Its header cannot be read.",
    "pydicom__pydicom/test_files/JPEG2000-embedded-sequence-delimiter.dcm": (
        "The compressed frame is of another size than the header says."
    ),
    "dcm4che__dcm4che/3gb-bulk-data-truncated": ("A single one of its pictures is claimed to be larger than 1 GiB."),
}


class Drawing:
    """A page that draws; `shown` is what it may ask for."""

    def __init__(self, page: Page, shown: dict[str, Shown]) -> None:
        self._page = page
        self._shown = shown
        self._numbers = count()

    def draw(self, one: Shown) -> Shown:
        # Under a name of its own, since renderers know pictures by their names.
        name = f"file-{next(self._numbers)}"
        self._shown[name] = one
        self._page.evaluate("name => draw(name)", f"/{name}")
        del self._shown[name]
        return one


@pytest.fixture(scope="module")
def drawing(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawing]:
    built = tmp_path_factory.mktemp("page")
    build_page(built)
    shown: dict[str, Shown] = {}
    with drawing_server(built, shown) as base:
        page = chromium.new_page()
        page.goto(base)
        page.wait_for_function("typeof draw === 'function'")
        yield Drawing(page, shown)
        page.close()


def _with_pictures() -> list[str]:
    return [row["path"] for row in manifest() if row["rows"]]


def _jump(preview: bytes, picture: np.ndarray) -> float:
    """By how many greys half of the pixels change when a picture takes the place of its preview."""
    small = imagecodecs.webp_decode(preview)[:, :, :3].astype(float)
    shrunk = shrink(picture, max(small.shape[:2])).astype(float)
    return float(np.median(np.abs(small - (shrunk if shrunk.ndim == 3 else shrunk[:, :, None]))))


@needs_node
@needs_shared
@pytest.mark.slow
def test_every_real_picture_is_drawn_as_pydicom_shows_it(drawing: Drawing, tmp_path: Path) -> None:
    assert SHARED is not None
    told: Counter[str] = Counter()
    skipped: dict[str, str] = {}
    wrong: list[str] = []
    for path in _with_pictures():
        shown = show(SHARED / path, tmp_path, MOST_FRAMES)
        if isinstance(shown, str):
            skipped[path] = shown
            continue
        drawing.draw(shown)
        reference = Reference(pydicom.dcmread(SHARED / path, force=True), (SHARED / path).read_bytes())
        for index in range(len(shown.wires)):
            entry = shown.entry(index)
            if entry["wire"] == "":
                skipped[f"{path} frame {index + 1}"] = entry["damage"]
                continue
            picture, kind = reference.picture(index, entry)
            whole = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
            for renderer in RENDERERS:
                off = int(np.abs(shown.drawn[index, renderer].astype(int) - whole).max())
                if off > 1:
                    wrong.append(f"{path} frame {index + 1}, {renderer}: off by {off}, window by {kind}")
            # Colour has no window that could differ, and previews keep half of its detail.
            if index == 0 and kind != "colour" and (jump := _jump(shown.previews[0], picture)) > _GREYS:
                wrong.append(f"{path}: the picture jumps by {jump:.0f} greys when it takes its preview's place")
            told["frames"] += 1
            told[f"window by {kind}"] += 1
        told["files"] += 1
        told["decoded by pydicom"] += reference.by_pydicom
    print(f"\n{dict(told)}; skipped: {skipped}")
    assert not wrong, "\n".join(wrong)
    assert skipped == SKIPPED
    assert told["files"] == len(_with_pictures()) - len(SKIPPED)


def _table(first: int, values: list[int], bits: int) -> Dataset:
    table = Dataset()
    table.LUTDescriptor = [len(values), first, bits]
    table.LUTData = np.array(values, "<u2").tobytes()
    table["LUTData"].VR = "OW"
    return table


_RAMP = np.arange(-512, 512, dtype="<i2").reshape(16, 64)
_CURVED = [int(4095 * (at / 1023) ** 3) for at in range(1024)]
_MADE: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "sigmoid": (_RAMP, {"WindowCenter": 40, "WindowWidth": 400, "VOILUTFunction": "SIGMOID"}),
    "linear, exact": (_RAMP, {"WindowCenter": 40, "WindowWidth": 9.5, "VOILUTFunction": "LINEAR_EXACT"}),
    "a threshold": (_RAMP, {"WindowCenter": 40.5, "WindowWidth": 1}),
    "a falling rescale": (
        _RAMP,
        {"RescaleSlope": -0.5, "RescaleIntercept": 100, "WindowCenter": 100, "WindowWidth": 300},
    ),
    "a falling rescale without a window": (_RAMP, {"RescaleSlope": -2, "RescaleIntercept": 7}),
    "a VOI LUT": (_RAMP, {"VOILUTSequence": [_table(-512, _CURVED, 12)]}),
    "a VOI LUT before a window": (
        _RAMP,
        {"VOILUTSequence": [_table(-100, _CURVED[:200], 12)], "WindowCenter": 0, "WindowWidth": 10},
    ),
    "a Modality LUT": (
        _RAMP,
        {"ModalityLUTSequence": [_table(-512, _CURVED, 16)], "WindowCenter": 2000, "WindowWidth": 1000},
    ),
    "a Modality LUT, padded": (
        _RAMP,
        {
            "ModalityLUTSequence": [_table(-512, _CURVED[::-1], 16)],
            "WindowCenter": 2000,
            "WindowWidth": 4000,
            "PixelPaddingValue": -512,
            "PixelPaddingRangeLimit": -400,
        },
    ),
    "MONOCHROME1, padded": (
        _RAMP,
        {
            "PhotometricInterpretation": "MONOCHROME1",
            "WindowCenter": 0,
            "WindowWidth": 800,
            "PixelPaddingValue": -512,
            "PixelPaddingRangeLimit": -300,
        },
    ),
    "an inverse presentation LUT": (
        _RAMP,
        {"PresentationLUTShape": "INVERSE", "WindowCenter": 0, "WindowWidth": 800},
    ),
    "signed bytes": (_RAMP.astype("i1"), {"WindowCenter": -20, "WindowWidth": 100}),
    "large 32-bit values": (
        (np.arange(1024, dtype="<u4") + 4_000_000_000).reshape(16, 64),
        {"PixelRepresentation": 0, "WindowCenter": 4_000_000_500, "WindowWidth": 300},
    ),
    "all 32 bits": (
        np.linspace(-(2**31), 2**31 - 1, 1024).astype("<i4").reshape(16, 64),
        {"WindowCenter": 0, "WindowWidth": 3e9},
    ),
}


@needs_node
@pytest.mark.parametrize("what", _MADE)
def test_a_made_picture_is_drawn_as_pydicom_shows_it(drawing: Drawing, tmp_path: Path, what: str) -> None:
    values, elements = _MADE[what]
    rows, columns = values.shape
    bits = values.dtype.itemsize * 8
    vr = "OB" if bits == 8 else "OW"
    more: dict[str, Any] = {"PixelRepresentation": 1} | elements
    made = image(rows, columns, values.tobytes(), bits=bits, vr=vr, **more)
    file = tmp_path / "made.dcm"
    file.write_bytes(made)
    shown = show(file, tmp_path, 1)
    assert not isinstance(shown, str), shown
    drawing.draw(shown)
    picture, _ = Reference(pydicom.dcmread(file), made).picture(0, shown.entry(0))
    for renderer in RENDERERS:
        assert np.abs(shown.drawn[0, renderer].astype(int) - picture[:, :, None]).max() <= 1, renderer
    assert _jump(shown.previews[0], picture) <= _GREYS


@needs_node
@pytest.mark.parametrize("code", ["f4", "f8"])
def test_fractions_are_drawn_whatever_lies_among_them(drawing: Drawing, tmp_path: Path, code: str) -> None:
    values = np.linspace(1_000_000, 1_000_001, 1024).astype(f"<{code}").reshape(16, 64)
    values[0, :3] = np.nan, np.inf, -np.inf
    keyword = "FloatPixelData" if code == "f4" else "DoubleFloatPixelData"
    window = {"WindowCenter": 1_000_000.5, "WindowWidth": 1, "VOILUTFunction": "LINEAR_EXACT"}
    made = image(16, 64, b"", bits=values.itemsize * 8, PixelData=None, **{keyword: values.tobytes()}, **window)
    file = tmp_path / "made.dcm"
    file.write_bytes(made)
    shown = show(file, tmp_path, 1)
    assert not isinstance(shown, str), shown
    drawing.draw(shown)
    with np.errstate(invalid="ignore"):
        picture = np.nan_to_num(np.clip((values.astype("f8") - 1_000_000) * 255, 0, 255), nan=0)
    for renderer in RENDERERS:
        assert np.abs(shown.drawn[0, renderer] - picture[:, :, None]).max() <= 1, renderer
