"""Whether a caller is let in, decided from plain values."""

from collections.abc import Sequence
from dataclasses import dataclass

from undisc.delivery.sop_classes import VERIFICATION


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
