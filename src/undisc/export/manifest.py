"""MANIFEST.TXT: the digest of every other file of a package, as `sha256sum -c` takes it."""

import hashlib
from collections.abc import Iterable, Sequence
from io import BytesIO

from undisc.export.model import Kind, PackageFile, Written

PATH = "MANIFEST.TXT"
_DIGEST = 64
_BLOCK = 1 << 20


def manifest_text(written: Iterable[Written]) -> bytes:
    """The manifest of what was written, from the digests that were taken meanwhile."""
    return _text((file.sha256, file.path) for file in written if file.kind is not Kind.MANIFEST)


def manifest_file(files: Sequence[PackageFile]) -> PackageFile:
    """The manifest of these files, to come after them all. Its size is known before any of them is read.

    Opened, it reads every one of them for its digest; who has written them has those, and asks manifest_text.
    """
    listed = tuple(file for file in files if file.kind is not Kind.MANIFEST)
    size = sum(_DIGEST + 2 + len(file.path) + 1 for file in listed)
    return PackageFile(PATH, Kind.MANIFEST, size, lambda: BytesIO(_text((_digest(file), file.path) for file in listed)))


def _text(lines: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{digest}  {path}\n" for digest, path in lines).encode("ascii")


def _digest(file: PackageFile) -> str:
    digest = hashlib.sha256()
    with file.open() as opened:
        while piece := opened.read(_BLOCK):
            digest.update(piece)
    return digest.hexdigest()
