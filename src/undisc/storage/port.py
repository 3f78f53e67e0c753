"""What the archive asks of a place for blobs, whether a folder or a bucket. Keys are relative paths with slashes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol


class Batch(Protocol):
    """Files on their way in: write, sync, then, inside the transaction that holds their rows, publish."""

    def stage(self) -> Path:
        """A fresh local name to write one file to."""
        ...

    def sync(self, staged: Iterable[Path]) -> None:
        """When this returns, the bytes of these files survive a power cut. Needs no transaction, so hold none."""
        ...

    def publish(self, staged: Iterable[tuple[Path, str]]) -> None:
        """Give synced files their keys; when this returns, they are found there after a power cut too.

        Call it in the transaction that has inserted their rows, and commit after: two importers of one instance then
        wait for each other at the row, and a blob without a row is only ever one that a journal names. It bears being
        called anew with the same files where the transaction is. What lies at a key already, which can only be without
        a row, is never overwritten by other bytes: it is set aside below lost/.
        """
        ...

    def undo(self, has_row: Callable[[str], bool]) -> None:
        """After the transaction failed: remove what was published and has no row, asked for as `abandoned` asks."""
        ...

    def doubt(self) -> None:
        """Say that nobody knows what became of what was published: it stays noted for the next start, until `undo`."""
        ...


class Lent(Protocol):
    """A local file that holds, or is to hold, a blob; give it back when done with it."""

    @property
    def path(self) -> Path: ...

    def give_back(self) -> None: ...


class Storage(Protocol):
    """Blobs by their keys. Raises ValueError for a key that leaves the place, FileNotFoundError for a missing blob."""

    def open(self, key: str) -> BinaryIO:
        """The blob as a seekable stream; of a bucket, only the ranges that are read are fetched."""
        ...

    def read(self, key: str) -> bytes | None:
        """The whole blob, None where there is none."""
        ...

    def exists(self, key: str) -> bool: ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a prefix such as "studies/", in order."""
        ...

    def delete(self, key: str) -> None:
        """Remove a blob; a missing one is no error."""
        ...

    def put_derived(self, key: str, data: bytes) -> None:
        """Replace a blob that can be made again: whole or not at all, without waiting for the disk."""
        ...

    def lend(self, key: str) -> Lent:
        """A blob as a local file for other processes to read."""
        ...

    def lend_place(self, key: str) -> Lent:
        """A local name for a derived blob that another process is to write; its folder exists."""
        ...

    def take_back(self, lent: Lent, key: str) -> None:
        """Keep what was written to a lent place under its key."""
        ...

    def free_bytes(self) -> int | None:
        """How much room is left; None where that cannot be said."""
        ...

    def batch(self) -> AbstractContextManager[Batch]:
        """A batch of originals; what it did not publish is gone afterwards."""
        ...

    def abandoned(self, has_row: Callable[[str], bool]) -> int:
        """Undo what a killed process left half done: staged files go, and blobs that never got their row.

        has_row(key) tells whether the database knows the blob; call this in a write transaction, so that nobody can
        commit a row between the question and the deletion. Returns how many blobs were removed.
        """
        ...

    def close(self) -> None: ...
