"""The key for what must be read again (a generator's seed, a letter that waits) and for what is compared by a digest.

One key for all replicas, in a file that is made on first use. Whoever has the database alone reads none of it.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

_NONCE = 12


class Keyring:
    """Seals texts and makes digests, each for a purpose: what was made for one fits no other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._master: bytes | None = None

    def seal(self, purpose: str, text: str) -> str:
        """AES-256-GCM, as base64url; the purpose is bound to it."""
        # Loaded here, since most commands seal nothing.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self._key(purpose)).encrypt(nonce, text.encode(), purpose.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, purpose: str, sealed: str) -> str | None:
        """What was sealed for this purpose with this key; None for anything else."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            data = base64.urlsafe_b64decode(sealed)
            return AESGCM(self._key(purpose)).decrypt(data[:_NONCE], data[_NONCE:], purpose.encode()).decode()
        except (ValueError, InvalidTag):
            return None

    def digest(self, purpose: str, text: str) -> str:
        """64 hexadecimal digits that only who has the key can make or search: for codes and other short secrets."""
        return hmac.new(self._key(purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _key(self, purpose: str) -> bytes:
        if self._master is None:
            self._master = key_in(self._path)
        return hmac.new(self._master, b"undisc " + purpose.encode(), hashlib.sha256).digest()


def key_in(path: Path) -> bytes:
    """The 32 bytes in a file; made on first use, readable by its owner alone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # the first of several starters wins
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()
