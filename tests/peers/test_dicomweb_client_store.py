"""dicomweb-client from PyPI stores here, reads what became of it, and deletes."""

from pathlib import Path

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from tests.door.storing import picture, storing_door

pytestmark = pytest.mark.peers


def test_instances_are_stored_found_and_deleted(tmp_path: Path) -> None:
    with storing_door(tmp_path / "data") as door:
        session = requests.Session()
        session.headers["Authorization"] = door.client.headers["authorization"]
        client = DICOMwebClient(f"{door.base}/dicom-web", session=session)
        sent = [picture(number=number) for number in (1, 2, 3)]
        study, series, instance = (
            str(sent[0][name].value) for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
        )
        said = client.store_instances(sent, study_instance_uid=study)
        assert [item.ReferencedSOPInstanceUID for item in said.ReferencedSOPSequence] == [
            each.SOPInstanceUID for each in sent
        ]
        assert "FailedSOPSequence" not in said
        assert len(client.search_for_instances(study)) == 3
        got = client.retrieve_instance(study, series, instance)
        assert got.PixelData == sent[0].PixelData
        sent[0].PixelData = bytes(len(sent[0].PixelData))
        said = client.store_instances(sent)
        assert [item.FailureReason for item in said.FailedSOPSequence] == [0x0111]
        client.delete_instance(study, series, instance)
        assert len(client.search_for_instances(study)) == 2
        client.store_instances([picture(series=2)])
        client.delete_series(study, str(picture(series=2).SeriesInstanceUID))
        assert len(client.search_for_series(study)) == 1
        client.delete_study(study)
        assert client.search_for_studies() == []
        with pytest.raises(requests.HTTPError):
            client.delete_study(study)
        assert len(door.originals()) == 4
