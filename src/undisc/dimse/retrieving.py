"""C-GET and C-MOVE (PS3.4 C.4.2, C.4.3): instances go out as the bytes that are stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.dsutils import encode
from pynetdicom.presentation import PresentationContext

from undisc.archive.model import InstanceRow
from undisc.audit.model import Act
from undisc.delivery import outgoing, policy
from undisc.delivery.associating import associated, reactor_paused
from undisc.delivery.model import Peer, PeerUnreachable
from undisc.delivery.outgoing import Outgoing
from undisc.delivery.sop_classes import PATIENT_GET, PATIENT_MOVE
from undisc.dimse import statuses
from undisc.dimse.identifiers import Refused, Wanted, decoded, wanted_by
from undisc.dimse.served import Served

_MOST_SUBOPERATIONS = 65_535
_MOST_FAILED_NAMED = 1_000


@dataclass(slots=True)
class _Count:
    """Sub-operations of one request: how many are left, and how the others ended."""

    remaining: int
    completed: int = 0
    failed: list[str] = field(default_factory=list)
    sent: dict[int, int] = field(default_factory=dict)
    """Study -> instances that were confirmed."""

    def settle(self, row: InstanceRow, kept: bool) -> None:
        self.remaining -= 1
        if kept:
            self.completed += 1
            self.sent[row.study_id] = self.sent.get(row.study_id, 0) + 1
        else:
            self.failed.append(row.names.instance)


def serve_get(assoc: Served, request: C_GET, context: PresentationContext) -> None:
    """Send over the association that asked, in the roles that it negotiated for us (PS3.7 D.3.3.4)."""
    responder = _Responder(assoc, request, context, C_GET)
    rows = _rows(assoc, responder, PATIENT_GET)
    if rows is None:
        return
    may_send = {uid for uid, role in assoc.requestor.role_selection.items() if role.scp_role}
    count = _Count(len(rows))
    for number, row in enumerate(rows, 1):
        if responder.is_cancelled():
            break
        status = None
        if row.sop_class in may_send:
            status = _send(assoc, assoc, row, (request.MessageID or 0) + number, None)
            if status is None and not assoc.is_established:
                break
        count.settle(row, outgoing.is_kept(status))
        responder.pending(count)
    _note_sent(assoc, assoc.caller, count)
    responder.final(count)


def serve_move(assoc: Served, request: C_MOVE, context: PresentationContext) -> None:
    """Send to the peer that the request names, and to nobody who is not in the directory."""
    responder = _Responder(assoc, request, context, C_MOVE)
    destination = assoc.services.directory.called(str(request.MoveDestination or ""))
    if destination is None:
        responder.refuse(statuses.DESTINATION_UNKNOWN, "The destination is not a peer of this archive.")
        return
    rows = _rows(assoc, responder, PATIENT_MOVE)
    if rows is None:
        return
    count = _Count(len(rows))
    originator = (assoc.requestor.ae_title.strip(), request.MessageID or 0)
    try:
        _move(assoc, responder, destination, rows, count, originator)
    except PeerUnreachable:
        if not count.completed:
            responder.refuse(statuses.DESTINATION_UNKNOWN, "The destination does not answer.")
            return
    if not responder.cancelled:
        left = count.completed + len(count.failed)
        for row in rows[left:]:
            count.settle(row, False)
    _note_sent(assoc, f"peer:{destination.name}", count)
    responder.final(count)


def _move(
    assoc: Served,
    responder: "_Responder",
    destination: Peer,
    rows: list[InstanceRow],
    count: _Count,
    originator: tuple[str, int],
) -> None:
    message_id = 0
    for contexts, some in _by_association(rows):
        with associated(destination, assoc.services.identity, contexts) as store_assoc, reactor_paused(store_assoc):
            for row in some:
                if responder.is_cancelled() or not assoc.is_established:
                    return
                message_id = outgoing.next_message_id(message_id)
                status = _send(assoc, store_assoc, row, message_id, originator)
                count.settle(row, outgoing.is_kept(status))
                responder.pending(count)
                if not store_assoc.is_established:
                    return


def _by_association(rows: list[InstanceRow]) -> Iterator[tuple[list[tuple[str, tuple[str, ...]]], list[InstanceRow]]]:
    """The instances in order, parted only where their kinds do not fit into one association's contexts."""
    for contexts in list(policy.groups_of_contexts((row.sop_class, row.transfer_syntax) for row in rows)):
        classes = {sop_class for sop_class, _ in contexts}
        yield contexts, [row for row in rows if row.sop_class in classes]


def _send(
    assoc: Served,
    over: Association,
    row: InstanceRow,
    message_id: int,
    originator: tuple[str, int] | None,
) -> int | None:
    services = assoc.services
    with outgoing.prepared(services.archive, row, over, services.transcode) as ready:
        if not isinstance(ready, Outgoing):
            return None
        return outgoing.store(over, ready, (message_id - 1) % 0xFFFF + 1, originator)


def _rows(assoc: Served, responder: "_Responder", patient_root: str) -> list[InstanceRow] | None:
    """What is asked for; None where the answer is given already."""
    identifier = decoded(responder.request.Identifier, responder.context)
    if identifier is None:
        responder.refuse(statuses.CANNOT_UNDERSTAND, "The identifier cannot be read.")
        return None
    wanted = wanted_by(identifier, patient_root=responder.context.abstract_syntax == patient_root)
    if isinstance(wanted, Refused):
        responder.refuse(wanted.status, wanted.reason)
        return None
    rows = _found(assoc, wanted)
    if len(rows) > _MOST_SUBOPERATIONS:
        responder.refuse(statuses.UNABLE_TO_COUNT, "More is asked for at once than can be counted.")
        return None
    if not rows:
        responder.final(_Count(0))
        return None
    return rows


def _found(assoc: Served, wanted: Wanted) -> list[InstanceRow]:
    return assoc.services.lookup.retrievable(
        patient_id=wanted.patient_id,
        study_uids=wanted.study_uids,
        series_uids=wanted.series_uids,
        sop_uids=wanted.sop_uids,
    )


def _note_sent(assoc: Served, to: str, count: _Count) -> None:
    """DICOM Instances Transferred (110104): one entry a study, and so one patient each (PS3.15 A.5.3.7)."""
    if not count.sent:
        return
    with assoc.services.trail.work() as work:
        for study, instances in count.sent.items():
            subject = {"code": "110104", "study": study, "instances": instances, "to": to}
            work.audit(Act("instances-sent", assoc.caller, subject))


class _Responder:
    """The responses to one C-GET or C-MOVE request."""

    def __init__(
        self,
        assoc: Served,
        request: C_GET | C_MOVE,
        context: PresentationContext,
        kind: type[C_GET] | type[C_MOVE],
    ) -> None:
        self.request = request
        self.context = context
        self.cancelled = False
        self._assoc = assoc
        self._kind = kind

    def is_cancelled(self) -> bool:
        self.cancelled = self.cancelled or self._assoc.is_cancelled(self.request.MessageID)
        return self.cancelled

    def refuse(self, status: int, reason: str) -> None:
        response = self._response(status)
        response.ErrorComment = statuses.comment(reason)  # type: ignore[assignment]
        self._send(response)

    def pending(self, count: _Count) -> None:
        response = self._response(statuses.PENDING)
        response.NumberOfRemainingSuboperations = count.remaining
        self._count(response, count)
        self._send(response)

    def final(self, count: _Count) -> None:
        if self.cancelled:
            response = self._response(statuses.CANCELLED)
            response.NumberOfRemainingSuboperations = count.remaining
        elif not count.failed:
            response = self._response(statuses.SUCCESS)
        else:
            response = self._response(statuses.SOME_FAILED if count.completed else statuses.UNABLE_TO_SEND)
        self._count(response, count)
        if count.failed:
            response.Identifier = BytesIO(self._failed_list(count.failed))
        self._send(response)

    def _failed_list(self, uids: Sequence[str]) -> bytes:
        dataset = Dataset()
        dataset.FailedSOPInstanceUIDList = list(uids[:_MOST_FAILED_NAMED])
        syntax = self.context.transfer_syntax[0]
        return encode(dataset, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated) or b""

    def _response(self, status: int) -> C_GET | C_MOVE:
        response = self._kind()
        response.MessageIDBeingRespondedTo = self.request.MessageID
        response.AffectedSOPClassUID = self.request.AffectedSOPClassUID
        response.Status = status
        return response

    def _count(self, response: C_GET | C_MOVE, count: _Count) -> None:
        response.NumberOfCompletedSuboperations = count.completed
        response.NumberOfFailedSuboperations = len(count.failed)
        response.NumberOfWarningSuboperations = 0

    def _send(self, response: C_GET | C_MOVE) -> None:
        if self._assoc.is_established:
            self._assoc.dimse.send_msg(response, self.context.context_id or 0)
