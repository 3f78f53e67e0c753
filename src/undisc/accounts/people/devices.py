"""Browsers that somebody signed in by before: they are not shut out by what strangers try elsewhere."""

import secrets

from undisc.keyring import Keyring

_LONGEST = 200


class Devices:
    """A cookie that a browser keeps for a year and that nobody else can make (OWASP's device cookies)."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def new(self, person_id: int) -> str:
        nonce = secrets.token_urlsafe(12)
        return f"{nonce}.{self._seal(person_id, nonce)}"

    def knows(self, person_id: int, device: str) -> bool:
        """Whether this person has signed in by the browser that keeps this."""
        nonce, _, seal = device[:_LONGEST].partition(".")
        return secrets.compare_digest(self._seal(person_id, nonce).encode(), seal.encode("utf-8", "surrogatepass"))

    def _seal(self, person_id: int, nonce: str) -> str:
        return self._keyring.digest("device", f"{person_id}:{nonce}")
