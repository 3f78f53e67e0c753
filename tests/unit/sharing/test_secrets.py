"""Proves that what opens a link cannot be guessed, survives being sent around, and is never kept in the clear."""

import hashlib
import math

from hypothesis import given
from hypothesis import strategies as st

from undisc.sharing import secrets


def test_link_names_can_be_typed_and_are_no_options_of_a_command() -> None:
    names = {secrets.new_link_id() for _ in range(500)}
    assert len(names) == 500
    for name in names:
        assert secrets.is_link_id(name)
        assert name.isascii()
        assert name.isalnum()
        assert not set(name) & set("01lio")


def test_secrets_have_more_than_128_bits_and_no_sign_that_a_mail_program_drops() -> None:
    secret = secrets.new_secret()
    assert len(secret) >= 22
    assert secret.isalnum()
    assert len(secret) * math.log2(62) > 128


def test_secrets_and_tokens_are_never_the_same_twice() -> None:
    assert len({secrets.new_secret() for _ in range(500)} | {secrets.new_token() for _ in range(500)}) == 1000


def test_secret_is_kept_as_its_hash_alone() -> None:
    secret = secrets.new_secret()
    assert secrets.digest(secret) == hashlib.sha256(secret.encode()).hexdigest()
    assert secrets.matches(secret, secrets.digest(secret))


@given(st.text(), st.text())
def test_only_the_same_secret_matches(one: str, other: str) -> None:
    assert secrets.matches(one, secrets.digest(other)) == (one == other)


@given(st.text(st.characters()))
def test_no_text_breaks_the_hash(text: str) -> None:
    assert len(secrets.digest(text)) == 64


@given(st.text())
def test_what_is_no_name_of_a_link_is_not_looked_up(text: str) -> None:
    named = len(text) == 10 and all(character in "23456789abcdefghjkmnpqrstuvwxyz" for character in text)
    assert secrets.is_link_id(text) == named
