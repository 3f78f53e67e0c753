"""Instances in Explicit VR Little Endian, made once before anything is written, so that every size is known."""

import io
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from undisc.archive.retrieving import CannotBeMade, Held, Retriever, may_be_made
from undisc.dicom import syntaxes
from undisc.dicom.pixels.pool import Busy
from undisc.errors import UndiscError

_ASKING = 4
"""How many instances wait for workers at once; that is what keeps them busy."""
_TRIES = 15
_BLOCK = 1 << 20

Progress = Callable[[int, int], None]
"""Told how many instances of how many are made ready; may raise to end the work."""


class WorkersBusy(UndiscError):
    """Nobody converts anything now: the workers are taken by other work."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A converted instance: where it lies in the spool."""

    offset: int
    size: int


class Spool:
    """Converted instances, one after the other in a file that has no name: it is gone when nobody holds it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder, buffering=0))  # noqa: SIM115
        self._turn = threading.Lock()
        self._end = 0

    def take(self, made: BinaryIO) -> Stretch:
        """Copy an open file in. Raises OSError where there is no room."""
        with self._turn:
            self._file.seek(self._end)
            made.seek(0)
            shutil.copyfileobj(made, self._file, _BLOCK)
            begin, self._end = self._end, self._file.tell()
            return Stretch(begin, self._end - begin)

    def open(self, stretch: Stretch) -> BinaryIO:
        return io.BufferedReader(_Stretched(self._file, stretch), _BLOCK)

    def close(self) -> None:
        self._file.close()


class _Stretched(io.RawIOBase):
    """Reads at places of its own, so that several may read one spool."""

    def __init__(self, file: BinaryIO, stretch: Stretch) -> None:
        super().__init__()
        self._file = file
        self._stretch = stretch
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._stretch.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview | bytearray) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        wanted = min(len(buffer), self._stretch.size - self._place)
        if wanted <= 0:
            return 0
        # A slice of a bytearray, which a reading of all of it hands in, would be a copy.
        part = memoryview(buffer)[:wanted]
        count = os.preadv(self._file.fileno(), [part], self._stretch.offset + self._place)
        self._place += count
        return count


def converted(
    retriever: Retriever, held: Sequence[Held], spool: Spool, progress: Progress = lambda done, count: None
) -> dict[int, Stretch | CannotBeMade]:
    """By their rows, those that are not in Explicit VR Little Endian yet: where they lie now, or why they cannot be so.

    Raises WorkersBusy, OSError where there is no room, and what `progress` raises.
    """
    wanted = [each for each in held if each.transfer_syntax != syntaxes.EXPLICIT]
    found: dict[int, Stretch | CannotBeMade] = {}
    with ThreadPoolExecutor(_ASKING, "export") as askers:
        try:
            for each, made in zip(wanted, askers.map(lambda one: _made(retriever, one, spool), wanted), strict=True):
                found[each.id] = made
                progress(len(found), len(wanted))
        except BaseException:
            askers.shutdown(cancel_futures=True)
            raise
    return found


def _made(retriever: Retriever, held: Held, spool: Spool) -> Stretch | CannotBeMade:
    if not may_be_made(held, syntaxes.EXPLICIT):
        return CannotBeMade("It cannot be decoded.")
    for _ in range(_TRIES):
        try:
            made = retriever.transcoded(held, syntaxes.EXPLICIT)
        except Busy:
            continue
        except FileNotFoundError:
            return CannotBeMade("Its file is not here any more.")
        if isinstance(made, CannotBeMade):
            return made
        with made.file as file:
            return spool.take(file)
    raise WorkersBusy("The workers that convert pictures are busy with other work. Try again later.")
