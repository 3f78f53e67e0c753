"""kill -9 at any moment of an import loses nothing that was acknowledged and leaves nothing torn to be seen."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.factories.discs import MadeDisc, make_disc

from undisc.app import build
from undisc.archive.model import Checked
from undisc.settings import Settings

_KILLS = 50


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    return make_disc(tmp_path_factory.mktemp("disc"), studies=2, series=5, slices=60, rows=64, columns=64)


def _start(disc: MadeDisc, data: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "undisc", "import", str(disc.folder), "--json", "--data-dir", str(data)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)


def _acknowledged(data: Path) -> set[str]:
    """What the ledger, seen from outside, says is stored."""
    if not (data / "undisc.db").exists():
        return set()
    connection = sqlite3.connect(f"file:{data / 'undisc.db'}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT path FROM import_items WHERE outcome = 'stored'")
        return {path for (path,) in rows}
    except sqlite3.OperationalError:  # killed before the tables were there
        return set()
    finally:
        connection.close()


def _after_restart(data: Path) -> tuple[Checked, set[Path], int]:
    """Start anew on the data folder: what verify finds, which originals lie there, and how many rows there are."""
    app = build(Settings(data_dir=data, workers=1))
    try:
        app.archive.finish_half_done()
        checked = app.archive.verify()
        files = set((data / "studies").rglob("*.dcm"))
        return checked, files, sum(row.instances for row in app.archive.studies())
    finally:
        app.close()


@pytest.mark.slow
def test_fifty_kills_at_random_moments_lose_nothing_and_tear_nothing(disc: MadeDisc, tmp_path: Path) -> None:
    rng = random.Random(20261124)
    whole = 0
    moments: set[int] = set()
    data = tmp_path / "data0"
    for kill in range(_KILLS):
        process = _start(disc, data)
        deadline = time.monotonic() + rng.uniform(0.2, 3.0)
        before = _acknowledged(data)
        while time.monotonic() < deadline and process.poll() is None:
            before |= _acknowledged(data)
            time.sleep(rng.uniform(0.001, 0.02))
        ended = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        moments.add(len(before))
        checked, files, rows = _after_restart(data)
        assert checked.damaged == ()
        assert len(files) == rows >= len(before)
        assert before <= _acknowledged(data)
        assert [path for path in (data / "incoming").rglob("*") if path.is_file()] == []
        if ended or rows == len(disc.images):
            assert rows == len(disc.images)
            whole += 1
            data = tmp_path / f"data{kill + 1}"
    assert len(moments) > 3, "the kills came at too few different moments to show anything"


def test_an_import_that_was_killed_goes_on_where_it_was(disc: MadeDisc, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = _start(disc, data)
    deadline = time.monotonic() + 60
    while not _acknowledged(data) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.communicate()
    before = _acknowledged(data)
    app = build(Settings(data_dir=data, workers=1))
    try:
        ledger = app.intake.take_in([disc.folder])
    finally:
        app.close()
    assert ledger.went_on >= len(before)
    stored = {item.path for item in ledger.items if item.outcome == "stored"}
    assert stored == set(disc.images)
    assert ledger.files == sum(1 for path in disc.folder.rglob("*") if path.is_file())
