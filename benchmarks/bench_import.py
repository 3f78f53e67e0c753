"""How long an import takes beside a plain copy of the same folder, and how much memory it needs.

    python -m benchmarks.bench_import [--quick] [--folder DIR]

Both work on the same generated 1,000-slice 512×512 CT (about 527 MB), in turn, on the same disk: `cp -r` and `sync`
against `undisc import` from its start to its end, when every picture is kept, synced and ready to be looked at.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.factories.series import write_ct_series


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round on 60 slices")
    parser.add_argument("--folder", type=Path, help="where to work; the system's temporary folder when not given")
    given = parser.parse_args()
    slices, rounds = (60, 1) if given.quick else (1000, 5)
    with tempfile.TemporaryDirectory(dir=given.folder) as made:
        work = Path(made)
        write_ct_series(work / "series", slices=slices)
        size = sum(path.stat().st_size for path in (work / "series").iterdir())
        print(f"import: {slices} slices, {size / 1e6:.0f} MB, {rounds} rounds, {os.cpu_count()} cores")
        ratios, imports, memory = [], [], []
        for _ in range(rounds):
            copied = _copy(work)
            imported, peak = _import(work)
            ratios.append(imported / copied)
            imports.append(imported)
            memory.append(peak)
            print(f"  cp -r + sync {copied:6.2f} s   undisc import {imported:6.2f} s   ratio {imported / copied:5.2f}")
        print(f"  median ratio {statistics.median(ratios):.2f} (goal: at most 6)")
        print(f"  median {slices / statistics.median(imports):.0f} slices a second")
        print(f"  peak memory of the importer and its workers together {max(memory):.0f} MB (goal: under 300)")


def _copy(work: Path) -> float:
    target = work / "copy"
    shutil.rmtree(target, ignore_errors=True)
    os.sync()
    begun = time.perf_counter()
    subprocess.run(["cp", "-r", str(work / "series"), str(target)], check=True)
    subprocess.run(["sync"], check=True)
    taken = time.perf_counter() - begun
    shutil.rmtree(target)
    return taken


def _import(work: Path) -> tuple[float, float]:
    """Seconds, and megabytes: the sum of what the importer and each worker had resident at their own peak."""
    data = work / "data"
    shutil.rmtree(data, ignore_errors=True)
    os.sync()
    command = [sys.executable, "-m", "undisc", "import", str(work / "series"), "--data-dir", str(data)]
    peaks: dict[int, float] = {}
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        for pid in (process.pid, *_children(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0.0), _resident_peak(pid))
        time.sleep(0.1)
    taken = time.perf_counter() - begun
    if process.returncode:
        raise SystemExit("the import failed")
    shutil.rmtree(data)
    return taken, sum(peaks.values())


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def _resident_peak(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
