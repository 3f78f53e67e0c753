"""Passwords of people: how good one is, and how they are hashed and checked, a few at a time."""

import threading
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 8
LONGEST = 128
_STRONG_ENOUGH = 3  # of 0 to 4: zxcvbn's "safely unguessable", more than 10^8 guesses
_MOST_WEIGHED = 72  # zxcvbn's work grows with the square of the length; what is longer is good by its length


class TooWeak(Exception):
    """Why a password is not taken, in a plain sentence."""


def weigh(password: str, known: Sequence[str] = ()) -> None:
    """Raises TooWeak for what is guessed soon. known: what others know of this person, such as name and e-mail."""
    if len(password) < SHORTEST:
        raise TooWeak("Use at least 8 characters.")
    if len(password) > LONGEST:
        raise TooWeak("Use at most 128 characters.")
    # Loaded here: it reads lists of a hundred thousand words and of the passwords of past breaches.
    from zxcvbn import zxcvbn

    inputs = [part for text in known for part in (text, *text.replace("@", " ").replace(".", " ").split()) if part]
    if zxcvbn(tidy(password)[:_MOST_WEIGHED], user_inputs=inputs)["score"] < _STRONG_ENOUGH:
        raise TooWeak(
            "This password would be guessed soon. Four words that have nothing to do with each other are better."
        )


def tidy(password: str) -> str:
    """As people mean it, whatever keyboard they type on (NIST SP 800-63B 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """argon2id with 46 MiB and one pass, of equal strength to the least that OWASP names; two at once at the most, so
    that those who guess take neither all memory nor all cores."""

    def __init__(self, at_once: int = 2) -> None:
        self._slots = threading.BoundedSemaphore(at_once)

    def keep(self, password: str) -> str:
        """The hash, with all that is needed to check it."""
        with self._slots:
            return self._hasher.hash(_bytes(password))

    def right(self, password: str, kept: str | None) -> bool:
        """Whether a password is the one that was kept. None: there is none, which takes as long to find out."""
        from argon2.exceptions import VerificationError

        with self._slots:
            try:
                found = self._hasher.verify(kept or self._nobodys, _bytes(password[:LONGEST]))
            except VerificationError:
                return False
        return found and kept is not None

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(b"nobody's")


def _bytes(password: str) -> bytes:
    return tidy(password).encode("utf-8", "surrogatepass")
