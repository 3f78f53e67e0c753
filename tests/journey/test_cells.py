"""Several pictures side by side: layouts, hanging, linking, comparing, films and undo, by touch, mouse and keys."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from tests.door.running import serving
from tests.factories import scans
from tests.journey.conftest import Place

from undisc.app import build, build_web
from undisc.settings import Settings

pytestmark = pytest.mark.journey

_SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}


@dataclass(frozen=True)
class Links:
    """Addresses of links to a head and a chest (each with an earlier one), breasts, and a beating heart."""

    head: str
    breasts: str
    heart: str
    chest: str


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Links]:
    folder = tmp_path_factory.mktemp("cells")
    made = [
        scans.head_scan(1),
        scans.head_scan(2, date="20240310"),
        scans.mammograms(3),
        scans.loops(4),
        scans.radiographs(5),
        scans.radiographs(6, date="20250210", views=("PA",)),
    ]
    app = build(Settings(data_dir=folder / "data", place_name="Riverside Imaging"))
    app.intake.take_in([scans.write(folder / "disc", *made)])
    rows = {study.study_uid: study.id for study in app.archive.studies()}
    studies = [rows[scan[0].StudyInstanceUID] for scan in made]
    with serving(build_web(app)) as base:

        def address(*numbers: int) -> str:
            link = app.sharing.create_link([studies[number - 1] for number in numbers], passcode=None)
            return f"{base}/s/{link.link.id}#{link.secret}"

        yield Links(address(1, 2), address(3), address(4), address(5, 6))
    app.close()


@pytest.fixture(params=list(_SIZES))
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    yield from _page(chromium, request.param)


@pytest.fixture(params=["tablet", "desktop"])
def large_page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    yield from _page(chromium, request.param)


@pytest.fixture
def desktop_page(chromium: Browser) -> Iterator[Page]:
    yield from _page(chromium, "desktop")


def _page(chromium: Browser, size: str) -> Iterator[Page]:
    width, height = _SIZES[size]
    touch = size != "desktop"
    context = chromium.new_context(viewport={"width": width, "height": height}, is_mobile=touch, has_touch=touch)
    if touch:
        # What is held in the hand starts with the simple view, which shows one picture at a time.
        context.add_init_script("localStorage.setItem('undisc view', 'clinical')")
    page = context.new_page()
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert heard == []


def _open(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".viewport").first).to_have_attribute("data-fidelity", "full")


def _is_phone(page: Page) -> bool:
    size = page.viewport_size
    assert size is not None
    return size["width"] < 600


def _open_layouts(page: Page) -> None:
    page.get_by_test_id("more" if _is_phone(page) else "layout").click()


def _close_layouts(page: Page) -> None:
    if _is_phone(page):
        page.locator(".dialog-close").click()
    else:
        expect(page.locator(".layout-choice:focus, .layout-wide:focus")).to_have_count(1)
        page.keyboard.press("Escape")
    expect(page.locator(".layout-choice")).to_have_count(0)


def _lay_out(page: Page, layout: str) -> None:
    _open_layouts(page)
    page.get_by_test_id(f"layout-{layout}").click()
    rows, columns = (int(part) for part in layout.split("x"))
    expect(page.locator(".cell")).to_have_count(rows * columns)


def _full(page: Page, count: int) -> None:
    expect(page.locator('.viewport[data-fidelity="full"]')).to_have_count(count)


def _cell(page: Page, number: int) -> Locator:
    return page.get_by_test_id(f"cell-{number}")


def _slice(page: Page, number: int) -> int:
    return int(_cell(page, number).get_by_test_id("slice").inner_text().split("/")[0])


def _titles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".cell-title").all_inner_texts()]


def test_one_to_six_pictures_lie_side_by_side_as_many_as_there_is_room_for(links: Links, page: Page) -> None:
    _open(page, links.head)
    _open_layouts(page)
    offered = page.locator(".layout-choice").count()
    assert offered == (3 if _is_phone(page) else 6)
    _close_layouts(page)
    for layout in ("1x2", "2x1") if _is_phone(page) else ("1x2", "2x1", "1x3", "2x2", "2x3"):
        _lay_out(page, layout)
        count = page.locator(".cell").count()
        _full(page, count)
        boxes = [_cell(page, number).bounding_box() for number in range(1, count + 1)]
        assert all(box and box["width"] > 100 and box["height"] > 150 for box in boxes)
    _lay_out(page, "1x1")
    _full(page, 1)
    expect(page.get_by_test_id("patient")).to_contain_text("TESTPERSON, ADA")


def test_a_layout_is_chosen_by_keys_alone(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    _open(page, links.head)
    page.keyboard.press("g")
    expect(page.get_by_test_id("layout-1x1")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_test_id("layout-2x2")).to_be_focused()
    page.keyboard.press("Enter")
    _full(page, 4)
    page.keyboard.press("3")
    expect(_cell(page, 3)).to_have_attribute("aria-current", "true")
    before = _slice(page, 3)
    page.keyboard.press("u")
    page.keyboard.press("ArrowDown")
    expect(_cell(page, 3).get_by_test_id("slice")).to_contain_text(str(before + 1))
    page.keyboard.press("]")
    expect(_cell(page, 3).locator(".cell-title")).to_have_text("Sagittal T1")


def test_a_series_goes_into_the_cell_that_was_tapped(links: Links, page: Page) -> None:
    _open(page, links.head)
    _lay_out(page, "1x2")
    _full(page, 2)
    _cell(page, 2).locator(".viewport").click()
    expect(_cell(page, 2)).to_have_attribute("aria-current", "true")
    page.locator("button.series", has_text="Axial FLAIR").first.click()
    expect(_cell(page, 2).locator(".cell-title")).to_have_text("Axial FLAIR")
    expect(_cell(page, 1).locator(".cell-title")).to_have_text("Axial T1")


def test_a_series_is_dragged_into_a_cell(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    _open(page, links.head)
    _lay_out(page, "2x2")
    _full(page, 4)
    page.locator("button.series", has_text="Sagittal T1").first.drag_to(_cell(page, 2))
    expect(_cell(page, 2).locator(".cell-title")).to_have_text("Sagittal T1")
    expect(_cell(page, 2)).to_have_attribute("aria-current", "true")


def test_a_series_in_two_cells_is_fetched_once(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/frames/" in request.url else None)
    _open(page, links.head)
    _lay_out(page, "1x2")
    _cell(page, 2).locator(".viewport").click()
    page.locator("button.series", has_text="Axial T1").first.click()
    _full(page, 2)
    page.wait_for_timeout(1500)
    assert len(asked) == len(set(asked))


def test_mr_hangs_by_weighting_and_plane(links: Links, large_page: Page) -> None:
    page = large_page
    _open(page, links.head)
    _open_layouts(page)
    page.get_by_test_id("arrange").click()
    _full(page, 4)
    assert _titles(page) == ["Axial T1", "Axial T2", "Axial FLAIR", "Sagittal T1"]


def test_breasts_hang_back_to_back(links: Links, large_page: Page) -> None:
    page = large_page
    _open(page, links.breasts)
    page.keyboard.press("w")
    _full(page, 4)
    assert _titles(page) == ["R CC", "L CC", "R MLO", "L MLO"]
    # The wall of the chest (posterior) is where the two meet.
    assert _cell(page, 1).get_by_test_id("edge-right").inner_text() == "P"
    assert _cell(page, 2).get_by_test_id("edge-left").inner_text() == "P"


def test_each_loop_hangs_in_its_own_place(links: Links, large_page: Page) -> None:
    page = large_page
    _open(page, links.heart)
    page.keyboard.press("w")
    _full(page, 2)
    assert [_slice(page, 1), _slice(page, 2)] == [1, 25]


def test_a_chest_hangs_above_the_earlier_one(links: Links, large_page: Page) -> None:
    page = large_page
    _open(page, links.chest)
    page.keyboard.press("w")
    _full(page, 3)
    assert _titles(page)[:3] == ["Chest PA", "Chest LL", "Chest PA"]
    expect(_cell(page, 3).get_by_test_id("cell-date")).to_have_text("Earlier scan, 10 February 2025")
    expect(_cell(page, 4)).to_contain_text("Choose pictures from the list")


def test_phones_are_not_offered_what_has_no_room(links: Links, chromium: Browser) -> None:
    for page in _page(chromium, "phone"):
        _open(page, links.head)
        page.keyboard.press("w")
        _open_layouts(page)
        assert page.get_by_test_id("arrange").count() == 0
        assert page.locator(".cell").count() == 1


def test_cells_scroll_together_by_position_until_they_are_let_go(links: Links, page: Page) -> None:
    _open(page, links.head)
    _lay_out(page, "1x2")
    _full(page, 2)
    _cell(page, 1).get_by_test_id("slider").fill("4")
    expect(_cell(page, 2).get_by_test_id("slice")).to_contain_text("5 / 24")
    _open_layouts(page)
    page.get_by_test_id("together").click()
    _close_layouts(page)
    _cell(page, 1).get_by_test_id("slider").fill("9")
    expect(_cell(page, 1).get_by_test_id("slice")).to_contain_text("10 / 24")
    expect(_cell(page, 2).get_by_test_id("slice")).to_contain_text("5 / 24")


def test_another_planes_slice_is_a_line_that_moves_along(links: Links, page: Page) -> None:
    _open(page, links.head)
    _lay_out(page, "1x2")
    _cell(page, 2).locator(".viewport").click()
    page.locator("button.series", has_text="Sagittal T1").first.click()
    _full(page, 2)
    line = _cell(page, 1).get_by_test_id("reference-line").locator("line.line")
    expect(line).to_have_count(1)
    before = float(line.get_attribute("x1") or 0)
    _cell(page, 2).get_by_test_id("slider").fill("20")
    expect(line).not_to_have_attribute("x1", str(before))
    # Further left in the patient is further right on the picture.
    assert float(line.get_attribute("x1") or 0) > before
    page.keyboard.press("y")
    expect(line).to_have_count(0)


def test_a_point_is_found_in_all_planes(links: Links, page: Page) -> None:
    _open(page, links.head)
    _lay_out(page, "1x2")
    _cell(page, 2).locator(".viewport").click()
    page.locator("button.series", has_text="Sagittal T1").first.click()
    _full(page, 2)
    before = _slice(page, 2)
    page.get_by_test_id("tool-find").click()
    box = _cell(page, 1).locator(".viewport").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.5)
    expect(_cell(page, 1).get_by_test_id("mark")).to_have_count(1)
    expect(_cell(page, 2).get_by_test_id("mark")).to_have_count(1)
    assert _slice(page, 2) > before
    there = _slice(page, 2)
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    expect(_cell(page, 2).get_by_test_id("slice")).not_to_have_text(f"{there} / 24")
    expect(_cell(page, 2).get_by_test_id("mark")).to_have_count(1)
    assert _slice(page, 2) < there


def test_the_earlier_scan_is_one_button_away_and_unmistakable(links: Links, page: Page) -> None:
    _open(page, links.head)
    button = page.locator("[data-testid^=compare-]")
    expect(button).to_have_count(1)
    button.click()
    _full(page, 2)
    dates = page.get_by_test_id("cell-date")
    expect(dates.nth(0)).to_have_text("Scan of 15 October 2026")
    expect(dates.nth(1)).to_have_text("Earlier scan, 10 March 2024")
    expect(dates.nth(1)).to_be_in_viewport()
    _cell(page, 1).get_by_test_id("slider").fill("3")
    expect(_cell(page, 2).get_by_test_id("slice")).to_contain_text("4 / 24")
    page.keyboard.press("d")
    expect(page.locator(".cell")).to_have_count(1)


def test_a_loop_plays_as_recorded_and_stops_where_it_is(links: Links, page: Page) -> None:
    _open(page, links.heart)
    page.keyboard.press("Home")
    play = page.get_by_test_id("play")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    if not _is_phone(page):
        expect(page.get_by_test_id("rate")).to_have_text("25 a second")
    slider = page.get_by_test_id("slider")
    seen: set[str] = set()
    for _ in range(1000):
        seen.add(slider.input_value())
        if len(seen) > 4:
            break
        page.wait_for_timeout(20)
    assert len(seen) > 4
    # The second loop is another recording: playing the first never comes to it.
    assert max(int(value) for value in seen) < 24
    page.get_by_test_id("bounce").click()
    page.get_by_test_id("speed").select_option("0.5")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    stopped = slider.input_value()
    page.wait_for_timeout(300)
    assert slider.input_value() == stopped


def test_space_plays_a_stack_ten_a_second_where_no_rate_was_recorded(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    _open(page, links.head)
    expect(page.get_by_test_id("rate")).to_have_text("10 a second")
    at = page.get_by_test_id("slice")
    before = at.inner_text()
    page.keyboard.press(" ")
    expect(at).not_to_have_text(before)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("play")).to_have_attribute("aria-pressed", "false")


def test_what_was_done_to_the_screen_can_be_taken_back(links: Links, page: Page) -> None:
    _open(page, links.head)
    page.keyboard.press("i")
    zoom = page.get_by_test_id("zoom")
    page.keyboard.press("+")
    expect(zoom).to_contain_text("125%")
    _lay_out(page, "1x2")
    _full(page, 2)
    page.keyboard.press("Control+z")
    expect(page.locator(".cell")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(zoom).to_contain_text("100%")
    page.keyboard.press("Control+Shift+z")
    expect(zoom).to_contain_text("125%")
    if _is_phone(page):
        page.get_by_test_id("more").click()
    page.get_by_test_id("undo").click()
    expect(zoom).to_contain_text("100%")


def test_the_whole_display_is_filled_and_given_back(links: Links, desktop_page: Page) -> None:
    page = desktop_page
    _open(page, links.head)
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    expect(page.get_by_test_id("full-screen")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement === null")


def test_two_patients_on_one_screen_cannot_be_missed(links: Links, page: Page) -> None:
    """A link holds one patient's scans; should another's ever come through, the page says so itself."""

    def mixed(route: Route) -> None:
        answer = route.fetch()
        manifest = json.loads(answer.body())
        manifest["studies"][1]["patient"] = {"name": "OTHER^OLIVIA", "id": "X-9", "birth_date": "19800202", "sex": "F"}
        route.fulfill(response=answer, body=json.dumps(manifest))

    page.route("**/open", mixed)
    _open(page, links.head)
    warning = page.get_by_test_id("patients-warning")
    expect(warning).to_have_count(0)
    page.locator("[data-testid^=compare-]").click()
    expect(warning).to_be_visible()
    expect(warning).to_contain_text("2 different people")
    expect(warning).to_contain_text(re.compile("TESTPERSON, ADA.*OTHER, OLIVIA"))
    people = page.get_by_test_id("cell-person")
    expect(people).to_have_count(2)
    expect(people.nth(1)).to_have_text("OTHER, OLIVIA")
    _cell(page, 2).locator(".viewport").click()
    expect(page.get_by_test_id("patient")).to_contain_text("OTHER, OLIVIA")
    expect(warning).to_be_visible()


def test_series_of_a_real_disc_lie_side_by_side_and_scroll_together(place: Place, chromium: Browser) -> None:
    link = place.share("--no-passcode")
    for page in _page(chromium, "desktop"):
        _open(page, link["here"])
        _lay_out(page, "2x2")
        shown = page.locator(".cell .viewport").count()
        _full(page, shown)
        assert shown >= 3
        slider = _cell(page, 1).get_by_test_id("slider")
        slider.fill("0")
        _full(page, shown)
        slider.fill(str(int(slider.get_attribute("max") or 0)))
        _full(page, shown)
        expect(page.get_by_test_id("patients-warning")).to_have_count(0)


def test_two_thousand_slices_are_gone_through_on_a_phone(links: Links, chromium: Browser) -> None:
    """Four gigabytes of slices within the 120 MB that a phone gives to them: what is far goes, and comes again."""
    size = 1024
    sent: list[int] = []

    def long(route: Route) -> None:
        answer = route.fetch()
        manifest = json.loads(answer.body())
        series = manifest["series"]
        common = {**series["common"], **series["frames"][0]}
        common |= {
            "rows": size,
            "columns": size,
            "wire": "raw",
            "format": "i2",
            "samples": 1,
            "tables": [],
            "overlays": [],
        }
        frames = [{"i": 1000 + at, "position": [0, 0, at]} for at in range(2000)]
        series |= {"common": {name: value for name, value in common.items() if name not in frames[0]}, "frames": frames}
        manifest["first"]["index"] = 1000
        route.fulfill(response=answer, body=json.dumps(manifest))

    def slice_(route: Route) -> None:
        number = int(route.request.url.split("/")[-2]) - 1000
        sent.append(number)
        route.fulfill(body=number.to_bytes(2, "little") * size * size, content_type="application/octet-stream")

    for page in _page(chromium, "phone"):
        page.route("**/open", long)
        page.route("**/frames/**", slice_)
        page.route("**/strip", lambda route: route.fulfill(status=404))
        _open(page, links.head)
        slider, viewport = page.get_by_test_id("slider"), page.get_by_test_id("viewport")
        for at in (0, 400, 800, 1200, 1600, 1999, 0):
            slider.fill(str(at))
            expect(page.get_by_test_id("slice")).to_have_text(f"{at + 1} / 2000")
            expect(viewport).to_have_attribute("data-fidelity", "full")
            page.wait_for_timeout(1500)
        # Of two megabytes each no more than sixty are held: the first one was let go, and had to come again.
        assert len(sent) > 60
        assert sent.count(0) == 2
