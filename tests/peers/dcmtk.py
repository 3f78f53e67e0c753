"""dcmtk's programs, run to their end."""

import shutil
import subprocess

import pytest

PROGRAMS = ("echoscu", "storescu", "findscu", "getscu", "movescu", "storescp", "dcmsend", "dcmdump")
needs_dcmtk = pytest.mark.skipif(any(shutil.which(each) is None for each in PROGRAMS), reason="dcmtk is not installed")


def run(program: str, *arguments: object, expect: int | None = 0) -> str:
    """What the program says on both its streams; its exit code is checked unless expect is None."""
    done = subprocess.run([program, *(str(each) for each in arguments)], capture_output=True, timeout=120, check=False)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if expect is not None:
        assert done.returncode == expect, said[-2000:]
    return said


def code_of(program: str, *arguments: object) -> int:
    """The program's exit code."""
    given = [program, *(str(each) for each in arguments)]
    return subprocess.run(given, capture_output=True, timeout=120, check=False).returncode
