"""The two servers that are compared, each fresh, on this machine, with its data in a folder of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

_ORTHANC_PLUGINS = ("/usr/share/orthanc/plugins/libOrthancDicomWeb.so", "/usr/lib/orthanc/libOrthancDicomWeb.so")


@dataclass(frozen=True)
class Server:
    """Where a server answers. headers: what every request to it carries."""

    name: str
    port: int
    web: str
    headers: dict[str, str]
    dicom_port: int
    title: str


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def orthanc(folder: Path) -> Iterator[Server]:
    """Orthanc with its DICOMweb plug-in, as Debian ships them; its own settings but for ports and access."""
    program = shutil.which("Orthanc")
    plugin = next((path for path in _ORTHANC_PLUGINS if Path(path).exists()), None)
    if program is None or plugin is None:
        raise SystemExit("Orthanc and its DICOMweb plug-in are not installed (orthanc, orthanc-dicomweb).")
    folder.mkdir()
    server = Server("Orthanc", free_port(), "/dicom-web", {}, free_port(), "ORTHANC")
    settings = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": server.port,
        "DicomPort": server.dicom_port,
        "DicomAet": server.title,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomCheckCalledAet": False,
        "Plugins": [plugin],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    command = [program, str(folder / "orthanc.json")]
    yield from _running(command, server, "/system", folder)


@contextmanager
def undisc(folder: Path) -> Iterator[Server]:
    """This project's own server with its defaults, its DICOM door open, and a token that may read and write."""
    folder.mkdir()
    data = folder / "data"
    made = _undisc("token", "create", "--name", "bench", "--scope", "read,write", "--json", data=data)
    headers = {"Authorization": f"Bearer {json.loads(made)['token']}"}
    server = Server("Undisc", free_port(), "/dicom-web", headers, free_port(), "UNDISC")
    _undisc("peers", "add", "BENCH", f"BENCH@127.0.0.1:{free_port()}", data=data)
    command = [sys.executable, "-m", "undisc", "serve", "--port", str(server.port), "--data-dir", str(data)]
    command += ["--dicom-port", str(server.dicom_port), "--ae-title", server.title]
    yield from _running(command, server, "/healthz", folder)


def _undisc(*arguments: str, data: Path) -> str:
    command = [sys.executable, "-m", "undisc", *arguments, "--data-dir", str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _running(command: list[str], server: Server, alive: str, folder: Path) -> Iterator[Server]:
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
    try:
        _wait(server, alive)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(server: Server, path: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                # Both have two doors, and not all open at the same moment.
                socket.create_connection(("127.0.0.1", server.dicom_port), timeout=5).close()
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{server.name} did not start")
