"""Our disc's viewer opens other people's discs, as a file and without a network, to the very values of their pixels."""

import base64
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import JPEGBaseline8Bit
from tests.factories.discs import make_disc, pdf, two_patients
from tests.factories.documents import PDF, document
from tests.factories.instances import ADA, Place, image
from tests.factories.packages import write
from tests.journey.screens import ChromiumPage, Screen
from tests.shared_data import SHARED, manifest, needs_shared

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import decode_frame
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.model import PixelDescription
from undisc.dicom.scan import scan
from undisc.export.viewer import BUILT, viewer_files

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not (BUILT / "VIEWER" / "FOLDER.JS").is_file(), reason="the viewer for discs was not built"),
]

OTHER = '[data-testid="other-disc"]'
FOLDER, FILES = '[data-testid="pick-folder"]', '[data-testid="pick-files"]'
FULL = '.viewport[data-fidelity="full"]'
ABOUT = '[data-testid="folder-about"]'
WHO = '[data-testid="patient"]'
CODED = "1.2.840.10008.1.2.4."
LOSSY = {f"{CODED}50", f"{CODED}51"}
PER_SYNTAX = 3

# What the page's script for other discs reads of files, put together for a comparison: pixels, and what they are.
READER = """async () => {
    const load = (path, name) => new Promise((done, failed) => {
        let said;
        window[name] = (one) => { said = one; };
        const script = document.createElement("script");
        script.onload = () => done(said);
        script.onerror = failed;
        script.src = path;
        document.head.append(script);
    });
    const field = document.createElement("input");
    Object.assign(field, {type: "file", multiple: true, id: "compared"});
    document.body.append(field);
    const open = await load("VIEWER/FOLDER.JS", "undiscFolder");
    const fetchCodec = async (name) => {
        const text = await load(name === "jpeg-ls" ? "VIEWER/JPEGLS.JS" : "VIEWER/JPEG2000.JS", "undiscCodec");
        return Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
    };
    window.readPixels = async () => {
        const picked = [...field.files].map((file) => ({path: file.name, file}));
        const around = {fetchCodec, openOther() {}};
        const source = await open(picked, around, () => undefined, new AbortController().signal);
        const {studies} = await source.study();
        const entries = studies.flatMap((study) => study.series).filter(({kind}) => kind === "images");
        const frames = await Promise.all(entries.map(async ({id}) => (await source.series(id)).frames));
        return Promise.all(frames.flat().filter(({n}) => n === 0).map(async (frame) => {
            const bytes = new Uint8Array(await source.frame(frame, "auto").catch(() => new ArrayBuffer(0)));
            let text = "";
            for (let at = 0; at < bytes.length; at += 32768) {
                text += String.fromCharCode(...bytes.subarray(at, at + 32768));
            }
            const {i, rows, columns, samples, format, slope, intercept} = frame;
            return {i, rows, columns, samples, format, slope, intercept, pixels: btoa(text)};
        }));
    };
}"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The viewer of our discs with nothing beside it."""
    folder = tmp_path_factory.mktemp("bare")
    write([*viewer_files("Riverside Imaging", readme=False, listing=False)], folder)
    return folder / "INDEX.HTM"


@pytest.fixture
def chromium_page(chromium: Any) -> Iterator[ChromiumPage]:
    made = ChromiumPage(chromium, offline=True)
    yield made
    made.close()
    # Of what is not beside the page, as DATA is not, the browser complains.
    assert [line for line in made.heard if "ERR_FILE_NOT_FOUND" not in line] == []


@pytest.fixture(params=["chromium", "firefox"])
def screen(request: pytest.FixtureRequest) -> Iterator[Screen]:
    if request.param == "firefox":
        page = request.getfixturevalue("firefox").page()
        yield page
        page.close()
        return
    yield request.getfixturevalue("chromium_page")


def choose(page: Screen, bare: Path, folder: Path, field: str = FOLDER) -> None:
    page.goto(bare.as_uri())
    page.expect(OTHER)
    page.click(OTHER)
    page.choose(field, [folder] if field == FOLDER else [path for path in sorted(folder.rglob("*")) if path.is_file()])


def test_a_disc_opens_file_by_file_in_either_browser(screen: Screen, bare: Path, tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", series=2, slices=3)
    choose(screen, bare, made.folder, FILES)
    screen.expect(FULL)
    assert "TESTPERSON" in screen.text(WHO).upper()
    assert "sent nowhere" in screen.text(ABOUT)
    assert "left aside" in screen.text(ABOUT)
    assert screen.evaluate("() => document.querySelectorAll('[data-testid^=\"series-\"]').length") == 2
    # The list's small pictures are made in the page.
    screen.wait_for("() => document.querySelector('.thumbnail img')?.naturalWidth > 0")


@needs_shared
def test_a_whole_disc_opens_as_a_folder(chromium_page: ChromiumPage, bare: Path) -> None:
    assert SHARED is not None
    disc = next(SHARED.glob("mapconcierge__*"))
    choose(chromium_page, bare, disc)
    chromium_page.expect(FULL)
    counted = chromium_page.evaluate(
        "() => [...document.querySelectorAll('.series-count')].map((one) => parseInt(one.textContent))"
    )
    listed = [row for row in manifest() if row["path"].startswith(disc.name) and row["rows"]]
    assert len(counted) == 5
    assert sum(counted) == len(listed) == 67
    # Its name is in kanji, which it escapes to, and all of its index is there.
    assert chromium_page.evaluate("() => /\\p{Script=Han}/u.test(document.querySelector('.banner h1').textContent)")
    assert "index" not in chromium_page.text(ABOUT)


def test_a_folder_can_be_dropped_onto_the_page(chromium_page: ChromiumPage, bare: Path, tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", series=1, slices=2)
    chromium_page.goto(bare.as_uri())
    chromium_page.expect(OTHER)
    chromium_page.click(OTHER)
    chromium_page.expect(FOLDER)
    page = chromium_page.page
    tools = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(made.folder)], "dragOperationsMask": 1}
        tools.send("Input.dispatchDragEvent", {"type": step, "x": 700, "y": 400, "data": data})
    chromium_page.expect(FULL)
    assert "index" not in chromium_page.text(ABOUT)


def test_two_people_on_one_disc_are_told_apart(chromium_page: ChromiumPage, bare: Path, tmp_path: Path) -> None:
    made = two_patients(tmp_path / "disc")
    choose(chromium_page, bare, made.folder)
    chromium_page.expect(FULL)
    assert "2 people" in chromium_page.text(ABOUT)
    names = chromium_page.evaluate("() => [...document.querySelectorAll('.study-whose')].map((one) => one.textContent)")
    assert len(set(names)) == 2


def test_a_document_opens_and_goes_back_to_the_choice(chromium_page: ChromiumPage, bare: Path, tmp_path: Path) -> None:
    report = document(PDF, "DOC", 7)
    report.EncapsulatedDocument = pdf("Nothing unusual.")
    report.MIMETypeOfEncapsulatedDocument = "application/pdf"
    report.SeriesDescription = "Letter"
    report.save_as(tmp_path / "A", enforce_file_format=True)
    choose(chromium_page, bare, tmp_path)
    chromium_page.expect('a[href^="blob:"], iframe[src^="blob:"], object[data^="blob:"]')
    chromium_page.click(OTHER)
    chromium_page.expect(FOLDER)


def _expected(path: Path, dataset: Dataset) -> np.ndarray:
    try:
        frame = pixel_array(dataset, index=0) if int(dataset.get("NumberOfFrames") or 1) > 1 else pixel_array(dataset)
    except (RuntimeError, ValueError):
        return _by_the_archive(path)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        coloured = apply_color_lut(frame, dataset)
        return (coloured >> 8 if coloured.dtype.itemsize > 1 else coloured).astype("u1")
    if dataset.SamplesPerPixel == 3 and frame.dtype.itemsize > 1:
        return (frame >> (dataset.BitsStored - 8)).astype("u1")
    return frame


def _by_the_archive(path: Path) -> np.ndarray:
    """HTJ2K and 12-bit JPEG: nothing that is installed lets pydicom decode them."""
    data = path.read_bytes()
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    description = describe(scanned)
    assert isinstance(description, PixelDescription)
    return decode_frame(data, scanned, description, 0)


def _chosen() -> dict[str, list[Path]]:
    """A few files of each transfer syntax that pydicom decodes; each way of coding colour among them."""
    assert SHARED is not None
    found: dict[str, dict[str, list[Path]]] = {}
    for row in manifest():
        small = row["rows"] and int(row["size"]) < 3_000_000
        if row["decodes"] == "yes" and small and not row["path"].startswith("mapconcierge"):
            syntax = row["transfer_syntax"].split("[")[-1].rstrip("]")
            kinds = found.setdefault(syntax, {})
            kind = kinds.setdefault(f"{row['photometric']} {row['bits']}", [])
            if len(kind) < 2:
                kind.append(SHARED / row["path"])
    return {
        syntax: [files[turn] for turn in (0, 1) for files in kinds.values() if turn < len(files)][:PER_SYNTAX]
        for syntax, kinds in found.items()
    }


@needs_shared
def test_pixels_of_every_transfer_syntax_are_those_that_pydicom_reads(
    chromium_page: ChromiumPage, bare: Path, tmp_path: Path
) -> None:
    chosen = _chosen()
    assert len(chosen) >= 14
    files: list[Path] = []
    for syntax, paths in chosen.items():
        for path in paths:
            # Some of them share one SOP Instance UID; only of the same size would one be left out.
            files.append(tmp_path / f"{len(files):03d}-{syntax}")
            shutil.copyfile(path, files[-1])
    chromium_page.goto(bare.as_uri())
    chromium_page.expect(OTHER)
    chromium_page.evaluate(READER)
    chromium_page.choose("#compared", files)
    read = {one["i"] - 1: one for one in chromium_page.evaluate("() => window.readPixels()")}
    compared: dict[str, int] = {}
    for at, path in enumerate(files):
        if at not in read:
            continue  # the same once more
        dataset, found = pydicom.dcmread(path, force=True), read[at]
        expected = _expected(files[at], dataset)
        pixels = np.frombuffer(base64.b64decode(found["pixels"]), "<" + found["format"])
        assert pixels.size == expected.size, path.name
        syntax = path.name.split("-", 1)[1]
        apart = np.abs(pixels.reshape(expected.shape).astype(float) - expected.astype(float))
        # Lossy JPEG and the mixing of colours leave each decoder some room for rounding.
        room = 3 if syntax in LOSSY or dataset.PhotometricInterpretation.startswith("YBR") else 0
        assert apart.max() <= room, (path.name, apart.max())
        assert apart.mean() < 0.2
        compared[syntax] = compared.get(syntax, 0) + 1
    assert set(compared) == set(chosen)


def _hostile(folder: Path) -> None:
    """One good picture among what was made to harm."""
    folder.mkdir()
    good = image(ADA, Place(1, 1, 1, 1))
    good.save_as(folder / "GOOD", enforce_file_format=True)
    whole = (folder / "GOOD").read_bytes()
    for name, length in (("CUT1", 100), ("CUT2", 140), ("CUT3", 400), ("CUT4", len(whole) - 3000)):
        (folder / name).write_bytes(whole[:length])
    head = whole[:132]
    syntax = struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
    # A length far beyond the file; sequences within sequences without end; elements of no length, for ever.
    (folder / "LIE").write_bytes(head + syntax + struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xFFFFFFF0) + b"\0" * 64)
    (folder / "LIE2").write_bytes(head + struct.pack("<HH2sH", 2, 0x10, b"UI", 0xFFFF) + b"\0" * 64)
    deeper = struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    (folder / "DEEP").write_bytes(head + syntax + deeper * 200_000)
    (folder / "EMPTY").write_bytes(head + syntax + struct.pack("<HH2sH", 8, 0x60, b"CS", 0) * 2_000_000)
    # Pixels of 3 GB by their own claim, in files of a few bytes and of 3 GB with nothing in them.
    huge = Dataset()
    huge.update(good)
    huge.file_meta = good.file_meta
    huge.Rows, huge.Columns, huge.SOPInstanceUID = 40_000, 40_000, "1.2.3"
    huge.save_as(folder / "HUGE", enforce_file_format=True)
    long = Dataset()
    long.update(good)
    long.file_meta = good.file_meta
    long.NumberOfFrames, long.SOPInstanceUID, long.PixelData = "400000", "1.2.4", b"\0\0"
    long.save_as(folder / "LONG", enforce_file_format=True)
    with (folder / "LONG").open("r+b") as file:
        file.seek(-6, 2)
        file.write(struct.pack("<I", 0xC0000000))
        file.truncate(0xC0000000 + file.tell())
    coded = Dataset()
    coded.update(good)
    coded.file_meta = FileMetaDataset()
    coded.file_meta.update(good.file_meta)
    coded.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    coded.SOPInstanceUID, coded.BitsAllocated, coded.BitsStored, coded.HighBit = "1.2.5", 8, 8, 7
    coded.PixelData = encapsulate([b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00\xff\xda" + b"x" * 99])
    coded.save_as(folder / "CODED", enforce_file_format=True)
    (folder / "SETUP.EXE").write_bytes(b"MZ" + b"\0" * 5000)


def test_harmful_files_do_not_keep_a_good_picture_from_being_seen(
    chromium_page: ChromiumPage, bare: Path, tmp_path: Path
) -> None:
    _hostile(tmp_path / "disc")
    choose(chromium_page, bare, tmp_path / "disc")
    chromium_page.expect(ABOUT)
    assert "left aside" in chromium_page.text(ABOUT)
    chromium_page.expect(WHO)
    page = chromium_page.page
    page.locator(FULL).first.wait_for(timeout=20_000)
    # The whole series can be gone through, and says where there is nothing to be seen.
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.locator(FULL).first.wait_for(timeout=20_000)


def test_a_folder_without_pictures_says_so(chromium_page: ChromiumPage, bare: Path, tmp_path: Path) -> None:
    (tmp_path / "disc").mkdir()
    (tmp_path / "disc" / "README.TXT").write_text("nothing")
    choose(chromium_page, bare, tmp_path / "disc")
    chromium_page.expect('[data-phase="nothing"]')
    assert "no picture" in chromium_page.text('[role="alert"]')
