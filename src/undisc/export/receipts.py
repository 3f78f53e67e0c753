"""Receipts: what left on which medium, kept as a row, as a file, and in the trail."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from undisc.audit.model import Act
from undisc.audit.trail import Trail
from undisc.export import store
from undisc.export.manifest import manifest_text
from undisc.export.model import Kind, Written

_LARGEST_NUMBER = 2**31 - 1


class Result(StrEnum):
    VERIFIED = "verified"
    FAILED = "failed"
    STOPPED = "stopped"
    SENT = "sent"
    """To a browser, whose disk nobody here can read back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One medium. studies: their rows with their UIDs. part: "2 of 3", "" where there is one. No name of a patient.

    manifest: SHA-256 of the manifest of all that was written, which names every file with its digest; "" where the
    writing did not come to an end. failed: the files that were not read back as they were written, with the reasons.
    """

    studies: tuple[tuple[int, str], ...]
    made_by: str
    for_whom: str
    medium: str
    sealed: bool
    part: str
    images: int
    verified: int
    files: int
    bytes: int
    manifest: str
    outcome: Result
    failed: tuple[tuple[str, str], ...] = ()
    left_unchanged: int = 0


class Receipts:
    """keep_file: keeps a file under a key such as receipts/00000017.json in the archive's storage."""

    def __init__(self, trail: Trail, keep_file: Callable[[str, bytes], None]) -> None:
        self._trail = trail
        self._keep_file = keep_file

    def keep(self, receipt: Receipt) -> int:
        """Keep a receipt, with an entry in the trail for each study, in one transaction; returns its number."""
        with self._trail.work() as work:
            now = work.clock.now()
            number = store.add(
                work.connection,
                made_at=now,
                made_by=receipt.made_by,
                medium=receipt.medium,
                outcome=receipt.outcome,
                receipt=json.dumps(_plain(receipt)),
            )
            for study, _ in receipt.studies:
                subject = {
                    "export": number,
                    "study": study,
                    "medium": receipt.medium,
                    "images": receipt.images,
                    "verified": receipt.verified,
                    "outcome": receipt.outcome.value,
                }
                work.audit(Act("exported", receipt.made_by, subject))
            told = {"number": number, "made_at": now.isoformat(timespec="seconds"), **_plain(receipt)}
            # Before the row is committed: a file without its row is written anew by the next, which gets its number.
            self._keep_file(f"receipts/{number:08d}.json", json.dumps(told, indent=1).encode() + b"\n")
        return number

    def all(self) -> list[dict[str, Any]]:
        """Every receipt, newest first, as its file tells it."""
        with self._trail.read() as connection:
            return [_told(row) for row in store.every(connection)]

    def one(self, number: int) -> dict[str, Any] | None:
        if not 0 < number <= _LARGEST_NUMBER:
            return None
        with self._trail.read() as connection:
            row = store.one(connection, number)
        return _told(row) if row else None


def manifest_digest(written: Sequence[Written]) -> str:
    """Of the manifest as it lies on the medium; where there is none, of the one that these files would have."""
    for file in written:
        if file.kind is Kind.MANIFEST:
            return file.sha256
    return hashlib.sha256(manifest_text(written)).hexdigest()


def _plain(receipt: Receipt) -> dict[str, Any]:
    told = asdict(receipt)
    told["studies"] = [uid for _, uid in receipt.studies]
    told["failed"] = [{"path": path, "reason": reason} for path, reason in receipt.failed]
    return told


def _told(row: store.Kept) -> dict[str, Any]:
    return {"number": row.id, "made_at": row.made_at.isoformat(timespec="seconds"), **json.loads(row.receipt)}
