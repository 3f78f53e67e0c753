"""A single file, given by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from undisc.discs.model import Entry, ReadError, Refused
from undisc.discs.paths import shown


class FileSource:
    """One file, named as its owner named it."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        status = path.stat()
        self._path = path
        self._entry = Entry(shown(path.name), status.st_size, status.st_mtime_ns)
        self.label = self._entry.path
        self.aliases: dict[str, str] = {}

    def entries(self) -> Iterator[Entry | Refused]:
        yield self._entry

    def open(self, entry: Entry) -> BinaryIO:
        if entry.path != self._entry.path:
            raise ReadError("There is no such file.")
        return self._path.open("rb")

    def close(self) -> None:
        """Nothing is held open."""
