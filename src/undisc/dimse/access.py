"""Whether a caller is let in, and how a request is answered that is not granted."""

from collections.abc import Sequence
from dataclasses import dataclass

from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION

from undisc.delivery.sop_classes import VERIFICATION
from undisc.dimse import statuses

Asking = C_STORE | C_FIND | C_GET | C_MOVE | N_ACTION


@dataclass(frozen=True, slots=True)
class Rejection:
    """result, source and diagnostic of an A-ASSOCIATE-RJ (PS3.8 9.3.4), and the reason for the log."""

    result: int
    source: int
    diagnostic: int
    reason: str


_STRANGER = Rejection(0x01, 0x01, 0x03, "not a peer")
_TOO_MANY = Rejection(0x02, 0x03, 0x02, "too many associations of one peer")


def admit(
    *, known: bool, wanted: Sequence[str], echo_from_anyone: bool, from_address: int, per_address: int
) -> Rejection | None:
    """None where the caller may come in. A stranger may only where it wants nothing but to say echo, by setting."""
    if from_address > per_address:
        return _TOO_MANY
    if known or (echo_from_anyone and wanted and all(each == VERIFICATION for each in wanted)):
        return None
    return _STRANGER


def not_authorized(request: Asking) -> Asking:
    """Refused: Not Authorized (PS3.7 annex C.5.13), with nothing in it that the request did not say."""
    response = type(request)()
    response.MessageIDBeingRespondedTo = request.MessageID
    if isinstance(request, N_ACTION) and isinstance(response, N_ACTION):
        response.AffectedSOPClassUID = request.RequestedSOPClassUID
        response.AffectedSOPInstanceUID = request.RequestedSOPInstanceUID
        response.ActionTypeID = request.ActionTypeID
    else:
        response.AffectedSOPClassUID = request.AffectedSOPClassUID
    if isinstance(request, C_STORE) and isinstance(response, C_STORE):
        response.AffectedSOPInstanceUID = request.AffectedSOPInstanceUID
    response.Status = statuses.NOT_AUTHORIZED
    response.ErrorComment = statuses.comment("The caller may not ask this of this archive.")  # type: ignore[assignment]
    return response
