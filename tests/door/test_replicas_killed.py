"""A replica behind nginx that is killed in the middle of a STOW, a pull or a download loses nothing acknowledged."""

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pydicom import dcmread
from tests.door.command_line import undisc
from tests.door.replicas import Cluster, Replica, cluster, ground, servers
from tests.door.storing import BOUNDARY, MODEL, MULTIPART, as_bytes, codes, part, picture
from tests.factories.servers import free_port

pytestmark = pytest.mark.slow

_ENDS = f"--{BOUNDARY}--\r\n".encode()
_PATIENCE = 60.0
_FILES_KEPT_TOGETHER = 11
"""Of 24 MB each: no more than a quarter of a gigabyte waits to be kept."""


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[str, str]]:
    with servers() as running:
        yield running


@pytest.fixture
def both(behind: tuple[str, str], tmp_path: Path) -> Iterator[Cluster]:
    with ground(*behind, tmp_path / "audit.key") as shared, cluster(tmp_path, shared) as running:
        yield running


def _noise(study: int, number: int, megabytes: int) -> bytes:
    """A picture that no compression makes smaller."""
    made = picture(study, 1, number, rows=512, columns=1024 * megabytes)
    made.PixelData = np.random.default_rng(number).bytes(len(made.PixelData))
    return as_bytes(made)


def _uid(data: bytes) -> str:
    return str(dcmread(io.BytesIO(data), stop_before_pixels=True).SOPInstanceUID)


def _store(client: httpx.Client, content: Any) -> httpx.Response:
    return client.post("/dicom-web/studies", content=content, headers={"Content-Type": MULTIPART, "Accept": MODEL})


def _wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.002)
    return found


def _what_comes(chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """What still comes of an answer, and whether it came to its end instead of being broken off."""
    got: list[bytes] = []
    try:
        got.extend(chunks)
    except httpx.TransportError:
        return b"".join(got), False
    return b"".join(got), True


def _given(client: httpx.Client) -> dict[str, str]:
    """The digest of every instance that the archive finds and gives, by its UID."""
    found: dict[str, str] = {}
    for offset in range(0, 1 << 20, 500):
        answer = client.get("/dicom-web/instances", params={"limit": 500, "offset": offset})
        for each in answer.json() if answer.content else []:
            study, series, uid = (each[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018"))
            path = f"/dicom-web/studies/{study}/series/{series}/instances/{uid}"
            with client.stream("GET", path, headers={"Accept": "application/dicom; transfer-syntax=*"}) as given:
                assert given.status_code == 200
                digest = hashlib.sha256()
                for chunk in given.iter_bytes():
                    digest.update(chunk)
            found[uid] = digest.hexdigest()
        if len(found) < offset + 500:
            return found
    raise AssertionError("there is no end of instances")


def test_senders_go_on_while_replicas_are_killed_and_all_that_was_acknowledged_is_there(both: Cluster) -> None:
    token = both.token("read", "write")
    files = [as_bytes(picture(study, 1, number, rows=64, columns=64)) for study in (1, 2) for number in range(1, 151)]
    digests = {_uid(data): hashlib.sha256(data).hexdigest() for data in files}
    acknowledged: set[str] = set()
    broken_off: list[str] = []
    lock = threading.Lock()

    def send(number: int) -> None:
        client = both.client(token)
        mine = files[number::4]
        for first in range(0, len(mine), 2):
            some = mine[first : first + 2]
            body = b"".join(part(each) for each in some) + _ENDS
            for _ in range(200):
                try:
                    answer = _store(client, (body[at : at + 4000] for at in range(0, len(body), 4000)))
                except httpx.TransportError as error:
                    answer = None
                    broken_off.append(type(error).__name__)
                if answer is not None and answer.status_code == 200:
                    assert codes(answer, "00081198") == []
                    with lock:
                        acknowledged.update(_uid(each) for each in some)
                    break
                if answer is not None:
                    assert answer.status_code in (502, 503, 504), answer.text
                    broken_off.append(str(answer.status_code))
                time.sleep(0.02)
            else:
                raise AssertionError("an upload was refused for good")

    chance = random.Random(3)
    with ThreadPoolExecutor(4) as threads:
        sending = [threads.submit(send, number) for number in range(4)]
        for turn, wanted in enumerate((30, 90, 150, 210)):
            _wait_for(lambda wanted=wanted: len(acknowledged) >= wanted or all(each.done() for each in sending))
            killed = both.replicas[turn % 2]
            time.sleep(chance.uniform(0, 0.05))
            killed.kill()
            with lock:
                before = set(acknowledged)
            other = both.replicas[1 - turn % 2]
            address, bearer = f"{other.base}/dicom-web/instances", {"Authorization": f"Bearer {token}"}
            answer = httpx.get(address, params={"limit": 1000}, headers=bearer, timeout=60)
            assert before <= {each["00080018"]["Value"][0] for each in answer.json()}
            killed.start()
        for each in sending:
            each.result()
    assert broken_off, "no request was under way when a replica was killed, so nothing was shown"
    assert acknowledged == set(digests)
    assert _given(both.client(token)) == digests
    both.is_sound(len(files))


def test_a_long_upload_that_dies_with_its_replica_leaves_whole_pictures_and_completes_when_repeated(
    both: Cluster,
) -> None:
    token = both.token("read", "write")
    files = [_noise(1, number, 24) for number in range(1, _FILES_KEPT_TOGETHER + 3)]
    digests = {_uid(data): hashlib.sha256(data).hexdigest() for data in files}
    reader = both.client(token)
    killed: list[Replica] = []

    def body() -> Iterator[bytes]:
        for data in files[:-2]:
            yield part(data)
        broken = part(files[-2])
        yield broken[: 10 << 20]
        _wait_for(lambda: both.kept() >= _FILES_KEPT_TOGETHER)
        (receiving,) = [replica for replica in both.replicas if replica.staged()]
        receiving.kill()
        killed.append(receiving)
        yield broken[10 << 20 :] + part(files[-1]) + _ENDS

    try:
        answer = _store(reader, body())
        assert answer.status_code == 502
    except httpx.TransportError:
        pass
    (dead,) = killed
    kept = _given(both.client(token))
    assert len(kept) == _FILES_KEPT_TOGETHER
    assert kept.items() <= digests.items()
    again = _store(reader, (*(part(data) for data in files), _ENDS))
    assert (again.status_code, codes(again, "00081198")) == (200, [])
    assert both.which(again) is not dead
    assert _given(both.client(token)) == digests
    assert dead.staged()
    dead.start()
    _wait_for(lambda: not dead.staged() and not both.ground.keys("incoming/"))
    both.is_sound(len(files))


def _serving_alone(folder: Path) -> tuple[Replica, str]:
    """An archive by itself, on SQLite and a folder; and a token that may read and write there."""
    data = folder / "alone"
    made = undisc("token", "create", "--name", "other", "--scope", "read,write", "--json", data=data)
    alone = Replica(free_port(), data, {"UNDISC_WORKERS": "1"})
    alone.start()
    return alone, made.json["token"]


def _pulling(peer: str, study: str, environment: dict[str, str], data: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "undisc", "pull", "--from", peer, "--study", study, "--json"]
    command += ["--data-dir", str(data)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def _environment(settings: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")} | settings


def test_a_pull_goes_on_at_the_other_replica_when_the_sending_one_is_killed(both: Cluster, tmp_path: Path) -> None:
    files = [_noise(1, number, 24) for number in range(1, 5)]
    digests = {_uid(data): hashlib.sha256(data).hexdigest() for data in files}
    secret = both.token("read", "write")
    client = both.client(secret)
    assert _store(client, b"".join(part(data) for data in files) + _ENDS).status_code == 200
    study = str(picture(1).StudyInstanceUID)
    here = tmp_path / "here"
    (tmp_path / "token").write_text(secret)
    peer = ("peers", "add", "far", "--web", f"{both.base}/dicom-web", "--token-file", tmp_path / "token")
    assert undisc(*peer, data=here).code == 0
    pulling = _pulling("far", study, _environment({"UNDISC_WORKERS": "1"}), here)

    def half_way() -> bool:
        """Whoever sends is killed with part of a picture here, held still, and the rest of it on its way."""
        sizes = [path.stat().st_size for path in (here / "incoming").rglob("0*") if path.is_file()]
        if not any(1 << 20 < size < 20 << 20 for size in sizes):
            assert pulling.poll() is None, pulling.communicate()
            return False
        pulling.send_signal(signal.SIGSTOP)
        sending = [replica for replica in both.replicas if replica.is_sending()]
        for replica in sending:  # at once: soon nginx would have taken all of it
            replica.kill()
        pulling.send_signal(signal.SIGCONT)
        return bool(sending)

    _wait_for(half_way)
    out, err = pulling.communicate(timeout=120)
    assert pulling.returncode == 0, (out, err)
    stored = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (here / "studies").rglob("*.dcm")}
    assert stored == digests
    assert undisc("verify", data=here).code == 0
    assert list((here / "incoming").iterdir()) == []


def test_a_killed_pull_keeps_what_had_come_and_fetches_only_the_rest(both: Cluster, tmp_path: Path) -> None:
    files = [_noise(1, number, 1) for number in range(1, 61)]
    digests = {_uid(data): hashlib.sha256(data).hexdigest() for data in files}
    alone, secret = _serving_alone(tmp_path)
    with closing(httpx.Client(base_url=alone.base, headers={"Authorization": f"Bearer {secret}"}, timeout=60)) as there:
        assert _store(there, b"".join(part(data) for data in files) + _ENDS).status_code == 200
    (tmp_path / "token").write_text(secret)
    web = ("--web", f"{alone.base}/dicom-web", "--token-file", tmp_path / "token")
    assert both.run("peers", "add", "far", *web).code == 0
    study = str(picture(1).StudyInstanceUID)
    surroundings = _environment(dict(both.ground.surroundings))
    pulling = _pulling("far", study, surroundings, both.desk)
    _wait_for(lambda: both.kept() >= 5 or pulling.poll() is not None)
    assert pulling.poll() is None, "the pull was over before it could be killed"
    reader = both.client(both.token("read"))
    pulling.kill()
    pulling.communicate()
    kept = _given(reader)
    assert 5 <= len(kept) < len(files)
    assert kept.items() <= digests.items()
    again = _pulling("far", study, surroundings, both.desk)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, (out, err)
    assert _given(reader) == digests
    both.is_sound(len(files))
    alone.stop()
    again_there = Replica(free_port(), both.desk, both.ground.surroundings)
    again_there.start()
    _wait_for(lambda: not both.ground.keys("incoming/"))
    again_there.stop()


def test_a_download_of_a_link_that_dies_with_its_replica_is_noticed_and_whole_at_the_other(both: Cluster) -> None:
    files = [_noise(1, number, 24) for number in (1, 2)]
    assert _store(both.client(both.token("write")), b"".join(part(data) for data in files) + _ENDS).status_code == 200
    made = both.run("share", str(picture(1).StudyInstanceUID), "--no-passcode", "--json").json
    address, _, secret = made["url"].partition("#")
    browser = both.client()
    assert browser.post(f"{address}/open", json={"secret": secret}).status_code == 200
    with browser.stream("GET", f"{address}/download") as download:
        serving = both.which(download)
        chunks = download.iter_raw(1 << 16)
        got = len(next(chunks))
        serving.kill()
        rest, whole = _what_comes(chunks)
        length = int(download.headers["content-length"])
    assert not whole
    assert got + len(rest) < length
    again = browser.get(f"{address}/download")
    assert both.which(again) is not serving
    assert (again.status_code, len(again.content)) == (200, length)
    with zipfile.ZipFile(io.BytesIO(again.content)) as whole:
        assert {hashlib.sha256(whole.read(name)).digest() for name in whole.namelist()} == {
            hashlib.sha256(data).digest() for data in files
        }


def test_a_retrieval_that_dies_with_its_replica_goes_on_at_the_other_from_the_byte_where_it_was(
    both: Cluster,
) -> None:
    data = _noise(1, 1, 48)
    client = both.client(both.token("read", "write"))
    stored = _store(client, part(data) + _ENDS)
    assert stored.status_code == 200
    address = stored.json()["00081199"]["Value"][0]["00081190"]["Value"][0]
    headers = {"Accept": "application/dicom; transfer-syntax=*"}
    got = b""
    with client.stream("GET", address, headers=headers) as retrieval:
        serving = both.which(retrieval)
        tag = retrieval.headers["etag"]
        chunks = retrieval.iter_raw(1 << 16)
        got += next(chunks)
        serving.kill()
        more, whole = _what_comes(chunks)
    got += more
    assert not whole
    assert 0 < len(got) < len(data)
    assert data.startswith(got)
    rest = client.get(address, headers=headers | {"Range": f"bytes={len(got)}-", "If-Range": tag})
    assert rest.status_code == 206
    assert both.which(rest) is not serving
    assert got + rest.content == data


def test_a_study_that_breaks_off_is_never_taken_for_whole(both: Cluster) -> None:
    files = [_noise(1, number, 24) for number in (1, 2)]
    client = both.client(both.token("read", "write"))
    assert _store(client, b"".join(part(data) for data in files) + _ENDS).status_code == 200
    study = f"/dicom-web/studies/{picture(1).StudyInstanceUID}"
    # Another transfer syntax is made on the way, so that the answer has no length that could tell.
    accept = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.5'
    with client.stream("GET", study, headers={"Accept": accept}) as retrieval:
        assert retrieval.status_code == 200
        assert "content-length" not in retrieval.headers
        chunks = retrieval.iter_raw(1 << 16)
        next(chunks)
        both.which(retrieval).kill()
        _, ended = _what_comes(chunks)
    assert not ended
    whole = client.get(study, headers={"Accept": accept})
    assert whole.status_code == 200
    assert whole.content.rstrip().endswith(b"--")
