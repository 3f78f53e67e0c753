"""What is no picture, in a browser: reports that read, ECGs to scale, videos that play, files with a name."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.door.running import serving
from tests.factories.documents import HOSTILE, make_documents
from tests.journey.conftest import PLACE, Place, undisc

from undisc.app import build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def drawer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place with one disc of pictures and of everything else."""
    folder = tmp_path_factory.mktemp("documents")
    make_documents(folder / "disc")
    imported = undisc("import", str(folder / "disc"), "--json", data=folder / "data")
    assert imported.returncode == 0, imported.stderr
    app = build(Settings(data_dir=folder / "data", place_name=PLACE))
    with serving(build_web(app)) as base:
        yield Place(folder / "disc", folder / "data", base, app, json.loads(imported.stdout))
    app.close()


def opened(context: BrowserContext, drawer: Place, title: str, *options: str, place: int = 0) -> tuple[Page, list[str]]:
    """The link's page with one entry of the list chosen, and what the page complains of."""
    link = drawer.share("--no-passcode", *options)
    page = context.new_page()
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(link["here"])
    page.locator("button.series").filter(has_text=title).nth(place).click()
    return page, heard


def test_a_report_reads_as_a_page_and_its_markup_stays_text(context: BrowserContext, drawer: Place) -> None:
    page, heard = opened(context, drawer, "Report")
    sheet = page.get_by_test_id("report")
    expect(sheet.get_by_role("heading", name="MRI of the head")).to_be_visible()
    expect(page.get_by_test_id("unverified")).to_contain_text("not yet verified")
    expect(sheet).to_contain_text(HOSTILE)
    expect(sheet).to_contain_text("1350.5 cm³")
    expect(sheet.get_by_role("row", name="B 8 mm Right")).to_be_visible()
    expect(sheet).to_contain_text("It names a picture that is not here.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(sheet).not_to_contain_text("99TEST")
    page.get_by_test_id("show-codes").click()
    expect(sheet).to_contain_text("126000 DCM")
    assert heard == []


def test_a_verified_report_says_by_whom(context: BrowserContext, drawer: Place) -> None:
    page, _ = opened(context, drawer, "Report", place=1)
    expect(page.get_by_test_id("verified")).to_contain_text("GRETE TESTER, Riverside Imaging on November 2, 2026")
    expect(page.get_by_test_id("unverified")).to_have_count(0)


def test_a_report_leads_to_the_picture_it_is_about(context: BrowserContext, drawer: Place) -> None:
    page, heard = opened(context, drawer, "Selected pictures")
    page.get_by_test_id("report-picture").click()
    expect(page.get_by_test_id("viewport")).to_be_visible()
    # The second of six, whichever way they are scrolled through.
    expect(page.get_by_text("/ 6").first).to_contain_text("2 / 6")
    assert heard == []


def test_an_ecg_is_drawn_to_scale_and_measured(context: BrowserContext, drawer: Place) -> None:
    page, heard = opened(context, drawer, "12-lead ECG")
    paper = page.get_by_test_id("paper")
    expect(paper).to_be_visible()
    # 10 s at 25 mm/s beside 10 mm for the step of 1 mV; a CSS millimetre is 96 / 25.4 pixels.
    box = paper.bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(260 * 96 / 25.4, abs=1)
    expect(page.get_by_text("25 mm/s, 10 mm/mV. Not filtered here.")).to_be_visible()
    expect(page.get_by_test_id("measured")).to_contain_text("92 ms")
    expect(page.get_by_test_id("measured")).to_contain_text("Sinus rhythm")
    # V6 is the invented heart at its whole height: its spike is 1 mV, so 10 mm.
    highest = page.evaluate(
        """() => {
          const paths = [...document.querySelectorAll('[data-testid=paper] path.curve')];
          const tall = paths.map((path) => path.getBBox().height).filter((height) => height > 0);
          return Math.max(...tall);
        }"""
    )
    assert highest == pytest.approx(10, abs=0.1)
    page.get_by_test_id("use-caliper").click()
    interval = page.get_by_test_id("interval")
    expect(interval).to_have_text("800 ms · 75 per minute · 0.5 mV")
    page.get_by_test_id("caliper").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(interval).to_contain_text("1000 ms · 60 per minute")
    assert heard == []


def test_twelve_leads_lie_in_three_rows_and_a_rhythm_or_one_below_the_other(
    context: BrowserContext, drawer: Place
) -> None:
    page, _ = opened(context, drawer, "12-lead ECG")
    expect(page.get_by_test_id("paper")).to_be_visible()
    narrow = page.viewport_size is not None and page.viewport_size["width"] < 768
    names = page.locator(".lead-name")
    expect(names).to_have_count(12 if narrow else 4)
    page.get_by_label("Leads").select_option("twelve" if narrow else "rows")
    expect(names).to_have_count(4 if narrow else 12)


def test_other_recordings_say_their_unit(context: BrowserContext, drawer: Place) -> None:
    page, _ = opened(context, drawer, "Pressure recording")
    expect(page.locator(".lead-name").first).to_have_text("Aorta · 10 mm = 20 mmHg")


def test_a_voice_is_heard(context: BrowserContext, drawer: Place) -> None:
    page, heard = opened(context, drawer, "Voice recording")
    sound = page.get_by_test_id("sound")
    expect(sound).to_be_visible()
    page.wait_for_function("document.querySelector('audio').readyState > 0")
    assert sound.evaluate("one => one.duration") == pytest.approx(1, abs=0.01)
    assert heard == []


@pytest.mark.parametrize("place", [0, 1], ids=["bare stream", "stored MP4"])
def test_a_video_plays_its_pictures_in_their_order(context: BrowserContext, drawer: Place, place: int) -> None:
    page, heard = opened(context, drawer, "Video", place=place)
    film = page.get_by_test_id("film")
    expect(film).to_be_visible()
    page.wait_for_function("document.querySelector('video').readyState > 0")
    assert film.evaluate("one => [one.videoWidth, one.videoHeight]") == [64, 48]
    assert film.evaluate("one => one.duration") == pytest.approx(2, abs=0.05)
    for picture in (3, 22, 41):
        grey = film.evaluate(
            """async (film, time) => {
              film.currentTime = time;
              await new Promise((done) => film.addEventListener('seeked', done, { once: true }));
              await new Promise((done) => setTimeout(done, 300));
              const canvas = new OffscreenCanvas(64, 48);
              const context = canvas.getContext('2d');
              context.drawImage(film, 0, 0);
              return context.getImageData(32, 24, 1, 1).data[0];
            }""",
            (picture + 0.5) / 25,
        )
        assert grey == pytest.approx(30 + 4 * picture, abs=3)
    assert heard == []


def test_a_video_that_browsers_do_not_play_says_so_and_is_offered(context: BrowserContext, drawer: Place) -> None:
    page, _ = opened(context, drawer, "Video", place=2)
    card = page.get_by_test_id("file-card")
    expect(card).to_contain_text("MPEG-2")
    expect(card.get_by_test_id("file")).to_be_visible()


def test_what_cannot_be_shown_says_what_it_is_and_gives_the_file(context: BrowserContext, drawer: Place) -> None:
    page, _ = opened(context, drawer, "Radiation therapy plan")
    card = page.get_by_test_id("file-card")
    expect(card.get_by_role("heading")).to_have_text("Radiation therapy plan")
    expect(card).to_contain_text("The team that treats you")
    with page.expect_download() as download:
        card.get_by_test_id("file").click()
    assert Path(download.value.path()).read_bytes()[128:132] == b"DICM"


def test_who_may_only_look_is_told_whom_to_ask(context: BrowserContext, drawer: Place) -> None:
    page, _ = opened(context, drawer, "3D model", "--view-only")
    card = page.get_by_test_id("file-card")
    expect(card.get_by_test_id("ask-for-file")).to_contain_text(f"ask {PLACE}")
    expect(card.get_by_test_id("file")).to_have_count(0)


def test_a_clinical_document_is_read(context: BrowserContext, drawer: Place) -> None:
    page, heard = opened(context, drawer, "Clinical document")
    sheet = page.get_by_test_id("report")
    expect(sheet.get_by_role("heading", name="Letter of discharge")).to_be_visible()
    expect(sheet.get_by_role("row", name="Sodium 140 mmol/l")).to_be_visible()
    expect(sheet).to_contain_text("<b>Not bold</b>")
    assert heard == []


def test_an_ecg_is_printed_to_scale(chromium: Browser, drawer: Place, tmp_path: Path) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page, _ = opened(context, drawer, "12-lead ECG")
    expect(page.get_by_test_id("paper")).to_be_visible()
    page.get_by_label("Larger").click()
    page.emulate_media(media="print")
    wide = page.get_by_test_id("paper").evaluate("one => one.getBoundingClientRect().width")
    assert wide == pytest.approx(260 * 96 / 25.4, abs=1)
    expect(page.locator(".banner")).to_be_hidden()
    expect(page.locator(".paper-only")).to_contain_text("TESTPERSON")
    context.close()
