"""MP4 boxes (ISO/IEC 14496-12 and -15) around a bare H.264 stream, which stays as it is."""

from itertools import groupby
from struct import pack

from undisc.dicom.model import Extent
from undisc.reports.avc import Stream

_SCALE = 90_000
_MATRIX = pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

Piece = bytes | Extent
"""A part of the file: bytes of our own, or a run of bytes of the stream."""


def mp4(stream: Stream, rate: float) -> list[Piece]:
    """The whole file in pieces, its index first. rate: pictures a second."""
    step = max(1, round(_SCALE / rate))
    sizes = [sum(unit.length + 4 for unit in sample.units) for sample in stream.samples]
    head = _box(b"ftyp", b"isom", pack(">I", 512), b"isom", b"iso2", b"avc1", b"mp41")
    # The index names places behind itself, so it is written twice; its length does not hang on them.
    index = _index(stream, step, sizes, 0)
    start = len(head) + len(index) + 16
    pieces: list[Piece] = [head, _index(stream, step, sizes, start), pack(">I4sQ", 1, b"mdat", sum(sizes) + 16)]
    for sample in stream.samples:
        for unit in sample.units:
            pieces.append(pack(">I", unit.length))
            pieces.append(unit)
    return pieces


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, pack(">I", version << 24 | flags), *parts)


def _index(stream: Stream, step: int, sizes: list[int], start: int) -> bytes:
    length = len(sizes) * step
    size = pack(">II", stream.width << 16, stream.height << 16)
    header = _full(
        b"mvhd",
        1,
        0,
        pack(">QQIQ", 0, 0, _SCALE, length),
        pack(">IH", 0x10000, 0x0100),
        bytes(10),
        _MATRIX,
        bytes(24),
        pack(">I", 2),
    )
    track_header = _full(b"tkhd", 1, 3, pack(">QQIIQ", 0, 0, 1, 0, length), bytes(16), _MATRIX, size)
    media_header = _full(b"mdhd", 1, 0, pack(">QQIQ", 0, 0, _SCALE, length), pack(">HH", 0x55C4, 0))
    handler = _full(b"hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"video\0")
    place = _box(b"dinf", _full(b"dref", 0, 0, pack(">I", 1), _full(b"url ", 0, 1)))
    delay = max((at - sample.shown for at, sample in enumerate(stream.samples)), default=0)
    media = _box(
        b"minf", _full(b"vmhd", 0, 1, bytes(8)), place, _box(b"stbl", *_tables(stream, step, sizes, start, delay))
    )
    # The first picture shown is at the beginning, however long the decoder needs before it (edit list, 8.6.6).
    edits = _box(b"edts", _full(b"elst", 1, 0, pack(">IQqI", 1, length, delay * step, 0x10000)))
    track = _box(b"trak", track_header, edits, _box(b"mdia", media_header, handler, media))
    return _box(b"moov", header, track)


def _tables(stream: Stream, step: int, sizes: list[int], start: int, delay: int) -> list[bytes]:
    count = len(sizes)
    setting = (
        b"\1"
        + stream.profile
        + b"\xff"
        + pack("B", 0xE0 | len(stream.parameters))
        + b"".join(pack(">H", len(one)) + one for one in stream.parameters)
        + pack("B", len(stream.pictures))
        + b"".join(pack(">H", len(one)) + one for one in stream.pictures)
    )
    if stream.profile[0] in (100, 110, 122, 144):  # what high profiles add (14496-15 5.3.3.1.2)
        chroma, luma_more, chroma_more = stream.chroma
        setting += pack("BBBB", 0xFC | chroma, 0xF8 | luma_more, 0xF8 | chroma_more, 0)
    entry = _box(
        b"avc1",
        bytes(6),
        pack(">H", 1),
        bytes(16),
        pack(">HH", stream.width, stream.height),
        pack(">IIIH", 0x480000, 0x480000, 0, 1),
        bytes(32),
        pack(">Hh", 24, -1),
        _box(b"avcC", setting),
    )
    keys = [at + 1 for at, sample in enumerate(stream.samples) if sample.key]
    offsets: list[int] = []
    for size in sizes:
        offsets.append(start)
        start += size
    tables = [
        _full(b"stsd", 0, 0, pack(">I", 1), entry),
        _full(b"stts", 0, 0, pack(">III", 1, count, step)),
        _full(b"stss", 0, 0, pack(f">I{len(keys)}I", len(keys), *keys)),
        _full(b"stsc", 0, 0, pack(">IIII", 1, 1, 1, 1)),
        _full(b"stsz", 0, 0, pack(f">II{count}I", 0, count, *sizes)),
        _full(b"co64", 0, 0, pack(f">I{count}Q", count, *offsets)),
    ]
    late = [(sample.shown - at + delay) * step for at, sample in enumerate(stream.samples)]
    if delay or any(late):
        runs = [(len(list(run)), value) for value, run in groupby(late)]
        tables.append(_full(b"ctts", 0, 0, pack(">I", len(runs)), *(pack(">II", *run) for run in runs)))
    return tables
