"""An archive keeps, tells apart, checks, mends and shows the same on SQLite with a folder and on PostgreSQL with S3."""

import io
import json
import os
import random
import string
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.config import disable_value_validation
from sqlalchemy import select
from tests.contract.conftest import Place
from tests.door.running import serving
from tests.factories.discs import MadeDisc, make_disc, pdf
from tests.factories.instances import ADA, BERT, image
from tests.factories.instances import Place as Slice

from undisc.app import App, build, build_web, open_reception
from undisc.archive import keys
from undisc.audit.model import Intact
from undisc.db.tables import import_items
from undisc.intake.model import Ledger, Outcome


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    return make_disc(tmp_path_factory.mktemp("disc") / "disc", series=2, slices=5, report_pdf=pdf("All is well."))


@pytest.fixture
def app(place: Place) -> Iterator[App]:
    built = build(place.settings())
    yield built
    built.close()


def _counts(ledger: Ledger) -> dict[str, int]:
    return {outcome.value: count for outcome, count in ledger.counts.items() if count}


def _original_keys(app: App) -> list[str]:
    return [
        keys.original(row.names.study, row.names.series, row.names.instance)
        for study in app.archive.studies()
        for series in app.archive.series_of(study.id)
        for row in app.archive.instances_of(series.id)
    ]


def _bytes(patient: Any = ADA, where: Slice | None = None, **changes: str) -> bytes:
    made = image(patient, where or Slice())
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_a_disc_is_kept_once_and_read_from_another_replica(app: App, place: Place, disc: MadeDisc) -> None:
    assert _counts(app.intake.take_in([disc.folder]))["stored"] == 10
    again = app.intake.take_in([disc.folder])
    assert (_counts(again)["duplicate"], again.counts[Outcome.STORED]) == (10, 0)
    other = build(place.settings("b"))
    assert sum(study.instances for study in other.archive.studies()) == 10
    checked = other.archive.verify()
    assert (checked.instances, checked.damaged) == (10, ())
    for series in other.archive.series_of(other.archive.studies()[0].id):
        assert series.size > 0
        assert isinstance(series.size, int)
        for row in other.archive.instances_of(series.id):
            frame = other.archive.frame(row.id, 0)
            assert frame is not None
            assert frame.data
            assert other.archive.preview(row.id, 0)
        assert other.archive.series_manifest(series.id)
        assert other.archive.strip(series.id)
    assert isinstance(other.trail.verify(), Intact)
    assert list(app.storage.keys("incoming/")) == []
    other.close()


def test_what_was_stored_comes_back_byte_for_byte(app: App, disc: MadeDisc) -> None:
    app.intake.take_in([disc.folder])
    stored = {pydicom.dcmread(disc.folder / name).SOPInstanceUID: disc.folder / name for name in disc.images}
    for original in app.archive.originals([app.archive.studies()[0].id]):
        with original.open() as file:
            data = file.read()
        kept = pydicom.dcmread(io.BytesIO(data))
        sent = stored.pop(kept.SOPInstanceUID).read_bytes()
        assert len(data) == original.size
        assert data[-len(kept.PixelData) - 200 :] == sent[-len(kept.PixelData) - 200 :]
    assert stored == {}


def test_conflicts_and_other_peoples_pictures_are_set_aside(app: App) -> None:
    reception = open_reception(app)
    with reception.delivery("stow", "token:pacs") as delivery:
        delivery.receive(_bytes())
        assert [result.outcome for result in delivery.finish()] == [Outcome.STORED]
        delivery.receive(_bytes(StationName="CHANGED"))
        delivery.receive(_bytes(BERT, StudyInstanceUID=str(image().StudyInstanceUID)))
        delivery.receive(_bytes())
        delivery.receive(b"nothing like DICOM")
        outcomes = [result.outcome for result in delivery.finish()]
    reception.close()
    assert outcomes == [Outcome.QUARANTINED, Outcome.QUARANTINED, Outcome.DUPLICATE, Outcome.NOT_DICOM]
    assert len(list(app.storage.keys("quarantine/"))) == 2
    assert app.archive.verify().instances == 1


def test_a_header_with_text_that_databases_dislike_is_kept(app: App) -> None:
    noise = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=9000))
    hostile = {
        "PatientName": f"{noise}'; DROP TABLE studies; --",
        "PatientID": noise[1:],
        "StudyDescription": "\\0 \x7f %s %(x)s :y",
        "Modality": "M" * 16,
        "AccessionNumber": noise,
        "StudyID": noise[::-1],
    }
    reception = open_reception(app)
    with reception.delivery("stow", "token:pacs") as delivery:
        with disable_value_validation():
            delivery.receive(_bytes(ADA, None, **hostile))
        raw = _bytes(where=Slice(2))
        delivery.receive(raw.replace(b"Invented Imaging", b"Inven\0ed Imag\0ng"))
        outcomes = [result.outcome for result in delivery.finish()]
    reception.close()
    assert outcomes == [Outcome.STORED, Outcome.STORED]
    assert app.archive.verify().instances == 2


def test_damage_is_named_and_everything_derived_is_made_again(app: App, disc: MadeDisc) -> None:
    app.intake.take_in([disc.folder])
    first, second, *_ = _original_keys(app)
    data = bytearray(app.storage.read(first) or b"")
    data[-100] ^= 1
    app.storage.put_derived(first, bytes(data))
    app.storage.delete(second)
    found = {damaged.key: damaged.reason for damaged in app.archive.verify().damaged}
    assert found == {
        first: "The picture or its header was changed after it was stored.",
        second: "The file is gone.",
    }
    for key in list(app.storage.keys("derived/")):
        app.storage.delete(key)
    assert app.archive.rebuild() == 2
    names = Counter(key.rpartition("/")[2].rpartition(".")[2] for key in app.storage.keys("derived/"))
    assert names["frames"] == 9
    assert names["strip"] == 2


@pytest.mark.slow
def test_two_processes_that_take_in_one_disc_at_once_keep_it_once(place: Place, tmp_path: Path) -> None:
    large = make_disc(tmp_path / "disc", studies=2, series=2, slices=40)
    build(place.settings()).close()
    running = [_importing(place, replica, large) for replica in ("a", "b", "c")]
    told = [json.loads(process.communicate(timeout=180)[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    for ledger in told:
        assert ledger["stored"] + ledger["duplicate"] == 160
        assert ledger["quarantined"] == ledger["unreadable"] == 0
    app = build(place.settings())
    checked = app.archive.verify()
    assert (checked.instances, checked.damaged) == (160, ())
    assert len(list(app.storage.keys("studies/"))) == 160
    assert isinstance(app.trail.verify(), Intact)
    assert list(app.storage.keys("incoming/")) == []
    app.close()


def test_two_replicas_that_receive_the_same_at_once_say_stored_and_duplicate(place: Place) -> None:
    apps = [build(place.settings(replica)) for replica in ("a", "b")]
    receptions = [open_reception(app) for app in apps]
    files = [_bytes(where=Slice(study, 1, number, 12)) for study in (1, 2) for number in range(1, 13)]
    outcomes: list[list[Outcome]] = []
    start = threading.Barrier(2)

    def send(number: int) -> None:
        with receptions[number].delivery("stow", "token:pacs") as delivery:
            for data in files if number else reversed(files):
                delivery.receive(data)
            start.wait()
            outcomes.append([result.outcome for result in delivery.finish()])

    threads = [threading.Thread(target=send, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcome for each in outcomes for outcome in each) == {Outcome.STORED: 24, Outcome.DUPLICATE: 24}
    assert apps[0].archive.verify().damaged == ()
    assert len(list(apps[0].storage.keys("studies/"))) == 24
    for reception in receptions:
        reception.close()
    for app in apps:
        app.close()


def _importing(place: Place, replica: str, disc: MadeDisc) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "undisc", "import", str(disc.folder), "--json"]
    surroundings = _clean() | place.surroundings(replica)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=surroundings)


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")}


@pytest.mark.slow
def test_imports_that_are_killed_lose_nothing_that_was_told_as_stored(place: Place, tmp_path: Path) -> None:
    large = make_disc(tmp_path / "disc", studies=2, series=3, slices=40, rows=96, columns=96)
    app = build(place.settings())
    moments: set[int] = set()
    for kill in range(6):
        process = _importing(place, "b", large)
        wanted = len(_told_as_stored(app)) + 1
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if len(_told_as_stored(app)) >= wanted:
                time.sleep(0.03 * kill)
                break
            time.sleep(0.01)
        before = _told_as_stored(app)
        process.kill()
        process.communicate()
        moments.add(len(before))
        restarted = build(place.settings("b"))
        restarted.archive.keeper.tidy_up()
        checked = restarted.archive.verify()
        assert checked.damaged == ()
        assert len(list(restarted.storage.keys("studies/"))) == checked.instances >= len(before)
        assert before <= _told_as_stored(app)
        assert list(restarted.storage.keys("incoming/")) == []
        restarted.close()
    assert len(moments) > 1, "the kills came at too few different moments to show anything"
    assert app.intake.take_in([large.folder]).counts[Outcome.UNREADABLE] == 0
    assert app.archive.verify().instances == 240
    assert isinstance(app.trail.verify(), Intact)
    app.close()


_RECEIVER = """
import sys
from pathlib import Path
from undisc.app import build, open_reception
from undisc.settings import Settings
app = build(Settings())
reception = open_reception(app)
for file in sorted(Path(sys.argv[1]).iterdir()):
    with reception.delivery("stow", "token:pacs") as delivery:
        delivery.receive(file.read_bytes())
        (received,) = delivery.finish()
    print(received.outcome.value, received.names.instance, flush=True)
"""


def test_a_replica_that_is_killed_while_it_receives_keeps_what_it_acknowledged(place: Place, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(1, 61):
        (files / f"{number:03d}.dcm").write_bytes(_bytes(where=Slice(1, 1, number, 60)))
    app = build(place.settings("a"))
    acknowledged: set[str] = set()
    for kill in (2, 7, 13):
        command = [sys.executable, "-c", _RECEIVER, str(files)]
        receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_clean() | place.surroundings("b"))
        assert receiver.stdout is not None
        lines = [receiver.stdout.readline().split() for _ in range(len(acknowledged) + kill)]
        receiver.kill()
        lines += [line.split() for line in receiver.communicate()[0].splitlines()]
        outcomes = {line[1]: line[0] for line in lines if len(line) == 2}
        assert all(outcome == "duplicate" for uid, outcome in outcomes.items() if uid in acknowledged)
        acknowledged |= set(outcomes)
        restarted = build(place.settings("b"))
        restarted.archive.keeper.tidy_up()
        assert list(restarted.storage.keys("incoming/")) == []
        restarted.close()
        checked = app.archive.verify()
        kept = {key.rpartition("/")[2].removesuffix(".dcm") for key in app.storage.keys("studies/")}
        assert checked.damaged == ()
        assert len(kept) == checked.instances
        assert acknowledged <= kept
    assert isinstance(app.trail.verify(), Intact)
    app.close()


def _told_as_stored(app: App) -> set[str]:
    with app.database.read() as connection:
        return set(connection.scalars(select(import_items.c.path).where(import_items.c.outcome == "stored")))


def test_a_link_made_at_one_replica_opens_and_shows_at_another(app: App, place: Place, disc: MadeDisc) -> None:
    app.intake.take_in([disc.folder])
    link = app.sharing.create_link([app.archive.studies()[0].id], passcode="auto")
    other = build(place.settings("b"))
    with ExitStack() as closing:
        here, there = (closing.enter_context(serving(build_web(each))) for each in (app, other))
        client = closing.enter_context(httpx.Client(timeout=30))
        path = f"/s/{link.link.id}"
        opened = client.post(f"{here}{path}/open", json={"secret": link.secret, "passcode": link.passcode})
        assert opened.status_code == 200
        session = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        series = opened.json()["series"]
        frame = {**series["common"], **series["frames"][0]}
        for base in (here, there):
            answer = client.get(f"{base}{path}/frames/{frame['i']}/{frame['n']}", headers=session)
            assert answer.status_code == 200
            package = client.get(f"{base}{path}/download", headers=session)
            with zipfile.ZipFile(io.BytesIO(package.content)) as found:
                assert found.testzip() is None
                assert len(found.namelist()) == 10
        assert other.sharing.revoke(link.link.id)
        assert client.get(f"{here}{path}/study", headers=session).status_code == 404
    assert isinstance(other.trail.verify(), Intact)
    other.close()
