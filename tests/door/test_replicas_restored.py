"""The very commands that docs/operate gives for backup and restore bring back an archive that was in use meanwhile."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url
from tests.door.command_line import undisc
from tests.door.replicas import Replica, cluster, ground, servers
from tests.door.storing import MODEL, MULTIPART, as_bytes, multipart, picture
from tests.factories.servers import free_port, fresh_database, make_bucket, postgres_binaries

pytestmark = pytest.mark.slow

_PAGES = Path(__file__).resolve().parents[2] / "docs" / "operate"
_STUDY = str(picture(1).StudyInstanceUID)
_BEFORE = 12

# What `aws s3 sync FROM TO` does between buckets, for machines without Amazon's program.
_AWS = """#!{python}
import sys
import obstore
from obstore.store import S3Store
assert sys.argv[1:3] == ["s3", "sync"] and len(sys.argv) == 5, sys.argv
source, target = (S3Store.from_url(url, client_options={{"allow_http": True}}) for url in sys.argv[3:])
there = {{meta["path"]: meta["size"] for page in obstore.list(target) for meta in page}}
for page in obstore.list(source):
    for meta in page:
        if there.get(meta["path"]) != meta["size"]:
            obstore.put(target, meta["path"], obstore.get(source, meta["path"]).bytes())
"""


def _commands(page: str, heading: str) -> str:
    """All that a section tells to type."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", (_PAGES / page).read_text(), re.MULTILINE | re.DOTALL)
    assert section is not None
    blocks = re.findall(r"^```\w*\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)
    assert blocks
    return "".join(blocks)


def _type(commands: str, changes: Mapping[str, str], cwd: Path, **environment: str) -> str:
    """Type commands into a shell, with the places of this test for those of the page; each must succeed."""
    for said, meant in changes.items():
        commands, count = re.subn(said, meant, commands)
        assert count, f"the page does not say {said} any more"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")}
    path = f"{cwd / 'bin'}:{Path(sys.executable).parent}:{clean['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=cwd,
        env=clean | {"UNDISC_WORKERS": "1"} | environment | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, (commands, done.stdout, done.stderr)
    return done.stdout


class Sender:
    """Stores one picture after the other, and remembers what was acknowledged."""

    def __init__(self, base: str, token: str) -> None:
        self._client = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        self.acknowledged: dict[str, str] = {}
        self._count = 0
        self._stop = threading.Event()

    def send(self, study: int = 1) -> None:
        self._count += 1
        made = picture(study, 1, self._count, rows=48, columns=48)
        data = as_bytes(made)
        assert self._store(data).status_code == 200
        self.acknowledged[str(made.SOPInstanceUID)] = hashlib.sha256(data).hexdigest()

    def send_another_of_the_same_name(self) -> None:
        made = picture(1, 1, 1, rows=48, columns=48)
        made.PixelData = bytes(len(made.PixelData))
        assert self._store(as_bytes(made)).status_code == 409

    def _store(self, data: bytes) -> httpx.Response:
        return self._client.post(
            "/dicom-web/studies", content=multipart(data), headers={"Content-Type": MULTIPART, "Accept": MODEL}
        )

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Pictures of another study come in for as long as the block lasts, some before it begins."""
        failed: list[BaseException] = []

        def go_on() -> None:
            try:
                while not self._stop.is_set():
                    self.send(2)
                    begun.set()
            except BaseException as error:
                failed.append(error)
                begun.set()

        begun = threading.Event()
        thread = threading.Thread(target=go_on)
        thread.start()
        begun.wait(60)
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            self._client.close()
        assert not failed, failed


def _shows(base: str, link: Mapping[str, str]) -> bool:
    """Whether a link opens with its secret and passcode, and gives the pictures that it gave."""
    address, _, secret = link["url"].partition("#")
    path = re.sub(r"^https?://[^/]+", base, address)
    with httpx.Client(timeout=60) as browser:
        opened = browser.post(f"{path}/open", json={"secret": secret, "passcode": link["passcode"]})
        if opened.status_code != 200:
            return False
        (series,) = opened.json()["studies"][0]["series"]
        assert series["count"] == _BEFORE
        common = opened.json()["series"]["common"] | opened.json()["series"]["frames"][0]
        return browser.get(f"{path}/frames/{common['i']}/{common['n']}").status_code == 200


def _kept_digests(base: str, token: str) -> dict[str, str]:
    found: dict[str, str] = {}
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for each in client.get("/dicom-web/instances", params={"limit": 5000}).json():
            study, series, uid = (each[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018"))
            path = f"/dicom-web/studies/{study}/series/{series}/instances/{uid}"
            given = client.get(path, headers={"Accept": "application/dicom; transfer-syntax=*"})
            found[uid] = hashlib.sha256(given.content).hexdigest()
    return found


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="sqlite3 is not installed")
def test_a_folder_that_was_backed_up_while_pictures_came_in_is_restored(tmp_path: Path) -> None:
    data, backup = tmp_path / "undisc", tmp_path / "backup"
    backup.mkdir()
    places = {r"/var/lib/undisc\b": str(data), r"(?<![\w-])/backup\b": str(backup)}
    token = undisc("token", "create", "--name", "pacs", "--scope", "read,write", "--json", data=data).json["token"]
    server = Replica(free_port(), data, {"UNDISC_WORKERS": "1"})
    server.start()
    sender = Sender(server.base, token)
    for _ in range(_BEFORE):
        sender.send()
    sender.send_another_of_the_same_name()
    link = undisc("share", _STUDY, "--passcode", "auto", "--json", data=data).json
    before = dict(sender.acknowledged)
    with sender.going_on():
        _type(_commands("running.md", "Backup"), places, tmp_path)
    assert len(sender.acknowledged) > len(before)
    server.kill()
    (data / "undisc.db").write_bytes(b"the disk is broken")
    told = _type(_commands("running.md", "Restore"), places, tmp_path, UNDISC_DATA_DIR=str(data))
    assert "originals are as they were stored" in told
    assert "entries are whole and in order" in told
    assert len(list((data / "quarantine").iterdir())) == 1
    server.start()
    try:
        kept = _kept_digests(server.base, token)
        assert before.items() <= kept.items() <= sender.acknowledged.items()
        assert _shows(server.base, link)
        assert not _shows(server.base, dict(link) | {"passcode": "000000x"})
    finally:
        server.stop()


def test_a_database_and_a_bucket_that_were_backed_up_while_pictures_came_in_are_restored(tmp_path: Path) -> None:
    binaries = postgres_binaries()
    if binaries is None or not (binaries / "pg_dump").exists():
        pytest.skip("pg_dump is not installed")
    with servers() as (postgres, s3):
        backup, bucket = (f"s3://{make_bucket(s3)}/archive" for _ in range(2))
        (tmp_path / "bin").mkdir()
        (tmp_path / "somewhere-else").mkdir()
        for tool in ("pg_dump", "pg_restore", "createdb"):
            (tmp_path / "bin" / tool).symlink_to(binaries / tool)
        aws = tmp_path / "bin" / "aws"
        aws.write_text(_AWS.format(python=sys.executable))
        aws.chmod(0o755)
        with ground(postgres, s3, tmp_path / "audit.key") as shared, cluster(tmp_path, shared) as both:
            token = both.token("read", "write")
            sender = Sender(both.base, token)
            for _ in range(_BEFORE):
                sender.send()
            sender.send_another_of_the_same_name()
            link = both.run("share", _STUDY, "--passcode", "auto", "--json").json
            before = dict(sender.acknowledged)
            places = {
                r"postgresql://undisc@database/undisc": _plain(shared.database_url),
                r"s3://undisc/archive": shared.storage_url,
                r"s3://undisc-backup/archive": backup,
            }
            with sender.going_on():
                _type(_commands("growing.md", "Backup"), places, tmp_path, **dict(shared.surroundings))
            assert len(sender.acknowledged) > len(before)
        with fresh_database(postgres) as other:
            # The page makes the database itself; this one is only for its name, and to be gone in the end.
            name = make_url(other).database or ""
            subprocess.run([binaries / "dropdb", "--maintenance-db", _plain(postgres), name], check=True)
            places = {
                r"postgresql://undisc@database/undisc": _plain(other),
                r"template0 undisc\b": f"template0 --maintenance-db '{_plain(postgres)}' {name}",
                r"s3://undisc/archive": bucket,
                r"s3://undisc-backup/archive": backup,
            }
            restored = {
                **shared.surroundings,
                "UNDISC_DATABASE_URL": other,
                "UNDISC_STORAGE_URL": bucket,
                "UNDISC_AUDIT_KEY_FILE": str(tmp_path / "somewhere-else" / "audit.key"),
                "UNDISC_DATA_DIR": str(tmp_path / "restored"),
            }
            told = _type(_commands("growing.md", "Restore"), places, tmp_path, **restored)
            assert "originals are as they were stored" in told
            assert "entries are whole and in order" in told
            server = Replica(free_port(), tmp_path / "restored", restored)
            server.start()
            try:
                kept = _kept_digests(server.base, token)
                assert before.items() <= kept.items() <= sender.acknowledged.items()
                assert _shows(server.base, link)
                assert not _shows(server.base, dict(link) | {"passcode": "000000x"})
            finally:
                server.stop()


def _plain(url: str) -> str:
    """As PostgreSQL's own tools take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
