"""Searches that attack: whatever is asked, the answer is a refusal or what honest words would have found, and the next
client is served."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, study_uid
from tests.factories.instances import ADA

from undisc.archive.search_model import Level
from undisc.dicomweb.query_parameters import Unreadable, read_query


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("hostile")) as running:
        yield running


def ask(door: DicomwebDoor, target: str) -> tuple[int, bytes]:
    """Ask for an address just as it is written: other clients tidy it, or refuse to send it."""
    connection = http.client.HTTPConnection(door.base.removeprefix("http://"), timeout=60)
    try:
        authorization = door.client.headers["Authorization"]
        connection.request("GET", f"/dicom-web/{target}", headers={"Authorization": authorization})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "attack",
    [
        "' OR '1'='1",
        "'; DROP TABLE studies; --",
        '" OR ""="',
        "x') UNION SELECT secret_hash FROM links --",
        "%",
        "_%",
        "\\",
        "*' OR 1=1 --*",
        "${jndi:ldap://x}",
        "\u202e\ufeff\U0001f4a9",
        ":patient_id",
    ],
)
@pytest.mark.parametrize("key", ["PatientID", "PatientName", "AccessionNumber", "ModalitiesInStudy", "StudyID"])
def test_sql_in_values_finds_nothing(door: DicomwebDoor, key: str, attack: str) -> None:
    for fuzzy in ("true", "false"):
        answer = door.get("studies", params={key: attack, "fuzzymatching": fuzzy})
        assert (answer.status_code, answer.json()) == (200, [])
    assert len(door.search("studies")) == 5


@pytest.mark.parametrize("name", ["1=1", "PatientID';--", "studies.patient_id", "00100020' OR '1", "PatientID\0"])
def test_sql_in_keys_is_refused_or_passed_over(door: DicomwebDoor, name: str) -> None:
    answer = door.get("studies", params={name: "1"})
    assert answer.status_code == 400 or "passed over" in answer.headers["warning"]


@pytest.mark.parametrize(
    "uid", ["..", "../../etc/passwd", "%2e%2e%2f", "1.2.3%00", "a" * 500, "9" * 65, "1.2.3;x", "*", "%"]
)
def test_path_like_uids_name_nothing(door: DicomwebDoor, uid: str) -> None:
    for path in (f"studies/{uid}/series", f"studies/1.2.3/series/{uid}/instances"):
        status, body = ask(door, path)
        assert status in (200, 400, 404)
        assert status != 200 or body == b"[]"


def test_a_long_list_of_uids_is_matched_as_a_list(door: DicomwebDoor) -> None:
    named = study_uid(ADA, 1)
    some = ",".join(f"1.{number}" for number in range(7000)) + f",{named}"
    status, body = ask(door, f"studies?StudyInstanceUID={some}")
    assert status == 200
    assert [study["0020000D"]["Value"][0] for study in json.loads(body)] == [named]


def test_ten_thousand_uids_are_read_and_more_are_refused() -> None:
    many = ",".join(f"1.2.840.{number}" for number in range(10_000))
    ((_, condition),) = read_query(f"StudyInstanceUID={many}".encode(), Level.STUDY).conditions
    assert len(condition.values) == 10_000  # type: ignore[union-attr]
    with pytest.raises(Unreadable):
        read_query(f"StudyInstanceUID={many},1.2".encode(), Level.STUDY)


def test_huge_searches_are_refused_and_the_next_client_is_served(door: DicomwebDoor) -> None:
    for query in ("PatientID=" + "a" * 2000, "&".join(f"includefield={0x00100000 + n:08X}" for n in range(300))):
        assert door.client.get(f"/dicom-web/studies?{query}").status_code == 400
    # Beyond what the server itself reads of a request's first line.
    with suppress(ConnectionError):  # it may hang up before it was told everything
        assert ask(door, "studies?PatientID=" + "a" * 200_000)[0] in (400, 414, 431)
    assert len(door.search("studies")) == 5


def test_patterns_made_to_take_for_ever_do_not(door: DicomwebDoor) -> None:
    started = time.monotonic()
    for pattern in ("*a" * 8 + "b", "?" * 1024, "*" * 1024, "*" + "?*" * 7 + "x"):
        assert door.get("studies", params={"PatientID": pattern}).status_code == 200
    assert time.monotonic() - started < 60


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_no_query_string_breaks_the_reader(text: bytes) -> None:
    for level in Level:
        with suppress(Unreadable):
            read_query(text, level)


keys = st.sampled_from(
    ["PatientName", "PatientID", "StudyDate", "StudyTime", "SeriesNumber", "StudyInstanceUID", "limit", "includefield"]
)


@given(st.lists(st.tuples(keys, st.text(max_size=40)), max_size=5))
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_is_answered_or_refused(door: DicomwebDoor, asked: list[tuple[str, str]]) -> None:
    parameters = [(name, value.encode("utf-8", "ignore").decode()) for name, value in asked]
    assert door.get("series", params=parameters).status_code in (200, 400)
