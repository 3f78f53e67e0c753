"""Undisc and Orthanc side by side on the same work, as ratios.

    python -m benchmarks.peers [--quick]

Both are filled with the same generated 512×512 CT (1,000 instances, about 527 MB) and a 120-instance MR, and asked by
the same client on this machine, in turn; each figure is the median of three rounds.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from pydicom import dcmread
from tests.factories.instances import BERT, Place, image
from tests.factories.series import write_ct_series

from benchmarks.peers_client import Answers, Ask, ask, store
from benchmarks.peers_servers import Server, orthanc, undisc

_DICOM = 'multipart/related; type="application/dicom"'
_OCTETS = 'multipart/related; type="application/octet-stream"'
_JSON = "application/dicom+json"


@dataclass(frozen=True)
class Load:
    """What both servers are given."""

    ct: list[Path]
    mr: list[Path]
    study: str
    series: str
    instances: list[str]

    @property
    def base(self) -> str:
        return f"/dicom-web/studies/{self.study}/series/{self.series}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round on 40 instances")
    quick = parser.parse_args().quick
    slices, rounds = (40, 1) if quick else (1000, 3)
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        load = _load(work, slices)
        found: dict[str, dict[str, list[float]]] = {}
        for number in range(rounds):
            for start in (undisc, orthanc):
                _round(start, work / f"{start.__name__}{number}", load, found)
    _print(found, slices, rounds)


def _load(work: Path, slices: int) -> Load:
    ct = write_ct_series(work / "ct", slices=slices)
    headers = [dcmread(path, stop_before_pixels=True) for path in ct]
    (work / "mr").mkdir()
    mr = []
    for number in range(1, min(slices, 120) + 1):
        path = work / "mr" / f"IM{number:06d}"
        image(BERT, Place(1, 1, number, 120), rows=256, columns=256).save_as(path, enforce_file_format=True)
        mr.append(path)
    uids = [str(header.SOPInstanceUID) for header in headers]
    return Load(ct, mr, str(headers[0].StudyInstanceUID), str(headers[0].SeriesInstanceUID), uids)


def _round(start: Callable, folder: Path, load: Load, found: dict[str, dict[str, list[float]]]) -> None:
    with ExitStack() as closing:
        server: Server = closing.enter_context(start(folder))

        def note(what: str, value: float) -> None:
            found.setdefault(what, {}).setdefault(server.name, []).append(value)

        groups = [tuple(load.ct[at : at + 25]) for at in range(0, len(load.ct), 25)]
        stowed = ask(server, [Ask("POST", "/dicom-web/studies", _JSON, group) for group in groups], 4)
        note("STOW-RS ingest, instances/s", len(load.ct) / stowed.seconds)
        note("C-STORE ingest, instances/s", len(load.mr) / store(server, load.mr))
        _settle(server)
        first = _one(server, Ask("GET", f"{load.base}/metadata", _JSON), "gzip")
        note("series metadata, first ask, ms", first.seconds * 1e3)
        note("series metadata, KB on the wire", first.size / 1e3)
        frames = [Ask("GET", f"{load.base}/instances/{uid}/frames/1", _OCTETS) for uid in load.instances]
        got = ask(server, frames, 8)
        note("frames, 8 connections, requests/s", got.count / got.seconds)
        note("frames, 8 connections, p99 ms", got.p99 * 1e3)
        whole = ask(server, [Ask("GET", load.base, _DICOM)], 1)
        note("whole series, MB/s", whole.size / 1e6 / whole.seconds)
        query = f"{load.base}/instances?limit={len(load.ct)}"
        asked = [_one(server, Ask("GET", query, _JSON), "identity").seconds for _ in range(3)]
        note("QIDO of all instances, ms", statistics.median(asked) * 1e3)
        pictures = [Ask("GET", f"{load.base}/instances/{uid}/rendered", "image/jpeg") for uid in load.instances[:200]]
        drawn = ask(server, pictures, 8)
        note("rendered, requests/s", drawn.count / drawn.seconds)


def _settle(server: Server) -> None:
    """Let both finish what they do behind the door: until the machine's own load no longer falls."""
    before = Path("/proc/stat").read_text().split()[1:8]
    for _ in range(120):
        time.sleep(1)
        after = Path("/proc/stat").read_text().split()[1:8]
        busy = sum(int(b) - int(a) for index, (a, b) in enumerate(zip(before, after, strict=True)) if index != 3)
        if busy < 40:  # hundredths of a second of the two cores' time, in the last second
            return
        before = after


def _one(server: Server, each: Ask, encoding: str) -> Answers:
    """One request whose bytes are counted as they travel."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=300)
    begun = time.perf_counter()
    headers = {"Accept": each.accept, "Accept-Encoding": encoding, **server.headers}
    connection.request(each.method, each.path, headers=headers)
    answer = connection.getresponse()
    size = len(answer.read())
    seconds = time.perf_counter() - begun
    if answer.status != 200:
        raise RuntimeError(f"{server.name} answered {answer.status} to {each.path}")
    return Answers(seconds, 1, size, seconds, seconds)


_GOALS = {
    "STOW-RS ingest, instances/s": ">= 1.5",
    "C-STORE ingest, instances/s": ">= 3",
    "series metadata, first ask, ms": "<= 0.05",
    "series metadata, KB on the wire": "<= 0.05",
    "frames, 8 connections, requests/s": ">= 1.5",
    "frames, 8 connections, p99 ms": "< 1",
    "whole series, MB/s": ">= 2",
    "QIDO of all instances, ms": "<= 0.067",
    "rendered, requests/s": ">= 1",
}


def _print(found: dict[str, dict[str, list[float]]], slices: int, rounds: int) -> None:
    print(f"peers: {slices} instances, {rounds} rounds, medians")
    print(f"  {'work':<36} {'Undisc':>10} {'Orthanc':>10} {'ratio':>8}  goal")
    for what, sides in found.items():
        ours, theirs = (statistics.median(sides[name]) for name in ("Undisc", "Orthanc"))
        print(f"  {what:<36} {ours:>10.1f} {theirs:>10.1f} {ours / theirs:>8.3f}  {_GOALS[what]}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
