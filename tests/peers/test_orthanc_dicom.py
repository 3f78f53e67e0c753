"""Orthanc as the PACS beside us, in both directions: what it sends is here, and what we send is there."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.door.command_line import undisc
from tests.door.dicom_door import DicomDoor, dicom_door, free_port, part10
from tests.factories.instances import ADA, BERT, Place, image
from tests.peers.orthanc import Orthanc, needs_dicomweb, needs_orthanc, running_orthanc

pytestmark = [pytest.mark.peers, needs_orthanc]
STUDY = str(image(ADA, Place(1)).StudyInstanceUID)


@pytest.fixture
def undisc_port() -> int:
    return free_port()


@pytest.fixture
def orthanc(tmp_path: Path, undisc_port: int) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path / "orthanc", modality=undisc_port) as running:
        yield running


@pytest.fixture
def door(tmp_path: Path, orthanc: Orthanc, undisc_port: int) -> Iterator[DicomDoor]:
    """Our archive at the port that Orthanc knows."""
    with dicom_door(tmp_path / "data", [f"ORTHANC@127.0.0.1:{orthanc.dicom_port}"], port=undisc_port) as running:
        yield running


def _ada() -> list[bytes]:
    return [part10(image(ADA, Place(1, series, number))) for series in (1, 2) for number in (1, 2)]


def _uids() -> set[str]:
    return {str(image(ADA, Place(1, series, number)).SOPInstanceUID) for series in (1, 2) for number in (1, 2)}


def test_orthanc_echoes_us_and_stores_to_us(orthanc: Orthanc, door: DicomDoor) -> None:
    orthanc.post("/modalities/undisc/echo", {})
    ids = [orthanc.post("/instances", data).json()["ID"] for data in _ada()]
    assert (
        orthanc.post("/modalities/undisc/store", {"Resources": ids, "Synchronous": True}).json()["FailedInstancesCount"]
        == 0
    )
    assert set(door.digests()) == _uids()


def test_orthanc_asks_for_and_gets_storage_commitment(orthanc: Orthanc, door: DicomDoor) -> None:
    ids = [orthanc.post("/instances", data).json()["ID"] for data in _ada()]
    stored = orthanc.post(
        "/modalities/undisc/store", {"Resources": ids, "Synchronous": True, "StorageCommitment": True}
    ).json()
    path = f"/storage-commitment/{stored['StorageCommitmentTransactionUID']}"
    until = time.monotonic() + 20
    while (report := orthanc.client.get(path).json())["Status"] == "Pending" and time.monotonic() < until:
        time.sleep(0.2)
    assert report["Status"] == "Success"
    assert len(report["Success"]) == 4


def test_orthanc_finds_and_moves_from_us(orthanc: Orthanc, door: DicomDoor) -> None:
    door.keep([*_ada(), part10(image(BERT, Place(3)))])
    query = orthanc.post(
        "/modalities/undisc/query", {"Level": "Study", "Query": {"PatientID": ADA.id, "StudyInstanceUID": ""}}
    ).json()["ID"]
    answers = orthanc.client.get(f"/queries/{query}/answers?expand&simplify").json()
    assert [each["StudyInstanceUID"] for each in answers] == [STUDY]
    orthanc.post(f"/queries/{query}/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
    assert orthanc.instances() == _uids()


def test_we_send_to_orthanc_and_nothing_changes_on_the_way(orthanc: Orthanc, door: DicomDoor) -> None:
    door.keep(_ada())
    data = door.app.settings.data_dir
    assert undisc("peers", "echo", "ORTHANC", data=data).code == 0
    told = undisc("send", STUDY, "--to", "ORTHANC", "--json", data=data)
    assert told.code == 0, told.said
    assert orthanc.instances() == _uids()
    again = undisc("send", STUDY, "--to", "ORTHANC", data=data)
    assert again.code == 0


@pytest.mark.parametrize("how", ["get", "move"])
def test_we_pull_from_orthanc(orthanc: Orthanc, door: DicomDoor, how: str) -> None:
    for data in [*_ada(), part10(image(BERT, Place(3)))]:
        orthanc.post("/instances", data)
    folder = door.app.settings.data_dir
    told = undisc("pull", "--from", "ORTHANC", "--study", STUDY, "--how", how, "--json", data=folder)
    assert told.code == 0, told.said
    assert told.json["studies"][0]["confirmed"] == 4
    assert set(door.digests()) == _uids()


@needs_dicomweb
def test_we_send_to_and_pull_from_orthanc_over_dicomweb(orthanc: Orthanc, door: DicomDoor, tmp_path: Path) -> None:
    door.keep(_ada())
    url = f"{str(orthanc.client.base_url).rstrip('/')}/dicom-web"
    for folder in (door.app.settings.data_dir, tmp_path / "new"):
        assert undisc("peers", "add", "web", "--web", url, data=folder).code == 0
        assert undisc("peers", "echo", "web", data=folder).code == 0
    told = undisc("send", STUDY, "--to", "web", "--json", data=door.app.settings.data_dir)
    assert told.code == 0, told.said
    assert orthanc.instances() == _uids()
    pulled = undisc("pull", "--from", "web", "--study", STUDY, "--json", data=tmp_path / "new")
    assert pulled.code == 0, pulled.said
    assert pulled.json["studies"][0]["confirmed"] == 4
