"""Proves that what was signed can be read, changed and withdrawn by the patient it is about, and by nobody else."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.door.portal_door import PortalDoor, portal_door, send
from tests.factories.consents import FORM
from tests.factories.instances import ADA, BERT

from undisc.sharing.consent_model import Choice, Consent, State


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalDoor]:
    with portal_door(tmp_path_factory.mktemp("consents")) as running:
        yield running


def signed(door: PortalDoor) -> Consent:
    """A form of Ada's, on her head scan."""
    until = datetime(2027, 1, 1, tzinfo=UTC)
    form = replace(FORM, language="en", whose=door.key(ADA), accession="", birth_date="19700101", until=until)
    consent = door.app.consents.sign(form, f"check-in:{datetime.now(UTC).timestamp()}")
    attached = door.app.consents.attach(consent.id, door.study(ADA, 1), "operator")
    assert attached is not None
    return attached


def test_what_was_signed_is_read_as_it_was_signed(door: PortalDoor) -> None:
    signed(door)
    page = door.patient(ADA).get("/me/consent")
    assert "In force" in page.text
    assert "Signed by Jane Doe" in page.text
    assert "January 1, 2027" in page.text
    assert "Jane Doe" not in door.patient(BERT).get("/me/consent").text
    paper = re.search(r"/me/consent/\d+/paper", page.text)
    assert paper is not None
    printed = door.patient(ADA).get(paper.group())
    assert (printed.headers["content-type"], printed.content[:5]) == ("application/pdf", b"%PDF-")


def test_withdrawing_says_what_it_does_and_stops_links_of_others(door: PortalDoor) -> None:
    consent, ada = signed(door), door.patient(ADA)
    link = door.app.sharing.create_link([door.study(ADA, 1)])
    ask = ada.get(f"/me/consent/{consent.id}/withdraw")
    assert "stops at once" in ask.text or "stop at once" in ask.text
    done = send(ada, f"/me/consent/{consent.id}/withdraw")
    assert done.status_code == 303
    assert "Withdrawn. Links that others had" in ada.get(done.headers["location"]).text
    stopped = door.app.sharing.one_link(link.link.id)
    assert stopped is not None
    assert stopped.state == "revoked"
    assert ada.get(f"/me/consent/{consent.id}/withdraw").status_code == 404


def test_changing_signs_anew_and_keeps_what_was_signed_before(door: PortalDoor) -> None:
    consent, ada = signed(door), door.patient(ADA)
    where = f"/me/consent/{consent.id}/change"
    for fields in ({"choice": "everybody", "name": "Ada"}, {"choice": "nobody-else", "name": ""}):
        assert send(ada, where, **fields).status_code == 422
    past = send(ada, where, choice="nobody-else", name="Ada", until="2020-01-01")
    assert past.status_code == 422
    assert send(ada, where, choice="nobody-else", name="Ada <b>").status_code == 303
    now = door.app.consents.of_study(door.study(ADA, 1))
    assert now is not None
    assert now.form.choice is Choice.NOBODY
    before = door.app.consents.get(consent.id)
    assert before is not None
    assert before.state is State.REPLACED
    assert "Ada <b>" not in ada.get("/me/consent").text


@pytest.mark.parametrize("what", ["withdraw", "change"])
def test_consent_of_another_patient_is_as_one_that_is_not_there(door: PortalDoor, what: str) -> None:
    consent, bert = signed(door), door.patient(BERT)
    answers = []
    for number in (consent.id, 98765, "x"):
        where = f"/me/consent/{number}/{what}"
        seen, sent = bert.get(where), send(bert, "/me", where, choice="nobody-else", name="Bert")
        answers.append((seen.status_code, sent.status_code, seen.text.replace(where, "")))
    assert answers[0][:2] == (404, 404)
    assert answers[0] == answers[1] == answers[2]
    assert door.app.consents.of_study(door.study(ADA, 1)) is not None
