"""Debian's Firefox as people have it, driven through WebDriver BiDi (W3C): Playwright would need a build of its own.

A page is opened from an address or a file, looked at by scripts, pressed, dragged and photographed. What went wrong on
it, and every address that it asked for, is remembered. With `offline` nothing but files can be reached.
"""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")

_QUIET = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.tabs.remote.separateFileUriProcess": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "en-GB, en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # What remote control would set by itself, files that may read each other among it, is not what people have.
    "remote.prefs.recommended": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
# A proxy that nobody answers at, for everything that is no file, this machine's own servers too.
_CUT = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.allow_hijacking_localhost": True,
}
_NO_WEBGL = {"webgl.disabled": True}

# Keys without a character, as WebDriver names them.
KEYS = {
    "Enter": "\ue007",
    "Tab": "\ue004",
    "Escape": "\ue00c",
    "Home": "\ue011",
    "End": "\ue010",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "PageUp": "\ue00e",
    "PageDown": "\ue00f",
}


class FirefoxFailed(AssertionError):
    """Firefox refused a command or a script of the test's, or what was waited for did not come."""


class FirefoxPage:
    """One tab. Selectors are CSS; a script is a function's text, and gets and gives plain JSON values."""

    def __init__(self, firefox: "Firefox", context: str) -> None:
        self._firefox = firefox
        self.context = context

    def goto(self, address: str, *, wait: str = "complete") -> None:
        self._firefox.command("browsingContext.navigate", context=self.context, url=address, wait=wait)

    def reload(self) -> None:
        self._firefox.command("browsingContext.reload", context=self.context, wait="complete")

    def size(self, width: int, height: int) -> None:
        self._firefox.command(
            "browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height}
        )

    def evaluate(self, function: str, *arguments: Any) -> Any:
        """What the function returns, or what the promise that it returns comes to."""
        answer = self._firefox.command(
            "script.callFunction",
            functionDeclaration=f"async (given) => JSON.stringify(await ({function})(...JSON.parse(given)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            awaitPromise=True,
            target={"context": self.context},
        )
        if answer["type"] != "success":
            raise FirefoxFailed(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait_for(self, function: str, *arguments: Any, seconds: float = 30) -> Any:
        """The first value of the function that is true; raises FirefoxFailed where none comes in time."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(function, *arguments)):
            if time.monotonic() > end:
                body = self.evaluate("() => document.body.innerText.slice(0, 400)")
                raise FirefoxFailed(
                    f"{function} did not become true; heard {self._firefox.heard}; the page says {body}"
                )
            time.sleep(0.03)
        return value

    def expect(self, selector: str, *, seconds: float = 30) -> None:
        self.wait_for("(selector) => document.querySelector(selector) !== null", selector, seconds=seconds)

    def text(self, selector: str) -> str:
        self.expect(selector)
        return self.evaluate("(selector) => document.querySelector(selector).innerText", selector)

    def box(self, selector: str) -> tuple[float, float, float, float]:
        """Left, top, width and height, in CSS pixels."""
        self.expect(selector)
        found = self.evaluate(
            """(selector) => {
                const box = document.querySelector(selector).getBoundingClientRect();
                return [box.left, box.top, box.width, box.height];
            }""",
            selector,
        )
        return found[0], found[1], found[2], found[3]

    def click(self, selector: str) -> None:
        self.evaluate("(selector) => document.querySelector(selector).scrollIntoView({block: 'nearest'})", selector)
        left, top, width, height = self.box(selector)
        at = (left + width / 2, top + height / 2)
        self.drag(at, at)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """With the left button of the mouse, from one point of the page to another; a click where they are one."""
        moves = [] if start == end else [_move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), _move(*end)]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        self._act("pointer", [_move(*start), down, *moves, up], parameters={"pointerType": "mouse"})

    def hover(self, at: tuple[float, float]) -> None:
        self._act("pointer", [_move(*at)], parameters={"pointerType": "mouse"})

    def wheel(self, selector: str, down: int) -> None:
        left, top, width, height = self.box(selector)
        place = {"x": round(left + width / 2), "y": round(top + height / 2), "deltaX": 0, "deltaY": down}
        self._act("wheel", [{"type": "scroll", **place}])

    def press(self, *keys: str) -> None:
        """Each key for itself, a name of KEYS or a character."""
        values = [KEYS.get(key, key) for key in keys]
        self._act("key", [{"type": kind, "value": value} for value in values for kind in ("keyDown", "keyUp")])

    def type(self, text: str) -> None:
        self.press(*text)

    def download(self, selector: str, *, seconds: float = 30) -> bytes:
        """What is saved by a click."""
        before = set(self._firefox.downloads.glob("*"))
        self.click(selector)
        end = time.monotonic() + seconds
        while True:
            new = [path for path in self._firefox.downloads.glob("*") if path not in before]
            # While it comes there is a second file beside it.
            if new and not any(path.suffix == ".part" for path in new) and all(path.stat().st_size for path in new):
                return new[0].read_bytes()
            if time.monotonic() > end:
                raise FirefoxFailed("nothing was downloaded")
            time.sleep(0.05)

    def choose(self, selector: str, files: list[Path]) -> None:
        """Puts files into a field for them, as its dialog would."""
        self.expect(selector)
        found = self._firefox.command(
            "browsingContext.locateNodes", context=self.context, locator={"type": "css", "value": selector}
        )
        element = {"sharedId": found["nodes"][0]["sharedId"]}
        paths = [str(path) for path in files]
        self._firefox.command("input.setFiles", context=self.context, element=element, files=paths)

    def photograph(self, path: Path) -> None:
        answer = self._firefox.command("browsingContext.captureScreenshot", context=self.context)
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        self._firefox.command("browsingContext.close", context=self.context)

    def _act(self, kind: str, actions: list[dict[str, Any]], **more: Any) -> None:
        source = {"type": kind, "id": kind, "actions": actions, **more}
        self._firefox.command("input.performActions", context=self.context, actions=[source])


class Firefox:
    """A running Firefox. heard: what pages complained of, by the console or by an error; asked: what they asked for."""

    def __init__(self, connection: ClientConnection, downloads: Path) -> None:
        self._connection = connection
        self.downloads = downloads
        self._number = 0
        self.heard: list[str] = []
        self.asked: list[str] = []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def page(self, width: int = 1440, height: int = 900) -> FirefoxPage:
        made = FirefoxPage(self, self.command("browsingContext.create", type="tab")["context"])
        made.size(width, height)
        return made

    def command(self, method: str, /, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=60))
            if message.get("id") == self._number:
                if message["type"] == "error":
                    raise FirefoxFailed(f"{method}: {message['error']}: {message['message']}")
                return message["result"]
            self._remember(message)

    def _remember(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("method") == "network.beforeRequestSent":
            self.asked.append(params["request"]["url"])
        elif message.get("method") == "log.entryAdded" and params["level"] in ("error", "warn"):
            self.heard.append(str(params["text"]))


def _saving_to(folder: Path) -> dict[str, Any]:
    return {"browser.download.folderList": 2, "browser.download.dir": str(folder)}


def _move(x: float, y: float) -> dict[str, Any]:
    return {"type": "pointerMove", "x": round(x), "y": round(y)}


@contextmanager
def firefox_running(profile: Path, *, offline: bool = False, webgl: bool = True) -> Iterator[Firefox]:
    """Starts Firefox over an empty folder and ends it. offline: files alone can be reached."""
    assert PROGRAM is not None
    profile.mkdir(parents=True, exist_ok=True)
    downloads = profile / "downloads"
    downloads.mkdir(exist_ok=True)
    chosen = _QUIET | _saving_to(downloads) | (_CUT if offline else {}) | ({} if webgl else _NO_WEBGL)
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in chosen.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [PROGRAM, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
    with (profile / "said.txt").open("wb") as said:
        process = subprocess.Popen([*command, "about:blank"], stdout=said, stderr=said)
    try:
        # Port 0 lets it choose one that is free, which it writes here.
        server = profile / "WebDriverBiDiServer.json"
        port = _await(lambda: json.loads(server.read_text())["ws_port"], process)
        with connect(f"ws://127.0.0.1:{port}/session", max_size=None, open_timeout=30, proxy=None) as connection:
            yield Firefox(connection, downloads)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(read: Callable[[], int], process: "subprocess.Popen[bytes]", seconds: float = 60) -> int:
    end = time.monotonic() + seconds
    while True:
        try:
            return read()
        except (OSError, ValueError, KeyError):
            if process.poll() is not None or time.monotonic() > end:
                raise FirefoxFailed("Firefox did not start.") from None
            time.sleep(0.05)
