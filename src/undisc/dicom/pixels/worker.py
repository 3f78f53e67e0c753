"""`python -m undisc.dicom.pixels.worker MEMORY_MB`: decodes what it is told to on standard input until that ends.

It has a limit on memory for each instance, on the size of what it writes, on open files, and leaves no core behind. The
limit on time is the pool's, which kills it. Codecs may print: the pool's channel is moved out of their way first.
"""

import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from undisc.dicom.pixels.channel import ALIVE, CRASHED, LENGTH, LONGEST, packed, result_message
from undisc.dicom.pixels.model import Derived, Undecodable, Written

_LARGEST_PACK = 16 << 30
_OPEN_FILES = 64
_SECONDS_BETWEEN_SIGNS = 0.2


def run(memory_mb: int) -> None:
    """Serve until the parent closes the channel or is gone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    _limit()
    gc.disable()  # what is loaded now stays, so that looking through it for garbage would find none
    importlib.import_module("undisc.dicom.pixels.derive")  # before there is a job, whose time it would take
    gc.freeze()
    gc.enable()
    try:
        while (job := _next(sys.stdin.buffer)) is not None:
            answers.write(packed(result_message(_done(job, memory_mb, _SignOfLife(answers)))))
    except BrokenPipeError:
        pass


def _limit() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who then closes the channel
    for kind, bound in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _LARGEST_PACK),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _, hard = resource.getrlimit(kind)
        most = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (most, most))


def _next(channel: BinaryIO) -> dict[str, Any] | None:
    head = channel.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    length = LENGTH.unpack(head)[0]
    body = channel.read(length) if length <= LONGEST else b""
    return json.loads(body) if len(body) == length else None


class _SignOfLife:
    """Told of each frame that is done, tells the pool at most once in a while."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._told = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._told >= _SECONDS_BETWEEN_SIGNS:
            self._answers.write(ALIVE)
            self._told = time.monotonic()


def _done(job: dict[str, Any], memory_mb: int, frame_done: Callable[[], None]) -> Derived | Written | Undecodable:
    try:
        # The original is mapped, which counts as address space and takes no memory of its own.
        _limit_memory((memory_mb << 20) + Path(job["source"]).stat().st_size)
        return _DO[job["kind"]](job, frame_done)
    except BrokenPipeError:
        raise
    except MemoryError:
        return Undecodable("Decoding it would take more memory than is allowed.")
    except OSError as error:
        return Undecodable(f"A file could not be read or written ({error.strerror}).", lasting=False)
    except Exception:  # no file may end the worker that the next one needs; the pool asks once more, carefully
        return Undecodable(CRASHED)


def _derive(job: dict[str, Any], frame_done: Callable[[], None]) -> Derived | Undecodable:
    from undisc.dicom.pixels.derive import derive

    source, partial, output = Path(job["source"]), Path(job["partial"]), Path(job["output"])
    return derive(source, partial, output, second_opinion=not job.get("careful"), frame_done=frame_done)


def _transcode(job: dict[str, Any], frame_done: Callable[[], None]) -> Written | Undecodable:
    from undisc.dicom.pixels.transcode import transcode

    return transcode(Path(job["source"]), Path(job["output"]), job["syntax"], frame_done)


def _frames(job: dict[str, Any], frame_done: Callable[[], None]) -> Written | Undecodable:
    from undisc.dicom.pixels.transcode import transcode_frames

    return transcode_frames(Path(job["source"]), Path(job["output"]), job["syntax"], job["frames"], frame_done)


def _render(job: dict[str, Any], frame_done: Callable[[], None]) -> Written | Undecodable:
    from undisc.dicom.pixels.model import Rendering
    from undisc.dicom.pixels.rendering import render

    rendering = Rendering.from_message(job["rendering"])
    return render(Path(job["source"]), Path(job["output"]), job["frames"], rendering, frame_done)


_DO = {"derive": _derive, "transcode": _transcode, "frames": _frames, "render": _render}


def _limit_memory(most: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    except (ValueError, OSError):
        if sys.platform == "linux":  # elsewhere the system may know no such limit; the one on time still holds
            raise


if __name__ == "__main__":
    run(int(sys.argv[1]))
