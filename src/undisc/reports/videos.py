"""Video in encapsulated pixel data (PS3.5 8.2.5 to 8.2.16): as browsers play it, or why they do not."""

import mmap
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import BinaryIO

from undisc.dicom.model import Extent, Scanned
from undisc.reports.avc import NotPlain, is_bare, read_stream
from undisc.reports.boxes import Piece, mp4
from undisc.reports.model import Unreadable

_MOST_JOINED = 256 << 20
_CHUNK = 1 << 18
_PACKET = 188
_USUAL_RATE = 25.0
_MPEG2 = ("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101")
_HEVC = ("1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108")
OLD_FILM = "This is a video of a kind (MPEG-2) that web browsers do not play. Video players on a computer do."
BARE_HEVC = (
    "This is a video of a kind (H.265) that web browsers cannot play as it is stored. Video players on a computer do."
)
STRANGE_FILM = "This is a video that is stored in a way web browsers do not play. Video players on a computer may."


@dataclass(frozen=True, slots=True)
class Film:
    """A file that is read in pieces: bytes of its own, and runs of the original's."""

    media_type: str
    pieces: Sequence[Piece]
    length: int
    ends: Sequence[int] = field(repr=False)

    def read(self, file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
        """Bytes first..last, both included, out of the original that `file` holds."""
        at = bisect_right(self.ends, first)
        position = self.ends[at - 1] if at else 0
        held: list[bytes] = []
        size = 0
        for piece in self.pieces[at:]:
            if position > last:
                break
            length = len(piece) if isinstance(piece, bytes) else piece.length
            start, stop = max(first - position, 0), min(last + 1 - position, length)
            position += length
            while start < stop:
                step = min(stop - start, _CHUNK)
                if isinstance(piece, bytes):
                    part = piece[start : start + step]
                else:
                    file.seek(piece.offset + start)
                    part = file.read(step)
                start += step
                held.append(part)
                size += len(part)
                if size >= _CHUNK:
                    yield b"".join(held)
                    held, size = [], 0
        if held:
            yield b"".join(held)


def film(media_type: str, pieces: Sequence[Piece]) -> Film:
    ends = list(accumulate(len(piece) if isinstance(piece, bytes) else piece.length for piece in pieces))
    return Film(media_type, pieces, ends[-1] if ends else 0, ends)


def stream_of(data: mmap.mmap, scanned: Scanned) -> tuple[Film, str] | None:
    """The video as it is stored, for players that browsers are not, and how such a file's name ends."""
    layout = scanned.pixels
    if layout is None or not layout.encapsulated or scanned.inflated:
        return None
    fragments = [extent for frame in layout.frames for extent in frame if extent.length]
    if not fragments:
        return None
    most = 3 * _PACKET
    head = b"".join(data[one.offset : one.offset + min(one.length, most)] for one in fragments[:most])
    media_type, ending = _kind_of(head[:most])
    return film(media_type, fragments), ending


def _kind_of(head: bytes) -> tuple[str, str]:
    """What a stream is, by its first bytes (ISO/IEC 13818-1 2.4.3.2, 2.5.3.3; H.265 7.3.1.2)."""
    if head[:1] == head[_PACKET : _PACKET + 1] == head[2 * _PACKET : 2 * _PACKET + 1] == b"G":
        return "video/mp2t", "ts"
    if head[:4] in (b"\0\0\1\xba", b"\0\0\1\xb3"):
        return "video/mpeg", "mpg"
    at = head[:-1].find(b"\0\0\1")
    # Parameter sets come first, or what parts pictures.
    if 0 <= at <= 1 and head[at + 3] >> 1 & 0x3F in (32, 33, 34, 35):
        return "video/H265", "h265"
    return "application/octet-stream", "video"


def read_film(data: mmap.mmap, scanned: Scanned, transfer_syntax: str) -> Film | Unreadable:
    """The video that an instance carries. `data`: the whole file."""
    layout = scanned.pixels
    if layout is None or not layout.encapsulated or scanned.inflated:
        return Unreadable(STRANGE_FILM)
    fragments = [extent for frame in layout.frames for extent in frame if extent.length]
    if not fragments:
        return Unreadable("This video is empty.")
    begin = fragments[0].offset
    if data[begin + 4 : begin + 8] == b"ftyp":
        return film("video/mp4", fragments)
    if transfer_syntax in _MPEG2:
        return Unreadable(OLD_FILM)
    if transfer_syntax in _HEVC:
        return Unreadable(BARE_HEVC)
    try:
        return _boxed(data, scanned, fragments)
    except NotPlain:
        return Unreadable(STRANGE_FILM)


def _boxed(data: mmap.mmap, scanned: Scanned, fragments: list[Extent]) -> Film:
    if len(fragments) == 1:
        whole, begin, end = data, fragments[0].offset, fragments[0].offset + fragments[0].length
    else:
        if sum(fragment.length for fragment in fragments) > _MOST_JOINED:
            raise NotPlain
        whole = b"".join(data[one.offset : one.offset + one.length] for one in fragments)
        begin, end = 0, len(whole)
    if not is_bare(whole, begin, end):
        raise NotPlain
    stream = read_stream(whole, begin, end)
    pieces = mp4(stream, stream.rate or _rate(scanned))
    return film("video/mp4", pieces if len(fragments) == 1 else list(_in_file(pieces, fragments)))


def _in_file(pieces: Sequence[Piece], fragments: Sequence[Extent]) -> Iterator[Piece]:
    """Runs of the joined fragments as runs of the file."""
    starts = [0, *accumulate(fragment.length for fragment in fragments)]
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        at, left = piece
        while left:
            place = bisect_right(starts, at) - 1
            inside = at - starts[place]
            length = min(left, fragments[place].length - inside)
            yield Extent(fragments[place].offset + inside, length)
            at, left = at + length, left - length


def _rate(scanned: Scanned) -> float:
    """Pictures a second as the header says (PS3.3 C.7.6.5)."""
    time = scanned.number("FrameTime")
    for rate in (
        1000 / time if time else None,
        scanned.number("CineRate"),
        scanned.number("RecommendedDisplayFrameRate"),
    ):
        if rate and 0.5 <= rate <= 1000:
            return rate
    return _USUAL_RATE
