"""One replica derives at a time, and what a dead one left is taken over by one that lives."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.contract.conftest import Place
from tests.door.command_line import undisc
from tests.door.dicom_door import part10
from tests.factories.instances import Place as Where
from tests.factories.instances import image

from undisc.app import build, open_reception
from undisc.db import locks
from undisc.db.engine import Database, open_database
from undisc.db.tables import instances
from undisc.intake.background import BackgroundDeriving


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def databases(postgres_url: str, tmp_path: Path) -> Iterator[list[Database]]:
    found = [open_database(postgres_url, tmp_path) for _ in range(2)]
    yield found
    for each in found:
        each.close()


def test_a_turn_is_had_by_one_replica_at_a_time(databases: list[Database]) -> None:
    here, there = (each.engine for each in databases)
    with (
        locks.turn(here, locks.DERIVING) as first,
        locks.turn(there, locks.DERIVING) as second,
        locks.turn(there, "another") as another,
    ):
        assert (first, second, another) == (True, False, True)
    with locks.turn(there, locks.DERIVING) as later:
        assert later


_HOLDS = """
import sys, time
from pathlib import Path
from undisc.db import locks
from undisc.db.engine import open_database
with locks.turn(open_database(sys.argv[1], Path(".")).engine, locks.DERIVING) as ours:
    print(ours, flush=True)
    time.sleep(600)
"""


def test_a_turn_ends_with_the_process_that_had_it(postgres_url: str, databases: list[Database]) -> None:
    engine = databases[0].engine
    holder = subprocess.Popen([sys.executable, "-c", _HOLDS, postgres_url], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"True\n"
        with locks.turn(engine, locks.DERIVING) as while_it_lives:
            assert not while_it_lives
    finally:
        holder.kill()
        holder.communicate()

    def is_free() -> bool:
        with locks.turn(engine, locks.DERIVING) as ours:
            return ours

    _until(is_free)


class _Archive:
    """Counts who derives at the same moment."""

    at_once, most, runs = 0, 0, 0
    counting = threading.Lock()

    def __init__(self) -> None:
        self.pending = True

    def is_any_pending(self) -> bool:
        return self.pending

    def derive_pending(self, *, low_priority: bool = False) -> int:
        with _Archive.counting:
            _Archive.at_once += 1
            _Archive.runs += 1
            _Archive.most = max(_Archive.most, _Archive.at_once)
        time.sleep(0.3)
        with _Archive.counting:
            _Archive.at_once -= 1
        self.pending = False
        return 1


def test_replicas_with_folders_of_their_own_derive_one_after_the_other(
    databases: list[Database], tmp_path: Path
) -> None:
    archives = [_Archive() for _ in databases]
    running = [
        BackgroundDeriving(
            archive, tmp_path / str(number) / "lock", lambda database=database: locks.turn(database.engine, "deriving")
        )
        for number, (archive, database) in enumerate(zip(archives, databases, strict=True))
    ]
    for each in running:
        each.wake()
    _until(lambda: not any(archive.pending for archive in archives))
    for each in running:
        each.close()
    assert (_Archive.most, _Archive.runs) == (1, 2)


def test_what_another_process_left_pending_is_derived_without_anything_new_coming(place: Place, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in (1, 2):
        (files / str(number)).write_bytes(part10(image(place=Where(slice=number))))
    assert undisc("import", files, data=None, cwd=None, **place.surroundings("a")).code == 0
    app = build(place.settings("b"))
    reception = open_reception(app)
    idle = BackgroundDeriving(
        app.archive, tmp_path / "other.lock", lambda: locks.turn(app.database.engine, locks.DERIVING), look_every=0.2
    )
    try:
        with app.database.write() as connection:  # as a replica leaves it that is killed after it kept them
            connection.execute(update(instances).values(derived="pending"))
        _until(lambda: not app.archive.is_any_pending())
    finally:
        idle.close()
        reception.close()
        app.close()
