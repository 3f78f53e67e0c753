"""C-FIND: what is here is found at every level of both roots, told as it was asked for, and only to peers."""

from collections.abc import Iterator

import pytest
from tests.door.dicom_door import PATIENT_FIND, STUDY_FIND, DicomDoor, dicom_door, find, part10
from tests.factories.instances import ADA, BERT, Patient, Place, image

KANA = Patient("YAMADA^TAROU=山田^太郎=やまだ^たろう", "TEST-0003", "19620303", "M")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomDoor]:
    """Ada has studies 1 (two series of two slices) and 2; Bert and a patient of three name groups have one each."""
    kana = image(KANA, Place(study=4), modality="CT")
    kana.SpecificCharacterSet = "ISO_IR 192"
    files = [image(ADA, Place(1, series, number)) for series in (1, 2) for number in (1, 2)]
    files += [image(ADA, Place(study=2), modality="CT"), image(BERT, Place(study=3)), kana]
    with dicom_door(tmp_path_factory.mktemp("find") / "data") as running:
        running.keep([part10(each) for each in files])
        yield running


def _studies(door: DicomDoor, **keys: object) -> set[str]:
    found, status = find(
        door, STUDY_FIND, QueryRetrieveLevel="STUDY", **({"StudyID": "", "StudyInstanceUID": ""} | keys)
    )
    assert status == 0
    return {each.AccessionNumber if "AccessionNumber" in each else each.StudyInstanceUID for each in found}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, 4),
        ({"PatientID": "TEST-0001"}, 2),
        ({"PatientID": "TEST-00*"}, 4),
        ({"PatientID": "TEST-000?"}, 4),
        ({"PatientID": "NOBODY"}, 0),
        ({"PatientName": "TESTPERSON^ADA"}, 2),
        ({"PatientName": "testperson^*"}, 3),
        ({"PatientName": "YAMADA*"}, 1),
        ({"PatientName": "*"}, 4),
        ({"AccessionNumber": "A0001"}, 1),
        ({"StudyDate": "20260215"}, 1),
        ({"StudyDate": "20260201-20260331"}, 2),
        ({"StudyDate": "20260401-"}, 2),
        ({"StudyDate": "-20260228"}, 1),
        ({"StudyTime": "1000-1100"}, 4),
        ({"ModalitiesInStudy": "CT"}, 2),
        ({"ModalitiesInStudy": ["CT", "US"]}, 2),
        ({"PatientID": "TEST-0001", "ModalitiesInStudy": "MR"}, 1),
    ],
    ids=str,
)
def test_studies_match_as_the_standard_says(door: DicomDoor, keys: dict[str, object], expected: int) -> None:
    asked = {"StudyInstanceUID": ""} | keys
    found, status = find(door, STUDY_FIND, QueryRetrieveLevel="STUDY", **asked)
    assert (status, len(found)) == (0, expected)


def test_a_list_of_identifiers_finds_each(door: DicomDoor) -> None:
    wanted = [image(ADA, Place(study=1)).StudyInstanceUID, image(BERT, Place(study=3)).StudyInstanceUID]
    assert _studies(door, StudyInstanceUID=wanted) == set(wanted)


def test_patients_are_found_once_each_at_the_patient_root(door: DicomDoor) -> None:
    found, status = find(door, PATIENT_FIND, QueryRetrieveLevel="PATIENT", PatientName="", PatientID="")
    assert status == 0
    assert sorted(each.PatientID for each in found) == ["TEST-0001", "TEST-0002", "TEST-0003"]


def test_all_groups_of_a_name_are_told(door: DicomDoor) -> None:
    found, _ = find(door, PATIENT_FIND, QueryRetrieveLevel="PATIENT", PatientName="", PatientID=KANA.id)
    assert str(found[0].PatientName) == KANA.name
    assert found[0].SpecificCharacterSet == "ISO_IR 192"


def test_series_and_images_are_found_below_a_study(door: DicomDoor) -> None:
    first = image(ADA, Place(1, 1, 1))
    series, _ = find(
        door,
        STUDY_FIND,
        QueryRetrieveLevel="SERIES",
        StudyInstanceUID=first.StudyInstanceUID,
        SeriesInstanceUID="",
        NumberOfSeriesRelatedInstances="",
        Modality="",
    )
    assert [(each.NumberOfSeriesRelatedInstances, each.Modality) for each in series] == [(2, "MR"), (2, "MR")]
    images, _ = find(
        door,
        STUDY_FIND,
        QueryRetrieveLevel="IMAGE",
        StudyInstanceUID=first.StudyInstanceUID,
        SeriesInstanceUID=first.SeriesInstanceUID,
        SOPInstanceUID="",
        SOPClassUID="",
        InstanceNumber="",
    )
    assert [each.InstanceNumber for each in images] == [1, 2]
    assert {each.SOPClassUID for each in images} == {first.SOPClassUID}


def test_counts_and_modalities_of_a_study_are_told(door: DicomDoor) -> None:
    (found,), _ = find(
        door,
        STUDY_FIND,
        QueryRetrieveLevel="STUDY",
        AccessionNumber="A0001",
        NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="",
        ModalitiesInStudy="",
    )
    assert (found.NumberOfStudyRelatedSeries, found.NumberOfStudyRelatedInstances) == (2, 4)
    assert found.ModalitiesInStudy == "MR"
    assert (found.RetrieveAETitle, found.InstanceAvailability) == ("UNDISC", "ONLINE")


def test_what_was_asked_for_and_is_not_known_comes_back_empty(door: DicomDoor) -> None:
    (found,), _ = find(
        door, STUDY_FIND, QueryRetrieveLevel="STUDY", AccessionNumber="A0001", NameOfPhysiciansReadingStudy=""
    )
    assert "NameOfPhysiciansReadingStudy" in found
    assert "StudyDescription" not in found


@pytest.mark.parametrize(("model", "level"), [(STUDY_FIND, "PATIENT"), (STUDY_FIND, "WARD"), (PATIENT_FIND, "")])
def test_a_level_that_the_model_does_not_have_is_refused(door: DicomDoor, model: str, level: str) -> None:
    assert find(door, model, QueryRetrieveLevel=level, PatientID="") == ([], 0xA900)


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE studies; --", "%", "_", "[a-z]*", "\N{DIGIT ONE}" * 5000, "a" * 64 + "*"]
)
def test_what_means_something_elsewhere_means_nothing_here(door: DicomDoor, value: str) -> None:
    assert find(door, STUDY_FIND, QueryRetrieveLevel="STUDY", StudyInstanceUID="", PatientID=value) == ([], 0)
    assert len(_studies(door)) == 4


def test_a_query_is_in_the_trail_without_what_was_asked(door: DicomDoor) -> None:
    find(door, STUDY_FIND, QueryRetrieveLevel="STUDY", PatientName="TESTPERSON^ADA", StudyInstanceUID="")
    action, actor, subject = door.trail()[-1]
    assert (action, actor) == ("queried", "peer:TESTER")
    assert subject == {"code": "110112", "level": "STUDY", "found": 2}
