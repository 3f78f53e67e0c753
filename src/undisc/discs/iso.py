"""A disc image, or the disc itself in a drive, read as bytes; nothing is mounted."""

from collections.abc import Iterator
from typing import BinaryIO, Literal

from undisc.discs.iso_tree import File, Tree, TreeReader, volumes
from undisc.discs.model import Entry, Limits, ReadError, Refused
from undisc.discs.paths import path_key, shown
from undisc.discs.streams import Image, open_runs
from undisc.discs.udf_tree import UdfReader, is_udf
from undisc.errors import SourceUnreadable

_PREFERRED = ("rock ridge", "joliet", "udf", "iso")


class IsoSource:
    """The files on one image.

    Every set of names that the image has is read. The best (Rock Ridge, else Joliet, UDF, plain ISO 9660) names the
    files; a file that only another set names is listed under that name. `aliases` are the other names.
    """

    def __init__(
        self, image: Image, name: str, limits: Limits, *, kind: Literal["iso", "drive"] = "iso", session: int = 0
    ) -> None:
        """Read the image's directories; the image is closed with the source. name: a label where the disc has none."""
        self.kind = kind
        self._limits = limits
        self._image = image
        self._session = session
        self.aliases: dict[str, str] = {}
        self._files: dict[str, File] = {}
        self._found: list[Entry | Refused] = []
        try:
            self._volumes = volumes(self._image, session)
            self.label = self._volumes[0].label if self._volumes else ""
            self._read()
            self.label = self.label or shown(name)
        except OSError as error:
            self._image.close()
            raise SourceUnreadable("The disc's table of contents cannot be read.") from error
        except BaseException:
            self._image.close()
            raise

    def _read(self) -> None:
        trees = [TreeReader(self._image, volume, self._limits).read() for volume in self._volumes]
        if is_udf(self._image, self._session):
            reader = UdfReader(self._image, self._limits)
            trees.append(reader.read())
            self.label = self.label or reader.label
        if not trees:
            raise SourceUnreadable("This disc image has no table of contents.")
        self._merge(sorted(trees, key=lambda tree: _PREFERRED.index(tree.namespace)))

    def _merge(self, trees: list[Tree]) -> None:
        by_place: dict[object, str] = {}
        unreadable: dict[str, str] = {}  # by one table of contents; another may still lead to the file
        refused: dict[str, str] = {}
        for position, tree in enumerate(trees):
            here: list[File] = []
            for file in tree.files:
                first = by_place.get(file.place) if file.place is not None else None
                if position and first is not None:
                    if file.path != first:
                        self.aliases[file.path] = first
                elif file.path in self._files:
                    if position == 0 or file.place is not None:
                        refused[file.path] = "The disc holds another file of the same name."
                elif position == 0 or file.place is not None:
                    self._files[file.path] = file
                    here.append(file)
            by_place.update((file.place, file.path) for file in here if file.place not in by_place)
            named = {file.path for file in tree.files}
            for item in tree.refused:
                (refused if item.path in named else unreadable).setdefault(item.path, item.reason)
        refused |= {path: reason for path, reason in unreadable.items() if path not in self._files}
        found: list[Entry | Refused] = [Entry(file.path, file.size, file.modified_ns) for file in self._files.values()]
        found.extend(Refused(path, reason) for path, reason in refused.items())
        self._found = sorted(found, key=lambda item: path_key(item.path))

    def entries(self) -> Iterator[Entry | Refused]:
        """Every file on the image, in a stable order."""
        yield from self._found

    def open(self, entry: Entry) -> BinaryIO:
        """The file's bytes, read as they are asked for; a scratch or a missing end surfaces as ReadError."""
        file = self._files.get(entry.path)
        if file is None:
            raise ReadError("There is no such file on the disc.")
        return open_runs(self._image, file.runs, file.size)

    def close(self) -> None:
        self._image.close()
