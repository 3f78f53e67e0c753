"""All originals of a link as one ZIP, written while it is read and gone when the link is."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from undisc.archive.model import Original
from undisc.errors import UndiscError

_CHUNK = 1 << 18
_ASK_AGAIN_AFTER = 32 << 20
_MODE = 0o100644


class DownloadStopped(UndiscError):
    """The link was closed while its pictures were on their way: the ZIP stays unfinished and no tool takes it whole."""


@dataclass(frozen=True, slots=True)
class Package:
    """A ZIP on its way: its length to the byte, and its bytes a quarter of a megabyte at a time."""

    length: int
    chunks: Iterator[bytes]


def package(originals: Sequence[Original], made_at: datetime, still_allowed: Callable[[], bool]) -> Package:
    """Pictures hardly get smaller, so they are stored as they are: the length is known before the first byte leaves.

    Raises DownloadStopped from its chunks as soon as `still_allowed` says no; it is asked before each file and
    again within long ones.
    """
    return Package(zip_length(originals, made_at), zip_chunks(originals, made_at, still_allowed))


def noted_at_the_end(chunks: Iterable[bytes], note: Callable[[], None]) -> Iterator[bytes]:
    """The same chunks. The note is made before the last is handed over: a client hangs up as soon as it has that."""
    held = b""
    for chunk in chunks:
        if held:
            yield held
        held = chunk
    note()
    yield held


def zip_length(originals: Sequence[Original], made_at: datetime, password: str | None = None) -> int:
    """How many bytes a ZIP of these has."""
    # Loaded here, since most commands make no package and its ciphers take a tenth of their start.
    from stream_zip import NO_COMPRESSION_64, stream_zip

    stamp = made_at.astimezone(UTC)
    # The frame around the files does not depend on what is in them (ZIP64 throughout), so empty files measure it.
    frame = ((original.name, stamp, _MODE, NO_COMPRESSION_64(0, 0), iter(())) for original in originals)
    return sum(len(chunk) for chunk in stream_zip(frame, password=password)) + sum(
        original.size for original in originals
    )


def zip_chunks(
    originals: Iterable[Original],
    made_at: datetime,
    still_allowed: Callable[[], bool],
    password: str | None = None,
) -> Iterator[bytes]:
    """The bytes of a ZIP; the next original is asked for when the one before has gone. Raises as `package` does.

    password: locks what is in the files, though not their names, with AES-256 (WinZip's AE-2).
    """
    from stream_zip import NO_COMPRESSION_64, stream_zip

    stamp = made_at.astimezone(UTC)
    members = (
        (original.name, stamp, _MODE, NO_COMPRESSION_64(original.size, _crc(original)), _read(original, still_allowed))
        for original in _while_allowed(originals, still_allowed)
    )
    return iter(stream_zip(members, chunk_size=_CHUNK, password=password))


def _while_allowed(originals: Iterable[Original], still_allowed: Callable[[], bool]) -> Iterator[Original]:
    for original in originals:
        if not still_allowed():
            raise DownloadStopped
        yield original


def _crc(original: Original) -> int:
    # A stored member states its checksum before its bytes, so a file is read twice; the second time from memory.
    crc = 0
    with original.open() as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def _read(original: Original, still_allowed: Callable[[], bool]) -> Iterator[bytes]:
    since = 0
    with original.open() as file:
        while chunk := file.read(_CHUNK):
            since += len(chunk)
            if since >= _ASK_AGAIN_AFTER:
                since = 0
                if not still_allowed():
                    raise DownloadStopped
            yield chunk
