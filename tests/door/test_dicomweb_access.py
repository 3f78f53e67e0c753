"""Whoever asks over DICOMweb gets what their token or link grants, and learns no more than that from a refusal."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.door.command_line import undisc
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, study_uid
from tests.factories.instances import ADA, BERT

MR, CT, HIS = study_uid(ADA, 1), study_uid(ADA, 2), study_uid(BERT, 7)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path) as running:
        yield running


def kind(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"]


def uids(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {study["0020000D"]["Value"][0] for study in answer.json()}


def test_without_a_token_the_door_says_how_to_show_one(door: DicomwebDoor) -> None:
    for path in ("/dicom-web/studies", "/s/abcdefghjk/dicom-web/studies"):
        answer = door.stranger().get(path)
        assert kind(answer) == (401, "token-needed")
        assert answer.headers["www-authenticate"] == 'Bearer realm="undisc"'


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic YTpi", "Bearer " + "x" * 5000])
def test_what_is_no_token_is_told_so(door: DicomwebDoor, header: str) -> None:
    answer = door.stranger().get("/dicom-web/studies", headers={"Authorization": header})
    assert kind(answer) == (401, "token-unknown")
    assert answer.headers["www-authenticate"] == 'Bearer realm="undisc", error="invalid_token"'


def test_a_token_without_the_scope_is_not_enough(door: DicomwebDoor) -> None:
    answer = door.stranger(door.token("sender", "write", "delete")).get("/dicom-web/studies")
    assert kind(answer) == (403, "scope-lacking")
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_an_expired_token_lets_nobody_in(door: DicomwebDoor) -> None:
    client = door.stranger(door.token("short", "read", lifetime=timedelta(hours=1)))
    assert client.get("/dicom-web/studies").status_code == 200
    door.clock.advance(hours=1)
    assert kind(client.get("/dicom-web/studies")) == (401, "token-unknown")


def test_a_revoked_token_that_was_not_in_use_lets_nobody_in(door: DicomwebDoor) -> None:
    client = door.stranger(door.token("gone", "read"))
    door.app.accounts.revoke_token("gone")
    assert kind(client.get("/dicom-web/studies")) == (401, "token-unknown")


def test_a_token_in_use_is_refused_with_the_next_request_once_another_process_revokes_it(
    door: DicomwebDoor,
) -> None:
    client = door.stranger(door.token("busy", "read"))
    for _ in range(5):
        assert client.get("/dicom-web/studies").status_code == 200
    ran = undisc("token", "revoke", "busy", data=door.app.settings.data_dir)
    assert ran.code == 0
    assert kind(client.get("/dicom-web/studies")) == (401, "token-unknown")


def test_a_token_that_runs_out_while_it_is_in_use_is_refused(door: DicomwebDoor) -> None:
    client = door.stranger(door.token("short", "read", lifetime=timedelta(minutes=30)))
    for _ in range(3):
        assert client.get("/dicom-web/studies").status_code == 200
    door.clock.advance(minutes=31)
    assert kind(client.get("/dicom-web/studies")) == (401, "token-unknown")


def test_use_is_noted_to_the_hour(door: DicomwebDoor) -> None:
    assert door.get("studies").status_code == 200
    (token,) = door.app.accounts.tokens()
    assert token.last_used_at == door.clock.now()


def test_a_links_secret_finds_what_the_link_names_and_nothing_else(door: DicomwebDoor) -> None:
    link = door.link(MR)
    holder = door.stranger(link.secret)
    base = f"/s/{link.link.id}/dicom-web"
    found = holder.get(f"{base}/studies")
    assert uids(found) == {MR}
    assert found.json()[0]["00081190"]["Value"] == [f"http://pictures.example{base}/studies/{MR}"]
    assert uids(holder.get(f"{base}/studies", params={"StudyInstanceUID": HIS})) == set()
    assert uids(holder.get(f"{base}/series", params={"PatientID": "*"})) == {MR}
    assert len(holder.get(f"{base}/instances").json()) == 5
    assert uids(holder.get(f"{base}/studies/{MR}/series")) == {MR}
    for path in (f"studies/{CT}/series", f"studies/{HIS}/instances", "studies/1.2.3/series", "studies/..%2f/series"):
        assert holder.get(f"{base}/{path}").status_code in (400, 404)
    assert kind(holder.get(f"{base}/studies/{HIS}/series")) == kind(holder.get(f"{base}/studies/1.2.3/series"))


def test_a_links_secret_is_no_token_elsewhere(door: DicomwebDoor) -> None:
    link, other = door.link(MR), door.link(HIS)
    holder = door.stranger(link.secret)
    assert kind(holder.get("/dicom-web/studies")) == (401, "token-unknown")
    assert kind(holder.get(f"/s/{other.link.id}/dicom-web/studies")) == (401, "token-unknown")
    assert kind(door.client.get(f"/s/{link.link.id}/dicom-web/studies")) == (401, "token-unknown")


def test_a_link_with_a_passcode_wants_the_session_that_opening_it_gives(door: DicomwebDoor) -> None:
    link = door.link(MR, passcode="482913")
    address = f"/s/{link.link.id}/dicom-web/studies"
    assert kind(door.stranger(link.secret).get(address)) == (403, "passcode-wanted")
    browser = door.stranger()
    opened = browser.post(f"/s/{link.link.id}/open", json={"secret": link.secret, "passcode": "482913"})
    session = opened.cookies["undisc"]
    assert uids(browser.get(address)) == {MR}
    assert uids(door.stranger(session).get(address)) == {MR}
    assert kind(browser.get(address, headers={"Sec-Fetch-Site": "cross-site"})) == (403, "other-site")
    door.clock.advance(minutes=241)
    assert kind(door.stranger(session).get(address)) == (401, "token-unknown")


def test_a_closed_link_is_closed_to_its_holders_and_unknown_to_others(door: DicomwebDoor) -> None:
    link = door.link(MR)
    address = f"/s/{link.link.id}/dicom-web/studies"
    door.app.sharing.revoke(link.link.id)
    assert kind(door.stranger(link.secret).get(address)) == (404, "link-closed")
    assert kind(door.stranger("x" * 24).get(address)) == (401, "token-unknown")
    assert kind(door.stranger("x" * 24).get("/s/abcdefghjk/dicom-web/studies")) == (401, "token-unknown")


def test_the_description_of_the_door_is_for_those_who_may_use_it(door: DicomwebDoor) -> None:
    assert kind(door.stranger().get("/dicom-web/openapi.json")) == (401, "token-needed")
    described = door.get("openapi.json").json()
    assert described["servers"] == [{"url": "http://pictures.example/dicom-web"}]
    assert "/studies/{study}/series/{series}/instances" in described["paths"]


def test_what_is_not_here_and_what_is_not_taken_have_the_one_shape(door: DicomwebDoor) -> None:
    assert kind(door.get("nothing")) == (404, "not-found")
    answer = door.client.request("PATCH", "/dicom-web/studies")
    assert kind(answer) == (405, "method-not-allowed")
