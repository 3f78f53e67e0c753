"""A DICOMweb door on a real archive of generated studies, and what a test needs to knock at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from tests.door.running import TestClock, serving
from tests.factories.instances import ADA, BERT, Patient, Place, image, stable_uid

from undisc.app import App, build, build_web
from undisc.settings import Settings
from undisc.sharing.model import NewLink

YAMADA = Patient("TESTYAMADA^TAROU=山田^太郎=やまだ^たろう", "TEST-0003", "19800229", "M")
JOERG = Patient("TESTMÜLLER^JÖRG^K", "TEST_0004", "19610505", "M")


@dataclass
class DicomwebDoor:
    """The door, its archive and clock. `client` shows the token of a system that may search and retrieve."""

    base: str
    app: App
    web: FastAPI
    clock: TestClock
    client: httpx.Client
    others: list[httpx.Client] = field(default_factory=list)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(f"/dicom-web/{path}", **more)

    def search(self, path: str, *parameters: tuple[str, str], **keys: str) -> list[dict[str, Any]]:
        """The results of a search that succeeds."""
        answer = self.get(path, params=[*parameters, *keys.items()])
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/dicom+json"
        return answer.json()

    def token(self, name: str, *scopes: str, **more: Any) -> str:
        return self.app.accounts.create_token(name, scopes, **more).secret

    def stranger(self, bearer: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self.others.append(httpx.Client(base_url=self.base, headers=headers, timeout=60))
        return self.others[-1]

    def link(self, *study_uids: str, **terms: Any) -> NewLink:
        return self.app.sharing.create_link([self.app.archive.study_id(uid) for uid in study_uids], **terms)


def study_uid(patient: Patient, study: int) -> str:
    return stable_uid(patient.id, study)


def series_uid(patient: Patient, study: int, series: int) -> str:
    return stable_uid(patient.id, study, series)


def generated() -> Iterator[FileDataset]:
    """Ada: an MR with two series (3 and 2 pictures) and a CT; Bert: an MR; two people whose names are not ASCII."""
    for series, slices in ((1, 3), (2, 2)):
        for number in range(1, slices + 1):
            dataset = image(ADA, Place(1, series, number, slices), rows=16, columns=24)
            dataset.TimezoneOffsetFromUTC = "+0100"
            dataset.PerformedProcedureStepStartDate, dataset.PerformedProcedureStepStartTime = "20260215", "1010"
            dataset.RequestAttributesSequence = Sequence([_request(f"SPS-{series}", "RP-1")])
            dataset.OperatorsName = "TESTTECH^TOM"
            yield dataset
    yield image(ADA, Place(2, 1, 1, 1), modality="CT", rows=16, columns=16)
    bert = image(BERT, Place(7, 1, 1, 1), rows=16, columns=16)
    bert.StudyTime = "083000.25"
    yield bert
    for patient, study in ((YAMADA, 8), (JOERG, 9)):
        dataset = image(patient, Place(study, 1, 1, 1), rows=16, columns=16)
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.PatientName = patient.name
        dataset.AccessionNumber = "100%_[A]*"[: 8 if patient is YAMADA else 4]
        yield dataset


def _request(step: str, procedure: str) -> Dataset:
    item = Dataset()
    item.ScheduledProcedureStepID, item.RequestedProcedureID = step, procedure
    return item


@contextmanager
def dicomweb_door(folder: Path, **settings: Any) -> Iterator[DicomwebDoor]:
    source = folder / "source"
    source.mkdir()
    for number, dataset in enumerate(generated(), 1):
        dataset.save_as(source / f"IM{number:04d}", enforce_file_format=True)
    clock = TestClock()
    given = {"data_dir": folder / "data", "workers": 1, "public_url": "http://pictures.example"} | settings
    app = build(Settings(**given), clock)
    assert not app.intake.take_in([source]).lost
    secret = app.accounts.create_token("pacs", ["read"]).secret
    web = build_web(app)
    with (
        serving(web) as base,
        httpx.Client(base_url=base, headers={"Authorization": f"Bearer {secret}"}, timeout=60) as client,
    ):
        door = DicomwebDoor(base, app, web, clock, client)
        yield door
        for other in door.others:
            other.close()
    app.close()
