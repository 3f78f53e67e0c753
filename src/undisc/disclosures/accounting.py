"""From entries of the trail to an accounting of disclosures (45 CFR 164.528): what left, when, to whom and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from undisc.accounts.people.model import PatientKey, Role
from undisc.audit.entries import Entry
from undisc.disclosures.model import Disclosure, GlassFacts, Known, LinkFacts, Purpose, StudyFacts

_ANYBODY = "Whoever had link {}"
_PATIENT, _OPERATOR, _ITSELF = "The patient", "An operator of the server", "Undisc itself"


@dataclass(slots=True)
class _Sum:
    first_at: datetime
    last_at: datetime
    address: str
    reason: str
    what: dict[int, StudyFacts] = field(default_factory=dict)
    how: dict[str, None] = field(default_factory=dict)
    times: int = 0


class Account:
    """Sums up what left of one patient: a line for each day, recipient and purpose."""

    def __init__(self, key: PatientKey, broken: Iterable[GlassFacts]) -> None:
        self._key = key
        self._broken = list(broken)
        self._sums: dict[tuple[str, str, Purpose], _Sum] = {}
        # Where the browser of a session was, as its opening told; later entries of the session do not.
        self._addresses: dict[str, str] = {}

    def note_opening(self, entry: Entry) -> None:
        """Remember from where a link was opened."""
        if entry.subject.get("address"):
            self._addresses[str(entry.subject.get("session"))] = str(entry.subject["address"])

    def add(self, entry: Entry, known: Known) -> None:
        what = [study for study in known.studies_of(entry) if study.key == self._key]
        if not what:
            return
        recipient, purpose, reason = self._of(entry, known)
        address = self._addresses.get(str(entry.subject.get("session")), "")
        key = (entry.at.date().isoformat(), recipient, purpose)
        found = self._sums.setdefault(key, _Sum(entry.at, entry.at, address, reason))
        found.last_at = entry.at
        found.times += 1
        found.what |= {study.id: study for study in what}
        found.how[entry.action] = None

    def disclosures(self) -> tuple[list[Disclosure], int]:
        """In the order of time, without what the patient themselves looked at; and how many such lines there were."""
        lines = [
            Disclosure(
                found.first_at,
                found.last_at,
                recipient,
                found.address,
                tuple(found.what.values()),
                tuple(found.how),
                purpose,
                found.reason,
                found.times,
            )
            for (_, recipient, purpose), found in self._sums.items()
        ]
        others = [line for line in lines if line.purpose is not Purpose.OWN]
        return sorted(others, key=lambda line: line.first_at), len(lines) - len(others)

    def _of(self, entry: Entry, known: Known) -> tuple[str, Purpose, str]:
        """To whom, why, and the reason that somebody gave."""
        what, _, which = entry.actor.partition(":")
        if entry.action == "instances-sent":
            return f"{entry.subject.get('peer') or which}", Purpose.SENT, ""
        if entry.action in ("exported", "published"):
            whom = known.exports.get(int(entry.subject.get("export") or 0), "")
            return whom or who(entry.actor, known), Purpose.MEDIUM, ""
        if what == "link" and which in known.links:
            return self._by_link(entry, known.links[which], known)
        if what in ("token", "peer"):
            return which, Purpose.CARE, ""
        return self._worker(entry, known)

    def _by_link(self, entry: Entry, link: LinkFacts, known: Known) -> tuple[str, Purpose, str]:
        if link.kind == "patient":
            return _PATIENT, Purpose.OWN, ""
        if link.person_id is not None:
            return self._worker(entry, known)
        recipient = ", ".join(word for word in (link.for_name, link.for_email) if word)
        maker = known.person_of(link.made_by)
        shared = link.made_by.startswith("link:") or (maker is not None and is_patient(maker.roles))
        return recipient or _ANYBODY.format(link.id), Purpose.SHARED if shared else Purpose.GIVEN, ""

    def _worker(self, entry: Entry, known: Known) -> tuple[str, Purpose, str]:
        person = known.person_of(entry.actor)
        if person is None:
            return who(entry.actor, known), Purpose.WORK, ""
        for glass in self._broken:
            if glass.person_id == person.id and glass.at <= entry.at < glass.until:
                return person.name, Purpose.EMERGENCY, glass.reason
        return person.name, Purpose.OWN if is_patient(person.roles) else Purpose.WORK, ""


def who(actor: str, known: Known) -> str:
    """Who did something, by name where the name is known."""
    what, _, which = actor.partition(":")
    person = known.person_of(actor)
    if person is not None:
        return person.name
    if what == "link":
        link = known.links.get(which)
        for_whom = ", ".join(word for word in (link.for_name, link.for_email) if word) if link else ""
        return _PATIENT if link and link.kind == "patient" else for_whom or _ANYBODY.format(which)
    if what == "person":
        return f"Person {which}"
    return {"operator": _OPERATOR, "system": _ITSELF}.get(actor, which or actor)


def is_patient(roles: str) -> bool:
    """Whether somebody is here for their own or their family's pictures alone."""
    return bool(roles) and set(roles.split(",")) <= {Role.PATIENT.value, Role.PROXY.value}
