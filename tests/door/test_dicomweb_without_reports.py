"""Proves that a link which leaves reports out leaves them out of DICOMweb too: of searches, counts, metadata, files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, study_uid
from tests.factories.documents import report, section, words
from tests.factories.instances import ADA

from undisc.sharing.model import ShareChoice, Step

SAID = "TESTFINDING of nothing unusual"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path) as running:
        folder = tmp_path / "report"
        folder.mkdir()
        made = report(9, "Report", section("Findings", words("Finding", SAID)))
        made.StudyInstanceUID, made.PatientID, made.PatientName = study_uid(ADA, 1), ADA.id, ADA.name
        made.save_as(folder / "SR", enforce_file_format=True)
        assert not running.app.intake.take_in([folder]).lost
        yield running


def test_reports_are_not_there_for_who_was_given_pictures_alone(door: DicomwebDoor) -> None:
    study = study_uid(ADA, 1)
    row = door.app.archive.study_id(study)
    base = f"/studies/{study}"
    seen: dict[bool, dict[str, str]] = {}
    for with_report in (True, False):
        link = door.app.sharing.share(ShareChoice((row,), step=Step.OPEN, with_report=with_report), "operator")
        client = door.stranger(link.secret)
        place = f"/s/{link.link.id}/dicom-web"
        (series,) = [
            one["0020000E"]["Value"][0]
            for one in door.search("series", ("StudyInstanceUID", study))
            if one["00080060"]["Value"] == ["SR"]
        ]
        (instance,) = [one["00080018"]["Value"][0] for one in door.search("instances", ("SeriesInstanceUID", series))]
        one = f"{base}/series/{series}/instances/{instance}"
        addresses = (
            "/studies?includefield=all",
            "/series?includefield=0040A730",
            "/instances?includefield=all",
            f"{base}/series",
            f"{base}/series/{series}/instances",
            f"{base}/metadata",
            f"{base}/series/{series}/metadata",
            f"{one}/metadata",
            base,
            f"{base}/series/{series}",
            one,
        )
        answers = {address: client.get(place + address) for address in addresses}
        seen[with_report] = {address: answer.content.decode("latin-1") for address, answer in answers.items()}
        for address in addresses:
            told = instance in seen[with_report][address] or SAID in seen[with_report][address]
            status = answers[address].status_code
            if address.startswith("/studies?"):
                assert ('"SR"' in seen[with_report][address]) == with_report
            elif with_report:
                assert (status, told or series in seen[True][address]) == (200, True), address
            else:
                assert not told, address
                assert series not in seen[False][address], address
                assert status in (200, 204, 404), (address, status)
    wado = f"/s/{link.link.id}/dicom-web/wado?requestType=WADO&studyUID={study}&seriesUID={series}&objectUID={instance}"
    assert client.get(wado).status_code == 404
    assert len(seen[False][base]) > 1000, "the pictures are still given"
