"""Taps by finger."""

from playwright.sync_api import Locator

_HEARD = """element => {
    element.dataset.tapped = 'no';
    element.addEventListener('click', () => { element.dataset.tapped = 'yes'; }, { once: true });
}"""


def tap(locator: Locator) -> None:
    """Taps until it is felt, as people do: a browser gives up a touch that a busy page is slow to answer."""
    target = locator.element_handle()
    assert target is not None
    target.evaluate(_HEARD)
    for _ in range(3):
        locator.tap()
        for _ in range(20):
            # What is gone from the page has been felt, too.
            if target.evaluate("element => !element.isConnected || element.dataset.tapped === 'yes'"):
                return
            locator.page.wait_for_timeout(50)
    raise AssertionError("the tap was not felt")
