"""Names are found however they are written, and by each of their words, in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.archive.names import fold, groups, search_entries, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MÜLLER", "muller"),
        ("Ｙａｍａｄａ", "yamada"),
        ("STRASSE", "straße"),
        ("ÉCOLE", "e\u0301cole"),
        ("Ёлкин", "елкин"),
    ],
)
def test_case_width_and_accents_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_marks_that_make_another_letter_stay() -> None:
    assert fold("が") != fold("か")
    assert fold("한글") == "한글"


def test_each_group_is_found_and_empty_ones_are_not() -> None:
    assert groups("Yamada^Tarou=山田^太郎=やまだ^たろう") == ["yamada^tarou", "山田^太郎", "やまだ^たろう"]
    assert groups("Doe^Jane^^^") == ["doe^jane"]
    assert groups("=山田") == ["山田"]
    assert groups("") == []


def test_words_are_parted_at_every_mark() -> None:
    assert words("DE LA CRUZ-SMITH^Ana, Maria") == ["de", "la", "cruz", "smith", "ana", "maria"]


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=600), st.text(max_size=60))
def test_no_entry_comes_twice_or_is_empty(patient: str, referring: str) -> None:
    entries = list(search_entries(patient, referring))
    assert len(entries) == len(set(entries))
    assert all(text for _, text in entries)
