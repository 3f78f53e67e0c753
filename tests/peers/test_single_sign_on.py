"""Single sign-on with a certified OpenID Connect provider: who is invited gets in, nobody else, whatever they send."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import pytest
from tests.door.people_door import Browser, PeopleDoor, people_door
from tests.factories.people import me, token_of
from tests.factories.servers import free_port, wait_until_it_listens

from undisc.accounts.people.model import Method, PatientKey, Role

_NODE = Path(__file__).parent / "node"
_SECRET = "a secret of the tests, with : and % in it"

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(
        shutil.which("node") is None or not (_NODE / "node_modules" / "oidc-provider").is_dir(),
        reason="oidc-provider is not installed (npm ci in tests/peers/node)",
    ),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    command = ["node", "oidc_provider.mjs", str(port), "http://pictures.example/sign-in/back"]
    server = subprocess.Popen(command, cwd=_NODE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def door(tmp_path: Path, issuer: str, request: pytest.FixtureRequest) -> Iterator[PeopleDoor]:
    more: dict[str, Any] = getattr(request, "param", {})
    given = {"oidc_issuer": issuer, "oidc_client_id": "undisc", "oidc_client_secret": _SECRET, "oidc_name": "Clinic"}
    with people_door(tmp_path, **given, **more) as running:
        running.clock.time = _now()  # the provider lives in the time that it is
        yield running


def _now() -> Any:
    from undisc.clock import SystemClock

    return SystemClock().now()


def _there(address: str, name: str) -> str:
    """Sign in at the provider as somebody: the address that it sends the browser back to."""
    with httpx.Client(timeout=30) as client:
        answer = client.get(address)
        for _ in range(12):
            if answer.is_redirect:
                address = urljoin(str(answer.url), answer.headers["location"])
                if address.startswith("http://pictures.example/"):
                    return address
                answer = client.get(address)
                continue
            action = re.findall(r'<form[^>]* action="([^"]+)"', answer.text)[0]
            prompt = re.findall(r'name="prompt" value="([^"]+)"', answer.text)[0]
            fields = {"prompt": prompt} | ({"login": name, "password": "any"} if prompt == "login" else {})
            answer = client.post(urljoin(str(answer.url), action), data=fields)
    raise AssertionError("the provider does not send anybody back")


def _back(browser: Browser, address: str) -> httpx.Response:
    return browser.get(f"/sign-in/back?{urlsplit(address).query}")


def _sign_in(browser: Browser, name: str, path: str = "/sign-in/single?next=/account") -> httpx.Response:
    return _back(browser, _there(browser.get(path).headers["location"], name))


def test_who_was_invited_gets_in_and_is_known_from_then_on(door: PeopleDoor) -> None:
    door.invitation(Role.STAFF, email="Sam@clinic.example", name="Sam Sample")
    browser = door.browser()
    assert "Sign in with Clinic" in browser.get("/sign-in").text
    assert _sign_in(browser, "sam").headers["location"] == "/account"
    session = me(door.app, browser.client.cookies["undisc_me"])
    assert (session.method, session.person.name) == (Method.SINGLE_SIGN_ON, "Sam Sample")
    assert session.person.roles == {Role.STAFF}
    again = door.browser()
    assert _sign_in(again, "sam").status_code == 303
    assert len(door.entrance.keeping.everybody()) == 1
    door.entrance.keeping.close("operator", session.person.id)
    assert _sign_in(door.browser(), "sam").status_code == 401


def test_who_was_not_invited_stays_out_and_so_does_an_address_that_was_not_verified(door: PeopleDoor) -> None:
    door.invitation(Role.STAFF, email="sam@clinic.example")
    for name in ("eve", "sam+unverified"):
        browser = door.browser()
        assert _sign_in(browser, name).status_code == 401
        assert not browser.is_in()
    assert door.entrance.keeping.everybody() == []


def test_an_answer_is_good_once_for_the_browser_that_asked(door: PeopleDoor) -> None:
    door.invitation(Role.STAFF, email="sam@clinic.example")
    asked, other = door.browser(), door.browser()
    address = _there(asked.get("/sign-in/single").headers["location"], "sam")
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    other.get("/sign-in/single")
    assert _back(other, address).status_code == 401  # somebody else's answer, planted
    assert _back(asked, address).status_code == 303
    assert _back(asked, address).status_code == 401
    for bent in ({"state": "x" * 43}, {"code": "x" * 43}, {"iss": "https://evil.example"}, {"error": "access_denied"}):
        browser = door.browser()
        address = _there(browser.get("/sign-in/single").headers["location"], "sam")
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert _back(browser, f"/?{urlencode(query | bent)}").status_code == 401, bent
        assert not browser.is_in()


_ROLES = {"oidc_roles_claim": "groups", "oidc_roles": "film-room=staff, it=administrator"}


@pytest.mark.parametrize("door", [_ROLES], indirect=True)
def test_the_providers_word_tells_the_role(door: PeopleDoor) -> None:
    door.invitation(Role.PRIVACY, email="kim@clinic.example")
    door.invitation(Role.PRIVACY, email="lee@clinic.example")
    browser = door.browser()
    _sign_in(browser, "kim+film-room")
    assert me(door.app, browser.client.cookies["undisc_me"]).person.roles == {Role.STAFF}
    for name in ("lee+kitchen", "lee"):  # words that mean nothing here let nobody in
        assert _sign_in(door.browser(), name).status_code == 401


def test_a_fresh_proof_comes_from_there_too(door: PeopleDoor) -> None:
    door.invitation(Role.ADMINISTRATOR, email="ann@clinic.example")
    browser = door.browser()
    _sign_in(browser, "ann")
    door.clock.advance(minutes=16)
    assert browser.get("/people/invite").status_code == 303
    door.clock.time = _now()
    door.clock.advance(seconds=30)
    assert "Sign in with Clinic" in browser.get("/sign-in/again").text
    assert _sign_in(browser, "eve", "/sign-in/single?again&next=/people/invite").status_code == 401
    proven = _sign_in(browser, "ann", "/sign-in/single?again&next=/people/invite")
    assert proven.headers["location"] == "/people/invite"
    assert browser.get("/people/invite").status_code == 200


def test_a_provider_that_is_away_is_told_on_a_page(tmp_path: Path) -> None:
    given = {"oidc_client_id": "undisc", "oidc_client_secret": _SECRET}
    with people_door(tmp_path, oidc_issuer=f"http://127.0.0.1:{free_port()}", **given) as door:
        answer = door.browser().get("/sign-in/single")
        assert answer.status_code == 503
        assert "does not answer at the moment" in answer.text


@pytest.mark.parametrize("door", [_ROLES], indirect=True)
def test_an_address_that_a_patient_wrote_down_gets_nothing_of_whose_it_is(door: PeopleDoor) -> None:
    key = PatientKey("", "4711")
    person = door.app.trail.run(lambda work: door.app.people.person_for_patient(work, key, name="Eve"))
    eve = me(door.app, token_of(door.app, person))
    door.app.people.change_details(eve, name="Eve", email="kim@clinic.example", phone="")
    assert _sign_in(door.browser(), "kim+film-room").status_code == 401
    found = door.app.people.person(person.id)
    assert found is not None
    assert found.roles == {Role.PATIENT}
