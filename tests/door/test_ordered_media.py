"""Media that are ordered on a page are made by a job, read back, kept for a day, and tell nobody their passphrase."""

import io
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.door.running import TestClock
from tests.factories.discs import make_disc

from undisc.app import App, build, build_exporting, build_ordering, build_receipts
from undisc.db.message_tables import ordered_media
from undisc.db.tables import audit_entries
from undisc.discs import open_source, survey
from undisc.discs.sealed import KEY_PATH, unsealed
from undisc.errors import StudyUnknown
from undisc.export.copying import Nobody
from undisc.export.iso_records import Volume
from undisc.export.media import Medium, put
from undisc.export.order_model import MOST_UNFINISHED, OrderRefused, Stage, State, Wish
from undisc.export.ordering import Ordering, kinds
from undisc.export.viewer import BUILT
from undisc.jobs.model import Done, Hopeless, Stopped
from undisc.jobs.runner import Runner
from undisc.settings import Settings

SAM = "person:7"


@dataclass
class Place:
    app: App
    ordering: Ordering
    study: int
    clock: TestClock

    def make(self, number: int) -> object:
        return self.ordering.carry_out(number, lambda: None)

    def rows(self) -> str:
        with self.app.database.read() as connection:
            entries = connection.execute(select(audit_entries.c.subject)).scalars().all()
            return repr([*connection.execute(select(ordered_media)).all(), *entries])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("ordered")
    make_disc(folder / "disc", slices=4, rows=64, columns=64, series=1)
    clock = TestClock()
    app = build(Settings(data_dir=folder / "data", workers=1, place_name="Riverside Imaging"), clock)
    app.intake.take_in([folder / "disc"])
    yield Place(app, build_ordering(app), app.archive.studies()[0].id, clock)
    app.close()


def test_a_zip_is_made_read_back_fetched_and_gone_after_a_day(place: Place) -> None:
    made = place.ordering.order(Wish((place.study,), Medium.ZIP, for_whom="Oncology"), SAM)
    assert (made.passphrase, made.medium.state, made.medium.images) == ("", State.WAITING, 4)
    assert place.ordering.fetch(made.medium.id, SAM) is None
    assert isinstance(place.make(made.medium.id), Done)
    ready = place.ordering.one(made.medium.id)
    assert ready is not None
    assert (ready.state, ready.percent) == (State.READY, 100)
    found = place.ordering.fetch(ready.id, SAM)
    assert found is not None
    with found.stream, zipfile.ZipFile(io.BytesIO(found.stream.read())) as archive:
        assert archive.testzip() is None
        assert b"Oncology" in archive.read("README.TXT")
    receipt = build_receipts(place.app).one(ready.receipt or 0)
    assert receipt is not None
    assert (receipt["outcome"], receipt["verified"], receipt["made_by"]) == ("verified", 4, SAM)
    place.clock.advance(hours=24, minutes=1)
    assert place.ordering.fetch(ready.id, SAM) is None
    place.ordering.remove(ready.id)
    gone = place.ordering.one(ready.id)
    assert gone is not None
    assert gone.state is State.REMOVED
    assert not list((place.app.settings.data_dir / "media").iterdir())


def test_an_image_holds_the_pictures(place: Place, tmp_path: Path) -> None:
    made = place.ordering.order(Wish((place.study,), Medium.ISO), SAM)
    place.make(made.medium.id)
    found = place.ordering.fetch(made.medium.id, SAM)
    assert found is not None
    with found.stream:
        (tmp_path / "a.iso").write_bytes(found.stream.read())
    assert len(survey(open_source(tmp_path / "a.iso"), 1000).listed) == 4
    assert place.ordering.cancel(made.medium.id, SAM)
    assert place.ordering.fetch(made.medium.id, SAM) is None


@pytest.mark.skipif(not BUILT.is_dir(), reason="the viewer for discs is not built")
def test_the_passphrase_of_a_sealed_one_is_told_once_and_opens_it(place: Place, tmp_path: Path) -> None:
    made = place.ordering.order(Wish((place.study,), Medium.ZIP, sealed=True), SAM)
    assert len(made.passphrase.split()) == 6
    assert made.passphrase not in place.rows()
    place.make(made.medium.id)
    found = place.ordering.fetch(made.medium.id, SAM)
    assert found is not None
    with found.stream:
        (tmp_path / "a.zip").write_bytes(found.stream.read())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert KEY_PATH in archive.namelist()
    opened = unsealed(open_source(tmp_path / "a.zip"), lambda: made.passphrase)
    assert len(survey(opened, 1000).listed) == 4
    with place.app.database.read() as connection:
        kept = connection.execute(select(ordered_media.c.lock).where(ordered_media.c.id == made.medium.id)).scalar_one()
    assert kept == ""


def test_what_is_cancelled_while_it_is_made_stops_and_leaves_nothing(place: Place) -> None:
    made = place.ordering.order(Wish((place.study,), Medium.ZIP), SAM)

    def check() -> None:
        found = place.ordering.one(made.medium.id)
        if found and found.stage is Stage.WRITING:
            place.ordering.cancel(made.medium.id, SAM)
            raise Stopped

    with pytest.raises(Stopped):
        place.ordering.carry_out(made.medium.id, check)
    found = place.ordering.one(made.medium.id)
    assert found is not None
    assert found.state is State.CANCELLED
    assert not list((place.app.settings.data_dir / "media").glob(f"*{found.id}.*"))
    assert isinstance(place.make(made.medium.id), Done)


def test_a_runner_does_it_and_a_process_that_was_killed_is_gone_on_from(place: Place) -> None:
    made = place.ordering.order(Wish((place.study,), Medium.ZIP), SAM)
    half = place.app.settings.data_dir / "media" / f"{made.medium.id:08d}.zip"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half of one")
    runner = Runner(place.app.jobs, kinds(place.ordering), 1)
    runner.start()
    try:
        until = time.monotonic() + 20
        while (found := place.ordering.one(made.medium.id)) and found.is_unfinished and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        runner.close()
    assert found is not None
    assert (found.state, found.note) == (State.READY, "")


def test_a_study_that_went_meanwhile_fails_in_a_plain_sentence(place: Place) -> None:
    made = place.ordering.order(Wish((place.study,), Medium.ZIP), SAM)
    with place.app.trail.work() as work:
        work.connection.execute(
            ordered_media.update().where(ordered_media.c.id == made.medium.id).values(studies="[99]")
        )
    assert isinstance(place.make(made.medium.id), Hopeless)
    found = place.ordering.one(made.medium.id)
    assert found is not None
    assert (found.state, found.note.startswith("There is no such study")) == (State.FAILED, True)


def test_what_cannot_be_made_is_refused_at_once(place: Place) -> None:
    for wish in (
        Wish((place.study,), Medium.DISC),
        Wish((place.study,), Medium.FOLDER),
        Wish((place.study,), Medium.ZIP, for_whom="x" * 81),
        Wish((place.study,), Medium.ZIP, for_whom="a\nb"),
    ):
        with pytest.raises(OrderRefused):
            place.ordering.order(wish, SAM)
    with pytest.raises(StudyUnknown):
        place.ordering.order(Wish((99,), Medium.ZIP), SAM)
    for _ in range(MOST_UNFINISHED):
        place.ordering.order(Wish((place.study,), Medium.ZIP), "person:8")
    with pytest.raises(OrderRefused):
        place.ordering.order(Wish((place.study,), Medium.ZIP), "person:8")
    assert {each.ordered_by for each in place.ordering.newest("person:8")} == {"person:8"}


def test_what_a_killed_run_left_is_cleared_and_nothing_else(place: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    gone, fresh, theirs = (stick / f".undisc-{name}.part" for name in ("4194304-disc", "4194303-disc", "x-disc"))
    for each in (gone, fresh, theirs):
        each.mkdir()
        (each / "IM000001").write_bytes(b"half")
    old = time.time() - 3600
    for each in (gone, theirs):
        os.utime(each / "IM000001", (old, old))
        os.utime(each, (old, old))
    with build_exporting(place.app).package((place.study,)) as package:
        put(Medium.FOLDER, package.files, stick, Volume("X", place.clock.now()), tmp_path, Nobody(), udf=False)
    assert not gone.exists()
    assert fresh.exists()
    assert theirs.exists()
    assert (stick / "DICOMDIR").exists()
