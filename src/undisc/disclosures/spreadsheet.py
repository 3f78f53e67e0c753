"""Rows as CSV (RFC 4180) that a spreadsheet opens and takes no formula from."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from undisc.audit.entries import Entry
from undisc.disclosures.accounting import who
from undisc.disclosures.model import Accounting, Known, Purpose, StudyFacts

Say = Callable[[str], str]
"""Puts a word of the trail, or the name of a column, into the reader's language."""

_ABOUT = ("link", "study", "study_uid", "session", "series", "instance", "address", "browser", "reason")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

ENTRY_COLUMNS = ("number", "time", "who", "actor", "what", "action", "patient id", "studies", *_ABOUT)
DISCLOSURE_COLUMNS = ("first", "last", "times", "recipient", "address", "what", "how", "purpose", "reason")


def entries(found: Iterable[tuple[Entry, Known]], say: Say) -> Iterator[str]:
    """A line for each entry. Names of people are joined to it; the patient is told by their ID alone."""
    yield line(ENTRY_COLUMNS)
    for entry, known in found:
        what = known.studies_of(entry)
        yield line(
            (
                str(entry.seq),
                entry.at.isoformat(),
                who(entry.actor, known),
                entry.actor,
                say(entry.action),
                entry.action,
                " ".join(sorted({study.key.patient_id for study in what})),
                " ".join(study.uid for study in what),
                *(str(entry.subject.get(name) if entry.subject.get(name) is not None else "") for name in _ABOUT),
            )
        )


def accounting(account: Accounting, say: Say, purposes: Callable[[Purpose], str]) -> Iterator[str]:
    yield line(DISCLOSURE_COLUMNS)
    for each in account.disclosures:
        yield line(
            (
                each.first_at.isoformat(),
                each.last_at.isoformat(),
                str(each.times),
                each.recipient,
                each.address,
                "; ".join(study_words(study) for study in each.what),
                "; ".join(say(how) for how in each.how),
                purposes(each.purpose),
                each.reason,
            )
        )


def study_words(study: StudyFacts) -> str:
    """A study as a patient knows it: its kind, what it is called, its day."""
    day = f"{study.date[:4]}-{study.date[4:6]}-{study.date[6:8]}" if len(study.date) >= 8 else ""
    return ", ".join(word for word in ("/".join(study.modalities), study.description, day) if word)


def line(values: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(value) for value in values])
    return text.getvalue()


def _harmless(value: str) -> str:
    # What begins so, a spreadsheet computes; an apostrophe before it makes it text again.
    return f"'{value}" if value.startswith(_FORMULA) else value
