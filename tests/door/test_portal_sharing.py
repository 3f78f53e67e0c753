"""Proves that a patient's share is what they chose, that its secret is shown once, and that stopping stops at once."""

import base64
import html
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select
from tests.door.portal_door import PortalDoor, form_token, portal_door, send
from tests.factories.instances import ADA, BERT

from undisc.db.tables import audit_entries
from undisc.messaging.model import Way

_URL = re.compile(r'id="address" readonly value="([^"]+)"')
_CODE = re.compile(r'id="passcode">(\d{6})<')


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalDoor]:
    with portal_door(tmp_path_factory.mktemp("sharing")) as running:
        yield running


def once_of(page: httpx.Response) -> str:
    return page.text.split('name="once" value="')[1].split('"')[0]


def share(client: httpx.Client, of: int, **fields: object) -> httpx.Response:
    """Fill in the form for sharing as somebody without scripts does who is sure."""
    where = f"/me/scans/{of}/share"
    page = client.get(where)
    usual = {"once": once_of(page), "who": "doctor", "study": of, "report": "yes", "step": "passcode", "days": "30"}
    return client.post(where, data={"form_token": form_token(page), "sure": "yes"} | usual | fields)


def link_in(page: httpx.Response) -> tuple[str, str, str]:
    """The link's name, its secret, and its passcode ("" for none)."""
    assert page.status_code == 200, page.text
    found, code = _URL.search(page.text), _CODE.search(page.text)
    assert found
    name, secret = found[1].split("/s/")[1].split("#")
    return name, secret, code[1] if code else ""


def open_link(client: httpx.Client, name: str, secret: str, passcode: str = "") -> httpx.Response:
    asked = {"secret": secret} | ({"passcode": passcode} if passcode else {})
    return client.post(f"/s/{name}/open", json=asked)


def test_share_with_passcode_is_opened_seen_and_stopped(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA, 1)
    made = share(ada, study, name="Dr. Lee", office="Knee Clinic")
    assert made.headers["cache-control"] == "no-store"
    name, secret, passcode = link_in(made)
    assert passcode
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', made.text):
        assert secret not in address or address.startswith(("mailto:", "sms:")), address

    stranger = door.browser()
    assert open_link(stranger, name, secret).status_code == 401
    opened = open_link(stranger, name, secret, passcode)
    assert opened.status_code == 200
    assert stranger.get(f"/s/{name}/download").status_code == 200

    page = ada.get(f"/me/links/{name}")
    assert "Dr. Lee, Knee Clinic" in page.text
    assert "Somebody who had the link" in page.text
    assert "kept a copy of everything" in page.text
    assert "127.0.0.…" in page.text
    assert secret not in page.text
    assert passcode not in page.text
    assert "Dr. Lee" in ada.get(f"/me/scans/{study}").text

    stopped = send(ada, f"/me/links/{name}", f"/me/links/{name}/stop")
    assert stopped.status_code == 303
    assert stranger.get(f"/s/{name}/study").status_code == 404
    assert "sees nothing more from this moment on" in ada.get(stopped.headers["location"]).text


def test_sending_the_same_form_again_makes_no_second_link(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA)
    once = once_of(ada.get(f"/me/scans/{study}/share"))
    before = len(door.app.sharing.links())
    assert share(ada, study, once=once, step="open").status_code == 200
    again = share(ada, study, once=once, step="open")
    assert "This link was made already" in again.text
    assert not _URL.search(again.text)
    assert len(door.app.sharing.links()) == before + 1


def test_without_scripts_the_choice_is_said_back_first(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA)
    before = len(door.app.sharing.links())
    review = share(ada, study, sure="", who="family", name="Tante Li", most="3")
    for said in (
        "Is this right?",
        "Tante Li can see this scan and its report.",
        "It asks for a passcode that you tell them yourself.",
        "They can look, and cannot download.",
        "It can be opened 3 times, and stops by itself on December 24, 2026.",
    ):
        assert said in review.text, said
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', review.text))
    assert len(door.app.sharing.links()) == before
    made = ada.post(f"/me/scans/{study}/share", data=fields)
    name, secret, passcode = link_in(made)
    stranger = door.browser()
    assert open_link(stranger, name, secret, passcode).status_code == 200
    assert stranger.get(f"/s/{name}/download").status_code == 403


def test_link_goes_to_the_address_that_was_given(door: PortalDoor) -> None:
    made = share(door.patient(ADA), door.study(ADA), step="code", email="lee@clinic.example")
    name, _, passcode = link_in(made)
    assert not passcode
    assert "We are sending the link to lee@clinic.example." in made.text
    assert {message.way for message in door.app.messaging.of_link(name)} == {Way.EMAIL}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"step": "code"}, "A code needs somewhere to go"),
        ({"step": "clinician"}, "Give the e-mail address with which the clinician signs in"),
        ({"email": "nobody"}, "This is no e-mail address"),
        ({"email": "a@b.example, c@d.example"}, "This is no e-mail address"),
        ({"phone": "call me"}, "This is no telephone number"),
        ({"days": "day", "day": "2020-01-01"}, "Choose a day from today on"),
        ({"days": "day", "day": "9999-12-31"}, "Choose a day from today on"),
        ({"days": "day", "day": "soon"}, "Give the day as year-month-day"),
        ({"most": "0"}, "Give a number from 1 to 1000"),
        ({"most": "9" * 40}, "Give a number from 1 to 1000"),
        ({"study": ""}, "Choose at least one scan"),
    ],
)
def test_what_makes_no_sound_link_is_said_where_it_was_typed(
    door: PortalDoor, fields: dict[str, str], told: str
) -> None:
    before = len(door.app.sharing.links())
    answer = share(door.patient(ADA), door.study(ADA), **fields)
    assert answer.status_code == 422
    assert told in html.unescape(answer.text)
    assert len(door.app.sharing.links()) == before


def test_health_link_is_made_once_and_stopped_like_any_other(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA, 1)
    page = ada.get(f"/me/scans/{study}/share")
    fields = {"form_token": form_token(page), "once": f"{once_of(page)}h", "report": "yes"}
    made = ada.post(f"/me/scans/{study}/share/health", data=fields)
    text = made.text.split('readonly value="shlink:/')[1].split('"')[0]
    told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert told["flag"] == "P"
    assert _CODE.search(made.text)
    assert "This link was made already" in ada.post(f"/me/scans/{study}/share/health", data=fields).text
    name = made.text.split("/me/links/")[1].split('"')[0]
    asked = {"recipient": "Knee Clinic"}
    where = told["url"].split("/shl/")[1]
    assert door.browser().post(f"/shl/{where}", json=asked).status_code == 401
    assert send(ada, f"/me/links/{name}", f"/me/links/{name}/stop").status_code == 303
    assert door.browser().post(f"/shl/{where}", json=asked).status_code == 404


def test_scans_of_others_cannot_be_put_into_a_share(door: PortalDoor) -> None:
    ada, his = door.patient(ADA), door.study(BERT)
    assert share(ada, door.study(ADA), study=his).status_code == 422
    mixed = share(ada, door.study(ADA), study=[door.study(ADA), his])
    name, _, _ = link_in(mixed)
    found = door.app.sharing.one_link(name)
    assert found is not None
    assert found.studies == (door.study(ADA),)


def test_markup_in_names_stays_text_and_long_ones_are_cut(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA)
    evil = "<script>alert(1)</script>'\"{{7*7}}"
    name, _, _ = link_in(share(ada, study, name=evil, office="x" * 5000))
    for page in (f"/me/links/{name}", "/me/links", f"/me/scans/{study}"):
        text = ada.get(page).text
        assert "<script>alert" not in text
        assert html.escape("<script>alert(1)") in text
    found = door.app.sharing.one_link(name)
    assert found is not None
    assert len(found.link.for_name) <= 320


def test_links_of_another_patient_cannot_be_seen_or_stopped(door: PortalDoor) -> None:
    ada, bert = door.patient(ADA), door.patient(BERT)
    name, secret, _ = link_in(share(ada, door.study(ADA), step="open"))
    answers = [bert.get(f"/me/links/{one}") for one in (name, "abcdefghjk", "'--")]
    assert {answer.status_code for answer in answers} == {404}
    assert send(bert, "/me", f"/me/links/{name}/stop").status_code == 404
    assert send(bert, "/me/links", "/me/links/stop-all", of=1).status_code in (303, 404)
    assert open_link(door.browser(), name, secret).status_code == 200


def test_all_links_to_others_are_stopped_together(door: PortalDoor) -> None:
    ada = door.patient(ADA)
    made = [link_in(share(ada, door.study(ADA), step="open")) for _ in range(2)]
    of = ada.get("/me/links").text.split('name="of" value="')[1].split('"')[0]
    assert send(ada, "/me/links", "/me/links/stop-all", of=of).status_code == 303
    for name, secret, _ in made:
        assert open_link(door.browser(), name, secret).status_code == 404


def test_everybody_who_looked_is_told_with_way_and_time(door: PortalDoor) -> None:
    ada, study = door.patient(ADA), door.study(ADA)
    name, secret, _ = link_in(share(ada, study, step="open"))
    open_link(door.browser(), name, secret)
    robin = door.proxy(ADA)
    send(robin, f"/me/scans/{study}", f"/me/scans/{study}/view")
    page = ada.get("/me/looks")
    assert "Robin Relative, signed in" in page.text
    assert f"/me/links/{name}" in page.text
    assert "Robin Relative" not in door.patient(BERT).get("/me/looks").text


def test_trail_names_the_patient_who_shared_by_number_alone(door: PortalDoor) -> None:
    link_in(share(door.patient(ADA), door.study(ADA), name="Dr. Lee"))
    with door.app.database.read() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()
    shared = [row for row in rows if row.action == "shared"]
    assert shared[-1].actor.startswith("person:")
    assert not any("Lee" in row.subject or "Ada" in row.subject for row in rows)
