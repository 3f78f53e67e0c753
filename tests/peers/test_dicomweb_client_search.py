"""dicomweb-client, which others build on, searches here as it does elsewhere."""

from collections.abc import Iterator

import pytest
from dicomweb_client.api import DICOMwebClient
from tests.door.dicomweb_door import YAMADA, DicomwebDoor, dicomweb_door, series_uid, study_uid
from tests.factories.instances import ADA, BERT

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("client")) as running:
        yield running


@pytest.fixture(scope="module")
def client(door: DicomwebDoor) -> DICOMwebClient:
    return DICOMwebClient(f"{door.base}/dicom-web", headers={"Authorization": door.client.headers["Authorization"]})


def uids(found: list[dict[str, dict]]) -> set[str]:
    return {study["0020000D"]["Value"][0] for study in found}


def test_it_finds_studies_by_patient_date_and_fuzzy_name(client: DICOMwebClient) -> None:
    hers = {study_uid(ADA, 1), study_uid(ADA, 2)}
    assert uids(client.search_for_studies(search_filters={"PatientID": ADA.id})) == hers
    assert uids(client.search_for_studies(search_filters={"00080020": "20260801-20260831"})) == {study_uid(BERT, 7)}
    assert uids(client.search_for_studies(fuzzymatching=True, search_filters={"PatientName": "ada"})) == hers
    assert uids(client.search_for_studies(search_filters={"PatientName": "山田*"})) == {study_uid(YAMADA, 8)}
    assert len(client.search_for_studies(limit=2, offset=4)) == 1
    assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []


def test_it_gets_every_page_one_after_the_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    with dicomweb_door(tmp_path_factory.mktemp("pages"), most_results=2) as door:
        headers = {"Authorization": door.client.headers["Authorization"]}
        client = DICOMwebClient(f"{door.base}/dicom-web", headers=headers)
        assert len(uids(client.search_for_studies(get_remaining=True))) == 5


def test_it_finds_series_and_instances_with_fields(client: DICOMwebClient) -> None:
    study, series = study_uid(ADA, 1), series_uid(ADA, 1, 1)
    assert len(client.search_for_series(study)) == 2
    assert len(client.search_for_series(search_filters={"Modality": "CT"})) == 1
    found = client.search_for_instances(study, series, fields=["SliceLocation", "WindowCenter"])
    assert len(found) == 3
    assert all("00201041" in instance and "00281050" in instance for instance in found)
    assert len(client.search_for_instances(search_filters={"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"})) == 1


def test_it_searches_in_what_a_link_names(door: DicomwebDoor) -> None:
    link = door.link(study_uid(ADA, 1))
    headers = {"Authorization": f"Bearer {link.secret}"}
    client = DICOMwebClient(f"{door.base}/s/{link.link.id}/dicom-web", headers=headers)
    assert uids(client.search_for_studies()) == {study_uid(ADA, 1)}
