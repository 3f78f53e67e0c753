"""A series scrolls the way a person expects: along the body where it is a stack, else as it was acquired."""

import random

from hypothesis import given
from hypothesis import strategies as st

from undisc.archive.order import Place, display_order

_AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def _slice(z: float, number: int | None, frame: int = 0) -> Place:
    return Place((0.0, 0.0, z), _AXIAL, number, frame)


def test_a_stack_goes_along_its_normal_from_the_first_acquired() -> None:
    places = [_slice(10, 3), _slice(0, 1), _slice(5, 2)]
    assert display_order(places) == [1, 2, 0]


def test_a_stack_acquired_from_above_stays_that_way_round() -> None:
    places = [_slice(0, 3), _slice(10, 1), _slice(5, 2)]
    assert display_order(places) == [1, 2, 0]


def test_interleaved_numbers_do_not_break_up_a_stack() -> None:
    places = [_slice(0, 1), _slice(10, 2), _slice(5, 3), _slice(15, 4)]
    assert display_order(places) == [0, 2, 1, 3]


def test_slices_at_the_same_place_go_by_their_numbers() -> None:
    places = [_slice(0, 4), _slice(5, 2), _slice(0, 1), _slice(5, 3)]
    assert display_order(places) == [2, 1, 3, 0]


def test_a_scout_with_other_orientation_makes_the_series_go_by_number() -> None:
    places = [_slice(10, 2), _slice(0, 3), Place((0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), 1, 0)]
    assert display_order(places) == [2, 0, 1]


def test_frames_of_a_loop_stay_in_their_order() -> None:
    places = [Place((), (), 1, frame) for frame in (2, 0, 1)]
    assert display_order(places) == [1, 2, 0]


def test_positions_that_are_no_numbers_are_not_trusted() -> None:
    places = [_slice(float("nan"), 2), _slice(0, 1)]
    assert display_order(places) == [1, 0]


@given(st.lists(st.tuples(st.floats(-1000, 1000), st.integers(1, 500)), max_size=40), st.randoms())
def test_every_frame_appears_once_and_arrival_does_not_matter(
    rows: list[tuple[float, int]], rng: random.Random
) -> None:
    places = [_slice(z, number) for z, number in rows]
    order = display_order(places)
    assert sorted(order) == list(range(len(places)))
    shuffled = places[:]
    rng.shuffle(shuffled)
    numbers_once = len({number for _, number in rows}) == len(rows)
    if numbers_once:
        assert [places[i] for i in order] == [shuffled[i] for i in display_order(shuffled)]
