"""PostgreSQL finds what SQLite finds, in the same order, whatever is asked over DICOMweb."""

from pathlib import Path

from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, study_uid
from tests.factories.instances import ADA

SEARCHES = (
    "studies",
    "studies?limit=2&offset=1",
    "studies?PatientID=TEST-0001",
    "studies?PatientID=test-0001",
    "studies?PatientID=TEST_*",
    "studies?PatientID=*_*",
    "studies?PatientID=TEST-000?",
    "studies?PatientID=*\\*",
    "studies?AccessionNumber=100%25*",
    "studies?AccessionNumber=*%25_%5B*",
    "studies?AccessionNumber=*[A]",
    "studies?PatientName=testperson^*",
    "studies?PatientName=testmuller^jorg*",
    "studies?PatientName=*^b?rt",
    "studies?PatientName=山田*",
    "studies?PatientName=jör&fuzzymatching=true",
    "studies?PatientName=%25&fuzzymatching=true",
    "studies?PatientName=たろ testyama&fuzzymatching=true",
    "studies?StudyDate=20260215-20260815",
    "studies?StudyDate=20260215-20260815&StudyTime=1100-0800",
    "studies?StudyTime=0830",
    "studies?StudyTime=1015-",
    "studies?ModalitiesInStudy=C?",
    "studies?ModalitiesInStudy=CT,US",
    "studies?StudyDescription=mr*",
    "studies?includefield=all",
    "series",
    "series?ModalitiesInStudy=MR&SeriesNumber=2",
    "series?SeriesNumber=99999999999",
    "series?00400275.00400009=SPS-*",
    "series?PerformedProcedureStepStartTime=1000-1100",
    "instances",
    "instances?InstanceNumber=2&PatientName=*ada",
    "instances?Rows=16&limit=3",
    "instances?limit=3&offset=2",
    "series?limit=2&offset=2&StudyDate=20260101-",
    f"studies/{study_uid(ADA, 1)}/instances",
    f"studies/{study_uid(ADA, 1)}/series?Modality=MR",
    "studies?PatientID='; DROP TABLE studies; --",
    "studies?PatientName=\U0010ffff*",
)


def test_every_search_finds_the_same_on_both(tmp_path: Path, postgres_url: str) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.mkdir()
    large.mkdir()
    with dicomweb_door(small) as one, dicomweb_door(large, database_url=postgres_url) as other:
        for search in SEARCHES:
            assert answer(other, search) == answer(one, search), search


def answer(door: DicomwebDoor, search: str) -> object:
    found = door.client.get(f"/dicom-web/{search}")
    assert found.status_code == 200, (search, found.text)
    return found.json(), found.headers.get("warning")
