"""Whatever way a multipart body is cut into blocks, the parts are the same; what is no such body is refused."""

import itertools
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.dicom.multipart import (
    MultipartMalformed,
    MultipartReader,
    PartBegins,
    PartEnds,
    PartGoesOn,
    boundary_of,
)

_B = "b0undary"


def _read(blocks: list[bytes], boundary: str = _B) -> list[tuple[dict[str, str], bytes]]:
    reader = MultipartReader(boundary)
    parts: list[tuple[dict[str, str], bytes]] = []
    filling: tuple[dict[str, str], bytearray] | None = None
    for block in blocks:
        for event in reader.feed(block):
            if isinstance(event, PartBegins):
                assert filling is None
                filling = dict(event.headers), bytearray()
            elif isinstance(event, PartGoesOn):
                assert filling is not None
                filling[1].extend(event.data)
            else:
                assert isinstance(event, PartEnds)
                assert filling is not None
                parts.append((filling[0], bytes(filling[1])))
                filling = None
    reader.end()
    return parts


def _body(*contents: bytes, boundary: bytes = _B.encode()) -> bytes:
    parts = [b"--" + boundary + b"\r\nContent-Type: application/dicom\r\n\r\n" + each + b"\r\n" for each in contents]
    return b"".join(parts) + b"--" + boundary + b"--\r\n"


_TYPE = {"content-type": "application/dicom"}


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([b"\r\n--b0undar", b"\r\n", b"\r", b"--b0undar", b"\r\n--"])),
    st.lists(st.integers(0, 400), max_size=12),
)
def test_parts_are_the_same_however_the_body_is_cut(contents: list[bytes], cuts: list[int]) -> None:
    body = _body(*contents)
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    blocks = [body[start:end] for start, end in itertools.pairwise(places)]
    assert _read(blocks) == [(_TYPE, each) for each in contents]


def test_byte_by_byte_as_well() -> None:
    body = b"a preamble\r\n" + _body(b"one", b"", b"\r\n--b0undarx") + b"an epilogue"
    assert _read([body[at : at + 1] for at in range(len(body))]) == [
        (_TYPE, b"one"),
        (_TYPE, b""),
        (_TYPE, b"\r\n--b0undarx"),
    ]


def test_a_part_may_have_no_header_folded_lines_padding_or_nothing_at_all() -> None:
    body = (
        b"--b0undary \t\r\n\r\nplain\r\n--b0undary\r\nContent-Type: application/dicom;\r\n  transfer-syntax=1.2\r\n"
        b"content-type: ignored\r\nno field\r\n\r\n--b0undary\r\n\r\n--b0undary--"
    )
    assert _read([body]) == [
        ({}, b"plain"),
        ({"content-type": "application/dicom; transfer-syntax=1.2"}, b""),
        ({}, b""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no part at all",
        _body(b"one")[:-4],
        _body(b"one")[:30],
        b"--b0undary\r\nContent-Type: x",
        b"--b0undary\r\n\r\none\r\n--b0undaryX\r\n\r\ntwo\r\n--b0undary--",
        b"--b0undary\r\nX: " + b"y" * 20_000 + b"\r\n\r\n\r\n--b0undary--",
        b"p" * 70_000 + _body(b"one"),
        _body(b"one") + b"e" * 70_000,
        b"--b0undary" + b" " * 300 + b"\r\n\r\n\r\n--b0undary--",
    ],
)
@pytest.mark.parametrize("size", [7, 1 << 20])
def test_what_is_no_such_body_is_refused(body: bytes, size: int) -> None:
    with pytest.raises(MultipartMalformed):
        _read([body[at : at + size] for at in range(0, len(body), size)])


@pytest.mark.parametrize("boundary", ["", " ", "x" * 129, "ü", "a\r\nb", 'a"b', "ends "])
def test_what_is_no_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(MultipartMalformed):
        MultipartReader(boundary)


def test_only_what_may_be_a_delimiter_is_held_back() -> None:
    reader = MultipartReader(_B)
    list(reader.feed(b"--b0undary\r\n\r\n" + b"content of some length"))
    (event,) = reader.feed(b"\r" * 5000)
    assert isinstance(event, PartGoesOn)
    assert len(event.data) == 4999


@given(st.lists(st.binary(max_size=60), min_size=1), st.data())
def test_a_body_that_ends_too_early_is_said_to(contents: list[bytes], data: st.DataObject) -> None:
    whole = _body(*contents)
    cut = data.draw(st.integers(0, len(whole) - 5))
    with pytest.raises(MultipartMalformed):
        _read([whole[:cut]])


def _peak(blocks: Iterable[bytes]) -> int:
    """The most bytes that were held at once while these blocks were read, whether they were refused or not."""
    reader = MultipartReader(_B)
    tracemalloc.start()
    try:
        for block in blocks:
            for _ in reader.feed(block):
                pass
    except MultipartMalformed:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def _parts_without_end() -> Iterator[bytes]:
    yield from (b"--b0undary\r\n\r\n\r\n" * 500 for _ in range(200))


def _delimiters_that_go_on_otherwise() -> Iterator[bytes]:
    yield b"--b0undary\r\n\r\n"
    yield from (b"\r\n--b0undar" * 500 for _ in range(200))


def _fields_without_end() -> Iterator[bytes]:
    yield b"--b0undary\r\n"
    yield from (b"X: y\r\n" * 1000 for _ in range(200))


def _one_delimiter_without_end() -> Iterator[bytes]:
    yield b"--b0undary"
    yield from (b" " * 5000 for _ in range(200))


def _preamble_without_end() -> Iterator[bytes]:
    yield from (b"\r" * 5000 for _ in range(200))


@pytest.mark.parametrize(
    "blocks",
    [
        _parts_without_end,
        _delimiters_that_go_on_otherwise,
        _fields_without_end,
        _one_delimiter_without_end,
        _preamble_without_end,
    ],
)
def test_whatever_has_no_end_is_read_or_refused_in_little_memory(blocks: type[Iterator[bytes]]) -> None:
    assert _peak(blocks()) < 300_000


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ('multipart/related; type="application/dicom"; boundary=abc', "abc"),
        ('multipart/related; boundary="a b"; type="application/dicom"', "a b"),
        ("Multipart/Related;BOUNDARY=x", "x"),
        ("multipart/related; boundary = x; type=y", "x"),
        ("application/dicom; boundary=x", None),
        ("multipart/related", None),
        ('multipart/related; xboundary=a; boundary=""', None),
    ],
)
def test_the_boundary_is_found_quoted_or_not(content_type: str, expected: str | None) -> None:
    assert boundary_of(content_type) == expected
