"""Undisc and Orthanc side by side on the same work, as ratios.

    python -m benchmarks.peers [--quick] [--only frames,whole]

Both are filled with the same generated 512×512 CT (1,000 instances, about 527 MB) and a 120-instance MR, and asked by
the same client on this machine, in turn; each figure is the median of three rounds.
"""

import argparse
import json
import shutil
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

_STOW = "STOW-RS ingest, instances/s"
_C_STORE = "C-STORE ingest, instances/s"
_METADATA = "series metadata, first ask, ms"
_METADATA_GZIP = "series metadata, KB, gzip asked for"
_METADATA_PLAIN = "series metadata, KB, no gzip"
_FRAMES = "frames, 8 connections, requests/s"
_FRAMES_P99 = "frames, 8 connections, p99 ms"
_WHOLE = "whole series, MB/s"
_QIDO = "QIDO of all instances, ms"
_RENDERED = "rendered, requests/s"
_GZIP_TO_PLAIN = "metadata, our gzip to their plain"
_GOALS = {
    _STOW: ">= 1.5",
    _C_STORE: ">= 3",
    _METADATA: "<= 0.05",
    _METADATA_GZIP: "",
    _METADATA_PLAIN: "",
    _FRAMES: ">= 1.5",
    _FRAMES_P99: "< 1",
    _WHOLE: ">= 2",
    _QIDO: "<= 0.067",
    _RENDERED: ">= 1",
}


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
    parser.add_argument("--only", default="", help="words that name the rows that are wanted, with commas between")
    chosen = parser.parse_args()
    slices, rounds = (40, 1) if chosen.quick else (1000, 3)
    only = tuple(word.strip() for word in chosen.only.split(",") if word.strip())
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        load = _load(work, slices)
        found: dict[str, dict[str, list[float]]] = {}
        for number in range(rounds):
            for start in (undisc, orthanc):
                folder = work / f"{start.__name__}{number}"
                _round(start, folder, load, found, only)
                # Its pages would take the memory that the next round's files are read from.
                shutil.rmtree(folder, ignore_errors=True)
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


def _round(
    start: Callable, folder: Path, load: Load, found: dict[str, dict[str, list[float]]], only: tuple[str, ...]
) -> None:
    """only: words of the rows that are wanted; all of them where there is none. Storing comes first in any case."""
    with ExitStack() as closing:
        server: Server = closing.enter_context(start(folder))

        def wanted(what: str) -> bool:
            return not only or any(word in what for word in only)

        def note(what: str, value: float) -> None:
            if wanted(what):
                found.setdefault(what, {}).setdefault(server.name, []).append(value)

        groups = [tuple(load.ct[at : at + 25]) for at in range(0, len(load.ct), 25)]
        stowed = ask(server, [Ask("POST", "/dicom-web/studies", _JSON, group) for group in groups], 4)
        note(_STOW, len(load.ct) / stowed.seconds)
        if wanted(_C_STORE):
            note(_C_STORE, len(load.mr) / store(server, load.mr))
        if not any(wanted(what) for what in _GOALS if what not in (_STOW, _C_STORE)):
            return
        _settle(server)
        if wanted("series metadata"):
            packed = _one(server, Ask("GET", f"{load.base}/metadata", _JSON), "gzip")
            note(_METADATA, packed.seconds * 1e3)
            note(_METADATA_GZIP, packed.size / 1e3)
            # Some servers compress only where they are told to; this is what travels where nobody asks for it.
            plain = _one(server, Ask("GET", f"{load.base}/metadata", _JSON), "identity")
            note(_METADATA_PLAIN, plain.size / 1e3)
        if wanted("frames"):
            asks = [Ask("GET", f"{load.base}/instances/{uid}/frames/1", _OCTETS) for uid in load.instances]
            got = ask(server, asks, 8)
            note(_FRAMES, got.count / got.seconds)
            note(_FRAMES_P99, got.p99 * 1e3)
        if wanted(_WHOLE):
            # Three times: one takes a quarter of a second, in which anything may come between.
            got = [ask(server, [Ask("GET", load.base, _DICOM)], 1) for _ in range(3)]
            note(_WHOLE, statistics.median(each.size / 1e6 / each.seconds for each in got))
        if wanted(_QIDO):
            query = f"{load.base}/instances?limit={len(load.ct)}"
            asked = [_one(server, Ask("GET", query, _JSON), "identity").seconds for _ in range(3)]
            note(_QIDO, statistics.median(asked) * 1e3)
        if wanted(_RENDERED):
            uids = load.instances[:200]
            drawn = ask(server, [Ask("GET", f"{load.base}/instances/{uid}/rendered", "image/jpeg") for uid in uids], 8)
            note(_RENDERED, drawn.count / drawn.seconds)


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


def _print(found: dict[str, dict[str, list[float]]], slices: int, rounds: int) -> None:
    print(f"peers: {slices} instances, {rounds} rounds, medians")
    print(f"  {'work':<36} {'Undisc':>10} {'Orthanc':>10} {'ratio':>8}  goal")
    for what, sides in found.items():
        ours, theirs = (statistics.median(sides[name]) for name in ("Undisc", "Orthanc"))
        print(f"  {what:<36} {ours:>10.1f} {theirs:>10.1f} {ours / theirs:>8.3f}  {_GOALS[what]}")
    if _METADATA_GZIP in found:
        ours = statistics.median(found[_METADATA_GZIP]["Undisc"])
        theirs = statistics.median(found[_METADATA_PLAIN]["Orthanc"])
        print(f"  {_GZIP_TO_PLAIN:<36} {ours:>10.1f} {theirs:>10.1f} {ours / theirs:>8.3f}  <= 0.05")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
