"""Single files that were named one by one, read as one source, so that the disk is not waited for at each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from undisc.discs.model import Entry, ReadError, Refused
from undisc.discs.sources import Source


class GatheredFiles:
    """Entries keep the paths under which they were given."""

    kind = "file"
    label = "files"

    def __init__(self, sources: Sequence[tuple[str, Source]]) -> None:
        self._sources = sources
        self._inside: dict[str, tuple[Source, Entry]] = {}

    @property
    def aliases(self) -> Mapping[str, str]:
        return {}

    def entries(self) -> Iterator[Entry | Refused]:
        for given, source in self._sources:
            for entry in source.entries():
                if isinstance(entry, Refused):
                    yield Refused(given, entry.reason)
                elif given not in self._inside:
                    self._inside[given] = (source, entry)
                    yield Entry(given, entry.size, entry.modified_ns)

    def open(self, entry: Entry) -> BinaryIO:
        if entry.path not in self._inside:
            raise ReadError("There is no such file.")
        source, inner = self._inside[entry.path]
        return source.open(inner)

    def close(self) -> None:
        for _, source in self._sources:
            source.close()
