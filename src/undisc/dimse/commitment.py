"""Storage commitment, push model (PS3.4 annex J): who asks is told which of its instances are safe here."""

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import N_ACTION
from pynetdicom.presentation import PresentationContext

from undisc.audit.model import Act
from undisc.delivery.associating import associated
from undisc.delivery.directory import Directory
from undisc.delivery.model import Identity, PeerUnknown, PeerUnreachable
from undisc.delivery.policy import EXPLICIT, IMPLICIT, PATIENCE
from undisc.delivery.sop_classes import COMMITMENT
from undisc.dicom.uid import is_usable_uid
from undisc.dimse import statuses
from undisc.dimse.identifiers import decoded
from undisc.dimse.served import Served
from undisc.dimse.services import DimseServices
from undisc.jobs.model import Again, Done, Ending, Hopeless, Kind, Running

_INSTANCE = "1.2.840.10008.1.20.1.1"
_REQUEST = 1
_ALL_SAFE, _SOME_FAILED = 1, 2
_MOST_REFERENCES = 100_000
_PAUSE = 0.05
_JOB = "commitment"


def serve(assoc: Served, request: N_ACTION, context: PresentationContext) -> None:
    """Answer the request, then report: over this association while it lasts, else, as a job, over a new one."""
    response = N_ACTION()
    response.MessageIDBeingRespondedTo = request.MessageID
    response.AffectedSOPClassUID = request.RequestedSOPClassUID
    response.AffectedSOPInstanceUID = request.RequestedSOPInstanceUID
    response.ActionTypeID = request.ActionTypeID
    asked = decoded(request.ActionInformation, context)
    response.Status = _refusal(request, asked)
    assoc.dimse.send_msg(response, context.context_id or 0)
    if response.Status == statuses.SUCCESS and asked is not None and assoc.peer is not None:
        found = _found(assoc.services, assoc.peer.name, asked)
        number = _put_in_line(assoc, found)
        arguments = (assoc, assoc.services, number, found)
        threading.Thread(target=_tell_at_once, args=arguments, name="commitment", daemon=True).start()


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


def _found(services: DimseServices, peer: str, asked: Dataset) -> dict[str, Any]:
    """What is safe, and what is not with the reason, as a job's arguments."""
    named = [
        (str(item.get("ReferencedSOPClassUID") or ""), str(item.get("ReferencedSOPInstanceUID") or ""))
        for item in asked.ReferencedSOPSequence
    ]
    here = services.lookup.by_sop_uid(uid for _, uid in named)
    safe, failed = [], []
    for sop_class, uid in named:
        row = here.get(uid)
        if row is not None and row.sop_class == sop_class:
            safe.append((sop_class, uid))
        else:
            reason = statuses.NO_SUCH_INSTANCE if row is None else statuses.CLASS_INSTANCE_CONFLICT
            failed.append((sop_class, uid, reason))
    return {"peer": peer, "transaction_uid": str(asked.TransactionUID), "safe": safe, "failed": failed}


def _put_in_line(assoc: Served, found: dict[str, Any]) -> int:
    """The job that reports, in one transaction with the trail's entry; due when telling at once can no longer be on."""
    services = assoc.services
    with services.trail.work() as work:
        later = work.clock.now() + timedelta(seconds=services.identity.dimse_seconds + 5)
        number = services.jobs.enqueue(work, _JOB, found, not_before=later)
        subject = {"instances": len(found["safe"]) + len(found["failed"]), "safe": len(found["safe"])}
        work.audit(Act("commitment-reported", assoc.caller, subject))
    return number


def _tell_at_once(assoc: Served, services: DimseServices, number: int, found: dict[str, Any]) -> None:
    time.sleep(_PAUSE)
    if assoc.is_established and _told(assoc, found):
        services.jobs.settle(number, "It was told at once.")
    else:
        services.jobs.hasten(number)
        services.runner.wake()


def kind(directory: Directory, identity: Identity) -> Kind:
    """How a report is made that could not be made at once: over an association of its own."""

    def run(job: Running) -> Ending:
        try:
            peer = directory.named(job.arguments["peer"])
            contexts = [(COMMITMENT, (EXPLICIT, IMPLICIT))]
            with associated(peer, identity, contexts, provides=[COMMITMENT]) as assoc:
                if _told(assoc, job.arguments):
                    return Done("It was told.")
            return Again(f"{peer.name} does not take the report.")
        except PeerUnknown as error:
            return Hopeless(str(error))
        except PeerUnreachable as error:
            return Again(str(error))

    return Kind(_JOB, run, PATIENCE)


def _told(assoc: Association, found: Mapping[str, Any]) -> bool:
    """Whether the peer took the report."""
    report, event = _report(found)
    try:
        status, _ = assoc.send_n_event_report(report, event, COMMITMENT, _INSTANCE)
    except Exception:  # pynetdicom raises several kinds where the association ends meanwhile
        return False
    return status.get("Status") == statuses.SUCCESS


def _report(found: Mapping[str, Any]) -> tuple[Dataset, int]:
    """The event's information and its type (PS3.4 J.3.3)."""
    report = Dataset()
    report.TransactionUID = found["transaction_uid"]
    safe, failed = [], []
    for sop_class, uid in found["safe"]:
        safe.append(_reference(sop_class, uid))
    for sop_class, uid, reason in found["failed"]:
        failed.append(_reference(sop_class, uid))
        failed[-1].FailureReason = reason
    if safe:
        report.ReferencedSOPSequence = Sequence(safe)
    if failed:
        report.FailedSOPSequence = Sequence(failed)
    return report, _SOME_FAILED if failed else _ALL_SAFE


def _reference(sop_class: str, uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    return item
