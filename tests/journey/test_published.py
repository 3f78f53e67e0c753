"""A published study opens in a browser from any host of files, a part at a time, by its whole link and no other."""

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.door.dicom_door import free_port
from tests.factories.discs import make_disc
from tests.factories.packages import imported

from undisc.app import build, build_exporting, build_publishing
from undisc.export.publishing import link_of
from undisc.export.sealing import Sealer, new_package
from undisc.export.service import Choices
from undisc.export.viewer import BUILT
from undisc.settings import Settings

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not BUILT.is_dir(), reason="the viewer for discs was not built"),
]


@dataclass
class Host:
    """A host of files, what it was asked for, and the published link."""

    link: str
    folder: Path
    chunks: int
    asked: list[str] = field(default_factory=list)


class _Files(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: Any, asked: list[str], **more: Any) -> None:
        self._asked = asked
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        self._asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("published")
    make_disc(folder / "disc", studies=1, series=2, slices=30, rows=256, columns=256)
    port, asked = free_port(), []
    app = build(Settings(data_dir=folder / "data", workers=1, place_name="Riverside Imaging"))
    try:
        studies, sealer = imported(app, [folder / "disc"]), Sealer(new_package())
        with build_exporting(app).package(studies, Choices(sealer=sealer)) as package:
            made = build_publishing(app).publish(
                package.files, sealer, ["1.2"], str(folder / "host"), url=f"http://127.0.0.1:{port}"
            )
    finally:
        app.close()
    here = folder / "host" / made.id
    handler = functools.partial(_Files, directory=str(folder / "host"), asked=asked)
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Host(link_of(made, sealer), here, len(list((here / "DATA").glob("C*"))), asked)
        server.shutdown()


@pytest.fixture
def page(chromium: Browser, host: Host) -> Iterator[Page]:
    host.asked.clear()
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def test_the_link_shows_the_pictures_without_fetching_all_of_them(host: Host, page: Page) -> None:
    page.goto(host.link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("TESTPERSON", timeout=20_000)
    expect(page.get_by_test_id("viewport")).to_have_attribute("data-fidelity", "full", timeout=20_000)
    first = [path for path in host.asked if "/DATA/C" in path]
    assert 1 < len(first) < host.chunks
    assert not any("key=" in path for path in host.asked)
    # The files for other programs lie behind the pictures: nobody asked for them.
    page.wait_for_timeout(1500)
    assert f"/{host.folder.name}/DATA/C{host.chunks - 1:07d}.JS" not in host.asked


@pytest.mark.parametrize(
    ("change", "told"),
    [("another", "This link does not open"), ("none", "Part of the address is missing")],
    ids=["another", "none"],
)
def test_without_its_own_key_the_page_shows_nothing(host: Host, page: Page, change: str, told: str) -> None:
    address, _, fragment = host.link.partition("#")
    last = "B" if fragment[10] == "A" else "A"
    page.goto(address + (f"#{fragment[:10]}{last}{fragment[11:]}" if change == "another" else ""))
    expect(page.get_by_text(told).first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("TESTPERSON")).to_have_count(0)
    expect(page.locator("canvas")).to_have_count(0)
