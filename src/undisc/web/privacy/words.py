"""What entries of the trail and alerts say, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass

from undisc.disclosures.model import Purpose
from undisc.web.frame import N_

ACTIONS: Mapping[str, str] = {
    "imported": N_("Took pictures in"),
    "quarantined": N_("Set files aside that did not fit"),
    "shared": N_("Made a link"),
    "revoked": N_("Stopped a link"),
    "passcode-right": N_("Gave the right passcode"),
    "passcode-wrong": N_("Gave a wrong passcode"),
    "link-closed": N_("Closed a link after too many wrong tries"),
    "link-opened": N_("Opened a link"),
    "series-viewed": N_("Looked at pictures"),
    "document-viewed": N_("Read a report"),
    "download-started": N_("Began to download all pictures"),
    "download-finished": N_("Finished downloading all pictures"),
    "instance-downloaded": N_("Downloaded one picture"),
    "verified": N_("Checked that all pictures are as they were stored"),
    "rebuilt": N_("Made everything that is derived from the pictures anew"),
    "rejected": N_("Hid pictures"),
    "restored": N_("Showed hidden pictures again"),
    "purged": N_("Deleted hidden pictures for good"),
    "token-created": N_("Let another system in"),
    "token-revoked": N_("Shut another system out"),
    "study-retrieved": N_("Fetched pictures with another system"),
    "peer-added": N_("Added another DICOM system"),
    "peer-allowed": N_("Changed what a DICOM system may do"),
    "peer-removed": N_("Removed a DICOM system"),
    "queried": N_("Searched with another system"),
    "transfer-ordered": N_("Ordered a transfer"),
    "transfer-begun": N_("Began a transfer"),
    "instances-sent": N_("Sent pictures to another system"),
    "instances-received": N_("Got pictures from another system"),
    "commitment-reported": N_("Told another system that its pictures are safe here"),
    "job-cancelled": N_("Took a job out of line"),
    "job-retried": N_("Had a job done again"),
    "exported": N_("Handed pictures out on a medium"),
    "published": N_("Published a sealed package"),
    "unpublished": N_("Took a sealed package back"),
    "birth-date-right": N_("Gave the right date of birth"),
    "birth-date-wrong": N_("Gave a wrong date of birth"),
    "code-sent": N_("Was sent a code"),
    "code-right": N_("Gave the right code"),
    "code-wrong": N_("Gave a wrong code"),
    "signed-in": N_("Signed in"),
    "signed-out": N_("Signed out"),
    "sign-in-failed": N_("Tried to sign in, in vain"),
    "proven-again": N_("Showed again who they are"),
    "related": N_("Let somebody see a patient's pictures"),
    "relation-ended": N_("Let somebody see a patient's pictures no more"),
    "glass-broken": N_("Looked at a patient in an emergency"),
    "person-invited": N_("Invited somebody"),
    "invitation-ended": N_("Took an invitation back"),
    "person-joined": N_("Joined"),
    "roles-changed": N_("Changed what somebody may do here"),
    "person-closed": N_("Closed an account"),
    "details-changed": N_("Changed their name, e-mail address or telephone number"),
    "person-reopened": N_("Opened an account again"),
    "key-added": N_("Added a way of signing in"),
    "key-removed": N_("Removed a way of signing in"),
    "message-sent": N_("Sent a message"),
    "message-failed": N_("Could not send a message"),
    "message-retried": N_("Had a message sent again"),
    "message-cancelled": N_("Took a message back"),
    "corrected": N_("Put right what pictures say of themselves"),
    "correction-undone": N_("Undid a correction"),
    "consent-signed": N_("Signed who may see the pictures"),
    "consent-viewed": N_("Read a signed form"),
    "consent-attached": N_("Put a signed form on a scan"),
    "consent-detached": N_("Took a signed form off a scan"),
    "consent-replaced": N_("Replaced a signed form by a newer one"),
    "consent-withdrawn": N_("Withdrew a signed form"),
    "check-in-place-made": N_("Made a place where people check in"),
    "check-in-place-ended": N_("Closed a place where people check in"),
    "study-complete": N_("Found a scan to be complete"),
    "completion-changed": N_("Changed how a complete scan is handed over"),
    "order-told": N_("Was told of an examination by another system"),
    "medium-ordered": N_("Ordered a disc or file"),
    "medium-cancelled": N_("Cancelled a disc or file"),
    "medium-fetched": N_("Fetched a disc or file"),
    "health-link-read": N_("Read a SMART Health Link"),
    "trail-read": N_("Searched the trail"),
    "trail-exported": N_("Took a part of the trail out"),
    "accounting-made": N_("Made an accounting of disclosures"),
    "alert-seen": N_("Read an alert"),
    "patient-watched": N_("Began to watch a patient's pictures"),
    "patient-unwatched": N_("Stopped watching a patient's pictures"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that people ask for together."""

    words: str
    actions: frozenset[str]


GROUPS: Mapping[str, Group] = {
    "looks": Group(N_("Looks at pictures and reports"), frozenset({"link-opened", "series-viewed", "document-viewed"})),
    "leaving": Group(
        N_("Pictures that left"),
        frozenset(
            {
                "health-link-read",
                "download-started",
                "download-finished",
                "instance-downloaded",
                "study-retrieved",
                "instances-sent",
                "exported",
                "medium-fetched",
                "published",
            }
        ),
    ),
    "consents": Group(
        N_("Signed forms"),
        frozenset(
            {
                "consent-signed",
                "consent-viewed",
                "consent-attached",
                "consent-detached",
                "consent-replaced",
                "consent-withdrawn",
            }
        ),
    ),
    "links": Group(N_("Links made, stopped and closed"), frozenset({"shared", "revoked", "link-closed"})),
    "wrong": Group(
        N_("Wrong passcodes, codes and sign-ins"),
        frozenset({"passcode-wrong", "code-wrong", "birth-date-wrong", "sign-in-failed", "link-closed"}),
    ),
    "signing-in": Group(N_("Signing in and out"), frozenset({"signed-in", "signed-out", "proven-again"})),
    "emergency": Group(N_("Emergency looks"), frozenset({"glass-broken"})),
    "people": Group(
        N_("People and what they may do"),
        frozenset(
            {
                "related",
                "relation-ended",
                "person-invited",
                "invitation-ended",
                "person-joined",
                "roles-changed",
                "person-closed",
                "details-changed",
                "person-reopened",
                "key-added",
                "key-removed",
            }
        ),
    ),
    "arrivals": Group(N_("Pictures that came in"), frozenset({"imported", "quarantined", "instances-received"})),
    "deletions": Group(N_("Pictures hidden and deleted"), frozenset({"rejected", "restored", "purged"})),
    "officer": Group(
        N_("What privacy officers did"),
        frozenset(
            {
                "trail-read",
                "trail-exported",
                "accounting-made",
                "alert-seen",
                "patient-watched",
                "patient-unwatched",
            }
        ),
    ),
}

PURPOSES: Mapping[Purpose, str] = {
    Purpose.SHARED: N_("Shared by the patient or their family"),
    Purpose.GIVEN: N_("Link given out by the place"),
    Purpose.OWN: N_("The patient's own look"),
    Purpose.CARE: N_("Care: another system asked for it"),
    Purpose.SENT: N_("Care: sent to another place"),
    Purpose.EMERGENCY: N_("Emergency"),
    Purpose.WORK: N_("Care or work at the place"),
    Purpose.MEDIUM: N_("Handed out on a medium"),
}

ALERTS: Mapping[str, str] = {
    "volume": N_("Far more patients than usual"),
    "codes": N_("Many wrong tries"),
    "watched": N_("A look at a watched patient"),
    "glass": N_("An emergency look"),
    "trail": N_("The trail is not whole"),
}


def action(word: str) -> str:
    """An action as a sentence; one that has none yet, as it is written in the trail."""
    return ACTIONS.get(word, word)
