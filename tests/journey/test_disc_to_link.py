"""From a disc to a link to a picture in a browser, with the very values that the disc holds."""

import random
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.journey.conftest import PLACE, Place, undisc

pytestmark = pytest.mark.journey

_CLOSED = "This link does not open. Ask the person who sent it for a new one."
_PROBE = re.compile(r"x (\d+), y (\d+): ([−-]?[\d.,\u202f ]+)")


def _listened(page: Page) -> list[str]:
    """What the page complains of: script errors and breaches of its content security policy."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if "Content Security Policy" in line.text else None)
    return heard


def _open(page: Page, place: Place, passcode: str, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading")).to_contain_text(f"Pictures from {PLACE}")
    page.get_by_test_id("passcode").fill(passcode)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("viewport")).to_be_visible()
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full")


def test_the_disc_is_kept_whole(place: Place) -> None:
    told = place.imported
    files = [path for path in place.disc.rglob("*") if path.is_file()]
    counts = ("stored", "duplicate", "quarantined", "not_dicom", "unreadable")
    assert told["files"] == len(files) == sum(told[count] for count in counts)
    assert told["quarantined"] == told["unreadable"] == 0
    assert {item["path"] for item in told["items"]} == {path.relative_to(place.disc).as_posix() for path in files}


def test_a_series_reached_by_keys_is_seen_in_the_list(place: Place, context: BrowserContext) -> None:
    link = place.share()
    page = context.new_page()
    _open(page, place, link["passcode"], link["here"])
    chosen = page.locator('button.series[aria-current="true"]')
    for _ in range(page.locator("button.series").count() - 1):
        page.keyboard.press("]")
        page.wait_for_timeout(100)
    expect(page.locator("button.series").last).to_have_attribute("aria-current", "true")
    expect(chosen).to_be_in_viewport(ratio=0.9)


def test_a_second_import_changes_nothing_and_says_so(place: Place) -> None:
    again = undisc("import", str(place.disc), data=place.data)
    assert again.returncode == 0
    assert "is here already" in again.stdout
    assert "Nothing was changed." in again.stdout


def test_link_passcode_first_picture_scroll(place: Place, context: BrowserContext) -> None:
    link = place.share()
    page = context.new_page()
    heard = _listened(page)
    page.goto(link["here"])
    assert "patient" not in page.content().lower()
    _open(page, place, link["passcode"], link["here"])
    assert page.title() == "Pictures – Undisc"
    at = page.get_by_test_id("slice")
    before = at.inner_text()
    page.keyboard.press("ArrowDown")
    expect(at).not_to_have_text(before)
    page.keyboard.press("Home")
    expect(at).to_have_text(re.compile(r"^1 / \d+$"))
    page.keyboard.press("End")
    expect(at).to_have_text(re.compile(r"^(\d+) / \1$"))
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full")
    assert heard == []


def test_values_under_the_cursor_are_the_discs_own(place: Place, context: BrowserContext) -> None:
    link = place.share()
    page = context.new_page()
    _open(page, place, link["passcode"], link["here"])
    frames = page.evaluate(
        """async () => {
            const base = location.pathname;
            const study = await (await fetch(`${base}/study`)).json();
            const first = study.studies[0].series.find((series) => series.kind === "images");
            const series = await (await fetch(`${base}/series/${first.id}`)).json();
            return series.frames.map((frame) => ({ ...series.common, ...frame }));
        }"""
    )
    box = page.get_by_test_id("viewport").bounding_box()
    assert box is not None
    rng = random.Random(4)
    compared = 0
    page.keyboard.press("Home")
    for _ in range(200):
        if compared == 20:
            break
        for _ in range(rng.randint(0, 3)):
            page.keyboard.press("ArrowDown")
        expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full")
        page.mouse.move(
            box["x"] + box["width"] * rng.uniform(0.25, 0.75), box["y"] + box["height"] * rng.uniform(0.3, 0.7)
        )
        page.wait_for_timeout(60)
        shown = _PROBE.search(page.get_by_test_id("probe").inner_text())
        at = int(page.get_by_test_id("slice").inner_text().split("/")[0]) - 1
        if not shown:
            continue
        column, row = int(shown[1]), int(shown[2])
        value = float(shown[3].replace("−", "-").replace(",", "").replace("\u202f", "").strip())
        assert value == pytest.approx(_value_on_disc(place, frames[at], row, column), abs=0.006)
        compared += 1
    assert compared == 20


def _value_on_disc(place: Place, frame: dict, row: int, column: int) -> float:
    """The modality value as pydicom reads it off the disc, found by its UID, not off our own archive."""
    kept = place.app.archive.instance(frame["i"])
    assert kept is not None
    dataset = pydicom.dcmread(_paths_by_uid(place.disc)[kept.names.instance])
    stored = float(dataset.pixel_array[row, column])
    return stored * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))


@cache
def _paths_by_uid(disc: Path) -> dict[str, Path]:
    found = {}
    for path in disc.rglob("*"):
        if path.is_file() and path.read_bytes()[128:132] == b"DICM":
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            found[str(dataset.get("SOPInstanceUID"))] = path
    return found


def test_a_wrong_passcode_shows_a_plain_page_and_nothing_else(place: Place, context: BrowserContext) -> None:
    link = place.share()
    page = context.new_page()
    page.goto(link["here"])
    wrong = "0" * 5 + ("1" if link["passcode"] != "000001" else "2")
    page.get_by_test_id("passcode").fill(wrong)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("problem")).to_contain_text("That passcode is not right.")
    assert page.get_by_test_id("viewport").count() == 0
    assert context.cookies() == []


@pytest.mark.parametrize("fate", ["expired", "revoked", "tampered", "unknown"])
def test_a_link_that_is_no_good_shows_a_plain_page_and_nothing_else(
    place: Place, context: BrowserContext, fate: str
) -> None:
    address = _address_of(place, fate)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_test_id("closed")).to_have_text(_CLOSED)
    assert page.get_by_test_id("passcode").count() == 0
    assert PLACE not in page.inner_text("body")
    assert context.cookies() == []


def _address_of(place: Place, fate: str) -> str:
    if fate == "expired":
        study = place.app.archive.study_id(place.imported["studies"][0])
        made = place.app.sharing.create_link([study], expires=timedelta(milliseconds=1))
        return place.here(made.url)
    link = place.share()
    if fate == "revoked":
        assert undisc("unshare", link["link"], data=place.data).returncode == 0
        return link["here"]
    if fate == "tampered":
        flipped = "A" if link["here"][-1] != "A" else "B"
        return link["here"][:-1] + flipped
    return link["here"].replace(link["link"], "zzzzzzzzzz")


def test_revoking_ends_what_is_open_at_once(place: Place, context: BrowserContext) -> None:
    link = place.share()
    page = context.new_page()
    _open(page, place, link["passcode"], link["here"])
    assert page.evaluate("async () => (await fetch(`${location.pathname}/study`)).status") == 200
    undisc("unshare", link["link"], data=place.data)
    assert page.evaluate("async () => (await fetch(`${location.pathname}/study`)).status") == 404


def test_view_only_offers_no_download_and_gives_none(place: Place, context: BrowserContext) -> None:
    link = place.share("--view-only")
    page = context.new_page()
    _open(page, place, link["passcode"], link["here"])
    assert page.get_by_test_id("download").count() == 0
    assert page.evaluate("async () => (await fetch(`${location.pathname}/download`)).status") == 403
