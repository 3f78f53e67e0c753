"""The privacy officer's questions get the same answers from SQLite and PostgreSQL."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.door.privacy_door import PrivacyDoor, post, privacy_door

from undisc.accounts.people.model import Role
from undisc.app import build_health_links, build_rounds
from undisc.audit.entries import Wanted
from undisc.audit.marks import Mark
from undisc.disclosures.model import Purpose
from undisc.disclosures.service import Privacy
from undisc.sharing.health_links import Manifest
from undisc.sharing.model import Browser


@pytest.fixture(params=["sqlite", "postgres"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PrivacyDoor]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with privacy_door(tmp_path, database_url=url) as running:
        yield running


def test_a_patient_is_found_accounted_for_and_watched(door: PrivacyDoor) -> None:
    privacy = Privacy(door.app.trail, door.clock)
    build_rounds(door.app).go()
    officer = door.app.people.signed_in(door.token(door.somebody("Olga Officer", Role.PRIVACY)))
    assert officer
    (jane,) = privacy.patients_like("JANE doe")
    assert [person.name for person in privacy.people_like("OLGA clinic")] == ["Olga Officer"]
    assert privacy.watch(jane, officer)
    link = door.app.sharing.create_link((1,)).link.id
    door.act("link-opened", f"link:{link}", link=link, session=1, address="203.0.113.9")
    door.act("series-viewed", f"link:{link}", link=link, session=1, series=11)
    door.act("study-retrieved", "token:pacs", study=2)
    door.act("study-retrieved", "token:pacs", study=3)
    found = privacy.page(Wanted((privacy.marks_of_patient(jane),)))
    expected = ["study-retrieved", "series-viewed", "link-opened", "shared", "patient-watched"]
    assert [entry.action for entry in found.entries] == expected
    assert privacy.page(Wanted((frozenset({Mark("address", "203.0.113.9")}),))).entries[0].action == "link-opened"
    account = privacy.accounting(jane, officer.actor)
    assert [(line.purpose, line.address) for line in account.disclosures] == [
        (Purpose.GIVEN, "203.0.113.9"),
        (Purpose.CARE, ""),
    ]
    build_rounds(door.app).go()
    alerts, _ = privacy.alerts(unseen=True)
    assert {alert.kind for alert in alerts} == {"watched"}
    assert privacy.see_alert(alerts[0].id, officer)
    assert not privacy.see_alert(alerts[0].id, officer)


def test_odd_questions_get_plain_answers(door: PrivacyDoor) -> None:
    officer = door.signed_in("Olga Officer", Role.PRIVACY)
    for query in ("link=%00", "since=0001-01-01&until=9999-12-31", "patient=99999999999", "action=%ff", "before=x"):
        assert officer.get(f"/privacy/trail?{query}").status_code == 200, query
    for fields in ({"patient_text": "%_\\"}, {"address": "\0'"}, {"person_text": "' OR 1=1 --"}, {"before": "0"}):
        answer = post(officer, "/privacy/trail", "/privacy/trail", **fields)
        assert answer.status_code == 200, fields
        assert "DOE" not in answer.text


def test_a_health_link_opens(door: PrivacyDoor) -> None:
    links = build_health_links(door.app)
    made = links.make("operator", [1], passcode=None)
    address = made.text.removeprefix("shlink:/")

    name = json.loads(base64.urlsafe_b64decode(address + "=="))["url"].rsplit("/", 1)[1]
    # What JSON carries and no database does is left out.
    answer = links.open(name, "Dr.\0 Test \ud800", None, None, Browser("203.0.113.9", "test"))
    assert isinstance(answer, Manifest)
    assert [file["contentType"] for file in answer.files] == ["application/fhir+json"]
