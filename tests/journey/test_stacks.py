"""A stack plays as it was recorded, and is gone through however long it is."""

import json

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.journey.cells import Links, is_phone, open_link, sized_page

pytestmark = pytest.mark.journey


def test_a_loop_plays_as_recorded_and_stops_where_it_is(links: Links, page: Page) -> None:
    open_link(page, links.heart)
    page.keyboard.press("Home")
    play = page.get_by_test_id("play")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    if not is_phone(page):
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
    open_link(page, links.head)
    expect(page.get_by_test_id("rate")).to_have_text("10 a second")
    at = page.get_by_test_id("slice")
    before = at.inner_text()
    page.keyboard.press(" ")
    expect(at).not_to_have_text(before)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("play")).to_have_attribute("aria-pressed", "false")


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

    for page in sized_page(chromium, "phone"):
        page.route("**/open", long)
        page.route("**/frames/**", slice_)
        page.route("**/strip", lambda route: route.fulfill(status=404))
        open_link(page, links.head)
        slider, viewport = page.get_by_test_id("slider"), page.get_by_test_id("viewport")
        for at in (0, 400, 800, 1200, 1600, 1999, 0):
            slider.fill(str(at))
            expect(page.get_by_test_id("slice")).to_have_text(f"{at + 1} / 2000")
            expect(viewport).to_have_attribute("data-fidelity", "full")
            page.wait_for_timeout(1500)
        # Of two megabytes each no more than sixty are held: the first one was let go, and had to come again.
        assert len(sent) > 60
        assert sent.count(0) == 2
