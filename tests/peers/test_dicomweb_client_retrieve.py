"""Proves that dicomweb-client, which others retrieve with, gets from WADO-RS what was stored."""

from collections.abc import Iterator
from urllib.parse import urljoin

import numpy as np
import pytest
from dicomweb_client import DICOMwebClient
from requests import HTTPError
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, series_uid, study_uid
from tests.factories.instances import ADA, Place, image, stable_uid

pytestmark = pytest.mark.peers

STUDY, SERIES = study_uid(ADA, 1), series_uid(ADA, 1, 1)
ONE = stable_uid(ADA.id, 1, 1, 1)
EXPECTED = image(ADA, Place(1, 1, 1, 3), rows=16, columns=24)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("peer")) as running:
        yield running


@pytest.fixture(scope="module")
def peer(door: DicomwebDoor) -> DICOMwebClient:
    bearer = door.client.headers["Authorization"]
    return DICOMwebClient(f"{door.base}/dicom-web", headers={"Authorization": bearer})


def test_it_retrieves_studies_series_and_instances(peer: DICOMwebClient) -> None:
    assert len(peer.retrieve_study(STUDY)) == 5
    assert len(peer.retrieve_series(STUDY, SERIES)) == 3
    found = peer.retrieve_instance(STUDY, SERIES, ONE)
    assert found.PixelData == EXPECTED.PixelData
    assert found.PatientName == ADA.name


def test_it_retrieves_in_another_transfer_syntax(peer: DICOMwebClient) -> None:
    for syntax in ("1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"):
        found = peer.retrieve_instance(STUDY, SERIES, ONE, media_types=(("application/dicom", syntax),))
        assert found.file_meta.TransferSyntaxUID == syntax
        np.testing.assert_array_equal(found.pixel_array, EXPECTED.pixel_array)


def test_it_retrieves_metadata_and_their_bulk_data(peer: DICOMwebClient, door: DicomwebDoor) -> None:
    assert len(peer.retrieve_study_metadata(STUDY)) == 5
    models = peer.retrieve_series_metadata(STUDY, SERIES)
    assert len(models) == 3
    base = f"{door.base}/dicom-web/studies/{STUDY}/series/{SERIES}/metadata"
    [data] = peer.retrieve_bulkdata(urljoin(base, models[0]["7FE00010"]["BulkDataURI"]))
    assert data == EXPECTED.PixelData
    single = peer.retrieve_instance_metadata(STUDY, SERIES, ONE)
    assert single["00080018"]["Value"] == [ONE]


def test_it_retrieves_frames(peer: DICOMwebClient) -> None:
    for media_types in (None, ("application/octet-stream",), (("image/jls", "1.2.840.10008.1.2.4.80"),)):
        frames = peer.retrieve_instance_frames(STUDY, SERIES, ONE, [1], media_types=media_types)
        assert len(frames) == 1
        if media_types is None or "application/octet-stream" in media_types:
            assert frames[0] == EXPECTED.PixelData


def test_it_retrieves_pictures(peer: DICOMwebClient) -> None:
    assert peer.retrieve_instance_rendered(STUDY, SERIES, ONE, media_types=("image/jpeg",))[:2] == b"\xff\xd8"
    assert peer.retrieve_instance_frames_rendered(STUDY, SERIES, ONE, [1], media_types=("image/png",))[1:4] == b"PNG"


def test_it_iterates_over_what_is_long(peer: DICOMwebClient, door: DicomwebDoor) -> None:
    assert len(list(peer.iter_study(STUDY))) == 5
    assert next(found.PixelData for found in peer.iter_series(STUDY, SERIES)) == EXPECTED.PixelData
    assert list(peer.iter_instance_frames(STUDY, SERIES, ONE, [1])) == [EXPECTED.PixelData]
    models = peer.retrieve_series_metadata(STUDY, SERIES)
    base = f"{door.base}/dicom-web/studies/{STUDY}/series/{SERIES}/metadata"
    assert list(peer.iter_bulkdata(urljoin(base, models[0]["7FE00010"]["BulkDataURI"]))) == [EXPECTED.PixelData]


def test_it_retrieves_a_shared_study_by_the_links_secret(door: DicomwebDoor) -> None:
    link = door.link(STUDY)
    bearer = {"Authorization": f"Bearer {link.secret}"}
    peer = DICOMwebClient(f"{door.base}/s/{link.link.id}/dicom-web", headers=bearer)
    assert len(peer.retrieve_study(STUDY)) == 5
    assert peer.retrieve_instance(STUDY, SERIES, ONE).PixelData == EXPECTED.PixelData
    assert len(peer.retrieve_series_metadata(STUDY, SERIES)) == 3
    with pytest.raises(HTTPError):
        peer.retrieve_study(study_uid(ADA, 2))
