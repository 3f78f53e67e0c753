"""What the trail remembers: who did what to which study or link; never a name, a date of birth or a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Action = Literal[
    "imported",
    "quarantined",
    "shared",
    "revoked",
    "passcode-right",
    "passcode-wrong",
    "link-closed",
    "link-opened",
    "birth-date-right",
    "birth-date-wrong",
    "code-sent",
    "code-right",
    "code-wrong",
    "series-viewed",
    "document-viewed",
    "download-started",
    "download-finished",
    "instance-downloaded",
    "verified",
    "rebuilt",
    "rejected",
    "restored",
    "purged",
    "token-created",
    "token-revoked",
    "study-retrieved",
    "peer-added",
    "peer-allowed",
    "peer-removed",
    "queried",
    "transfer-ordered",
    "transfer-begun",
    "instances-sent",
    "instances-received",
    "commitment-reported",
    "job-cancelled",
    "job-retried",
    "exported",
    "published",
    "unpublished",
    "corrected",
    "correction-undone",
    "order-told",
    "health-link-read",
    "trail-read",
    "trail-exported",
    "accounting-made",
    "alert-seen",
    "patient-watched",
    "patient-unwatched",
    "consent-signed",
    "consent-attached",
    "consent-detached",
    "consent-replaced",
    "consent-withdrawn",
    "consent-viewed",
    "check-in-place-made",
    "check-in-place-ended",
    "signed-in",
    "signed-out",
    "sign-in-failed",
    "proven-again",
    "related",
    "relation-ended",
    "glass-broken",
    "person-invited",
    "invitation-ended",
    "person-joined",
    "roles-changed",
    "person-closed",
    "details-changed",
    "person-reopened",
    "key-added",
    "key-removed",
    "study-complete",
    "message-sent",
    "message-failed",
    "message-retried",
    "message-cancelled",
    "medium-ordered",
    "medium-cancelled",
    "medium-fetched",
    "completion-changed",
]


@dataclass(frozen=True, slots=True)
class Act:
    """One act. actor: "operator" (the command line), "link:<id>" (whoever holds that link), "token:<name>" (a system),
    "peer:<name>" (a caller on the DICOM network) or "system" (Undisc itself)."""

    action: Action
    actor: str
    subject: Mapping[str, str | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intact:
    """Every entry follows from the one before it, and the last is the one the head names."""

    entries: int
    head: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the trail does not hold, and what a person can conclude from it."""

    seq: int
    reason: str
