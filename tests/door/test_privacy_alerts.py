"""The privacy officer is told of what is out of the ordinary, once, and of nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from tests.door.privacy_door import PrivacyDoor, privacy_door

from undisc.accounts.people.model import Role
from undisc.app import build_rounds
from undisc.db.tables import audit_entries, studies
from undisc.disclosures.policy import is_unusual
from undisc.disclosures.service import Privacy


@pytest.fixture
def door(tmp_path: Path) -> Iterator[PrivacyDoor]:
    with privacy_door(tmp_path, audit_head_file=tmp_path / "head.txt") as running:
        build_rounds(running.app).go()  # what was before is not told of
        yield running


def _told(door: PrivacyDoor) -> list[tuple[str, dict[str, object]]]:
    build_rounds(door.app).go()
    found, _ = Privacy(door.app.trail, door.clock).alerts()
    return [(alert.kind, dict(alert.subject)) for alert in reversed(found)]


def _watch_jane(door: PrivacyDoor) -> None:
    privacy = Privacy(door.app.trail, door.clock)
    officer = door.app.people.signed_in(door.token(door.somebody("Olga Officer", Role.PRIVACY)))
    jane = privacy.patient(1)
    assert officer
    assert jane
    assert privacy.watch(jane, officer)


def _many_patients(door: PrivacyDoor, count: int) -> None:
    text = dict.fromkeys(
        ("patient_name", "issuer", "birth_date", "sex", "study_date", "study_time", "accession"), ""
    ) | dict.fromkeys(("description", "institution", "referring"), "")
    with door.app.database.write() as connection:
        for number in range(100, 100 + count):
            whose = {"id": number, "study_uid": f"1.3.{number}", "patient_id": f"P{number}"}
            connection.execute(insert(studies).values(**text, **whose, kept_at=datetime(2026, 11, 1, tzinfo=UTC)))


def test_a_look_at_a_watched_patient_is_told_once(door: PrivacyDoor) -> None:
    _watch_jane(door)
    nurse = door.somebody("Nina Nurse", Role.STAFF)
    for _ in range(3):
        door.act("study-retrieved", f"person:{nurse}", study=1)
    door.act("study-retrieved", f"person:{nurse}", study=3)
    told = _told(door)
    assert [(kind, subject["actor"]) for kind, subject in told] == [("watched", f"person:{nurse}")]
    assert _told(door) == told


def test_a_watched_patient_may_look_at_their_own(door: PrivacyDoor) -> None:
    _watch_jane(door)
    jane = door.somebody("Jane Doe", Role.PATIENT)
    door.act("study-retrieved", f"person:{jane}", study=1)
    assert _told(door) == []


def test_many_wrong_tries_from_one_address_and_a_closed_link_are_told(door: PrivacyDoor) -> None:
    link = door.app.sharing.create_link((1,), passcode="482913").link.id
    for number in range(25):
        where = "203.0.113.9" if number < 20 else f"198.51.100.{number}"
        door.act("passcode-wrong", f"link:{link}", link=link, address=where)
    door.act("link-closed", "system", link=link, tries=10)
    assert _told(door) == [("codes", {"link": link}), ("codes", {"address": "203.0.113.9", "count": 20})]


def test_wrong_tries_over_many_hours_are_no_guessing(door: PrivacyDoor) -> None:
    for _ in range(25):
        door.act("passcode-wrong", "link:a", link="a", address="203.0.113.9")
        door.clock.advance(minutes=10)
    assert _told(door) == []


@pytest.mark.parametrize(("patients", "is_told"), [(19, False), (25, True)])
def test_somebody_who_looks_at_far_more_patients_than_usual_is_told_of(
    door: PrivacyDoor, patients: int, is_told: bool
) -> None:
    _many_patients(door, 40)
    for day in range(3):
        for study in range(100, 105 + day):
            door.act("study-retrieved", "token:research", study=study)
        door.clock.advance(days=1)
    door.clock.advance(days=1)
    for study in range(100, 100 + patients):
        door.act("study-retrieved", "token:research", study=study)
    told = _told(door)
    expected = [("volume", {"actor": "token:research", "patients": patients, "usual": 6})]
    assert told == (expected if is_told else [])


def test_a_look_by_a_link_of_somebody_signed_in_counts_for_them(door: PrivacyDoor) -> None:
    from undisc.db.tables import links

    _many_patients(door, 30)
    nurse = door.somebody("Nina Nurse", Role.STAFF)
    for study in range(100, 125):
        link = door.app.sharing.create_link((study,)).link.id
        with door.app.database.write() as connection:
            connection.execute(update(links).where(links.c.id == link).values(person_id=nurse, kind="viewing"))
        door.act("series-viewed", f"link:{link}", link=link, session=1, series=1)
    assert _told(door) == [("volume", {"actor": f"person:{nurse}", "patients": 25, "usual": 0})]


@pytest.mark.parametrize(
    ("today", "before", "unusual"),
    [(19, [], False), (20, [], True), (60, [20, 20], False), (61, [20, 20], True), (500, [400], False)],
)
def test_what_is_unusual(today: int, before: list[int], unusual: bool) -> None:
    assert is_unusual(today, before) is unusual


def test_a_cut_in_the_trail_is_told_within_a_day(door: PrivacyDoor) -> None:
    door.act("rebuilt", "operator")
    with door.app.database.write() as connection:
        connection.execute(update(audit_entries).values(actor="somebody else"))
    assert _told(door) == []
    door.clock.advance(days=1)
    assert [kind for kind, _ in _told(door)] == ["trail"]


def test_the_last_seal_is_noted_in_the_file_whenever_it_is_another(door: PrivacyDoor, tmp_path: Path) -> None:
    door.act("rebuilt", "operator")
    for _ in range(2):
        build_rounds(door.app).go()
    lines = [json.loads(line) for line in (tmp_path / "head.txt").read_text().splitlines()]
    seq, seal = Privacy(door.app.trail, door.clock).head()
    assert [line["entry"] for line in lines] == [seq]
    assert lines[-1]["seal"] == seal


def test_a_round_is_put_in_line_when_something_is_new_and_not_otherwise(door: PrivacyDoor) -> None:
    build_rounds(door.app).put_in_line()
    assert not door.app.jobs.is_any_due(["trail"])
    door.act("rebuilt", "operator")
    rounds = build_rounds(door.app)
    rounds.put_in_line()
    build_rounds(door.app).put_in_line()
    assert len(door.app.jobs.all()) == 1
