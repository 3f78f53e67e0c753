"""Which study a signed form belongs to, and what it allows. Pure; it says why."""

import re
from datetime import UTC, datetime, timedelta

from undisc.archive.model import StudyPatient
from undisc.archive.names import groups, words
from undisc.archive.policy import same_patient
from undisc.sharing.consent_model import (
    Belongs,
    Choice,
    Consent,
    ConsentForm,
    Doubtful,
    Given,
    Lacking,
    Look,
    Match,
    Purpose,
    Sign,
    State,
    StudyIdentity,
    Unrelated,
    Why,
)

# By a patient's number alone a form is only for the visit at which it was signed, and for no older study that comes.
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=60)
_UMLAUTS = re.compile("(?<=[aou])e")


def match(consent: Consent, study: StudyIdentity) -> Match:
    """Whether a form is this study's: by the accession number, else by the patient's number; never by a name.

    What plainly contradicts is left to people. A form that nobody here has looked at says itself whose it is, and where
    the link to the pictures goes: numbers that are read off a waiting room's list are not enough for that, so that the
    birth date has to be right too.
    """
    form = consent.form
    signs = _signs(form, study)
    looks = _contradictions(form, study)
    by_accession, by_number = Sign.ACCESSION in signs, Sign.PATIENT_NUMBER in signs
    if not by_accession and not by_number:
        return Unrelated(signs, looks)
    if not by_accession:
        of_this_visit = _of_this_visit(consent.signed_at, study.study_date)
        if of_this_visit is False:
            return Unrelated(signs, looks)
        if of_this_visit is None:
            looks = (*looks, Look.DATE_LACKING)
    if consent.unseen and Sign.BIRTH_DATE not in signs and Look.OTHER_BIRTH_DATE not in looks:
        looks = (*looks, Look.BIRTH_DATE_LACKING)
    if consent.attached_by:
        looks = (*looks, Look.TAKEN_OFF)
    return Doubtful(signs, looks) if looks else Belongs(signs)


def says_the_same(one: ConsentForm, other: ConsentForm) -> bool:
    """Whether it makes no difference which of two forms is taken: both send to the same and allow the same."""
    return (one.email.casefold(), one.phone, one.ways, one.choice, one.email_images) == (
        other.email.casefold(),
        other.phone,
        other.ways,
        other.choice,
        other.email_images,
    )


def answer(consent: Consent | None, purpose: Purpose, now: datetime) -> Given | Lacking:
    """Whether a study's consent carries this. consent: the newest that was ever put on it."""
    if consent is None:
        return Lacking(Why.NONE)
    if consent.state is not State.ATTACHED:
        return Lacking(Why.WITHDRAWN)
    form = consent.form
    chosen = {
        Purpose.SEND: bool(form.ways),
        Purpose.CLINICIANS: form.choice is Choice.CLINICIANS,
        Purpose.EMAIL_IMAGES: form.email_images and "email" in form.ways,
    }[purpose]
    if not chosen:
        return Lacking(Why.NOT_CHOSEN)
    # To the patient themselves their pictures are sent for good; the day they named is for everybody else.
    over = form.until is not None and now >= form.until
    return Lacking(Why.OVER) if over and purpose is not Purpose.SEND else Given(consent)


def same_number(one: str, other: str) -> bool:
    """Whether two numbers are written alike but for case, spaces and marks; an empty one is like none."""
    plain = _plain_number(one)
    return bool(plain) and plain == _plain_number(other)


def same_name(one: str, other: str) -> bool:
    """Whether two names can be one person's: alike in some script, or the words of the one among those of the other.

    People write first what DICOM puts last, leave out middle names, and write ä where a system writes ae.
    """
    if not one or not other:
        return False
    if same_patient(StudyPatient("1", one), "2", other) or _groups(one) & _groups(other):
        return True
    these, those = _words(one), _words(other)
    return bool(these and those) and (these <= those or those <= these) and min(len(these), len(those)) > 1


def _signs(form: ConsentForm, study: StudyIdentity) -> tuple[Sign, ...]:
    found = {
        Sign.ACCESSION: same_number(form.accession, study.accession),
        Sign.PATIENT_NUMBER: bool(form.whose.patient_id) and form.whose == study.patient,
        Sign.BIRTH_DATE: bool(form.birth_date) and form.birth_date == study.birth_date,
        Sign.NAME: same_name(form.patient_name, study.patient_name),
    }
    return tuple(sign for sign, there in found.items() if there)


def _contradictions(form: ConsentForm, study: StudyIdentity) -> tuple[Look, ...]:
    names = form.patient_name and study.patient_name
    numbers = form.whose.patient_id and study.patient.patient_id
    births = form.birth_date and study.birth_date
    found = {
        Look.OTHER_BIRTH_DATE: births and form.birth_date != study.birth_date,
        Look.OTHER_NAME: names and not same_name(form.patient_name, study.patient_name),
        Look.OTHER_NUMBER: numbers and not same_number(form.whose.patient_id, study.patient.patient_id),
    }
    return tuple(look for look, there in found.items() if there)


def _of_this_visit(signed_at: datetime, study_date: str) -> bool | None:
    """None where the study does not tell its day."""
    try:
        day = datetime.strptime(study_date, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return signed_at - _BEFORE <= day <= signed_at + _AFTER


def _plain_number(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _groups(name: str) -> set[str]:
    return {"".join(letter for letter in group if letter.isalnum()) for group in groups(name)} - {""}


def _words(name: str) -> set[str]:
    return {_UMLAUTS.sub("", word) for word in words(name)}
