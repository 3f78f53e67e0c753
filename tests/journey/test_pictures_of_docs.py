"""The pictures in docs/user, made of the pages as they are: with UNDISC_DOCS_PICTURES=1, else nothing is touched.

All patients are invented. Each picture is a WebP of a size that a page of documentation bears.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.door.running import serving
from tests.factories import documents
from tests.factories.instances import ADA, Place, image
from tests.journey.documented import SIZES, keep_picture, only_when_asked
from tests.journey.three_sides import expect_complete
from tests.journey.touching import tap

from undisc.app import build, build_web, open_reception
from undisc.demo.disc import make_demo_disc
from undisc.settings import Settings

pytestmark = [pytest.mark.journey, only_when_asked]


@dataclass(frozen=True)
class _Links:
    """A head and an earlier one; the same behind a passcode, and with notes; a report and an ECG."""

    head: str
    locked: str
    noted: str
    papers: str


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Links]:
    folder = tmp_path_factory.mktemp("pictures")
    make_demo_disc(folder / "demo", now=datetime.date(2026, 11, 21))
    (folder / "papers").mkdir()
    pictures = [image(ADA, Place(slice=number, slices=3), rows=128, columns=128) for number in (1, 2, 3)]
    for number, made in enumerate([*pictures, documents.findings(verified_by="Dr Grete Tester"), documents.ecg(2)]):
        made.save_as(folder / "papers" / f"{number}.dcm", enforce_file_format=True)
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    for disc in ("demo", "papers"):
        app.intake.take_in([folder / disc])
    reception = open_reception(app)
    heads = [study.id for study in app.archive.studies() if study.patient_name.startswith("RIVERA")]
    papers = [study.id for study in app.archive.studies() if study.patient_id == ADA.id]
    with serving(build_web(app, reception)) as base:

        def address(studies: list[int], **terms: Any) -> str:
            made = app.sharing.create_link(studies, **terms)
            return f"{base}/s/{made.link.id}#{made.secret}"

        yield _Links(
            address(heads, passcode=None),
            address(heads, passcode="482915"),
            address(heads, passcode=None, may_annotate=True),
            address(papers, passcode=None),
        )
    reception.close()
    app.close()


Open = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Open]:
    contexts = []

    def opened(address: str, size: str, *, language: str = "en-GB", scheme: str = "light", view: str = "") -> Page:
        width, height = SIZES[size]
        held = size != "desktop"
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            has_touch=held,
            is_mobile=held,
            locale=language,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        contexts.append(context)
        if view:
            context.add_init_script(f"localStorage.setItem('undisc view', '{view}')")
        page = context.new_page()
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def _full(page: Page) -> Page:
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full", timeout=30_000)
    return page


def test_pictures_for_patients(opened: Open, links: _Links) -> None:
    for name, language, scheme in (("light", "en-GB", "light"), ("dark", "en-GB", "dark"), ("arabic", "ar", "light")):
        page = opened(links.locked, "phone", language=language, scheme=scheme)
        page.get_by_test_id("passcode").fill("482")
        keep_picture(page, f"passcode-phone-{name}", "phone")
    for name, language in (("", "en-GB"), ("-arabic", "ar")):
        page = _full(opened(links.head, "phone", language=language))
        keep_picture(page, f"simple-phone{name}", "phone")
    tap(page.get_by_test_id("plain-what"))
    page.locator(".glossary dt").first.wait_for()
    keep_picture(page, "what-phone-arabic", "phone")
    page = _full(opened(links.head, "phone"))
    tap(page.get_by_test_id("plain-what"))
    page.locator(".glossary dt").first.wait_for()
    keep_picture(page, "what-phone", "phone")
    page = _full(opened(links.papers, "phone"))
    tap(page.get_by_test_id("plain-report"))
    page.get_by_test_id("report").wait_for()
    keep_picture(page, "report-phone", "phone")
    keep_picture(_full(opened(links.head, "tablet")), "simple-tablet", "tablet")


def test_pictures_for_clinicians(opened: Open, links: _Links) -> None:
    page = _full(opened(links.head, "desktop"))
    page.keyboard.press("w")
    page.wait_for_timeout(3000)
    page.keyboard.press("y")
    keep_picture(page, "arranged-desktop", "desktop")
    page = _full(opened(links.head, "desktop"))
    page.keyboard.press("d")
    page.wait_for_timeout(3000)
    keep_picture(page, "compared-desktop", "desktop")
    page = _full(opened(links.head, "desktop"))
    page.keyboard.press("7")
    expect_complete(page)
    for _ in range(9):
        page.keyboard.press("]")
    expect_complete(page)
    keep_picture(page, "three-sides-desktop", "desktop")
    page = _full(opened(links.papers, "desktop"))
    page.locator("button.series").filter(has_text="ECG").first.click()
    page.get_by_test_id("recording").wait_for()
    keep_picture(page, "ecg-desktop", "desktop")
    keep_picture(_full(opened(links.head, "tablet", view="clinical")), "clinical-tablet", "tablet")
    keep_picture(_full(opened(links.head, "desktop", language="ar")), "clinical-desktop-arabic", "desktop")
    keep_picture(_full(opened(links.head, "phone", view="clinical")), "clinical-phone", "phone")


def test_pictures_of_measuring(opened: Open, links: _Links) -> None:
    page = _full(opened(links.noted, "desktop"))
    box = page.get_by_test_id("viewport").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for key, start, end in (
        ("l", (-150, -60), (-40, -190)),
        ("e", (40, 30), (120, 110)),
        ("t", (60, -130), (190, -220)),
    ):
        page.keyboard.press(key)
        expect(page.get_by_test_id("measure-bar")).to_be_visible()
        page.mouse.move(x + start[0], y + start[1])
        page.mouse.down()
        page.mouse.move(x + end[0], y + end[1], steps=4)
        page.mouse.up()
    page.keyboard.type("compare with 2024")
    page.keyboard.press("Enter")
    keep_picture(page, "measuring-desktop", "desktop")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.get_by_test_id("keep-notes").click()
    expect(page.get_by_test_id("keep-said")).not_to_be_empty()
    keep_picture(page, "notes-desktop", "desktop")
    page = _full(opened(links.head, "desktop"))
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-graphics", "drawn")
    keep_picture(page, "marks-desktop", "desktop")
    page.locator("button.series").filter(has_text="Measurements").last.click()
    page.get_by_test_id("report").wait_for()
    keep_picture(page, "measured-report-desktop", "desktop")
