"""One file of a package on its way to a medium: counted, and hashed as it goes."""

import hashlib
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from typing import BinaryIO, Protocol

from undisc.errors import MediumRefused
from undisc.export.manifest import manifest_text
from undisc.export.model import Kind, PackageFile, Written

BLOCK = 1 << 20


class Watcher(Protocol):
    """Told of bytes as they are written and as they are read back, from the thread that does it."""

    def wrote(self, size: int) -> None: ...
    def checked(self, size: int) -> None: ...


class Nobody:
    """Watches nothing."""

    def wrote(self, size: int) -> None:
        pass

    def checked(self, size: int) -> None:
        pass


class Copier:
    """Copies files one after another through one block of memory, which it lends to whoever takes the bytes.

    written: what went through so far. A manifest is made of that, so that nothing is read a second time for it.
    """

    def __init__(self, watcher: Watcher | None = None) -> None:
        self._block = memoryview(bytearray(BLOCK))
        self._watcher = watcher or Nobody()
        self.written: list[Written] = []

    def copy(self, file: PackageFile, take: Callable[[memoryview], object]) -> Written:
        """Hand a file's bytes to `take`; each piece is good until `take` returns.

        Raises MediumRefused where the content cannot be read or is not as long as the package says: what has been
        laid out for it would be wrong.
        """
        digest = hashlib.sha256()
        size = 0
        with closing(self._opened(file)) as source:
            while piece := self._next(file, source):
                digest.update(piece)
                size += len(piece)
                if file.size is not None and size > file.size:
                    break
                take(piece)
                self._watcher.wrote(len(piece))
        if file.size is not None and size != file.size:
            raise MediumRefused(f"{file.path} has changed while it was written. Try again.")
        done = Written(file.path, file.kind, size, digest.hexdigest(), file.instance)
        self.written.append(done)
        return done

    def _opened(self, file: PackageFile) -> BinaryIO:
        if file.kind is Kind.MANIFEST:
            return BytesIO(manifest_text(self.written))
        try:
            return file.open()
        except OSError as error:
            raise _unreadable(file) from error

    def _next(self, file: PackageFile, source: BinaryIO) -> memoryview:
        readinto = getattr(source, "readinto", None)
        try:
            if readinto is not None:
                return self._block[: readinto(self._block) or 0]
            return memoryview(source.read(BLOCK))
        except OSError as error:
            raise _unreadable(file) from error


def _unreadable(file: PackageFile) -> MediumRefused:
    what = "A picture" if file.kind is Kind.DICOM else "A file of this package"
    return MediumRefused(
        f"{what} ({file.path}) cannot be read from the archive, so nothing was written. "
        "`undisc verify` tells which originals are damaged."
    )
