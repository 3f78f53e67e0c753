"""Proves that a signed form finds its scan by numbers and never by a name, that doubts are left to people, and that
what is withdrawn stops the links that others hold."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.consents import FORM, NOW, STUDY, Rooms

from undisc.accounts.people.model import PatientKey
from undisc.sharing.consent_model import (
    Belongs,
    Choice,
    Consent,
    Doubtful,
    Given,
    Lacking,
    Look,
    Purpose,
    Sign,
    State,
    StudyIdentity,
    Unrelated,
    Why,
)
from undisc.sharing.consent_policy import match, same_name, same_number
from undisc.sharing.consents import Consents

WAITING = Consent(1, FORM, State.WAITING, NOW, "check-in:1")
BY_STAFF = replace(WAITING, entered_by="person:3")


def with_form(consent: Consent, **more: Any) -> Consent:
    return replace(consent, form=replace(consent.form, **more))


def test_a_form_is_a_scans_by_accession_number_however_people_write_it() -> None:
    assert match(WAITING, STUDY) == Belongs((Sign.ACCESSION, Sign.BIRTH_DATE, Sign.NAME))


def test_a_name_and_a_birth_date_alone_are_nobodys() -> None:
    matched = match(with_form(BY_STAFF, accession=""), STUDY)
    assert matched == Unrelated((Sign.BIRTH_DATE, Sign.NAME), ())


def test_a_patients_number_counts_with_its_issuer_and_for_the_visit_only() -> None:
    keyed = with_form(WAITING, accession="", whose=STUDY.patient)
    assert isinstance(match(keyed, STUDY), Belongs)
    assert isinstance(match(keyed, replace(STUDY, patient=PatientKey("elsewhere", "MRN-1"))), Unrelated)
    assert isinstance(match(keyed, replace(STUDY, study_date="20240301")), Unrelated)
    assert match(keyed, replace(STUDY, study_date="")) == Doubtful(
        (Sign.PATIENT_NUMBER, Sign.BIRTH_DATE, Sign.NAME), (Look.DATE_LACKING,)
    )


@pytest.mark.parametrize(
    ("said", "looks"),
    [
        ({"birth_date": "19700102"}, (Look.OTHER_BIRTH_DATE,)),
        ({"patient_name": "Richard Roe"}, (Look.OTHER_NAME,)),
        ({"whose": PatientKey("", "MRN-2")}, (Look.OTHER_NUMBER,)),
        ({"patient_name": "Richard Roe", "birth_date": "19510101"}, (Look.OTHER_BIRTH_DATE, Look.OTHER_NAME)),
    ],
)
def test_what_contradicts_is_left_to_people(said: dict[str, Any], looks: tuple[Look, ...]) -> None:
    matched = match(with_form(BY_STAFF, **said), STUDY)
    assert isinstance(matched, Doubtful)
    assert matched.looks == looks


def test_a_number_read_off_a_list_is_not_enough_for_whoever_is_unknown() -> None:
    unborn = replace(STUDY, birth_date="")
    assert isinstance(match(BY_STAFF, unborn), Belongs)
    assert match(WAITING, unborn) == Doubtful((Sign.ACCESSION, Sign.NAME), (Look.BIRTH_DATE_LACKING,))


names = st.sampled_from(
    ["DOE^JANE", "Jane Doe", "MÜLLER^ANNA", "Anna Mueller", "Yamada^Tarou=山田^太郎", "山田太郎", ""]
)
numbers = st.sampled_from(["A-4711", "a4711", "B1", ""])
dates = st.sampled_from(["19700101", "19700102", "20261124", ""])


@given(names, numbers, numbers, dates, names, numbers, numbers, dates, dates, st.booleans())
def test_nothing_belongs_without_a_number_or_against_what_both_say(
    name: str,
    order: str,
    whose: str,
    born: str,
    its: str,
    its_order: str,
    its_whose: str,
    its_born: str,
    day: str,
    ours: bool,
) -> None:
    form = replace(FORM, patient_name=name, accession=order, whose=PatientKey("", whose), birth_date=born)
    consent = replace(BY_STAFF if ours else WAITING, form=form)
    study = StudyIdentity(1, its, PatientKey("", its_whose), its_born, its_order, day, "")
    if isinstance(match(consent, study), Belongs):
        assert same_number(order, its_order) or (whose and whose == its_whose)
        assert not (born and its_born) or born == its_born
        assert not (name and its) or same_name(name, its)
        assert ours or (born and born == its_born)


@given(st.text(max_size=40), st.text(max_size=40))
def test_names_are_alike_both_ways_or_not_at_all(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)
    assert same_number(one, other) == same_number(other, one)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("DOE^JANE", "jane doe", True),
        ("MUELLER^ANNA", "Anna Müller", True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎", True),
        ("DOE^JANE^MARIA", "Jane Doe", True),
        ("DOE^JANE", "Jane Smith", False),
        ("DOE^JANE", "Jane", False),
        ("", "Jane", False),
    ],
)
def test_names_of_one_person(one: str, other: str, alike: bool) -> None:
    assert same_name(one, other) is alike


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    made = Rooms(tmp_path)
    yield made
    made.database.close()


def test_what_is_signed_is_kept_as_it_was_and_waits(rooms: Rooms) -> None:
    signed = rooms.consents.sign(FORM, "check-in:1")
    assert rooms.consents.get(signed.id) == signed
    assert (signed.form, signed.state, signed.unseen) == (FORM, State.WAITING, True)
    assert [(one.consent, one.looks) for one in rooms.consents.waiting()] == [(signed, ())]


def test_a_button_pressed_twice_signs_once(rooms: Rooms) -> None:
    first = rooms.consents.sign(FORM, "check-in:1")
    again = rooms.consents.sign(replace(FORM, until=NOW + timedelta(days=30, seconds=2)), "check-in:1")
    assert first.id == again.id
    assert rooms.actions() == ["consent-signed"]
    assert rooms.consents.sign(replace(FORM, email="other@example.org"), "check-in:1").id != first.id


def test_the_scan_arrives_and_has_its_consent_and_so_has_the_rest_of_the_order(rooms: Rooms) -> None:
    signed = rooms.consents.sign(replace(FORM, accession="a4711"), "check-in:1")
    attached = rooms.arrive(STUDY)
    assert attached is not None
    assert (attached.id, attached.state, attached.study_id, attached.attached_by) == (
        signed.id,
        State.ATTACHED,
        1,
        "system",
    )
    same_order = replace(STUDY, id=2, description="MR Neck")
    assert rooms.arrive(same_order) == attached
    assert rooms.consents.allows(2, Purpose.CLINICIANS) == Given(attached)
    assert rooms.arrive(replace(STUDY, id=3, accession="A4712")) is None
    assert rooms.consents.allows(3, Purpose.SEND) == Lacking(Why.NONE)
    assert not rooms.consents.allows(3, Purpose.SEND)
    assert rooms.actions() == ["consent-signed", "consent-attached"]


def test_a_form_signed_after_the_scan_came_is_put_on_it_at_once(rooms: Rooms) -> None:
    rooms.study(STUDY)
    assert rooms.consents.sign(replace(FORM, accession="A4711"), "check-in:1").state is State.ATTACHED


def test_where_forms_wait_for_staff_what_nobody_has_seen_is_put_on_no_scan(rooms: Rooms) -> None:
    rooms.consents = Consents(rooms.trail, rooms.clock, unseen_find_scans=False)
    signed = rooms.consents.sign(replace(FORM, accession="A4711"), "check-in:1")
    assert rooms.arrive(STUDY) is None
    assert [one.consent.id for one in rooms.consents.waiting()] == [signed.id]
    put = rooms.consents.attach(signed.id, STUDY.id, "person:1")
    assert put is not None
    assert put.state is State.ATTACHED


def test_two_forms_that_differ_are_left_to_people_and_two_that_agree_are_one(rooms: Rooms) -> None:
    form = replace(FORM, accession="A4711")
    mine = rooms.consents.sign(form, "check-in:1")
    other = rooms.consents.sign(replace(form, email="somebody-else@example.org"), "check-in:1")
    assert rooms.arrive(STUDY) is None
    assert [one.looks for one in rooms.consents.waiting()] == [(Look.TWO_FORMS,)] * 2
    assert rooms.consents.attach(mine.id, 1, "person:3") is not None
    assert [one.looks for one in rooms.consents.waiting()] == [(Look.HAS_ONE,)]
    rooms.consents.withdraw(other.id, "person:3")

    rooms.consents.sign(replace(form, accession="B1"), "check-in:1")
    newer = rooms.consents.sign(replace(form, accession="B1", signed_name="J. Doe"), "check-in:1")
    attached = rooms.arrive(replace(STUDY, id=2, accession="B1"))
    assert attached is not None
    assert attached.id == newer.id
    assert rooms.consents.waiting() == []


def test_what_staff_took_off_is_put_on_by_people_alone(rooms: Rooms) -> None:
    signed = rooms.consents.sign(replace(FORM, accession="A4711"), "check-in:1")
    assert rooms.arrive(STUDY) is not None
    assert rooms.consents.detach(signed.id, "person:3")
    assert not rooms.consents.detach(signed.id, "person:3")
    with rooms.trail.work() as work:
        assert rooms.consents.attach_arrived(work, 1) is None
    assert [one.looks for one in rooms.consents.waiting()] == [(Look.TAKEN_OFF,)]
    assert rooms.consents.attach(signed.id, 1, "person:3") is not None


def test_staff_see_what_speaks_for_a_scan_and_against_it(rooms: Rooms) -> None:
    rooms.study(STUDY)
    rooms.study(replace(STUDY, id=2, birth_date="19510101", accession="X"))
    rooms.study(replace(STUDY, id=3, patient_name="ROE^RICHARD", birth_date="19510101", accession="Y"))
    signed = rooms.consents.sign(replace(FORM, accession="unknown"), "check-in:1")
    candidates = rooms.consents.candidates(signed.id)
    assert [one.study.id for one in candidates] == [1, 2]
    assert candidates[0].match.signs == (Sign.BIRTH_DATE, Sign.NAME)
    assert candidates[1].match == Unrelated((Sign.NAME,), (Look.OTHER_BIRTH_DATE,))
    assert [one.study.id for one in rooms.consents.candidates(signed.id, "richard")] == [3]
    assert [one.study.id for one in rooms.consents.candidates(signed.id, "y")] == [3]


def test_withdrawing_stops_the_links_of_others_and_not_the_patients_own(rooms: Rooms) -> None:
    signed = rooms.consents.sign(replace(FORM, accession="A4711"), "check-in:1")
    rooms.arrive(STUDY)
    rooms.arrive(replace(STUDY, id=2))
    rooms.study(replace(STUDY, id=3, accession="Z"))
    for name, study, kind in (
        ("to-a-friend", 1, "share"),
        ("health", 2, "health"),
        ("mine", 1, "patient"),
        ("looking", 1, "viewing"),
        ("another-scan", 3, "share"),
    ):
        rooms.link(name, study, kind)
    assert rooms.consents.would_close(signed.id) == 2
    withdrawn = rooms.consents.withdraw(signed.id, "person:7")
    assert withdrawn is not None
    assert (withdrawn.closed, withdrawn.consent.state, withdrawn.consent.withdrawn_by) == (
        2,
        State.WITHDRAWN,
        "person:7",
    )
    assert rooms.closed() == {"to-a-friend", "health"}
    assert rooms.consents.withdraw(signed.id, "person:7") is None
    assert rooms.consents.allows(1, Purpose.SEND) == Lacking(Why.WITHDRAWN)
    assert rooms.consents.allows(1, Purpose.CLINICIANS) == Lacking(Why.WITHDRAWN)
    assert rooms.actions()[-3:] == ["revoked", "revoked", "consent-withdrawn"]
    assert [one.id for one in rooms.consents.of_patient(STUDY.patient)] == [signed.id]


def test_a_consent_carries_what_was_chosen_until_it_is_over(rooms: Rooms) -> None:
    rooms.study(STUDY)
    signed = rooms.consents.sign(replace(FORM, accession="A4711"), "check-in:1")
    assert rooms.consents.allows(1, Purpose.CLINICIANS) == Given(signed)
    assert rooms.consents.allows(1, Purpose.EMAIL_IMAGES) == Lacking(Why.NOT_CHOSEN)
    rooms.clock.forward(timedelta(days=31))
    assert rooms.consents.allows(1, Purpose.CLINICIANS) == Lacking(Why.OVER)
    assert rooms.consents.allows(1, Purpose.SEND) == Given(signed)


@pytest.mark.parametrize("choice", [Choice.NOBODY, Choice.CHOSEN])
def test_clinicians_see_nothing_where_the_patient_did_not_choose_them(rooms: Rooms, choice: Choice) -> None:
    rooms.study(STUDY)
    rooms.consents.sign(replace(FORM, accession="A4711", choice=choice), "check-in:1")
    assert rooms.consents.allows(1, Purpose.CLINICIANS) == Lacking(Why.NOT_CHOSEN)


def test_what_a_stranger_typed_is_no_patients_until_it_is_on_a_scan(rooms: Rooms) -> None:
    keyed = replace(FORM, accession="", whose=STUDY.patient)
    rooms.consents.sign(keyed, "check-in:1")
    assert rooms.consents.of_patient(STUDY.patient) == []
    by_staff = rooms.consents.sign(keyed, "person:3")
    assert [one.id for one in rooms.consents.of_patient(STUDY.patient)] == [by_staff.id]
    assert [one.form.signed_name for one in rooms.consents.search("jane doe")] == ["Jane Doe", "Jane Doe"]
    assert rooms.consents.search("j%") == []


def test_what_somebody_signed_in_enters_stands_for_what_waited(rooms: Rooms) -> None:
    form = replace(FORM, accession="A4711")
    first = rooms.consents.sign(form, "check-in:1")
    changed = rooms.consents.sign(replace(form, choice=Choice.NOBODY), "person:3")
    assert [one.consent.id for one in rooms.consents.waiting()] == [changed.id]
    replaced = rooms.consents.get(first.id)
    assert replaced is not None
    assert replaced.state is State.REPLACED
    attached = rooms.arrive(STUDY)
    assert attached is not None
    assert attached.id == changed.id
