"""Every benchmark still runs: one quick round of each, whose figures nobody judges here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_SCRIPTS = sorted(path.stem for path in (_ROOT / "benchmarks").glob("bench_*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("script", _SCRIPTS)
def test_a_benchmark_runs_one_quick_round(script: str) -> None:
    if script == "bench_viewer" and shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed")
    command = [sys.executable, "-m", f"benchmarks.{script}", "--quick"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
