"""SQLite and PostgreSQL agree on what a relation gives, and on what ends with a session."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from tests.factories.clocks import FixedClock

from undisc.accounts.people.model import Method, PatientKey
from undisc.accounts.people.service import People
from undisc.audit.trail import Trail, UnitOfWork
from undisc.db.engine import Database, open_database
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import link_sessions, link_studies, links, studies
from undisc.keyring import Keyring
from undisc.messaging.model import Way
from undisc.sharing import steps_store, store

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
DAY = timedelta(days=1)
JANE = PatientKey("", "M1")


@pytest.fixture
def database(database_url: str | None, tmp_path: Path) -> Iterator[Database]:
    found = open_database(database_url, tmp_path)
    bring_up_to_date(found)
    with found.write() as connection:
        for number, born in ((1, "19700101"), (2, ""), (3, "19551224")):
            row = {"id": number, "study_uid": f"1.2.{number}", "patient_name": "DOE^JANE", "patient_id": "M1"}
            row |= {"issuer": "" if number < 3 else "elsewhere", "birth_date": born, "sex": "F", "study_date": ""}
            row |= {"study_time": "", "accession": "", "description": "", "institution": "", "referring": ""}
            connection.execute(insert(studies).values(**row, kept_at=AT))
        link = {"secret_hash": "x", "passcode_digits": False, "passcode_length": 0, "may_download": True}
        connection.execute(insert(links).values(id="one", made_at=AT, expires_at=AT + DAY, kind="share", **link))
        connection.execute(insert(link_studies).values(link_id="one", study_id=1))
    yield found
    found.close()


def test_a_number_of_two_birth_dates_is_nobodys(database: Database, tmp_path: Path) -> None:
    trail = Trail(database, FixedClock(AT), b"k" * 32)
    people = People(trail, FixedClock(AT), Keyring(tmp_path / "secrets.key"))
    jane = trail.run(lambda work: people.person_for_patient(work, JANE, name="Jane"))
    trail.run(lambda work: people.relate(work, jane.id, replace(JANE, issuer="elsewhere"), "other", None, "operator"))
    token, _ = trail.run(lambda work: people.begin(work, jane.id, Method.LINK, "", ""))

    def shown() -> list[str]:
        me = people.signed_in(token)
        assert me is not None
        return [relation.patient.issuer for relation in me.relations]

    assert shown() == ["", "elsewhere"]
    with database.write() as connection:
        connection.execute(update(studies).where(studies.c.id == 2).values(birth_date="19911231"))
    assert shown() == ["elsewhere"]
    with database.write() as connection:
        connection.execute(update(studies).where(studies.c.id == 2).values(emptied=True))
    assert shown() == ["", "elsewhere"]


def test_what_somebody_opened_ends_with_their_session(database: Database, tmp_path: Path) -> None:
    trail = Trail(database, FixedClock(AT), b"k" * 32)
    people = People(trail, FixedClock(AT), Keyring(tmp_path / "secrets.key"))

    def end(work: UnitOfWork, session: int) -> None:
        store.end_viewing(work.connection, session, AT)

    people.when_session_ends(end)
    jane = trail.run(lambda work: people.person_for_patient(work, JANE, name="Jane"))
    _, session = trail.run(lambda work: people.begin(work, jane.id, Method.LINK, "", ""))
    with database.write() as connection:
        for number, who in enumerate((f"person:{jane.id}", "person:99", "recipient", "patient")):
            row = {"link_id": "one", "token_hash": str(number), "opened_at": AT, "ends_at": AT + DAY, "who": who}
            connection.execute(insert(link_sessions).values(**row))
    assert people.end(session, jane_actor := f"person:{jane.id}")
    with database.read() as connection:
        ended = connection.scalars(select(link_sessions.c.who).where(link_sessions.c.ends_at == AT)).all()
    assert ended == [jane_actor]


def test_wrong_entries_of_all_codes_are_counted(database: Database) -> None:
    with database.write() as connection:
        assert steps_store.wrong_codes(connection, "one") == 0
        for browser in ("a", "b"):
            steps_store.add_code(connection, "one", browser, "digest", Way.TEXT, AT, DAY)
            assert steps_store.take_try(connection, "one", browser, AT)
        assert steps_store.wrong_codes(connection, "one") == 2
