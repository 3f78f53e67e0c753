"""What the portal's routes have to say, and names and states in words."""

from collections.abc import Mapping

from undisc.accounts.people.model import SignedIn
from undisc.sharing.model import Kind, Look, SharedLink, Step
from undisc.web.frame import N_

_MOST_LETTERS = 120


def spoken_name(name: str) -> str:
    """A person's name (PN, PS3.5 6.2) as it is said, prefix first; in letters before ideographs."""
    groups = name.split("=")
    group = next((one for one in (groups[0], *groups[1:2]) if one.strip(" ^")), "")
    family, given, middle, prefix, suffix = (part.strip() for part in (*group.split("^"), "", "", "", "", "")[:5])
    parts = (prefix, given, middle, family, suffix)
    return " ".join(" ".join(_cased(part) for part in parts if part).split())[:_MOST_LETTERS]


def _cased(part: str) -> str:
    """DOE as Doe: capitals alone are the habit of devices, not of people."""
    return part.title() if part.isupper() and len(part) > 1 else part


STATES: Mapping[str, tuple[str, str]] = {
    "open": (N_("Open"), "good"),
    "expired": (N_("Over"), ""),
    "revoked": (N_("Stopped"), ""),
    "used up": (N_("Opened as often as it could be"), ""),
}

STEPS: Mapping[Step, tuple[str, str]] = {
    Step.OPEN: (N_("Open with the link"), N_("Quickest. Whoever has the link sees the pictures.")),
    Step.PASSCODE: (
        N_("With a passcode"),
        N_("You get six digits to tell them, on the telephone or in person. The link alone shows nothing."),
    ),
    Step.CODE: (
        N_("With a code to their phone or e-mail"),
        N_("Safest for one person. A code is sent to them each time; a forwarded link is of no use."),
    ),
    Step.CLINICIAN: (
        N_("Only clinicians who sign in"),
        N_("For doctors with an account here. They sign in with the e-mail address that you give."),
    ),
}

RELATIONS: Mapping[str, str] = {
    "self": N_("Yourself"),
    "parent": N_("Parent"),
    "guardian": N_("Guardian"),
    "owner": N_("Owner of the animal"),
    "other": N_("Somebody they trust"),
}


def how_it_opens(one: SharedLink) -> str:
    """What is asked of who opens a link, as a few words; marked for the catalogues."""
    link = one.link
    if link.kind is Kind.PATIENT:
        return N_("With the date of birth, and a code or passcode")
    if link.second_step == "code":
        return N_("With a code to their phone or e-mail")
    if link.second_step == "clinician":
        return N_("Only for clinicians who sign in")
    return N_("With a passcode") if link.passcode else N_("By the link alone")


def whom_for(one: SharedLink) -> str:
    """A name or address that was given, and that its own owner may see; "" where none was."""
    link = one.link
    return link.for_name or link.for_email or link.for_phone


def is_mine(look: Look, me: SignedIn) -> bool:
    """Whether a look was by whoever reads of it now, signed in."""
    opening = look.opening
    return opening is not None and opening.who == "person" and opening.who_name == me.person.name
