"""A package straight to whoever holds a link: a ZIP that is written while it is sent."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from undisc.clock import Clock
from undisc.errors import MediumRefused
from undisc.export.receipts import Receipt, Receipts, Result, manifest_digest
from undisc.export.service import Choices, Exporting, Form, Package
from undisc.export.zip import ZipStream
from undisc.sharing.model import Permit
from undisc.sharing.package import noted_at_the_end
from undisc.sharing.service import Sharing

_AT_ONCE = 4
_MOST_CONVERTED = 300
"""How many images are converted while somebody waits for the first byte; beyond that they leave as they are stored."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A ZIP on its way. length: bytes in all, None where that is not known."""

    length: int | None
    chunks: Iterator[bytes]


class Handing:
    """One object for one data folder."""

    def __init__(
        self,
        exporting: Exporting,
        sharing: Sharing,
        receipts: Receipts,
        study_uid: Callable[[int], str | None],
        clock: Clock,
        scratch: Path,
    ) -> None:
        self._exporting = exporting
        self._sharing = sharing
        self._receipts = receipts
        self._study_uid = study_uid
        self._clock = clock
        self._scratch = scratch
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def hand(self, permit: Permit, token: str) -> Handed | None:
        """The studies of a link as a disc would hold them; None while too many others are getting theirs.

        The chunks stop, unfinished, when the link closes on the way; only what was sent whole has a receipt.
        """
        if not self._turns.acquire(blocking=False):
            return None
        try:
            package = self._package(permit)
        except BaseException:
            self._turns.release()
            raise
        turn = _Turn(package, self._turns)
        try:
            return self._sent(package, turn, permit, token)
        except BaseException:
            turn.give_back()
            raise

    def _package(self, permit: Permit) -> Package:
        found = self._exporting.estimate(permit.studies, Choices())
        form = Form.GENERAL if found.to_convert <= _MOST_CONVERTED else Form.STORED
        reports = permit.grant.link.with_report
        try:
            return self._exporting.package(permit.studies, Choices(form=form, with_reports=reports))
        except MediumRefused:
            if form is Form.STORED:
                raise
            # There is no room to convert them. Whoever holds a link can make none, and as stored they need none.
            return self._exporting.package(permit.studies, Choices(form=Form.STORED, with_reports=reports))

    def _sent(self, package: Package, turn: "_Turn", permit: Permit, token: str) -> Handed:
        self._scratch.mkdir(parents=True, exist_ok=True)
        allowed = self._sharing.still_allowed(permit, token)
        stream = ZipStream(package.files, self._clock.now(), self._scratch, still_allowed=allowed)
        note = self._sharing.note_download(permit, package.instances)

        def finished() -> None:
            note()
            self._receipts.keep(self._receipt(package, permit, stream))

        def chunks() -> Iterator[bytes]:
            with turn:
                yield from noted_at_the_end(stream.chunks(), finished)

        return Handed(stream.length, _Closing(chunks(), turn))

    def _receipt(self, package: Package, permit: Permit, stream: ZipStream) -> Receipt:
        written = stream.written
        return Receipt(
            studies=tuple((study, self._study_uid(study) or "") for study in package.study_ids),
            made_by=f"link:{permit.grant.link.id}",
            for_whom="",
            medium="browser",
            sealed=False,
            part="",
            images=package.instances,
            verified=0,
            files=len(written),
            bytes=sum(file.size for file in written),
            manifest=manifest_digest(written),
            outcome=Result.SENT,
            left_unchanged=len(package.unchanged),
        )


class _Turn:
    """One of those that are sent at once; given back once, however it ends."""

    def __init__(self, package: Package, turns: threading.BoundedSemaphore) -> None:
        self._package = package
        self._turns = turns
        self._lock = threading.Lock()
        self._given_back = False

    def give_back(self) -> None:
        with self._lock:
            if self._given_back:
                return
            self._given_back = True
        self._package.close()
        self._turns.release()

    def __enter__(self) -> "_Turn":
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()


class _Closing(Iterator[bytes]):
    """Chunks whose turn is given back even where nobody asked for the first of them."""

    def __init__(self, chunks: Iterator[bytes], turn: _Turn) -> None:
        self._chunks = chunks
        self._turn = turn

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        self._turn.give_back()

    def __del__(self) -> None:
        self._turn.give_back()
