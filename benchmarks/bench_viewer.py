"""How soon a holder of a link sees something, over an emulated network, in a real browser.

    python -m benchmarks.bench_viewer [--quick]

A generated 512×512 CT is taken in, shared, and opened in Chromium at 10 Mbit/s and 40 ms. Times run from the Enter
after the passcode, in the page's own clock: to the first picture, to its full fidelity, and through the whole series.

Where OHIF is unpacked (`make bench-viewer` sees to that) it opens a link without a passcode to the same study from the
same server, and so does Undisc's viewer: times then run from the navigation to the first picture, bytes up to it.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
            for name, network in list(_NETWORKS.items())[: 1 if quick else 2]:
                runs = [_open(app, base, browser, network) for _ in range(rounds)]
                _print(f"{slices}-slice CT, {name}", runs)
            if HAS_OHIF:
                _beside(app, base, browser, beside, 1 if quick else 3)
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


def _beside(app: App, base: str, browser: Browser, beside: Ohif, rounds: int) -> None:
    """The same study by a link without a passcode, in OHIF and in Undisc's own viewer, in turn."""
    study = app.archive.studies()[0]
    for name, network in (("10 Mbit/s + 40 ms", _NETWORKS["10 Mbit/s + 40 ms"]), ("no throttle", None)):
        theirs, ours = [], []
        for _ in range(rounds):
            link = app.sharing.create_link([study.id])
            secret = link.url.partition("#")[2]
            theirs.append(
                _first_picture(
                    browser,
                    network,
                    f"{beside.origin}/viewer?StudyInstanceUIDs={study.study_uid}#link={link.link.id}&secret={secret}",
                    _OHIF_DRAWN,
                )
            )
            ours.append(_first_picture(browser, network, f"{base}/s/{link.url.split('/s/', 1)[1]}", _OUR_DRAWN))
        (time, size), (their_time, their_size) = (
            [statistics.median(run[at] for run in runs) for at in (0, 1)] for runs in (ours, theirs)
        )
        print(f"viewer beside OHIF: {name}, {rounds} rounds (medians), from the navigation to the first picture")
        print(f"  Undisc {time:6.0f} ms {size / 1e3:8.0f} KB   OHIF {their_time:6.0f} ms {their_size / 1e3:8.0f} KB")
        print(f"  {their_time / time:.1f} times sooner (goal: 12), 1/{their_size / size:.0f} of the bytes (goal: 1/50)")


def _first_picture(
    browser: Browser, network: tuple[float, int] | None, address: str, drawn: str
) -> tuple[float, float]:
    """Milliseconds in the page's own clock until something is drawn, and bytes by then."""
    with _page(browser, network, viewport={"width": 1280, "height": 800}) as (page, counted):
        page.goto(address, wait_until="commit")
        page.wait_for_function(drawn, timeout=120_000, polling=20)
        return page.evaluate("window.__drawn"), counted()


def _open(app: App, base: str, browser: Browser, network: tuple[float, int]) -> dict[str, Any]:
    study = app.archive.studies()[0]
    link = app.sharing.create_link([study.id], passcode="auto")
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    with _page(browser, network, **phone) as (page, counted):
        page.add_init_script(_WATCH)
        page.goto(f"{base}/s/{link.url.split('/s/', 1)[1]}")
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
    drawn = statistics.median(sum(scroll[kind] for kind in ("none", "preview", "full")) for scroll in scrolls)
    blank = max(scroll["none"] for scroll in scrolls)
    settled = statistics.median(scroll["settled"] for scroll in scrolls)
    print(f"viewer: {name}, {len(runs)} rounds (medians)")
    print(f"  first picture {first:6.0f} ms   full fidelity {full:6.0f} ms   {size / 1e3:6.0f} KB by then")
    print(
        f"  end to end in {scrolls[-1]['seconds']:.1f} s to {scrolls[-1]['last']}: {drawn:.0f} pictures drawn, "
        f"at most {blank} blank; the last one in full {settled:.0f} ms after stopping"
    )


if __name__ == "__main__":
    main()
