"""One instance on its way out by C-STORE: its bytes as they are stored wherever the other side takes them so."""

import math
import mmap
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pynetdicom.association import Association
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE

from undisc.archive.model import InstanceRow
from undisc.archive.reading import Reader
from undisc.delivery.policy import PLAIN
from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan
from undisc.dicom.uid import SOPInstanceUID

_IN_MEMORY = 64 << 20
_LARGEST_PART = 1 << 20
_PARTS_WAITING = 32

Transcode = Callable[[InstanceRow, str], BinaryIO | None]
"""Makes an instance anew in one of policy.PLAIN, in a worker: an open Part 10 file; None where that cannot be."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A data set ready to be sent: in memory, or in a file from an offset on."""

    sop_class: str
    sop_instance: SOPInstanceUID
    context_id: int
    dataset: bytes | tuple[Path, int]


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why an instance cannot be sent over this association, as a plain sentence."""

    reason: str


@contextmanager
def prepared(
    reader: Reader, row: InstanceRow, assoc: Association, transcode: Transcode
) -> Iterator[Outgoing | Unsendable]:
    """An instance for one of the association's contexts: exactly as stored where that is accepted, else made anew."""
    original = reader.original(row.id)
    accepted = contexts_for(assoc, row.sop_class)
    exact = accepted.get(row.transfer_syntax)
    plain = next((syntax for syntax in PLAIN if syntax in accepted), None)
    if original is None:
        yield Unsendable("Its file is not here any more.")
    elif exact is not None:
        with original.open() as file, _dataset(file, row.dataset_start, original.size) as dataset:
            yield Outgoing(row.sop_class, row.names.instance, exact, dataset)
    elif plain is None:
        yield Unsendable("The other side does not accept this kind of image, or not in a form that it is stored in.")
    elif (made := transcode(row, plain)) is None:
        yield Unsendable("The other side does not accept the compression of the image, and it cannot be decoded.")
    else:
        with made, _dataset(made, *_extent(made)) as dataset:
            yield Outgoing(row.sop_class, row.names.instance, accepted[plain], dataset)


@contextmanager
def _dataset(file: BinaryIO, start: int, size: int) -> Iterator[bytes | tuple[Path, int]]:
    """The data set of an open Part 10 file: its bytes, or, where they are many, a named file that holds them.

    One of odd length, which a deflated or a truncated one may have, gets a null byte at its end: elements and so data
    sets are even (PS3.5 7.1.1, A.5), and receivers abort the whole association where a fragment is not.
    """
    padding = b"\0" * ((size - start) % 2)
    if size <= _IN_MEMORY:
        file.seek(start)
        yield file.read() + padding
        return
    with tempfile.NamedTemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy, 1 << 20)
        copy.write(padding)
        copy.flush()
        yield Path(copy.name), start


def _extent(made: BinaryIO) -> tuple[int, int]:
    """Where the data set of a fresh file begins, and the file's size."""
    with mmap.mmap(made.fileno(), 0, access=mmap.ACCESS_READ) as data:
        scanned = scan(data)
        return (scanned.dataset_start if isinstance(scanned, Scanned) else 0), len(data)


def contexts_for(assoc: Association, sop_class: str) -> dict[str, int]:
    """By transfer syntax, the contexts over which we may send instances of this class."""
    return {
        str(context.transfer_syntax[0]): context.context_id
        for context in assoc.accepted_contexts
        if context.abstract_syntax == sop_class and context.as_scu and context.context_id is not None
    }


def store(
    assoc: Association, outgoing: Outgoing, message_id: int, originator: tuple[str, int] | None = None
) -> int | None:
    """Send one instance and wait for its status; None where no answer came and the association is over.

    The association's own loop must be paused. originator: AE title and message ID of the C-MOVE behind it.
    """
    request = C_STORE()
    request.MessageID = message_id
    request.Priority = 0
    request.AffectedSOPClassUID = outgoing.sop_class
    request.AffectedSOPInstanceUID = outgoing.sop_instance
    if originator is not None:
        request.MoveOriginatorApplicationEntityTitle, request.MoveOriginatorMessageID = originator
    if isinstance(outgoing.dataset, bytes):
        request.DataSet = BytesIO(outgoing.dataset)
    else:
        request._dataset_path = outgoing.dataset
    answer = assoc.dimse.get_msg(block=True)[1] if _sent(assoc, request, outgoing.context_id) else None
    if not isinstance(answer, C_STORE) or answer.Status is None:
        if assoc.is_established:
            assoc.abort()
        return None
    return int(answer.Status)


def _sent(assoc: Association, request: C_STORE, context_id: int) -> bool:
    """Hand a request on as the other side takes it; pynetdicom alone would have all of it wait in memory.

    False where the other side is gone, or takes nothing for as long as an answer is waited for.
    """
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    most = assoc.dimse.maximum_pdu_size or _LARGEST_PART
    waiting = assoc.dul.to_provider_queue
    for part in message.encode_msg(context_id, min(most, _LARGEST_PART)):
        begun = time.monotonic()
        while (before := waiting.qsize()) >= _PARTS_WAITING:
            if not assoc.is_established or time.monotonic() - begun > (assoc.dimse_timeout or math.inf):
                return False
            time.sleep(0.001)
            if waiting.qsize() < before:
                begun = time.monotonic()
        assoc.dul.send_pdu(part)
    return True


def is_kept(status: int | None) -> bool:
    """Success, or one of the warnings with which a store is done all the same (PS3.4 table B.2-1)."""
    return status is not None and (status == 0 or status & 0xF000 == 0xB000)


def next_message_id(last: int) -> int:
    return last % 0xFFFF + 1
