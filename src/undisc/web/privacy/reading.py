"""From a form or an address to which entries of the trail are wanted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from undisc.audit.entries import Wanted
from undisc.audit.marks import LONGEST, Mark
from undisc.disclosures.model import Patient, PersonFacts
from undisc.disclosures.service import Privacy
from undisc.web.forms import Form
from undisc.web.privacy.words import ACTIONS, GROUPS


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form: as it was typed, and what came of it.

    patients and people: those that the text fits, where it fits several; then nothing is searched yet.
    """

    wanted: Wanted
    patient: Patient | None
    person: PersonFacts | None
    patients: tuple[Patient, ...]
    people: tuple[PersonFacts, ...]
    link: str
    action: str
    since: str
    until: str
    address: str
    nobody: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody has to be chosen first."""
        return bool(self.patients or self.people)


def asked(form: Form, privacy: Privacy, zone: ZoneInfo) -> Asked:
    """What a form asks for. Numbers of a patient's study or of a person go before what was typed of them."""
    patients = _patients(form, privacy)
    people = _people(form, privacy)
    one_patient = patients[0] if len(patients) == 1 else None
    one_person = people[0] if len(people) == 1 else None
    nobody = bool(
        ((form.get("patient") or form.get("patient_text")) and not patients)
        or ((form.get("person") or form.get("person_text")) and not people)
    )
    link, address = form.get("link", LONGEST), form.get("address", LONGEST)
    marks: list[frozenset[Mark]] = []
    if one_patient:
        marks.append(privacy.marks_of_patient(one_patient))
    if one_person:
        marks.append(privacy.marks_of_person(one_person.id))
    if link:
        marks.append(frozenset({Mark("link", link)}))
    if address:
        marks.append(frozenset({Mark("address", address)}))
    if nobody:
        marks.append(frozenset())
    chosen = form.get("action")
    group = GROUPS.get(chosen)
    actions = group.actions if group else frozenset({chosen} if chosen in ACTIONS else ())
    since, until = form.get("since", 10), form.get("until", 10)
    wanted = Wanted(
        tuple(marks),
        actions,
        day(since, zone),
        day(until, zone, days=1),
        _number(form.get("before")) or None,
    )
    return Asked(
        wanted,
        one_patient,
        one_person,
        tuple(patients) if len(patients) > 1 else (),
        tuple(people) if len(people) > 1 else (),
        link,
        chosen,
        since,
        until,
        address,
        nobody,
    )


def _patients(form: Form, privacy: Privacy) -> list[Patient]:
    if form.get("patient"):
        found = privacy.patient(_number(form.get("patient")))
        return [found] if found else []
    return privacy.patients_like(form.get("patient_text"))


def _people(form: Form, privacy: Privacy) -> list[PersonFacts]:
    if form.get("person"):
        found = privacy.person(_number(form.get("person")))
        return [found] if found else []
    return privacy.people_like(form.get("person_text"))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def day(text: str, zone: ZoneInfo, days: int = 0) -> datetime | None:
    """The beginning of a day as the place counts it, or of one so many days later."""
    try:
        begins = datetime.strptime(text, "%Y-%m-%d") + timedelta(days=days)  # noqa: DTZ007
        return begins.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
