"""The portal on a real archive: Ada has a head scan with a report and a chest scan, Bert a scan that is his alone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydicom.dataset import FileDataset
from tests.door.running import TestClock, serving
from tests.factories.discs import pdf
from tests.factories.documents import document
from tests.factories.instances import ADA, BERT, Patient, Place, image
from tests.factories.people import COOKIE, patient_of, proxy_of

from undisc.accounts.people.model import PatientKey
from undisc.app import App, build, build_web
from undisc.settings import Settings

_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


@dataclass
class PortalDoor:
    base: str
    app: App
    clock: TestClock
    others: list[httpx.Client] = field(default_factory=list)

    def key(self, patient: Patient) -> PatientKey:
        return PatientKey("", patient.id)

    def study(self, patient: Patient, place: int = 0) -> int:
        """A study's row; place 0 is the newest."""
        return self.app.shelf.studies_of([self.key(patient)])[place].id

    def browser(self, token: str = "", language: str = "") -> httpx.Client:
        """A browser of its own, signed in where a session's token is given."""
        headers = {"Accept-Language": language} if language else {}
        self.others.append(httpx.Client(base_url=self.base, timeout=60, headers=headers | {"Accept": "text/html"}))
        if token:
            self.others[-1].cookies.set(COOKIE, token)
        return self.others[-1]

    def patient(self, patient: Patient, **more: str) -> httpx.Client:
        return self.browser(patient_of(self.app, self.key(patient), **more))

    def proxy(self, patient: Patient, kind: str = "parent") -> httpx.Client:
        return self.browser(proxy_of(self.app, self.key(patient), kind))


def form_token(page: httpx.Response) -> str:
    found = _TOKEN.search(page.text)
    assert found, page.text[:2000]
    return found[1]


def send(client: httpx.Client, page: str, where: str = "", **fields: object) -> httpx.Response:
    """Fill in the form of a page and send it, to the page itself or elsewhere; it goes where it is sent."""
    token = form_token(client.get(page))
    return client.post(where or page, data={"form_token": token} | fields, follow_redirects=False)


def _scans() -> Iterator[FileDataset]:
    for number in (1, 2, 3):
        head = image(ADA, Place(1, 1, number, 3), rows=64, columns=64)
        head.BodyPartExamined = "HEAD"
        yield head
    report = document(_PDF, "DOC", 1, patient=ADA, study=1)
    report.EncapsulatedDocument, report.MIMETypeOfEncapsulatedDocument = (
        pdf("Head: nothing unusual."),
        "application/pdf",
    )
    report.DocumentTitle = "Report"
    yield report
    chest = image(ADA, Place(2, 1, 1, 1), modality="CT", rows=64, columns=64)
    chest.BodyPartExamined = "CHEST"
    yield chest
    yield image(BERT, Place(7, 1, 1, 1), rows=64, columns=64)


@contextmanager
def portal_door(folder: Path, **settings: object) -> Iterator[PortalDoor]:
    source = folder / "source"
    source.mkdir()
    for number, dataset in enumerate(_scans(), 1):
        dataset.save_as(source / f"IM{number:04d}", enforce_file_format=True)
    clock = TestClock()
    given = {"data_dir": folder / "data", "workers": 1, "place_name": "Riverside Imaging"} | settings
    app = build(Settings.model_validate(given), clock)
    assert not app.intake.take_in([source]).lost
    with serving(build_web(app)) as base:
        door = PortalDoor(base, app, clock)
        yield door
        for other in door.others:
            other.close()
    app.close()
