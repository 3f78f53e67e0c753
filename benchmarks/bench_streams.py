"""How much memory the server needs while studies of gigabytes stream in and out.

    python -m benchmarks.bench_streams [--quick] [--megabytes N] [--only NAME ...] [--bucket] [--folder DIR]

A study is made up as it is sent: over STOW-RS in one chunked request that tells no length, or, for one instance of a
gigabyte, by C-STORE. It comes back as WADO-RS multipart, as a link's ZIP, and by C-GET. Ten times a second the
resident memory of the server is read from /proc, and apart from it that of its decoding workers and of its DICOM
process. RssFile are pages of files that the kernel takes back when it wants to; the goal is held against the whole.

--bucket: keep the pictures in moto's S3 server, which holds all of them in its memory: choose the size accordingly.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.presentation import build_role
from tests.factories.instances import ADA, Place, image
from tests.factories.servers import KEYS, free_port, make_bucket, running_s3, wait_until_it_listens

_GOAL_MB = 400
_MB = 1_000_000
_BOUNDARY = "bench-streams"
_DIGITS = 8
_PLACEHOLDER = "1.2.826.0.1.3680043.8.498.7.1." + "1" * _DIGITS
_TITLE = "BENCH"
_MR = "1.2.840.10008.5.1.4.1.1.4"
_GET = "1.2.840.10008.5.1.4.1.2.2.3"
_EXPLICIT = "1.2.840.10008.1.2.1"


class Made:
    """A study of so many instances of one size, each made when it is asked for. They differ in UID and pixels."""

    def __init__(self, study: int, count: int, rows: int, columns: int, frames: int) -> None:
        self.count = count
        made = image(ADA, Place(study), rows=8, columns=8)
        made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = UID(_PLACEHOLDER)
        made.StudyDescription = "Streams"
        made.Rows, made.Columns = rows, columns
        if frames > 1:
            made.NumberOfFrames = frames
        del made.PixelData
        out = BytesIO()
        made.save_as(out, enforce_file_format=True)
        self._head = out.getvalue()
        self._length = rows * columns * frames * 2
        self._noise = np.random.default_rng(1).integers(0, 4096, 1 << 20, dtype="<u2").tobytes()
        self.study_uid, self.series_uid = str(made.StudyInstanceUID), str(made.SeriesInstanceUID)
        self.bytes = count * (len(self._head) + 12 + self._length)

    def instance(self, number: int) -> Iterator[bytes]:
        """Pixel Data are the last element, explicit little endian (PS3.5 7.1.2)."""
        uid = f"{number + 2:0{_DIGITS}d}".encode()
        head = self._head.replace(_PLACEHOLDER.encode(), _PLACEHOLDER.encode()[:-_DIGITS] + b"2" + uid[1:])
        yield head + b"\xe0\x7f\x10\x00OW\0\0" + self._length.to_bytes(4, "little") + uid
        left = self._length - len(uid)
        while left > 0:
            yield self._noise[: min(left, len(self._noise))]
            left -= len(self._noise)

    def multipart(self) -> Iterator[bytes]:
        for number in range(self.count):
            yield f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
            yield from self.instance(number)
            yield b"\r\n"
        yield f"--{_BOUNDARY}--\r\n".encode()


@dataclass
class Peak:
    """Megabytes: resident in all, and how much of that were pages of files at that moment."""

    resident: float = 0.0
    of_files: float = 0.0

    def look(self, pid: int) -> None:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        said = {
            line.partition(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith(("Vm", "Rss"))
        }
        resident = int(said.get("VmRSS", 0)) * 1024 / _MB
        if resident > self.resident:
            self.resident, self.of_files = resident, int(said["RssFile"]) * 1024 / _MB


def _megabytes(status: str, name: str) -> float:
    line = next((line for line in status.splitlines() if line.startswith(f"{name}:")), f"{name}: 0 kB")
    return int(line.split()[1]) * 1024 / _MB


@dataclass
class Watch:
    """Looks at a server and its processes ten times a second while the block lasts."""

    pid: int
    server: Peak = field(default_factory=Peak)
    worker: Peak = field(default_factory=Peak)
    dicom: Peak = field(default_factory=Peak)
    seconds: float = 0.0

    def __enter__(self) -> "Watch":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._begun = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._begun
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        over = False
        while not over:
            over = self._over.wait(0.1)
            self.server.look(self.pid)
            for child in _below(self.pid):
                try:
                    command = Path(f"/proc/{child}/cmdline").read_bytes()
                except OSError:
                    continue
                (self.dicom if b"serve-dicom" in command else self.worker).look(child)


def _below(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from _below(child)


@dataclass
class Server:
    port: int
    dicom_port: int
    token: str
    process: "subprocess.Popen[bytes]"
    run: Callable[..., Any]


@contextmanager
def _serving(folder: Path, settings: dict[str, str]) -> Iterator[Server]:
    environment = os.environ | settings | {"UNDISC_DATA_DIR": str(folder / "data")}

    def run(*arguments: str) -> Any:
        command = [sys.executable, "-m", "undisc", *arguments, "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)

    token = run("token", "create", "--name", "bench", "--scope", "read,write")["token"]
    port, dicom_port = free_port(), free_port()
    peer = [sys.executable, "-m", "undisc", "peers", "add", "bench", f"{_TITLE}@127.0.0.1:{free_port()}"]
    subprocess.run(peer, check=True, capture_output=True, env=environment)
    command = [sys.executable, "-m", "undisc", "serve", "--port", str(port), "--dicom-port", str(dicom_port)]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        wait_until_it_listens(port, process)
        wait_until_it_listens(dicom_port, process)
        yield Server(port, dicom_port, token, process, run)
    finally:
        processes = [process.pid, *_below(process.pid)]
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        # The folder can be removed when those below are gone as well.
        while any(Path(f"/proc/{pid}").exists() for pid in processes[1:]):
            time.sleep(0.1)


def _ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, int, bytes]:
    """Status, bytes of the answer, and its beginning. A body that is iterated over is sent in chunks."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=600)
    chunked = body is not None and not isinstance(body, bytes)
    given = headers | ({"Transfer-Encoding": "chunked"} if chunked else {})
    connection.request(method, path, body=body, headers=given, encode_chunked=chunked)
    answer = connection.getresponse()
    beginning, size = b"", 0
    while chunk := answer.read(1 << 20):
        beginning = beginning or chunk
        size += len(chunk)
    connection.close()
    return answer.status, size, beginning


def _expect(happened: bool, what: str) -> None:
    if not happened:
        raise SystemExit(f"bench_streams: {what}")


def _over_the_web(server: Server, shape: str, made: Made) -> None:
    bearer = {"Authorization": f"Bearer {server.token}"}
    kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'
    with Watch(server.process.pid) as watch:
        status, _, _ = _ask(server, "POST", "/dicom-web/studies", made.multipart(), **bearer, **{"Content-Type": kind})
    _expect(status == 200, f"storing was answered by {status}")
    _tell(shape, "STOW-RS in", made.bytes, watch)
    with Watch(server.process.pid) as watch:
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        status, size, _ = _ask(server, "GET", f"/dicom-web/studies/{made.study_uid}", **bearer, Accept=accept)
    _expect(status == 200 and size >= made.bytes, f"retrieving was answered by {status} with {size} bytes")
    _tell(shape, "WADO-RS out", size, watch)
    link = server.run("share", made.study_uid, "--no-passcode")
    path = f"/s/{link['link']}"
    secret = link["url"].partition("#")[2]
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=600)) as connection:
        connection.request("POST", f"{path}/open", json.dumps({"secret": secret}), {"Content-Type": "application/json"})
        opened = connection.getresponse()
        _expect(opened.status == 200, f"the link was answered by {opened.status}")
        cookie = (opened.getheader("Set-Cookie") or "").partition(";")[0]
    with Watch(server.process.pid) as watch:
        status, size, _ = _ask(server, "GET", f"{path}/download", Cookie=cookie)
    _expect(status == 200 and size >= made.bytes, f"the download was answered by {status} with {size} bytes")
    _tell(shape, "ZIP out", size, watch)


def _over_dicom(server: Server, folder: Path, made: Made) -> None:
    """One instance in and out. What this side of the network needs is not measured."""
    _config.STORE_SEND_CHUNKED_DATASET = _config.STORE_RECV_CHUNKED_DATASET = True
    path = folder / "large.dcm"
    with path.open("wb") as file:
        file.writelines(made.instance(0))
    entity = AE(_TITLE)
    entity.add_requested_context(_MR, _EXPLICIT)
    entity.add_requested_context(_GET)
    entity.maximum_pdu_size, entity.dimse_timeout, entity.network_timeout = 0, 900, 900
    came: list[int] = []

    def take(event: Any) -> int:
        came.append(event.dataset_path.stat().st_size)
        return 0

    role = build_role(_MR, scp_role=True, scu_role=True)
    handlers: list[Any] = [(evt.EVT_C_STORE, take)]
    for name in ("C-STORE in", "C-GET out"):
        calling = entity.associate(
            "127.0.0.1", server.dicom_port, ae_title="UNDISC", ext_neg=[role], evt_handlers=handlers, max_pdu=0
        )
        _expect(calling.is_established, "the DICOM port let nobody in")
        with Watch(server.process.pid) as watch:
            if name == "C-STORE in":
                status = calling.send_c_store(path).Status
            else:
                identifier = Dataset()
                identifier.QueryRetrieveLevel, identifier.StudyInstanceUID = "STUDY", made.study_uid
                status = [status.Status for status, _ in calling.send_c_get(identifier, _GET)][-1]
        calling.release()
        _expect(status == 0, f"{name} ended with {status:04X}")
        _tell("1 instance", name, made.bytes, watch)
    _expect(len(came) == 1 and came[0] >= made.bytes - 1000, "what came by C-GET is not what was sent")


def _tell(shape: str, what: str, size: int, watch: Watch) -> None:
    def said(peak: Peak) -> str:
        return f"{peak.resident:.0f} ({peak.of_files:.0f})" if peak.resident else ""

    rate = size / _MB / watch.seconds
    peaks = (said(watch.server), said(watch.worker), said(watch.dicom))
    cells = (shape, what, f"{size / _MB:,.0f}", f"{rate:.0f}", *peaks)
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few dozen megabytes of each")
    parser.add_argument("--megabytes", type=int, default=5000, help="how large a study is")
    parser.add_argument("--only", nargs="*", choices=["slices", "loops", "dicom"], help="these alone")
    parser.add_argument("--bucket", action="store_true", help="keep the pictures in moto's S3 server")
    parser.add_argument("--folder", type=Path, help="where to work; the system's temporary folder when not given")
    given = parser.parse_args()
    total = 40 if given.quick else given.megabytes
    frames = 8 if given.quick else 256
    one = min(total, 1100)
    shapes = {
        "slices": Made(1, max(total * _MB // (512 * 512 * 2), 1), 512, 512, 1),
        "loops": Made(2, max(total * _MB // (512 * 512 * 2 * frames), 1), 512, 512, frames),
        "dicom": Made(3, 1, 512, 512, one * _MB // (512 * 512 * 2)),
    }
    print(f"streams: peak resident MB, of it pages of files in brackets; goal for the server: under {_GOAL_MB}")
    print("| instances | stream | MB | MB/s | server | largest worker | DICOM process |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name, made in shapes.items():
        if given.only and name not in given.only:
            continue
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=given.folder)))
            settings: dict[str, str] = {}
            if given.bucket:
                endpoint = stack.enter_context(running_s3())
                settings = {
                    **KEYS,
                    "AWS_ENDPOINT_URL": endpoint,
                    "UNDISC_STORAGE_URL": f"s3://{make_bucket(endpoint)}/a",
                }
            server = stack.enter_context(_serving(folder, settings))
            if name == "dicom":
                _over_dicom(server, folder, made)
            else:
                _over_the_web(server, f"{made.count:,} × {made.bytes / made.count / _MB:.1f} MB", made)


if __name__ == "__main__":
    main()
