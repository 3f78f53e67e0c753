"""A form as it was sent, and whether it can be signed. Nothing in it is believed. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from undisc.accounts.people.model import PatientKey
from undisc.sharing.consent_model import WAYS, Choice, ConsentForm, SignedAs

WIDTH, HEIGHT = 1000, 400
"""The field in which people sign, in the units of the strokes."""

_MOST_STROKES, _MOST_POINTS = 200, 4000
_LONGEST = 200
_OLDEST = date(1880, 1, 1)
_LATEST = timedelta(days=3653)
_DAYS = {"30": 30, "365": 365}
# Somebody's name at a place with a dot in it, as far as one line can tell; the letter that is sent there proves it.
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}\.[^\s@<>,;:\"()\[\]\\.]{2,63}")
_PHONE = re.compile(r"\+?[0-9 ()/.\-]{5,30}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Fault(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    NO_DATE = "no-date"
    NOT_YET = "not-yet"
    PAST = "past"
    TOO_FAR = "too-far"
    NO_EMAIL = "no-email"
    NO_PHONE = "no-phone"
    NO_WAY = "no-way"


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields as they were filled in, cut to what they may hold. birth date and until_day in parts as typed."""

    signed_as: str = ""
    name: str = ""
    birth_day: str = ""
    birth_month: str = ""
    birth_year: str = ""
    accession: str = ""
    number: str = ""
    issuer: str = ""
    email: str = ""
    phone: str = ""
    way: tuple[str, ...] = ()
    choice: str = ""
    named: str = ""
    until: str = "30"
    until_day: str = ""
    email_images: str = ""
    signed_name: str = ""
    strokes: str = ""


_Word = TypeVar("_Word", bound=StrEnum)
_TEXTS = frozenset(field.name for field in fields(Draft)) - {"way", "strokes"}


def read_draft(sent: Iterable[tuple[str, str]]) -> Draft:
    """The fields that are a form's; of those that came twice the first. What is no field of it is left out."""
    texts: dict[str, str] = {}
    ways: list[str] = []
    strokes = ""
    for key, value in sent:
        if key == "way" and value in WAYS:
            ways.append(value)
        elif key == "strokes":
            strokes = strokes or value
        elif key in _TEXTS:
            texts.setdefault(key, _CONTROL.sub(" ", value).strip()[:_LONGEST])
    return Draft(way=tuple(dict.fromkeys(ways)), strokes=strokes, **texts)


def check(
    draft: Draft, language: str, now: datetime, zone: tzinfo = UTC, *, signing: bool = True
) -> ConsentForm | dict[str, Fault]:
    """The form, or what is wrong with which field. signing: whether the name below it has to be there already.

    zone: where the place is; days end there.
    """
    faults: dict[str, Fault] = {}
    today = now.astimezone(zone).date()
    birth = _born(draft)
    if not draft.name:
        faults["name"] = Fault.MISSING
    if birth is None or birth < _OLDEST:
        faults["birth"] = Fault.NO_DATE
    elif birth > today:
        faults["birth"] = Fault.NOT_YET
    faults |= _contact_faults(draft)
    choice = _one_of(Choice, draft.choice)
    if choice is None:
        faults["choice"] = Fault.MISSING
    until, fault = _until(draft, today, zone) if choice is not Choice.NOBODY else (None, None)
    if fault:
        faults["until"] = fault
    signed_as = _one_of(SignedAs, draft.signed_as)
    if signed_as is None:
        faults["signed_as"] = Fault.MISSING
    if signing and not draft.signed_name:
        faults["signed_name"] = Fault.MISSING
    if faults or birth is None or choice is None or signed_as is None:
        return faults
    return ConsentForm(
        language=language,
        patient_name=draft.name,
        birth_date=f"{birth:%Y%m%d}",
        whose=PatientKey(draft.issuer if draft.number else "", draft.number),
        accession="".join(draft.accession.split()),
        email=draft.email,
        phone=draft.phone,
        ways=frozenset(draft.way),
        choice=choice,
        named=draft.named if choice is Choice.CLINICIANS else "",
        until=until,
        email_images=draft.email_images == "yes" and "email" in draft.way,
        signed_name=draft.signed_name,
        signed_as=signed_as,
        signature=read_strokes(draft.strokes),
    )


def read_strokes(text: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The strokes of a pen out of "x y x y;x y": whole numbers within the field. () for anything else: then the typed
    name is the signature."""
    strokes: list[tuple[tuple[int, int], ...]] = []
    points = 0
    for part in text.split(";")[: _MOST_STROKES + 1] if text else []:
        numbers = part.split()
        points += len(numbers) // 2
        if not numbers or len(numbers) % 2 or points > _MOST_POINTS:
            return ()
        if not all(number.isascii() and number.isdigit() and len(number) <= 4 for number in numbers):
            return ()
        xs, ys = [int(number) for number in numbers[::2]], [int(number) for number in numbers[1::2]]
        if max(xs) > WIDTH or max(ys) > HEIGHT:
            return ()
        strokes.append(tuple(zip(xs, ys, strict=True)))
    return tuple(strokes) if len(strokes) <= _MOST_STROKES else ()


def path_of(signature: Iterable[Iterable[tuple[int, int]]]) -> str:
    """A signature as the path of an SVG picture of WIDTH by HEIGHT."""
    parts: list[str] = []
    for stroke in signature:
        points = [f"{x} {y}" for x, y in stroke]
        # A dot is a line to where it stands already.
        parts.append(f"M{points[0]}L{' '.join(points[1:] or points)}")
    return "".join(parts)


def _contact_faults(draft: Draft) -> Mapping[str, Fault]:
    faults: dict[str, Fault] = {}
    if draft.email and not _EMAIL.fullmatch(draft.email):
        faults["email"] = Fault.NO_EMAIL
    elif "email" in draft.way and not draft.email:
        faults["email"] = Fault.MISSING
    digits = sum(letter.isdigit() for letter in draft.phone)
    if draft.phone and not (_PHONE.fullmatch(draft.phone) and 6 <= digits <= 15):
        faults["phone"] = Fault.NO_PHONE
    elif "text" in draft.way and not draft.phone:
        faults["phone"] = Fault.MISSING
    if not draft.way:
        faults["way"] = Fault.NO_WAY
    return faults


def _until(draft: Draft, today: date, zone: tzinfo) -> tuple[datetime | None, Fault | None]:
    if draft.until == "always":
        return None, None
    if draft.until in _DAYS:
        return _end_of(today + timedelta(days=_DAYS[draft.until]), zone), None
    if draft.until != "day":
        return None, Fault.MISSING
    try:
        day = date.fromisoformat(draft.until_day)
    except ValueError:
        return None, Fault.NO_DATE
    if day < today:
        return None, Fault.PAST
    return (None, Fault.TOO_FAR) if day > today + _LATEST else (_end_of(day, zone), None)


def _end_of(day: date, zone: tzinfo) -> datetime:
    """The last second of a day, so that it is shown as that day."""
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def _born(draft: Draft) -> date | None:
    parts = (draft.birth_year, draft.birth_month, draft.birth_day)
    if not all(part.isdecimal() and len(part) <= 4 for part in parts) or len(draft.birth_year) != 4:
        return None
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None


def _one_of(kind: type[_Word], word: str) -> _Word | None:
    return next((one for one in kind if one.value == word), None)
