"""Proves that staff find a form, put it on its scan with the reasons before them, take it off, enter what is on paper,
print what was signed and withdraw it; that nobody else sees any of it; and that places come and go."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader
from tests.door.check_in_door import FILLED, SIGNED, CheckInDoor, check_in_door, token_of

from undisc.accounts.people.model import Role
from undisc.sharing.consent_model import Consent, Purpose, State

ADA = SIGNED | {"name": "Ada Testperson", "signed_name": "Ada Testperson", "accession": "ACC-1"}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[CheckInDoor]:
    with check_in_door(tmp_path) as running:
        yield running


def check_in(door: CheckInDoor, **said: str) -> Consent:
    place, code = door.place()
    browser = door.entered(place, code)
    token = token_of(browser.get(f"/check-in/{place}/form"))
    answer = browser.post(f"/check-in/{place}/sign", data=ADA | said | {"form_token": token})
    assert answer.status_code == 303
    return door.app.consents.search("")[0]


def post(staff: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    return staff.post(action, data=fields | {"form_token": token_of(staff.get(page))})


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_scan_comes_and_the_form_is_on_it(door: CheckInDoor, tmp_path: Path) -> None:
    consent = check_in(door)
    staff = door.signed_in(Role.STAFF)
    assert "The scan has not come yet" in staff.get(f"/staff/consents/{consent.id}").text
    study = door.scan_arrives(tmp_path, "ACC-1")
    with door.app.trail.work() as work:
        door.app.consents.attach_arrived(work, study)
    page = staff.get(f"/staff/consents/{consent.id}").text
    assert "Put on it by its numbers" in page
    assert "TESTPERSON ADA" in page
    assert "No form waits" in staff.get("/staff/consents").text
    assert door.app.consents.allows(study, Purpose.CLINICIANS)

    action = f"/staff/consents/{consent.id}/detach"
    assert post(staff, f"/staff/consents/{consent.id}", action).headers["location"].endswith("?done=detached")
    assert post(staff, f"/staff/consents/{consent.id}", action).status_code == 409
    assert "Somebody here took this form off a scan" in staff.get("/staff/consents").text


def test_a_doubtful_form_waits_with_its_reason_and_is_put_on_by_hand(door: CheckInDoor, tmp_path: Path) -> None:
    consent = check_in(door, birth_day="2")
    study = door.scan_arrives(tmp_path, "ACC-1")
    with door.app.trail.work() as work:
        assert door.app.consents.attach_arrived(work, study) is None
    staff = door.signed_in(Role.STAFF)
    assert "Another date of birth" in staff.get("/staff/consents").text
    page = staff.get(f"/staff/consents/{consent.id}").text
    for reason in ("Same appointment number", "Same name", "Another date of birth"):
        assert reason in page
    one = f"/staff/consents/{consent.id}"
    assert post(staff, one, f"{one}/attach").status_code == 422
    assert post(staff, one, f"{one}/attach", study="99").status_code == 409
    assert post(staff, one, f"{one}/attach", study="1; DROP TABLE studies").status_code == 422
    found = post(staff, one, one, text="testpers")
    assert 'name="study"' in found.text
    assert "No scan was found" in post(staff, one, one, text="nobody").text
    assert post(staff, one, f"{one}/attach", study=str(study)).headers["location"] == f"{one}?done=attached"
    assert "The form is on this scan now." in staff.get(f"{one}?done=attached").text
    assert "Put on it by hand" in staff.get(one).text
    assert post(staff, one, f"{one}/attach", study=str(study)).status_code == 409


def test_a_form_is_found_without_its_name_in_an_address(door: CheckInDoor) -> None:
    check_in(door)
    check_in(door, name="Bert Testperson", email="bert@example.org")
    staff = door.signed_in(Role.STAFF)
    found = post(staff, "/staff/consents", "/staff/consents", text="bert testperson")
    assert "Bert Testperson" in found.text
    assert "Ada" not in found.text
    assert "No form has this in it" in post(staff, "/staff/consents", "/staff/consents", text="%").text


def test_what_is_on_paper_is_entered(door: CheckInDoor) -> None:
    staff = door.signed_in(Role.STAFF)
    page = "/staff/consents/enter"
    wrong = post(staff, page, page, **(FILLED | {"birth_year": "", "language": "fr"}))
    assert wrong.status_code == 422
    assert 'value="Jane Doe"' in wrong.text
    assert '<option value="fr" lang="fr" selected>' in wrong.text
    kept = post(staff, page, page, **(SIGNED | {"language": "fr"}))
    [consent] = door.app.consents.search("")
    assert kept.headers["location"] == f"/staff/consents/{consent.id}?done=entered"
    assert (consent.form.language, consent.form.signature, consent.unseen) == ("fr", (), False)
    assert "Les médecins qui soignent" in staff.get(f"/staff/consents/{consent.id}").text


def test_what_was_signed_is_printed_as_it_was(door: CheckInDoor) -> None:
    consent = check_in(door, name="Ada *Testperson* #show", email_images="yes")
    staff = door.signed_in(Role.STAFF)
    answer = staff.get(f"/staff/consents/{consent.id}/paper")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    said = words_of(answer.content)
    for text in (
        "Who may see these pictures",
        "Ada *Testperson* #show",
        "January 1, 1970",
        "The clinicians who treat",
        "until December 24, 2026",
        "I take that risk",
        "Ada Testperson",
        "I am the patient",
        "November 24, 2026, 11:00",
        "Wording 1",
    ):
        assert text in said, text
    page = f"/staff/consents/{consent.id}"
    post(staff, f"{page}/withdraw", f"{page}/withdraw")
    again = words_of(staff.get(f"{page}/paper").content)
    assert "Withdrawn on November 24, 2026" in again
    assert again.startswith(said.split("Wording 1")[0].rstrip()[:200])


def test_withdrawing_says_what_stops_before_it_stops(door: CheckInDoor, tmp_path: Path) -> None:
    consent = check_in(door)
    study = door.scan_arrives(tmp_path, "ACC-1")
    with door.app.trail.work() as work:
        door.app.consents.attach_arrived(work, study)
    link = door.app.sharing.create_link([study])
    stranger = door.browser()
    assert stranger.post(f"/s/{link.link.id}/open", json={"secret": link.secret}).status_code == 200
    staff = door.signed_in(Role.STAFF)
    page = f"/staff/consents/{consent.id}/withdraw"
    assert "1 link that others have to these pictures stops at once" in staff.get(page).text
    done = post(staff, page, page)
    assert done.headers["location"].endswith("?done=withdrawn")
    assert stranger.get(f"/s/{link.link.id}/study").status_code == 404
    after = door.app.consents.get(consent.id)
    assert after is not None
    assert after.state is State.WITHDRAWN
    assert post(staff, "/staff/consents", page).status_code == 409


def test_places_are_made_printed_and_ended(door: CheckInDoor) -> None:
    staff = door.signed_in(Role.STAFF)
    assert post(staff, "/staff/check-in-places", "/staff/check-in-places", name=" ").status_code == 422
    made = post(staff, "/staff/check-in-places", "/staff/check-in-places", name="<b>Room</b>")
    page = made.headers["location"]
    shown = staff.get(page)
    number = int(page.rsplit("/", 1)[1])
    place = door.check_in.place(number)
    assert place is not None
    code = door.check_in.code(place)
    assert "&lt;b&gt;Room" in shown.text
    assert code in shown.text
    assert "<svg" in shown.text
    poster = staff.get(f"{page}/poster?language=en&language=de&language=xx")
    said = words_of(poster.content)
    assert "Scan to say who may see your pictures" in said
    assert "Scannen und sagen" in said
    assert code in said
    assert door.entered(number, code)
    post(staff, page, f"{page}/end")
    assert "Posters of it open nothing any more" in staff.get(page).text
    assert staff.get(f"{page}/poster").status_code == 404
    assert door.browser().post(f"/check-in/{number}/open", data={"code": code}).status_code == 403
    assert staff.get("/staff/check-in-places/999").status_code == 404


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN, Role.PRIVACY, Role.ADMINISTRATOR])
def test_only_staff_see_forms(door: CheckInDoor, role: Role) -> None:
    consent = check_in(door)
    other = door.signed_in(role)
    one, places = f"/staff/consents/{consent.id}", "/staff/check-in-places"
    for page in (
        "/staff/consents",
        one,
        f"{one}/paper",
        f"{one}/withdraw",
        "/staff/consents/enter",
        places,
        f"{places}/1",
    ):
        answer = other.get(page)
        assert answer.status_code == 403
        assert "Testperson" not in answer.text
    for page in (one, f"{one}/attach", f"{one}/detach", f"{one}/withdraw", places, f"{places}/1/end"):
        assert other.post(page, data={"form_token": "0" * 64, "study": "1"}).status_code == 403
    assert door.app.consents.get(consent.id) == consent


def test_forms_of_staff_are_their_own_pages(door: CheckInDoor) -> None:
    consent = check_in(door)
    staff = door.signed_in(Role.STAFF)
    page = f"/staff/consents/{consent.id}/withdraw"
    token = token_of(staff.get(page))
    assert staff.post(page, data={"form_token": "x"}).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert staff.post(page, data={"form_token": token}, headers=cross).status_code == 403
    assert door.app.consents.get(consent.id) == consent


def test_the_trail_tells_who_did_what_to_which_form_and_names_nobody(door: CheckInDoor) -> None:
    consent = check_in(door)
    staff = door.signed_in(Role.STAFF)
    staff.get(f"/staff/consents/{consent.id}")
    post(staff, f"/staff/consents/{consent.id}/withdraw", f"/staff/consents/{consent.id}/withdraw")
    with door.app.trail.read() as connection:
        told = str(connection.exec_driver_sql("SELECT action, actor, subject FROM audit_entries").fetchall())
    for action in ("check-in-place-made", "consent-signed", "consent-viewed", "consent-withdrawn"):
        assert action in told
    assert "check-in:1" in told
    assert not any(word in told for word in ("Ada", "Testperson", "jane@", "1970", "ACC-1"))
