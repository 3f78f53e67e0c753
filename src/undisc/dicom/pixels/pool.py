"""Worker processes that decode, kept at arm's length: whatever a file does to one of them, the pool goes on."""

import os
import queue
import selectors
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from undisc.dicom.pixels.channel import CRASHED, LENGTH, LONGEST, packed, result_from
from undisc.dicom.pixels.model import Derived, Rendering, Undecodable, Written

_MOST_TURNS = 30
TOO_SLOW = "Decoding it took longer than is allowed."

_SOURCE_ROOT = Path(__file__).resolve().parents[3]


class Busy(Exception):
    """Nobody took the work within the time that its asker can wait."""


@dataclass(slots=True)
class _Job:
    message: dict[str, Any]
    output: Path
    future: "Future[Any]" = field(default_factory=Future)


class _Worker:
    """One process; started when there is something to do, and again after it was killed."""

    def __init__(self, memory_mb: int, low_priority: bool) -> None:
        self._memory_mb = memory_mb
        nice = shutil.which("nice") if low_priority else None
        self._prefix = [nice, "-n", "10"] if nice else []
        self.process: subprocess.Popen[bytes] | None = None

    def warm(self) -> None:
        if self.process is None:
            self.process = self._start()

    def ask(self, message: bytes, seconds: float) -> Derived | Written | Undecodable:
        process = self.process
        if process is None or process.poll() is not None:
            self.kill()
            process = self.process = self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        at_last = time.monotonic() + seconds * _MOST_TURNS
        try:
            process.stdin.write(message)
            process.stdin.flush()
            length = 0
            while length == 0:  # a sign of life, after which the next frame has its time
                deadline = min(time.monotonic() + seconds, at_last)
                length = LENGTH.unpack(_read(process.stdout, LENGTH.size, deadline))[0]
            if length > LONGEST:
                raise ValueError("a worker's answer is too long")
            return result_from(_read(process.stdout, length, time.monotonic() + seconds))
        except TimeoutError:
            self.kill()
            return Undecodable(TOO_SLOW)
        except (OSError, EOFError, ValueError):
            self.kill()
            return Undecodable(CRASHED)

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        # Safe path and a fixed folder: nothing that lies beside a disc's files can pass for a module.
        return subprocess.Popen(
            [*self._prefix, sys.executable, "-P", "-m", "undisc.dicom.pixels.worker", str(self._memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_environment(),
            bufsize=0,
        )


class DecodePool:
    """`workers` processes, each with at most `memory_mb` megabytes, and `seconds` for one instance.

    An instance of many frames has that time for each turn in which a frame gets done, and thirty such turns in all.
    With `low_priority` the workers step back behind whoever serves people. `backlog` jobs a worker may wait.
    A context manager. On leaving, what was asked for is still finished, unless leaving is by an exception: then it is
    cancelled.
    """

    def __init__(
        self,
        workers: int = 2,
        memory_mb: int = 1024,
        seconds: float = 60.0,
        *,
        low_priority: bool = False,
        backlog: int = 4,
    ) -> None:
        self.seconds = seconds
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=workers * backlog)
        self._workers = [_Worker(memory_mb, low_priority) for _ in range(workers)]
        self._closed = False
        self._abandoned = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, args=(worker,), name=f"decode-{number}", daemon=True)
            for number, worker in enumerate(self._workers)
        ]
        for thread in self._threads:
            thread.start()

    def warm(self) -> None:
        """Start the workers before the first job is asked for; they get ready meanwhile."""
        for worker in self._workers:
            with suppress(OSError):  # then the first job says so
                worker.warm()

    def derive(self, source: Path, output: Path) -> "Future[Derived | Undecodable]":
        """Ask for the pack of the instance at `source` to be written to `output`, whose folder exists.

        Waits while the queue is full. The future never fails: what goes wrong is Undecodable, and then nothing is left
        at `output` that was not there before.
        """
        return self._ask({"kind": "derive", "source": str(source.absolute())}, output, None)

    def transcode(self, source: Path, output: Path, syntax: str, patience: float) -> "Future[Written | Undecodable]":
        """Ask for the instance at `source` in another transfer syntax; raises Busy after `patience` seconds.

        The future never fails, for this and for what follows; where it is Undecodable, output is not to be used.
        """
        return self._ask({"kind": "transcode", "source": str(source.absolute()), "syntax": syntax}, output, patience)

    def frames(
        self, source: Path, output: Path, syntax: str, frames: Sequence[int], patience: float
    ) -> "Future[Written | Undecodable]":
        """Ask for single frames, counted from 0, one after the other in one file. Raises Busy."""
        message = {"kind": "frames", "source": str(source.absolute()), "syntax": syntax, "frames": list(frames)}
        return self._ask(message, output, patience)

    def render(
        self, source: Path, output: Path, frames: Sequence[int], rendering: Rendering, patience: float
    ) -> "Future[Written | Undecodable]":
        """Ask for frames as pictures, all where none is named. Raises Busy."""
        message = {
            "kind": "render",
            "source": str(source.absolute()),
            "frames": list(frames),
            "rendering": rendering.message(),
        }
        return self._ask(message, output, patience)

    def _ask(self, message: dict[str, Any], output: Path, patience: float | None) -> "Future[Any]":
        if self._closed:
            raise RuntimeError("the pool is closed")
        job = _Job(message, output.absolute())
        try:
            self._jobs.put(job, timeout=patience)
        except queue.Full as error:
            raise Busy from error
        return job.future

    def close(self, *, finish: bool = True) -> None:
        """End the workers, after the jobs that wait when `finish`, else at once."""
        if self._closed:
            return
        self._closed = True
        if not finish:
            self._abandoned.set()
            for worker in self._workers:
                process = worker.process
                if process is not None:
                    process.kill()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def process_ids(self) -> list[int]:
        """The workers that are alive now."""
        processes = [worker.process for worker in self._workers]
        return [process.pid for process in processes if process is not None and process.poll() is None]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close(finish=kind is None)

    def _serve(self, worker: _Worker) -> None:
        while (job := self._jobs.get()) is not None:
            if self._abandoned.is_set():
                job.future.cancel()
                continue
            if not job.future.set_running_or_notify_cancel():
                continue
            partial = job.output.with_name(f".{job.output.name}.{os.getpid()}.{id(job):x}.part")
            message = {**job.message, "partial": str(partial), "output": str(job.output)}
            try:
                result = worker.ask(packed(message), self.seconds)
                may_again = job.message["kind"] == "derive"
                if may_again and result == Undecodable(CRASHED) and not self._abandoned.is_set():
                    # Once more, without the decoder that is likeliest to break down: other frames may be whole.
                    result = worker.ask(packed({**message, "careful": "yes"}), self.seconds)
            except OSError:
                result = Undecodable("No decoder could be started.")
            if isinstance(result, Undecodable):
                with suppress(OSError):
                    partial.unlink()
            job.future.set_result(result)
        worker.kill()


def _read(stream: IO[bytes], count: int, deadline: float) -> bytes:
    """Exactly `count` bytes of a pipe. Raises TimeoutError at the deadline, EOFError where the pipe ends."""
    parts = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(parts) < count:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            part = os.read(stream.fileno(), count - len(parts))
            if not part:
                raise EOFError
            parts += part
    return bytes(parts)


def _environment() -> dict[str, str]:
    """Nothing of the parent's but what Python needs to start; codecs get one thread each."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR") if name in os.environ}
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    # glibc would map and unmap every picture afresh, which costs as much as windowing it; musl and others ignore this.
    reused = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(32 << 20)}
    # A checkout may have been put on the path by hand; an installed package is found without help.
    checkout = {} if str(_SOURCE_ROOT) == sysconfig.get_path("purelib") else {"PYTHONPATH": str(_SOURCE_ROOT)}
    return {**kept, **single, **reused, **checkout}
