"""What is rejected is gone from sight at once, comes back whole, and leaves the disk only by a purge after its time."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.factories.instances import ADA, BERT, Place, image

from undisc.app import App, build
from undisc.archive.lookup import Lookup
from undisc.archive.policy import purge_at
from undisc.archive.search_model import Level, Question
from undisc.db.tables import audit_entries, import_items, studies
from undisc.errors import StudyUnknown
from undisc.intake.model import Outcome
from undisc.settings import Settings


class _Clock:
    time = datetime(2026, 11, 24, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada's study 1 with series of three and two pictures, and her study 2 with one."""
    folder = tmp_path_factory.mktemp("source")
    for study, series, count in ((1, 1, 3), (1, 2, 2), (2, 1, 1)):
        for number in range(1, count + 1):
            dataset = image(ADA, Place(study, series, number, count), rows=16, columns=16)
            dataset.save_as(folder / f"{study}-{series}-{number}", enforce_file_format=True)
    return folder


@pytest.fixture
def app(tmp_path: Path, source: Path) -> Iterator[App]:
    app = build(Settings(data_dir=tmp_path / "data", workers=1), _Clock())
    with closing(app):
        app.intake.take_in([source])
        yield app


def _uids(study: int = 1, series: int = 1, number: int = 1, count: int = 3) -> tuple[str, str, str]:
    dataset = image(ADA, Place(study, series, number, count), rows=16, columns=16)
    return str(dataset.StudyInstanceUID), str(dataset.SeriesInstanceUID), str(dataset.SOPInstanceUID)


def _shown(app: App) -> dict[Level, int]:
    return {level: len(app.archive.search.ask(Question(level)).rows) for level in Level}


def _acts(app: App) -> list[tuple[str, str, dict[str, object]]]:
    with app.database.read() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()
    return [(row.action, row.actor, json.loads(row.subject)) for row in rows]


def _files(app: App) -> list[Path]:
    return sorted((app.settings.data_dir / "studies").rglob("*.dcm"))


def _later(app: App, **by: float) -> None:
    assert isinstance(app.clock, _Clock)
    app.clock.time += timedelta(**by)


def test_a_rejected_study_is_in_no_answer_and_its_files_stay(app: App) -> None:
    study, series, instance = _uids()
    row = app.archive.study_id(study)
    series_row = app.archive.series_of(row)[0].id
    instance_row = app.archive.instances_of(series_row)[0].id
    before = _files(app)
    assert app.archive.retention.reject(study, actor="operator", reason="Wrong patient.") == 5
    assert [each.study_uid for each in app.archive.studies()] == [_uids(2)[0]]
    assert _shown(app) == {Level.STUDY: 1, Level.SERIES: 1, Level.INSTANCE: 1}
    with pytest.raises(StudyUnknown):
        app.archive.study_id(study)
    assert app.archive.study_uid(row) is None
    assert app.archive.study_summaries([row]) == []
    assert app.archive.patient_of(row)["name"] == ""
    assert app.archive.series_of(row) == app.archive.instances_of(series_row) == []
    assert app.archive.instance(instance_row) is app.archive.original(instance_row) is None
    assert app.archive.preview(instance_row, 0) is app.archive.frame(instance_row, 0) is None
    assert app.archive.strip(series_row) is app.archive.series_manifest(series_row) is None
    assert app.archive.thumbnail(series_row) is app.archive.series_metadata(series_row) is None
    assert list(app.archive.originals([row])) == []
    assert app.archive.retrieving.many(study) == app.archive.retrieving.series(study) == []
    assert app.archive.retrieving.one(study, series, instance) is None
    assert app.archive.retrieving.thumbnail(study, series) is None
    assert app.archive.search.study_row(study) is None
    assert Lookup(app.trail).by_sop_uid([instance]) == {}
    assert _files(app) == before
    assert _acts(app)[-1] == ("rejected", "operator", {"rejection": 1, "studies": study, "instances": 5})


def test_what_is_left_of_a_series_is_shown_anew_without_what_was_rejected(app: App) -> None:
    study, series, instance = _uids(number=2)
    series_row = app.archive.series_of(app.archive.study_id(study))[0].id
    assert app.archive.retention.reject(study, series, instance, actor="operator", reason="Blurred.") == 1
    assert app.archive.strip(series_row) is None  # it shows the rejected picture too
    assert app.archive.derive_pending() == 1
    strip = app.archive.strip(series_row)
    assert strip is not None
    assert int.from_bytes(strip[8:12], "little") == 2
    assert app.archive.series_of(app.archive.study_id(study))[0].instances == 2
    assert _shown(app)[Level.INSTANCE] == 5


def test_restoring_shows_everything_as_it_was(app: App) -> None:
    study, series, _ = _uids()
    row = app.archive.study_id(study)
    before = [app.archive.instances_of(each.id) for each in app.archive.series_of(row)]
    app.archive.retention.reject(study, actor="operator", reason="Wrong patient.")
    assert app.archive.retention.restore(study, series, actor="operator") == 3
    assert [each.instances for each in app.archive.series_of(row)] == [3]
    assert app.archive.retention.restore(study, actor="operator") == 2
    assert app.archive.retention.restore(study, actor="operator") == 0
    app.archive.derive_pending()
    assert [app.archive.instances_of(each.id) for each in app.archive.series_of(row)] == before
    assert all(app.archive.strip(each.id) for each in app.archive.series_of(row))
    assert app.archive.retention.rejections() == []
    assert _acts(app)[-1] == ("restored", "operator", {"studies": study, "instances": 2})


def test_what_was_rejected_is_not_taken_in_again(app: App, source: Path) -> None:
    study, series, instance = _uids()
    app.archive.retention.reject(study, series, instance, actor="operator", reason="Wrong patient.")
    ledger = app.intake.take_in([source])
    assert (ledger.counts[Outcome.DUPLICATE], ledger.counts[Outcome.STORED]) == (6, 0)
    assert sum("rejected" in item.reason for item in ledger.items) == 1
    app.archive.retention.restore(study, actor="operator")
    assert app.intake.take_in([source]).counts[Outcome.DUPLICATE] == 6


def test_another_picture_brings_a_rejected_study_back_without_the_rejected_ones(app: App, tmp_path: Path) -> None:
    study = _uids()[0]
    app.archive.retention.reject(study, actor="operator", reason="Unfinished.")
    late = tmp_path / "late"
    image(ADA, Place(1, 1, 9, 9), rows=16, columns=16).save_as(late, enforce_file_format=True)
    assert app.intake.take_in([late]).counts[Outcome.STORED] == 1
    (only,) = app.archive.series_of(app.archive.study_id(study))
    assert only.instances == 1
    assert _shown(app) == {Level.STUDY: 2, Level.SERIES: 2, Level.INSTANCE: 2}


@pytest.mark.parametrize("what", ["study", "series", "instance"])
def test_nothing_happens_where_nothing_has_these_uids(app: App, what: str) -> None:
    study, series, _ = _uids()
    named = {"study": ("1.2.3",), "series": (study, "1.2.3"), "instance": (study, series, "1.2.3")}[what]
    assert app.archive.retention.reject(*named, actor="operator", reason="?") == 0
    assert app.archive.retention.restore(*named, actor="operator") == 0
    assert _shown(app)[Level.INSTANCE] == 6
    assert _acts(app)[-1][0] == "imported"


def test_only_the_days_of_retention_make_a_purge_possible(app: App) -> None:
    study = _uids()[0]
    app.archive.retention.reject(study, actor="operator", reason="Wrong patient.")
    _later(app, days=29, hours=23)
    assert app.archive.retention.purge(actor="operator", reason="Asked for.").instances == 0
    assert len(_files(app)) == 6
    _later(app, hours=1)
    assert app.archive.retention.purge(actor="operator", reason="Asked for.", study="1.2.3").instances == 0
    assert app.archive.retention.purge(actor="operator", reason="Asked for.").instances == 5
    assert len(_files(app)) == 1
    assert not [path for path in (app.settings.data_dir / "derived" / study).rglob("*") if path.is_file()]
    assert app.archive.retention.restore(study, actor="operator") == 0
    assert _acts(app)[-1] == ("purged", "operator", {"rejection": 1, "studies": study, "instances": 5})
    assert app.archive.verify().damaged == ()


def test_a_purged_study_leaves_no_name_and_may_come_again(app: App, source: Path) -> None:
    study = _uids()[0]
    app.archive.retention.reject(study, actor="operator", reason="Wrong patient.")
    _later(app, days=31)
    app.archive.retention.purge(actor="operator", reason="Asked for.")
    with app.database.read() as connection:
        left = connection.execute(select(studies).where(studies.c.study_uid == study)).one()
    assert (left.patient_name, left.patient_id, left.birth_date) == ("", "", "")
    assert app.intake.take_in([source]).counts[Outcome.STORED] == 5
    assert app.archive.patient_of(app.archive.study_id(study))["name"] == ADA.name
    assert _shown(app) == {Level.STUDY: 2, Level.SERIES: 3, Level.INSTANCE: 6}


def _holding(folder: Path, *words: str) -> list[str]:
    """The files below a folder that hold any of these words as they are, packed ones unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            data += gzip.decompress(data) if path.suffix == ".gz" else b""
            if any(word.encode() in data for word in words):
                found.append(path.relative_to(folder).as_posix())
    return found


def test_a_purge_leaves_nothing_of_the_patient_in_any_file(app: App, tmp_path: Path) -> None:
    disc = tmp_path / "disc" / "TESTPERSON_BERT_19551224"
    disc.mkdir(parents=True)
    for number in (1, 2):
        image(BERT, Place(5, 1, number, 2), rows=16, columns=16).save_as(disc / f"{number}", enforce_file_format=True)
    (disc / "READ_ME_BERT.TXT").write_text("nothing")
    app.intake.take_in([disc.parent])
    study = str(image(BERT, Place(5)).StudyInstanceUID)
    app.storage.put_derived(f"lost/studies/{study}/1.2/1.3.dcm.abcd", b"TESTPERSON^BERT")
    words = ("TESTPERSON^BERT", "testperson^bert", "TESTPERSON_BERT", "READ_ME_BERT", BERT.id, BERT.birth_date)
    assert "undisc.db" in " ".join(_holding(app.settings.data_dir, *words))
    app.archive.retention.reject(study, actor="operator", reason="Wrong patient.")
    _later(app, days=31)
    assert app.archive.retention.purge(actor="operator", reason="Asked for.").instances == 2
    assert _holding(app.settings.data_dir, *words) == []
    assert len(_files(app)) == 6
    with app.database.read() as connection:
        paths = connection.execute(select(import_items.c.import_id, import_items.c.path)).all()
    assert {path for _, path in paths if not path.startswith("purged/")} == {
        "1-1-1", "1-1-2", "1-1-3", "1-2-1", "1-2-2", "2-1-1"
    }  # fmt: skip


def test_what_an_import_brought_besides_keeps_its_name_while_another_study_of_it_is_here(app: App) -> None:
    app.archive.retention.reject(_uids()[0], actor="operator", reason="Wrong patient.")
    _later(app, days=31)
    app.archive.retention.purge(actor="operator", reason="Asked for.")
    with app.database.read() as connection:
        paths = sorted(connection.scalars(select(import_items.c.path)))
    assert paths[0] == "2-1-1"
    assert len([path for path in paths if path.startswith("purged/")]) == 5


def test_a_purged_picture_is_in_nothing_that_was_derived_before_it_was_rejected(app: App) -> None:
    study, series, instance = _uids(number=2)
    app.archive.retention.reject(study, series, instance, actor="operator", reason="Blurred.")
    _later(app, days=31)
    app.archive.retention.purge(actor="operator", reason="Asked for.")
    assert _holding(app.settings.data_dir / "derived", instance) == []
    assert app.archive.derive_pending() == 1
    series_row = app.archive.series_of(app.archive.study_id(study))[0].id
    strip = app.archive.strip(series_row)
    assert strip is not None
    assert int.from_bytes(strip[8:12], "little") == 2


def test_an_instance_number_is_never_given_twice(app: App, source: Path) -> None:
    study, series, instance = _uids(2, 1, 1, 1)
    before = Lookup(app.trail).by_sop_uid([instance])[instance].id
    app.archive.retention.reject(study, series, instance, actor="operator", reason="Blurred.")
    _later(app, days=31)
    app.archive.retention.purge(actor="operator", reason="Asked for.")
    app.intake.take_in([source])
    assert Lookup(app.trail).by_sop_uid([instance])[instance].id > before


def test_a_purge_that_was_cut_short_cannot_be_undone_and_is_finished_by_the_next(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = _uids()[0]
    app.archive.retention.reject(study, actor="operator", reason="Wrong patient.")
    _later(app, days=31)
    delete: Callable[[str], None] = app.storage.delete
    deleted: list[str] = []

    def until_the_third(key: str) -> None:
        if len(deleted) == 3:
            raise KeyboardInterrupt
        deleted.append(key)
        delete(key)

    monkeypatch.setattr(app.storage, "delete", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        app.archive.retention.purge(actor="operator", reason="Asked for.")
    monkeypatch.undo()
    assert app.archive.retention.restore(study, actor="operator") == 0
    assert [each.purging for each in app.archive.retention.due()] == [True]
    assert app.archive.retention.purge(actor="operator", reason="Asked for.").instances == 5
    assert [act for act, _, _ in _acts(app)].count("purged") == 1
    assert len(_files(app)) == 1


def test_rejected_originals_are_still_verified_and_survive_a_rebuild(app: App) -> None:
    study = _uids()[0]
    app.archive.retention.reject(study, actor="operator", reason="Wrong patient.")
    assert app.archive.verify().instances == 6
    app.archive.rebuild()
    app.archive.finish_half_done()
    assert _shown(app)[Level.INSTANCE] == 1
    assert len(_files(app)) == 6
    next(path for path in _files(app) if study in str(path)).write_bytes(b"changed")
    assert len(app.archive.verify().damaged) == 1


def test_the_time_of_a_purge_is_counted_from_the_rejection() -> None:
    assert purge_at(datetime(2026, 1, 31, tzinfo=UTC), 30) == datetime(2026, 3, 2, tzinfo=UTC)
