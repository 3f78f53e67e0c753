"""Sealing a package: a key of its own, chunks that open in their place alone, and the passphrase that opens the key."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from io import BytesIO

from undisc.discs.sealed import (
    FEWEST_ROUNDS,
    KEY_PATH,
    Lock,
    bound_to,
    key_bound_to,
    lock_text,
    nonce_of,
    passphrase_key,
    plainly,
    seal,
)
from undisc.errors import UndiscError
from undisc.export.model import Kind, PackageFile

ROUNDS = 1_000_000
WORDS = 6
assert ROUNDS >= FEWEST_ROUNDS


def new_package() -> str:
    """A package's own name, which says nothing of what is in it."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals one package, once: a key never seals two contents, since chunks are told apart by number alone."""

    package: str
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    wrapped: tuple[bytes, bytes, bytes] | None = field(default=None, repr=False)
    """Salt, nonce, and the key wrapped with a passphrase that whoever seals does not know."""

    def __call__(self, number: int, chunks: int, data: bytes) -> bytes:
        """A chunk, sealed. chunks: how many there are besides the index, which is chunk 0."""
        return seal(self.key, nonce_of(number), data, bound_to(self.package, number, chunks))

    def key_file(self, chunks: int, passphrase: str | None) -> PackageFile:
        """DATA/KEY.JS: the key, wrapped by the passphrase; without one, only what the bearer of the key must know."""
        text = lock_text(self._locked(chunks, passphrase))
        return PackageFile(KEY_PATH, Kind.DATA, len(text), lambda: BytesIO(text))

    def _locked(self, chunks: int, passphrase: str | None) -> Lock:
        if passphrase is not None:
            return Lock(self.package, chunks, ROUNDS, *self.wrap(passphrase))
        return Lock(self.package, chunks, ROUNDS, *self.wrapped) if self.wrapped else Lock(self.package, chunks)

    def wrap(self, passphrase: str) -> tuple[bytes, bytes, bytes]:
        """Salt, nonce, and the key as only the passphrase opens it."""
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        return salt, nonce, seal(passphrase_key(passphrase, salt, ROUNDS), nonce, self.key, key_bound_to(self.package))

    @property
    def fragment(self) -> str:
        """The key as it stands in a link, behind the #."""
        return "key=" + base64.urlsafe_b64encode(self.key).decode().rstrip("=")


def new_passphrase() -> str:
    """Six words, each one of 7,776: 77 bits, drawn by the system's own generator."""
    return " ".join(secrets.choice(_words()) for _ in range(WORDS))


@cache
def _words() -> tuple[str, ...]:
    text = resources.files("undisc.export").joinpath("words.txt").read_text("ascii")
    return tuple(line for line in text.split("\n") if line and not line.startswith("#"))


FEWEST_GUESSES = 1e14
"""What a passphrase of somebody's own has to stand. At 1,000,000 rounds a fast graphics card tries some ten thousand a
second; a thousand of them then need ten years."""
_LONGEST = 1000
_ESTIMATED = 72


class PassphraseWeak(UndiscError):
    """A passphrase that a stranger with the disc would find; the text says what would be better."""


def refuse_weak(passphrase: str, known: Sequence[str] = ()) -> None:
    """Raises PassphraseWeak. known: words that a finder of the disc could know, such as the patient's name."""
    # Loaded here: its lists of words take a fifth of a second.
    from zxcvbn import zxcvbn

    if len(passphrase) > _LONGEST:
        raise PassphraseWeak(f"This passphrase is longer than the {_LONGEST} letters that one may have.")
    plain = plainly(passphrase)
    if not plain:
        raise PassphraseWeak("This passphrase is empty.")
    # It takes ever longer over long ones, and their first letters are enough to go by.
    found = zxcvbn(plain[:_ESTIMATED], user_inputs=[word for word in known if word])
    if found["guesses"] < FEWEST_GUESSES:
        raise PassphraseWeak(
            "This passphrase is too easy to guess for a disc that anybody may find. Take five or more words that have "
            "nothing to do with each other or with the patient, or leave it out and one is made for you."
        )
