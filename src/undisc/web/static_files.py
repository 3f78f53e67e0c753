"""The built viewer and the pages' style sheet, read once: what was not there at the start is never served."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_COMPRESSIBLE = frozenset({".css", ".js", ".json", ".mjs", ".svg", ".wasm"})
# Vite writes eight characters of the content's hash before the suffix.
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    compressed: bytes | None
    media_type: str
    etag: str
    caching: str

    def response(self, request: Request) -> Response:
        headers = {"Cache-Control": self.caching, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        offers = [offer.strip().lower() for offer in request.headers.get("accept-encoding", "").split(",")]
        if self.compressed is not None and "gzip" in offers:
            headers["Content-Encoding"] = "gzip"
            return Response(self.compressed, media_type=self.media_type, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


def read_folder(folder: Path) -> dict[str, StaticFile]:
    """Every file of a known kind below a folder, by its path from there; hidden files and links are left out."""
    found: dict[str, StaticFile] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if path.suffix in _TYPES and not hidden and path.is_file() and not path.is_symlink():
            found[name] = read_file(path)
    return found


def read_file(path: Path) -> StaticFile:
    body = path.read_bytes()
    compressed = gzip.compress(body, 9, mtime=0) if path.suffix in _COMPRESSIBLE else None
    return StaticFile(
        body=body,
        compressed=compressed if compressed is not None and len(compressed) < len(body) else None,
        media_type=_TYPES[path.suffix],
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        caching=_FOR_EVER if _HASHED.search(path.name) else _ASK_FIRST,
    )
