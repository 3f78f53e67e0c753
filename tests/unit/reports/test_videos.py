"""Proves that videos come out as files that play: stored MP4 as it is, bare H.264 in boxes, the rest with a reason."""

import mmap
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from tests.factories.documents import AVC, BARE, BOXED, HEVC, MPEG2, video
from tests.unit.reports.reading import bytes_of, scanned_of

from undisc.dicom.model import Extent
from undisc.reports.avc import NotPlain, read_stream, units_of
from undisc.reports.boxes import mp4
from undisc.reports.model import Unreadable
from undisc.reports.videos import Film, film, read_film, stream_of


@contextmanager
def mapped(data: bytes) -> Iterator[mmap.mmap]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as there:
            yield there


def read(dataset: Dataset, syntax: str = AVC) -> tuple[Film | Unreadable, bytes]:
    data = bytes_of(dataset)
    with mapped(data) as there:
        return read_film(there, scanned_of(data), syntax), data


def whole(made: Film, data: bytes) -> bytes:
    return b"".join(made.read(BytesIO(data), 0, made.length - 1))


def boxes(data: bytes) -> dict[str, bytes]:
    """The boxes of an MP4 file by their paths; containers are opened."""
    found: dict[str, bytes] = {}

    def walk(at: int, end: int, path: str) -> None:
        while at < end:
            size, kind = struct.unpack_from(">I4s", data, at)
            head = 8
            if size == 1:
                (size,), head = struct.unpack_from(">Q", data, at + 8), 16
            name = f"{path}/{kind.decode()}"
            found[name] = data[at + head : at + size]
            if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"):
                walk(at + head, at + size, name)
            at += size

    walk(0, len(data), "")
    return found


_TABLE = "/moov/trak/mdia/minf/stbl"


@pytest.mark.parametrize("fragments", [1, 2, 7])
def test_a_stored_mp4_is_given_out_as_it_is(fragments: int) -> None:
    made, data = read(video(1, BOXED, fragments=fragments))
    assert isinstance(made, Film)
    assert whole(made, data).rstrip(b"\0") == BOXED.rstrip(b"\0")


@pytest.mark.parametrize("fragments", [1, 2, 13])
def test_a_bare_stream_is_put_into_boxes_and_stays_what_it_is(fragments: int) -> None:
    made, data = read(video(1, BARE, fragments=fragments))
    assert isinstance(made, Film)
    found = boxes(whole(made, data))
    assert list(found)[:2] == ["/ftyp", "/moov"]
    count, *sizes = struct.unpack(">51I", found[f"{_TABLE}/stsz"][8:])
    assert count == 50
    # Each sample holds the stream's own units, each behind its length, in their order.
    media, units = found["/mdat"], []
    assert sum(sizes) == len(media)
    at = 0
    while at < len(media):
        (length,) = struct.unpack_from(">I", media, at)
        units.append(media[at + 4 : at + 4 + length])
        at += 4 + length
    expected = [BARE[unit.offset : unit.offset + unit.length] for unit in units_of(BARE, 0, len(BARE))]
    assert units == [unit for unit in expected if unit[0] & 0x1F in (1, 5, 6)]
    assert struct.unpack(">IIII", found[f"{_TABLE}/stts"][4:16] + b"\0\0\0\0")[:3] == (1, 50, 3600)


def test_offsets_lead_to_the_samples() -> None:
    made, data = read(video(1, BARE))
    assert isinstance(made, Film)
    file = whole(made, data)
    found = boxes(file)
    offsets = struct.unpack(">50Q", found[f"{_TABLE}/co64"][8:])
    sizes = struct.unpack(">50I", found[f"{_TABLE}/stsz"][12:])
    assert file[offsets[0] :].startswith(found["/mdat"][:16])
    assert offsets[-1] + sizes[-1] == len(file)
    assert [end - size for end, size in zip(offsets[1:], sizes, strict=False)] == list(offsets[:-1])


def test_pictures_that_look_ahead_are_shown_in_their_order() -> None:
    stream = read_stream(BARE, 0, len(BARE))
    assert (stream.width, stream.height, stream.rate, len(stream.samples)) == (64, 48, 25.0, 50)
    assert [sample.shown for sample in stream.samples][:9] == [0, 4, 2, 1, 3, 8, 6, 5, 7]
    assert sorted(sample.shown for sample in stream.samples) == list(range(50))
    assert [at for at, sample in enumerate(stream.samples) if sample.key] == [0, 20, 40]


@pytest.mark.parametrize(
    ("data", "syntax", "word"),
    [(b"\0\0\1\xb3" + bytes(100), MPEG2, "MPEG-2"), (b"\0\0\0\1\x40\1" + bytes(100), HEVC, "H.265")],
)
def test_what_browsers_do_not_play_says_what_it_is(data: bytes, syntax: str, word: str) -> None:
    made, _ = read(video(1, data, syntax), syntax)
    assert isinstance(made, Unreadable)
    assert word in made.reason


@pytest.mark.parametrize(
    ("data", "syntax", "media_type", "ending"),
    [
        (b"\0\0\1\xba" + bytes(100), MPEG2, "video/mpeg", "mpg"),
        (b"\0\0\1\xb3" + bytes(100), MPEG2, "video/mpeg", "mpg"),
        ((b"\x47" + bytes(187)) * 4, AVC, "video/mp2t", "ts"),
        (b"\0\0\0\1\x40\1" + bytes(100), HEVC, "video/H265", "h265"),
        (b"\0\0\1", HEVC, "application/octet-stream", "video"),
    ],
)
@pytest.mark.parametrize("fragments", [1, 3])
def test_what_browsers_do_not_play_is_given_out_as_a_file_for_players(
    data: bytes, syntax: str, media_type: str, ending: str, fragments: int
) -> None:
    file = bytes_of(video(1, data, syntax, fragments=fragments))
    with mapped(file) as there:
        made = stream_of(there, scanned_of(file))
        assert made is not None
        assert (made[0].media_type, made[1]) == (media_type, ending)
        assert whole(made[0], file).rstrip(b"\0") == data.rstrip(b"\0")


@pytest.mark.parametrize(
    "data", [b"\x47" + bytes(187), b"nothing of the kind", BARE[: len(BARE) // 40], b"\0\0\1\x67" * 9]
)
def test_a_stream_that_cannot_be_boxed_is_offered_as_a_file(data: bytes) -> None:
    made, _ = read(video(1, data))
    assert isinstance(made, Unreadable)


def test_a_video_is_not_told_to_miss_pictures() -> None:
    assert scanned_of(bytes_of(video(1, BARE))).damage == ()


@given(st.binary(max_size=200), st.integers(0, len(BARE)), st.integers(0, 40))
def test_no_broken_stream_does_harm(noise: bytes, at: int, cut: int) -> None:
    broken = BARE[:at] + noise + BARE[at + cut :]
    try:
        stream = read_stream(broken, 0, len(broken))
    except NotPlain:
        return
    pieces = mp4(stream, stream.rate or 25)
    assert all(isinstance(piece, bytes) or piece.offset + piece.length <= len(broken) for piece in pieces)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.data())
def test_any_part_of_a_film_is_that_part_of_the_whole(lengths: list[int], data: st.DataObject) -> None:
    source = bytes(range(256)) * 2
    pieces = [bytes([at]) * length if at % 2 else Extent(at * 40, length) for at, length in enumerate(lengths)]
    made = film("video/mp4", pieces)
    all_of_it = whole(made, source)
    assert len(all_of_it) == made.length == sum(lengths)
    first = data.draw(st.integers(0, made.length - 1))
    last = data.draw(st.integers(first, made.length - 1))
    assert b"".join(made.read(BytesIO(source), first, last)) == all_of_it[first : last + 1]
