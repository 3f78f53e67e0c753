"""C-STORE (PS3.4 annex B): the word "success" is said when what came would survive a power cut, not before."""

import errno
import shutil
from struct import unpack_from

import structlog
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.presentation import PresentationContext

from undisc.dicom.uid import is_usable_uid
from undisc.dimse import statuses
from undisc.dimse.arriving import Arriving
from undisc.dimse.served import Served
from undisc.errors import StorageFull
from undisc.intake.model import Outcome
from undisc.intake.receiving import Received

_DEFLATED = "1.2.840.10008.1.2.1.99"
_IMPLICIT = "1.2.840.10008.1.2"
_EXPLICIT_BIG = "1.2.840.10008.1.2.2"
_SOP_CLASS, _SOP_INSTANCE = 0x0016, 0x0018
_LOOKED_AT = 4096

log = structlog.get_logger()

Answer = tuple[int, str]


def serve(assoc: Served, request: C_STORE, context: PresentationContext) -> None:
    arrived = request.DataSet
    try:
        status, comment = _answer(assoc, request, context)
    except StorageFull:
        status, comment = statuses.OUT_OF_RESOURCES, "Too little free space is left."
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        log.error("storing failed", kind=type(error).__name__, errno=error.errno)
        status, comment = statuses.OUT_OF_RESOURCES, "The disk is full." if full else "It could not be written."
    except Exception as error:
        log.error("storing failed", kind=type(error).__name__)
        status, comment = statuses.OUT_OF_RESOURCES, "It could not be kept now; try again later."
    finally:
        if isinstance(arrived, Arriving):
            arrived.drop()
    response = C_STORE()
    response.MessageIDBeingRespondedTo = request.MessageID
    response.AffectedSOPClassUID = request.AffectedSOPClassUID
    response.AffectedSOPInstanceUID = request.AffectedSOPInstanceUID
    response.Status = status
    if comment:
        response.ErrorComment = statuses.comment(comment)  # type: ignore[assignment]
    assoc.dimse.send_msg(response, context.context_id or 0)


def _answer(assoc: Served, request: C_STORE, context: PresentationContext) -> Answer:
    sop_class, sop_instance = str(request.AffectedSOPClassUID or ""), str(request.AffectedSOPInstanceUID or "")
    if not is_usable_uid(sop_class) or not is_usable_uid(sop_instance):
        return statuses.CANNOT_UNDERSTAND, "An identifier in the command is not a valid UID."
    if sop_class != context.abstract_syntax:
        return statuses.DOES_NOT_MATCH_CLASS, "The class is not the one of the presentation context."
    arrived = request.DataSet
    if not isinstance(arrived, Arriving) or not arrived.size:
        return statuses.CANNOT_UNDERSTAND, "No data set came with the command."
    syntax = str(context.transfer_syntax[0])
    if refused := _mismatch(arrived.start(_LOOKED_AT), syntax, sop_class, sop_instance):
        return refused
    assoc.services.reception.refuse_when_full(arrived.size)
    delivery = assoc.store.delivery(assoc.caller)
    spilled = arrived.whole()
    if spilled is None:
        delivery.receive_dataset(
            arrived.getvalue(),
            sop_class=sop_class,
            sop_instance=sop_instance,
            transfer_syntax=syntax,
            source_title=assoc.requestor.ae_title.strip(),
        )
    else:
        place = delivery.place()
        shutil.move(spilled, place)
        delivery.receive_file(place)
    return told(delivery.finish()[0])


def told(received: Received) -> Answer:
    """The status for how an instance ended. What is kept apart is not said to be stored."""
    if received.outcome in (Outcome.STORED, Outcome.DUPLICATE):
        return statuses.SUCCESS, ""
    return statuses.CANNOT_UNDERSTAND, received.reason


def _mismatch(start: bytes, syntax: str, sop_class: str, sop_instance: str) -> Answer | None:
    """What the data set itself says it is, looked at before anything is kept; its first elements tell."""
    if syntax == _DEFLATED:
        return None
    named = named_in(start, implicit=syntax == _IMPLICIT, big=syntax == _EXPLICIT_BIG)
    if named.get(_SOP_CLASS, sop_class) != sop_class:
        return statuses.DOES_NOT_MATCH_CLASS, "The data set is of another SOP class than the command says."
    if named.get(_SOP_INSTANCE, sop_instance) != sop_instance:
        return statuses.CANNOT_UNDERSTAND, "The data set has another identifier than the command says."
    return None


def named_in(start: bytes, *, implicit: bool, big: bool) -> dict[int, str]:
    """SOP Class UID and SOP Instance UID (0008,0016) and (0008,0018), as far as the first bytes show them."""
    order = ">" if big else "<"
    found: dict[int, str] = {}
    at = 0
    while at + 8 <= len(start):
        group, element = unpack_from(order + "HH", start, at)
        if group > 0x0008 or (group == 0x0008 and element > _SOP_INSTANCE):
            break
        if implicit:
            (length,) = unpack_from(order + "I", start, at + 4)
            at += 8
        elif start[at + 4 : at + 6] in (b"OB", b"OW", b"SQ", b"UN", b"UT", b"UC", b"UR"):
            if at + 12 > len(start):
                break
            (length,) = unpack_from(order + "I", start, at + 8)
            at += 12
        else:
            (length,) = unpack_from(order + "H", start, at + 6)
            at += 8
        if at + length > len(start):
            break
        if group == 0x0008 and element in (_SOP_CLASS, _SOP_INSTANCE):
            found[element] = start[at : at + length].decode("latin-1").rstrip("\0 ")
        at += length
    return found
