"""What somebody hostile tries at the sign-in gets them nothing, tells them nothing, and shuts nobody else out."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.door.people_door import PASSWORD, Browser, Member, PeopleDoor, people_door
from tests.factories.passkeys import SoftKey
from tests.factories.people import me, token_of

from undisc.accounts.people.model import Method, PatientKey, Role
from undisc.accounts.people.service import PeopleRefused

_ORIGIN, _HOST = "http://pictures.example", "pictures.example"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[PeopleDoor]:
    with people_door(tmp_path) as running:
        yield running


@pytest.fixture
def member(door: PeopleDoor) -> Member:
    return door.browser("127.0.0.9").join(door.invitation(Role.ADMINISTRATOR), "ann@clinic.example")


def _guess(browser: Browser, email: str = "ann@clinic.example") -> int:
    return browser.post("/sign-in", email=email, password=secrets.token_hex(6)).status_code


def test_nobody_learns_who_has_an_account(door: PeopleDoor, member: Member) -> None:
    known = door.browser().post("/sign-in", email=member.email, password="wrong wrong wrong")
    unknown = door.browser().post("/sign-in", email="nobody@clinic.example", password="wrong wrong wrong")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace(member.email, "") == unknown.text.replace("nobody@clinic.example", "")
    assert set(known.headers) == set(unknown.headers)
    shut = [
        [_guess(door.browser(address), email) for _ in range(6)]
        for address, email in (("127.0.0.2", member.email), ("127.0.0.3", "nobody@clinic.example"))
    ]
    assert shut == [[401] * 5 + [429]] * 2


def test_who_guesses_is_shut_out_and_the_owner_is_not(door: PeopleDoor, member: Member) -> None:
    owner = door.browsers[0]
    owner.sign_out()
    guesser = door.browser("127.0.0.2")
    assert [_guess(guesser) for _ in range(7)] == [401] * 5 + [429] * 2
    right = guesser.post("/sign-in", email=member.email, password=PASSWORD)
    assert right.status_code == 429  # not even the right one opens now
    assert owner.sign_in(member).status_code == 303
    assert door.browser("127.0.0.4").sign_in(member).status_code == 303  # a new browser elsewhere
    door.clock.advance(minutes=15)
    assert guesser.sign_in(member).status_code == 303


def test_many_who_guess_at_one_account_do_not_shut_its_owners_browser_out(door: PeopleDoor, member: Member) -> None:
    owner = door.browsers[0]
    owner.sign_out()
    seen = [_guess(door.browser(f"127.0.1.{1 + number // 5}")) for number in range(52)]
    assert seen == [401] * 50 + [429] * 2
    assert door.browser("127.0.2.1").post("/sign-in", email=member.email, password=PASSWORD).status_code == 429
    assert owner.sign_in(member).status_code == 303


def test_codes_are_guessed_at_five_times_and_used_once(door: PeopleDoor, member: Member) -> None:
    thief = door.browser("127.0.0.2")
    assert thief.post("/sign-in", email=member.email, password=PASSWORD).status_code == 303
    assert [thief.post("/sign-in/second", code=f"{n:06d}").status_code for n in range(7)] == [401] * 5 + [429] * 2
    owner = door.browsers[0]
    owner.sign_out()
    owner.post("/sign-in", email=member.email, password=PASSWORD)
    code = door.code(member)
    assert owner.post("/sign-in/second", code=code).status_code == 303
    again = door.browser("127.0.0.3")
    again.post("/sign-in", email=member.email, password=PASSWORD)
    assert again.post("/sign-in/second", code=code).status_code == 401


def test_the_second_step_is_nothing_without_the_first(door: PeopleDoor, member: Member) -> None:
    browser = door.browser()
    assert browser.get("/sign-in/second").headers["location"] == "/sign-in"
    assert browser.post("/sign-in/second", code=door.code(member)).status_code == 401
    browser.post("/sign-in", email=member.email, password=PASSWORD)
    door.clock.advance(minutes=10)
    assert browser.post("/sign-in/second", code=door.code(member)).status_code == 401


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "/ok\r\nSet-Cookie: a=b", "evil.example", "/%0d%0a", "http:/evil.example"],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(door: PeopleDoor, member: Member, address: str) -> None:
    browser = door.browsers[0]
    browser.sign_out()
    where = browser.sign_in(member, address).headers["location"]
    assert where in ("/people", "/%0d%0a")
    assert browser.get("/sign-in", params={"next": address}).headers["location"] in ("/people", "/%0d%0a")


def test_a_forged_host_is_in_nothing_that_is_answered(door: PeopleDoor, member: Member) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    browser = door.browsers[0]
    for path in ("/sign-in", "/join", "/account", "/people", "/people/invite", "/sign-in/again"):
        answer = browser.get(path, headers=headers)
        assert "evil.example" not in answer.text + str(answer.headers)
    token = browser.token("/people/invite")
    invited = browser.post(
        "/people/invite", form_token=token, name="X", email="x@c.example", role="staff", headers=headers
    )
    assert "http://pictures.example/join#" in invited.text
    assert "evil.example" not in invited.text


def test_no_form_and_no_script_of_another_site_is_listened_to(door: PeopleDoor, member: Member) -> None:
    browser = door.browsers[0]
    token = browser.token("/account")
    paths = (
        "/sign-in /sign-in/second /sign-in/recovery /join /join/password /join/code /sign-out /language /account/paper"
    )
    paths += " /people/invite /people/1/close /sign-in/again"
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
    ):
        for path in paths.split():
            assert browser.post(path, form_token=token, headers=headers).status_code == 403, (path, headers)
        for path in ("/sign-in/passkey/options", "/sign-in/passkey", "/join/passkey", "/account/keys/options"):
            assert browser.client.post(path, json={}, headers=headers).status_code == 403, (path, headers)
    assert browser.is_in()


def test_forms_of_another_session_are_refused(door: PeopleDoor, member: Member) -> None:
    other = door.browser()
    other.join(door.invitation(), "bob@clinic.example")
    token = other.token("/account")
    for path in ("/sign-out", "/account/paper", "/people/invite", "/people/1/close"):
        assert door.browsers[0].post(path, form_token=token).status_code == 403
        assert door.browsers[0].post(path, form_token="").status_code == 403


def test_a_session_that_was_planted_is_not_the_one_that_is_begun(door: PeopleDoor, member: Member) -> None:
    victim, thief = door.browser(), door.browser()
    thief.join(door.invitation(), "thief@clinic.example")
    planted = thief.client.cookies["undisc_me"]
    for value in ("x" * 43, planted):
        victim.client.cookies.set("undisc_me", value, domain="127.0.0.1")
        victim.sign_in(member)
        fresh = [cookie.value for cookie in victim.client.cookies.jar if cookie.name == "undisc_me"]
        assert value not in [each for each in fresh if each and door.app.people.signed_in(each)]
        victim.client.cookies.clear()
    assert not thief.is_in()  # what the browser had before is over


def test_invitations_open_once_in_time_and_not_by_guessing(door: PeopleDoor) -> None:
    address = door.invitation()
    first, second = door.browser(), door.browser()
    for browser in (first, second):  # both hold it; one gets in
        browser.post("/join", secret=address)
    first.join(address)
    late = second.post("/join/password", name="Eve", email="eve@clinic.example", password=PASSWORD)
    assert late.status_code == 404
    for secret in (address, address[:-1], "http://pictures.example/join#", "", "#" + "x" * 43, "\0", "x" * 400):
        assert door.browser().post("/join", secret=secret).status_code == 404
    stale = door.invitation()
    door.clock.advance(days=7)
    assert door.browser().post("/join", secret=stale).status_code == 404


def test_an_invitation_to_an_address_makes_nobody_else(door: PeopleDoor, member: Member) -> None:
    browser = door.browser()
    browser.post("/join", secret=door.invitation(email="sam@clinic.example"))
    browser.join(door.invitation(email="sam@clinic.example"), member.email)
    emails = [listed.person.email for listed in door.entrance.keeping.everybody()]
    assert sorted(emails) == [member.email, "sam@clinic.example"]


def test_markup_in_names_stays_text(door: PeopleDoor, member: Member) -> None:
    name = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    browser = door.browsers[0]
    door.browser().join(door.invitation(name=name), "eve@clinic.example", name)
    for path in ("/people", "/people/2"):
        text = browser.get(path).text
        assert "<img src=x" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert "{{7*7}}" in text


def _ask(browser: Browser, path: str, **more: Any) -> dict[str, Any]:
    return browser.client.post(path, json=more).json()


def _with_key(door: PeopleDoor, browser: Browser) -> SoftKey:
    key = SoftKey(_ORIGIN, _HOST)
    token = browser.token("/account")
    options = _ask(browser, "/account/keys/options", form_token=token)
    kept = browser.client.post("/account/keys", json={"form_token": token, "credential": key.made(options)})
    assert kept.json() == {"next": "/account?said=key"}
    return key


def test_a_passkey_opens_for_its_owner_whoever_guesses_at_the_password(door: PeopleDoor, member: Member) -> None:
    owner = door.browsers[0]
    key = _with_key(door, owner)
    assert [_guess(door.browser("127.0.0.2")) for _ in range(6)][-1] == 429
    there = door.browser("127.0.0.2")  # even from the guesser's own address
    answer = there.client.post(
        "/sign-in/passkey", json={"credential": key.shown(_ask(there, "/sign-in/passkey/options"))}
    )
    assert answer.json() == {"next": "/people"}
    assert there.is_in()


def test_an_answer_of_a_key_is_good_once_in_time_in_one_browser_at_one_place(door: PeopleDoor, member: Member) -> None:
    owner, other = door.browsers[0], door.browser()
    key = _with_key(door, owner)

    def tried(credential: Any, browser: Browser = other) -> int:
        return browser.client.post("/sign-in/passkey", json={"credential": credential}).status_code

    answer = key.shown(_ask(other, "/sign-in/passkey/options"))
    assert tried(answer, door.browser()) == 401  # another browser's
    assert tried(answer) == 200
    assert tried(answer) == 401  # a second time
    answer = key.shown(_ask(other, "/sign-in/passkey/options"))
    door.clock.advance(minutes=5)
    assert tried(answer) == 401
    for bend in ("origin", "host"):
        bent = _with_key(door, owner) if owner.is_in() else key
        setattr(bent, bend, {"origin": "https://evil.example", "host": "evil.example"}[bend])
        assert tried(bent.shown(_ask(other, "/sign-in/passkey/options"))) == 401
    key.origin, key.host = _ORIGIN, _HOST
    key.flags = 0x01  # present, but nobody's finger
    assert tried(key.shown(_ask(other, "/sign-in/passkey/options"))) == 401
    key.flags, key.count = 0x05, 0  # a copy of the key that was used before
    assert tried(key.shown(_ask(other, "/sign-in/passkey/options"))) == 401
    for junk in ({}, {"id": 5}, {"id": "x", "response": {}}, {"id": answer["id"], "rawId": "x", "response": []}):
        _ask(other, "/sign-in/passkey/options")
        assert tried(junk) == 401


def test_nobody_elses_key_proves_again(door: PeopleDoor, member: Member) -> None:
    other = door.browser()
    other.join(door.invitation(), "bob@clinic.example")
    key = _with_key(door, other)
    door.clock.advance(minutes=20)
    owner = door.browsers[0]
    answer = key.shown(_ask(owner, "/sign-in/passkey/options"))
    assert owner.client.post("/sign-in/passkey", json={"credential": answer, "again": True}).status_code == 401
    assert owner.get("/people/invite").status_code == 303


def test_bodies_that_are_none_are_refused(door: PeopleDoor) -> None:
    client = door.browser().client
    for path in ("/sign-in/passkey", "/sign-in/passkey/options", "/join/passkey", "/join/passkey/options"):
        json_kind = {"Content-Type": "application/json"}
        assert client.post(path, content=b"[" * 9000, headers=json_kind).status_code == 422
        assert client.post(path, content=b"x" * 20_000, headers=json_kind).status_code == 413
        assert client.post(path, data={"a": "b"}).status_code == 415
        for odd in (
            rb'{"credential": {"id": "\ud800", "rawId": "\ud800"}}',
            rb'{"name": "a\u0000b", "credential": {}}',
        ):
            assert client.post(path, content=odd, headers=json_kind).status_code == 422
    assert client.post("/sign-in", json={}).status_code == 415
    assert client.post("/sign-in", data={"email": "x" * 70_000}).status_code == 413
    assert (
        client.post(
            "/sign-in", content=b"email=%ff%fe", headers={"Content-Type": "application/x-www-form-urlencoded"}
        ).status_code
        == 401
    )


def test_cookies_over_https_are_for_this_host_and_https_alone(tmp_path: Path) -> None:
    with people_door(tmp_path, public_url="https://pictures.example") as door:
        browser = door.browser()
        accepted = browser.post("/join", secret=door.invitation())
        started = accepted.headers["set-cookie"]
        for part in ("__Host-undisc_step=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
            assert part in started
        assert "Domain" not in started


def test_an_invitation_lets_nobody_in_once_its_maker_could_ask_nobody(door: PeopleDoor, member: Member) -> None:
    other = door.browser("127.0.0.7")
    other.join(door.invitation(Role.ADMINISTRATOR), "eve@clinic.example", "Eve Example")
    pocketed = [
        re.findall(r'id="address"[^>]*>([^<]+)<', other.post(
            "/people/invite", page="/people/invite", name="Eve Again", email=f"eve{n}@clinic.example",
            role="administrator",
        ).text)[0]
        for n in range(3)
    ]  # fmt: skip
    begun = door.browser("127.0.0.8")
    assert begun.post("/join", secret=pocketed[0]).headers["location"] == "/join/start"
    door.entrance.keeping.close("operator", 2)
    assert begun.get("/join/start").status_code == 404
    assert begun.post("/join", secret=pocketed[1]).status_code == 404
    door.entrance.keeping.reopen("operator", 2)
    door.entrance.keeping.change_roles("operator", 2, frozenset({Role.STAFF}))
    assert begun.post("/join", secret=pocketed[1]).status_code == 404
    door.entrance.keeping.change_roles("operator", 2, frozenset({Role.ADMINISTRATOR}))
    assert begun.post("/join", secret=pocketed[2]).headers["location"] == "/join/start"


def test_who_begins_to_work_here_signs_in_as_who_works_here_does(door: PeopleDoor) -> None:
    """A link has proven that somebody is a patient, which is too little for a role among the staff."""
    key = PatientKey("", "4711")
    person = door.app.trail.run(lambda work: door.app.people.person_for_patient(work, key, name="Pat Patient"))
    token = token_of(door.app, person, Method.LINK)
    assert door.app.people.signed_in(token) is not None
    door.entrance.keeping.change_roles("operator", person.id, frozenset({Role.CLINICIAN}))
    assert door.app.people.signed_in(token) is None


def test_who_works_here_takes_no_address_of_a_colleague(door: PeopleDoor) -> None:
    """Links that patients shared with a colleague are found by it."""
    key = PatientKey("", "4711")
    person = door.app.trail.run(
        lambda work: door.app.people.person_for_patient(work, key, name="Pat", email="pat@clinic.example")
    )
    door.entrance.keeping.change_roles("operator", person.id, frozenset({Role.CLINICIAN}))
    mine = me(door.app, token_of(door.app, person))
    with pytest.raises(PeopleRefused):
        door.app.people.change_details(mine, name="Pat", email="colleague@clinic.example", phone="")
    door.app.people.change_details(mine, name="Pat P.", email="pat@clinic.example", phone="+1 555 0100")
