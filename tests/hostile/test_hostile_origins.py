"""Pages of origins that no operator named get nothing from the DICOMweb door, however they spell themselves."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, study_uid
from tests.factories.instances import ADA

from undisc.settings import Settings

VIEWER = "https://viewer.example"
OTHERS = (
    "https://evil.example",
    "http://viewer.example",
    "https://viewer.example:8443",
    "https://viewer.example.evil.example",
    "https://evilviewer.example",
    "https://VIEWER.example",
    "https://viewer.example/",
    "null",
    "*",
    "",
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("origins"), viewer_origins=VIEWER) as running:
        yield running


def _cors(answer: httpx.Response) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control-")}


def _preflight(client: httpx.Client, path: str, origin: str, method: str = "GET") -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(path, headers=headers | {"Access-Control-Request-Headers": "accept,authorization"})


@pytest.mark.parametrize("origin", OTHERS)
def test_an_origin_that_is_not_named_is_told_nothing(door: DicomwebDoor, origin: str) -> None:
    link = door.link(study_uid(ADA, 1))
    for place in ("/dicom-web", f"/s/{link.link.id}/dicom-web"):
        preflight = _preflight(door.stranger(), f"{place}/studies", origin)
        assert preflight.status_code == 405
        assert not _cors(preflight)
        assert not _cors(door.client.get(f"{place}/studies", headers={"Origin": origin}))
        assert not _cors(door.stranger().get(f"{place}/studies", headers={"Origin": origin}))


def test_two_origins_in_one_request_are_none(door: DicomwebDoor) -> None:
    answer = door.client.get("/dicom-web/studies", headers=[("Origin", VIEWER), ("Origin", "https://evil.example")])
    assert not _cors(answer)


def test_with_none_named_no_origin_gets_anything(tmp_path: Path) -> None:
    with dicomweb_door(tmp_path) as door:
        for origin in (VIEWER, *OTHERS):
            answer = door.get("studies", headers={"Origin": origin})
            assert not _cors(answer)
            assert "vary" not in answer.headers or "origin" not in answer.headers["vary"].lower()
            assert _preflight(door.stranger(), "/dicom-web/studies", origin).status_code == 405


def test_the_named_one_may_ask_with_its_token_and_read_the_answer(door: DicomwebDoor) -> None:
    preflight = _preflight(door.stranger(), "/dicom-web/studies", VIEWER)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == VIEWER
    allowed = preflight.headers["access-control-allow-headers"].lower().split(", ")
    assert {"accept", "authorization", "content-type", "range"} <= set(allowed)
    assert "DELETE" not in preflight.headers["access-control-allow-methods"]
    answer = door.get("studies", headers={"Origin": VIEWER})
    assert answer.headers["access-control-allow-origin"] == VIEWER
    assert "Origin" in answer.headers["vary"]
    assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]


def test_without_its_token_even_the_named_one_gets_a_refusal_that_it_can_read(door: DicomwebDoor) -> None:
    answer = door.stranger().get("/dicom-web/studies", headers={"Origin": VIEWER})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == VIEWER


def test_cookies_are_never_let_through_from_another_origin(door: DicomwebDoor) -> None:
    link = door.link(study_uid(ADA, 1))
    preflight = _preflight(door.stranger(), f"/s/{link.link.id}/dicom-web/studies", VIEWER)
    assert "access-control-allow-credentials" not in preflight.headers
    browser = door.stranger()
    opened = browser.post(f"/s/{link.link.id}/open", json={"secret": link.secret, "passcode": link.passcode})
    assert opened.status_code == 200
    headers = {"Origin": VIEWER, "Sec-Fetch-Site": "cross-site"}
    assert browser.get(f"/s/{link.link.id}/dicom-web/studies", headers=headers).status_code == 403
    assert not _cors(opened)


def test_the_pages_of_a_link_stay_closed_to_viewers_elsewhere(door: DicomwebDoor) -> None:
    link = door.link(study_uid(ADA, 1))
    for path in (f"/s/{link.link.id}", f"/s/{link.link.id}/study", "/"):
        assert not _cors(door.stranger().get(path, headers={"Origin": VIEWER}))
    headers = {"Origin": VIEWER, "Sec-Fetch-Site": "cross-site"}
    opened = door.stranger().post(f"/s/{link.link.id}/open", json={"secret": link.secret}, headers=headers)
    assert opened.status_code == 403
    assert not _cors(opened)


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "null",
        "viewer.example",
        "https://viewer.example/",
        "https://*.example",
        "https://VIEWER.example",
        "https://viewer.example:443",
        "http://viewer.example:80",
        "https://viewer.example:",
        "https://user@viewer.example",
        "https://viewer.example:99999",
        "ftp://viewer.example",
        "https://viewer.example, *",
    ],
)
def test_a_setting_that_no_browser_would_spell_so_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="an origin is spelled"):
        Settings(viewer_origins=text)


def test_several_origins_are_read() -> None:
    given = Settings(viewer_origins="https://viewer.example, http://localhost:3000,")
    assert given.viewer_origin_list == ("https://viewer.example", "http://localhost:3000")
    assert Settings().viewer_origin_list == ()
