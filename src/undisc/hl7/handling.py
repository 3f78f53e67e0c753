"""What a message means here: an order that is noted, a study of which all has come, or nothing that we keep."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from undisc.audit.trail import Trail
from undisc.hl7.er7 import Message, Segment
from undisc.patients.model import Order
from undisc.patients.service import Orders

ORDERS = ("ORM^O01", "OMI^O23", "OMG^O19")
REPORTS = ("ORU^R01", "ORU^R30", "ORU^R31")
_PATIENTS = ("ADT^A01", "ADT^A04", "ADT^A08", "ADT^A28", "ADT^A31")
_CANCELLED = ("CA", "OC", "DC", "CR")
# Table 0085/0123: final, corrected, and final by another name.
_FINAL = ("F", "C", "A")
_STATES = {"CM": "done", "IP": "begun", "A": "begun", "CA": "cancelled", "DC": "cancelled"}
_DATE = re.compile(r"\d{8}")
_LONGEST = 200
ACTOR = "hl7"
"""As what is done by another system's word is put down."""


class Completes(Protocol):
    def accession_complete(self, accession: str, by: str) -> int:
        """Take it that all of these studies has come. Returns how many studies that were not complete yet."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """code: AA (taken), AE (cannot be taken as it is) or AR (not of a kind that is taken). text quotes nothing."""

    code: str
    text: str


class Handling:
    """Takes one message at a time; when `take` returns AA, what it said survives a power cut."""

    def __init__(self, trail: Trail, orders: Orders, completes: Completes) -> None:
        self._trail = trail
        self._orders = orders
        self._completes = completes

    def take(self, message: Message, caller: str) -> Answer:
        """caller: who it comes from, as the trail names it."""
        if message.kind in _PATIENTS:
            return Answer("AA", "Nothing of this is kept here.")
        if message.kind not in (*ORDERS, *REPORTS):
            return Answer("AR", "Messages of this kind are not taken here.")
        found = list(self._found(message, caller))
        if not found:
            return Answer("AE", "There is no accession number in it.")
        for order in found:
            self._trail.run(lambda work, order=order: self._orders.note(work, order))
            if order.state == "done":
                self._completes.accession_complete(order.accession, ACTOR)
        return Answer("AA", f"Taken: {len(found)}.")

    def _found(self, message: Message, caller: str) -> Iterator[Order]:
        now = self._trail.run(lambda work: work.clock.now())
        patient = message.first("PID")
        order: Segment | None = None
        seen: set[str] = set()
        for segment in message.segments:
            if segment.name == "ORC":
                order = segment
            if segment.name != "OBR":
                continue
            accession = _accession(message, order, segment)
            if not accession or accession in seen:
                continue
            seen.add(accession)
            yield Order(
                accession=accession,
                issuer=_cut(patient.text(3, 4)) if patient else "",
                patient_id=_cut(patient.text(3)) if patient else "",
                patient_name=_name(patient) if patient else "",
                birth_date=_date(patient.text(7)) if patient else "",
                sex=_sex(patient.text(8)) if patient else "",
                phone=_contact(patient, email=False) if patient else "",
                email=_contact(patient, email=True) if patient else "",
                what=_cut(segment.text(4, 2) or segment.text(4)),
                planned_at=(segment.text(27, 4) or segment.text(36))[:26],
                state=_state(message, order, segment),
                told_by=caller,
                told_at=now,
            )


def _accession(message: Message, order: Segment | None, asked: Segment) -> str:
    """Where systems write it: OBR-18 (IHE RAD TF-2 4.4), IPC-1 of imaging orders, else the filler's number."""
    procedure = message.first("IPC")
    candidates = (
        asked.text(18),
        procedure.text(1) if procedure else "",
        asked.text(3),
        order.text(3) if order else "",
    )
    return next((text for text in candidates if text), "")[:64]


def _state(message: Message, order: Segment | None, asked: Segment) -> str:
    if order is not None and order.text(1) in _CANCELLED:
        return "cancelled"
    if message.kind in REPORTS:
        return "done" if asked.text(25) in _FINAL else "begun"
    return _STATES.get(order.text(5), "ordered") if order is not None else "ordered"


def _name(patient: Segment) -> str:
    """As DICOM writes it: family, given, middle, prefix, suffix (XPN 1, 2, 3, 5, 4)."""
    for parts in patient.repetitions(5):
        said = [patient.component(parts, number).replace("^", " ") for number in (1, 2, 3, 5, 4)]
        return _cut("^".join(said).rstrip("^"))
    return ""


def _contact(patient: Segment, *, email: bool) -> str:
    """The first e-mail address or telephone number of PID-13 (XTN), written out or in parts."""
    for parts in patient.repetitions(13):
        said = [patient.component(parts, number) for number in range(1, 13)]
        written, kind, address = said[0], said[2], said[3]
        if email and (address or (kind in ("Internet", "X.400") and "@" in written)):
            return _cut(address or written)
        if not email and kind in ("", "PH", "CP") and "@" not in written:
            number = said[11] or written or _together(said[4:7])
            if number:
                return _cut(number)
    return ""


def _together(parts: list[str]) -> str:
    country, area, local = parts
    return (f"+{country.lstrip('+')} " if country else "") + " ".join(part for part in (area, local) if part)


def _date(text: str) -> str:
    return text[:8] if _DATE.fullmatch(text[:8]) else ""


def _sex(text: str) -> str:
    return text if text in ("M", "F", "O") else ""


def _cut(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST]
