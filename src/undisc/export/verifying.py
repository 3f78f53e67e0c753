"""Reads back what was written, off the medium, through the same reader that imports, and compares it by digest."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from undisc.discs import Entry, Source, open_source
from undisc.discs.zip import ZipSource
from undisc.errors import SourceUnreadable
from undisc.export.copying import BLOCK, Nobody, Watcher
from undisc.export.model import Kind, Written

_REST = "; the others could not be read back as they were written."


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that is not on the medium as it was written, and why, as a plain sentence."""

    path: str
    reason: str
    is_image: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found on a medium. images: DICOM files that were written; the failed ones are among them."""

    images: int
    files: int
    failed: tuple[Failed, ...]

    @property
    def is_good(self) -> bool:
        return not self.failed

    @property
    def good_images(self) -> int:
        return self.images - sum(each.is_image for each in self.failed)

    @property
    def sentence(self) -> str:
        """What this amounts to, for people."""
        if not self.images:  # a sealed medium: no image is a file of its own
            good = self.files - len(self.failed)
            return f"{good} of {self.files} files verified{'.' if self.is_good else _REST}"
        counted = f"{self.good_images} of {self.images} images verified"
        if self.is_good:
            return f"{counted}."
        if self.good_images == self.images:
            return f"{counted}, but {len(self.failed)} other files could not be read back as they were written."
        return f"{counted}; {len(self.failed)} files could not be read back as they were written."


def verify(
    place: Path, written: Sequence[Written], watcher: Watcher | None = None, password: str | None = None
) -> Verified:
    """Compare a folder, an image, a ZIP or the disc in a drive with what was written. A bad medium is no error.

    password: what a ZIP is locked with.
    """
    images = sum(file.kind is Kind.DICOM for file in written)
    told = watcher or Nobody()
    try:
        _forget(place)
        source = open_source(place)
        if password is not None and isinstance(source, ZipSource):
            source.unlock(password)
    except (SourceUnreadable, OSError) as error:
        reason = str(error) if isinstance(error, SourceUnreadable) else "The medium cannot be read."
        return Verified(images, len(written), tuple(_failed(file, reason) for file in written))
    try:
        there = {entry.path: entry for entry in source.entries() if isinstance(entry, Entry)}
        failed: list[Failed] = []
        for file in written:
            if source.kind == "folder":
                _forget(place / file.path)
            reason = _compare(source, there.get(file.path), file, told)
            if reason:
                failed.append(_failed(file, reason))
        return Verified(images, len(written), tuple(failed))
    finally:
        source.close()


def _failed(file: Written, reason: str) -> Failed:
    return Failed(file.path, reason, file.kind is Kind.DICOM)


def _compare(source: Source, entry: Entry | None, file: Written, watcher: Watcher) -> str:
    """Why a file is not what was written, "" where it is."""
    if entry is None:
        return "It is not on the medium."
    digest = hashlib.sha256()
    size = 0
    try:
        with source.open(entry) as stream:
            while piece := stream.read(BLOCK):
                digest.update(piece)
                size += len(piece)
                watcher.checked(len(piece))
    except OSError:
        return "It cannot be read off the medium."
    if size != file.size or digest.hexdigest() != file.sha256:
        return "What is on the medium is not what was written."
    return ""


def _forget(path: Path) -> None:
    """Let go of what the system still holds of a file in memory, so that it is read off the medium."""
    if path.is_dir() or not hasattr(os, "posix_fadvise"):
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
