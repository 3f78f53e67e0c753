"""Orthanc's DICOMweb client searches here, stores here and fetches from here: with a token, and by a link's secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.door.dicom_door import part10
from tests.door.running import serving
from tests.factories.instances import ADA, BERT, Place, image
from tests.peers.orthanc import needs_dicomweb, needs_orthanc, running_orthanc

from undisc.app import App, build, build_web, open_reception
from undisc.intake.receiving import Reception
from undisc.settings import Settings

pytestmark = [pytest.mark.peers, needs_orthanc, needs_dicomweb]

STUDY = str(image(ADA, Place(1)).StudyInstanceUID)
OTHER = str(image(BERT, Place(3)).StudyInstanceUID)


@dataclass(frozen=True)
class Served:
    base: str
    app: App
    reception: Reception

    def keep(self, *files: bytes) -> None:
        with self.reception.delivery("dicomweb", "test") as delivery:
            for data in files:
                delivery.receive(data)
            delivery.finish()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    app = build(Settings(data_dir=tmp_path / "data", workers=1))
    reception = open_reception(app)
    with serving(build_web(app, reception)) as base:
        yield Served(base, app, reception)
    reception.close()
    app.close()


def _server(url: str, secret: str) -> dict[str, Any]:
    return {"Url": url, "HttpHeaders": {"Authorization": f"Bearer {secret}"}, "HasDelete": True}


def _ada() -> list[bytes]:
    return [part10(image(ADA, Place(1, series, number))) for series in (1, 2) for number in (1, 2)]


def _uids() -> set[str]:
    return {str(image(ADA, Place(1, series, number)).SOPInstanceUID) for series in (1, 2) for number in (1, 2)}


def _stored(app: App) -> set[str]:
    archive = app.archive
    return {
        row.names.instance
        for study in archive.studies()
        for series in archive.series_of(study.id)
        for row in archive.instances_of(series.id)
    }


def test_it_stores_here_searches_here_and_fetches_from_here(served: Served, tmp_path: Path) -> None:
    secret = served.app.accounts.create_token("orthanc", ["read", "write"]).secret
    server = _server(f"{served.base}/dicom-web/", secret)
    with running_orthanc(tmp_path / "orthanc", server=server) as orthanc:
        ids = [orthanc.post("/instances", data).json()["ID"] for data in _ada()]
        orthanc.post("/dicom-web/servers/undisc/stow", {"Resources": ids})
        assert _stored(served.app) == _uids()
        found = orthanc.post("/dicom-web/servers/undisc/qido", {"Uri": "/studies", "Arguments": {"PatientID": ADA.id}})
        assert [each["0020000D"]["Value"] for each in found.json()] == [STUDY]
        orthanc.client.delete(f"/instances/{ids[0]}").raise_for_status()
        assert orthanc.instances() < _uids()
        orthanc.post("/dicom-web/servers/undisc/retrieve", {"Resources": [{"Study": STUDY}]})
        assert orthanc.instances() == _uids()


def test_it_fetches_a_shared_study_by_the_links_secret_and_no_other(served: Served, tmp_path: Path) -> None:
    served.keep(*_ada(), part10(image(BERT, Place(3))))
    link = served.app.sharing.create_link([served.app.archive.study_id(STUDY)])
    server = _server(f"{served.base}/s/{link.link.id}/dicom-web/", link.secret)
    with running_orthanc(tmp_path / "orthanc", server=server) as orthanc:
        found = orthanc.post("/dicom-web/servers/undisc/qido", {"Uri": "/studies", "Arguments": {}}).json()
        assert [each["0020000D"]["Value"] for each in found] == [STUDY]
        orthanc.post("/dicom-web/servers/undisc/retrieve", {"Resources": [{"Study": STUDY}]})
        assert orthanc.instances() == _uids()
        refused = orthanc.client.post(
            "/dicom-web/servers/undisc/retrieve", json={"Resources": [{"Study": OTHER}], "Synchronous": True}
        )
        assert refused.status_code >= 400
        assert orthanc.instances() == _uids()
