"""One journey in Chromium and in Firefox: what both can do with a page, under the same names."""

from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser
from tests.journey.listening import heard_on


class Screen(Protocol):
    """See FirefoxPage, which has all of these and says what each does."""

    def goto(self, address: str) -> None: ...

    def evaluate(self, function: str, *arguments: Any) -> Any: ...

    def wait_for(self, function: str, *arguments: Any, seconds: float = 30) -> Any: ...

    def expect(self, selector: str, *, seconds: float = 30) -> None: ...

    def text(self, selector: str) -> str: ...

    def box(self, selector: str) -> tuple[float, float, float, float]: ...

    def click(self, selector: str) -> None: ...

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None: ...

    def hover(self, at: tuple[float, float]) -> None: ...

    def press(self, *keys: str) -> None: ...

    def type(self, text: str) -> None: ...

    def download(self, selector: str, *, seconds: float = 30) -> bytes: ...

    def choose(self, selector: str, files: list[Path]) -> None: ...

    def photograph(self, path: Path) -> None: ...

    def close(self) -> None: ...


class ChromiumPage:
    """A page in a context of its own. heard: what it complains of."""

    def __init__(self, chromium: Browser, width: int = 1440, height: int = 900, *, offline: bool = False) -> None:
        self._context = chromium.new_context(viewport={"width": width, "height": height}, offline=offline)
        self.page = self._context.new_page()
        self.heard = heard_on(self.page)

    def goto(self, address: str) -> None:
        self.page.goto(address)

    def evaluate(self, function: str, *arguments: Any) -> Any:
        return self.page.evaluate(f"(given) => ({function})(...given)", list(arguments))

    def wait_for(self, function: str, *arguments: Any, seconds: float = 30) -> Any:
        made = f"(given) => ({function})(...given)"
        return self.page.wait_for_function(made, arg=list(arguments), timeout=seconds * 1000).json_value()

    def expect(self, selector: str, *, seconds: float = 30) -> None:
        self.page.locator(selector).first.wait_for(state="attached", timeout=seconds * 1000)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def box(self, selector: str) -> tuple[float, float, float, float]:
        box = self.page.locator(selector).first.bounding_box()
        assert box is not None
        return box["x"], box["y"], box["width"], box["height"]

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*end)
        self.page.mouse.up()

    def hover(self, at: tuple[float, float]) -> None:
        self.page.mouse.move(*at)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def download(self, selector: str, *, seconds: float = 30) -> bytes:
        with self.page.expect_download(timeout=seconds * 1000) as coming:
            self.click(selector)
        return coming.value.path().read_bytes()

    def choose(self, selector: str, files: list[Path]) -> None:
        self.page.locator(selector).first.set_input_files(files)

    def photograph(self, path: Path) -> None:
        self.page.screenshot(path=path)

    def close(self) -> None:
        self._context.close()
