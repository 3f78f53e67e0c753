"""dcmtk's programs, run to their end."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.factories.servers import wait_until_it_listens

PROGRAMS = ("echoscu", "storescu", "findscu", "getscu", "movescu", "storescp", "dcmsend", "dcmdump")
# Each of its clients takes the transfer syntaxes that it knows by options of its own, one compressed one at a time.
STORE_WITH = {
    "1.2.840.10008.1.2": "-xi",
    "1.2.840.10008.1.2.1": "-xe",
    "1.2.840.10008.1.2.2": "-xb",
    "1.2.840.10008.1.2.1.99": "-xd",
    "1.2.840.10008.1.2.4.50": "-xy",
    "1.2.840.10008.1.2.4.51": "-xx",
    "1.2.840.10008.1.2.4.70": "-xs",
    "1.2.840.10008.1.2.4.80": "-xt",
    "1.2.840.10008.1.2.4.81": "-xu",
    "1.2.840.10008.1.2.4.90": "-xv",
    "1.2.840.10008.1.2.4.91": "-xw",
    "1.2.840.10008.1.2.5": "-xr",
    "1.2.840.10008.1.2.4.100": "-xm",
    "1.2.840.10008.1.2.4.102": "-xn",
    "1.2.840.10008.1.2.4.103": "-xl",
}
GET_WITH = {syntax: option.replace("-", "+") for syntax, option in STORE_WITH.items() if option != "-xi"}

needs_dcmtk = pytest.mark.skipif(any(shutil.which(each) is None for each in PROGRAMS), reason="dcmtk is not installed")


def run(program: str, *arguments: object, expect: int | None = 0) -> str:
    """What the program says on both its streams; its exit code is checked unless expect is None."""
    done = subprocess.run([program, *(str(each) for each in arguments)], capture_output=True, timeout=120, check=False)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if expect is not None:
        assert done.returncode == expect, said[-2000:]
    return said


@contextmanager
def storescp(port: int, out: Path, *options: object, accepting: str = "+xa") -> Iterator[None]:
    """dcmtk's store SCP by the name of DEST, which keeps data sets bit for bit (+B) in the new folder `out`."""
    out.mkdir()
    command = ["storescp", *options, "-aet", "DEST", accepting, "+B", "-od", out, port]
    running = subprocess.Popen([str(each) for each in command])
    try:
        wait_until_it_listens(port, running)
        yield
    finally:
        running.terminate()
        running.wait()


def code_of(program: str, *arguments: object) -> int:
    """The program's exit code."""
    given = [program, *(str(each) for each in arguments)]
    return subprocess.run(given, capture_output=True, timeout=120, check=False).returncode
