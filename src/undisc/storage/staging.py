"""Where files wait on this machine before they are published, and how the next start tells whose process has died."""

import fcntl
import itertools
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_JOURNAL = "journal"


def parts_of(key: str) -> tuple[str, ...]:
    """A key's parts; raises ValueError for one that would leave the place it is kept in."""
    parts = tuple(part for part in key.split("/") if part not in ("", "."))
    if not parts or key.startswith("/") or ".." in parts:
        raise ValueError("a key stays inside the folder")
    return parts


class Staging:
    """One batch's folder. Its journal is locked for as long as the process lives that writes to it."""

    def __init__(self, folder: Path, journal: BinaryIO) -> None:
        self.folder = folder
        self.published = False
        self.doubted = False
        self._journal = journal
        self._numbers = itertools.count(1)

    @property
    def name(self) -> str:
        return self.folder.name

    def stage(self) -> Path:
        """A fresh name to write one file to."""
        return self.folder / f"{next(self._numbers):06d}"

    def note(self, keys: Iterable[str]) -> None:
        """Write down what is about to be published; when this returns, it survives a power cut."""
        self._journal.write("".join(json.dumps(key) + "\n" for key in keys).encode())
        self._journal.flush()
        os.fsync(self._journal.fileno())
        sync_file(self.folder)

    def noted(self) -> list[str]:
        self._journal.seek(0)
        return keys_in(self._journal.read())

    def clear(self) -> int:
        """Remove the folder. Returns how many files were left in it, the journal not counted."""
        left = self._clear_files()
        (self.folder / _JOURNAL).unlink(missing_ok=True)
        self.folder.rmdir()
        return left

    def leave(self) -> None:
        """Keep the journal for the next start, which asks the database what became of what was published."""
        self._clear_files()

    def _clear_files(self) -> int:
        left = [path for path in self.folder.iterdir() if path.name != _JOURNAL]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


@contextmanager
def opened(root: Path) -> Iterator[Staging]:
    """A new batch's folder below root, gone afterwards.

    Only where the block fails after it published anything, or what was published is doubted, does the journal stay,
    since nobody knows then whether the rows were committed.
    """
    folder, journal = _own_folder(root)
    with journal:
        staging = Staging(folder, journal)
        try:
            yield staging
        except BaseException:
            if staging.published:
                staging.leave()
            else:
                staging.clear()
            raise
        if staging.doubted:
            staging.leave()
        else:
            staging.clear()


def _own_folder(root: Path) -> tuple[Path, BinaryIO]:
    """A new folder with its journal, locked as long as this process lives.

    To a start elsewhere a batch without its lock is an abandoned one, even in the instant before it is locked here;
    where that start was quicker, the folder is gone, and another is made.
    """
    while True:
        folder = root / secrets.token_hex(8)
        folder.mkdir(parents=True)
        journal = (folder / _JOURNAL).open("a+b")
        fcntl.flock(journal, fcntl.LOCK_EX)
        if (folder / _JOURNAL).exists():
            return folder, journal
        journal.close()


def abandoned(root: Path) -> Iterator[Staging]:
    """The batches below root whose process has died, locked while each is looked at; clearing is the caller's."""
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            journal = (folder / _JOURNAL).open("r+b")
        except (FileNotFoundError, NotADirectoryError):
            # A batch has no journal only for an instant at its birth and at its end; either way it holds nothing.
            continue
        with journal:
            try:
                fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield Staging(folder, journal)


def keys_in(raw: bytes) -> list[str]:
    """The keys that a journal names, up to where a power cut tore it: what it does not name was not moved."""
    found: list[str] = []
    for line in raw.decode(errors="replace").splitlines():
        try:
            key = json.loads(line)
        except ValueError:
            break
        if isinstance(key, str):
            found.append(key)
    return found


def sync_file(path: Path) -> None:
    """Make a file's bytes, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
