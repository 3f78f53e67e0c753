"""The whole application with a study and its report in it, and programs that open SMART Health Links before it."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pydicom
from joserfc import jwe
from joserfc.jwk import OctKey
from tests.door.running import TestClock, serving
from tests.factories import discs
from tests.factories.documents import PDF as PDF_CLASS
from tests.factories.documents import encapsulated

from undisc.app import App, build, build_health_links, build_web
from undisc.settings import Settings
from undisc.sharing.health_links import HealthLinks, NewHealthLink

PUBLIC = "https://pictures.example"


@dataclass
class HealthDoor:
    base: str
    app: App
    clock: TestClock
    links: HealthLinks
    client: httpx.Client
    study: int

    def post(self, link: NewHealthLink, **asked: Any) -> httpx.Response:
        """Ask for the manifest."""
        return self.client.post(self.here(payload(link)["url"]), json={"recipient": "Dr. Test", **asked})

    def here(self, url: str) -> str:
        assert url.startswith(PUBLIC)
        return url.removeprefix(PUBLIC)


def payload(link: NewHealthLink) -> dict[str, Any]:
    """What stands in a shlink."""
    text = link.text.removeprefix("shlink:/")
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def unsealed(link: NewHealthLink, sealed: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header of a JWE, and what is in it."""
    key = OctKey.import_key(base64.urlsafe_b64decode(payload(link)["key"] + "="))
    registry = jwe.JWERegistry(algorithms=["dir", "A256GCM", "DEF"])
    registry.max_ciphertext_length = 10_000_000
    found = jwe.decrypt_compact(sealed, key, registry=registry)
    assert found.plaintext
    return dict(found.protected), json.loads(found.plaintext)


@contextmanager
def health_door(folder: Path, report: bytes | None = None, *, real_time: bool = False) -> Iterator[HealthDoor]:
    made = discs.make_disc(folder / "disc", studies=1, series=2, slices=3, rows=32, columns=32)
    paper = encapsulated(1, PDF_CLASS, report or discs.pdf("No abnormality seen."), "application/pdf")
    beside = pydicom.dcmread(made.folder / made.images[0])
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID"):
        setattr(paper, keyword, getattr(beside, keyword))
    paper.save_as(folder / "disc" / "REPORT.DCM", enforce_file_format=True)
    clock = TestClock()
    settings = {"data_dir": folder / "data", "place_name": "Riverside Imaging", "public_url": PUBLIC, "workers": 1}
    app = build(Settings.model_validate(settings), None if real_time else clock)
    app.intake.take_in([folder / "disc"])
    with serving(build_web(app)) as base, httpx.Client(base_url=base, timeout=30) as client:
        yield HealthDoor(base, app, clock, build_health_links(app), client, app.archive.studies()[0].id)
    app.close()
