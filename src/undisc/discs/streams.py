"""Bytes on demand from places where a read can fail in the middle."""

import io
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from undisc.discs.model import ReadError

_BUFFER = 256 * 1024


class Run(NamedTuple):
    """A run of bytes in an image; offset None stands for bytes that were never written and read as zeros."""

    offset: int | None
    length: int


class Image(Protocol):
    """Something with numbered bytes, `size` of them as far as is known."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes; fewer only where the image ends. Raises OSError where the medium cannot be read."""
        ...

    def close(self) -> None: ...


class ImageFile:
    """A disc image or a drive, read at given places by plain reads; may be shared between threads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._turn = threading.Lock()
        self.size = self._file.seek(0, os.SEEK_END)

    def read_at(self, offset: int, length: int) -> bytes:
        pieces: list[bytes] = []
        with self._turn:
            self._file.seek(offset)
            while length > 0:
                piece = self._file.read(length)
                if not piece:
                    break
                pieces.append(piece)
                length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        self._file.close()


class RunStream(io.RawIOBase):
    """The bytes of one file on an image, run after run."""

    def __init__(self, image: Image, runs: Sequence[Run], size: int) -> None:
        super().__init__()
        self._image = image
        self._runs = runs
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        start = 0
        for run in self._runs:
            if self._position < start + run.length:
                inside = self._position - start
                count = min(wanted, run.length - inside)
                buffer[:count] = bytes(count) if run.offset is None else self._take(run.offset + inside, count)
                self._position += count
                return count
            start += run.length
        raise ReadError("The disc ends before this file does.")

    def _take(self, offset: int, count: int) -> bytes:
        try:
            piece = self._image.read_at(offset, count)
        except ReadError:
            raise
        except (OSError, ValueError, OverflowError) as error:
            raise ReadError("This part of the disc cannot be read.") from error
        if len(piece) < count:
            raise ReadError("The disc ends before this file does.")
        return piece


def open_runs(image: Image, runs: Sequence[Run], size: int) -> io.BufferedReader:
    return io.BufferedReader(RunStream(image, runs, size), _BUFFER)
