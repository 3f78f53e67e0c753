"""For people: seven languages, from the right too; a simple view and a clinical one; nothing that axe finds wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.door.running import serving
from tests.factories import documents, scans
from tests.journey.axe import finds_nothing, needs_axe
from tests.journey.touching import tap

from undisc.app import build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey

_SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
_NOT_FOR_DIAGNOSIS = {
    "en": "Not for primary diagnosis",
    "es": "No apto para diagnóstico primario",
    "fr": "Non destiné au diagnostic primaire",
    "de": "Nicht zur Primärbefundung",
    "ar": "ليس للتشخيص الأولي",
    "zh": "不可用于初步诊断",
    "ja": "一次診断には使えません",
}


@dataclass(frozen=True)
class Links:
    """Addresses of links to a head with a report: open, and behind a passcode."""

    head: str
    locked: str


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Links]:
    folder = tmp_path_factory.mktemp("people")
    head = scans.head_scan(1, slices=12)
    report = documents.findings()
    report.StudyInstanceUID = head[0].StudyInstanceUID
    report.PatientID, report.PatientName = head[0].PatientID, head[0].PatientName
    report.PatientBirthDate, report.PatientSex = head[0].PatientBirthDate, head[0].PatientSex
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([scans.write(folder / "disc", head, [report])])
    studies = [study.id for study in app.archive.studies()]
    with serving(build_web(app)) as base:

        def address(passcode: str | None) -> str:
            link = app.sharing.create_link(studies, passcode=passcode)
            return f"{base}/s/{link.link.id}#{link.secret}"

        yield Links(address(None), address("482915"))
    app.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    made: list[BrowserContext] = []

    def make(size: str, language: str = "en") -> BrowserContext:
        width, height = _SIZES[size]
        phone = size == "phone"
        one = chromium.new_context(
            viewport={"width": width, "height": height}, is_mobile=phone, has_touch=phone, locale=language
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def _opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.locator('.viewport[data-fidelity="full"]').first.wait_for(timeout=30_000)
    return page


@needs_axe
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", list(_SIZES))
def test_axe_finds_nothing_before_the_passcode(context: Any, links: Links, size: str, language: str) -> None:
    page = context(size, language).new_page()
    page.goto(links.locked)
    page.get_by_test_id("passcode").wait_for()
    finds_nothing(page)
    page.get_by_test_id("passcode").fill("111111")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("problem")).not_to_be_empty()
    finds_nothing(page)


@needs_axe
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_in_the_simple_view(context: Any, links: Links, language: str) -> None:
    page = _opened(context("phone", language), links.head)
    finds_nothing(page)
    tap(page.get_by_test_id("plain-what"))
    page.locator(".glossary dt").first.wait_for()
    finds_nothing(page)
    tap(page.locator(".dialog-close"))
    tap(page.get_by_test_id("plain-more"))
    finds_nothing(page)
    tap(page.locator(".dialog-close"))
    tap(page.get_by_test_id("plain-report"))
    page.get_by_test_id("document").get_by_role("heading").first.wait_for()
    finds_nothing(page)


@needs_axe
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_in_the_clinical_view(context: Any, links: Links, language: str) -> None:
    page = _opened(context("desktop", language), links.head)
    finds_nothing(page)
    page.get_by_test_id("layout").click()
    finds_nothing(page)
    page.get_by_test_id("layout-2x2").click()
    page.get_by_test_id("cell-4").locator('.viewport[data-fidelity="full"]').wait_for(timeout=30_000)
    finds_nothing(page)
    page.get_by_test_id("tool-measure").click()
    page.locator(".measure-bar").wait_for()
    box = page.get_by_test_id("cell-1").locator(".viewport").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6, steps=4)
    page.mouse.up()
    page.keyboard.press("j")
    page.locator("dialog .notes").wait_for()
    finds_nothing(page)
    page.keyboard.press("Escape")
    page.get_by_test_id("help").click()
    page.locator("dialog .keys").wait_for()
    finds_nothing(page)


@pytest.mark.parametrize("language", list(_NOT_FOR_DIAGNOSIS))
def test_every_language_is_spoken_and_warns_in_both_views(context: Any, links: Links, language: str) -> None:
    page = _opened(context("phone", language), links.head)
    warning = page.locator(".overlay-end")
    expect(warning).to_be_visible()
    expect(warning).to_have_text(_NOT_FOR_DIAGNOSIS[language])
    tap(page.get_by_test_id("view-switch"))
    expect(warning).to_be_visible()
    expect(warning).to_have_text(_NOT_FOR_DIAGNOSIS[language])
    said = page.locator("html").get_attribute("lang")
    assert said == ("zh-Hans" if language == "zh" else language)


def test_only_the_chosen_language_is_fetched_and_the_choice_is_remembered_alone(context: Any, links: Links) -> None:
    browser = context("desktop", "de")
    page = browser.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[1].split("-", 1)[0]))
    page.goto(links.head)
    page.locator('.viewport[data-fidelity="full"]').wait_for(timeout=30_000)
    assert {"es", "fr", "ar", "zh", "ja"}.isdisjoint(fetched)
    assert "de" in fetched
    page.get_by_test_id("language").select_option("ja")
    expect(page.get_by_test_id("tool-contrast")).to_have_text("コントラスト")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    assert page.evaluate("JSON.stringify({ ...localStorage })") == '{"undisc language":"ja"}'
    assert page.evaluate("document.cookie") == ""
    again = _opened(browser, links.head)
    expect(again.get_by_test_id("tool-contrast")).to_have_text("コントラスト")


def test_the_language_can_be_chosen_before_the_passcode_and_what_was_typed_stays(context: Any, links: Links) -> None:
    page = context("phone").new_page()
    page.goto(links.locked)
    page.get_by_test_id("passcode").fill("4829")
    page.get_by_test_id("language").select_option("ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("button")).to_have_text("فتح الصور")
    expect(page.get_by_test_id("passcode")).to_have_value("4829")


def test_a_language_that_cannot_be_fetched_changes_nothing_and_says_so(context: Any, links: Links) -> None:
    page = _opened(context("desktop"), links.head)
    page.route("**/assets/fr-*.js", lambda route: route.abort())
    page.get_by_test_id("language").select_option("fr")
    expect(page.get_by_text("This language could not be fetched")).to_be_visible()
    expect(page.get_by_test_id("language")).to_have_value("en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_from_the_right_pictures_stay_as_they_are(context: Any, links: Links) -> None:
    page = _opened(context("desktop", "ar"), links.head)
    # The patient's right is at the screen's left, as in every language.
    left, right = page.get_by_test_id("edge-left"), page.get_by_test_id("edge-right")
    expect(left).to_have_text("R")
    expect(right).to_have_text("L")
    one, other = left.bounding_box(), right.bounding_box()
    assert one is not None
    assert other is not None
    assert one["x"] < other["x"]
    # The list changes sides, and cells keep their places.
    side, middle = page.locator(".side").bounding_box(), page.locator(".middle").bounding_box()
    assert side is not None
    assert middle is not None
    assert side["x"] > middle["x"]
    page.get_by_test_id("layout").click()
    page.get_by_test_id("layout-1x2").click()
    first, second = page.get_by_test_id("cell-1").bounding_box(), page.get_by_test_id("cell-2").bounding_box()
    assert first is not None
    assert second is not None
    assert first["x"] < second["x"]
    # Slider and arrow keys agree: on is to the right.
    slider = page.get_by_test_id("cell-1").get_by_test_id("slider")
    slider.focus()
    before = int(slider.input_value())
    page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == before + 1
    assert slider.evaluate("(element) => getComputedStyle(element).direction") == "ltr"


def test_patients_get_the_simple_view_and_doctors_theirs_with_one_tap_that_is_remembered(
    context: Any, links: Links
) -> None:
    browser = context("phone")
    page = _opened(browser, links.head)
    expect(page.get_by_test_id("plain-brighter")).to_be_visible()
    expect(page.get_by_test_id("window")).to_be_hidden()
    expect(page.get_by_test_id("zoom")).to_be_hidden()
    expect(page.get_by_test_id("tool-contrast")).to_have_count(0)
    tap(page.get_by_test_id("view-switch"))
    expect(page.get_by_test_id("tool-contrast")).to_be_visible()
    expect(page.get_by_test_id("window")).to_be_visible()
    again = _opened(browser, links.head)
    expect(again.get_by_test_id("tool-contrast")).to_be_visible()
    tap(again.get_by_test_id("view-switch"))
    expect(again.get_by_test_id("plain-what")).to_be_visible()


def test_a_desk_gets_the_clinical_view(context: Any, links: Links) -> None:
    page = _opened(context("desktop"), links.head)
    expect(page.get_by_test_id("tool-contrast")).to_be_visible()


def test_the_simple_view_changes_the_picture_explains_it_and_opens_the_report(context: Any, links: Links) -> None:
    page = _opened(context("phone"), links.head)
    window, zoom = page.get_by_test_id("window"), page.get_by_test_id("zoom")
    center = window.text_content()
    tap(page.get_by_test_id("plain-brighter"))
    expect(window).not_to_have_text(center or "")
    tap(page.get_by_test_id("plain-bigger"))
    expect(zoom).not_to_have_text("Zoom 100%")
    tap(page.get_by_test_id("plain-reset"))
    expect(window).to_have_text(center or "")
    expect(zoom).to_have_text("Zoom 100%")
    tap(page.get_by_test_id("plain-what"))
    expect(page.get_by_test_id("what")).to_contain_text("MRI scan")
    expect(page.get_by_test_id("what")).to_contain_text("across the body")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("plain-what")).to_be_focused()
    tap(page.get_by_test_id("plain-report"))
    expect(page.get_by_test_id("document")).to_be_visible()
    tap(page.get_by_test_id("plain-back"))
    expect(page.get_by_test_id("viewport")).to_be_visible()


def test_everything_to_touch_is_large_enough_for_a_finger(context: Any, links: Links) -> None:
    page = _opened(context("phone"), links.head)
    small = """() => [...document.querySelectorAll("button, a[href], select, input")]
      .filter((element) => element.checkVisibility())
      .map((element) => [element.dataset.testid ?? element.className, element.getBoundingClientRect()])
      .filter(([, { width, height }]) => width < 43.9 || height < 43.9)
      .map(([name, { width, height }]) => `${name} ${width}x${height}`)"""
    assert page.evaluate(small) == []
    tap(page.get_by_test_id("plain-more"))
    assert page.evaluate(small) == []
    tap(page.locator(".dialog-close"))
    tap(page.get_by_test_id("view-switch"))
    expect(page.get_by_test_id("tool-contrast")).to_be_visible()
    assert page.evaluate(small) == []


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_with_letters_twice_as_large_nothing_is_lost_on_a_phone(context: Any, links: Links, language: str) -> None:
    page = _opened(context("phone", language), links.head)
    lost = """() => {
      document.documentElement.style.fontSize = "36px";
      const { width } = document.documentElement.getBoundingClientRect();
      const out = [...document.querySelectorAll(".banner *, .toolbar *, .plain-tools *")]
        .filter((element) => element.checkVisibility())
        .filter((element) => {
          const box = element.getBoundingClientRect();
          return box.left < -1 || box.right > width + 1;
        });
      const viewer = document.querySelector(".viewer");
      viewer.scrollTop = viewer.scrollHeight;
      const last = document.querySelector(".studies").getBoundingClientRect();
      return {
        out: out.map((element) => element.outerHTML.slice(0, 120)),
        reached: last.bottom <= innerHeight + 1,
        picture: document.querySelector(".viewport").clientHeight > 200,
      };
    }"""
    assert page.evaluate(lost) == {"out": [], "reached": True, "picture": True}
    tap(page.get_by_test_id("view-switch"))
    page.get_by_test_id("tool-contrast").wait_for()
    assert page.evaluate(lost) == {"out": [], "reached": True, "picture": True}


def test_focus_goes_in_order_is_seen_and_comes_back_from_dialogs(context: Any, links: Links) -> None:
    page = _opened(context("desktop"), links.head)
    page.get_by_test_id("help").focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("help")).to_be_focused()
    page.evaluate("document.activeElement.blur(); window.getSelection().removeAllRanges()")
    places: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const element = document.activeElement;
              if (element === document.body) return null;
              const { outlineStyle, outlineWidth } = getComputedStyle(element);
              const part = element.closest(".banner, .side, .middle, .toolbar")?.className.split(" ")[0] ?? "";
              return [part, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, element.outerHTML.slice(0, 80)];
            }"""
        )
        if seen is None:
            # Past the last one lies the browser's own, and then the first again.
            continue
        part, visible, element = seen
        assert visible, element
        if not places or places[-1] != part:
            places.append(part)
    start = places.index("banner") if "banner" in places else 0
    assert places[start : start + 4] == ["banner", "side", "middle", "toolbar"]


def test_nothing_moves_for_whoever_asked_for_less_motion(context: Any, links: Links) -> None:
    browser = context("phone")
    page = browser.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(links.head)
    page.locator('.viewport[data-fidelity="full"]').wait_for(timeout=30_000)
    moving = """() => [...document.querySelectorAll("*")].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return animationName !== "none" || transitionDuration.split(",").some((time) => parseFloat(time) > 0);
    }).length"""
    assert page.evaluate(moving) == 0
