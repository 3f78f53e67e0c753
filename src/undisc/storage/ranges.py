"""A blob in a bucket as a seekable stream that fetches the ranges that are read, and a little ahead of them."""

import errno
import io
from collections.abc import Callable
from dataclasses import dataclass

_AHEAD = 256 * 1024
_MOST_AHEAD = 8 * 1024 * 1024
_BUFFER = 8 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """Some bytes of a blob, and what it was when they were read."""

    data: memoryview
    size: int
    etag: str | None


Fetch = Callable[[int, int, str | None], Fetched]
"""Fetches the bytes from a start to an end (exclusive; past the blob's own end is no error) of the version that an
etag names, None for any. Raises FileNotFoundError where there is no blob."""


def open_ranges(fetch: Fetch) -> io.BufferedReader:
    """The blob as a stream; its beginning is fetched at once, so that a missing one shows here."""
    return io.BufferedReader(_Ranges(fetch), _BUFFER)


class _Ranges(io.RawIOBase):
    """Holds one window of the blob. Reading on from its end doubles the next one, as a long file is read through."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        first = fetch(0, _AHEAD, None)
        self._window, self._start = first.data, 0
        self._size, self._etag = first.size, first.etag
        self._ahead = _AHEAD
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a position is never negative")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        at = self._position - self._start
        if not 0 <= at < len(self._window):
            self._move_window(wanted)
            at = 0
        found = self._window[at : at + wanted]
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)

    def _move_window(self, wanted: int) -> None:
        reads_on = self._position == self._start + len(self._window)
        self._ahead = min(self._ahead * 2, _MOST_AHEAD) if reads_on else _AHEAD
        length = min(max(wanted + _BUFFER, self._ahead), self._size - self._position)
        fetched = self._fetch(self._position, self._position + length, self._etag)
        if not fetched.data:
            raise OSError(errno.EIO, "The bucket sent nothing where there is something")
        self._window, self._start = fetched.data, self._position
