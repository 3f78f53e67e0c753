"""Passcodes: made, tidied, hashed with argon2id, and checked a few at a time so that guessing starves nobody."""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from undisc.sharing.model import Passcode, ShareRefused

SHORTEST = 6
LONGEST = 128


def generate() -> str:
    """Six random digits that are not among those that everybody tries first."""
    while True:
        passcode = f"{secrets.randbelow(1_000_000):06d}"
        if not _guessed_first(passcode):
            return passcode


def _guessed_first(digits: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return len(set(digits)) <= 2 or len(steps) == 1 or digits[:3] == digits[3:]


def tidy(text: str) -> str:
    """A passcode as it is meant: without the spaces and hyphens of a group of digits, digits of any script as 0-9."""
    text = unicodedata.normalize("NFKC", text).strip()
    joined = "".join(character for character in text if character not in " -\u2010\u2011\u2013")
    if joined.isdecimal():
        return "".join(str(unicodedata.decimal(character)) for character in joined)
    return text


def _bytes(text: str) -> bytes:
    # JSON can carry half a surrogate pair, which is no character but must not break the check either.
    return text.encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class _Line:
    turn: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class Passcodes:
    """Hashes and checks passcodes; few at a time, one at a time for any one link.

    argon2id with 46 MiB and one pass (of equal strength to the least that OWASP names): about 50 ms of one core, so
    the first picture is not kept waiting. What truly protects six digits is the count of tries, not the hash.
    """

    def __init__(self, *, at_once: int = 2, waiting: int = 32, waiting_per_link: int = 8) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
        self._slots = threading.BoundedSemaphore(at_once)
        self._guard = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._most, self._most_per_link = waiting, waiting_per_link

    def keep(self, text: str) -> Passcode:
        """A passcode as it is to be kept. Raises ShareRefused for one that is too short or too long."""
        tidied = tidy(text)
        if len(tidied) < SHORTEST:
            raise ShareRefused(f"A passcode needs at least {SHORTEST} characters.")
        if len(tidied) > LONGEST:
            raise ShareRefused(f"A passcode has at most {LONGEST} characters.")
        with self._slots:
            hashed = self._hasher.hash(_bytes(tidied))
        return Passcode(hash=hashed, digits=tidied.isdecimal(), length=len(tidied))

    def right(self, text: str, kept: Passcode) -> bool:
        """Whether a passcode is the one that was kept; waits for a free place to compute in."""
        with self._slots:
            try:
                return self._hasher.verify(kept.hash, _bytes(tidy(text)))
            except VerifyMismatchError:
                return False

    @contextmanager
    def turn(self, link_id: str) -> Iterator[bool]:
        """Wait until no one else tries this link's passcode; False at once where the line is too long.

        In turn, so that ten people who open a link in the same second with the right passcode do not use up its
        tries between them while each is being checked.
        """
        with self._guard:
            line = self._lines.setdefault(link_id, _Line())
            everywhere = sum(each.waiting for each in self._lines.values())
            full = line.waiting >= self._most_per_link or everywhere >= self._most
            if not full:
                line.waiting += 1
            elif line.waiting == 0:
                del self._lines[link_id]
        if full:
            yield False
            return
        try:
            with line.turn:
                yield True
        finally:
            with self._guard:
                line.waiting -= 1
                if line.waiting == 0:
                    del self._lines[link_id]
