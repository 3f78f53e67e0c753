"""What could not be derived for want of room is derived as soon as there is some."""

from pathlib import Path

from tests.factories.discs import make_disc

from undisc.app import build
from undisc.settings import Settings
from undisc.storage.local import OwnFile


def test_pictures_that_found_no_room_are_made_ready_by_the_next_import(tmp_path: Path) -> None:
    disc = make_disc(tmp_path / "disc", studies=1, series=1, slices=2, rows=32, columns=32, viewer_junk=False)
    app = build(Settings(data_dir=tmp_path / "data", workers=1))
    lend_place = app.storage.lend_place

    def lend_no_place(key: str):  # type: ignore[no-untyped-def]
        lend_place(key)
        return OwnFile(tmp_path / "nowhere" / "full")

    app.storage.lend_place = lend_no_place  # type: ignore[method-assign]
    app.intake.take_in([disc.folder])
    study = app.archive.studies()[0].id
    (waiting,) = app.archive.study_summaries([study])[0]["series"]
    assert (waiting["kind"], waiting["note"]) == ("images", "Being made ready. Look again soon.")
    app.storage.lend_place = lend_place  # type: ignore[method-assign]
    app.intake.take_in([disc.folder])
    (ready,) = app.archive.study_summaries([study])[0]["series"]
    assert (ready["kind"], ready["count"], ready["note"]) == ("images", 2, "")
    app.close()
