"""A multipart answer comes apart into the parts it was made of, wherever the network happened to cut it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.delivery.multipart import MalformedMultipart, boundary_of, parts

_BOUNDARY = b"b0undary"


def _joined(bodies: list[bytes]) -> bytes:
    head = b"\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(b"--" + _BOUNDARY + head + body + b"\r\n" for body in bodies) + b"--" + _BOUNDARY + b"--\r\n"


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


def _apart(pieces: list[bytes]) -> list[bytes]:
    found: dict[int, bytes] = {}
    for number, data in parts(pieces, _BOUNDARY):
        found[number] = found.get(number, b"") + data
    return [found[number] for number in sorted(found)]


_BODIES = st.lists(
    st.one_of(st.binary(min_size=1, max_size=200), st.sampled_from([b"\r\n", b"\r\n--", b"\r\n--b0undar", b"-" * 9])),
    min_size=1,
    max_size=5,
)


@given(_BODIES, st.lists(st.integers(0, 40), max_size=60))
def test_parts_come_back_however_they_are_cut(bodies: list[bytes], sizes: list[int]) -> None:
    assert _apart(_cut(_joined(bodies), sizes)) == bodies


@given(_BODIES, st.data())
def test_an_answer_that_ends_too_early_is_said_to(bodies: list[bytes], data: st.DataObject) -> None:
    whole = _joined(bodies)
    cut = data.draw(st.integers(0, len(whole) - 5))
    with pytest.raises(MalformedMultipart):
        _apart([whole[:cut]])


def test_headers_without_end_are_not_waited_for() -> None:
    with pytest.raises(MalformedMultipart):
        _apart([b"--" + _BOUNDARY + b"\r\n", *[b"X: y\r\n" * 1000] * 100])


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ('multipart/related; type="application/dicom"; boundary=abc', b"abc"),
        ('multipart/related; boundary="a b"; type="application/dicom"', b"a b"),
        ("Multipart/Related;BOUNDARY=x", b"x"),
        ("application/dicom", None),
        ("multipart/related", None),
    ],
)
def test_the_boundary_is_found_quoted_or_not(content_type: str, expected: bytes | None) -> None:
    assert boundary_of(content_type) == expected
