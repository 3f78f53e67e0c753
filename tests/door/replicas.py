"""Replicas of `undisc serve`, each a process of its own, behind nginx, on one PostgreSQL and one bucket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import obstore
from obstore.store import S3Store
from sqlalchemy import Engine, create_engine, func, select
from tests.door.command_line import Ran, undisc
from tests.factories.nginx import REPLICA, running_nginx
from tests.factories.servers import (
    KEYS,
    free_port,
    fresh_database,
    make_bucket,
    running_postgres,
    running_s3,
    wait_until_it_listens,
)

from undisc.db.tables import instances


@dataclass(frozen=True)
class Ground:
    """What replicas share. surroundings: how a process is told of it."""

    database_url: str
    storage_url: str
    surroundings: Mapping[str, str]
    engine: Engine

    def bucket(self) -> S3Store:
        return S3Store.from_url(
            self.storage_url,
            config={
                "endpoint": self.surroundings["AWS_ENDPOINT_URL"],
                "region": KEYS["AWS_REGION"],
                "access_key_id": KEYS["AWS_ACCESS_KEY_ID"],
                "secret_access_key": KEYS["AWS_SECRET_ACCESS_KEY"],
            },
            client_options={"allow_http": True},
        )

    def keys(self, prefix: str) -> list[str]:
        return sorted(meta["path"] for page in obstore.list(self.bucket(), prefix) for meta in page)

    def mirror(self, folder: Path, *prefixes: str) -> None:
        """Bring what lies in the bucket below these prefixes into a folder, which holds nothing else of them then."""
        store = self.bucket()
        found = {folder / key: key for prefix in prefixes for key in self.keys(prefix)}
        for prefix in prefixes:
            for path in list((folder / prefix).rglob("*")):
                if path.is_file() and path not in found:
                    path.unlink()
        for path, key in found.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(obstore.get(store, key).bytes())


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """A PostgreSQL and an S3 server, for any number of grounds."""
    with running_postgres() as postgres, running_s3() as s3:
        yield postgres, s3


@contextmanager
def ground(postgres: str, s3: str, key_file: Path) -> Iterator[Ground]:
    """An empty database, an empty bucket, and an audit key."""
    with fresh_database(postgres) as url:
        storage = f"s3://{make_bucket(s3)}/some/prefix"
        if not key_file.exists():
            key_file.write_bytes(os.urandom(32))
        surroundings = {
            **KEYS,
            "AWS_ENDPOINT_URL": s3,
            "UNDISC_DATABASE_URL": url,
            "UNDISC_STORAGE_URL": storage,
            "UNDISC_AUDIT_KEY_FILE": str(key_file),
            "UNDISC_WORKERS": "1",
        }
        engine = create_engine(url)
        try:
            yield Ground(url, storage, surroundings, engine)
        finally:
            engine.dispose()


@dataclass
class Replica:
    """One process; it can be killed and started again, on the same port and data folder."""

    port: int
    data: Path
    settings: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "undisc", "serve", "--port", str(self.port), "--data-dir", str(self.data)]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")}
        with self.data.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=clean | dict(self.settings))
        wait_until_it_listens(self.port, self.process)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def staged(self) -> list[Path]:
        """What waits on the replica's own disk before it is kept, journals aside."""
        waiting = (self.data / "scratch" / "incoming").rglob("*")
        return [path for path in waiting if path.is_file() and path.name != "journal"]

    def is_sending(self) -> bool:
        """Whether bytes wait on one of its connections until whoever asked for them takes more."""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, _, state, queues, *_ = line.split()
            sent, _, _ = queues.partition(":")
            if state == "01" and int(local.rpartition(":")[2], 16) == self.port and int(sent, 16):
                return True
        return False


@dataclass
class Cluster:
    """Replicas behind nginx at `base`, and a desk from which commands are given, on a data folder of its own."""

    base: str
    ground: Ground
    replicas: list[Replica]
    desk: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def run(self, *arguments: object) -> Ran:
        return undisc(*arguments, data=self.desk, cwd=None, **self.ground.surroundings, UNDISC_PUBLIC_URL=self.base)

    def token(self, *scopes: str) -> str:
        name = f"system{time.monotonic_ns()}"
        return self.run("token", "create", "--name", name, "--scope", ",".join(scopes), "--json").json["token"]

    def client(self, bearer: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self.clients.append(httpx.Client(base_url=self.base, headers=headers, timeout=60))
        return self.clients[-1]

    def kept(self) -> int:
        """How many pictures have their row."""
        with self.ground.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(instances)) or 0

    def which(self, response: httpx.Response) -> Replica:
        """Who answered; where one was down, nginx names it before the one that did."""
        port = int(response.headers[REPLICA].rpartition(":")[2])
        return next(replica for replica in self.replicas if replica.port == port)

    def is_sound(self, instances: int) -> None:
        """Every picture has its row and its bytes, and nothing more is there; the trail is one unbroken chain."""
        verified = self.run("verify", "--json")
        assert (verified.code, verified.json["instances"]) == (0, instances), verified.said
        assert len(self.ground.keys("studies/")) == instances
        trail = self.run("audit", "verify")
        assert trail.code == 0, trail.said


@contextmanager
def cluster(folder: Path, ground: Ground, replicas: int = 2) -> Iterator[Cluster]:
    with ExitStack() as closing:
        ports = [free_port() for _ in range(replicas)]
        base = closing.enter_context(running_nginx(folder / "nginx", ports))
        settings = {**ground.surroundings, "UNDISC_PUBLIC_URL": base, "UNDISC_BEHIND_PROXY": "true"}
        made = [Replica(port, folder / f"replica{number}", settings) for number, port in enumerate(ports, 1)]
        for replica in made:
            closing.callback(replica.stop)
            replica.start()
        running = Cluster(base, ground, made, folder / "desk")
        yield running
        for client in running.clients:
            client.close()
