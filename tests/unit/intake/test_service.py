"""An import that is broken off keeps what it had read, whatever broke it off and wherever it was."""

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.factories.discs import make_disc

from undisc.app import App, build
from undisc.errors import StorageFull
from undisc.intake.model import NobodyWatches
from undisc.intake.policy import judge
from undisc.settings import Settings


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = build(Settings(data_dir=tmp_path / "data", workers=1, free_space_mb=0))
    yield app
    app.close()


class _StopsAfter(NobodyWatches):
    """Breaks an import off, as Ctrl-C does."""

    def __init__(self, files: int) -> None:
        self.left = files

    def read(self, files: int, size: int) -> None:
        self.left -= files
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("left", [b"\0" * 2048, b""])
def test_a_listed_picture_whose_beginning_is_ruined_is_not_passed_over(app: App, tmp_path: Path, left: bytes) -> None:
    disc = make_disc(tmp_path / "disc", studies=1, series=1, slices=3, rows=32, columns=32, viewer_junk=True)
    ruined = disc.folder / disc.images[1]
    ruined.write_bytes(left + ruined.read_bytes()[2048:] if left else b"")
    ledger = app.intake.take_in([disc.folder])
    assert [item.path for item in ledger.lost] == [disc.images[1]]
    assert "damaged" in ledger.lost[0].reason
    assert judge(ledger).result == "partly"


def test_files_that_are_no_pictures_are_noted_on_the_way_as_well(app: App, tmp_path: Path) -> None:
    stick = tmp_path / "stick.zip"
    with zipfile.ZipFile(stick, "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number}.txt", "no picture")
    with pytest.raises(KeyboardInterrupt):
        app.intake.take_in([stick], _StopsAfter(4990))
    ledger = app.intake.take_in([stick])
    assert ledger.went_on >= 4096
    assert ledger.files == 5000


def test_a_batch_that_is_being_kept_is_kept_when_room_for_the_next_runs_out(app: App, tmp_path: Path) -> None:
    disc = make_disc(tmp_path / "disc", studies=1, series=1, slices=70, rows=8, columns=8, viewer_junk=False)
    keeper = app.archive.keeper
    full = threading.Event()
    asked = 0
    keep, refuse = keeper.keep, keeper.refuse_when_full

    def keep_once_full(*given, **more):  # type: ignore[no-untyped-def]
        assert full.wait(30)
        return keep(*given, **more)

    def refuse_the_second_batch(wanted: int) -> None:
        nonlocal asked
        asked += wanted > 0
        if asked == 2:
            threading.Timer(0.2, full.set).start()
            raise StorageFull("There is too little free space left.")
        refuse(wanted)

    keeper.keep, keeper.refuse_when_full = keep_once_full, refuse_the_second_batch  # type: ignore[method-assign]
    with pytest.raises(StorageFull):
        app.intake.take_in([disc.folder])
    keeper.keep, keeper.refuse_when_full = keep, refuse  # type: ignore[method-assign]
    assert app.archive.verify().instances >= 8
    assert app.intake.take_in([disc.folder]).went_on >= 8
