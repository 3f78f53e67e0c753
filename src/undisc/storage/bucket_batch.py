"""A batch on its way into a bucket, and the signs of life by which replicas leave each other's batches alone."""

import errno
import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import obstore
from obstore.store import S3Store

from undisc.storage.refusals import told_plainly
from undisc.storage.staging import Staging, keys_in, parts_of

INCOMING = "incoming"
_JOURNAL = "journal"
_LOST = "lost"
_LISTED_FROM = 8
_SIGNS_A_LEASE = 8

# S3 copies no object above 5 GB in one request; such a file is sent to its key when it is published.
_MOST_COPIED = 5 * 1000**3
PARTS_AT_ONCE = 2  # of one file, each of which is in memory as a whole; several files are sent at a time


class BucketBatch:
    """Files staged on this machine: sent to incoming/<batch>/, then copied to their keys inside the bucket."""

    def __init__(self, store: S3Store, staging: Staging, workers: ThreadPoolExecutor, part: int) -> None:
        self._store = store
        self._staging = staging
        self._workers = workers
        self._part = part
        self._sent: set[Path] = set()
        self._given: set[Path] = set()
        self._keys: list[str] = []
        self._journal = b""
        self._journal_sent = False
        self._lock = threading.Lock()
        self._over = False

    def stage(self) -> Path:
        """A fresh local name to write one file to."""
        return self._staging.stage()

    def sync(self, staged: Iterable[Path]) -> None:
        """When this returns, the bucket has the bytes of these files, which is durable. Hold no transaction for it."""

        def send(path: Path) -> None:
            if path.stat().st_size <= _MOST_COPIED:
                self._send(path, self._place(path))
                self._sent.add(path)

        list(self._workers.map(send, staged))

    def publish(self, staged: Iterable[tuple[Path, str]]) -> None:
        """Give synced files their keys; when this returns, they are found there.

        Call it in the transaction that has inserted their rows, and commit after: a blob without a row is only ever
        one that the batch's journal, itself in the bucket, names. Bears being called anew with the same files.
        """
        pairs = self._out_of_the_way([(path, "/".join(parts_of(key))) for path, key in staged])
        if not pairs:
            return
        self._staging.published = True
        with self._lock:
            self._keys += [key for _, key in pairs]
            self._journal = "".join(json.dumps(key) + "\n" for key in self._keys).encode()
            self._write_journal()

        def give_key(pair: tuple[Path, str]) -> None:
            path, key = pair
            if path not in self._sent:
                self._send(path, key)
            else:
                with told_plainly():
                    obstore.copy(self._store, self._place(path), key)
                    size = obstore.head(self._store, key)["size"]
                if size != path.stat().st_size:
                    raise OSError(errno.EIO, "The bucket did not copy a blob whole")
            self._given.add(path)

        list(self._workers.map(give_key, pairs))

    def undo(self, has_row: Callable[[str], bool]) -> None:
        """Remove what was published and has no row."""
        lost = [key for key in self._keys if not has_row(key)]
        if lost:
            with told_plainly():
                obstore.delete(self._store, lost)
        self._staging.doubted = False

    def doubt(self) -> None:
        """What was published stays noted, for the next start here and for others when the lease has ended."""
        self._staging.doubted = self._staging.published

    def _out_of_the_way(self, pairs: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
        """Set blobs without a row aside that lie where others are to. Returns the pairs that are still to be done."""
        there = self._sizes([key for _, key in pairs])

        def is_free(pair: tuple[Path, str]) -> bool:
            path, key = pair
            size = there.get(key)
            if size is None:
                return True
            if size == path.stat().st_size and (path in self._given or self._holds(key, path)):
                # It may be all that is left of a lost archive, and so is not noted as ours to undo.
                return False
            self._set_lost(key, size)
            return True

        free = list(self._workers.map(is_free, pairs))
        return [pair for pair, is_to_do in zip(pairs, free, strict=True) if is_to_do]

    def _sizes(self, keys: list[str]) -> dict[str, int]:
        """The sizes of those that are there. Many in one folder are asked for at once."""
        folders: dict[str, set[str]] = {}
        for key in keys:
            folders.setdefault(key.rpartition("/")[0], set()).add(key)
        one_by_one = [key for some in folders.values() if len(some) < _LISTED_FROM for key in some]
        found = {key: size for key, size in self._workers.map(self._size, one_by_one) if size is not None}
        for folder, some in folders.items():
            if len(some) >= _LISTED_FROM:
                with told_plainly():
                    for page in obstore.list(self._store, folder):
                        found.update({meta["path"]: meta["size"] for meta in page if meta["path"] in some})
        return found

    def _size(self, key: str) -> tuple[str, int | None]:
        try:
            with told_plainly():
                return key, obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return key, None

    def _holds(self, key: str, path: Path) -> bool:
        """Whether a blob has the bytes of a file."""
        with told_plainly(), path.open("rb") as file:
            for chunk in obstore.get(self._store, key).stream(self._part):
                if file.read(len(chunk)) != bytes(chunk):
                    return False
            return not file.read(1)

    def _set_lost(self, key: str, size: int) -> None:
        """Copy a blob without a row out of the way, as it may be an original whose database was lost."""
        place = f"{_LOST}/{key}.{secrets.token_hex(4)}"
        with told_plainly():
            if size <= _MOST_COPIED:
                obstore.copy(self._store, key, place)
            else:
                obstore.put(self._store, place, iter(obstore.get(self._store, key).stream(self._part)))

    def drop(self, *, keep_journal: bool) -> None:
        """The end of the batch. What stays is cleaned up when its lease has ended, so a refusal now is no error."""
        with self._lock:
            self._over = True
        places = [self._place(path) for path in self._sent]
        if self._journal_sent and not keep_journal:
            places.append(self._place(_JOURNAL))
        try:
            with told_plainly():
                if places:
                    obstore.delete(self._store, places)
        except OSError:
            return

    def show_life(self) -> None:
        """Renew the lease, which is the age of the journal in the bucket."""
        with self._lock:
            if not self._over:
                self._write_journal()

    def _write_journal(self) -> None:
        self._journal_sent = True
        with told_plainly():
            obstore.put(self._store, self._place(_JOURNAL), self._journal)

    def _send(self, path: Path, name: str) -> None:
        with told_plainly():
            obstore.put(self._store, name, path, chunk_size=self._part, max_concurrency=PARTS_AT_ONCE)

    def _place(self, path: Path | str) -> str:
        return f"{INCOMING}/{self._staging.name}/{path.name if isinstance(path, Path) else path}"


class Leases:
    """A batch lives as long as anything of it in the bucket is younger than the lease, by the bucket's own clock."""

    def __init__(self, store: S3Store, lease: timedelta) -> None:
        self._store = store
        self._lease = lease
        self._held: set[BucketBatch] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def held(self, batch: BucketBatch) -> Iterator[None]:
        """Renewed in the background until the block ends."""
        with self._changed:
            self._held.add(batch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(batch)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread:
            self._thread.join()

    def _renew(self) -> None:
        pause = self._lease.total_seconds() / _SIGNS_A_LEASE
        while True:
            with self._changed:
                self._changed.wait(pause)
                if self._closed:
                    return
                held = list(self._held)
            for batch in held:
                try:
                    batch.show_life()
                except OSError:
                    continue  # the next sign may come through; a lease lasts for several

    def ended(self, known: set[str]) -> list[str]:
        """The batches of other machines that show no sign of life any more."""
        youngest: dict[str, datetime] = {}
        for path, modified in self._incoming(INCOMING):
            name = path.split("/")[1]
            youngest[name] = max(modified, youngest.get(name, modified))
        for name in known:
            youngest.pop(name, None)
        if not youngest:
            return []
        now = self._now()
        return [name for name, modified in sorted(youngest.items()) if now - modified > self._lease]

    def clean(self, name: str, has_row: Callable[[str], bool]) -> int:
        """Remove all of a dead batch, its journal last. Returns how many blobs were removed, not counting that."""
        removed = 0
        with told_plainly():
            try:
                journal = obstore.get(self._store, f"{INCOMING}/{name}/{_JOURNAL}").bytes().to_bytes()
            except (obstore.exceptions.NotFoundError, FileNotFoundError):
                journal = b""
            for key in keys_in(journal):
                if not has_row(key) and self._exists(key):
                    obstore.delete(self._store, key)
                    removed += 1
            staged = [path for path, _ in self._incoming(f"{INCOMING}/{name}")]
            files = [path for path in staged if not path.endswith(f"/{_JOURNAL}")]
            for found in (files, [path for path in staged if path not in files]):
                if found:
                    obstore.delete(self._store, found)
        return removed + len(files)

    def _exists(self, key: str) -> bool:
        try:
            obstore.head(self._store, key)
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return False
        return True

    def _incoming(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        with told_plainly():
            for page in obstore.list(self._store, prefix):
                for meta in page:
                    if meta["path"].count("/") >= 2:
                        yield meta["path"], meta["last_modified"]

    def _now(self) -> datetime:
        """The bucket's time: replicas' clocks need not agree."""
        name = f"{INCOMING}/{secrets.token_hex(8)}"
        with told_plainly():
            obstore.put(self._store, name, b"now")
            try:
                return obstore.head(self._store, name)["last_modified"]
            finally:
                obstore.delete(self._store, name)
