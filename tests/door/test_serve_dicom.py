"""`undisc serve --dicom-port` keeps the DICOM door in a process of its own: started, restarted and ended with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.door.command_line import undisc
from tests.door.dicom_door import EXPLICIT, IMPLICIT, TESTER, UNDISC, VERIFICATION, free_port, send
from tests.factories.instances import ADA, image

from undisc.delivery.associating import associated
from undisc.delivery.model import Identity, Peer, PeerUnreachable

MR = "1.2.840.10008.5.1.4.1.1.4"
_WITHIN = 30.0


@contextmanager
def _started(*arguments: object, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UNDISC_")}
    with log.open("wb") as out:
        command = [sys.executable, "-m", "undisc", *(str(each) for each in arguments)]
        running = subprocess.Popen(command, stdout=out, stderr=out, env=clean | {"UNDISC_WORKERS": "1"})
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
        running.wait(_WITHIN)


def _echoes(port: int, title: str = UNDISC) -> bool:
    try:
        peer = Peer("undisc", title, "127.0.0.1", port)
        with associated(peer, Identity(TESTER), [(VERIFICATION, (IMPLICIT,))]) as assoc:
            return assoc.send_c_echo().get("Status") == 0
    except PeerUnreachable:
        return False


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _WITHIN
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)


def _child_of(process: "subprocess.Popen[bytes]") -> int:
    """The DICOM door's process, found by its command line."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == process.pid and b"serve-dicom" in words:
            return int(entry.name)
    raise AssertionError("there is no such process")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert undisc("peers", "add", "tester", f"{TESTER}@127.0.0.1:104", data=folder).code == 0
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked up in /proc")
def test_the_door_is_started_restarted_and_ended_with_the_server(data: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    serve = ("serve", "--port", free_port(), "--dicom-port", port, "--ae-title", "OURS", "--data-dir", data)
    with _started(*serve, log=log) as running:
        _wait_until(lambda: _echoes(port, "OURS"))
        assert not _echoes(port, "THEIRS")
        first = _child_of(running)
        os.kill(first, signal.SIGKILL)
        _wait_until(lambda: _echoes(port, "OURS"))
        assert _child_of(running) != first
        peer = Peer("undisc", "OURS", "127.0.0.1", port)
        with associated(peer, Identity(TESTER), [(MR, (EXPLICIT,))]) as assoc:
            assert send(assoc, image()) == 0
        running.kill()
        running.wait()
        _wait_until(lambda: not _echoes(port, "OURS"))
    assert ADA.name not in log.read_text()
    assert undisc("studies", "--json", data=data).json[0]["instances"] == 1


def test_the_door_alone_serves_and_ends_in_order(data: Path, tmp_path: Path) -> None:
    port = free_port()
    with _started("serve-dicom", "--dicom-port", port, "--data-dir", data, log=tmp_path / "log") as running:
        _wait_until(lambda: _echoes(port))
        running.terminate()
        assert running.wait(_WITHIN) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_port_that_is_taken_is_said_plainly(data: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = undisc("serve-dicom", "--dicom-port", taken.getsockname()[1], data=data)
    assert ran.code == 1
    assert "cannot listen" in ran.err
