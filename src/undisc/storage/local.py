"""Blobs in a local folder: plain files under plain names, and a way to put many there that a power cut cannot tear."""

import errno
import filecmp
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from undisc.storage import staging
from undisc.storage.port import Lent
from undisc.storage.staging import parts_of, sync_file

_STAGING = "incoming"
_LOST = "lost"


class LocalFolder:
    """Keys are relative paths with forward slashes; they are made by the archive, never by what comes in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = str(root)
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._syncers = ThreadPoolExecutor(8, thread_name_prefix="sync")
        self._folders: set[Path] = set()

    def close(self) -> None:
        self._syncers.shutdown()

    def path(self, key: str) -> Path:
        """Where a key's bytes lie; raises ValueError for a key that would leave the folder."""
        return self.root.joinpath(*parts_of(key))

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def open(self, key: str) -> BinaryIO:
        # Not by way of Path: a series has a thousand files, which leave within a fifth of a second.
        return open("/".join((self._folder, *parts_of(key))), "rb")  # noqa: PTH123

    def read(self, key: str) -> bytes | None:
        """The whole blob, None where there is none."""
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError:
            return None

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a prefix such as "studies/", in order; names that begin with a dot are none."""
        folder = self.path(prefix)
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(self.root).as_posix()

    def lend(self, key: str) -> "OwnFile":
        """The blob's own file."""
        path = self.path(key)
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "There is no such blob")
        return OwnFile(path)

    def lend_place(self, key: str) -> "OwnFile":
        """Where the blob is to lie; its folder exists."""
        path = self.path(key)
        if path.parent not in self._folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        return OwnFile(path)

    def take_back(self, lent: Lent, key: str) -> None:
        """It lies there already."""

    def put_derived(self, key: str, data: bytes) -> None:
        """Replace a blob that can be made again: whole or not at all, without waiting for the disk."""
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        fresh.write_bytes(data)
        fresh.replace(path)

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        found = os.statvfs(self.root)
        return found.f_bavail * found.f_frsize

    @contextmanager
    def batch(self) -> Iterator["FolderBatch"]:
        """A place to write originals into before they are published; what was not published is gone afterwards."""
        with staging.opened(self.root / _STAGING) as staged:
            yield FolderBatch(self, staged, self._syncers)

    def abandoned(self, has_row: Callable[[str], bool]) -> int:
        """Undo what a killed process left half done: staged files go, and published files that never got their row.

        has_row(key) tells whether the database knows the blob; call this in a write transaction, so that nobody can
        commit a row between the question and the deletion. Returns how many files were removed.
        """
        removed = 0
        for batch in staging.abandoned(self.root / _STAGING):
            for key in batch.noted():
                if self.exists(key) and not has_row(key):
                    self.delete(key)
                    removed += 1
            removed += batch.clear()
        return removed


class OwnFile:
    """A blob of a folder, lent: it is a local file as it is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def give_back(self) -> None:
        """Nothing was copied."""


class FolderBatch:
    """Staged files of one batch: write, sync, then, inside the transaction that holds their rows, publish."""

    def __init__(self, store: LocalFolder, batch: staging.Staging, syncers: ThreadPoolExecutor) -> None:
        self._store = store
        self._staging = batch
        self._syncers = syncers
        self._moved: set[Path] = set()

    def stage(self) -> Path:
        """A fresh name to write one file to."""
        return self._staging.stage()

    def sync(self, staged: Iterable[Path]) -> None:
        """When this returns, the bytes of these files survive a power cut. Needs no transaction, so hold none."""
        files = list(staged)
        if len(files) == 1:
            sync_file(files[0])
        else:
            list(self._syncers.map(sync_file, files))

    def publish(self, staged: Iterable[tuple[Path, str]]) -> None:
        """Move synced files to their keys; when this returns, their names survive a power cut too.

        Call it in the transaction that has inserted their rows, and commit after: two importers of one instance then
        wait for each other at the row, and a file without a row is only ever one that the journal names.
        """
        pairs = [(source, self._store.path(key), key) for source, key in staged if not self._is_moved(source, key)]
        touched: set[Path] = set()
        fresh: list[tuple[Path, Path, str]] = []
        for source, target, key in pairs:
            if not target.exists():
                fresh.append((source, target, key))
            elif filecmp.cmp(source, target, shallow=False):
                # It may be all that is left of a lost archive, and so is not noted as ours to undo.
                touched.update((target, target.parent))
            else:
                touched.update(self._set_lost(target, key))
                fresh.append((source, target, key))
        if fresh:
            self._staging.note(key for _, _, key in fresh)
            self._staging.published = True
        for source, target, _ in fresh:
            touched.update(_make_folders(target.parent, self._store.root))
            source.replace(target)
            self._moved.add(source)
            touched.add(target.parent)
        list(self._syncers.map(sync_file, touched))

    def _is_moved(self, source: Path, key: str) -> bool:
        return source in self._moved and self._store.exists(key)

    def undo(self, has_row: Callable[[str], bool]) -> None:
        """Remove what was published and has no row."""
        for key in self._staging.noted():
            if self._store.exists(key) and not has_row(key):
                self._store.delete(key)
        self._staging.doubted = False

    def doubt(self) -> None:
        """What was published stays noted for the next start."""
        self._staging.doubted = self._staging.published

    def _set_lost(self, target: Path, key: str) -> list[Path]:
        """Put a file without a row out of the way, as it may be an original whose database was lost.

        Returns the folders that got a new entry.
        """
        place = self._store.path(f"{_LOST}/{key}.{secrets.token_hex(4)}")
        made = _make_folders(place.parent, self._store.root)
        target.replace(place)
        return [*made, place.parent]


def _make_folders(folder: Path, root: Path) -> list[Path]:
    """Make a folder and those above it; returns the folders that got a new entry and so want syncing."""
    missing = []
    while folder != root and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for made in reversed(missing):
        made.mkdir(exist_ok=True)
    return [made.parent for made in missing]
