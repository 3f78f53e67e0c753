"""People come in by invitation, sign in by two steps, keep their own keys, and are kept by administrators."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyotp.totp import TOTP
from sqlalchemy import select
from tests.door.people_door import PASSWORD, PeopleDoor, people_door
from tests.factories.discs import make_disc
from tests.factories.people import me, patient_of, signed_in_as

from undisc.accounts.people.model import PatientKey, Role
from undisc.db.message_tables import alerts, messages


@pytest.fixture
def door(tmp_path: Path) -> Iterator[PeopleDoor]:
    with people_door(tmp_path) as running:
        yield running


def test_an_invitation_lets_somebody_in_and_the_two_steps_do_again(door: PeopleDoor) -> None:
    browser = door.browser()
    member = browser.join(door.invitation(Role.STAFF))
    assert browser.is_in()
    assert len(member.paper) == 10
    browser.sign_out()
    assert not browser.is_in()
    assert browser.sign_in(member, "/account").headers["location"] == "/account"
    assert browser.is_in()
    assert door.app.trail.verify().entries > 0  # type: ignore[union-attr]
    assert door.actions() == ["person-invited", "person-joined", "signed-in", "signed-out", "signed-in"]


def test_there_is_a_link_for_the_first_administrator_until_there_is_one(door: PeopleDoor) -> None:
    earlier, later = (door.entrance.inviting.first_administrator() for _ in range(2))
    assert earlier
    assert later
    browser = door.browser()
    browser.join(door.entrance.letters.address_of(later))
    assert browser.get("/people").status_code == 200
    assert door.entrance.inviting.first_administrator() is None
    address = door.entrance.letters.address_of(earlier)
    assert door.browser().post("/join", secret=address).status_code == 404


def test_the_first_administrators_link_lasts_a_day(door: PeopleDoor) -> None:
    made = door.entrance.inviting.first_administrator()
    assert made
    door.clock.advance(hours=24)
    assert door.browser().post("/join", secret=door.entrance.letters.address_of(made)).status_code == 404


def test_a_code_on_paper_stands_in_once(door: PeopleDoor) -> None:
    browser = door.browser()
    member = browser.join(door.invitation())
    browser.sign_out()
    browser.post("/sign-in", email=member.email, password=PASSWORD)
    assert browser.post("/sign-in/recovery", code=member.paper[3].upper().replace("-", " ")).status_code == 303
    assert "9 left" in browser.get("/account").text
    browser.sign_out()
    browser.post("/sign-in", email=member.email, password=PASSWORD)
    assert browser.post("/sign-in/recovery", code=member.paper[3]).status_code == 401


def test_sessions_end_by_idleness_and_at_the_latest_after_a_shift(door: PeopleDoor) -> None:
    browser = door.browser()
    browser.join(door.invitation())
    for _ in range(3):
        door.clock.advance(minutes=29)
        assert browser.is_in()
    door.clock.advance(minutes=30)
    assert not browser.is_in()
    busy = door.browser()
    busy.join(door.invitation(), "other@clinic.example")
    for _ in range(25):
        door.clock.advance(minutes=28)
        assert busy.is_in()
    door.clock.advance(minutes=20)
    assert not busy.is_in()


def test_somebody_sees_their_sessions_and_ends_one_or_all(door: PeopleDoor) -> None:
    here, there, elsewhere = (door.browser() for _ in range(3))
    member = here.join(door.invitation())
    there.sign_in(member)
    elsewhere.sign_in(member)
    page = here.get("/account").text
    assert page.count("Sign out there") == 2
    number = re.findall(r'name="id" value="(\d+)"><button class="danger">Sign out there', page)[0]
    here.post("/account/sessions/end", page="/account", id=number)
    assert sorted([there.is_in(), elsewhere.is_in()]) == [False, True]
    here.post("/account/sessions/end", page="/account", all="1")
    assert not there.is_in()
    assert not elsewhere.is_in()
    assert here.is_in()


def test_nobody_ends_the_session_of_somebody_else(door: PeopleDoor) -> None:
    one, other = door.browser(), door.browser()
    one.join(door.invitation())
    other.join(door.invitation(), "bob@clinic.example")
    for number in ("2", "99", "x", "-1"):
        one.post("/account/sessions/end", page="/account", id=number)
    assert other.is_in()


def test_a_new_password_ends_all_other_sessions_and_the_old_one_opens_nothing(door: PeopleDoor) -> None:
    here, there = door.browser(), door.browser()
    member = here.join(door.invitation())
    there.sign_in(member)
    chosen = here.post("/account/password", page="/account/password", password="green kettle moon 71")
    seed = re.findall(r'class="seed">([A-Z2-7]+)<', chosen.text)[0]
    wrong = here.post("/account/password/code", page="/account/password", code="000000")
    assert wrong.status_code == 401
    assert there.is_in()  # nothing has changed yet
    code = TOTP(seed).at(door.clock.now())
    assert here.post("/account/password/code", page="/account/password", code=code).status_code == 200
    assert not there.is_in()
    assert there.post("/sign-in", email=member.email, password=PASSWORD).status_code == 401
    assert there.post("/sign-in", email=member.email, password="green kettle moon 71").status_code == 303


def test_what_changes_who_gets_in_needs_a_proof_of_the_last_minutes(door: PeopleDoor) -> None:
    browser = door.browser()
    member = browser.join(door.invitation(Role.ADMINISTRATOR))
    door.clock.advance(minutes=15)
    assert browser.get("/people/invite").headers["location"] == "/sign-in/again?next=/people/invite"
    for path in ("/people/1/roles", "/people/1/close", "/people/1/renew"):
        assert browser.post(path, page="/account").headers["location"] == "/sign-in/again?next=/people/1"
    for path in ("/account/paper", "/account/keys/remove"):
        assert browser.post(path, page="/account", id="1").headers["location"] == "/sign-in/again?next=/account"
    before = browser.client.cookies["undisc_me"]
    second = browser.post("/sign-in/again", page="/sign-in/again", password=PASSWORD, next="/people/invite")
    assert second.status_code == 200
    done = browser.post("/sign-in/again/second", page="/account", code=door.code(member), next="/people/invite")
    assert done.headers["location"] == "/people/invite"
    assert browser.get("/people/invite").status_code == 200
    assert browser.client.cookies["undisc_me"] != before
    assert door.app.people.signed_in(before) is None


def test_somebody_proves_again_as_themselves_alone(door: PeopleDoor) -> None:
    one, other = door.browser(), door.browser()
    one.join(door.invitation(Role.ADMINISTRATOR))
    member = other.join(door.invitation(), "bob@clinic.example")
    door.clock.advance(minutes=20)
    other.sign_out()
    other.post("/sign-in", email=member.email, password=PASSWORD)
    one.client.cookies.set("undisc_step", other.client.cookies["undisc_step"], domain="127.0.0.1")
    answer = one.post("/sign-in/again/second", page="/account", code=door.code(member))
    assert answer.status_code == 401
    assert one.get("/people/invite").status_code == 303


def test_an_administrator_changes_roles_closes_reopens_and_renews(door: PeopleDoor) -> None:
    admin, staff = door.browser(), door.browser()
    admin.join(door.invitation(Role.ADMINISTRATOR))
    member = staff.join(door.invitation(Role.STAFF), "sam@clinic.example", "Sam Sample")
    admin.post("/people/2/roles", page="/people/2", role=["staff", "privacy"])
    assert me(door.app, staff.client.cookies["undisc_me"]).person.roles == {Role.STAFF, Role.PRIVACY}
    admin.post("/people/2/close", page="/people/2")
    assert not staff.is_in()
    assert staff.post("/sign-in", email=member.email, password=PASSWORD).status_code == 401
    admin.post("/people/2/reopen", page="/people/2")
    staff.sign_in(member)
    assert staff.is_in()
    renewed = admin.post("/people/2/renew", page="/people/2")
    address = re.findall(r'id="address"[^>]*>([^<]+)<', renewed.text)[0]
    assert staff.is_in()  # until the link is used
    again = door.browser()
    again.join(address, "sam@clinic.example", "Sam Sample")
    assert not staff.is_in()
    assert staff.post("/sign-in/second", code=door.code(member)).status_code == 401
    assert len(door.entrance.keeping.everybody()) == 2


def test_the_last_administrator_stays(door: PeopleDoor) -> None:
    admin = door.browser()
    admin.join(door.invitation(Role.ADMINISTRATOR))
    for path in ("/people/1/close", "/people/1/roles"):
        answer = admin.post(path, page="/people/1", role="staff")
        assert answer.status_code == 422
        assert "last administrator" in answer.text
    assert admin.is_in()


def test_an_invitation_goes_out_by_e_mail_and_can_be_taken_back(door: PeopleDoor) -> None:
    admin = door.browser()
    admin.join(door.invitation(Role.ADMINISTRATOR))
    made = admin.post(
        "/people/invite", page="/people/invite", name="Sam", email="sam@clinic.example", role="staff", send="1"
    )
    address = re.findall(r'id="address"[^>]*>([^<]+)<', made.text)[0]
    with door.app.database.read() as connection:
        assert connection.execute(select(messages.c.purpose, messages.c.shown_to)).all() == [
            ("invitation", "s···@clinic.example")
        ]
    number = re.findall(r'name="id" value="(\d+)"', admin.get("/people").text)[0]
    admin.post("/people/invitations/revoke", page="/people", id=number)
    assert door.browser().post("/join", secret=address).status_code == 404


def test_a_glass_is_broken_with_a_reason_for_some_hours_and_told(door: PeopleDoor) -> None:
    key = PatientKey("", "TEST-1")
    token = signed_in_as(door.app, Role.STAFF)
    with pytest.raises(Exception, match="at least 10"):
        door.app.people.break_glass(me(door.app, token), key, "  too   short ")
    glass = door.app.people.break_glass(me(door.app, token), key, "unconscious, suspected stroke")
    assert me(door.app, token).glasses == (glass,)
    assert [each.glass.id for each in door.app.people.glasses(unseen=True)] == [glass.id]
    assert door.actions()[-1] == "glass-broken"
    for other in (Role.PRIVACY, Role.ADMINISTRATOR, Role.PATIENT):
        with pytest.raises(Exception, match="Only staff"):
            door.app.people.break_glass(me(door.app, signed_in_as(door.app, other)), key, "curious about my neighbour")
    door.clock.advance(hours=4)
    later = signed_in_as(door.app, Role.STAFF)
    assert me(door.app, later).glasses == ()


def test_a_glass_is_broken_on_a_page_and_the_privacy_officer_gets_a_letter(door: PeopleDoor, tmp_path: Path) -> None:
    signed_in_as(door.app, Role.PRIVACY, name="Pia Privacy", email="pia@clinic.example")
    door.app.intake.take_in([make_disc(tmp_path / "disc", studies=1, series=1, slices=1, rows=16, columns=16).folder])
    study = door.app.archive.studies()[0]
    staff = door.browser()
    staff.join(door.invitation(Role.STAFF))
    page = f"/glass?patient-of={study.id}&next=/account"
    assert staff.post("/glass", page=page, **{"patient-of": study.id, "reason": "short"}).status_code == 422
    fields = {"patient-of": study.id, "reason": "unconscious in the emergency room", "next": "//evil.example"}
    assert staff.post("/glass", page=page, **fields).headers["location"] == "/account"
    assert len(me(door.app, staff.client.cookies["undisc_me"]).glasses) == 1
    with door.app.database.read() as connection:
        assert connection.execute(select(messages.c.purpose, messages.c.shown_to)).all() == [
            ("alert", "p···@clinic.example")
        ]
        assert connection.execute(select(alerts.c.kind, alerts.c.key)).all() == [("glass", "glass:1")]
    for nothing in ("", "x", "99", "-1"):
        assert staff.get(f"/glass?patient-of={nothing}").status_code == 404


def test_a_link_proves_the_same_patient_to_be_the_same_person(door: PeopleDoor) -> None:
    key = PatientKey("", "TEST-1")
    first, second = patient_of(door.app, key, email="p@home.example"), patient_of(door.app, key)
    assert me(door.app, first).person.id == me(door.app, second).person.id
    assert [relation.kind for relation in me(door.app, first).relations] == ["self"]
    stranger = patient_of(door.app, PatientKey("", "TEST-2"), email="p@home.example")
    assert me(door.app, stranger).person.id != me(door.app, first).person.id


def test_everybody_has_a_start_page_that_is_theirs(door: PeopleDoor) -> None:
    for role, page in ((Role.STAFF, "/staff"), (Role.PRIVACY, "/privacy"), (Role.CLINICIAN, "/account"),
                       (Role.ADMINISTRATOR, "/people"), (Role.PATIENT, "/me"), (Role.PROXY, "/me")):  # fmt: skip
        browser = door.browser()
        browser.client.cookies.set("undisc_me", signed_in_as(door.app, role), domain="127.0.0.1")
        assert browser.get("/home").headers["location"] == page
        assert browser.get(page).status_code == 200, page


def test_the_language_is_kept_by_the_browser_and_the_person(door: PeopleDoor) -> None:
    browser = door.browser()
    browser.join(door.invitation())
    answer = browser.post("/language", language="de", next="/account")
    assert answer.headers["location"] == "/account"
    assert '<html lang="de"' in browser.get("/account").text
    assert me(door.app, browser.client.cookies["undisc_me"]).person.language == "de"
    assert browser.post("/language", language="xx", next="//evil.example").headers["location"] == "/"
