"""What is too large for one disc is put onto several, each thing once, and torn apart only where it must be."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.errors import MediumRefused
from undisc.export.splitting import Piece, split


def _pieces(*series: tuple[str, str, int, int]) -> list[Piece]:
    """study, series, how many, how large each"""
    found: list[Piece] = []
    for study, name, count, size in series:
        found += [Piece(len(found) + place, study, name, size) for place in range(count)]
    return found


def test_what_fits_stays_on_one_disc() -> None:
    assert split(_pieces(("1", "a", 3, 10), ("2", "b", 2, 10)), 50) == [frozenset(range(5))]


def test_studies_are_kept_whole_where_each_fits() -> None:
    pieces = _pieces(("1", "a", 3, 10), ("2", "b", 3, 10), ("3", "c", 1, 10))
    assert split(pieces, 40) == [frozenset({0, 1, 2}), frozenset({3, 4, 5, 6})]


def test_study_that_is_too_large_is_parted_between_series() -> None:
    pieces = _pieces(("1", "a", 3, 10), ("1", "b", 3, 10), ("1", "c", 1, 10))
    assert split(pieces, 40) == [frozenset({0, 1, 2}), frozenset({3, 4, 5, 6})]


def test_series_that_is_too_large_is_parted_between_instances() -> None:
    assert split(_pieces(("1", "a", 5, 10)), 25) == [frozenset({0, 1}), frozenset({2, 3}), frozenset({4})]


def test_instance_that_is_larger_than_a_disc_is_refused() -> None:
    with pytest.raises(MediumRefused, match="larger than such a disc"):
        split(_pieces(("1", "a", 1, 26)), 25)


@given(
    st.lists(
        st.tuples(st.sampled_from("123"), st.sampled_from("ab"), st.integers(1, 4), st.integers(0, 30)), min_size=1
    ),
    st.integers(30, 200),
)
def test_every_instance_is_on_one_disc_and_no_disc_is_too_full(
    series: list[tuple[str, str, int, int]], room: int
) -> None:
    pieces = _pieces(*sorted(series, key=lambda each: each[:2]))
    discs = split(pieces, room)
    assert sorted(instance for disc in discs for instance in disc) == [piece.instance for piece in pieces]
    for disc in discs:
        assert sum(piece.size for piece in pieces if piece.instance in disc) <= room
    for _, study in groupby(pieces, key=lambda piece: piece.study):
        of_study = list(study)
        if sum(piece.size for piece in of_study) <= room:
            assert sum(any(piece.instance in disc for piece in of_study) for disc in discs) == 1
