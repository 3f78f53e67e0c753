"""Entries of the trail in the terms of the standards: DICOM's audit events (PS3.15 A.5.3), their action and outcome."""

from dataclasses import dataclass
from typing import NamedTuple

from undisc.audit.entries import Entry
from undisc.disclosures.accounting import who
from undisc.disclosures.model import Known, StudyFacts


class Code(NamedTuple):
    """A code of DICOM's terminology (PS3.16 Annex D)."""

    value: str
    meaning: str


ACTIVITY = Code("110100", "Application Activity")
LOG_USED = Code("110101", "Audit Log Used")
BEGIN = Code("110102", "Begin Transferring DICOM Instances")
ACCESSED = Code("110103", "DICOM Instances Accessed")
TRANSFERRED = Code("110104", "DICOM Instances Transferred")
DELETED = Code("110105", "DICOM Study Deleted")
EXPORT = Code("110106", "Export")
IMPORT = Code("110107", "Import")
QUERY = Code("110112", "Query")
ALERT = Code("110113", "Security Alert")
AUTHENTICATION = Code("110114", "User Authentication")
LOGIN = Code("110122", "Login")
LOGOUT = Code("110123", "Logout")
OVERRIDE = Code("110127", "Emergency Override Started")
NETWORK = Code("110128", "Network Configuration")
RESTRICTED = Code("110132", "Use of Restricted Function")
OBJECT_SECURITY = Code("110135", "Object Security Attributes Changed")
USER_SECURITY = Code("110137", "User Security Attributes Changed")
DESTINATION = Code("110152", "Destination Role ID")
SOURCE = Code("110153", "Source Role ID")


class _Shape(NamedTuple):
    """event; what was done: Create, Read, Update, Delete or Execute; 0 success, 4 minor failure, 8 serious failure."""

    event: Code
    action: str
    kind: Code | None = None
    outcome: str = "0"


_SHARED = _Shape(ALERT, "U", OBJECT_SECURITY)
_PERSON = _Shape(ALERT, "U", USER_SECURITY)
_SYSTEM = _Shape(ALERT, "U", NETWORK)
_IN = _Shape(AUTHENTICATION, "E", LOGIN)
_NOT_IN = _Shape(AUTHENTICATION, "E", LOGIN, "4")
_LOG = _Shape(LOG_USED, "R")
_OUT = _Shape(EXPORT, "R")

_SHAPES = {
    "imported": _Shape(IMPORT, "C"),
    "quarantined": _Shape(IMPORT, "C", outcome="4"),
    "shared": _SHARED,
    "revoked": _SHARED,
    "related": _SHARED,
    "relation-ended": _SHARED,
    "consent-signed": _SHARED,
    "consent-attached": _SHARED,
    "consent-detached": _SHARED,
    "consent-replaced": _SHARED,
    "consent-withdrawn": _SHARED,
    "corrected": _Shape(ACCESSED, "U"),
    "correction-undone": _Shape(ACCESSED, "U"),
    "passcode-right": _IN,
    "code-right": _IN,
    "birth-date-right": _IN,
    "link-opened": _IN,
    "signed-in": _IN,
    "proven-again": _IN,
    "signed-out": _Shape(AUTHENTICATION, "E", LOGOUT),
    "passcode-wrong": _NOT_IN,
    "code-wrong": _NOT_IN,
    "birth-date-wrong": _NOT_IN,
    "sign-in-failed": _NOT_IN,
    "link-closed": _Shape(ALERT, "E", RESTRICTED, "8"),
    "series-viewed": _Shape(ACCESSED, "R"),
    "document-viewed": _Shape(ACCESSED, "R"),
    "rejected": _Shape(ACCESSED, "D"),
    "restored": _Shape(ACCESSED, "U"),
    "purged": _Shape(DELETED, "D"),
    "download-started": _OUT,
    "download-finished": _OUT,
    "instance-downloaded": _OUT,
    "health-link-read": _OUT,
    "exported": _OUT,
    "medium-fetched": _OUT,
    "published": _OUT,
    "study-retrieved": _Shape(TRANSFERRED, "R"),
    "instances-sent": _Shape(TRANSFERRED, "R"),
    "instances-received": _Shape(TRANSFERRED, "C"),
    "transfer-begun": _Shape(BEGIN, "E"),
    "queried": _Shape(QUERY, "E"),
    "token-created": _SYSTEM,
    "token-revoked": _SYSTEM,
    "peer-added": _SYSTEM,
    "peer-allowed": _SYSTEM,
    "peer-removed": _SYSTEM,
    "person-invited": _PERSON,
    "invitation-ended": _PERSON,
    "person-joined": _PERSON,
    "roles-changed": _PERSON,
    "person-closed": _PERSON,
    "details-changed": _PERSON,
    "person-reopened": _PERSON,
    "key-added": _PERSON,
    "key-removed": _PERSON,
    "glass-broken": _Shape(ALERT, "E", OVERRIDE),
    "trail-read": _LOG,
    "trail-exported": _LOG,
    "accounting-made": _LOG,
    "alert-seen": _LOG,
}
_ELSE = _Shape(ACTIVITY, "E")
_RECEIVED = frozenset({"imported", "instances-received"})


@dataclass(frozen=True, slots=True)
class Event:
    """An entry as the standards tell it. action_word: the entry's own. name: whom people know the actor as. studies:
    of one patient each (PS3.15 A.5.3.7: a message is about one patient)."""

    entry: Entry
    event: Code
    kind: Code | None
    action: str
    outcome: str
    name: str
    address: str
    role: Code
    reason: str
    studies: tuple[StudyFacts, ...]

    @property
    def action_word(self) -> str:
        return self.entry.action


def events(entry: Entry, known: Known) -> list[Event]:
    """What to tell of an entry: once for each patient whom it is about."""
    shape = _SHAPES.get(entry.action, _ELSE)
    event = shape.event
    if entry.action == "imported" and entry.actor.startswith(("token:", "peer:")):
        event = TRANSFERRED  # it did not come off a medium
    by_patient: dict[object, list[StudyFacts]] = {}
    for study in known.studies_of(entry):
        by_patient.setdefault(study.key, []).append(study)
    glass = known.glasses.get(int(entry.subject.get("glass") or 0))
    return [
        Event(
            entry,
            event,
            shape.kind,
            shape.action,
            shape.outcome,
            who(entry.actor, known),
            str(entry.subject.get("address") or ""),
            SOURCE if entry.action in _RECEIVED else DESTINATION,
            glass.reason if glass else str(entry.subject.get("reason") or ""),
            tuple(studies),
        )
        for studies in (by_patient.values() or [[]])
    ]
