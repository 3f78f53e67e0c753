"""A package as a ZIP, written as a stream: to a file, or straight to a browser."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from undisc.archive.model import Original
from undisc.export.copying import Copier
from undisc.export.model import PackageFile, Written
from undisc.sharing.package import zip_chunks, zip_length

_IN_MEMORY = 8 << 20


class ZipStream:
    """The chunks of one ZIP, and what was written when they have all been taken.

    Pictures hardly get smaller, so all is stored as it is, and each file's checksum stands before its bytes (tools that
    read a ZIP from its start need that). So each file is gathered before it goes out: in memory where it is small, in
    `scratch` where it is large.
    """

    def __init__(
        self,
        files: Sequence[PackageFile],
        made_at: datetime,
        scratch: Path,
        copier: Copier | None = None,
        still_allowed: Callable[[], bool] = lambda: True,
        password: str | None = None,
    ) -> None:
        """still_allowed: asked before each file and within long ones; no raises DownloadStopped from the chunks.
        password: locks the files' content with AES-256, as `zip_chunks` does."""
        self._files = files
        self._made_at = made_at
        self._scratch = scratch
        self._copier = copier or Copier()
        self._still_allowed = still_allowed
        self._password = password
        sizes = [file.size for file in files]
        self.length = None if None in sizes else zip_length([_frame(file) for file in files], made_at, password)
        """Bytes in all; None where a file's size is known only once it is opened."""

    @property
    def written(self) -> list[Written]:
        return self._copier.written

    def chunks(self) -> Iterator[bytes]:
        return zip_chunks(self._gathered(), self._made_at, self._still_allowed, self._password)

    def _gathered(self) -> Iterator[Original]:
        for file in self._files:
            with closing(self._place(file)) as place:
                self._copier.copy(file, place.write)
                size = place.tell()
                # The ZIP is done with one member before it asks for the next, and reads it twice, one after the other.
                yield Original(file.path, size, lambda place=place: _again(place))

    def _place(self, file: PackageFile) -> BinaryIO:
        if file.size is not None and file.size <= _IN_MEMORY:
            return BytesIO()
        return cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self._scratch)))


class _Again:
    """A gathered file from its start; closing it leaves it there for the next reader."""

    def __init__(self, place: BinaryIO) -> None:
        place.seek(0)
        self.read = place.read

    def __enter__(self) -> "_Again":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _again(place: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, _Again(place))


def _frame(file: PackageFile) -> Original:
    return Original(file.path, file.size or 0, BytesIO)


def write_zip(
    files: Sequence[PackageFile],
    target: Path,
    made_at: datetime,
    scratch: Path,
    copier: Copier,
    password: str | None = None,
) -> list[Written]:
    """Write a new ZIP; all of it is on the disk when this returns. Raises OSError where it cannot be written."""
    stream = ZipStream(files, made_at, scratch, copier, password=password)
    with target.open("xb", buffering=0) as out:
        for chunk in stream.chunks():
            piece = memoryview(chunk)
            while piece:
                piece = piece[os.write(out.fileno(), piece) :]
        os.fsync(out.fileno())
    return stream.written
