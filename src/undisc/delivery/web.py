"""A peer that speaks DICOMweb (PS3.18): STOW-RS to it, QIDO-RS and WADO-RS from it. Redirects are not followed."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import httpx

from undisc.archive.model import Original
from undisc.delivery.model import Peer, PeerUnreachable
from undisc.dicom.multipart import MultipartMalformed, MultipartReader, PartBegins, PartGoesOn, boundary_of

_TIMEOUT = httpx.Timeout(120.0, connect=10.0)
_PAGE = 500
_CHUNK = 1 << 18
_MOST_PARTS = 2
_JSON = "application/dicom+json"
_MULTIPART = 'multipart/related; type="application/dicom"; transfer-syntax=*'

Model = dict[str, Any]


class WebPeer:
    """One peer's service, for as long as the block lasts. Every method raises PeerUnreachable."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        headers = {}
        if peer.token_file:
            headers["Authorization"] = f"Bearer {_token(peer)}"
        self._client = httpx.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=False, trust_env=False)

    def __enter__(self) -> "WebPeer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def answers(self) -> None:
        """Whether it answers a search at all, which is the nearest that DICOMweb has to C-ECHO."""
        self._get("studies", {"limit": "1"}, {"Accept": _JSON}, (200, 204))

    def search(self, path: str, query: dict[str, str]) -> Iterator[Model]:
        """QIDO-RS: every result, asked for a page at a time (PS3.18 8.3.4.4)."""
        offset = 0
        while True:
            paged = query | {"limit": str(_PAGE), "offset": str(offset)}
            response = self._get(path, paged, {"Accept": _JSON}, (200, 204))
            found = self._json(response)
            if not isinstance(found, list):
                raise self._unusable()
            yield from found
            if len(found) < _PAGE:
                return
            offset += len(found)

    def retrieve(self, path: str, place: Path, largest: int) -> bool:
        """WADO-RS of one instance, streamed to a file as it is stored there; False where the peer has none."""
        try:
            with (
                self._client.stream("GET", self._url(path), headers={"Accept": _MULTIPART}) as response,
                place.open("wb") as file,
            ):
                if response.status_code in (404, 406, 410):
                    return False
                self._expect(response, (200,))
                kind = response.headers.get("content-type", "")
                return _first_part(response.iter_bytes(_CHUNK), kind, file, largest)
        except (httpx.HTTPError, MultipartMalformed) as error:
            raise self._away(error) from error

    def store(self, originals: Sequence[tuple[str, Original]]) -> dict[str, str | None]:
        """STOW-RS of some instances: for each, None where it is kept, else why it is not."""
        boundary = secrets.token_hex(16)
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": _JSON,
            "Content-Length": str(_length(boundary, originals)),
        }
        try:
            response = self._client.post(self._url("studies"), content=_body(boundary, originals), headers=headers)
        except httpx.HTTPError as error:
            raise self._away(error) from error
        self._expect(response, (200, 202, 409, 400, 413))
        told = self._json(response) if response.content else {}
        model = told[0] if isinstance(told, list) and told else told
        kept = set(_references(model, "00081199"))
        failed = dict(_failures(model))
        return {
            uid: None
            if uid in kept or (response.status_code == 200 and uid not in failed)
            else f"The other side refused it (reason {failed[uid]:04X})."
            if uid in failed
            else f"The other side refused it (HTTP {response.status_code})."
            for uid, _ in originals
        }

    def _get(
        self, path: str, query: dict[str, str], headers: dict[str, str], expected: tuple[int, ...]
    ) -> httpx.Response:
        try:
            response = self._client.get(self._url(path), params=query, headers=headers)
        except httpx.HTTPError as error:
            raise self._away(error) from error
        self._expect(response, expected)
        return response

    def _url(self, path: str) -> str:
        return f"{self._peer.web_url}/{path}"

    def _json(self, response: httpx.Response) -> Any:
        if response.status_code == 204 or not response.content:
            return []
        try:
            return response.json()
        except ValueError as error:
            raise self._unusable() from error

    def _expect(self, response: httpx.Response, expected: tuple[int, ...]) -> None:
        if response.status_code in expected:
            return
        if response.status_code in (401, 403):
            raise PeerUnreachable(
                f"{self._peer.name} does not let us in (HTTP {response.status_code}): look at its token."
            )
        raise PeerUnreachable(f"{self._peer.name} cannot do what is asked (HTTP {response.status_code}).")

    def _unusable(self) -> PeerUnreachable:
        return PeerUnreachable(f"{self._peer.name} answers what is not DICOMweb.")

    def _away(self, error: Exception) -> PeerUnreachable:
        return PeerUnreachable(f"{self._peer.name} does not answer at {self._peer.web_url} ({type(error).__name__}).")


def text(model: Model, tag: str) -> str:
    """The first value of an attribute of the DICOM JSON model as text; "" where there is none."""
    values = model.get(tag, {}).get("Value") or [""]
    return str(values[0])


def _token(peer: Peer) -> str:
    try:
        with Path(peer.token_file).open(encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PeerUnreachable(f"The token file of {peer.name} cannot be read.") from error


def _first_part(chunks: Iterable[bytes], content_type: str, file: BinaryIO, largest: int) -> bool:
    """The file itself, out of a multipart answer, or a single part one."""
    boundary = boundary_of(content_type)
    size = 0
    for piece in _only_part(chunks, boundary) if boundary else chunks:
        size += len(piece)
        if size > largest:
            raise MultipartMalformed("The answer is larger than a file may be.")
        file.write(piece)
    return size > 0


def _only_part(chunks: Iterable[bytes], boundary: str) -> Iterator[bytes | memoryview]:
    """One instance was asked for, so a second part is none of our business, and an endless row of them a fault."""
    reader = MultipartReader(boundary)
    number = 0
    for chunk in chunks:
        for event in reader.feed(chunk):
            if isinstance(event, PartBegins):
                number += 1
                if number > _MOST_PARTS:
                    raise MultipartMalformed("The answer has more parts than were asked for.")
            elif isinstance(event, PartGoesOn) and number == 1:
                yield event.data
    reader.end()


def _head(boundary: str) -> bytes:
    return f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()


def _body(boundary: str, originals: Sequence[tuple[str, Original]]) -> Iterator[bytes]:
    for _, original in originals:
        yield _head(boundary)
        with original.open() as file:
            while chunk := file.read(_CHUNK):
                yield chunk
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _length(boundary: str, originals: Sequence[tuple[str, Original]]) -> int:
    each = len(_head(boundary)) + 2
    return sum(original.size + each for _, original in originals) + len(boundary) + 6


def _references(model: Any, tag: str) -> Iterator[str]:
    if isinstance(model, dict):
        for item in model.get(tag, {}).get("Value") or ():
            yield text(item, "00081155")


def _failures(model: Any) -> Iterator[tuple[str, int]]:
    if isinstance(model, dict):
        for item in model.get("00081198", {}).get("Value") or ():
            reason = text(item, "00081197")
            yield text(item, "00081155"), int(reason) if reason.isdecimal() else 0x0110
