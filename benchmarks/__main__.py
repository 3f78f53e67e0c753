"""Runs every benchmark of this folder, one after the other: `python -m benchmarks [--quick]`."""

import subprocess
import sys
from pathlib import Path


def main() -> None:
    for script in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"== {script.stem.removeprefix('bench_')}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{script.stem}", *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
