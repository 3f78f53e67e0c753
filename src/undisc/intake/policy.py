"""What an import amounts to, in one plain sentence."""

from dataclasses import dataclass
from typing import Literal

from undisc.intake.model import Ledger, Outcome

Result = Literal["kept", "partly", "nothing"]

_ASK = "Ask the sender for the images."


@dataclass(frozen=True, slots=True)
class Verdict:
    """kept: every picture is here; partly: something could not be kept; nothing: there was nothing to keep."""

    result: Result
    sentence: str


def judge(ledger: Ledger) -> Verdict:
    counts = ledger.counts
    here = counts[Outcome.STORED] + counts[Outcome.DUPLICATE]
    wanting = len(ledger.lost) + len(ledger.missing)
    if not here and not wanting:
        return Verdict("nothing", _nothing(ledger))
    if not ledger.has_pictures and not wanting:
        return Verdict("nothing", f"This disc holds a report but no images. {_ASK} The report is kept.")
    if wanting:
        return Verdict("partly", f"{_pictures(here)} {_are(here)} here; {_wanting(ledger)}")
    if not counts[Outcome.STORED]:
        return Verdict("kept", f"Everything on it is here already: {_pictures(here)}. Nothing was changed.")
    if counts[Outcome.DUPLICATE]:
        new = counts[Outcome.STORED]
        return Verdict("kept", f"All {_pictures(here)} are here; {new} of them {_are(new)} new.")
    if here == 1:
        return Verdict("kept", "The picture is here.")
    return Verdict("kept", f"All {_pictures(here)} are here.")


def _nothing(ledger: Ledger) -> str:
    if not ledger.files:
        return f"This disc is blank. {_ASK}"
    if ledger.has_report:
        return f"This disc holds a report but no images. {_ASK}"
    return f"There are no medical images among the {_files(ledger.files)} on this disc. {_ASK}"


def _wanting(ledger: Ledger) -> str:
    parts = []
    if apart := ledger.counts[Outcome.QUARANTINED]:
        parts.append(f"{_files(apart)} {_were(apart)} kept apart because something is wrong with {_them(apart)}")
    if unread := ledger.counts[Outcome.UNREADABLE]:
        parts.append(f"{_files(unread)} could not be read")
    if missing := len(ledger.missing):
        parts.append(f"{_files(missing)} that the disc's index lists {_are(missing)} not on it")
    return ", ".join(parts) + "."


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
