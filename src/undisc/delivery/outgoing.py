"""One instance on its way out by C-STORE: its bytes as they are stored, never decoded and encoded again."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from undisc.archive.model import InstanceRow
from undisc.archive.reading import Reader
from undisc.delivery.policy import EXPLICIT, IMPLICIT
from undisc.dicom.uid import SOPInstanceUID

_IN_MEMORY = 64 << 20

Transcode = Callable[[bytes, str, str], bytes | None]
"""(Part 10 file, its transfer syntax, the wanted one) -> the data set in the wanted one; None where that cannot be."""


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
    reader: Reader, row: InstanceRow, assoc: Association, transcode: Transcode | None
) -> Iterator[Outgoing | Unsendable]:
    """An instance for one of the association's contexts: exactly as stored where that is accepted, else decoded."""
    original = reader.original(row.id)
    accepted = contexts_for(assoc, row.sop_class)
    exact = accepted.get(row.transfer_syntax)
    if original is None:
        yield Unsendable("Its file is not here any more.")
    elif exact is not None and original.size <= _IN_MEMORY:
        with original.open() as file:
            file.seek(row.dataset_start)
            yield Outgoing(row.sop_class, row.names.instance, exact, file.read())
    elif exact is not None:
        with tempfile.NamedTemporaryFile() as copy:
            with original.open() as file:
                shutil.copyfileobj(file, copy, 1 << 20)
            copy.flush()
            yield Outgoing(row.sop_class, row.names.instance, exact, (Path(copy.name), row.dataset_start))
    else:
        wanted = next((syntax for syntax in (EXPLICIT, IMPLICIT) if syntax in accepted), None)
        if wanted is None:
            yield Unsendable("The other side accepts no form of this kind of image.")
        elif transcode is None or original.size > _IN_MEMORY:
            yield Unsendable("The other side does not accept the compression that the image is stored in.")
        else:
            with original.open() as file:
                decoded = transcode(file.read(), row.transfer_syntax, wanted)
            if decoded is None:
                yield Unsendable("The other side wants the image uncompressed, and it cannot be decoded.")
            else:
                yield Outgoing(row.sop_class, row.names.instance, accepted[wanted], decoded)


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
    assoc.dimse.send_msg(request, outgoing.context_id)
    _, answer = assoc.dimse.get_msg(block=True)
    if not isinstance(answer, C_STORE) or answer.Status is None:
        if assoc.is_established:
            assoc.abort()
        return None
    return int(answer.Status)


def is_kept(status: int | None) -> bool:
    """Success, or one of the warnings with which a store is done all the same (PS3.4 table B.2-1)."""
    return status is not None and (status == 0 or status & 0xF000 == 0xB000)


def next_message_id(last: int) -> int:
    return last % 0xFFFF + 1
