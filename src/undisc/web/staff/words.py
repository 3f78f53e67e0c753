"""How staff read it: people's names, states and sizes. Sentences are marked for the catalogues."""

from undisc.sharing.desk_model import Form, Showing, Stage
from undisc.web.frame import N_

_MINUTE = 60


def spoken(name: str) -> str:
    """A person's name (PN, PS3.5 6.2.1) as lists are sorted by it: "DOE, Jane"."""
    group = next((part for part in name.split("=") if part.strip(" ^")), "")
    family, _, rest = group.partition("^")
    given = " ".join(part for part in rest.split("^")[:2] if part)
    return ", ".join(part for part in (family.strip(), given.strip()) if part)


STAGES = {
    Stage.ARRIVING: N_("Arriving"),
    Stage.WAITING: N_("To hand over"),
    Stage.SENT: N_("Link sent"),
    Stage.PRINTED: N_("Printed"),
    Stage.DISMISSED: N_("Taken off"),
}
STAGE_BADGES = {Stage.WAITING: "warn", Stage.SENT: "good", Stage.PRINTED: "good"}

FORMS = {
    Form.GIVEN: N_("Consent: yes"),
    Form.NONE: N_("Consent: none"),
    Form.WAITING: N_("Consent: to be looked at"),
    Form.WITHDRAWN: N_("Consent: withdrawn"),
}

SHOWN = (
    ("all", N_("All"), tuple(Stage)),
    ("waiting", N_("To hand over"), (Stage.WAITING,)),
    ("arriving", N_("Arriving"), (Stage.ARRIVING,)),
    ("done", N_("Handed over"), (Stage.SENT, Stage.PRINTED)),
    ("dismissed", N_("Taken off"), (Stage.DISMISSED,)),
)
STAGES_SHOWN = {name: stages for name, _, stages in SHOWN}

LINKS_SHOWN = (
    (Showing.ALL, N_("All")),
    (Showing.OPEN, N_("Open")),
    (Showing.UNOPENED, N_("Never opened")),
    (Showing.FAILED, N_("Could not be sent")),
)
LINK_STATES = {
    "open": N_("Open"),
    "expired": N_("Over"),
    "revoked": N_("Stopped"),
    "used up": N_("Used up"),
}
LINK_KINDS = {"patient": N_("Patient"), "share": N_("Shared")}
MESSAGE_STATES = {
    "waiting": N_("in line"),
    "sent": N_("sent"),
    "failed": N_("not sent"),
    "cancelled": N_("cancelled"),
}
MEDIA_STATES = {
    "waiting": N_("In line"),
    "making": N_("Being made"),
    "ready": N_("Ready"),
    "failed": N_("Not made"),
    "cancelled": N_("Cancelled"),
    "removed": N_("Removed"),
}
MEDIA = {"zip": N_("ZIP file"), "iso": N_("Disc image")}
MEDIA_STAGES = {
    "": N_("It begins soon."),
    "converting": N_("Pictures are converted for the disc."),
    "writing": N_("The disc is written."),
    "reading": N_("What was written is read back and compared."),
}
LOOKS = {
    "link": N_("by a link"),
    "own link": N_("by the patient's own link"),
    "signed in": N_("signed in"),
    "glass": N_("in an emergency, with a reason"),
    "system": N_("another system"),
    "medium": N_("on a disc or as a file"),
}
CHOICES = {
    "nobody-else": N_("nobody else"),
    "my-clinicians": N_("the clinicians who treat them"),
    "whom-i-choose": N_("whom they choose"),
}
CONSENT_STATES = {
    "waiting": N_("Waits for its scan"),
    "attached": N_("On the scan"),
    "withdrawn": N_("Withdrawn"),
    "replaced": N_("Replaced by a newer one"),
}


def size(count: int) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{max(1, round(count / 1e6)):,} MB" if count else ""


def minutes(seconds: float) -> int:
    return max(1, round(seconds / _MINUTE))
