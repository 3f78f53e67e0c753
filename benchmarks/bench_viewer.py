"""How soon a holder of a link sees something, over an emulated network, in a real browser.

    python -m benchmarks.bench_viewer [--quick]

A generated 512×512 CT is taken in, shared, and opened in Chromium at 10 Mbit/s and 40 ms. Times run from the Enter
after the passcode, in the page's own clock: to the first picture, to its full fidelity, and through the whole series.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import structlog
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright
from tests.door.running import serving
from tests.factories.series import write_ct_series

from undisc.app import App, build, build_web
from undisc.settings import Settings

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round on 40 slices")
    quick = parser.parse_args().quick
    slices, rounds = (40, 1) if quick else (500, 5)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is not installed")
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        work = Path(made)
        write_ct_series(work / "series", slices=slices)
        app = build(Settings(data_dir=work / "data", place_name="Riverside Imaging"))
        app.intake.take_in([work / "series"])
        with serving(build_web(app)) as base:
            browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
            for name, (bits, latency) in list(_NETWORKS.items())[: 1 if quick else 2]:
                runs = [_open(app, base, browser, bits, latency) for _ in range(rounds)]
                _print(f"{slices}-slice CT, {name}", runs)
            browser.close()
        app.close()


def _open(app: App, base: str, browser: Browser, bits: float, latency: float) -> dict[str, Any]:
    study = app.archive.studies()[0]
    link = app.sharing.create_link([study.id], passcode="auto")
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    session = context.new_cdp_session(page)
    counted = _count_bytes(session)
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": bits / 8, "uploadThroughput": bits / 8},
    )
    page.add_init_script(_WATCH)
    page.goto(f"{base}/s/{link.url.split('/s/', 1)[1]}")
    page.get_by_test_id("passcode").fill(str(link.passcode))
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Enter")
    expect(page.locator("[data-fidelity=full]")).to_be_visible(timeout=120_000)
    page.wait_for_timeout(50)
    times = json.loads(page.evaluate("JSON.stringify(window.__times)"))
    before = counted()
    scrolled = _scroll(page)
    context.close()
    first = min(times.get("preview", times["full"]), times["full"])
    return {
        "first": first - times["enter"],
        "full": times["full"] - times["enter"],
        "bytes": before,
        "scroll": scrolled,
    }


def _scroll(page: Page) -> dict[str, Any]:
    return page.evaluate(_SCROLL)


def _count_bytes(session: CDPSession) -> Any:
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
