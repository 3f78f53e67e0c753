"""The one Chromium of a test run: a second Playwright in the same process does not start beside it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

_CHROMIUM = shutil.which("chromium")
_FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


_WAITS_FOR_OTHERS = ("journey", "peers", "slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run once more what waits for browsers, other people's programs or long work, where it failed: on a busy machine
    one can miss what it waits for.

    The closing line counts what was run again, so that a test that often needs it is seen.
    """
    for item in items:
        if any(item.get_closest_marker(name) for name in _WAITS_FOR_OTHERS):
            item.add_marker(pytest.mark.flaky(reruns=1))
