"""Corrections: what a study's headers say wrong is put right in all that leaves. Originals stay as they came."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from undisc.archive import corrections_store, turns
from undisc.archive.leaving import Leaving
from undisc.archive.model import Correction, InstanceRow
from undisc.archive.reading import Reader
from undisc.audit.model import Act
from undisc.audit.trail import Trail, UnitOfWork
from undisc.dicom.correcting import CORRECTABLE, Uncorrectable
from undisc.errors import CorrectionRefused, StudyUnknown
from undisc.storage.port import Storage

_SEXES = ("", "M", "F", "O")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NONE = -1

Progress = Callable[[int], None]


class Corrections:
    """Makes and undoes them. Whoever calls derives anew afterwards what the doors keep ready (`derive_pending`)."""

    def __init__(self, storage: Storage, trail: Trail) -> None:
        self._trail = trail
        self._leaving = Leaving(storage, trail)
        self._reader = Reader(storage, trail)

    def of_study(self, study_id: int) -> list[Correction]:
        """All that were ever made, oldest first, those that were undone too."""
        with self._trail.read() as connection:
            return corrections_store.of_study(connection, study_id)

    def correct(
        self,
        study_id: int,
        values: Mapping[str, str],
        *,
        reason: str,
        by: str,
        progress: Progress = lambda count: None,
    ) -> Correction:
        """Put attributes (keywords of CORRECTABLE) right, in every instance and in what is searched by.

        From the moment this returns nothing leaves that says what was wrong but as Original Attributes. Raises
        CorrectionRefused, where nothing was changed, and StudyUnknown.
        """
        wanted = _checked(values)
        if not reason.strip():
            raise CorrectionRefused("A correction needs a reason, for the record.")
        with self._trail.read() as connection:
            said = corrections_store.said_of(connection, study_id)
        wanted = {keyword: text for keyword, text in wanted.items() if said.get(keyword) != text}
        if not wanted:
            raise CorrectionRefused("It says so already.")

        def decide(work: UnitOfWork, now: datetime) -> Correction:
            made = Correction(_NONE, study_id, wanted, {key: said.get(key, "") for key in wanted}, reason, by, now)
            number = corrections_store.add(work.connection, made)
            work.audit(
                Act("corrected", by, {"study": study_id, "correction": number, "what": ",".join(sorted(wanted))})
            )
            return replace(made, id=number)

        def planned(made: list[Correction], now: datetime) -> list[Correction]:
            return [*made, Correction(_NONE, study_id, wanted, {}, reason, by, now)]

        return self._switch(study_id, planned, decide, progress)

    def undo(self, number: int, *, by: str, progress: Progress = lambda count: None) -> Correction:
        """Let a study say again what it said without this correction. Raises CorrectionRefused."""
        with self._trail.read() as connection:
            found = corrections_store.one(connection, number)
        if found is None:
            raise CorrectionRefused("There is no such correction.")
        if found.undone_at is not None:
            raise CorrectionRefused("It was undone already.")

        def decide(work: UnitOfWork, now: datetime) -> Correction:
            if not corrections_store.undo(work.connection, number, now, by):
                raise CorrectionRefused("It was undone already.")
            work.audit(Act("correction-undone", by, {"study": found.study_id, "correction": number}))
            return replace(found, undone_at=now, undone_by=by)

        def planned(made: list[Correction], now: datetime) -> list[Correction]:
            return [replace(each, undone_at=now) if each.id == number else each for each in made]

        return self._switch(found.study_id, planned, decide, progress)

    def _switch(
        self,
        study_id: int,
        planned: Callable[[list[Correction], datetime], list[Correction]],
        decide: Callable[[UnitOfWork, datetime], Correction],
        progress: Progress,
    ) -> Correction:
        """Make every copy first, then change over in one transaction; anew where something came in between."""
        uid = self._reader.study_uid(study_id)
        if uid is None:
            raise StudyUnknown("There is no such study here.")
        now = self._trail.run(lambda work: work.clock.now())
        while True:
            plan = self._plan(study_id, now, planned, progress)
            done = self._trail.run(partial(self._change, uid, study_id, plan, lambda work: decide(work, now)))
            for row in plan.rows:
                self._leaving.forget(row.names, plan.state if done is None else plan.old_state)
            if done is not None:
                return done

    def _plan(
        self,
        study_id: int,
        now: datetime,
        planned: Callable[[list[Correction], datetime], list[Correction]],
        progress: Progress,
    ) -> "_Plan":
        with self._trail.read() as connection:
            before = corrections_store.of_study(connection, study_id)
            old_state = corrections_store.state_of(connection, study_id) or ""
            rows = corrections_store.instances_of(connection, study_id)
        made = planned(before, now)
        if all(each.undone_at is not None for each in made):
            return _Plan(old_state, "", made, rows, [(row.id, None, None) for row in rows])
        state = secrets.token_hex(8)
        return _Plan(old_state, state, made, rows, self._copies(rows, state, made, progress))

    def _change(
        self, uid: str, study_id: int, plan: "_Plan", decide: Callable[[UnitOfWork], Correction], work: UnitOfWork
    ) -> Correction | None:
        """Change over to what was planned; None where something came in between."""
        turns.take_study(work.connection, uid)
        there = {row.id for row in corrections_store.instances_of(work.connection, study_id)}
        if there != {row.id for row in plan.rows}:
            return None
        if corrections_store.state_of(work.connection, study_id) != plan.old_state:
            return None
        done = decide(work)
        said = _said(corrections_store.said_of(work.connection, study_id), plan.made)
        corrections_store.set_copies(work.connection, plan.state or None, plan.copies)
        corrections_store.set_state(work.connection, study_id, plan.state, said)
        return done

    def _copies(
        self, rows: Sequence[InstanceRow], state: str, made: Sequence[Correction], progress: Progress
    ) -> "list[_Copy]":
        copies: list[_Copy] = []
        try:
            for row in rows:
                size, digest = self._leaving.make(row.names, state, made)
                copies.append((row.id, size, digest))
                progress(1)
        except Uncorrectable as reason:
            for row in rows:
                self._leaving.forget(row.names, state)
            raise CorrectionRefused(f"One of its files cannot be corrected: {reason}") from reason
        return copies


_Copy = tuple[int, int | None, str | None]
"""An instance's row, the size of the copy that leaves, and the digest of its data set; None where none does."""


@dataclass(frozen=True, slots=True)
class _Plan:
    old_state: str
    state: str
    made: list[Correction]
    rows: list[InstanceRow]
    copies: list[_Copy]


def _said(now: Mapping[str, str], made: Sequence[Correction]) -> dict[str, str]:
    """What the study's row is to say: what it said at first, with what stands put right."""
    said = dict(now)
    for each in reversed(made):
        said.update(each.before)
    for each in made:
        if each.undone_at is None:
            said.update(each.values)
    return said


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for keyword, given in values.items():
        if keyword not in CORRECTABLE:
            raise CorrectionRefused(f"{keyword} is not one of what can be corrected.")
        _, vr, most = CORRECTABLE[keyword]
        text = given.strip()
        parts = text.split("=") if vr == "PN" else [text]
        if _CONTROL.search(text) or "\\" in text or any(len(part) > most for part in parts) or len(parts) > 3:
            raise CorrectionRefused(f"{keyword} may have at most {most} characters, and no backslash.")
        if vr == "DA" and text and not _is_date(text):
            raise CorrectionRefused("A birth date is written as year, month and day, such as 19700131.")
        if keyword == "PatientSex" and text not in _SEXES:
            raise CorrectionRefused("The sex is M, F, O, or empty.")
        checked[keyword] = text
    return checked


def _is_date(text: str) -> bool:
    try:
        return len(text) == 8 and text.isdecimal() and bool(datetime.strptime(text, "%Y%m%d"))  # noqa: DTZ007
    except ValueError:
        return False
