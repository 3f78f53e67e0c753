"""SQLite and PostgreSQL keep a form as it was signed, find its scan alike, and let two who act at once act once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories.consents import FORM, NOW, STUDY, Rooms

from undisc.accounts.people.tries import Tries
from undisc.keyring import Keyring
from undisc.sharing.check_in import CheckIn, TooMany, WrongCode
from undisc.sharing.consent_model import Choice, Given, Look, Purpose, Sign, State

LETTERS = replace(FORM, patient_name="Łukasz Ängström 山田", signed_name="'; DROP TABLE consents;--", accession="a4711")


@pytest.fixture
def rooms(database_url: str | None, tmp_path: Path) -> Iterator[Rooms]:
    made = Rooms(tmp_path, database_url)
    yield made
    made.database.close()


def at_once(act: Callable[[], object], times: int = 4) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_form_is_kept_found_attached_and_withdrawn(rooms: Rooms) -> None:
    signed = rooms.consents.sign(LETTERS, "check-in:1")
    assert rooms.consents.get(signed.id) == signed
    for text in ("łukasz", "山田", "JANE@example", "drop table", "4711"):
        assert [one.id for one in rooms.consents.search(text, State.WAITING)] == [signed.id]
    assert rooms.consents.search("%") == rooms.consents.search("_") == []
    assert rooms.arrive(replace(STUDY, patient_name="ANGSTROM^LUKASZ=山田")) is None
    [waiting] = rooms.consents.waiting()
    assert waiting.looks == (Look.OTHER_NAME,)
    [candidate] = rooms.consents.candidates(signed.id)
    assert candidate.match.signs == (Sign.ACCESSION, Sign.BIRTH_DATE)
    assert [one.study.id for one in rooms.consents.candidates(signed.id, "angst")] == [1]
    attached = rooms.consents.attach(signed.id, 1, "person:3")
    assert attached is not None
    assert rooms.consents.allows(1, Purpose.CLINICIANS) == Given(attached)
    assert rooms.consents.of_patient(STUDY.patient) == [attached]
    rooms.link("to-a-friend", 1, "share")
    withdrawn = rooms.consents.withdraw(signed.id, "person:3")
    assert withdrawn is not None
    assert withdrawn.closed == 1
    assert withdrawn.consent.withdrawn_at == NOW


def test_a_form_signed_many_times_at_once_is_one(rooms: Rooms) -> None:
    at_once(lambda: rooms.consents.sign(FORM, "check-in:1"))
    assert len(rooms.consents.search("")) == 1


def test_a_study_that_is_looked_at_by_many_at_once_gets_its_form_once(rooms: Rooms) -> None:
    form = replace(FORM, accession="A4711")
    ids = [rooms.consents.sign(replace(form, named=f"Dr. {number}"), "check-in:1").id for number in range(3)]
    rooms.study(STUDY)
    got: list[int] = []

    def look() -> None:
        with rooms.trail.work() as work:
            consent = rooms.consents.attach_arrived(work, 1)
        got.append(consent.id if consent else 0)

    at_once(look)
    assert got == [ids[-1]] * 4
    states = sorted(one.state for one in rooms.consents.search(""))
    assert states == [State.ATTACHED, State.REPLACED, State.REPLACED]
    assert rooms.actions().count("consent-attached") == 1


def test_a_form_is_withdrawn_once_and_newer_ones_are_told(rooms: Rooms) -> None:
    signed = rooms.consents.sign(replace(FORM, accession="A4711"), "check-in:1")
    rooms.arrive(STUDY)
    at_once(lambda: rooms.consents.withdraw(signed.id, "person:3"))
    assert rooms.actions().count("consent-withdrawn") == 1
    again = rooms.consents.sign(replace(FORM, accession="A4711", choice=Choice.NOBODY), "check-in:1")
    assert again.state is State.ATTACHED


def test_a_place_opens_for_its_code_and_takes_a_bounded_number_of_forms(rooms: Rooms, tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "secrets.key")
    check_in = CheckIn(rooms.trail, rooms.clock, keyring, Tries(keyring), rooms.consents)
    first, other = check_in.make("Waiting room", "person:3"), check_in.make("Other room", "person:3")
    assert check_in.code(first) != check_in.code(other)
    assert isinstance(check_in.enter(first.id, check_in.code(other), "192.0.2.1"), WrongCode)
    token = check_in.enter(first.id, check_in.code(first), "192.0.2.1")
    assert isinstance(token, str)
    session = check_in.session(token)
    assert session is not None
    outcomes = [check_in.sign(session, replace(FORM, named=str(number)), "192.0.2.1") for number in range(102)]
    assert [isinstance(outcome, TooMany) for outcome in outcomes] == [False] * 100 + [True] * 2
    assert check_in.end(first.id, "person:3")
    assert not check_in.end(first.id, "person:3")
    assert check_in.session(token) is None
    assert [place.id for place in check_in.places()] == [other.id, first.id]
