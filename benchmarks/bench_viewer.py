"""How soon a holder of a link sees something, over an emulated network, in a real browser.

    python -m benchmarks.bench_viewer [--quick]

A generated 512×512 CT is taken in, shared, and opened in Chromium at 10 Mbit/s and 40 ms. Times run from the Enter
after the passcode, in the page's own clock: to the first picture, to its full fidelity, and through the whole series.

Where OHIF is unpacked (`make bench-viewer` sees to that) it opens a link without a passcode to the same study from the
same server, and so does Undisc's viewer: times then run from the navigation to the first picture, bytes up to it. Then
the wheel is turned for three seconds in both: how often the page draws, how many pictures it shows, and how large its
heap is after that, with what its scripts hold in buffers. Workers are not counted in either.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import structlog
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright
from tests.door.running import serving
from tests.factories.series import write_ct_series
from tests.peers.ohif import DIST, Ohif, ohif

from undisc.app import App, build, build_web
from undisc.settings import Settings

HAS_OHIF = (DIST / "index.html").is_file()
_FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_NETWORKS = {"10 Mbit/s + 40 ms": (10e6, 40), "1.6 Mbit/s + 150 ms": (1.6e6, 150)}

# Notes, in the page's own clock, when Enter was pressed and when the viewport first showed each fidelity.
_WATCH = """
(() => {
  const times = (window.__times = {});
  addEventListener("keydown", (event) => { if (event.key === "Enter") times.enter ??= performance.now(); }, true);
  const note = () => {
    const shown = document.querySelector("[data-fidelity]")?.dataset.fidelity;
    if (shown && shown !== "none") requestAnimationFrame(() => { times[shown] ??= performance.now(); });
  };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
})();
"""

# Draws the slider from the first slice to the last in three seconds, whatever the frame rate, and counts what showed.
_SCROLL = """
async () => {
  const slider = document.querySelector("[data-testid=slider]");
  const at = () => document.querySelector("[data-testid=slice]").textContent;
  const move = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const total = Number(at().split("/")[1]);
  const first = Number(slider.min), last = Number(slider.max);
  const shown = { none: 0, preview: 0, full: 0 };
  const begun = performance.now();
  for (let done = 0; done < 1; ) {
    done = Math.min(1, (performance.now() - begun) / 3000);
    move.call(slider, String(Math.round(first + done * (last - first))));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    shown[document.querySelector("[data-fidelity]").dataset.fidelity] += 1;
  }
  const ended = performance.now();
  while (document.querySelector("[data-fidelity]").dataset.fidelity !== "full") {
    await new Promise(requestAnimationFrame);
  }
  return { seconds: (ended - begun) / 1000, last: at(), settled: performance.now() - ended, ...shown };
}
"""

# Each is asked every 20 ms whether a picture is drawn, and notes when it first was.
_OHIF_DRAWN = """() => {
  const drawn = [...document.querySelectorAll("canvas.cornerstone-canvas")].some((canvas) => {
    const { width, height } = canvas;
    if (!width || !height) return false;
    const row = canvas.getContext("2d").getImageData(0, height >> 1, width, 1).data;
    return row.some((value, at) => at % 4 < 3 && value !== row[at % 4]);
  });
  return drawn && (window.__drawn ??= performance.now());
}"""
# Turns the wheel over the picture at every refresh for three seconds; counts refreshes, and pictures that were shown.
_WHEEL = """
async ([at, counting]) => {
  const picture = document.querySelector(at);
  const { left, top, width, height } = picture.getBoundingClientRect();
  const place = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true, cancelable: true };
  let shown = 0;
  if (counting.event) {
    document.addEventListener(counting.event, () => { shown += 1; }, true);
  } else {
    new MutationObserver(() => { shown += 1; }).observe(document.querySelector(counting.text), {
      subtree: true, childList: true, characterData: true,
    });
  }
  const begun = performance.now();
  let refreshes = 0, longest = 0, before = begun, down = 1;
  while (before - begun < 3000) {
    // To one end and back, so that there is always somewhere to go.
    down = Math.floor((before - begun) / 750) % 2 === 0 ? 1 : -1;
    picture.dispatchEvent(new WheelEvent("wheel", { ...place, deltaY: 100 * down }));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
    refreshes += 1;
  }
  const seconds = (before - begun) / 1000;
  return { refreshes: refreshes / seconds, shown: shown / seconds, longest };
}
"""
_OHIF_WHEEL = ["canvas.cornerstone-canvas", {"event": "CORNERSTONE_IMAGE_RENDERED"}]
_OUR_WHEEL = [".viewport", {"text": "[data-testid=slice]"}]

_OUR_DRAWN = """() => {
  const shown = document.querySelector("[data-fidelity]")?.dataset.fidelity;
  return shown && shown !== "none" && (window.__drawn ??= performance.now());
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round on 40 slices")
    quick = parser.parse_args().quick
    slices, rounds = (40, 1) if quick else (500, 5)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is not installed")
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright, ohif() as beside:
        work = Path(made)
        write_ct_series(work / "series", slices=slices)
        app = build(Settings(data_dir=work / "data", place_name="Riverside Imaging", viewer_origins=beside.origin))
        app.intake.take_in([work / "series"])
        with serving(build_web(app)) as base:
            beside.points_at(base)
            browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
            slow = list(_NETWORKS.items())[1]
            for name, network, slowed in (
                *((name, network, 1) for name, network in list(_NETWORKS.items())[: 1 if quick else 2]),
                (f"{slow[0]}, processor slowed 4 times", slow[1], 4),
            ):
                runs = [_open(app, base, browser, network, slowed) for _ in range(rounds)]
                _print(f"{slices}-slice CT, {name}", runs)
            if HAS_OHIF:
                _beside(app, base, browser, beside, quick=quick)
            else:
                print("viewer: OHIF is not unpacked, so there is nothing beside it")
            browser.close()
        app.close()


@contextmanager
def _page(
    browser: Browser, network: tuple[float, int] | None, **how: Any
) -> Iterator[tuple[Page, Callable[[], float]]]:
    """A fresh page behind this network, and how many bytes it has received."""
    context = browser.new_context(**how)
    page = context.new_page()
    session = context.new_cdp_session(page)
    counted = _count_bytes(session)
    if network is not None:
        bits, latency = network
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": latency, "downloadThroughput": bits / 8, "uploadThroughput": bits / 8},
        )
    yield page, counted
    context.close()


@dataclass(frozen=True)
class _Visit:
    """first: ms to the first picture. longest: ms between two refreshes while scrolling. heap: bytes of the page's."""

    first: float
    received: float
    refreshes: float = 0
    shown: float = 0
    longest: float = 0
    heap: float = 0


def _beside(app: App, base: str, browser: Browser, beside: Ohif, *, quick: bool) -> None:
    """The same study by a link without a passcode, in OHIF and in Undisc's own viewer, in turn."""
    study = app.archive.studies()[0]
    fast, slow = _NETWORKS.values()
    cases = [("10 Mbit/s + 40 ms", fast, 1, True)]
    if not quick:
        cases += [("1.6 Mbit/s + 150 ms, processor slowed 4 times", slow, 4, False), ("no throttle", None, 1, False)]
    rounds = 1 if quick else 3
    for name, network, slowed, scrolls in cases:
        theirs, ours = [], []
        for _ in range(rounds):
            link = app.sharing.create_link([study.id])
            secret = link.url.partition("#")[2]
            there = f"{beside.origin}/viewer?StudyInstanceUIDs={study.study_uid}#link={link.link.id}&secret={secret}"
            here = f"{base}/s/{link.url.split('/s/', 1)[1]}"
            wheels = (_OHIF_WHEEL, _OUR_WHEEL) if scrolls else (None, None)
            theirs.append(_visit(browser, network, slowed, there, _OHIF_DRAWN, wheels[0]))
            ours.append(_visit(browser, network, slowed, here, _OUR_DRAWN, wheels[1]))
        us, them = _median(ours), _median(theirs)
        print(f"viewer beside OHIF: {name}, {rounds} rounds (medians), from the navigation to the first picture")
        print(f"  Undisc {us.first:6.0f} ms {us.received / 1e3:8.0f} KB   ", end="")
        print(f"OHIF {them.first:6.0f} ms {them.received / 1e3:8.0f} KB")
        print(f"  {them.first / us.first:.1f} times sooner (goal: 12), ", end="")
        print(f"1/{them.received / us.received:.0f} of the bytes (goal: 1/50)")
        if scrolls:
            print("  turning the wheel for three seconds, then the page's heap:")
            for who, found in (("Undisc", us), ("OHIF", them)):
                print(
                    f"  {who:6} {found.refreshes:4.0f} refreshes and {found.shown:4.0f} pictures a second, at most "
                    f"{found.longest:4.0f} ms apart; {found.heap / 1e6:5.0f} MB"
                )


def _median(visits: list[_Visit]) -> _Visit:
    return _Visit(*(statistics.median(getattr(one, each.name) for one in visits) for each in fields(_Visit)))


def _visit(
    browser: Browser,
    network: tuple[float, int] | None,
    slowed: int,
    address: str,
    drawn: str,
    wheel: list[Any] | None = None,
) -> _Visit:
    """Opens the address in a fresh page; where there is a wheel to turn, does so once the network is quiet."""
    with _page(browser, network, viewport={"width": 1280, "height": 800}) as (page, counted):
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        page.goto(address, wait_until="commit")
        page.wait_for_function(drawn, timeout=180_000, polling=20)
        first, received = page.evaluate("window.__drawn"), counted()
        if wheel is None:
            return _Visit(first, received)
        _wait_until_quiet(counted, page)
        found = page.evaluate(_WHEEL, wheel)
        session.send("HeapProfiler.enable")
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")
        size = heap["usedSize"] + heap.get("embedderHeapUsedSize", 0) + heap.get("backingStorageSize", 0)
        return _Visit(first, received, found["refreshes"], found["shown"], found["longest"], size)


def _wait_until_quiet(counted: Callable[[], float], page: Page, most: float = 120) -> None:
    """Until nothing came for two seconds, so that fetching does not take part in what is scrolled."""
    before, waited = -1.0, 0.0
    while counted() != before and waited < most:
        before = counted()
        page.wait_for_timeout(2000)
        waited += 2


def _open(app: App, base: str, browser: Browser, network: tuple[float, int], slowed: int) -> dict[str, Any]:
    study = app.archive.studies()[0]
    link = app.sharing.create_link([study.id], passcode="auto")
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    with _page(browser, network, **phone) as (page, counted):
        page.add_init_script(_WATCH)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        page.goto(f"{base}/s/{link.url.split('/s/', 1)[1]}")
        page.get_by_test_id("passcode").wait_for()
        asked = float(page.evaluate("performance.now()"))
        page.get_by_test_id("passcode").fill(str(link.passcode))
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Enter")
        expect(page.locator("[data-fidelity=full]")).to_be_visible(timeout=120_000)
        page.wait_for_timeout(50)
        times = json.loads(page.evaluate("JSON.stringify(window.__times)"))
        before = counted()
        scrolled = page.evaluate(_SCROLL)
    first = min(times.get("preview", times["full"]), times["full"])
    return {
        "asked": asked,
        "first": first - times["enter"],
        "full": times["full"] - times["enter"],
        "bytes": before,
        "scroll": scrolled,
    }


def _count_bytes(session: CDPSession) -> Callable[[], float]:
    total = [0.0]
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: total.__setitem__(0, total[0] + event["encodedDataLength"]))
    return lambda: total[0]


def _print(name: str, runs: list[dict[str, Any]]) -> None:
    first = statistics.median(run["first"] for run in runs)
    full = statistics.median(run["full"] for run in runs)
    size = statistics.median(run["bytes"] for run in runs)
    scrolls = [run["scroll"] for run in runs]
    drawn = statistics.median(
        sum(scroll[kind] for kind in ("none", "preview", "full")) / scroll["seconds"] for scroll in scrolls
    )
    blank = max(scroll["none"] for scroll in scrolls)
    settled = statistics.median(scroll["settled"] for scroll in scrolls)
    print(f"viewer: {name}, {len(runs)} rounds (medians)")
    whole = statistics.median(run["asked"] + run["first"] for run in runs)
    print(f"  first picture {first:6.0f} ms   full fidelity {full:6.0f} ms   {size / 1e3:6.0f} KB by then")
    print(f"  from the link to the first picture, typing left out: {whole:.0f} ms")
    print(
        f"  end to end in {scrolls[-1]['seconds']:.1f} s to {scrolls[-1]['last']}: {drawn:.0f} pictures a second, "
        f"at most {blank} blank; the last one in full {settled:.0f} ms after stopping"
    )


if __name__ == "__main__":
    main()
