"""Signed forms, in SQL. Every function works inside the transaction it is handed."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from undisc.accounts.people.model import PatientKey
from undisc.archive.names import PATIENT, words
from undisc.db.sharing_tables import consents
from undisc.db.tables import link_studies, links, studies, study_names
from undisc.sharing.consent_model import Choice, Consent, ConsentForm, SignedAs, State, StudyIdentity

# Of whom others may have links; a patient's own and what somebody signed in looks through are not others'.
_OF_OTHERS = ("share", "health")


def add(connection: Connection, form: ConsentForm, signed_at: datetime, entered_by: str) -> Consent:
    statement = insert(consents).values(
        form_version=form.form_version,
        language=form.language,
        state=State.WAITING.value,
        patient_name=form.patient_name,
        birth_date=form.birth_date,
        issuer=form.whose.issuer,
        patient_id=form.whose.patient_id,
        accession=form.accession,
        email=form.email,
        phone=form.phone,
        ways=",".join(sorted(form.ways)),
        choice=form.choice.value,
        named=form.named,
        until=form.until,
        email_images=form.email_images,
        signed_name=form.signed_name,
        signed_as=form.signed_as.value,
        signature=json.dumps(form.signature, separators=(",", ":")) if form.signature else "",
        signed_at=signed_at,
        entered_by=entered_by,
    )
    key: Sequence[Any] | None = connection.execute(statement).inserted_primary_key
    assert key is not None
    return Consent(key[0], form, State.WAITING, signed_at, entered_by)


def one(connection: Connection, consent_id: int) -> Consent | None:
    row = connection.execute(select(consents).where(consents.c.id == consent_id)).first()
    return None if row is None else _consent(row)


def just_signed(connection: Connection, form: ConsentForm, since: datetime, entered_by: str) -> list[Consent]:
    """What was signed of late at this place for somebody of this name."""
    named = and_(consents.c.patient_name == form.patient_name, consents.c.birth_date == form.birth_date)
    return _some(connection, named, consents.c.entered_by == entered_by, consents.c.signed_at >= since)


def waiting(connection: Connection, most: int) -> list[Consent]:
    return _some(connection, consents.c.state == State.WAITING, most=most)


def found(connection: Connection, text: str, state: State | None, most: int) -> list[Consent]:
    """Newest first, those whose name, numbers, e-mail or phone hold the text."""
    conditions: list[ColumnElement[bool]] = [] if state is None else [consents.c.state == state]
    for word in text.split()[:6]:
        columns = (consents.c.patient_name, consents.c.accession, consents.c.patient_id)
        columns = (*columns, consents.c.email, consents.c.phone, consents.c.signed_name)
        # Databases know of case what their locale does: here for A to Z alone.
        spelled = {word, word.lower(), word.upper(), word.title()}
        conditions.append(
            or_(*(column.icontains(one, autoescape=True) for one in sorted(spelled) for column in columns))
        )
    return _some(connection, *conditions, most=most)


def waiting_for(connection: Connection, study: StudyIdentity) -> list[Consent]:
    """Those that name the study's accession number or its patient's; no more than that is said by it."""
    named: list[ColumnElement[bool]] = []
    if study.accession:
        named.append(consents.c.accession.in_(_spellings(study.accession)))
    if study.patient.patient_id:
        key = (consents.c.patient_id == study.patient.patient_id, consents.c.issuer == study.patient.issuer)
        named.append(and_(*key))
    return _some(connection, consents.c.state == State.WAITING, or_(*named)) if named else []


def waiting_beside(connection: Connection, consent: Consent) -> list[Consent]:
    """The others that wait for the same: of the same person, appointment and patient number."""
    form = consent.form
    same = (
        consents.c.patient_name == form.patient_name,
        consents.c.birth_date == form.birth_date,
        consents.c.accession == form.accession,
        consents.c.patient_id == form.whose.patient_id,
        consents.c.issuer == form.whose.issuer,
    )
    return _some(connection, *same, consents.c.state == State.WAITING, consents.c.id != consent.id)


def on_study(connection: Connection, study_id: int) -> Consent | None:
    """The newest that was put on a study and not taken off again: attached, else withdrawn."""
    found = _some(connection, consents.c.study_id == study_id)
    return next((one for one in found if one.state is State.ATTACHED), found[0] if found else None)


def on_order(connection: Connection, study: StudyIdentity) -> Consent | None:
    """The one that is attached to another study of the same order: of the same patient and accession number."""
    if not study.accession or not study.patient.patient_id:
        return None
    others = select(studies.c.id).where(*_order(study))
    found = _some(connection, consents.c.state == State.ATTACHED, consents.c.study_id.in_(others))
    return found[0] if found else None


def order_of(connection: Connection, study: StudyIdentity) -> list[int]:
    """The studies of the same order, this one first."""
    if not study.accession or not study.patient.patient_id:
        return [study.id]
    others = connection.scalars(select(studies.c.id).where(*_order(study), studies.c.id != study.id))
    return [study.id, *others]


def of_patient(connection: Connection, key: PatientKey) -> list[Consent]:
    """Those on this patient's studies, and those that staff or the patient entered for them; newest first.

    What somebody unknown typed at check-in is nobody's until it is on a study.
    """
    theirs = select(studies.c.id).where(studies.c.patient_id == key.patient_id, studies.c.issuer == key.issuer)
    keyed = and_(consents.c.patient_id == key.patient_id, consents.c.issuer == key.issuer)
    entered = and_(keyed, consents.c.entered_by.startswith("person:"))
    return _some(connection, or_(consents.c.study_id.in_(theirs), entered))


def attach(connection: Connection, consent_id: int, study_id: int, by: str, now: datetime) -> bool:
    """False where it waits no more."""
    values = {"state": State.ATTACHED.value, "study_id": study_id, "attached_at": now, "attached_by": by}
    return _change(connection, consent_id, (State.WAITING,), values)


def detach(connection: Connection, consent_id: int, by: str) -> bool:
    values = {"state": State.WAITING.value, "study_id": None, "attached_at": None, "attached_by": by}
    return _change(connection, consent_id, (State.ATTACHED,), values)


def withdraw(connection: Connection, consent_id: int, by: str, now: datetime) -> bool:
    values = {"state": State.WITHDRAWN.value, "withdrawn_at": now, "withdrawn_by": by}
    return _change(connection, consent_id, (State.WAITING, State.ATTACHED), values)


def replace(connection: Connection, consent_id: int) -> bool:
    return _change(connection, consent_id, (State.WAITING, State.ATTACHED), {"state": State.REPLACED.value})


def links_of_others(connection: Connection, study_ids: Iterable[int], now: datetime) -> list[str]:
    """The links to any of these studies that others hold and that open still."""
    named = select(link_studies.c.link_id).where(link_studies.c.study_id.in_(list(study_ids)))
    statement = select(links.c.id).where(
        links.c.id.in_(named), links.c.kind.in_(_OF_OTHERS), links.c.revoked_at.is_(None), links.c.expires_at > now
    )
    return sorted(connection.scalars(statement))


def identity(connection: Connection, study_id: int) -> StudyIdentity | None:
    row = connection.execute(select(studies).where(studies.c.id == study_id)).first()
    return None if row is None else _identity(row)


def studies_meant(connection: Connection, form: ConsentForm) -> list[StudyIdentity]:
    """The studies that have the form's accession number, or its patient's number; newest first."""
    named: list[ColumnElement[bool]] = []
    if form.accession:
        named.append(studies.c.accession.in_(_spellings(form.accession)))
    if form.whose.patient_id:
        named.append(and_(studies.c.patient_id == form.whose.patient_id, studies.c.issuer == form.whose.issuer))
    return _studies(connection, or_(*named), most=50) if named else []


def studies_like(connection: Connection, form: ConsentForm, most: int) -> list[StudyIdentity]:
    """The studies that people may want to look at for a form: of this patient's number by whatever issuer, of this
    birth date, or of this name."""
    whose: list[ColumnElement[bool]] = []
    if form.whose.patient_id:
        whose.append(studies.c.patient_id == form.whose.patient_id)
    if form.birth_date:
        whose.append(studies.c.birth_date == form.birth_date)
    for word in words(form.patient_name)[:4]:
        named = select(study_names.c.study_id).where(study_names.c.kind == PATIENT + 1, study_names.c.text == word)
        whose.append(studies.c.id.in_(named))
    return _studies(connection, or_(*whose), most=most) if whose else []


def studies_by_text(connection: Connection, text: str, most: int) -> list[StudyIdentity]:
    """The studies that staff look for: by accession or patient number, or by words of the name."""
    numbers = or_(studies.c.accession.in_(_spellings(text)), studies.c.patient_id.in_(_spellings(text)))
    named: list[ColumnElement[bool]] = []
    for word in words(text)[:4]:
        of_word = select(study_names.c.study_id).where(
            study_names.c.kind == PATIENT + 1, study_names.c.text.startswith(word, autoescape=True)
        )
        named.append(studies.c.id.in_(of_word))
    return _studies(connection, or_(numbers, and_(*named)) if named else numbers, most=most)


def _order(study: StudyIdentity) -> tuple[ColumnElement[bool], ...]:
    return (
        studies.c.accession == study.accession,
        studies.c.patient_id == study.patient.patient_id,
        studies.c.issuer == study.patient.issuer,
    )


def _change(connection: Connection, consent_id: int, states: Sequence[State], values: dict[str, Any]) -> bool:
    here = and_(consents.c.id == consent_id, consents.c.state.in_([state.value for state in states]))
    return connection.execute(update(consents).where(here).values(values)).rowcount == 1


def _spellings(number: str) -> list[str]:
    return sorted({number, number.upper(), number.lower()})


def _some(connection: Connection, *conditions: ColumnElement[bool], most: int = 200) -> list[Consent]:
    statement = select(consents).where(*conditions).order_by(consents.c.signed_at.desc(), consents.c.id.desc())
    return [_consent(row) for row in connection.execute(statement.limit(most))]


def _studies(connection: Connection, condition: ColumnElement[bool], most: int) -> list[StudyIdentity]:
    newest = (studies.c.study_date.desc(), studies.c.study_time.desc(), studies.c.id.desc())
    shown = and_(condition, studies.c.emptied.is_(False))
    return [_identity(row) for row in connection.execute(select(studies).where(shown).order_by(*newest).limit(most))]


def _identity(row: Row[Any]) -> StudyIdentity:
    return StudyIdentity(
        id=row.id,
        patient_name=row.patient_name,
        patient=PatientKey(row.issuer, row.patient_id),
        birth_date=row.birth_date,
        accession=row.accession,
        study_date=row.study_date,
        description=row.description,
    )


def _consent(row: Row[Any]) -> Consent:
    strokes = json.loads(row.signature) if row.signature else []
    form = ConsentForm(
        language=row.language,
        patient_name=row.patient_name,
        birth_date=row.birth_date,
        whose=PatientKey(row.issuer, row.patient_id),
        accession=row.accession,
        email=row.email,
        phone=row.phone,
        ways=frozenset(way for way in row.ways.split(",") if way),
        choice=Choice(row.choice),
        named=row.named,
        until=row.until,
        email_images=row.email_images,
        signed_name=row.signed_name,
        signed_as=SignedAs(row.signed_as),
        signature=tuple(tuple((point[0], point[1]) for point in stroke) for stroke in strokes),
        form_version=row.form_version,
    )
    return Consent(
        id=row.id,
        form=form,
        state=State(row.state),
        signed_at=row.signed_at,
        entered_by=row.entered_by,
        study_id=row.study_id,
        attached_at=row.attached_at,
        attached_by=row.attached_by,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
    )
