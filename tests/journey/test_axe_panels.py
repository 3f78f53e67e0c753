"""axe finds nothing in three sides, recordings, PDFs and reports on a tablet held upright, in English and Arabic."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.door.running import serving
from tests.factories import documents, scans
from tests.journey.axe import finds_nothing, needs_axe
from tests.journey.three_sides import expect_complete

from undisc.app import build, build_web
from undisc.demo.pdf import Paragraph, one_page
from undisc.settings import Settings

pytestmark = [pytest.mark.journey, needs_axe]


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A head with a report, an ECG and a PDF of the same study."""
    folder = tmp_path_factory.mktemp("panels")
    head = scans.head_scan(1, slices=8)
    pdf = one_page("A document", [Paragraph("Nothing that needs to be treated.")])
    paper = documents.encapsulated(3, documents.PDF, pdf, "application/pdf")
    others = [documents.findings(), documents.ecg(2), paper]
    for other in others:
        for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex"):
            setattr(other, keyword, getattr(head[0], keyword))
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([scans.write(folder / "disc", head, others)])
    (study,) = app.archive.studies()
    made = app.sharing.create_link([study.id], passcode=None)
    with serving(build_web(app)) as base:
        yield f"{base}/s/{made.link.id}#{made.secret}"
    app.close()


@pytest.fixture(params=["en", "ar"])
def tablet(request: pytest.FixtureRequest, chromium: Browser, link: str) -> Iterator[Page]:
    """A tablet held upright, in the simple view that it begins with."""
    context = chromium.new_context(
        viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True, locale=request.param
    )
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full", timeout=30_000)
    yield page
    context.close()


def test_axe_finds_nothing_on_a_tablet(tablet: Page) -> None:
    finds_nothing(tablet)
    tablet.get_by_test_id("view-switch").tap()
    expect(tablet.get_by_test_id("tool-contrast")).to_be_visible()
    slider, cell = tablet.get_by_test_id("slider").bounding_box(), tablet.get_by_test_id("cell-1").bounding_box()
    assert slider is not None
    assert cell is not None
    assert slider["width"] > 0.7 * cell["width"], "the way through the pictures is not squeezed"
    finds_nothing(tablet)
    tablet.get_by_test_id("three-sides").tap()
    expect_complete(tablet)
    tablet.keyboard.press("]")
    expect(tablet.get_by_test_id("straighten")).to_be_visible()
    expect_complete(tablet)
    finds_nothing(tablet)
    tablet.get_by_test_id("planes-close").tap()
    listed = tablet.locator("button.series")
    for title, shown in (("ECG", "recording"), ("(PDF)", "document"), ("Report", "report")):
        listed.filter(has_text=title).first.tap()
        expect(tablet.get_by_test_id(shown)).to_be_visible()
        finds_nothing(tablet)
