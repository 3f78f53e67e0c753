"""Proves that notes are read as the viewer makes them, and that whatever else is sent is refused, without an error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.annotations.model import POINTS, Drawn, Kind, Notes, Picture, Values
from undisc.annotations.reading import LONGEST_WORDS, MOST_BYTES, MOST_NOTES, read

ON = {"series": 3, "instance": 7, "frame": 0}
LENGTH = {
    "kind": "length",
    "on": ON,
    "points": [{"column": 1, "row": 2.5}, {"column": 3, "row": 4}],
    "words": "80.6 mm",
}


def body(measurements: Any = (), stars: Any = ()) -> bytes:
    return json.dumps({"measurements": measurements, "stars": stars}).encode()


def test_notes_are_read_as_the_viewer_makes_them() -> None:
    expected = Drawn(Kind.LENGTH, Picture(7, 0), ((1.0, 2.5), (3.0, 4.0)), "80.6 mm")
    assert read(body([LENGTH], [ON, ON])) == Notes((expected,), (Picture(7, 0),))


def test_values_come_with_a_note() -> None:
    told = {"mean": 1, "deviation": 0.5, "least": -2, "most": 4}
    notes = read(body([LENGTH | {"values": told}, LENGTH | {"values": None}]))
    assert notes is not None
    assert [each.values for each in notes.drawn] == [Values(1.0, 0.5, -2.0, 4.0), None]


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "constructor"},
        {"kind": ["length"]},
        {"kind": "ellipse", "points": []},
        {"points": [{"column": 1, "row": 2}]},
        {"points": [{"column": 1, "row": "2"}, {"column": 3, "row": 4}]},
        {"points": [{"column": True, "row": 2}, {"column": 3, "row": 4}]},
        {"points": [{"column": 1e300, "row": 2}, {"column": 3, "row": 4}]},
        {"points": {"0": 1}},
        {"on": {"instance": -1, "frame": 0}},
        {"on": {"instance": 2**40, "frame": 0}},
        {"on": {"instance": 1.5, "frame": 0}},
        {"on": None},
        {"words": 7},
        {"words": None},
        {"values": 7},
        {"values": {"mean": 1}},
        {"values": {"mean": 1, "deviation": 1, "least": 1, "most": float("inf")}},
        {"values": {"mean": 1, "deviation": 1, "least": True, "most": 2}},
        {"values": {"mean": 1, "deviation": 1, "least": 1, "most": 10**400}},
    ],
)
def test_one_note_that_does_not_fit_refuses_all(changed: dict[str, Any]) -> None:
    assert read(body([LENGTH, LENGTH | changed])) is None


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"measurements": {}, "stars": []}',
        b'{"measurements": [], "stars": [7]}',
        b'{"measurements": [], "stars": [{"instance": NaN, "frame": 0}]}',
        b'{"measurements": [], "stars": [{"instance": 1e400, "frame": 0}]}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"measurements": [], "stars": []}' + b" " * MOST_BYTES,
        body([LENGTH] * (MOST_NOTES + 1)),
        body([], [ON] * (MOST_NOTES + 1)),
    ],
)
def test_what_is_no_note_is_refused(sent: bytes) -> None:
    assert read(sent) is None


def test_words_keep_no_control_characters_and_end_somewhere() -> None:
    read_words = [
        each.words
        for words in ("a\x00b\x1b[31m", "\ud800x", "y" * 5000, "two\nlines")
        for each in (read(body([LENGTH | {"words": words}])) or Notes((), ())).drawn
    ]
    assert read_words == ["a b [31m", "x", "y" * LONGEST_WORDS, "two\nlines"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=3), st.lists(json_values, max_size=3))
def test_no_json_is_too_strange(measurements: list[Any], stars: list[Any]) -> None:
    found = read(body(measurements, stars))
    assert found is None or all(len(each.points) == POINTS[each.kind] for each in found.drawn)
