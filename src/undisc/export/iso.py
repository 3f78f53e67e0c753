"""A disc image: ISO 9660 level 1 with Rock Ridge and Joliet, and UDF beside them where it is for a DVD.

Names alone decide how much room the directories take. So files are written first, one after another, behind a gap;
then, when every file's place and length are known, the gap is filled.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from undisc.errors import MediumRefused
from undisc.export import iso_records, udf_records
from undisc.export.copying import Copier
from undisc.export.iso_records import SECTOR, Joliet, Node, Plain, Volume
from undisc.export.model import PackageFile, Written
from undisc.export.udf_records import Udf

_FIRST_DESCRIPTOR = 16
_PADDING = 150
"""Sectors at the end: drives read ahead, and fail where a disc written track at once stops short."""


def write_iso(
    files: Sequence[PackageFile], target: Path, volume: Volume, copier: Copier, *, udf: bool
) -> list[Written]:
    """Write an image to a new file and have it on the disk when this returns. Needs no more memory for more content.

    Raises MediumRefused for what such a disc cannot hold, and OSError where the target cannot be written.
    """
    layout = _Layout([file.path for file in files], volume, udf=udf)
    too_long = [file.path for file in files if (file.size or 0) > iso_records.LARGEST_FILE]
    if too_long:
        raise _too_long(too_long[0])
    with target.open("xb", buffering=0) as image:
        sector = layout.first
        for file, node in zip(files, layout.nodes, strict=True):
            node.place = sector
            os.lseek(image.fileno(), sector * SECTOR, os.SEEK_SET)
            done = copier.copy(file, lambda piece: _write(image.fileno(), piece))
            if done.size > iso_records.LARGEST_FILE:
                raise _too_long(file.path)
            node.size = done.size
            sector += -(-done.size // SECTOR)
        image.truncate((sector + _PADDING) * SECTOR)
        for place, data in layout.pieces(sector + _PADDING):
            os.lseek(image.fileno(), place * SECTOR, os.SEEK_SET)
            _write(image.fileno(), memoryview(data))
        os.fsync(image.fileno())
    return copier.written


def image_bytes(files: Sequence[PackageFile], sizes: Sequence[int], *, udf: bool) -> int:
    """How long an image of files of these sizes is, to the byte."""
    layout = _Layout([file.path for file in files], Volume("", datetime.fromtimestamp(0, UTC)), udf=udf)
    return (layout.first + sum(-(-size // SECTOR) for size in sizes) + _PADDING) * SECTOR


def _write(descriptor: int, piece: memoryview) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


def _too_long(path: str) -> MediumRefused:
    return MediumRefused(f"{path} is longer than 4 GB, which a disc image cannot hold. Write to a folder instead.")


class _Layout:
    """Which sectors are for what."""

    def __init__(self, paths: Sequence[str], volume: Volume, *, udf: bool) -> None:
        self._volume = volume
        self._root, self.nodes = iso_records.tree_of(paths)
        self._folders = iso_records.folders_of(self._root)
        self._udf = None
        at = _FIRST_DESCRIPTOR + 3
        if udf:
            self._udf = Udf(volume, self._folders, self.nodes)
            at = udf_records.PARTITION + self._udf.blocks
        self._more_at = at
        self._plain, self._joliet = Plain(volume.made_at, at), Joliet(volume.made_at)
        at += 1
        self._tables: dict[Plain, tuple[int, int, int]] = {}
        self._sizes: dict[Plain, dict[Node, int]] = {}
        for names in (self._plain, self._joliet):
            length = len(iso_records.path_table(names, self._folders, "<"))
            room = -(-length // SECTOR)
            self._tables[names] = (length, at, at + room)
            at += 2 * room
            sizes = self._sizes[names] = {}
            for folder in self._folders:
                names.set_place(folder, at)
                sizes[folder] = len(iso_records.folder_sectors(names, folder, {}))
                at += sizes[folder] // SECTOR
        self.first = at

    def pieces(self, sectors: int) -> Iterator[tuple[int, bytes]]:
        """Everything but the files, once these have their places: sectors with their bytes."""
        volume = self._volume
        for number, names in enumerate((self._plain, self._joliet)):
            sizes, table = self._sizes[names], self._tables[names]
            yield (
                _FIRST_DESCRIPTOR + number,
                iso_records.descriptor(volume, names, self._root, sizes[self._root], sectors, table),
            )
            yield table[1], iso_records.path_table(names, self._folders, "<")
            yield table[2], iso_records.path_table(names, self._folders, ">")
            for folder in self._folders:
                yield names.place(folder), iso_records.folder_sectors(names, folder, sizes)
        yield _FIRST_DESCRIPTOR + 2, iso_records.last_descriptor()
        yield self._more_at, iso_records.extension_record()
        if self._udf is not None:
            yield _FIRST_DESCRIPTOR + 3, udf_records.recognition()
            yield from self._udf.sequences(sectors)
            at = udf_records.PARTITION
            for data in self._udf.partition():
                yield at, data
                at += len(data) // SECTOR
