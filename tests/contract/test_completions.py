"""On SQLite and on PostgreSQL: a study is complete once and its patient gets one link, however many look at once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.door.dicom_door import part10
from tests.factories.clocks import FixedClock
from tests.factories.consents import FORM
from tests.factories.instances import ADA, Place, image

from undisc.app import App, build
from undisc.audit.model import Intact
from undisc.db.message_tables import messages
from undisc.db.tables import links
from undisc.intake.receiving import Reception
from undisc.settings import Settings
from undisc.sharing.completion_model import Stands

_FORM = replace(FORM, patient_name="Ada Testperson", birth_date=ADA.birth_date, accession="A0001")


class _NobodyDerives:
    def wake(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def two(database_url: str | None, tmp_path: Path, clock: FixedClock) -> Iterator[tuple[App, App]]:
    """Two replicas on one database; on SQLite, two processes' views of one folder."""
    shared = {name: tmp_path / name for name in ("audit_key_file", "secrets_key_file")}
    folders = [tmp_path / "a", tmp_path / "b"] if database_url else [tmp_path / "a"] * 2
    made = [
        build(Settings.model_validate({"data_dir": each, "database_url": database_url, **shared}), clock)
        for each in folders
    ]
    yield made[0], made[1]
    for each in made:
        each.close()


def _comes(app: App, slice: int = 1) -> int:
    reception = Reception(app.archive, app.trail, _NobodyDerives())  # type: ignore[arg-type]
    made = image(ADA, Place(slice=slice, slices=9))
    with reception.delivery("push", "peer:modality") as delivery:
        delivery.receive(part10(made))
        delivery.finish(last=True)
    reception.close()
    return app.archive.study_id(str(made.StudyInstanceUID))


def _at_once(*acts: Callable[[], object]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_link_goes_out_however_many_replicas_look_and_people_say_so_at_once(
    two: tuple[App, App], clock: FixedClock
) -> None:
    here, there = two
    here.consents.sign(_FORM, "check-in:1")
    study = _comes(here)
    clock.forward(timedelta(minutes=15))
    _at_once(
        lambda: here.completions.look(study),
        lambda: there.completions.look(study),
        lambda: there.completions.said_complete(study, "person:1"),
        lambda: here.completions.accession_complete("A0001", "hl7"),
    )
    found = there.completions.one(study)
    assert found is not None
    assert found.state is Stands.SENT
    with there.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(links)) == 1
        purposes = list(connection.scalars(select(messages.c.purpose).order_by(messages.c.id)))
    assert purposes == ["link", "reminder"]
    assert isinstance(there.trail.verify(), Intact)
    assert there.completions.figures().today.count == 1


def test_what_comes_is_waited_for_by_one_job_and_each_new_picture_puts_off_the_end(
    two: tuple[App, App], clock: FixedClock
) -> None:
    here, there = two
    study = _comes(here)
    clock.forward(timedelta(minutes=10))
    _comes(here, 2)
    assert [job.kind for job in there.jobs.all()] == ["complete"]
    clock.forward(timedelta(minutes=5))
    until = there.completions.look(study)
    assert until == here.clock.now() + timedelta(minutes=10)
    assert there.completions.waiting() == []
    clock.forward(timedelta(minutes=10))
    assert there.completions.look(study) is None
    assert [each.completion.study_id for each in there.completions.waiting()] == [study]


def test_one_message_is_sealed_by_one_replica_and_sent_by_the_other(
    two: tuple[App, App], capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = two
    here.consents.sign(_FORM, "check-in:1")
    study = _comes(here)
    here.completions.said_complete(study, "person:1")
    number = min(message.id for message in here.messaging.all())
    _at_once(lambda: there.messaging.carry_out(number))
    here.messaging.carry_out(number)
    assert capsys.readouterr().err.count(f"message {number}.") == 1
    assert here.messaging.one(number).state == "sent"
