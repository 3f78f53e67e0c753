"""The privacy officer finds who did what to whose pictures, accounts for what left, and is told of what is unusual;
nobody else sees any of it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import update
from tests.door.privacy_door import PrivacyDoor, post, privacy_door

from undisc.accounts.people.model import PatientKey, Role
from undisc.audit.model import Action
from undisc.db.tables import audit_entries
from undisc.web.privacy.words import ACTIONS, GROUPS

JANE = PatientKey("", "MRN-4711")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[PrivacyDoor]:
    with privacy_door(tmp_path) as running:
        yield running


@pytest.fixture
def officer(door: PrivacyDoor) -> httpx.Client:
    return door.signed_in("Olga Officer", Role.PRIVACY)


def _a_shared_link(door: PrivacyDoor) -> str:
    """Jane's first study shared, opened and looked at."""
    link = door.app.sharing.create_link((1,), made_by="operator").link.id
    seen = {"link": link, "session": 1}
    door.act("link-opened", f"link:{link}", **seen, address="203.0.113.9", browser="Firefox")
    door.act("series-viewed", f"link:{link}", **seen, series=11)
    door.act("download-started", f"link:{link}", **seen, instances=3)
    return link


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY])
def test_nobody_else_sees_these_pages(door: PrivacyDoor, role: Role) -> None:
    somebody = door.signed_in("Some Body", role)
    for page in ("", "/trail", "/patients/1", "/patients/1/accounting.csv", "/alerts", "/watched", "/chain"):
        answer = somebody.get(f"/privacy{page}")
        assert answer.status_code == 403, page
        assert "DOE" not in answer.text
    assert somebody.post("/privacy/patients/1/watch").status_code == 403


def test_each_entry_is_told_in_plain_words_with_who_and_whose(door: PrivacyDoor, officer: httpx.Client) -> None:
    link = _a_shared_link(door)
    page = officer.get("/privacy/trail").text
    for words in ("Looked at pictures", "Began to download all pictures", "Made a link", "203.0.113.9"):
        assert words in page
    assert "DOE JANE" in page
    assert f"/privacy/trail?link={link}" in page


def test_a_patient_is_found_by_name_and_only_their_entries_shown(door: PrivacyDoor, officer: httpx.Client) -> None:
    _a_shared_link(door)
    door.act("study-retrieved", "token:pacs", study=3)
    found = post(officer, "/privacy/trail", "/privacy/trail", patient_text="jane doe").text.partition("<tbody>")[2]
    assert "Looked at pictures" in found
    assert "Fetched pictures with another system" not in found
    assert "pacs" in post(officer, "/privacy/trail", "/privacy/trail", patient_text="MRN-0815").text
    assert "Nobody here is called that." in post(officer, "/privacy/trail", "/privacy/trail", patient_text="zz").text


def test_entries_are_found_by_person_action_day_and_address(door: PrivacyDoor) -> None:
    _a_shared_link(door)
    door.clock.advance(days=2)
    officer = door.signed_in("Otto Officer", Role.PRIVACY)
    nurse = door.somebody("Nina Nurse", Role.STAFF)
    door.act("study-retrieved", f"person:{nurse}", study=3)

    def search(**fields: str) -> str:
        return post(officer, "/privacy/trail", "/privacy/trail", **fields).text.partition("<tbody>")[2]

    assert "Nina Nurse" in search(person_text="nina")
    assert "Opened a link" not in search(person_text="nina")
    assert "Opened a link" in search(address="203.0.113.9")
    assert "Looked at pictures" not in search(address="203.0.113.9")
    assert "Looked at pictures" in search(action="looks")
    assert "Made a link" not in search(action="looks")
    assert "Fetched pictures" not in search(until="2026-11-25")
    assert "Fetched pictures" in search(since="2026-11-26", until="2026-11-26")


def test_what_was_found_is_saved_as_a_table_without_formulas(door: PrivacyDoor, officer: httpx.Client) -> None:
    link = _a_shared_link(door)
    door.act("passcode-wrong", f"link:{link}", link=link, address="203.0.113.9", browser="=HYPERLINK(1)")
    answer = post(officer, "/privacy/trail", "/privacy/trail.csv", patient_text="MRN-4711")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["patient id"] for row in rows} == {"MRN-4711"}
    assert rows[-1]["browser"] == "'=HYPERLINK(1)"
    assert [row["action"] for row in rows][:2] == ["shared", "link-opened"]


def test_every_act_has_its_words() -> None:
    assert set(get_args(Action)) <= set(ACTIONS)
    assert {action for group in GROUPS.values() for action in group.actions} <= set(ACTIONS)


def test_reading_the_trail_is_in_the_trail(door: PrivacyDoor, officer: httpx.Client) -> None:
    post(officer, "/privacy/trail", "/privacy/trail", patient_text="MRN-4711")
    assert "Searched the trail" in officer.get("/privacy/trail?action=officer").text


def test_an_accounting_names_date_recipient_what_and_why(door: PrivacyDoor, officer: httpx.Client) -> None:
    _a_shared_link(door)
    door.act("study-retrieved", "token:city-hospital", study=2)
    door.act("study-retrieved", "token:city-hospital", study=3)
    table = officer.get("/privacy/patients/1/accounting.csv").text
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert [(row["recipient"][:16], row["purpose"]) for row in rows] == [
        ("Whoever had link", "Link given out by the place"),
        ("city-hospital", "Care: another system asked for it"),
    ]
    assert rows[0]["address"] == "203.0.113.9"
    assert rows[0]["how"] == "Looked at pictures; Began to download all pictures"
    assert rows[0]["what"] == "MR, 2026-11-08"
    paper = officer.get("/privacy/patients/1/accounting.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    for words in ("Accounting of disclosures", "DOE JANE", "city-hospital", "2026-11-24", "164.528"):
        assert words in text
    assert "ROE" not in text


def test_an_emergency_look_is_accounted_for_with_its_reason(door: PrivacyDoor, officer: httpx.Client) -> None:
    nurse = door.somebody("Nina Nurse", Role.STAFF)
    me = door.app.people.signed_in(door.token(nurse))
    assert me
    door.app.people.break_glass(me, JANE, "Unconscious in the emergency room")
    door.act("study-retrieved", me.actor, study=1)
    page = officer.get("/privacy/patients/1").text
    assert "Nina Nurse" in page
    assert "Unconscious in the emergency room" in page
    alerts = officer.get("/privacy/alerts").text
    assert "Nina Nurse looked at a patient in an emergency." in alerts


def test_what_left_more_than_six_years_ago_is_not_asked_for(door: PrivacyDoor, officer: httpx.Client) -> None:
    door.act("study-retrieved", "token:long-ago", study=1)
    door.clock.advance(days=6 * 366)
    officer = door.signed_in("Olga Officer", Role.PRIVACY)
    assert "long-ago" not in officer.get("/privacy/patients/1").text


def test_an_alert_is_read_once_and_by_whom_is_in_the_trail(door: PrivacyDoor, officer: httpx.Client) -> None:
    nurse = door.app.people.signed_in(door.token(door.somebody("Nina Nurse", Role.STAFF)))
    assert nurse
    door.app.people.break_glass(nurse, JANE, "Unconscious in the emergency room")
    assert "One alert waits for you." in officer.get("/privacy").text
    assert post(officer, "/privacy/alerts", "/privacy/alerts/1/seen").status_code == 303
    assert "Nothing out of the ordinary waits for you." in officer.get("/privacy").text
    assert "Read an alert" in officer.get("/privacy/trail?action=alert-seen").text
    assert door.app.people.glasses(unseen=True) == []


def test_a_patient_is_watched_until_that_is_stopped(door: PrivacyDoor, officer: httpx.Client) -> None:
    for page in ("/privacy/patients/1", "/privacy/trail"):
        assert post(officer, page, "/privacy/patients/1/watch").status_code == 303
    assert officer.get("/privacy/watched").text.count("DOE JANE") == 1
    post(officer, "/privacy/watched", "/privacy/watched/1/stop")
    assert "Nobody is watched." in officer.get("/privacy/watched").text


def test_the_chain_is_checked_on_the_page_and_a_cut_shows(door: PrivacyDoor, officer: httpx.Client) -> None:
    post(officer, "/privacy/chain", "/privacy/chain")
    assert "entries are whole and in order" in officer.get("/privacy/chain").text
    with door.app.database.write() as connection:
        connection.execute(update(audit_entries).where(audit_entries.c.seq == 1).values(actor="somebody else"))
    post(officer, "/privacy/chain", "/privacy/chain")
    assert "Entry 1 was changed after it was written." in officer.get("/privacy/chain").text


def test_what_is_typed_is_shown_as_text(door: PrivacyDoor, officer: httpx.Client) -> None:
    answer = post(officer, "/privacy/trail", "/privacy/trail", link="<script>1</script>", address='"><b>')
    assert "<script>1" not in answer.text
    assert '"><b>' not in answer.text


def test_a_form_without_its_token_changes_nothing(door: PrivacyDoor, officer: httpx.Client) -> None:
    assert officer.post("/privacy/patients/1/watch", data={"form_token": "x"}).status_code == 403
    assert "Nobody is watched." in officer.get("/privacy/watched").text


@pytest.mark.parametrize("number", ["0", "999", "99999999999999999999", "-1", "x"])
def test_a_patient_who_is_not_here_is_not_found(door: PrivacyDoor, officer: httpx.Client, number: str) -> None:
    assert officer.get(f"/privacy/patients/{number}").status_code in (404, 422)
