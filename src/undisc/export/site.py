"""The viewer's data on a medium: what the web door sends, as one stream of bytes cut into chunks that scripts can be.

A page opened from a file may load scripts and nothing else, so each chunk is one: `undisc(1,"<base64>")`. Chunk 0 is
the index, which says where each part lies in the stream; a part has the name that it has below /s/<link>/ at the door.
"""

import gzip
import json
import threading
from binascii import b2a_base64, crc32
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, Protocol

from undisc.archive.model import WireFrame
from undisc.discs.sealed import CHUNK, chunk_path, chunk_text, text_length
from undisc.errors import UndiscError
from undisc.export.model import Kind, PackageFile
from undisc.sharing import pictures as sharing
from undisc.sharing.manifest import manifest_of

_BLOCK = 1 << 18
_FIRST_CHUNK = 1
_SUM = len(b',"01234567"')
TAG = 16
"""Bytes that sealing adds to a chunk."""

Seal = Callable[[int, int, bytes], bytes]
"""Seals a chunk: its number, how many there are besides the index, its bytes. What comes out is TAG bytes longer."""


class DataChanged(UndiscError):
    """What was to be written is no longer what it was when the package was laid out."""


class Pictures(Protocol):
    """What is asked of the archive."""

    def series_manifest(self, series_id: int) -> bytes | None: ...

    def strip(self, series_id: int) -> bytes | None: ...

    def thumbnail(self, series_id: int) -> bytes | None: ...

    def frame(self, instance_id: int, frame: int) -> WireFrame | None: ...

    def document(self, instance_id: int) -> bytes | None: ...


class Medium(Protocol):
    @property
    def length(self) -> int: ...

    @property
    def read(self) -> Callable[[int, int], Iterator[bytes]]: ...


class Told(Protocol):
    """What is asked of the reports."""

    def told(self, instance_id: int) -> bytes | None: ...

    def samples(self, instance_id: int, group: int, block: int) -> bytes | None: ...

    def medium(self, instance_id: int, group: int = 0) -> Medium | None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One answer of the door. flag: "gzip" where the bytes are compressed so, else ""."""

    name: str
    length: int
    flag: str
    open: Callable[[], BinaryIO]


def site_manifest(pictures: sharing.Pictures, sender: str, study_ids: Sequence[int], until: str = "") -> bytes:
    """The study manifest of a package, its first picture inside. until: a moment in ISO 8601, "" for a medium that
    lasts."""
    said = {"from": sender, "until": until, "may_download": True, "may_annotate": False}
    return manifest_of(said, study_ids, pictures, with_first=True)[0]


def site_files(
    pictures: Pictures,
    reports: Told,
    manifest: bytes,
    *,
    package: str,
    named: Mapping[int, str],
    inside: Sequence[PackageFile] = (),
    seal: Seal | None = None,
) -> list[PackageFile]:
    """DATA/C0000000.JS and those that follow it, their sizes known and no frame read yet.

    manifest: the study manifest, JSON; the series that it shows first comes first. package: 32 hexadecimal digits.
    named: rows of instances -> the paths of their files in the package. inside: files that lie within the stream, as a
    sealed package carries all of its own; those without a size are read once to learn it. Each file opens by itself;
    opened in order, nothing is read twice. Opening raises DataChanged where what is stored has become another.
    """
    parts = [*_study_parts(pictures, reports, manifest), *(_inner(file) for file in inside)]
    stream = _Stream(parts)
    count = -(-stream.length // CHUNK)
    index = _index(package, count, stream, named)
    files = [_file(0, len(index), lambda: index, count, seal)]
    for number in range(_FIRST_CHUNK, _FIRST_CHUNK + count):
        start = (number - _FIRST_CHUNK) * CHUNK
        length = min(CHUNK, stream.length - start)
        files.append(_file(number, length, partial(stream.read, start, length), count, seal))
    return files


def _file(number: int, length: int, read: Callable[[], bytes], count: int, seal: Seal | None) -> PackageFile:
    def opened() -> BinaryIO:
        data = read()
        return BytesIO(chunk_text(number, seal(number, count, data)) if seal else open_chunk_text(number, data))

    size = text_length(number, length + TAG) if seal else text_length(number, length) + _SUM
    return PackageFile(chunk_path(number), Kind.DATA, size, opened)


def open_chunk_text(number: int, data: bytes) -> bytes:
    """A chunk that nobody sealed, as the script that it is, with the CRC-32 of its bytes: a codestream has none of its
    own, and a changed bit would be a changed picture."""
    return b'undisc(%d,"%b","%08x")\n' % (number, b2a_base64(data, newline=False), crc32(data))


def _index(package: str, count: int, stream: "_Stream", named: Mapping[int, str]) -> bytes:
    index = {
        "v": 1,
        "package": package,
        "chunks": count,
        "bytes": stream.length,
        "parts": {part.name: [start, part.length, part.flag] for start, part in stream.placed()},
        "files": {str(instance): path for instance, path in named.items()},
    }
    # Without a time in its head, so that a package made anew from the same is the same.
    return gzip.compress(json.dumps(index, separators=(",", ":")).encode(), 6, mtime=0)


class _Stream:
    """All parts one after the other. Reading on where the last reading ended goes on in the same open part."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._starts: list[int] = []
        at = 0
        for part in parts:
            self._starts.append(at)
            at += part.length
        self.length = at
        self._turn = threading.Lock()
        self._open: tuple[int, BinaryIO] | None = None
        self._at = 0

    def placed(self) -> Iterator[tuple[int, Part]]:
        return zip(self._starts, self._parts, strict=True)

    def read(self, start: int, length: int) -> bytes:
        with self._turn:
            try:
                return self._read(start, length)
            except BaseException:
                self._close()
                raise

    def _read(self, start: int, length: int) -> bytes:
        out = bytearray()
        # The last that begins here or before: parts of no length, which begin where the next does, are passed over.
        place = bisect_right(self._starts, start) - 1
        while len(out) < length:
            part, skip = self._parts[place], start + len(out) - self._starts[place]
            wanted = min(part.length - skip, length - len(out))
            if wanted:
                out += self._piece(place, skip, wanted)
            place += 1
        return bytes(out)

    def _piece(self, place: int, skip: int, wanted: int) -> bytes:
        part = self._parts[place]
        if self._open is None or self._open[0] != place or self._at != skip:
            self._close()
            file = part.open()
            self._open, self._at = (place, file), 0
            _pass_over(file, skip)
            self._at = skip
        file = self._open[1]
        piece = _read_fully(file, wanted)
        self._at += len(piece)
        is_end = self._at == part.length
        if len(piece) != wanted or (is_end and file.read(1)):
            raise DataChanged("What was stored has changed since the package was begun. Make it anew.")
        if is_end:
            self._close()
        return piece

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def _pass_over(file: BinaryIO, length: int) -> None:
    if not length:
        return
    if file.seekable():
        file.seek(length)
        return
    while length and (piece := file.read(min(_BLOCK, length))):
        length -= len(piece)


def _read_fully(file: BinaryIO, length: int) -> bytes:
    piece = file.read(length)
    if len(piece) == length:
        return piece
    pieces, have = [piece], len(piece)
    while have < length and (piece := file.read(length - have)):
        pieces.append(piece)
        have += len(piece)
    return b"".join(pieces)


def _inner(file: PackageFile) -> Part:
    size = file.size
    if size is None:
        size = 0
        with file.open() as opened:
            while piece := opened.read(_BLOCK):
                size += len(piece)
    return Part(f"files/{file.path}", size, "", file.open)


def _study_parts(pictures: Pictures, reports: Told, manifest: bytes) -> Iterator[Part]:
    """What a viewer asks for first comes first, so that the first chunks are enough for the first picture."""
    told = json.loads(manifest)
    entries = [entry for study in told["studies"] for entry in study["series"]]
    first = (told.get("first") or {}).get("series")
    series = dict.fromkeys(sorted((entry["id"] for entry in entries), key=lambda one: one != first))
    manifests = {one: packed for one in series if (packed := pictures.series_manifest(one)) is not None}
    yield _held("study", gzip.compress(manifest, 5, mtime=0), "gzip")
    for one in series:
        if one in manifests:
            yield _held(f"series/{one}", manifests[one], "gzip")
        if (thumbnail := pictures.thumbnail(one)) is not None:
            yield _held(f"series/{one}/thumbnail", thumbnail)
    for one in series:
        if (strip := pictures.strip(one)) is not None:
            yield _made(f"series/{one}/strip", len(strip), partial(pictures.strip, one))
    yield from _documents(pictures, reports, entries)
    for packed in manifests.values():
        yield from _frames(pictures, packed)


def _documents(pictures: Pictures, reports: Told, entries: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    for entry in entries:
        form, instance = entry.get("form", ""), entry.get("instance")
        if entry.get("kind") != "document" or instance is None:
            continue
        if form == "pdf":
            if (pdf := pictures.document(instance)) is not None:
                yield _made(f"documents/{instance}", len(pdf), partial(pictures.document, instance))
        elif (packed := reports.told(instance)) is not None:
            yield _held(f"reports/{instance}", _undated(packed), "gzip")
            yield from _recorded(reports, instance, json.loads(gzip.decompress(packed)))


def _recorded(reports: Told, instance: int, told: Mapping[str, Any]) -> Iterator[Part]:
    kind = told.get("kind")
    groups: Sequence[Mapping[str, Any]] = told.get("groups", ()) if kind == "recording" else ()
    for number, group in enumerate(groups):
        for block in range(-(-group["samples"] // group["block"])):
            samples = reports.samples(instance, number, block)
            if samples is not None:
                again = partial(_samples, reports, instance, number, block)
                yield _made(f"reports/{instance}/samples/{number}/{block}", len(samples), again, "gzip")
    sounds = range(len(groups)) if told.get("sound") else range(1 if kind == "video" else 0)
    for number in sounds:
        medium = reports.medium(instance, number)
        if medium is not None and medium.length:
            yield Part(f"reports/{instance}/media/{number}", medium.length, "", partial(_PiecesFile, medium))


def _samples(reports: Told, *place: int) -> bytes | None:
    samples = reports.samples(*place)
    return _undated(samples) if samples is not None else None


def _undated(packed: bytes) -> bytes:
    """gzip without the time of its making (RFC 1952 2.3.1), so that what is made anew from the same is the same."""
    return packed[:4] + bytes(4) + packed[8:]


def _frames(pictures: Pictures, packed: bytes) -> Iterator[Part]:
    told = json.loads(gzip.decompress(packed))
    common = told.get("common", {})
    seen: set[tuple[int, int]] = set()
    for entry in told.get("frames", ()):
        frame = {**common, **entry}
        place = (frame["i"], frame["n"])
        if frame.get("wire") and frame["bytes"] and place not in seen:
            seen.add(place)
            flag = "" if frame["wire"] == "htj2k" else "gzip"
            yield Part(f"frames/{place[0]}/{place[1]}", frame["bytes"], flag, partial(_open_frame, pictures, *place))


def _open_frame(pictures: Pictures, instance: int, number: int) -> BinaryIO:
    return _opened(lambda: found.data if (found := pictures.frame(instance, number)) else None)


def _held(name: str, data: bytes, flag: str = "") -> Part:
    return Part(name, len(data), flag, partial(BytesIO, data))


def _made(name: str, length: int, make: Callable[[], bytes | None], flag: str = "") -> Part:
    return Part(name, length, flag, partial(_opened, make))


def _opened(make: Callable[[], bytes | None]) -> BinaryIO:
    data = make()
    if data is None:
        raise DataChanged("What was made ready of this study is no longer there. `undisc rebuild` makes it anew.")
    return BytesIO(data)


class _PiecesFile(BytesIO):
    """Sound or moving pictures as a file, a block in memory at a time."""

    def __init__(self, medium: Medium) -> None:
        super().__init__()
        self._medium = medium
        self._place = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = offset
        return offset

    def read(self, size: int | None = -1, /) -> bytes:
        left = self._medium.length - self._place
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted <= 0:
            return b""
        data = b"".join(self._medium.read(self._place, self._place + wanted - 1))
        self._place += len(data)
        return data
