"""Contexts fit into associations without loss, waits grow and end, and callers are known by whole addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.delivery.policy import (
    COMMON_SYNTAXES,
    MOST_CONTEXTS,
    PLAIN,
    contexts_to_get,
    groups_of_contexts,
    is_address,
    wait_before,
)

_CLASSES = st.integers(0, 200).map(lambda number: f"1.2.{number}")
_SYNTAXES = st.sampled_from(COMMON_SYNTAXES)


@given(st.lists(st.tuples(_CLASSES, _SYNTAXES), max_size=400))
def test_every_pair_has_a_context_of_its_own_in_one_association(pairs: list[tuple[str, str]]) -> None:
    groups = list(groups_of_contexts(pairs))
    assert all(0 < len(group) <= MOST_CONTEXTS for group in groups)
    offered = [(sop_class, syntaxes) for group in groups for sop_class, syntaxes in group]
    assert len(offered) == len(set(offered))
    assert {(sop_class, (syntax,)) for sop_class, syntax in pairs} <= set(offered)
    assert all((sop_class, (plain,)) in offered for sop_class, _ in pairs for plain in PLAIN)
    homes = [{sop_class for sop_class, _ in group} for group in groups]
    assert all(sum(sop_class in home for home in homes) == 1 for sop_class, _ in pairs)


@given(st.lists(_CLASSES, max_size=60))
def test_what_is_offered_for_c_get_fits_beside_the_request_itself(classes: list[str]) -> None:
    groups = list(contexts_to_get(classes))
    assert all(len(group) + 1 <= MOST_CONTEXTS for group in groups)
    assert groups
    assert {sop_class for group in groups for sop_class, _ in group} >= set(classes)


def test_waits_grow_and_end() -> None:
    waits = [wait_before(attempt) for attempt in range(10)]
    given_up = waits.index(None)
    some = [wait for wait in waits[:given_up] if wait is not None]
    assert some == sorted(some)
    assert given_up >= 3
    assert set(waits[given_up:]) == {None}


@pytest.mark.parametrize(
    ("caller", "known", "expected"),
    [
        ("10.0.0.5", ["10.0.0.5"], True),
        ("10.0.0.55", ["10.0.0.5"], False),
        ("::ffff:10.0.0.5", ["10.0.0.5"], True),
        ("fe80::1%eth0", ["fe80::1"], True),
        ("::1", ["127.0.0.1"], False),
        ("", [""], False),
        ("pacs", ["pacs"], False),
        ("10.0.0.5", [], False),
    ],
)
def test_a_caller_is_known_by_its_whole_address(caller: str, known: list[str], expected: bool) -> None:
    assert is_address(caller, known) is expected
