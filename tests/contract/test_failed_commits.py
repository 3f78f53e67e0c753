"""A transaction that fails after its blobs were published leaves none of them behind: neither where a door goes on as
if nothing had been, nor where the process is killed, nor where the database is away for a while."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from tests.contract.conftest import Place
from tests.door.dicom_door import EXPLICIT, calling, dicom_door, part10, send
from tests.factories.instances import Place as Slice
from tests.factories.instances import image

from undisc.app import App, build, open_reception
from undisc.audit.model import Intact
from undisc.intake.model import Outcome
from undisc.intake.receiving import Received, Reception

MR = "1.2.840.10008.5.1.4.1.1.4"


class Commits:
    """Stands before every commit of a write; once armed, lets the next so many of them fail."""

    def __init__(self, app: App) -> None:
        self._after, self._left = 0, 0
        self._act: Callable[[Connection], None] = lambda connection: None
        self.failed = 0
        event.listen(app.database.engine, "commit", self._at_commit)

    def fail(self, times: int = 1, act: Callable[[Connection], None] | None = None, *, after: int = 0) -> None:
        """act: what happens before the error is told; by itself nothing, so that the transaction is rolled back.
        after: how many are let through first."""
        self._after, self._left, self._act = after, times, act or (lambda connection: None)

    def _at_commit(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        writes = not options.get("postgresql_readonly") if _is_large(connection) else options.get("undisc_writes")
        if not writes or self._left <= 0:
            return
        if self._after:
            self._after -= 1
            return
        self._left -= 1
        self.failed += 1
        self._act(connection)
        raise OperationalError("COMMIT", {}, Exception("the disk of the database is full"))


def _is_large(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _commit_all_the_same(connection: Connection) -> None:
    """The rows are there, and only the word of it is lost."""
    driver: Any = connection.connection.driver_connection
    if _is_large(connection):
        driver.commit()
    else:
        driver.execute("COMMIT")


@contextmanager
def _receiving(place: Place) -> Iterator[tuple[App, Reception, Commits]]:
    with closing(build(place.settings())) as app:
        reception = open_reception(app)
        try:
            yield app, reception, Commits(app)
        finally:
            reception.close()


def _stored(reception: Reception, number: int) -> list[Received]:
    with reception.delivery("stow", "test") as delivery:
        delivery.receive(part10(image(place=Slice(slice=number))))
        return delivery.finish()


def _originals(app: App) -> list[str]:
    return list(app.storage.keys("studies/"))


def _holds_together(app: App, instances: int) -> None:
    """As many originals as rows, nothing half done, and nothing that `rebuild` takes for an original."""
    assert len(_originals(app)) == app.archive.verify().instances == instances
    app.archive.rebuild()
    assert app.archive.verify().instances == instances
    assert list(app.storage.keys("incoming/")) == []
    assert isinstance(app.trail.verify(), Intact)


def test_a_delivery_that_goes_on_after_a_failed_commit_leaves_no_original_without_a_row(place: Place) -> None:
    with _receiving(place) as (app, reception, commits):
        with reception.delivery("stow", "test") as delivery:
            for number in (1, 2):
                delivery.receive(part10(image(place=Slice(slice=number))))
            delivery.receive(b"\0" * 128 + b"DICM" + b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0" + b"\x08\0")
            commits.fail()
            with pytest.raises(OperationalError):
                delivery.finish()
            assert commits.failed == 1
            assert _originals(app) == list(app.storage.keys("quarantine/")) == []
            delivery.receive(part10(image(place=Slice(slice=2))))
            (received,) = delivery.finish()
            assert received.outcome is Outcome.STORED
        _holds_together(app, 1)


def test_where_the_database_is_away_for_the_undoing_too_the_next_start_does_it(place: Place) -> None:
    with _receiving(place) as (app, reception, commits):
        assert _stored(reception, 1)[0].outcome is Outcome.STORED
        with reception.delivery("stow", "test") as delivery:
            delivery.receive(part10(image(place=Slice(slice=2))))
            commits.fail(2)
            with pytest.raises(OperationalError):
                delivery.finish()
        assert commits.failed == 2
    with closing(build(place.settings())) as app:
        app.archive.undo_half_done()
        _holds_together(app, 1)


def test_what_was_committed_though_an_error_was_told_is_kept(place: Place) -> None:
    with _receiving(place) as (app, reception, commits):
        with reception.delivery("stow", "test") as delivery:
            delivery.receive(part10(image(place=Slice(slice=1))))
            commits.fail(1, _commit_all_the_same)
            with pytest.raises(OperationalError):
                delivery.finish()
        assert _stored(reception, 1)[0].outcome is Outcome.DUPLICATE
        _holds_together(app, 1)


def test_an_import_that_fails_at_any_of_its_commits_leaves_nothing_half_done_and_goes_on(
    place: Place, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in (1, 2, 3):
        (files / f"{number}.dcm").write_bytes(part10(image(place=Slice(slice=number))))
    failed = 0
    with closing(build(place.settings())) as app:
        commits = Commits(app)
        for nth in range(1, 20):
            commits.fail(after=nth - 1)
            try:
                app.intake.take_in([files])
            except OperationalError:
                failed += 1
                assert len(_originals(app)) == app.archive.verify().instances
            else:
                break
        assert failed >= 2
        commits.fail(0)
        _holds_together(app, 3)


_KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from undisc.app import build, open_reception
from undisc.settings import Settings

app = build(Settings())
reception = open_reception(app)
armed = False

def at_commit(connection):
    if armed and any(app.storage.keys("studies/")):
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(app.database.engine, "commit", at_commit)
with reception.delivery("stow", "test") as delivery:
    for file in sorted(Path(sys.argv[1]).iterdir()):
        delivery.receive(file.read_bytes())
    armed = True
    delivery.finish()
"""


def test_a_kill_between_publishing_and_committing_is_rolled_back_at_the_next_start(
    place: Place, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in (1, 2, 3):
        (files / f"{number}.dcm").write_bytes(part10(image(place=Slice(slice=number))))
    env = {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")}
    ran = subprocess.run([sys.executable, "-c", _KILLED, str(files)], env=env | place.surroundings(), check=False)
    assert ran.returncode == -signal.SIGKILL
    with closing(build(place.settings())) as app:
        assert len(_originals(app)) == 3, "it was killed before it had published anything"
        assert app.archive.verify().instances == 0
        app.archive.undo_half_done()
        assert _originals(app) == []
        assert app.intake.take_in([files]).counts[Outcome.STORED] == 3
        _holds_together(app, 3)


def test_a_c_store_whose_commit_fails_is_refused_and_the_association_goes_on(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data") as door:
        commits = Commits(door.app)
        with calling(door, [(MR, (EXPLICIT,))]) as assoc:
            commits.fail()
            assert send(assoc, image(place=Slice(slice=1))) == 0xA700
            assert _originals(door.app) == []
            assert send(assoc, image(place=Slice(slice=2))) == 0
        assert len(door.digests()) == len(_originals(door.app)) == 1
