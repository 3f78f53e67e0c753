"""Storage commitment, push model (PS3.4 annex J): who asks is told which of its instances are safe here."""

import threading
import time

import structlog
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import N_ACTION
from pynetdicom.presentation import PresentationContext

from undisc.audit.model import Act
from undisc.delivery.associating import associated
from undisc.delivery.model import Peer, PeerUnreachable
from undisc.delivery.policy import EXPLICIT, IMPLICIT, wait_before
from undisc.delivery.sop_classes import COMMITMENT
from undisc.dicom.uid import is_usable_uid
from undisc.dimse import statuses
from undisc.dimse.identifiers import decoded
from undisc.dimse.served import Served
from undisc.dimse.services import DimseServices

_INSTANCE = "1.2.840.10008.1.20.1.1"
_REQUEST = 1
_ALL_SAFE, _SOME_FAILED = 1, 2
_MOST_REFERENCES = 100_000
_PAUSE = 0.05

log = structlog.get_logger()


def serve(assoc: Served, request: N_ACTION, context: PresentationContext) -> None:
    """Answer the request, then report in a thread of its own: over this association while it lasts, else a new one."""
    response = N_ACTION()
    response.MessageIDBeingRespondedTo = request.MessageID
    response.AffectedSOPClassUID = request.RequestedSOPClassUID
    response.AffectedSOPInstanceUID = request.RequestedSOPInstanceUID
    response.ActionTypeID = request.ActionTypeID
    asked = decoded(request.ActionInformation, context)
    response.Status = _refusal(request, asked)
    assoc.dimse.send_msg(response, context.context_id or 0)
    if response.Status == statuses.SUCCESS and asked is not None and assoc.peer is not None:
        report, event = _report(assoc, asked)
        arguments = (assoc, assoc.services, assoc.peer, report, event)
        threading.Thread(target=_deliver, args=arguments, name="commitment", daemon=True).start()


def _refusal(request: N_ACTION, asked: Dataset | None) -> int:
    if request.RequestedSOPInstanceUID != _INSTANCE:
        return statuses.NO_SUCH_INSTANCE
    if request.ActionTypeID != _REQUEST:
        return statuses.NO_SUCH_ACTION
    if asked is None or not is_usable_uid(str(asked.get("TransactionUID") or "")):
        return statuses.INVALID_ARGUMENT
    references = asked.get("ReferencedSOPSequence")
    if not references or len(references) > _MOST_REFERENCES:
        return statuses.INVALID_ARGUMENT
    return statuses.SUCCESS


def _report(assoc: Served, asked: Dataset) -> tuple[Dataset, int]:
    """The event's information and its type (PS3.4 J.3.3): what is safe, and what is not with the reason."""
    named = [
        (str(item.get("ReferencedSOPClassUID") or ""), str(item.get("ReferencedSOPInstanceUID") or ""))
        for item in asked.ReferencedSOPSequence
    ]
    here = assoc.services.lookup.by_sop_uid(uid for _, uid in named)
    safe, failed = [], []
    for sop_class, uid in named:
        row = here.get(uid)
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        if row is not None and row.sop_class == sop_class:
            safe.append(item)
        else:
            reason = statuses.NO_SUCH_INSTANCE if row is None else statuses.CLASS_INSTANCE_CONFLICT
            item.FailureReason = reason
            failed.append(item)
    report = Dataset()
    report.TransactionUID = asked.TransactionUID
    if safe:
        report.ReferencedSOPSequence = Sequence(safe)
    if failed:
        report.FailedSOPSequence = Sequence(failed)
    with assoc.services.trail.work() as work:
        subject = {"instances": len(named), "safe": len(safe)}
        work.audit(Act("commitment-reported", assoc.caller, subject))
    return report, _SOME_FAILED if failed else _ALL_SAFE


def _deliver(assoc: Served, services: DimseServices, peer: Peer, report: Dataset, event: int) -> None:
    time.sleep(_PAUSE)
    if assoc.is_established and _told(assoc, report, event):
        return
    attempt = 0
    contexts = [(COMMITMENT, (EXPLICIT, IMPLICIT))]
    while peer.host and (wait := wait_before(attempt)) is not None:
        time.sleep(wait)
        attempt += 1
        try:
            with associated(peer, services.identity, contexts, provides=[COMMITMENT]) as fresh:
                if _told(fresh, report, event):
                    return
        except PeerUnreachable:
            continue
    log.warning("a storage commitment could not be reported", peer=peer.name)


def _told(assoc: Association, report: Dataset, event: int) -> bool:
    """Whether the peer took the report."""
    try:
        status, _ = assoc.send_n_event_report(report, event, COMMITMENT, _INSTANCE)
    except Exception:  # pynetdicom raises several kinds where the association ends meanwhile
        return False
    return status.get("Status") == statuses.SUCCESS
