"""Text messages by a gateway over HTTP: one POST of JSON a message, in whatever shape the gateway wants it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from undisc.messaging.model import Carried, Letter, Never, NotYet, Taken

_SECONDS = 30.0
_LOCAL = ("localhost", "127.0.0.1", "::1")
# Too early, too often, too slow: these say nothing against the message itself.
_LATER = (401, 402, 403, 404, 405, 407, 408, 409, 423, 425, 429)


def read_text_url(url: str) -> str:
    """The address itself. Raises ValueError: everything but this machine is spoken to over TLS."""
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        return url
    raise ValueError("it is spelled https://host/path; http only for a gateway on this machine")


def read_body(template: str) -> Any:
    """The body's shape: JSON in which {to}, {text} and {reference} stand for what is sent. Raises ValueError."""
    try:
        shape = json.loads(template)
    except ValueError:
        raise ValueError("it is no JSON") from None
    if "{to}" not in template or "{text}" not in template:
        raise ValueError("{to} and {text} must stand in it, where the number and the text belong")
    return shape


class Gateway:
    """One gateway. shape: of a request's body, as `read_body` reads it. token_file: holds what is sent as its bearer
    token. authorities: who vouches for it."""

    def __init__(self, url: str, token_file: Path | None, shape: Any, authorities: Path | None = None) -> None:
        self._url = url
        self._token_file = token_file
        self._shape = shape
        self._authorities = authorities

    def carry(self, letter: Letter, reference: str) -> Carried:
        # Loaded here, since most commands send nothing.
        import ssl

        import httpx

        headers = {"Idempotency-Key": f"undisc.{reference}"}
        if self._token_file is not None:
            try:
                headers["Authorization"] = f"Bearer {self._token_file.read_text().strip()}"
            except OSError:
                return NotYet("The file of UNDISC_TEXT_TOKEN_FILE cannot be read.")
        number = "".join(letter for letter in letter.address if letter.isdigit() or letter == "+")
        body = filled(self._shape, {"{to}": number, "{text}": letter.text, "{reference}": reference})
        context = ssl.create_default_context(cafile=self._authorities)
        try:
            with (
                httpx.Client(verify=context, timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
                # What the gateway says besides its status is not read: it could be anything, of any size.
                client.stream("POST", self._url, json=body, headers=headers) as response,
            ):
                return judge(response.status_code)
        except httpx.HTTPError as error:
            if isinstance(error.__cause__, ssl.SSLError) or "CERTIFICATE_VERIFY" in str(error):
                return NotYet("The certificate of the text gateway is not one that can be trusted.")
            return NotYet("The text gateway cannot be reached.")


def filled(shape: Any, words: dict[str, str]) -> Any:
    """The shape with the words in place of their marks; a mark within a word stays as it is."""
    if isinstance(shape, dict):
        return {key: filled(value, words) for key, value in shape.items()}
    if isinstance(shape, list):
        return [filled(value, words) for value in shape]
    if not isinstance(shape, str):
        return shape
    parts = [shape]
    for mark, word in words.items():
        parts = [piece for part in parts for piece in _split(part, mark, word)]
    return "".join(part if isinstance(part, _Word) else str(part) for part in parts)


class _Word(str):
    """A word that was put in, and is not looked through for marks again."""

    __slots__ = ()


def _split(part: str, mark: str, word: str) -> list[str]:
    if isinstance(part, _Word):
        return [part]
    pieces: list[str] = []
    for place, piece in enumerate(part.split(mark)):
        pieces += [_Word(word), piece] if place else [piece]
    return pieces


def judge(status: int) -> Carried:
    """What a status says of a message."""
    if 200 <= status < 300:
        return Taken()
    if 300 <= status < 400:
        return NotYet(f"The text gateway has moved ({status}); set UNDISC_TEXT_URL anew. Nothing was sent elsewhere.")
    if status in _LATER or status >= 500:
        return NotYet(f"The text gateway does not take messages at the moment ({status}).")
    return Never(f"The text gateway refuses this message ({status}).")
