"""Rejecting, restoring and purging come to the same on a folder and a bucket, on SQLite and PostgreSQL."""

from contextlib import closing
from pathlib import Path

from tests.contract.conftest import Place
from tests.door.running import TestClock
from tests.door.storing import picture

from undisc.app import build
from undisc.archive.search_model import Level, Question
from undisc.intake.model import Outcome


def test_what_is_rejected_is_hidden_restored_and_purged(place: Place, tmp_path: Path) -> None:
    source = tmp_path / "disc"
    source.mkdir()
    sent = [picture(1, 1, 1), picture(1, 1, 2), picture(1, 2, 1)]
    for number, dataset in enumerate(sent):
        dataset.save_as(source / f"IM{number}", enforce_file_format=True)
    study, series = str(sent[0].StudyInstanceUID), str(sent[0].SeriesInstanceUID)
    clock = TestClock()
    with closing(build(place.settings(), clock)) as app:
        retention = app.archive.retention

        def shown() -> list[int]:
            return [len(app.archive.search.ask(Question(level)).rows) for level in Level]

        app.intake.take_in([source])
        assert retention.reject(study, series, actor="operator", reason="Blurred.") == 2
        assert app.archive.derive_pending() == 0
        assert shown() == [1, 1, 1]
        assert retention.reject(study, actor="operator", reason="Wrong patient.") == 1
        assert shown() == [0, 0, 0]
        assert app.intake.take_in([source]).counts[Outcome.STORED] == 0
        assert retention.restore(study, actor="operator") == 3
        assert app.archive.derive_pending() == 2
        assert shown() == [1, 2, 3]
        retention.reject(study, series, actor="operator", reason="Blurred.")
        assert retention.purge(actor="operator", reason="Asked for.").instances == 0
        clock.advance(days=30)
        assert retention.purge(actor="operator", reason="Asked for.").instances == 2
        assert len([key for key in app.storage.keys("studies/") if key.endswith(".dcm")]) == 1
        assert app.archive.verify().damaged == ()
        assert app.intake.take_in([source]).counts[Outcome.STORED] == 2
        assert shown() == [1, 2, 3]
