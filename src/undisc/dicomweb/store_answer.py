"""What is told of an upload: each instance's outcome, as the Store Instances Response Module names it (PS3.18 I.2)."""

from typing import Any

from undisc.dicomweb.store_upload import NotTaken, Taken
from undisc.intake.model import Outcome
from undisc.intake.receiving import Received

# Failure Reasons: table I.2-2, and of PS3.7 annex C what that table leaves to others.
CANNOT_UNDERSTAND = 0xC000
OUT_OF_RESOURCES = 0xA700
NOT_OF_THIS_STUDY = 0xA900
DUPLICATE_WITH_OTHER_CONTENT = 0x0111
NOT_AUTHORIZED = 0x0124
# Warning Reason: table I.2-1.
DOES_NOT_MATCH_CLASS = 0xB007

_HERE = (Outcome.STORED, Outcome.DUPLICATE)
_LONGEST_REASON = 1024


def status_of(taken: Taken) -> int:
    """Of the whole request (table 10.5.3-1): all stored, some of it, or nothing."""
    stored = sum(each.outcome in _HERE for each in taken.received)
    if stored == len(taken.received) + len(taken.not_taken):
        return 200
    if stored:
        return 202
    only_large = not taken.received and all(each.too_large for each in taken.not_taken)
    return 413 if only_large else 409


def describe(taken: Taken, base: str, study: str | None) -> dict[str, Any]:
    """The response in the DICOM JSON model. study: the UID in the request's address."""
    stored = [each for each in taken.received if each.outcome in _HERE]
    failed = [each for each in taken.received if each.outcome not in _HERE]
    studies = {each.names.study for each in stored if each.names}
    model: dict[str, Any] = {}
    if len(studies) == 1:
        model["00081190"] = _value("UR", f"{base}/studies/{next(iter(studies))}")
    named = [_failure(each, study) for each in failed if each.names]
    unnamed = [_unnamed(CANNOT_UNDERSTAND, each.reason) for each in failed if not each.names]
    unnamed += [_not_taken(each) for each in taken.not_taken]
    if named:
        model["00081198"] = {"vr": "SQ", "Value": named}
    if stored:
        model["00081199"] = {"vr": "SQ", "Value": [_stored(each, base) for each in stored]}
    if unnamed:
        model["0008119A"] = {"vr": "SQ", "Value": unnamed}
    return model


def _stored(received: Received, base: str) -> dict[str, Any]:
    item = _named(received)
    names = received.names
    if names is not None:
        address = f"{base}/studies/{names.study}/series/{names.series}/instances/{names.instance}"
        item["00081190"] = _value("UR", address)
    if received.outcome is Outcome.STORED and received.reason:
        item["00081196"] = _value("US", DOES_NOT_MATCH_CLASS)
        item |= _said(received.reason)
    return item


def _failure(received: Received, study: str | None) -> dict[str, Any]:
    if received.outcome is not Outcome.REFUSED:
        code = DUPLICATE_WITH_OTHER_CONTENT
    elif received.names is not None and study not in (None, received.names.study):
        code = NOT_OF_THIS_STUDY
    else:
        code = NOT_AUTHORIZED
    return _named(received) | {"00081197": _value("US", code)} | _said(received.reason)


def _not_taken(part: NotTaken) -> dict[str, Any]:
    return _unnamed(OUT_OF_RESOURCES if part.too_large else CANNOT_UNDERSTAND, part.reason)


def _unnamed(code: int, reason: str) -> dict[str, Any]:
    return {"00081197": _value("US", code)} | _said(reason or "It is no DICOM file.")


def _named(received: Received) -> dict[str, Any]:
    item = {"00081150": _value("UI", received.sop_class)} if received.sop_class else {"00081150": {"vr": "UI"}}
    if received.names is not None:
        item["00081155"] = _value("UI", received.names.instance)
    return item


def _said(reason: str) -> dict[str, Any]:
    """The reason as a sentence, in private attributes, since the standard has none for it (PS3.5 7.8.1)."""
    return {"00090010": _value("LO", "UNDISC"), "00091001": _value("UT", reason[:_LONGEST_REASON])}


def _value(vr: str, value: str | int) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]}
