"""Patients, people and links as entries of the trail name them, alerts and watched patients, in SQL. Every function
works inside the transaction it is handed."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from undisc.accounts.people.model import PatientKey
from undisc.audit.entries import Entry
from undisc.audit.marks import Mark
from undisc.db.message_tables import alerts, audit_sent
from undisc.db.people_tables import glasses, people, relations, watched_patients
from undisc.db.sharing_tables import consents
from undisc.db.tables import exports, link_studies, links, series, studies
from undisc.disclosures.model import Alert, GlassFacts, Known, LinkFacts, Patient, PersonFacts, StudyFacts, Watched

_WORDS = ("study", "studies", "study_uid")


# Patients


def patients_like(connection: Connection, text: str, most: int) -> list[Patient]:
    """Those whose ID this is, or whose name has all of these words in it."""
    named = [studies.c.patient_name.icontains(word, autoescape=True) for word in text.split()]
    if not named:
        return []
    return _patients(connection, or_(studies.c.patient_id == text, and_(*named)), most)


def patient_of_study(connection: Connection, number: int) -> Patient | None:
    row = connection.execute(select(studies.c.issuer, studies.c.patient_id).where(studies.c.id == number)).first()
    return patient(connection, PatientKey(row.issuer, row.patient_id)) if row else None


def patient(connection: Connection, key: PatientKey) -> Patient | None:
    found = _patients(connection, _is(studies, key), 1)
    return found[0] if found else None


def marks_of_patient(connection: Connection, key: PatientKey) -> frozenset[Mark]:
    """By what entries about a patient are found: their studies, the links to these, and whatever names the patient."""
    rows = connection.execute(select(studies.c.id, studies.c.study_uid).where(_is(studies, key))).all()
    found = {Mark("study", str(row.id)) for row in rows} | {Mark("study-uid", row.study_uid) for row in rows}
    numbers = select(studies.c.id).where(_is(studies, key))
    named = select(link_studies.c.link_id).where(link_studies.c.study_id.in_(numbers))
    found |= {Mark("link", link) for link in connection.scalars(named)}
    found |= {Mark("relation", str(number)) for number in _numbers(connection, relations, key)}
    found |= {Mark("glass", str(number)) for number in _numbers(connection, glasses, key)}
    found |= {Mark("watch", str(number)) for number in _numbers(connection, watched_patients, key)}
    theirs = or_(consents.c.study_id.in_(numbers), _is(consents, key))
    found |= {Mark("consent", str(number)) for number in connection.scalars(select(consents.c.id).where(theirs))}
    return frozenset(found)


def _numbers(connection: Connection, table: Any, key: PatientKey) -> Iterable[int]:
    return connection.scalars(select(table.c.id).where(_is(table, key)))


def _is(table: Any, key: PatientKey) -> Any:
    return and_(table.c.patient_id == key.patient_id, table.c.issuer == key.issuer)


def _patients(connection: Connection, condition: Any, most: int) -> list[Patient]:
    # Of the study that came last: names are mended over time.
    newest = (
        select(func.max(studies.c.id).label("number"), func.count().label("studies"))
        .where(condition)
        .group_by(studies.c.patient_id, studies.c.issuer)
        .limit(most)
        .subquery()
    )
    rows = connection.execute(
        select(studies, newest.c.studies.label("how_many"))
        .join(newest, newest.c.number == studies.c.id)
        .order_by(studies.c.patient_name, studies.c.id)
    )
    return [
        Patient(row.id, PatientKey(row.issuer, row.patient_id), row.patient_name, row.birth_date, row.how_many)
        for row in rows
    ]


# Whom entries name


def people_like(connection: Connection, text: str, most: int) -> list[PersonFacts]:
    """Those with all of these words in their name or their e-mail address."""
    words = [
        or_(people.c.name.icontains(word, autoescape=True), people.c.email.icontains(word, autoescape=True))
        for word in text.split()
    ]
    if not words:
        return []
    return [_person(row) for row in connection.execute(select(people).where(*words).order_by(people.c.id).limit(most))]


def known_of(connection: Connection, entries: Collection[Entry]) -> Known:
    """Everything that can be said of whom and what these entries name."""
    link_ids = {str(entry.subject["link"]) for entry in entries if entry.subject.get("link")}
    link_ids |= {entry.actor[5:] for entry in entries if entry.actor.startswith("link:")}
    found_links = _links(connection, link_ids)
    words = {
        word
        for entry in entries
        for name in _WORDS
        if entry.subject.get(name)
        for word in str(entry.subject[name]).split()
    }
    numbers = {int(word) for word in words if word.isdecimal()}
    numbers |= {study for link in found_links.values() for study in link.studies}
    found_studies = _studies(connection, numbers, {word for word in words if not word.isdecimal()})
    found_glasses = glasses_among(connection, {int(e.subject["glass"]) for e in entries if e.subject.get("glass")})
    who = {link.person_id for link in found_links.values()} | {glass.person_id for glass in found_glasses}
    who |= {int(actor[7:]) for actor in _actors(entries, found_links) if actor[7:].isdecimal()}
    who |= {int(entry.subject["person"]) for entry in entries if str(entry.subject.get("person", "")).isdecimal()}
    number_of = {int(entry.subject["export"]) for entry in entries if entry.subject.get("export")}
    rows = connection.execute(select(exports.c.id, exports.c.receipt).where(exports.c.id.in_(number_of)))
    return Known(
        people=persons(connection, {number for number in who if number is not None}),
        links=found_links,
        studies={study.id: study for study in found_studies},
        by_uid={study.uid: study for study in found_studies},
        glasses={glass.id: glass for glass in found_glasses},
        exports={row.id: str(json.loads(row.receipt).get("for_whom", "")) for row in rows},
    )


def _actors(entries: Collection[Entry], found_links: dict[str, LinkFacts]) -> set[str]:
    actors = {entry.actor for entry in entries} | {link.made_by for link in found_links.values()}
    return {actor for actor in actors if actor.startswith("person:")}


def persons(connection: Connection, numbers: Collection[int]) -> dict[int, PersonFacts]:
    rows = connection.execute(select(people).where(people.c.id.in_(numbers)))
    return {row.id: _person(row) for row in rows}


def _person(row: Row[Any]) -> PersonFacts:
    return PersonFacts(row.id, row.name, row.email or "", row.roles)


def _links(connection: Connection, ids: Collection[str]) -> dict[str, LinkFacts]:
    named: dict[str, set[int]] = {}
    for row in connection.execute(select(link_studies).where(link_studies.c.link_id.in_(ids))):
        named.setdefault(row.link_id, set()).add(row.study_id)
    return {
        row.id: LinkFacts(
            row.id,
            row.kind,
            row.made_by,
            row.for_name,
            row.for_email,
            row.person_id,
            frozenset(named.get(row.id, ())),
        )
        for row in connection.execute(select(links).where(links.c.id.in_(ids)))
    }


def links_of_person(connection: Connection, person_id: int) -> list[str]:
    """By which links somebody who signed in looked at pictures."""
    return list(connection.scalars(select(links.c.id).where(links.c.person_id == person_id)))


def _studies(connection: Connection, numbers: Collection[int], uids: Collection[str]) -> list[StudyFacts]:
    named = or_(studies.c.id.in_(numbers), studies.c.study_uid.in_(uids))
    rows = connection.execute(select(studies).where(named)).all()
    kinds: dict[int, set[str]] = {}
    of = select(series.c.study_id, series.c.modality).where(series.c.study_id.in_([row.id for row in rows])).distinct()
    for row in connection.execute(of):
        kinds.setdefault(row.study_id, set()).add(row.modality)
    return [
        StudyFacts(
            row.id,
            row.study_uid,
            PatientKey(row.issuer, row.patient_id),
            row.patient_name,
            row.study_date,
            row.description,
            tuple(sorted(kinds.get(row.id, ()))),
        )
        for row in rows
    ]


def glasses_among(connection: Connection, numbers: Collection[int]) -> list[GlassFacts]:
    return [_glass(row) for row in connection.execute(select(glasses).where(glasses.c.id.in_(numbers)))]


def glasses_of_patient(connection: Connection, key: PatientKey) -> list[GlassFacts]:
    return [_glass(row) for row in connection.execute(select(glasses).where(_is(glasses, key)))]


def _glass(row: Row[Any]) -> GlassFacts:
    key = PatientKey(row.issuer, row.patient_id)
    return GlassFacts(row.id, row.person_id, key, row.reason, row.at, row.until)


# Alerts and watched patients


def add_alert(connection: Connection, kind: str, subject: dict[str, Any], key: str, at: datetime) -> bool:
    """False where one about the same waits to be read."""
    waits = select(alerts.c.id).where(alerts.c.key == key[:96], alerts.c.seen_at.is_(None))
    if connection.scalar(waits.limit(1)) is not None:
        return False
    said = json.dumps(subject, sort_keys=True)
    connection.execute(insert(alerts).values(kind=kind, subject=said, key=key[:96], at=at))
    return True


def alerts_of(connection: Connection, *, unseen: bool, most: int) -> list[Alert]:
    statement = select(alerts).order_by(alerts.c.id.desc()).limit(most)
    rows = connection.execute(statement.where(alerts.c.seen_at.is_(None)) if unseen else statement)
    return [Alert(row.id, row.kind, json.loads(row.subject), row.at, row.seen_at, row.seen_by) for row in rows]


def unseen_alerts(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(alerts).where(alerts.c.seen_at.is_(None))) or 0


def see_alert(connection: Connection, number: int, by: str, at: datetime) -> bool:
    """False where it was seen before, or is none. A glass's own row is seen with its alert."""
    unseen = alerts.c.id == number, alerts.c.seen_at.is_(None)
    row = connection.execute(select(alerts.c.kind, alerts.c.subject).where(*unseen)).first()
    if row is None or connection.execute(update(alerts).where(*unseen).values(seen_at=at, seen_by=by)).rowcount == 0:
        return False
    if row.kind == "glass":
        glass = json.loads(row.subject).get("glass")
        unread = glasses.c.id == glass, glasses.c.seen_at.is_(None)
        connection.execute(update(glasses).where(*unread).values(seen_at=at, seen_by=by))
    return True


def watch(connection: Connection, key: PatientKey, by: str, at: datetime) -> int | None:
    """The number of the watch; None where there is one already."""
    if connection.scalar(select(watched_patients.c.id).where(_is(watched_patients, key))) is not None:
        return None
    values = {"issuer": key.issuer, "patient_id": key.patient_id, "since": at, "added_by": by}
    made = connection.execute(insert(watched_patients).values(values)).inserted_primary_key
    assert made is not None
    return made[0]


def stop_watching(connection: Connection, number: int) -> bool:
    return connection.execute(delete(watched_patients).where(watched_patients.c.id == number)).rowcount == 1


def watched(connection: Connection) -> list[Watched]:
    rows = connection.execute(select(watched_patients).order_by(watched_patients.c.id)).all()
    found = [(row, PatientKey(row.issuer, row.patient_id)) for row in rows]
    return [Watched(row.id, key, row.since, patient(connection, key)) for row, key in found]


# How far the trail went to another place


def sent_to(connection: Connection, place: str) -> tuple[int, datetime | None]:
    row = connection.execute(select(audit_sent).where(audit_sent.c.place == place)).first()
    return (row.seq, row.at) if row else (0, None)


def note_sent(connection: Connection, place: str, seq: int, at: datetime) -> None:
    values = {"seq": seq, "at": at}
    if not connection.execute(update(audit_sent).where(audit_sent.c.place == place).values(values)).rowcount:
        connection.execute(insert(audit_sent).values(place=place, **values))
