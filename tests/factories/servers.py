"""Other people's servers for the tests: PostgreSQL from Debian's binaries, S3 from moto, a proxy that counts bytes."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

_PATIENCE = 30.0
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
}

# PostgreSQL refuses to run as root.
_UNPRIVILEGED = "postgres"


def postgres_binaries() -> Path | None:
    """The folder of the newest PostgreSQL server here, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("postgres")
    return Path(named).resolve().parent if named else None


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a server whose databases tests may make; skips where there is neither a server nor a URL."""
    given = os.environ.get("UNDISC_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed, and UNDISC_TEST_POSTGRES_URL names no server")
    if os.geteuid() == 0 and not _is_user(_UNPRIVILEGED):
        pytest.skip(f"PostgreSQL does not run as root, and there is no user {_UNPRIVILEGED}")
    # A unix socket's path must be short, and a test's own folder is closed to the server's user.
    home = Path(tempfile.mkdtemp(prefix="undisc-pg-"))
    user = _UNPRIVILEGED if os.geteuid() == 0 else None
    if user:
        shutil.chown(home, user)
    run: dict[str, object] = {"user": user, "cwd": home, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [binaries / "initdb", "-D", home / "data", "-U", "undisc", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run(initdb, check=True, **run)  # type: ignore[call-overload]
    # What the tests kill is Undisc, never the server, so that it need not wait for the disk.
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={home}", "-c", "fsync=off"]
    command = [binaries / "postgres", "-D", home / "data", *options]
    server = subprocess.Popen(command, **run)  # type: ignore[call-overload]
    url = f"postgresql+psycopg://undisc@/postgres?host={home}"
    try:
        _wait_until(lambda: _answers(url), server)
        yield url
    finally:
        server.terminate()
        server.wait(_PATIENCE)
        shutil.rmtree(home, ignore_errors=True)


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _answers(url: str) -> bool:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT 1")) == 1
    except Exception:
        return False
    finally:
        engine.dispose()


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of an empty database of its own, gone afterwards."""
    name = f"undisc_{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


@contextmanager
def running_s3() -> Iterator[str]:
    """The endpoint of an S3 server in a process of its own; skips where moto is not installed."""
    if find_spec("moto") is None or find_spec("flask") is None:
        pytest.skip("moto's S3 server is not installed")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def make_bucket(endpoint: str) -> str:
    """A new bucket's name."""
    import boto3

    name = f"undisc-{secrets.token_hex(6)}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=KEYS["AWS_REGION"],
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=name)
    return name


# Below the ports that the system hands out for calls: one of those may be taken before a server listens at it. Workers
# that test beside each other have a stretch each.
_PORTS = iter(range(10_000 + 4_000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 5), 32_000))


def free_port() -> int:
    """A port that nobody listens at, and that is not given twice."""
    for port in _PORTS:
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("", port))
            return port
    raise RuntimeError("every port has been given")


def wait_until_it_listens(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Returns when the port of this machine takes connections; raises RuntimeError where the server ends before."""
    _wait_until(lambda: _listens(port), server)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_until(ready: Callable[[], bool], server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE
    while not ready():
        if server.poll() is not None:
            raise RuntimeError(f"the server ended at once with {server.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError("the server did not answer in time")
        time.sleep(0.05)


class CountingProxy:
    """Passes a server's traffic on and counts what came down."""

    def __init__(self, endpoint: str) -> None:
        host, port = endpoint.removeprefix("http://").split(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.received = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            for source, sink, counted in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass_on, args=(source, sink, counted), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        try:
            while data := source.recv(1 << 16):
                if counted:
                    self.received += len(data)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                end.close()
