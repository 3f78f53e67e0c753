"""What leaves for an instance: its original, or, where its study was corrected, a copy that says what is right.

The copy is derived: it can be made again from the original and the corrections, and is where it is missing.
"""

import hashlib
import mmap
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from undisc.archive import corrections_store, keys
from undisc.archive.model import Correction, Names
from undisc.audit.trail import Trail
from undisc.dicom.correcting import Modification, Stretch, Uncorrectable, corrected
from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan
from undisc.dicom.scan.frames import Buffer
from undisc.storage.port import Storage

_SYSTEM = "Undisc"
_STEP = 8 << 20


class Leaving:
    """Finds what leaves, and makes what is missing of it."""

    def __init__(self, storage: Storage, trail: Trail) -> None:
        self._storage = storage
        self._trail = trail

    def key(self, names: Names, study_id: int, state: str | None) -> str:
        """Where the file lies that leaves; state: of the corrections that its copy was made for, None for none."""
        if not state:
            return keys.original(names.study, names.series, names.instance)
        key = keys.corrected(names.study, names.series, names.instance, state)
        if not self._storage.exists(key):
            with self._trail.read() as connection:
                made = corrections_store.of_study(connection, study_id)
            self.make(names, state, made)
        return key

    def make(self, names: Names, state: str, made: Sequence[Correction]) -> tuple[int, str]:
        """Write the copy of an original for a state of the corrections; its size, and the SHA-256 of its data set.

        Raises Uncorrectable and FileNotFoundError.
        """
        lent = self._storage.lend(keys.original(names.study, names.series, names.instance))
        try:
            with lent.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return self.write(data, names, state, made)
        finally:
            lent.give_back()

    def write(self, data: Buffer, names: Names, state: str, made: Sequence[Correction]) -> tuple[int, str]:
        """As `make`, from bytes at hand."""
        scanned = scan(data)
        if not isinstance(scanned, Scanned):
            raise Uncorrectable("Its header cannot be read.")
        pieces = corrected(data, scanned, _modifications(made))
        place = self._storage.lend_place(keys.corrected(names.study, names.series, names.instance, state))
        fresh = place.path.with_name(f".{place.path.name}.{secrets.token_hex(4)}")
        try:
            size, digest = _written(fresh, data, scanned.dataset_start, pieces)
            _check(fresh, made)
            fresh.replace(place.path)
            self._storage.take_back(place, keys.corrected(names.study, names.series, names.instance, state))
        finally:
            fresh.unlink(missing_ok=True)
            place.give_back()
        return size, digest

    def forget(self, names: Names, state: str | None) -> None:
        """Remove a copy that leaves no more."""
        if state:
            self._storage.delete(keys.corrected(names.study, names.series, names.instance, state))


def _modifications(made: Sequence[Correction]) -> list[Modification]:
    return [Modification(each.values, each.made_at, _SYSTEM) for each in made if each.undone_at is None]


def _written(path: Path, data: Buffer, start: int, pieces: Sequence[bytes | Stretch]) -> tuple[int, str]:
    """Size and SHA-256 of what follows `start`; when this returns, the bytes survive a power cut."""
    digest = hashlib.sha256()
    size = 0
    with path.open("wb") as out, memoryview(data) as view:
        for piece in pieces:
            with memoryview(piece) if isinstance(piece, bytes) else view[piece.start : piece.end] as whole:
                for at in range(0, len(whole), _STEP):
                    with whole[at : at + _STEP] as step:
                        out.write(step)
                        digest.update(step[max(start - size, 0) :])
                        size += len(step)
        out.flush()
        os.fsync(out.fileno())
    return size, digest.hexdigest()


def _check(path: Path, made: Sequence[Correction]) -> None:
    """Hold what was written against what it is to say: a second element of the same kind would tell the old."""
    wanted: dict[str, str] = {}
    for each in made:
        if each.undone_at is None:
            wanted.update(each.values)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        said = scan(data)
    if not isinstance(said, Scanned) or any(said.text(keyword) != text for keyword, text in wanted.items()):
        raise Uncorrectable("Its header does not say what is right even then.")
