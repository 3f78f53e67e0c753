"""One client for both servers: plain HTTP connections in processes of their own, and one DICOM sender."""

import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

from benchmarks.peers_servers import Server


@dataclass(frozen=True)
class Ask:
    """One request. body: parts for a STOW request, as files."""

    method: str
    path: str
    accept: str
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Answers:
    seconds: float
    count: int
    size: int
    p50: float
    p99: float


_BOUNDARY = "undisc-bench-boundary"


def ask(server: Server, asks: Sequence[Ask], connections: int) -> Answers:
    """Send all requests over so many connections at once; every answer is read whole."""
    shares = [list(asks[number::connections]) for number in range(connections)]
    with multiprocessing.get_context("fork").Pool(connections) as pool:
        begun = time.perf_counter()
        results = pool.starmap(_share, [(server, share) for share in shares], chunksize=1)
        seconds = time.perf_counter() - begun
    waits = sorted(wait for _, found in results for wait in found)
    size = sum(total for total, _ in results)
    return Answers(seconds, len(waits), size, statistics.median(waits), waits[int(len(waits) * 0.99)])


def _share(server: Server, asks: list[Ask]) -> tuple[int, list[float]]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=300)
    size, waits = 0, []
    # One buffer for everything: a client that makes a new one for each piece is slower than either server.
    buffer = bytearray(1 << 18)
    for each in asks:
        body, headers = _body(each)
        begun = time.perf_counter()
        connection.request(each.method, each.path, body, {"Accept": each.accept, **headers, **server.headers})
        answer = connection.getresponse()
        while count := answer.readinto(buffer):
            size += count
        waits.append(time.perf_counter() - begun)
        if answer.status != 200:
            raise RuntimeError(f"{server.name} answered {answer.status} to {each.method} {each.path}")
    connection.close()
    return size, waits


def _body(each: Ask) -> tuple[bytes | None, dict[str, str]]:
    if not each.files:
        return None, {}
    parts = [
        b"--%b\r\nContent-Type: application/dicom\r\n\r\n%b\r\n" % (_BOUNDARY.encode(), file.read_bytes())
        for file in each.files
    ]
    body = b"".join(parts) + b"--%b--\r\n" % _BOUNDARY.encode()
    return body, {"Content-Type": f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'}


def store(server: Server, files: Sequence[Path]) -> float:
    """Send files by C-STORE over one association; seconds from the first request to the last answer."""
    from pydicom import dcmread
    from pynetdicom import AE

    entity = AE(ae_title="BENCH")
    datasets = [dcmread(BytesIO(file.read_bytes())) for file in files]
    for sop_class in {str(dataset.SOPClassUID) for dataset in datasets}:
        entity.add_requested_context(sop_class, "1.2.840.10008.1.2.1")
    association = entity.associate("127.0.0.1", server.dicom_port, ae_title=server.title)
    if not association.is_established:
        raise RuntimeError(f"{server.name} refused the association")
    begun = time.perf_counter()
    for dataset in datasets:
        status = association.send_c_store(dataset)
        if not status or status.Status != 0:
            raise RuntimeError(f"{server.name} did not store an instance")
    seconds = time.perf_counter() - begun
    association.release()
    return seconds
