"""What every page of the staff has: its services, its people, and answers that a script can ask for again and again."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from undisc.accounts.people.model import PatientKey, SignedIn
from undisc.archive.model import StudyPatient
from undisc.archive.policy import same_patient
from undisc.archive.shelf import ShelfStudy
from undisc.web import problems
from undisc.web.frame import Frame
from undisc.web.services import StaffServices, WebServices
from undisc.web.staff import words

SCRIPTS = ("staff", "copy")
Number = Annotated[int, Path(ge=1, lt=2**63)]
"""A row's number in an address: within what every database takes."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as a list or a page names them. studies: newest first; more: how many others there are."""

    key: PatientKey
    studies: tuple[ShelfStudy, ...]

    @property
    def number(self) -> int:
        """By which pages name them: the row of their newest study."""
        return self.studies[0].id

    @property
    def name(self) -> str:
        return words.spoken(self.studies[0].patient_name)

    @property
    def birth_date(self) -> str:
        return next((study.birth_date for study in self.studies if study.birth_date), "")

    @property
    def others(self) -> list[str]:
        """Other names and birth dates under the same number, where they may be another person's."""
        return unlike(self.studies)


class StaffPages:
    """Renders, and finds."""

    def __init__(self, web: WebServices, services: StaffServices, frame: Frame) -> None:
        self.web = web
        self.services = services
        self.frame = frame

    def render(self, request: Request, me: SignedIn, template: str, *, status: int = 200, **values: Any) -> Response:
        given: dict[str, Any] = {
            "scripts": SCRIPTS,
            "words": words,
            "asked": "",
            "patients": None,
        }
        return self.frame.render(request, f"staff/{template}", me, status=status, **(given | values))

    def part(self, request: Request, me: SignedIn, template: str, **values: Any) -> Response:
        """A part of a page, which a script asks for: nothing where it has not changed."""
        answer = self.render(request, me, template, **values)
        etag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        answer.headers["ETag"] = etag
        return answer

    def study(self, number: int) -> ShelfStudy:
        found = self.services.shelf.study(number) if 0 < number < 2**31 else None
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return found

    def patient(self, number: int) -> Patient:
        """The patient of a study. One without a patient number is alone: nobody can tell whose others are."""
        study = self.study(number)
        if not study.patient.patient_id:
            return Patient(study.patient, (study,))
        return Patient(study.patient, tuple(self.services.shelf.studies_of([study.patient])))

    def named(self, studies: Collection[int]) -> dict[int, ShelfStudy]:
        return {study.id: study for study in self.services.shelf.studies(studies)}


def by_patient(studies: Iterable[ShelfStudy]) -> list[Patient]:
    """Studies as the patients they are of, in the order in which those first come."""
    found: dict[tuple[PatientKey, int], list[ShelfStudy]] = {}
    for study in studies:
        alone = 0 if study.patient.patient_id else study.id
        found.setdefault((study.patient, alone), []).append(study)
    return [Patient(key, tuple(theirs)) for (key, _), theirs in found.items()]


def unlike(studies: Sequence[ShelfStudy]) -> list[str]:
    """Names and birth dates among studies of one patient number that do not go with the first study's."""
    first = studies[0]
    found: list[str] = []
    for other in studies[1:]:
        # Under different numbers, a difference in the name decides; the rule for spellings is the archive's.
        same_name = same_patient(StudyPatient("1", first.patient_name), "2", other.patient_name)
        same_day = not (first.birth_date and other.birth_date) or first.birth_date == other.birth_date
        if not (same_name and same_day):
            found.append(words.spoken(other.patient_name))
    return list(dict.fromkeys(found))


def numbers(texts: Iterable[str], most: int) -> list[int]:
    """Rows' numbers out of a form, each once; what is none is left out."""
    found = [int(text) for text in texts if text.isascii() and text.isdecimal() and 0 < len(text) < 10]
    return list(dict.fromkeys(found))[:most]
