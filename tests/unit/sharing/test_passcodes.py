"""Proves that passcodes are made well, read as people type them, kept hashed, and checked in turn."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.sharing.model import ShareRefused
from undisc.sharing.passcodes import Passcodes, _guessed_first, generate, tidy


def test_generated_passcode_is_six_digits() -> None:
    for _ in range(300):
        passcode = generate()
        assert len(passcode) == 6
        assert passcode.isdecimal()
        assert not _guessed_first(passcode)


@pytest.mark.parametrize("weak", ["000000", "123456", "654321", "121212", "123123", "890123", "112211", "777777"])
def test_what_everybody_tries_first_is_never_generated(weak: str) -> None:
    assert _guessed_first(weak)


def test_most_numbers_may_be_generated() -> None:
    assert sum(_guessed_first(f"{number:06d}") for number in range(1_000_000)) < 6_000


@pytest.mark.parametrize(
    "typed", ["482913", " 482913 ", "482 913", "482-913", "482–913", "٤٨٢٩١٣", "４８２９１３", "4 8 2 9 1 3"]
)
def test_digits_are_understood_however_they_are_typed(typed: str) -> None:
    assert tidy(typed) == "482913"


def test_words_keep_their_spaces_and_case() -> None:
    assert tidy("  Blue Door-7 ") == "Blue Door-7"


@given(st.text())
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_right_passcode_is_known_and_another_is_not() -> None:
    passcodes = Passcodes()
    kept = passcodes.keep("482 913")
    assert kept.hash.startswith("$argon2id$")
    assert "482913" not in kept.hash
    assert (kept.digits, kept.length) == (True, 6)
    assert passcodes.right("482913", kept)
    assert not passcodes.right("482914", kept)


@pytest.mark.parametrize("short", ["", "12345", "     12345   ", "1-2-3-4-5", "ab de"])
def test_short_passcode_is_refused_with_a_plain_sentence(short: str) -> None:
    with pytest.raises(ShareRefused, match="at least 6 characters"):
        Passcodes().keep(short)


def test_endless_passcode_is_refused() -> None:
    with pytest.raises(ShareRefused, match="at most"):
        Passcodes().keep("x" * 129)


def test_a_link_is_tried_by_one_at_a_time_and_its_line_has_an_end() -> None:
    passcodes = Passcodes(waiting=3, waiting_per_link=2)
    inside, leave = threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        with passcodes.turn("a") as mine:
            assert mine
            inside.set()
            leave.wait()
            order.append("first")

    def second() -> None:
        with passcodes.turn("a") as mine:
            assert mine
            order.append("second")

    threads = [threading.Thread(target=first)]
    threads[0].start()
    inside.wait()
    threads.append(threading.Thread(target=second))
    threads[1].start()
    while passcodes._lines["a"].waiting < 2:
        time.sleep(0.001)
    with passcodes.turn("a") as mine:
        assert not mine, "the line of this link is full"
    with passcodes.turn("b") as mine:
        assert mine, "another link is not kept waiting"
        with passcodes.turn("c") as other:
            assert not other, "all lines together are full"
    leave.set()
    for thread in threads:
        thread.join()
    assert order == ["first", "second"]
    assert passcodes._lines == {}
