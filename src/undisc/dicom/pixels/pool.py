"""Worker processes that decode, kept at arm's length: whatever a file does to one of them, the pool goes on."""

import os
import queue
import selectors
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from undisc.dicom.pixels.channel import CRASHED, LENGTH, LONGEST, packed, result_from
from undisc.dicom.pixels.model import Derived, Rendering, Undecodable, Written
from undisc.dicom.pixels.processes import Spares, end, start

_MOST_TURNS = 30
_AHEAD = 4
_QUICK = 0.05  # seconds; behind what takes longer nothing waits that another worker could do meanwhile
# A pipe holds as much on every system, so that sending ahead never waits for a worker that waits for its answer to be
# read.
_MOST_AHEAD = 4096
_READ_AT_ONCE = 1 << 16
TOO_SLOW = "Decoding it took longer than is allowed."


class Busy(Exception):
    """Nobody took the work within the time that its asker can wait."""


@dataclass(slots=True)
class _Job:
    message: dict[str, Any]
    output: Path
    future: "Future[Any]" = field(default_factory=Future)
    careful: bool = False
    """Asked once more, without the decoder that is likeliest to break down: other frames may be whole."""
    sent: int = 0
    """How many bytes its worker was sent about it."""

    @property
    def partial(self) -> Path:
        return self.output.with_name(f".{self.output.name}.{os.getpid()}.{id(self):x}.part")

    @property
    def derives(self) -> bool:
        return self.message["kind"] == "derive"

    def packed(self) -> bytes:
        how = {"careful": "yes"} if self.careful else {}
        return packed({**self.message, "partial": str(self.partial), "output": str(self.output), **how})


class _Worker:
    """One process; started when there is something to do, and again after it was killed."""

    def __init__(self, memory_mb: int, low_priority: bool, spares: Spares | None) -> None:
        self._memory_mb = memory_mb
        self._low_priority = low_priority
        self._spares = spares
        self._unread = bytearray()
        self._waiting: selectors.BaseSelector | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def warm(self) -> None:
        """Start the process where there is none. Raises OSError."""
        if self.process is None:
            spare = self._spares.take() if self._spares else None
            self.process = spare or start(self._memory_mb, low_priority=self._low_priority)
            assert self.process.stdout is not None
            self._waiting = selectors.DefaultSelector()
            self._waiting.register(self.process.stdout, selectors.EVENT_READ)

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def send(self, message: bytes) -> None:
        """Where nobody is there any more to get it, waiting for the answer will tell."""
        assert self.process is not None
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(message)

    def answer(self, seconds: float) -> Derived | Written | Undecodable:
        """To the first message that has none yet. A process that gives none is killed, whatever else it was sent."""
        at_last = time.monotonic() + seconds * _MOST_TURNS
        try:
            length = 0
            while length == 0:  # a sign of life, after which the next frame has its time
                deadline = min(time.monotonic() + seconds, at_last)
                length = LENGTH.unpack(self._read(LENGTH.size, deadline))[0]
            if length > LONGEST:
                raise ValueError("a worker's answer is too long")
            return result_from(self._read(length, time.monotonic() + seconds))
        except TimeoutError:
            self.kill()
            return Undecodable(TOO_SLOW)
        except (OSError, EOFError, ValueError):
            self.kill()
            return Undecodable(CRASHED)

    def _read(self, count: int, deadline: float) -> bytes:
        """Exactly `count` bytes. Raises TimeoutError at the deadline, EOFError where the process ends."""
        assert self.process is not None
        assert self.process.stdout is not None
        assert self._waiting is not None
        while len(self._unread) < count:
            if not self._waiting.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            part = os.read(self.process.stdout.fileno(), _READ_AT_ONCE)
            if not part:
                raise EOFError
            self._unread += part
        read = bytes(self._unread[:count])
        del self._unread[:count]
        return read

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        self._unread.clear()
        if self._waiting is not None:
            self._waiting.close()
        end(process)


class DecodePool:
    """`workers` processes, each with at most `memory_mb` megabytes, and `seconds` for one instance.

    An instance of many frames has that time for each turn in which a frame gets done, and thirty such turns in all.
    With `low_priority` the workers step back behind whoever serves people. `backlog` jobs a worker may wait. `spares`
    are taken before any process is started; they have the same limit on memory, and no low priority.
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
        spares: Spares | None = None,
    ) -> None:
        self.seconds = seconds
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=workers * backlog)
        self._workers = [_Worker(memory_mb, low_priority, None if low_priority else spares) for _ in range(workers)]
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
        line: deque[_Job] = deque()  # what the worker is at, and what it is to do then
        quick = ended = False
        while line or not ended:
            while not ended and len(line) <= (_AHEAD if quick else 0):
                try:
                    job = self._jobs.get(block=not line)
                except queue.Empty:
                    break
                if job is None:
                    ended = True
                elif self._abandoned.is_set():
                    job.future.cancel()
                elif job.future.set_running_or_notify_cancel():
                    line.append(job)
            if line:
                began = time.monotonic()
                self._do_first(worker, line)
                quick = time.monotonic() - began < _QUICK
        worker.kill()

    def _do_first(self, worker: _Worker, line: deque[_Job]) -> None:
        """Tell the first job in line what became of it, unless it is to be tried once more."""
        result = self._answer_for(worker, line)
        job = line.popleft()
        if worker.process is None:
            for waiting in line:
                waiting.sent = 0
        if job.derives and not job.careful and result == Undecodable(CRASHED) and not self._abandoned.is_set():
            job.careful, job.sent = True, 0
            line.append(job)
            return
        if self._abandoned.is_set():
            while line:
                line.pop().future.set_result(Undecodable(CRASHED))
        if isinstance(result, Undecodable):
            with suppress(OSError):
                job.partial.unlink()
        job.future.set_result(result)

    def _answer_for(self, worker: _Worker, line: deque[_Job]) -> Derived | Written | Undecodable:
        """What becomes of the first job in line. Those behind it are sent along: what is quick must not be waited for
        by a worker that has nothing to do meanwhile.
        """
        if not line[0].sent and worker.has_died():
            worker.kill()
        try:
            worker.warm()
        except OSError:
            return Undecodable("No decoder could be started.")
        ahead = sum(job.sent for job in line)
        for job in line:
            if not job.sent:
                message = job.packed()
                ahead += len(message)
                if job is not line[0] and (ahead > _MOST_AHEAD or not job.derives):
                    break
                worker.send(message)
                job.sent = len(message)
        return worker.answer(self.seconds)
