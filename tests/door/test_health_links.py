"""A SMART Health Link is as the standard has it, opens for programs of any origin, gives a valid FHIR Bundle under its
key alone, and bears no more wrong passcodes than any link."""

import concurrent.futures
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from tests.door.health_door import PUBLIC, HealthDoor, health_door, payload, unsealed
from tests.factories.discs import pdf

from undisc.errors import StudyUnknown
from undisc.sharing.model import ShareRefused


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HealthDoor]:
    with health_door(tmp_path_factory.mktemp("health")) as running:
        yield running


def _files(door: HealthDoor, **terms: object) -> list[dict[str, object]]:
    link = door.links.make("operator", [door.study], passcode=None, **terms)  # type: ignore[arg-type]
    return [unsealed(link, file["embedded"])[1] for file in door.post(link).json()["files"]]


def test_the_link_says_what_the_standard_asks_and_nothing_of_the_patient(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], lifetime=timedelta(days=2))
    said = payload(link)
    assert set(said) == {"url", "key", "exp", "label", "v", "flag"}
    assert len(said["url"]) <= 128
    assert len(said["key"]) == 43
    assert said["exp"] == int((door.clock.now() + timedelta(days=2)).timestamp())
    assert (said["flag"], said["v"], said["label"]) == ("P", 1, "Pictures from Riverside Imaging")
    assert re.fullmatch(rf"{PUBLIC}/shl/[a-z0-9]{{10}}[\w-]{{43}}", said["url"])
    assert "flag" not in payload(door.links.make("operator", [door.study], passcode=None))


def test_the_bundle_is_valid_and_holds_patient_study_series_and_report(door: HealthDoor) -> None:
    (told,) = _files(door)
    found = Bundle.model_validate_json(json.dumps(told))
    by_kind: dict[str, list[object]] = {}
    for entry in found.entry or []:
        by_kind.setdefault(type(entry.resource).__name__, []).append(entry.resource)
    assert {kind: len(of) for kind, of in by_kind.items()} == {
        "Patient": 1,
        "Endpoint": 1,
        "ImagingStudy": 1,
        "DiagnosticReport": 1,
    }
    (study,), (report,), (patient,) = by_kind["ImagingStudy"], by_kind["DiagnosticReport"], by_kind["Patient"]
    assert (study.numberOfSeries, study.numberOfInstances) == (3, 7)  # type: ignore[attr-defined]
    uid = door.app.archive.studies()[0].study_uid
    assert study.identifier[0].value == f"urn:oid:{uid}"  # type: ignore[attr-defined]
    assert report.presentedForm[0].data.startswith(b"%PDF-")  # type: ignore[attr-defined]
    assert patient.name[0].family == "TESTPERSON"  # type: ignore[attr-defined]
    names = {entry.fullUrl for entry in found.entry or []}
    assert set(re.findall(r"urn:uuid:[0-9a-f-]+", json.dumps(told))) == names


def test_a_share_without_report_has_none(door: HealthDoor) -> None:
    (told,) = _files(door, with_report=False)
    assert "DiagnosticReport" not in json.dumps(told)
    study = next(e["resource"] for e in told["entry"] if e["resource"]["resourceType"] == "ImagingStudy")  # type: ignore[attr-defined,index]
    assert study["numberOfSeries"] == 2


def test_the_access_gives_the_pictures_by_dicomweb_until_the_link_is_stopped(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode=None, with_access=True)
    files = door.post(link).json()["files"]
    assert [file["contentType"] for file in files] == ["application/fhir+json", "application/smart-api-access"]
    header, access = unsealed(link, files[1]["embedded"])
    assert header == {"alg": "dir", "enc": "A256GCM", "cty": "application/smart-api-access", "zip": "DEF"}
    assert access["expires_in"] == 240 * 60
    asked = {"Authorization": f"Bearer {access['access_token']}"}
    where = door.here(access["aud"]) + "/studies"
    assert len(door.client.get(where, headers=asked).json()) == 1
    told = unsealed(link, files[0]["embedded"])[1]
    endpoint = next(e["resource"] for e in told["entry"] if e["resource"]["resourceType"] == "Endpoint")
    assert endpoint["header"] == [f"Authorization: Bearer {access['access_token']}"]
    door.app.sharing.revoke(link.link.id)
    assert door.client.get(where, headers=asked).status_code in (401, 403, 404)
    assert door.post(link).status_code == 404


def test_what_stands_in_the_address_opens_no_page_and_no_dicomweb(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode=None)
    secret = payload(link)["url"].rsplit("/", 1)[1][10:]
    for shown in (secret, f"shl:{secret}", payload(link)["key"]):
        assert door.client.post(f"/s/{link.link.id}/open", json={"secret": shown}).status_code == 404
        answer = door.client.get(f"/s/{link.link.id}/dicom-web/studies", headers={"Authorization": f"Bearer {shown}"})
        assert answer.status_code in (401, 403, 404), shown


def test_the_key_is_never_stored_in_the_clear(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study])
    door.app.database.forget_deleted()
    stored = b"".join(path.read_bytes() for path in door.app.settings.data_dir.glob("undisc.db*"))
    assert payload(link)["key"].encode() not in stored
    assert payload(link)["url"].rsplit("/", 1)[1].encode() not in stored


def test_a_wrong_passcode_tells_how_many_are_left_and_the_last_closes_the_link(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode="482913")
    assert (door.post(link).status_code, door.post(link).json()) == (401, {"remainingAttempts": 10})
    assert door.post(link, passcode="000001").json() == {"remainingAttempts": 9}
    assert door.post(link, passcode="482913").status_code == 200
    left = [door.post(link, passcode="000001").json()["remainingAttempts"] for _ in range(9)]
    assert left == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert door.post(link, passcode="482913").status_code == 404


def test_guessing_in_parallel_gets_no_more_tries(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode="482913")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: door.post(link, passcode=f"{number:06d}").status_code, range(40)))
    assert answers.count(401) <= 10
    assert set(answers) <= {401, 404, 429}


def test_unknown_stopped_expired_and_used_up_look_the_same(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode=None, lifetime=timedelta(hours=1))
    url = door.here(payload(link)["url"])
    stopped = door.links.make("operator", [door.study], passcode=None)
    door.app.sharing.revoke(stopped.link.id)
    answers = [
        door.post(stopped),
        door.client.post(url[:-1] + ("A" if url[-1] != "A" else "B"), json={"recipient": "x"}),
        door.client.post("/shl/abc", json={"recipient": "x"}),
        door.client.post("/shl/" + "2" * 53, json={"recipient": "x"}),
    ]
    door.clock.advance(hours=2)
    answers.append(door.post(link))
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}


def test_large_files_come_from_a_location_that_is_soon_over(tmp_path: Path) -> None:
    with health_door(tmp_path, pdf("No abnormality seen.") + b"% " + b"x" * 400_000) as door:
        link = door.links.make("operator", [door.study], passcode=None)
        (file,) = door.post(link, embeddedLengthMax=1000).json()["files"]
        where = door.here(file["location"])
        answer = door.client.get(where)
        assert answer.headers["content-type"] == "application/jose"
        assert answer.headers["access-control-allow-origin"] == "*"
        header, told = unsealed(link, answer.text)
        assert "zip" not in header
        assert told["resourceType"] == "Bundle"
        assert door.client.get(where[:-4] + "AAAA").status_code == 404
        other = door.links.make("operator", [door.study], passcode=None)
        (again,) = door.post(other, embeddedLengthMax=0).json()["files"]
        door.app.sharing.revoke(other.link.id)
        assert door.client.get(door.here(again["location"])).status_code == 404
        door.clock.advance(minutes=31)
        assert door.client.get(where).status_code == 404


def test_each_file_is_sealed_anew(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode=None)
    first, second = (door.post(link).json()["files"][0]["embedded"] for _ in range(2))
    assert first.split(".")[2] != second.split(".")[2]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"{}", b'{"recipient": ""}', b'{"recipient": 1}', b"x" * 20_000, b"[" * 5000]
)
def test_who_does_not_say_who_they_are_gets_nothing(door: HealthDoor, body: bytes) -> None:
    link = door.links.make("operator", [door.study], passcode=None)
    answer = door.client.post(door.here(payload(link)["url"]), content=body)
    assert answer.status_code == 400


def test_pages_of_any_origin_may_open_one(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode=None)
    url = door.here(payload(link)["url"])
    asked = {"Origin": "https://ehr.example", "Access-Control-Request-Method": "POST"}
    preflight = door.client.options(url, headers=asked | {"Access-Control-Request-Headers": "content-type"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]
    for answer in (door.post(link), door.client.post("/shl/abc", json={"recipient": "x"})):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_opening_is_in_the_trail_without_who_said_what(door: HealthDoor) -> None:
    link = door.links.make("operator", [door.study], passcode=None)
    door.post(link)
    from undisc.audit.entries import Wanted
    from undisc.audit.marks import Mark
    from undisc.audit.searching import newest

    with door.app.trail.read() as connection:
        found = newest(connection, Wanted((frozenset({Mark("link", link.link.id)}),)), 10)
    assert [entry.action for entry in found] == ["health-link-read", "link-opened", "shared"]
    assert "Dr. Test" not in str([entry.subject for entry in found])
    assert len(door.app.sharing.openings(link.link.id)) == 1


def test_only_what_one_may_share_becomes_a_link(door: HealthDoor) -> None:
    with pytest.raises(StudyUnknown):
        door.links.make("operator", [door.study + 100])
    with pytest.raises(ShareRefused):
        door.links.make("operator", [])


def test_nothing_of_it_is_logged(door: HealthDoor, capfd: pytest.CaptureFixture[str]) -> None:
    link = door.links.make("operator", [door.study], passcode=None)
    answer: httpx.Response = door.post(link)
    assert answer.status_code == 200
    said = "".join(capfd.readouterr())
    assert payload(link)["url"].rsplit("/", 1)[1] not in said
    assert "TESTPERSON" not in said
