"""Reading one file off a source: what it is, and its bytes staged where they are worth keeping."""

import errno
import mmap
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from undisc.archive import policy
from undisc.archive.keeping import Batch, Keeper
from undisc.archive.model import Names, Staged, StagedAside
from undisc.dicom.model import Malformed, NotDicom, ScanResult, Unreadable
from undisc.dicom.scan import HeaderScanner
from undisc.dicom.scan.frames import Buffer
from undisc.discs.kinds import looks_like_report, what_is
from undisc.discs.model import Entry, ReadError
from undisc.discs.sources import Source
from undisc.intake.model import Item, Outcome

_IN_MEMORY = 32 * 1024 * 1024
_HEAD = 64 * 1024

INDEX = "the disc's index (DICOMDIR)"


class FileReader:
    """Looks at one file after the other. Remembers whether any of them looked like a report."""

    def __init__(self, keeper: Keeper, largest: int) -> None:
        self._keeper = keeper
        self._largest = largest
        self._scanner = HeaderScanner()
        self.saw_report = False

    def read(self, source: Source, entry: Entry, batch: Batch) -> Item | Staged | StagedAside:
        """A finished item, or what is to be kept. What cannot be read ends as an item with the reason."""
        if entry.size > self._largest:
            return Item(entry.path, Outcome.UNREADABLE, "It is larger than this server takes in.")
        try:
            with self._bytes(source, entry, batch) as data:
                return self._judge(entry, batch, data)
        except ReadError as error:
            return Item(entry.path, Outcome.UNREADABLE, str(error))
        except OSError as error:
            if _is_ours(error):
                raise
            return Item(entry.path, Outcome.UNREADABLE, "It could not be read; the disc may be damaged here.")

    @contextmanager
    def _bytes(self, source: Source, entry: Entry, batch: Batch) -> Iterator[bytes | mmap.mmap]:
        """A file's bytes: in memory where it is small, mapped from a staged copy where it is a large DICOM file."""
        with source.open(entry) as stream:
            if entry.size <= _IN_MEMORY:
                # A byte more than there should be: room for all that may be would cost a page fault a page.
                data = stream.read(entry.size + 1)
                if len(data) > entry.size:
                    data += stream.read(_IN_MEMORY + 1 - len(data))
                if len(data) <= _IN_MEMORY:
                    yield data
                    return
                head = data
            else:
                head = stream.read(_HEAD)
                if isinstance(self._scanner.scan(head), NotDicom):
                    yield head
                    return
            self._keeper.refuse_when_full(2 * entry.size)
            copy = batch.stage()
            with copy.open("w+b") as out:
                out.write(head)
                shutil.copyfileobj(stream, out, 1 << 20)
                if out.tell() > self._largest:
                    raise ReadError("It is larger than this server takes in.")
                out.flush()
                with mmap.mmap(out.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    yield data
            copy.unlink()

    def _judge(self, entry: Entry, batch: Batch, data: Buffer) -> Item | Staged | StagedAside:
        found = judge(self._keeper, batch, data, self._scanner.scan(data))
        if not isinstance(found, NotAnInstance):
            return found
        if found.outcome is Outcome.UNREADABLE or found.reason:
            return Item(entry.path, found.outcome, found.reason)
        head = bytes(data[:4096])
        self.saw_report = self.saw_report or looks_like_report(head, entry.path)
        return Item(entry.path, Outcome.NOT_DICOM, f"It is {what_is(head, entry.path)}.")


@dataclass(frozen=True, slots=True)
class NotAnInstance:
    """Bytes that are not to be kept, and how they end in the ledger."""

    outcome: Outcome
    reason: str
    names: Names | None = None
    sop_class: str = ""


def judge(
    keeper: Keeper, batch: Batch, data: Buffer, found: ScanResult, study: str | None = None
) -> NotAnInstance | Staged | StagedAside:
    """Stage what a scan found, for the archive or for the quarantine. study: the only one that it may belong to."""
    if isinstance(found, NotDicom):
        return NotAnInstance(Outcome.NOT_DICOM, "")
    if isinstance(found, Unreadable):
        return NotAnInstance(Outcome.UNREADABLE, found.reason)
    if isinstance(found, Malformed):
        return keeper.stage_aside(batch, data, found.reason, None)
    if policy.is_directory(found):
        return NotAnInstance(Outcome.NOT_DICOM, f"It is {INDEX}.")
    names = policy.name_instance(found)
    if isinstance(names, str):
        return keeper.stage_aside(batch, data, names, found.text("SOPInstanceUID") or None)
    if study is not None and names.study != study:
        return NotAnInstance(Outcome.REFUSED, "It belongs to another study.", names, found.text("SOPClassUID"))
    return keeper.stage(batch, data, found, names)


def _is_ours(error: OSError) -> bool:
    """Whether an error is of our own disk (full, read-only), not of the source."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
