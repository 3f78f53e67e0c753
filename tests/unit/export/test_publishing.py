"""A published package lies on its host as it was sealed, goes on where it was, and is removed to the last file."""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_sqlite
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import audit_entries, publication_files, publications
from undisc.export.hosts import FolderHost, HostRefused, cache_control, content_type, open_host
from undisc.export.model import Kind, PackageFile
from undisc.export.publishing import (
    Publication,
    PublicationUnknown,
    Publishing,
    PublishingStopped,
    kind,
    link_of,
)
from undisc.export.sealing import Sealer, new_package
from undisc.jobs.model import Again, Done
from undisc.jobs.service import Jobs

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STUDIES = ("1.2.3",)


@dataclass
class Clock:
    time: datetime = NOW

    def now(self) -> datetime:
        return self.time


@dataclass
class Moody:
    """A host that can be told to fail at paths that end so, to lose what it is given, or to change it."""

    inner: FolderHost
    refuses: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    puts: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, path: str, data: bytes) -> None:
        with self.lock:
            self.puts.append(path.partition("/")[2])
        if path.endswith(self.refuses or ("\0",)):
            raise HostRefused("The bucket cannot be reached.")
        if not path.endswith(self.loses or ("\0",)):
            self.inner.put(path, data + b" " if path.endswith(self.changes or ("\0",)) else data)

    def read(self, path: str) -> bytes | None:
        return self.inner.read(path)

    def delete(self, path: str) -> None:
        with self.lock:
            self.deleted.append(path.partition("/")[2])
        if not path.endswith(self.keeps or ("\0",)):
            self.inner.delete(path)

    def settle(self, folder: str) -> None:
        self.settled = len(self.puts)
        self.inner.settle(folder)

    def tidy(self, folder: str) -> None:
        self.inner.tidy(folder)


@dataclass
class House:
    publishing: Publishing
    database: Database
    trail: Trail
    jobs: Jobs
    clock: Clock
    host: Moody
    place: Path
    scratch: Path
    sealer: Sealer = field(default_factory=lambda: Sealer(new_package()))

    @property
    def files(self) -> list[PackageFile]:
        texts = {"INDEX.HTM": b"<!doctype html>", "VIEWER/VIEWER.JS": b"0;", "DATA/KEY.JS": b"undiscKey({})\n"}
        texts |= {f"DATA/C{number:07d}.JS": b"sealed %d" % number for number in range(12)}
        return [PackageFile(path, Kind.DATA, len(data), partial(BytesIO, data)) for path, data in texts.items()]

    def publish(self, expires_at: datetime | None = None, url: str = "https://pictures.example/a/") -> Publication:
        return self.publishing.publish(
            self.files, self.sealer, STUDIES, str(self.place), url=url, expires_at=expires_at
        )

    def there(self) -> dict[str, bytes]:
        root = self.place / self.sealer.package
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def trailed(self) -> list[str]:
        with self.database.read() as connection:
            return [row[0] for row in connection.execute(select(audit_entries.c.action).order_by(audit_entries.c.seq))]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, made once."""
    path = tmp_path_factory.mktemp("empty") / "undisc.db"
    database = open_sqlite(path)
    bring_up_to_date(database)
    database.close()
    return path


@pytest.fixture
def house(tmp_path: Path, empty: Path) -> Iterator[House]:
    shutil.copy(empty, tmp_path / "undisc.db")
    database = open_sqlite(tmp_path / "undisc.db")
    clock = Clock()
    trail, jobs = Trail(database, clock, bytes(32)), Jobs(database, clock)
    place, scratch = tmp_path / "host", tmp_path / "scratch"
    host = Moody(FolderHost(place))
    yield House(Publishing(trail, jobs, scratch, lambda _: host), database, trail, jobs, clock, host, place, scratch)
    database.close()


def expected(house: House) -> dict[str, bytes]:
    return {file.path: file.open().read() for file in house.files}


def test_all_of_it_lies_in_a_folder_of_its_own_and_the_page_came_last(house: House) -> None:
    made = house.publish()
    assert made.state == "published"
    assert house.there() == expected(house)
    assert house.host.puts[-1] == "INDEX.HTM"
    assert list(house.scratch.iterdir()) == []
    assert house.trailed() == ["published"]
    assert [each.name for each in house.place.iterdir()] == [house.sealer.package]


def test_the_link_has_the_key_and_nothing_else_does(house: House, tmp_path: Path) -> None:
    link = link_of(house.publish(), house.sealer)
    assert link.startswith(f"https://pictures.example/a/{house.sealer.package}/INDEX.HTM#key=")
    secret = link.rpartition("=")[2].encode()
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(secret in data or house.sealer.key in data for data in kept)
    nowhere = link_of(house.publishing.all()[0].publication._replace(url=""), house.sealer)
    assert nowhere == f"{house.sealer.package}/INDEX.HTM#key={secret.decode()}"


def test_an_interrupted_one_goes_on_where_it_was_without_its_key(house: House) -> None:
    house.host.refuses = ("C0000007.JS", "C0000009.JS")
    with pytest.raises(PublishingStopped, match="2 of 15 files did not arrive") as stopped:
        house.publish()
    assert "INDEX.HTM" not in house.there()
    assert house.publishing.find(house.sealer.package).state == "sending"
    house.host.refuses = ()
    house.host.puts.clear()
    assert house.publishing.resume(stopped.value.publication.id).state == "published"
    assert sorted(house.host.puts) == ["DATA/C0000007.JS", "DATA/C0000009.JS", "INDEX.HTM"]
    assert house.there() == expected(house)
    house.host.puts.clear()
    assert house.publishing.resume(house.sealer.package).state == "published"
    assert house.host.puts == []


@pytest.mark.parametrize("fault", ["loses", "changes"])
def test_what_the_host_does_not_give_back_as_it_was_did_not_arrive(house: House, fault: str) -> None:
    setattr(house.host, fault, ("C0000003.JS",))
    with pytest.raises(PublishingStopped, match="1 of 15 files did not arrive"):
        house.publish()
    assert "INDEX.HTM" not in house.there()


def test_what_waits_here_and_was_changed_is_not_sent(house: House) -> None:
    house.host.refuses = ("C0000007.JS",)
    with pytest.raises(PublishingStopped):
        house.publish()
    house.host.refuses = ()
    (house.scratch / house.sealer.package / "DATA/C0000007.JS").write_bytes(b"another")
    with pytest.raises(PublishingStopped, match="has changed here"):
        house.publishing.resume(house.sealer.package)


def test_nothing_is_left_of_one_whose_package_cannot_be_made(house: House) -> None:
    def ruined() -> BytesIO:
        raise OSError("no")

    broken = [*house.files, PackageFile("DATA/C0000099.JS", Kind.DATA, 5, ruined)]
    with pytest.raises(Exception, match="cannot be read"):
        house.publishing.publish(broken, house.sealer, STUDIES, str(house.place))
    assert list(house.scratch.iterdir()) == []
    assert house.publishing.all() == []
    assert not (house.place / house.sealer.package).exists()


def test_unpublishing_takes_the_page_first_and_leaves_what_is_not_ours(house: House) -> None:
    made = house.publish()
    (house.place / "theirs.txt").write_text("stays")
    (house.place / made.id / "DATA" / "note.txt").write_text("stays too")
    assert house.publishing.unpublish(link_of(made, house.sealer)).state == "removed"
    assert house.host.deleted[0] == "INDEX.HTM"
    assert house.there() == {"DATA/note.txt": b"stays too"}
    assert (house.place / "theirs.txt").exists()
    assert house.trailed() == ["published", "unpublished"]
    with house.database.read() as connection:
        assert connection.execute(select(publication_files)).all() == []
    assert house.publishing.unpublish(made.id).state == "removed"
    assert house.trailed() == ["published", "unpublished"]


def test_unpublishing_leaves_no_folder_behind(house: House) -> None:
    house.publishing.unpublish(house.publish().id)
    assert list(house.place.iterdir()) == []


def test_what_a_host_keeps_is_not_called_removed(house: House) -> None:
    made = house.publish()
    house.host.keeps = ("C0000001.JS",)
    with pytest.raises(HostRefused, match="1 files are still on the host"):
        house.publishing.unpublish(made.id)
    assert house.publishing.find(made.id).state == "published"
    house.host.keeps = ()
    assert house.publishing.unpublish(made.id).state == "removed"


def test_an_interrupted_one_can_be_removed_too(house: House) -> None:
    house.host.refuses = ("C0000007.JS",)
    with pytest.raises(PublishingStopped):
        house.publish()
    house.publishing.unpublish(house.sealer.package)
    assert list(house.scratch.iterdir()) == []
    assert house.there() == {}
    with pytest.raises(PublicationUnknown, match="was removed"):
        house.publishing.resume(house.sealer.package)


def test_what_is_over_is_removed_and_what_is_not_stays(house: House) -> None:
    house.publish(expires_at=NOW + timedelta(days=2))
    assert house.publishing.unpublish_expired() == []
    assert house.there()
    house.clock.time += timedelta(days=2)
    assert [each.id for each in house.publishing.unpublish_expired()] == [house.sealer.package]
    assert house.there() == {}
    assert house.publishing.unpublish_expired() == []


def test_a_job_removes_it_when_its_time_is_over(house: House) -> None:
    house.publish(expires_at=NOW + timedelta(days=2))
    (job,) = house.jobs.all()
    assert (job.kind, job.due_at) == ("unpublish", NOW + timedelta(days=2))

    @dataclass
    class AJob:
        arguments: dict[str, str]
        number: int = 1

        def check(self) -> None:
            pass

    handler = kind(house.publishing)
    house.host.keeps = ("C0000001.JS",)
    assert isinstance(handler.run(AJob(dict(job.arguments))), Again)
    house.host.keeps = ()
    assert handler.run(AJob(dict(job.arguments))) == Done("It is no longer on its host.")
    assert handler.run(AJob(dict(job.arguments))) == Done("It is no longer on its host.")
    assert handler.run(AJob({"publication": "0" * 32})) == Done("It is not here any more.")


def test_one_that_is_removed_while_it_is_sent_leaves_nothing_there(house: House) -> None:
    class Removing(Moody):
        def put(self, path: str, data: bytes) -> None:
            super().put(path, data)
            if path.endswith("INDEX.HTM"):
                house.publishing.unpublish(house.sealer.package)

    house.host = Removing(house.host.inner)
    publishing = Publishing(house.trail, house.jobs, house.scratch, lambda _: house.host)
    with pytest.raises((PublicationUnknown, PublishingStopped)):
        publishing.publish(house.files, house.sealer, STUDIES, str(house.place))
    assert house.there() == {}
    assert house.publishing.find(house.sealer.package).state == "removed"


def _unpublish(house: House) -> None:
    """Until it is done: what arrives just behind the deleting is found there, and it can be called again."""
    for _ in range(200):
        try:
            house.publishing.unpublish(house.sealer.package)
        except HostRefused:
            time.sleep(0.01)
            continue
        return
    raise AssertionError("it never could be removed")


def test_one_that_is_removed_while_something_of_it_fails_leaves_nothing_there(house: House) -> None:
    class Removing(Moody):
        def put(self, path: str, data: bytes) -> None:
            if path.endswith("KEY.JS"):
                _unpublish(house)
                super().put(path.replace("KEY", "C0000003"), b"late")
                raise HostRefused("The bucket cannot be reached.")
            super().put(path, data)

    house.host = Removing(house.host.inner)
    publishing = Publishing(house.trail, house.jobs, house.scratch, lambda _: house.host)
    with pytest.raises(PublicationUnknown):
        publishing.publish(house.files, house.sealer, STUDIES, str(house.place))
    assert house.there() == {}


def test_it_outlasts_the_loss_of_power_before_it_is_called_published(house: House) -> None:
    house.publish()
    assert house.host.settled == len(house.host.puts) == len(house.files)


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, RuntimeError])
def test_one_that_is_stopped_says_so_to_whoever_has_its_key(house: House, stopped: type[BaseException]) -> None:
    def progress(done: int, count: int) -> None:
        raise stopped

    with pytest.raises(PublishingStopped) as told:
        house.publishing.publish(house.files, house.sealer, STUDIES, str(house.place), progress=progress)
    assert told.value.publication.id == house.sealer.package
    assert house.publishing.resume(house.sealer.package).state == "published"
    assert house.there() == expected(house)


def test_a_place_that_is_no_folder_makes_none(house: House) -> None:
    publishing = Publishing(house.trail, house.jobs, house.scratch)
    with pytest.raises(HostRefused, match="s3://"):
        publishing.publish(house.files, house.sealer, STUDIES, "https://somewhere.example/pictures")


def test_what_a_killed_process_left_is_removed_after_a_day(house: House) -> None:
    old, new = house.scratch / ("1" * 32), house.scratch / ("2" * 32)
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "INDEX.HTM").write_text("left")
    long_ago = time.time() - 2 * 86400
    os.utime(old, (long_ago, long_ago))
    house.publish()
    assert (old.exists(), new.exists()) == (False, True)


def test_rows_tell_of_no_key_and_no_person(house: House) -> None:
    house.publish()
    with house.database.read() as connection:
        (row,) = connection.execute(select(publications)).mappings()
    assert json.loads(row["studies"]) == list(STUDIES)
    assert house.sealer.fragment[4:] not in repr(dict(row))


def test_a_package_with_that_name_is_never_written_over(house: House) -> None:
    house.publish()
    with pytest.raises(HostRefused, match="already"):
        house.publish()


@pytest.mark.parametrize("name", ["", "nothing", "0" * 32, "https://x.example/INDEX.HTM#" + "0" * 32])
def test_a_name_that_is_none_finds_nothing(house: House, name: str) -> None:
    with pytest.raises(PublicationUnknown):
        house.publishing.unpublish(name)


def test_a_place_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostRefused, match="s3://"):
        open_host("ftp://somewhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(HostRefused):
        open_host(str(tmp_path / "file" / "below"))


def test_files_are_told_as_what_they_are() -> None:
    assert content_type("a/INDEX.HTM") == "text/html; charset=utf-8"
    assert content_type("a/DATA/C0000001.JS").startswith("text/javascript")
    assert content_type("a/OTHER") == "application/octet-stream"
    assert "immutable" in cache_control("a/DATA/C0000001.JS")
    assert "no-cache" in cache_control("a/INDEX.HTM")
    assert "no-cache" in cache_control("a/DATA/KEY.JS")
