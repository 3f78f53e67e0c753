"""Blobs in an S3 bucket, shared by any number of replicas. This machine holds only what is on its way in or out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

import obstore
from obstore.store import S3Store

from undisc.storage import staging
from undisc.storage.bucket_batch import INCOMING, PARTS_AT_ONCE, BucketBatch, Leases
from undisc.storage.port import Lent
from undisc.storage.ranges import Fetched, open_ranges
from undisc.storage.refusals import told_plainly
from undisc.storage.staging import parts_of

if TYPE_CHECKING:
    from obstore import GetOptions

PART = 8 * 1024 * 1024
_FETCHED_AT_ONCE = 4
_AT_ONCE = 16
_LEASE = timedelta(minutes=10)


class Bucket:
    """Keys are those of the local folder, below the URL's prefix. Region, endpoint and access keys come from the usual
    AWS_* variables. Raises ValueError for a URL that names no bucket and OSError where the bucket cannot be used.

    lease: how long a batch lives on without a sign of life from its process, for replicas that cannot see its lock.
    """

    def __init__(self, url: str, scratch: Path, *, lease: timedelta = _LEASE) -> None:
        self.store = _connect(url)
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._staging, self._lending = scratch / INCOMING, scratch / "lent"
        self._workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="bucket")
        self._leases = Leases(self.store, lease)
        with told_plainly():
            next(iter(obstore.list(self.store, "studies", chunk_size=1)), None)
        self._closing = ExitStack()
        self._lent = self._closing.enter_context(staging.opened(self._lending))

    def close(self) -> None:
        self._leases.close()
        self._workers.shutdown()
        self._closing.close()

    def exists(self, key: str) -> bool:
        try:
            self._size(key)
        except FileNotFoundError:
            return False
        return True

    def _size(self, key: str) -> int:
        with told_plainly():
            return obstore.head(self.store, _named(key))["size"]

    def open(self, key: str) -> BinaryIO:
        """The blob as a seekable stream of one version of it; only what is read, and a little ahead, is fetched."""
        name = _named(key)
        return open_ranges(lambda start, end, etag: self._fetch(name, start, end, etag))

    def _fetch(self, name: str, start: int, end: int, etag: str | None) -> Fetched:
        options: GetOptions = {"range": (start, end)}
        if etag:
            options["if_match"] = etag
        with told_plainly():
            try:
                found = obstore.get(self.store, name, options=options)
                return Fetched(memoryview(found.bytes()), found.meta["size"], found.meta["e_tag"])
            except obstore.exceptions.GenericError:
                # A range of an empty blob is refused (416) by the standard.
                meta = obstore.head(self.store, name)
                if meta["size"]:
                    raise
                return Fetched(memoryview(b""), 0, meta["e_tag"])

    def read(self, key: str) -> bytes | None:
        """The whole blob, None where there is none."""
        name = _named(key)
        try:
            with told_plainly():
                return obstore.get(self.store, name).bytes().to_bytes()
        except FileNotFoundError:
            return None

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a prefix such as "studies/", in order; names that begin with a dot are none."""
        with told_plainly():
            for page in obstore.list(self.store, _named(prefix)):
                for meta in page:
                    if not meta["path"].rpartition("/")[2].startswith("."):
                        yield meta["path"]

    def delete(self, key: str) -> None:
        name = _named(key)
        with told_plainly():
            obstore.delete(self.store, name)

    def put_derived(self, key: str, data: bytes) -> None:
        """Replace a blob that can be made again: whole or not at all."""
        name = _named(key)
        with told_plainly():
            obstore.put(self.store, name, data, chunk_size=PART, max_concurrency=PARTS_AT_ONCE)

    def lend(self, key: str) -> Copy:
        """A copy of the blob on this machine, until it is given back."""
        copy = self._copy(key)
        try:
            self._download(_named(key), copy.path)
        except BaseException:
            copy.give_back()
            raise
        return copy

    def lend_place(self, key: str) -> Copy:
        return self._copy(key)

    def _copy(self, key: str) -> Copy:
        parts_of(key)
        return Copy(self._lent.stage())

    def _download(self, name: str, path: Path) -> None:
        """In parts, several at once and all of one version, so that no part outlasts the client's patience."""
        with path.open("wb", buffering=0) as out:
            first = self._fetch(name, 0, PART, None)

            def write(start: int, data: memoryview) -> None:
                while data:
                    written = os.pwrite(out.fileno(), data, start)
                    start, data = start + written, data[written:]

            def fetch(start: int) -> None:
                write(start, self._fetch(name, start, min(start + PART, first.size), first.etag).data)

            write(0, first.data)
            # A few at a time: each is in memory as a whole until it is written.
            for start in range(len(first.data), first.size, _FETCHED_AT_ONCE * PART):
                end = min(start + _FETCHED_AT_ONCE * PART, first.size)
                list(self._workers.map(fetch, range(start, end, PART)))

    def take_back(self, lent: Lent, key: str) -> None:
        """Send what was written to a lent place to its key."""
        name = _named(key)
        with told_plainly():
            obstore.put(self.store, name, lent.path, chunk_size=PART, max_concurrency=PARTS_AT_ONCE)

    def free_bytes(self) -> None:
        """A bucket does not say."""

    @contextmanager
    def batch(self) -> Iterator[BucketBatch]:
        """A place to write originals into before they are published; what was not published is gone afterwards."""
        with staging.opened(self._staging) as staged:
            batch = BucketBatch(self.store, staged, self._workers, PART)
            with self._leases.held(batch):
                try:
                    yield batch
                except BaseException:
                    batch.drop(keep_journal=staged.published)
                    raise
                batch.drop(keep_journal=staged.doubted)

    def abandoned(self, has_row: Callable[[str], bool]) -> int:
        """Undo what a killed process left half done, on this machine at once and elsewhere when its lease has ended.

        has_row(key) tells whether the database knows the blob, and must keep others from adding its row until the
        transaction ends. Returns how many blobs were removed.
        """
        for lent in staging.abandoned(self._lending):
            lent.clear()
        removed = 0
        for batch in staging.abandoned(self._staging):
            removed += self._leases.clean(batch.name, has_row)
            batch.clear()
        here = {folder.name for folder in self._staging.iterdir()} if self._staging.is_dir() else set[str]()
        for name in self._leases.ended(here):
            removed += self._leases.clean(name, has_row)
        return removed


class Copy:
    """A blob's copy on this machine, or the place for one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def give_back(self) -> None:
        self.path.unlink(missing_ok=True)


def _named(key: str) -> str:
    return "/".join(parts_of(key))


def _connect(url: str) -> S3Store:
    parsed = urlsplit(url)
    if parsed.scheme != "s3" or not parsed.netloc:
        raise ValueError("the storage's URL has to look like s3://bucket or s3://bucket/prefix")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    client: dict[str, object] = {"timeout": "60s", "connect_timeout": "5s", "allow_http": endpoint.startswith("http:")}
    with told_plainly():
        return S3Store.from_url(
            url,
            config={"endpoint": endpoint} if endpoint else None,
            client_options=client,  # pyright: ignore[reportArgumentType]
            retry_config={"max_retries": 8, "retry_timeout": timedelta(seconds=60)},
        )
