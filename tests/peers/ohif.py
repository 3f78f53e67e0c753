"""OHIF, unpacked by `make test`, served from an origin of its own with the configuration that the docs give."""

import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_GIVEN = os.environ.get("UNDISC_TEST_OHIF")
DIST = Path(_GIVEN) if _GIVEN else _ROOT / ".stamps" / "ohif" / "package" / "dist"
CONFIG = _ROOT / "docs" / "operate" / "ohif-config.js"
_TEXT = {".html", ".js", ".css", ".json", ".svg", ".wasm"}
DOCUMENTED = "https://pictures.example"

needs_ohif = pytest.mark.skipif(not (DIST / "index.html").is_file(), reason="OHIF is not unpacked in .stamps")


class _Pages(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    undisc = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/app-config.js":
            said = CONFIG.read_text()
            assert said.count(DOCUMENTED) == 1
            self._say(said.replace(DOCUMENTED, type(self).undisc).encode())
            return
        if not Path(self.translate_path(path)).is_file():
            self.path = "/index.html"  # OHIF's own pages are one
        file = Path(self.translate_path(self.path.partition("?")[0]))
        if file.suffix in _TEXT and "gzip" in self.headers.get("Accept-Encoding", ""):
            self._say(_packed(file), self.guess_type(file), "gzip")
            return
        super().do_GET()

    def _say(self, body: bytes, kind: str = "text/javascript", encoding: str | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@cache
def _packed(file: Path) -> bytes:
    """As whoever serves OHIF well sends it."""
    return gzip.compress(file.read_bytes())


class Ohif:
    """origin: what a browser calls it, on another site than 127.0.0.1."""

    def __init__(self, port: int, pages: type[_Pages]) -> None:
        self.origin = f"http://localhost:{port}"
        self._pages = pages

    def points_at(self, undisc: str) -> None:
        self._pages.undisc = undisc


@contextmanager
def ohif() -> Iterator[Ohif]:
    pages = type("Pages", (_Pages,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(pages, directory=str(DIST)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Ohif(server.server_address[1], pages)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
