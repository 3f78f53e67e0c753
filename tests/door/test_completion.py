"""When all of a study has come its patient gets a link by itself, as the form says; the rest waits for staff."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from structlog.testing import capture_logs
from tests.door.dicom_door import part10
from tests.factories.clocks import FixedClock
from tests.factories.instances import ADA, Place, image

from undisc.accounts.people.model import PatientKey
from undisc.app import App, build
from undisc.db.tables import audit_entries, link_sessions, links
from undisc.intake.receiving import Reception
from undisc.jobs.model import Ending, Kind
from undisc.messaging import jobs as messages
from undisc.settings import Settings
from undisc.sharing import completion
from undisc.sharing.completion_model import Left, Spread, Stands, spread
from undisc.sharing.consent_model import Choice, ConsentForm, SignedAs

_FORM = ConsentForm(
    language="de",
    patient_name="Ada Testperson",
    birth_date=ADA.birth_date,
    whose=PatientKey("", ""),
    accession="A0001",
    email="ada@patients.example",
    phone="+49 170 1234567",
    ways=frozenset({"email"}),
    choice=Choice.CHOSEN,
    named="",
    until=None,
    email_images=False,
    signed_name="Ada Testperson",
    signed_as=SignedAs.SELF,
)


class _NobodyDerives:
    def wake(self) -> None: ...

    def close(self) -> None: ...


class _House:
    """An application, what comes to it, and its jobs, carried out here one after the other."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.clock = FixedClock()
        given = {"data_dir": folder, "place_name": "Uferpraxis", "public_url": "https://pictures.example"}
        self.app: App = build(Settings(**(given | settings)), self.clock)
        self.reception = Reception(self.app.archive, self.app.trail, _NobodyDerives())  # type: ignore[arg-type]
        self._kinds: dict[str, Kind] = {
            kind.name: kind for kind in (completion.kind(self.app.completions), messages.kind(self.app.messaging))
        }

    def close(self) -> None:
        self.reception.close()
        self.app.close()

    def comes(self, slice: int = 1, study: int = 1) -> int:
        """One image of Ada's; the row of its study."""
        made = image(ADA, Place(study, slice=slice, slices=9))
        with self.reception.delivery("push", "peer:modality") as delivery:
            delivery.receive(part10(made))
            delivery.finish(last=True)
        return self.app.archive.study_id(str(made.StudyInstanceUID))

    def do_what_is_due(self) -> list[Ending]:
        done: list[Ending] = []
        while (claim := self.app.jobs.claim(list(self._kinds))) is not None:
            kind = self._kinds[claim.kind]

            class _Running:
                number, arguments = claim.number, claim.arguments

                def check(self) -> None:
                    pass

            ending = kind.run(_Running())
            self.app.jobs.end(claim, ending, kind.patience)
            done.append(ending)
        return done

    def passes(self, **by: float) -> list[Ending]:
        self.clock.forward(timedelta(**by))
        return self.do_what_is_due()

    def sent(self) -> list[tuple[str, str, str]]:
        """Messages, the oldest first: by what, what for, and how it stands."""
        return [(each.way.value, each.purpose, each.state) for each in reversed(self.app.messaging.all())]

    def patient_links(self) -> list[Any]:
        with self.app.database.read() as connection:
            return list(connection.execute(select(links).where(links.c.kind == "patient")))

    def opens(self, link_id: str) -> None:
        row = {"link_id": link_id, "token_hash": "0" * 64, "opened_at": self.clock.now()}
        with self.app.database.write() as connection:
            connection.execute(insert(link_sessions).values(**row, ends_at=self.clock.now() + timedelta(hours=1)))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[_House]:
    made = _House(tmp_path)
    yield made
    made.close()


def test_a_study_is_complete_when_nothing_more_came_for_the_set_time_and_not_before(house: _House) -> None:
    study = house.comes(1)
    house.passes(minutes=10)
    assert house.comes(2) == study
    house.passes(minutes=5)
    assert house.app.completions.one(study) is None
    house.passes(minutes=9)
    assert house.app.completions.one(study) is None
    house.passes(minutes=2)
    found = house.app.completions.one(study)
    assert found is not None
    assert (found.by, found.state, found.given_at) == ("quiet", Stands.WAITING, None)
    (waiting,) = house.app.completions.waiting()
    assert (waiting.completion, waiting.left, waiting.consent_id) == (found, Left.NO_CONSENT, None)
    assert house.sent() == []


def test_what_comes_late_changes_nothing_and_each_study_waits_for_itself(house: _House) -> None:
    first = house.comes(1)
    house.passes(minutes=14)
    second = house.comes(1, study=2)
    house.passes(minutes=2)
    assert house.app.completions.one(first) is not None
    assert house.app.completions.one(second) is None
    house.comes(2)
    house.passes(minutes=20)
    assert len(house.app.completions.waiting()) == 2
    assert [job.kind for job in house.app.jobs.all() if job.ended_at is None] == []


def test_the_patient_gets_a_link_by_the_ways_of_the_form_in_its_language_and_one_only(
    house: _House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.app.consents.sign(replace(_FORM, ways=frozenset({"email", "text"})), "check-in:1")
    study = house.comes()
    with capture_logs() as logged:
        house.passes(minutes=15)
    assert house.sent() == [("email", "link", "sent"), ("text", "link", "sent"), ("email", "reminder", "waiting")]
    (link,) = house.patient_links()
    assert (link.for_email, link.for_phone) == ("ada@patients.example", "+49 170 1234567")
    found = house.app.completions.one(study)
    assert found is not None
    assert (found.state, found.given_at, found.link_id) == (Stands.SENT, house.clock.now(), link.id)
    shown = capsys.readouterr().err
    assert shown.count(f"https://pictures.example/s/{link.id}#") == 2
    assert "Ihre Bilder sind fertig (Uferpraxis)" in shown
    for word in ("TESTPERSON", "Ada", "1970", "TEST-0001", "A0001", "MR"):
        assert word not in shown
    with house.app.database.read() as connection:
        trail = str(connection.execute(select(audit_entries.c.action, audit_entries.c.subject)).all())
    assert "study-complete" in trail
    for word in ("Testperson", "ada@", "1234567", "#"):
        assert word not in trail + str(logged)
    house.comes(2)
    house.passes(minutes=30)
    house.app.completions.said_complete(study, "person:1")
    assert len(house.patient_links()) == 1
    assert house.app.completions.waiting() == []


def test_a_form_that_comes_after_its_study_was_complete_is_followed_at_once(house: _House) -> None:
    study = house.comes()
    house.passes(minutes=15)
    house.app.consents.sign(_FORM, "check-in:1")
    house.do_what_is_due()
    assert house.sent()[0] == ("email", "link", "sent")
    found = house.app.completions.one(study)
    assert found is not None
    assert found.state is Stands.SENT


def test_paper_waits_for_staff_even_where_a_message_went_out(house: _House) -> None:
    house.app.consents.sign(replace(_FORM, ways=frozenset({"email", "print"})), "check-in:1")
    study = house.comes()
    house.passes(minutes=15)
    (waiting,) = house.app.completions.waiting()
    assert (waiting.left, waiting.completion.given_at) == (Left.PRINT, house.clock.now())
    house.app.completions.printed(study, waiting.completion.link_id or "", "person:3")
    assert house.app.completions.waiting() == []


def test_an_address_that_is_none_and_a_way_that_is_not_set_wait_for_staff(tmp_path: Path) -> None:
    settings = {"mail_url": "smtps://localhost:1", "mail_from": "pictures@ufer.example"}
    house = _House(tmp_path, **settings)
    house.app.consents.sign(replace(_FORM, ways=frozenset({"text"})), "check-in:1")
    house.app.consents.sign(replace(_FORM, accession="A0002", email="nobody"), "check-in:1")
    house.comes()
    house.comes(study=2)
    house.passes(minutes=15)
    assert [each.left for each in house.app.completions.waiting()] == [Left.NO_WAY, Left.NO_WAY]
    assert (house.patient_links(), house.sent()) == ([], [])
    house.close()


def test_a_withdrawn_form_sends_nothing(house: _House) -> None:
    consent = house.app.consents.sign(_FORM, "check-in:1")
    house.app.consents.withdraw(consent.id, "person:1")
    house.comes()
    house.passes(minutes=15)
    assert (house.patient_links(), house.sent()) == ([], [])
    assert len(house.app.completions.waiting()) == 1


def test_one_reminder_goes_out_after_a_week_and_then_there_is_silence(house: _House) -> None:
    house.app.consents.sign(_FORM, "check-in:1")
    house.comes()
    house.passes(minutes=15)
    house.passes(days=6, hours=23)
    assert house.sent()[1:] == [("email", "reminder", "waiting")]
    house.passes(hours=2)
    assert house.sent()[1:] == [("email", "reminder", "sent")]
    house.passes(days=20)
    assert len(house.sent()) == 2


def test_who_opened_the_link_is_not_reminded_and_nobody_is_of_a_link_that_is_closed(house: _House) -> None:
    for study in (1, 2):
        house.app.consents.sign(replace(_FORM, accession=f"A000{study}"), "check-in:1")
        house.comes(study=study)
    house.passes(minutes=15)
    opened, closed = house.patient_links()
    house.opens(opened.id)
    house.app.sharing.revoke(closed.id)
    house.passes(days=8)
    fared = {(each.link_id, each.state) for each in house.app.messaging.all() if each.purpose == "reminder"}
    assert fared == {(opened.id, "cancelled"), (closed.id, "failed")}
    assert [each.state for each in house.app.messaging.all() if each.purpose == "link"] == ["sent", "sent"]


def test_somebody_or_another_system_says_that_all_has_come(house: _House) -> None:
    first, second = house.comes(), house.comes(study=2)
    assert house.app.completions.said_complete(first, "person:7")
    assert not house.app.completions.said_complete(first, "person:7")
    assert house.app.completions.accession_complete("A0002", "hl7") == 1
    assert house.app.completions.accession_complete("A9999", "hl7") == 0
    assert house.app.completions.accession_complete("", "hl7") == 0
    assert not house.app.completions.said_complete(999, "hl7")
    found = [house.app.completions.one(study) for study in (first, second)]
    assert [each.by for each in found if each] == ["said", "hl7"]
    house.passes(minutes=15)
    assert len(house.app.completions.waiting()) == 2


def test_with_no_quiet_time_set_nothing_is_complete_by_itself(tmp_path: Path) -> None:
    house = _House(tmp_path, quiet_minutes=0, reminder_days=0)
    study = house.comes()
    house.passes(days=2)
    assert house.app.completions.one(study) is None
    assert house.app.jobs.all() == []
    house.app.consents.sign(_FORM, "check-in:1")
    house.app.completions.said_complete(study, "person:7")
    house.do_what_is_due()
    assert house.sent() == [("email", "link", "sent")]  # and no reminder
    house.close()


def test_an_import_is_waited_for_like_what_comes_over_the_network(house: _House, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(part10(image(ADA, Place(3))))
    house.app.intake.take_in([tmp_path / "file"])
    assert [job.kind for job in house.app.jobs.all()] == ["complete"]
    house.passes(minutes=15)
    assert len(house.app.completions.waiting()) == 1


def test_staff_give_a_link_set_one_aside_and_take_that_back(house: _House) -> None:
    first, second = house.comes(), house.comes(study=2)
    house.passes(minutes=15)
    made = house.app.sharing.create_link([first])
    house.clock.forward(timedelta(minutes=4))
    house.app.completions.sent(first, made.link.id, "person:3")
    house.app.completions.dismissed(second, "person:3")
    assert house.app.completions.waiting() == []
    house.app.completions.reopened(second, "person:3")
    assert [each.completion.study_id for each in house.app.completions.waiting()] == [second]
    figures = house.app.completions.figures()
    assert figures.today == Spread(1, timedelta(minutes=4), timedelta(minutes=4))
    assert (figures.month.count, figures.waiting, figures.unsent_today) == (1, 1, 1)


def test_the_median_and_the_time_of_nine_in_ten_are_by_the_nearest_rank() -> None:
    times = [timedelta(minutes=minute) for minute in (9, 1, 2, 3, 4, 5, 6, 7, 8, 100)]
    assert spread(times) == Spread(10, timedelta(minutes=5), timedelta(minutes=9))
    assert spread([]) == Spread(0, None, None)
    assert spread(times[:1]) == Spread(1, timedelta(minutes=9), timedelta(minutes=9))
