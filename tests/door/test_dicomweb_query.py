"""Searches over DICOMweb find what PS3.18 10.6 says they find, and tell of it what its tables say."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.door.dicomweb_door import JOERG, YAMADA, DicomwebDoor, dicomweb_door, series_uid, study_uid
from tests.factories.instances import ADA, BERT, stable_uid

MR, CT, HIS = study_uid(ADA, 1), study_uid(ADA, 2), study_uid(BERT, 7)
JAPANESE, GERMAN = study_uid(YAMADA, 8), study_uid(JOERG, 9)
EVERYONE = {MR, CT, HIS, JAPANESE, GERMAN}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("query")) as running:
        yield running


def uids(results: list[dict[str, Any]], tag: str = "0020000D") -> list[str]:
    return [result[tag]["Value"][0] for result in results]


def found(door: DicomwebDoor, **keys: str) -> set[str]:
    return set(uids(door.search("studies", **keys)))


def test_a_study_is_told_as_the_table_says(door: DicomwebDoor) -> None:
    (study,) = door.search("studies", StudyInstanceUID=MR)
    assert study == {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
        "00080020": {"vr": "DA", "Value": ["20260215"]},
        "00080030": {"vr": "TM", "Value": ["101500"]},
        "00080050": {"vr": "SH", "Value": ["A0001"]},
        "00080056": {"vr": "CS", "Value": ["ONLINE"]},
        "00080061": {"vr": "CS", "Value": ["MR"]},
        "00080090": {"vr": "PN", "Value": [{"Alphabetic": "TESTDOCTOR^CLARA"}]},
        "00080201": {"vr": "SH", "Value": ["+0100"]},
        "00081190": {"vr": "UR", "Value": [f"http://pictures.example/dicom-web/studies/{MR}"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "TESTPERSON^ADA"}]},
        "00100020": {"vr": "LO", "Value": ["TEST-0001"]},
        "00100030": {"vr": "DA", "Value": ["19700101"]},
        "00100040": {"vr": "CS", "Value": ["F"]},
        "0020000D": {"vr": "UI", "Value": [MR]},
        "00200010": {"vr": "SH", "Value": ["1"]},
        "00201206": {"vr": "IS", "Value": [2]},
        "00201208": {"vr": "IS", "Value": [5]},
    }
    assert list(study) == sorted(study)


def test_a_series_is_told_as_the_table_says(door: DicomwebDoor) -> None:
    first, second = door.search(f"studies/{MR}/series")
    assert uids([first, second], "0020000E") == [series_uid(ADA, 1, 1), series_uid(ADA, 1, 2)]
    assert {tag: element.get("Value") for tag, element in first.items()} == {
        "00080005": ["ISO_IR 192"],
        "00080056": ["ONLINE"],
        "00080060": ["MR"],
        "00080201": ["+0100"],
        "0008103E": ["MR series 1"],
        "00081190": [f"http://pictures.example/dicom-web/studies/{MR}/series/{series_uid(ADA, 1, 1)}"],
        "0020000D": [MR],
        "0020000E": [series_uid(ADA, 1, 1)],
        "00200011": [1],
        "00201209": [3],
        "00400244": ["20260215"],
        "00400245": ["1010"],
        "00400275": [
            {"00400009": {"vr": "SH", "Value": ["SPS-1"]}, "00401001": {"vr": "SH", "Value": ["RP-1"]}},
        ],
    }


def test_instances_are_told_as_the_table_says_in_their_order(door: DicomwebDoor) -> None:
    results = door.search(f"studies/{MR}/series/{series_uid(ADA, 1, 1)}/instances")
    assert [result["00200013"]["Value"] for result in results] == [[1], [2], [3]]
    name = stable_uid(ADA.id, 1, 1, 1)
    address = f"http://pictures.example/dicom-web/studies/{MR}/series/{series_uid(ADA, 1, 1)}/instances/{name}"
    assert {tag: element.get("Value") for tag, element in results[0].items()} == {
        "00080005": ["ISO_IR 192"],
        "00080016": ["1.2.840.10008.5.1.4.1.1.4"],
        "00080018": [name],
        "00080056": ["ONLINE"],
        "00080201": ["+0100"],
        "00081190": [address],
        "0020000D": [MR],
        "0020000E": [series_uid(ADA, 1, 1)],
        "00200013": [1],
        "00280010": [16],
        "00280011": [24],
        "00280100": [16],
    }


def test_searches_across_levels_tell_of_the_levels_above(door: DicomwebDoor) -> None:
    (ct,) = door.search("series", Modality="CT")
    assert (ct["00100020"]["Value"], ct["0020000D"]["Value"]) == (["TEST-0001"], [CT])
    in_study = door.search(f"studies/{MR}/instances")
    assert len(in_study) == 5
    assert in_study[0]["00080060"]["Value"] == ["MR"]
    assert "00100020" not in in_study[0]
    everywhere = door.search("instances")
    assert len(everywhere) == 9
    assert all("00100020" in result and "00080060" in result for result in everywhere)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, EVERYONE),
        ({"PatientID": "TEST-0001"}, {MR, CT}),
        ({"00100020": "TEST-0001"}, {MR, CT}),
        ({"PatientID": "test-0001"}, set()),
        ({"PatientID": ""}, EVERYONE),
        ({"PatientID": "*"}, EVERYONE),
        ({"PatientID": "TEST-000?"}, {MR, CT, HIS, JAPANESE}),
        ({"PatientID": "TEST_*"}, {GERMAN}),
        ({"PatientID": "*2"}, {HIS}),
        ({"PatientID": "*-*1"}, {MR, CT}),
        ({"AccessionNumber": "A0002"}, {CT}),
        ({"AccessionNumber": "100%*"}, {JAPANESE, GERMAN}),
        ({"AccessionNumber": "*[A]"}, {JAPANESE}),
        ({"AccessionNumber": "*%_[*"}, {JAPANESE}),
        ({"AccessionNumber": "1__%*"}, set()),
        ({"StudyID": "7"}, {HIS}),
        ({"StudyDate": "20260215"}, {MR}),
        ({"StudyDate": "20260215-20260315"}, {MR, CT}),
        ({"StudyDate": "20260901-"}, {JAPANESE, GERMAN}),
        ({"StudyDate": "-20260215"}, {MR}),
        ({"StudyTime": "0830"}, {HIS}),
        ({"StudyTime": "083000.25"}, {HIS}),
        ({"StudyTime": "-0900"}, {HIS}),
        ({"StudyTime": "1015-"}, EVERYONE - {HIS}),
        ({"StudyTime": "08-10"}, EVERYONE),
        ({"ModalitiesInStudy": "CT"}, {CT}),
        ({"ModalitiesInStudy": "CT,US"}, {CT}),
        ({"ModalitiesInStudy": "CT\\MR"}, EVERYONE),
        ({"ModalitiesInStudy": "?R"}, EVERYONE - {CT}),
        ({"StudyInstanceUID": f"{MR},{CT}"}, {MR, CT}),
        ({"StudyInstanceUID": f"{MR}\\{HIS}"}, {MR, HIS}),
        ({"ReferringPhysicianName": "testdoctor^clara"}, EVERYONE),
        ({"PatientSex": "F", "StudyDate": "2026-".replace("2026", "20260301")}, {CT}),
        ({"PatientBirthDate": "19551224"}, {HIS}),
        ({"StudyDescription": "MR study*"}, EVERYONE - {CT}),
    ],
)
def test_each_kind_of_matching_finds_what_it_should(
    door: DicomwebDoor, keys: dict[str, str], expected: set[str]
) -> None:
    assert found(door, **keys) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TESTPERSON^ADA", {MR, CT}),
        ("testperson^ada", {MR, CT}),
        ("TestPerson^*", {MR, CT, HIS}),
        ("TESTPERSON", set()),
        ("*^b?rt", {HIS}),
        ("testmuller^jorg*", {GERMAN}),
        ("TESTMÜLLER^JÖRG^K^^", {GERMAN}),
        ("山田^太郎", {JAPANESE}),
        ("山田*", {JAPANESE}),
        ("TESTYAMADA*=山田*", {JAPANESE}),
        ("やまだ^たろう", {JAPANESE}),
        ("やまた^たろう", set()),
    ],
)
def test_names_are_found_without_case_or_accents_by_any_of_their_groups(
    door: DicomwebDoor, name: str, expected: set[str]
) -> None:
    assert found(door, PatientName=name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ada testp", {MR, CT}),
        ("TESTPERSON", {MR, CT, HIS}),
        ("jor testmull", {GERMAN}),
        ("jör", {GERMAN}),
        ("太郎", {JAPANESE}),
        ("たろ yama", set()),
        ("たろ testyama", {JAPANESE}),
        ("person", set()),
        ("^^", EVERYONE),
    ],
)
def test_fuzzy_matching_takes_the_beginnings_of_words_in_any_order(
    door: DicomwebDoor, name: str, expected: set[str]
) -> None:
    assert found(door, PatientName=name, fuzzymatching="true") == expected


def test_dates_with_times_are_one_span(door: DicomwebDoor) -> None:
    # Bert's study of 15 August began at 08:30, the others at 10:15 of their days.
    assert found(door, StudyDate="20260215-20260815", StudyTime="1000-0900") == {MR, CT, HIS}
    assert found(door, StudyDate="20260215-20260815", StudyTime="1100-0800") == {CT}


def test_sequences_are_matched_by_their_items(door: DicomwebDoor) -> None:
    (one,) = door.search("series", ("00400275.00400009", "SPS-2"))
    assert one["0020000E"]["Value"] == [series_uid(ADA, 1, 2)]
    named = door.search("series", ("RequestAttributesSequence.RequestedProcedureID", "RP-*"))
    assert len(named) == 2


def test_keys_of_series_and_instances_are_matched_at_their_levels(door: DicomwebDoor) -> None:
    assert len(door.search("series", SeriesNumber="2")) == 1
    assert len(door.search("series", PerformedProcedureStepStartDate="20260201-20260228")) == 2
    assert len(door.search("instances", SOPClassUID="1.2.840.10008.5.1.4.1.1.2")) == 1
    assert len(door.search("instances", InstanceNumber="3")) == 1
    assert len(door.search("instances", ModalitiesInStudy="CT")) == 1
    assert len(door.search(f"studies/{MR}/series", ModalitiesInStudy="MR")) == 2
    assert len(door.search("instances", PatientID="TEST-0001", Modality="MR")) == 5


def test_fields_from_rows_and_from_the_pictures_themselves_can_be_included(door: DicomwebDoor) -> None:
    path = f"studies/{MR}/series/{series_uid(ADA, 1, 1)}/instances"
    result = door.search(path, includefield="SliceThickness,00080070,PatientName,00400275")[1]
    assert result["00180050"] == {"vr": "DS", "Value": [3]}
    assert result["00080070"]["Value"] == ["Undisc Test Works"]
    assert result["00100010"]["Value"] == [{"Alphabetic": "TESTPERSON^ADA"}]
    assert list(result) == sorted(result)
    (study,) = door.search("studies", ("includefield", "StudyDescription"), ("includefield", "00081070"), StudyID="1")
    assert study["00081030"]["Value"] == ["MR study 1"]
    assert study["00081070"]["Value"] == [{"Alphabetic": "TESTTECH^TOM"}]


def test_all_fields_of_an_instance_are_those_of_the_picture_without_its_bulk(door: DicomwebDoor) -> None:
    result = door.search(f"studies/{MR}/instances", includefield="all")[0]
    assert {"00200032", "00281050", "00080070", "00081190"} <= set(result)
    assert "7FE00010" not in result


def test_a_key_that_is_matched_is_told(door: DicomwebDoor) -> None:
    (study,) = door.search("studies", InstitutionName="Invented*", StudyID="7")
    assert study["00080080"]["Value"] == ["Invented Imaging"]


def test_pages_follow_each_other_newest_study_first(door: DicomwebDoor) -> None:
    every = uids(door.search("studies"))
    assert every == [GERMAN, JAPANESE, HIS, CT, MR]
    paged = [uids(door.search("studies", limit="2", offset=str(offset))) for offset in (0, 2, 4, 6)]
    assert paged == [every[:2], every[2:4], every[4:], []]
    assert door.search("studies", limit="0") == []
    for path, tag in (("series", "0020000E"), ("instances", "00080018"), (f"studies/{MR}/instances", "00080018")):
        whole = uids(door.search(path), tag)
        parts = [uids(door.search(path, limit="3", offset=str(start)), tag) for start in range(0, len(whole), 3)]
        assert [uid for part in parts for uid in part] == whole


def test_nothing_found_is_an_empty_array(door: DicomwebDoor) -> None:
    assert door.search("studies", PatientID="nobody") == []
    assert door.search("studies/1.2.3/series") == []


def test_results_that_are_cut_are_said_to_be(tmp_path: Any) -> None:
    with dicomweb_door(tmp_path, most_results=2) as small:
        cut = small.get("studies")
        assert len(cut.json()) == 2
        assert cut.headers["warning"].startswith("299 http://pictures.example/dicom-web: There are more results")
        assert "warning" in small.get("studies", params={"limit": "3"}).headers
        assert "warning" not in small.get("studies", params={"limit": "2"}).headers
        assert "warning" not in small.get("studies", params={"offset": "3"}).headers


def test_what_is_not_matched_here_is_passed_over_with_a_warning(door: DicomwebDoor) -> None:
    for name in ("ManufacturerModelName", "00091001", "SeriesNumber"):
        answer = door.get("studies", params={name: "1"})
        assert len(answer.json()) == 5
        assert "passed over" in answer.headers["warning"]
    assert "warning" in door.get("studies", params={"nocache": "1"}).headers


@pytest.mark.parametrize(
    "query",
    [
        "0010002=1",
        "NoSuchKeyword=1",
        "00400275.nonsense=1",
        "limit=-1",
        "limit=1e3",
        "limit=99999999999",
        "offset=x",
        "StudyDate=2026",
        "StudyDate=2026-02-15",
        "StudyDate=-",
        "StudyTime=25x",
        "SeriesNumber=one",
        "StudyInstanceUID=1.2.*",
        "StudyInstanceUID=../../etc",
        "fuzzymatching=maybe",
        "includefield=nonsense",
        "PatientID=a&PatientID=b",
        "PatientName=%ff",
        "PatientID=%00",
        "PatientID=*a*a*a*a*a*a*a*a*a*a",
    ],
)
def test_what_cannot_be_understood_is_refused_in_the_one_shape(door: DicomwebDoor, query: str) -> None:
    answer = door.client.get(f"{door.base}/dicom-web/series?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "bad-request"


def test_only_json_is_given(door: DicomwebDoor) -> None:
    for accept in ("application/dicom+json", "*/*", "application/dicom+json; q=0.9, text/html"):
        assert door.get("studies", headers={"Accept": accept}).headers["content-type"] == "application/dicom+json"
    plain = door.get("studies", headers={"Accept": "application/json"})
    assert plain.headers["content-type"] == "application/json"
    assert plain.json() == door.search("studies")
    for accept in ('multipart/related; type="application/dicom+xml"', "text/html", "nonsense"):
        assert door.get("studies", headers={"Accept": accept}).status_code == 406
    assert door.get("studies", params={"accept": "application/json"}).headers["content-type"] == "application/json"


def test_several_values_and_empty_values_match_when_asked_to(door: DicomwebDoor) -> None:
    assert found(door, PatientID="TEST-0002\\TEST-0003", multiplevaluematching="true") == {HIS, JAPANESE}
    assert found(door, PatientID="TEST-0002\\TEST-0003") == set()
    assert found(door, IssuerOfPatientID='""', emptyvaluematching="true") == EVERYONE
