"""How a worker's process is started, and those that are started before anybody knows who will send them work."""

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_SOURCE_ROOT = Path(__file__).resolve().parents[3]


def start(memory_mb: int, *, low_priority: bool = False) -> "subprocess.Popen[bytes]":
    """A worker that waits for its first message. Raises OSError."""
    nice = shutil.which("nice") if low_priority else None
    # Safe path and a fixed folder: nothing that lies beside a disc's files can pass for a module.
    return subprocess.Popen(
        [
            *([nice, "-n", "10"] if nice else ()),
            *(sys.executable, "-P", "-m", "undisc.dicom.pixels.worker", str(memory_mb)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_environment(),
        bufsize=0,
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


class Spares:
    """Workers that get ready while their importer still reads its own libraries; pools take them.

    Each has the limit on memory that is given here. A context manager, which ends those that nobody took.
    """

    def __init__(self, count: int, memory_mb: int) -> None:
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        with suppress(OSError):  # a pool that finds none starts its own, and says what is wrong
            for _ in range(count):
                self._processes.append(start(memory_mb))

    def take(self) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            return self._processes.pop() if self._processes else None

    def close(self) -> None:
        while process := self.take():
            end(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """Nothing of the parent's but what Python needs to start; codecs get one thread each."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR") if name in os.environ}
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    # glibc would map and unmap every picture afresh, which costs as much as windowing it; musl and others ignore this.
    reused = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(32 << 20)}
    # A checkout may have been put on the path by hand; an installed package is found without help.
    checkout = {} if str(_SOURCE_ROOT) == sysconfig.get_path("purelib") else {"PYTHONPATH": str(_SOURCE_ROOT)}
    return {**kept, **single, **reused, **checkout}
