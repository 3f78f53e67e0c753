"""Where packages are published: a folder that some web server shows, or a bucket. Both keep files by their paths."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from undisc.errors import UndiscError
from undisc.export.folder import sync

if TYPE_CHECKING:
    from obstore.store import S3Store

_TYPES = {
    "HTM": "text/html; charset=utf-8",
    "TXT": "text/plain; charset=utf-8",
    "JS": "text/javascript; charset=utf-8",
    "CSS": "text/css; charset=utf-8",
    "SVG": "image/svg+xml",
    "WSM": "application/wasm",
}
# A chunk never changes under its name. It is for the reader's own browser to keep, and for no cache in between, which
# would still have it when it is unpublished.
_LASTING = "private, max-age=604800, immutable"
_CHANGING = "private, no-cache"


class HostRefused(UndiscError):
    """A place does not take, give or remove what it was asked to; the text is a plain sentence."""


class Host(Protocol):
    """Files below one address. Paths have "/" between their parts. Safe to be used from several threads.

    Raises HostRefused where the place cannot be used.
    """

    def put(self, path: str, data: bytes) -> None:
        """Keep a file, whole, over one that is there."""
        ...

    def read(self, path: str) -> bytes | None:
        """None where there is none."""
        ...

    def delete(self, path: str) -> None:
        """A missing one is no error."""
        ...

    def settle(self, folder: str) -> None:
        """Return once all that was put into a folder outlasts the loss of power."""
        ...

    def tidy(self, folder: str) -> None:
        """Remove what is left of a folder whose files were deleted, where places have such a thing."""
        ...


def open_host(place: str) -> Host:
    """The host at s3://bucket/prefix, or in a folder. Raises HostRefused."""
    if place.startswith("s3://"):
        return BucketHost(place)
    if "://" in place:
        raise HostRefused("Say where to publish as s3://bucket/prefix, or as a folder.")
    return FolderHost(Path(place))


def content_type(path: str) -> str:
    return _TYPES.get(path.rpartition(".")[2], "application/octet-stream")


def cache_control(path: str) -> str:
    return _LASTING if path.rpartition("/")[2].startswith("C0") else _CHANGING


class FolderHost:
    """A folder on this machine, or one that is mounted here."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        with _plainly():
            self._root.mkdir(parents=True, exist_ok=True)

    def put(self, path: str, data: bytes) -> None:
        with _plainly():
            target = self._root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    os.fchmod(file.fileno(), 0o644)  # a web server of another user is to read it
                    file.write(data)
                Path(name).replace(target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def read(self, path: str) -> bytes | None:
        with _plainly():
            try:
                return (self._root / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def delete(self, path: str) -> None:
        with _plainly():
            (self._root / path).unlink(missing_ok=True)

    def settle(self, folder: str) -> None:
        # Not file by file as they come: by now the system has long begun to write the first of them.
        with _plainly():
            top = self._root / folder
            for path in (*top.rglob("*"), top, self._root):
                sync(path)

    def tidy(self, folder: str) -> None:
        top = self._root / folder
        for below in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            _remove_empty(below)
        _remove_empty(top)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # something lies in it that is not ours


class BucketHost:
    """A bucket of S3 or of what speaks like it. Region, endpoint and keys come from the usual AWS_* variables."""

    def __init__(self, url: str) -> None:
        self._store = _connect(url)
        self._look()

    def _look(self) -> None:
        """Find out now whether there is such a bucket, before a whole package is made for it."""
        import obstore
        from obstore.exceptions import BaseError, PermissionDeniedError

        with _plainly():
            try:
                next(iter(obstore.list(self._store, chunk_size=1)), None)
            except PermissionDeniedError:
                return  # who may write need not be allowed to list
            except (BaseError, FileNotFoundError) as error:
                if isinstance(error, FileNotFoundError) or "NoSuchBucket" in str(error):
                    raise HostRefused("There is no such bucket.") from None
                raise

    def put(self, path: str, data: bytes) -> None:
        import obstore

        told = {"Content-Type": content_type(path), "Cache-Control": cache_control(path)}
        with _plainly():
            obstore.put(self._store, path, data, attributes=told)  # pyright: ignore[reportArgumentType]

    def read(self, path: str) -> bytes | None:
        import obstore

        with _plainly():
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except _missing():
                return None

    def delete(self, path: str) -> None:
        import obstore

        with _plainly():
            try:
                obstore.delete(self._store, path)
            except _missing():
                return

    def settle(self, folder: str) -> None:
        """A bucket that has said yes has it."""

    def tidy(self, folder: str) -> None:
        """A bucket has no folders."""


def _connect(url: str) -> "S3Store":
    from obstore.store import S3Store

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    client: dict[str, object] = {"timeout": "60s", "connect_timeout": "5s", "allow_http": endpoint.startswith("http:")}
    with _plainly():
        return S3Store.from_url(
            url,
            config={"endpoint": endpoint} if endpoint else None,
            client_options=client,  # pyright: ignore[reportArgumentType]
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)},
        )


def _missing() -> tuple[type[Exception], ...]:
    from obstore.exceptions import NotFoundError

    return (FileNotFoundError, NotFoundError)


@contextmanager
def _plainly() -> Iterator[None]:
    """Raises HostRefused for what the operating system or the bucket's client raises, whose texts may hold addresses
    and keys, and are kept as the cause only."""
    try:
        yield
    except HostRefused:
        raise
    except PermissionError as error:
        raise HostRefused("The place to publish to cannot be written to with the rights that Undisc has.") from error
    except (OSError, ValueError) as error:
        raise HostRefused("The place to publish to cannot be reached, or is full.") from error
    except Exception as error:
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
            raise HostRefused("The bucket refuses the access keys that it was given.") from error
        if isinstance(error, BaseError):
            raise HostRefused("The bucket cannot be reached, or did not do what it was asked.") from error
        raise
