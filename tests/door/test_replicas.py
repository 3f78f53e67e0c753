"""Two replicas behind nginx, with the configuration that docs/operate gives, are one server to whoever asks."""

import hashlib
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from tests.door.command_line import undisc
from tests.door.replicas import Cluster, cluster, ground, servers
from tests.door.storing import MODEL, MULTIPART, as_bytes, codes, multipart, picture
from tests.factories.nginx import REPLICA, running_nginx

from undisc.db.tables import audit_entries

SENT = [picture(1, series, number, rows=96, columns=96) for series in (1, 2) for number in range(1, 7)]
STUDY = str(SENT[0].StudyInstanceUID)
ONE = f"/dicom-web/studies/{STUDY}/series/{SENT[0].SeriesInstanceUID}/instances/{SENT[0].SOPInstanceUID}"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two replicas, into which one study was stored in two requests without a length."""
    folder = tmp_path_factory.mktemp("replicas")
    with (
        servers() as (postgres, s3),
        ground(postgres, s3, folder / "audit.key") as shared,
        cluster(folder, shared) as running,
    ):
        client = running.client(running.token("read", "write"))
        answers = [_store(client, *(as_bytes(each) for each in half)) for half in (SENT[:6], SENT[6:])]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert len({running.which(answer).port for answer in answers}) == 2
        yield running


@pytest.fixture
def reader(both: Cluster) -> httpx.Client:
    return both.client(both.token("read"))


def _store(client: httpx.Client, *contents: bytes) -> httpx.Response:
    body = multipart(*contents)
    pieces = (body[at : at + 50_000] for at in range(0, len(body), 50_000))
    return client.post("/dicom-web/studies", content=pieces, headers={"Content-Type": MULTIPART, "Accept": MODEL})


def _stored_digests() -> dict[str, str]:
    return {str(each.SOPInstanceUID): hashlib.sha256(as_bytes(each)).hexdigest() for each in SENT}


def test_what_was_stored_by_one_is_a_duplicate_to_the_other(both: Cluster) -> None:
    client = both.client(both.token("write"))
    changed = picture(1, 1, 1, rows=96, columns=96)
    changed.PixelData = bytes(len(changed.PixelData))
    asked: set[int] = set()
    for _ in range(4):
        again = _store(client, *(as_bytes(each) for each in SENT))
        assert (again.status_code, codes(again, "00081198")) == (200, [])
        refused = _store(client, as_bytes(changed))
        assert (refused.status_code, codes(refused, "00081198")) == (409, [0x0111])
        asked |= {both.which(again).port, both.which(refused).port}
    assert len(asked) == 2
    both.is_sound(len(SENT))


def _until_all_is_derived(reader: httpx.Client) -> None:
    """What is told of pictures that came a moment ago is put together anew, until it lies there ready."""
    told: list[bytes] = []
    for _ in range(100):
        found = reader.get("/dicom-web/instances", params={"StudyInstanceUID": STUDY, "includefield": "all"})
        told = [*told[-7:], found.content]
        if len(told) == 8 and len(set(told)) == 1:
            return
        time.sleep(0.2)


def test_every_replica_finds_and_gives_the_same(both: Cluster, reader: httpx.Client) -> None:
    _until_all_is_derived(reader)
    seen: dict[int, list[object]] = {}
    for _ in range(6):
        found = reader.get("/dicom-web/instances", params={"StudyInstanceUID": STUDY, "includefield": "all"})
        whole = reader.get(ONE, headers={"Accept": "application/dicom; transfer-syntax=*"})
        for answer in (found, whole):
            assert answer.status_code == 200
            seen.setdefault(both.which(answer).port, []).append((answer.request.url.path, answer.content))
        assert hashlib.sha256(whole.content).hexdigest() == _stored_digests()[str(SENT[0].SOPInstanceUID)]
    assert len(seen) == 2
    assert len({each for answers in seen.values() for each in answers}) == 2


def test_parts_of_a_picture_from_different_replicas_make_it_whole(both: Cluster, reader: httpx.Client) -> None:
    whole = as_bytes(SENT[0])
    headers = {"Accept": "application/dicom; transfer-syntax=*"}
    tag = reader.get(ONE, headers=headers).headers["etag"]
    pieces: list[bytes] = []
    asked: set[str] = set()
    for start in range(0, len(whole), 3000):
        wanted = {"Range": f"bytes={start}-{start + 2999}", "If-Range": tag}
        answer = reader.get(ONE, headers=headers | wanted)
        assert answer.status_code == 206
        asked.add(answer.headers[REPLICA])
        pieces.append(answer.content)
    assert b"".join(pieces) == whole
    assert len(asked) == 2
    assert reader.get(ONE, headers=headers | {"If-None-Match": tag}).status_code == 304


def test_a_link_is_opened_at_one_replica_used_at_the_other_and_closed_to_both(both: Cluster) -> None:
    made = both.run("share", STUDY, "--passcode", "auto", "--json").json
    address, _, secret = made["url"].partition("#")
    path = address.removeprefix(both.base)
    here, there = (httpx.Client(base_url=replica.base, timeout=60) for replica in both.replicas)
    wrong = here.post(f"{path}/open", json={"secret": secret, "passcode": "no such"})
    assert (wrong.status_code, wrong.json()["type"]) == (401, "passcode-wrong")
    opened = here.post(f"{path}/open", json={"secret": secret, "passcode": made["passcode"]})
    assert opened.status_code == 200
    session = {"Cookie": "; ".join(f"{name}={value}" for name, value in here.cookies.items())}
    for client in (here, there):
        assert client.get(f"{path}/study", headers=session).json()["studies"]
        package = client.get(f"{path}/download", headers=session)
        with zipfile.ZipFile(io.BytesIO(package.content)) as files:
            digests = {hashlib.sha256(files.read(name)).hexdigest() for name in files.namelist()}
        assert digests == set(_stored_digests().values())
    through = both.client()
    asked = {through.get(f"{path}/study", headers=session).headers[REPLICA] for _ in range(4)}
    assert len(asked) == 2
    assert both.run("unshare", made["link"]).code == 0
    for client in (here, there, through):
        assert client.get(f"{path}/study", headers=session).status_code == 404
        assert client.post(f"{path}/open", json={"secret": secret}).status_code == 404
    for client in (here, there):
        client.close()


def test_wrong_passcodes_are_counted_by_all_replicas_together(both: Cluster) -> None:
    made = both.run("share", STUDY, "--passcode", "auto", "--json").json
    address, _, secret = made["url"].partition("#")
    path = f"{address.removeprefix(both.base)}/open"
    clients = [httpx.Client(base_url=replica.base, timeout=60) for replica in both.replicas]
    given = iter(cycle(clients))
    tries = [next(given).post(path, json={"secret": secret, "passcode": f"wrong{n:03d}"}) for n in range(12)]
    left = [answer.json().get("tries_left") for answer in tries if answer.status_code == 401]
    counted = [each for each in left if each is not None]
    assert counted == sorted(counted, reverse=True)
    assert len(set(counted)) == len(counted) > 2
    assert tries[-1].status_code == 404
    for client in clients:
        assert client.post(path, json={"secret": secret, "passcode": made["passcode"]}).status_code == 404
        client.close()


def test_a_revoked_token_is_nobodys_at_either_replica(both: Cluster) -> None:
    secret = both.run("token", "create", "--name", "leaving", "--json").json["token"]
    for replica in both.replicas:
        assert httpx.get(f"{replica.base}/dicom-web/studies", headers=_bearer(secret)).status_code == 200
    assert both.run("token", "revoke", "leaving").code == 0
    for replica in both.replicas:
        assert httpx.get(f"{replica.base}/dicom-web/studies", headers=_bearer(secret)).status_code == 401


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_the_trail_names_the_visitors_address_and_neither_nginx_nor_what_a_visitor_claims(both: Cluster) -> None:
    made = both.run("share", STUDY, "--no-passcode", "--json").json
    address, _, secret = made["url"].partition("#")
    path = f"{address.removeprefix(both.base)}/open"
    from_there = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=both.base, transport=from_there, headers={"X-Forwarded-For": "203.0.113.9"}) as visitor:
        assert visitor.post(path, json={"secret": secret}).status_code == 200
        elsewhere = visitor.post(path, json={"secret": secret}, headers={"Origin": "http://elsewhere.example"})
        same = visitor.post(path, json={"secret": secret}, headers={"Origin": both.base})
    assert (elsewhere.status_code, same.status_code) == (403, 200)
    with both.ground.engine.connect() as connection:
        subjects = [json.loads(each) for each in connection.scalars(select(audit_entries.c.subject))]
    addresses = {each["address"] for each in subjects if each.get("link") == made["link"] and "address" in each}
    assert addresses == {"127.0.0.2"}


def test_many_who_ask_at_once_get_right_answers_from_both(both: Cluster, reader: httpx.Client) -> None:
    wanted = _stored_digests()

    def ask(number: int) -> tuple[str, str]:
        each = SENT[number % len(SENT)]
        path = f"/dicom-web/studies/{STUDY}/series/{each.SeriesInstanceUID}/instances/{each.SOPInstanceUID}"
        answer = reader.get(path, headers={"Accept": "application/dicom; transfer-syntax=*"})
        assert hashlib.sha256(answer.content).hexdigest() == wanted[str(each.SOPInstanceUID)]
        return answer.headers[REPLICA], str(each.SOPInstanceUID)

    with ThreadPoolExecutor(8) as threads:
        asked = list(threads.map(ask, range(120)))
    assert len({replica for replica, _ in asked}) == 2
    both.is_sound(len(SENT))


def test_a_busy_replica_is_not_taken_for_a_dead_one(tmp_path: Path) -> None:
    with ExitStack() as closing:
        ports = [closing.enter_context(_answering()) for _ in range(2)]
        base = closing.enter_context(running_nginx(tmp_path / "nginx", ports))
        assert [httpx.get(f"{base}/busy").status_code for _ in range(4)] == [503] * 4
        answers = [httpx.get(f"{base}/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.headers[REPLICA] for answer in answers}) == 2


@contextmanager
def _answering() -> Iterator[int]:
    """The port of a server that is too busy for some of what it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if self.path == "/busy" else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_a_replica_with_another_audit_key_does_not_start(both: Cluster, tmp_path: Path) -> None:
    (tmp_path / "other.key").write_bytes(bytes(32))
    surroundings = {**both.ground.surroundings, "UNDISC_AUDIT_KEY_FILE": str(tmp_path / "other.key")}
    ran = undisc("serve", "--port", "0", data=tmp_path / "other", cwd=None, **surroundings)
    assert ran.code == 1
    assert "audit key" in ran.err
