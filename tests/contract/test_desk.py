"""SQLite and PostgreSQL tell the desk the same of arrivals, links and ordered media, and take the same back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from tests.factories.clocks import FixedClock

from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_database
from undisc.db.message_tables import completions, messages
from undisc.db.schema import bring_up_to_date
from undisc.db.sharing_tables import consents
from undisc.db.tables import jobs, link_sessions, link_studies, links, studies
from undisc.export import order_store
from undisc.export.media import Medium
from undisc.export.order_model import Stage as Doing
from undisc.export.order_model import State, Wish
from undisc.sharing import desk_store
from undisc.sharing.desk_model import Form, Showing, Stage

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def database(database_url: str | None, tmp_path: Path) -> Iterator[Database]:
    """Five studies: one arrives, one waits, one was sent by a link that was opened, one is dismissed, one is old."""
    found = open_database(database_url, tmp_path)
    bring_up_to_date(found)
    with found.write() as connection:
        for number in range(1, 6):
            row = {"id": number, "study_uid": f"1.2.{number}", "patient_name": "DOE^JANE", "patient_id": "M1"}
            row |= {"issuer": "", "birth_date": "19700101" if number > 1 else "", "sex": "F", "study_date": "20261101"}
            row |= {"study_time": "", "accession": f"A{number}", "description": "", "institution": "", "referring": ""}
            kept = AT - (timedelta(days=90) if number == 5 else timedelta(hours=number))
            connection.execute(insert(studies).values(**row, kept_at=kept))
        link = {"secret_hash": "x", "passcode_digits": False, "passcode_length": 0, "may_download": True}
        for name, kind in (("open", "patient"), ("unopened", "share"), ("looking", "viewing")):
            made = {"id": name, "made_at": AT - DAY, "expires_at": AT + DAY, "kind": kind}
            connection.execute(insert(links).values(**link, **made))
            connection.execute(insert(link_studies).values(link_id=name, study_id=3))
        for number in range(2):
            session = {"link_id": "open", "token_hash": str(number), "opened_at": AT - number * DAY, "ends_at": AT}
            connection.execute(insert(link_sessions).values(**session))
        for study, state, at in ((2, "waiting", AT), (3, "sent", AT - DAY), (4, "dismissed", AT - 2 * DAY)):
            row = {"study_id": study, "by": "quiet", "complete_at": at, "state": state}
            row |= {"given_at": AT, "link_id": "open"} if state == "sent" else {}
            connection.execute(insert(completions).values(**row))
        letter = {"way": "email", "sealed": "", "shown_to": "p···@example.org", "made_at": AT}
        for purpose, state in (("link", "failed"), ("link", "sent"), ("code", "failed")):
            values = {"purpose": purpose, "state": state, "link_id": "open"}
            connection.execute(insert(messages).values(**letter, **values))
        _consent(connection, "attached", 3, "A3")
        _consent(connection, "waiting", None, "A2")
        _consent(connection, "withdrawn", 4, "A4")
    yield found
    found.close()


def _consent(connection: object, state: str, study: int | None, accession: str) -> None:
    texts = ("patient_name", "birth_date", "issuer", "patient_id", "email", "phone", "ways", "named", "signed_name")
    values: dict[str, object] = dict.fromkeys((*texts, "signature", "choice", "signed_as"), "")
    values |= {"form_version": "1", "language": "en", "state": state, "accession": accession, "email_images": False}
    values |= {"signed_at": AT, "entered_by": "person:1", "study_id": study}
    connection.execute(insert(consents).values(**values))  # type: ignore[attr-defined]


def test_arrivals_are_told_newest_first_with_how_they_stand(database: Database) -> None:
    with database.read() as connection:
        rows = desk_store.arrivals(connection, tuple(Stage), AT - 30 * DAY, 0, 10)
        assert [(row.id, row.state, row.link_id) for row in rows] == [
            (2, "waiting", None),
            (1, None, None),
            (3, "sent", "open"),
            (4, "dismissed", None),
        ]
        assert rows[0].at == AT
        assert desk_store.forms(connection, rows) == {3: Form.GIVEN, 4: Form.WITHDRAWN, 2: Form.WAITING}
        assert [row.id for row in desk_store.arrivals(connection, tuple(Stage), AT - 30 * DAY, 1, 2)] == [1, 3]
        assert [row.id for row in desk_store.arrivals(connection, (Stage.ARRIVING,), AT - 30 * DAY, 0, 9)] == [1]
        assert {row.id for row in desk_store.standing(connection, [1, 5])} == {1, 5}
        assert not desk_store.has_birth_date(connection, [1])
        assert desk_store.has_birth_date(connection, [1, 2])


def test_links_are_told_with_their_openings_and_messages(database: Database) -> None:
    with database.read() as connection:
        found = {showing: {row.id for row in desk_store.given(connection, showing, AT, 0, 10)} for showing in Showing}
        assert found == {
            Showing.ALL: {"open", "unopened"},
            Showing.OPEN: {"open", "unopened"},
            Showing.UNOPENED: {"unopened"},
            Showing.FAILED: {"open"},
        }
        assert desk_store.opened(connection, ["open", "unopened"]) == {"open": (2, AT)}
        assert [message.state for message in desk_store.sent(connection, ["open"])["open"]] == ["sent", "failed"]
        assert desk_store.studies_of(connection, ["open"]) == {"open": [3]}
        assert desk_store.counted(connection, AT - 30 * DAY) == (1, 1, 1, 0)
        assert len(desk_store.kept_since(connection, AT - 30 * DAY)) == 4


def test_taking_back_lets_the_study_wait_again_and_remembers_that_it_was_given(database: Database) -> None:
    with database.write() as connection:
        assert desk_store.take_back(connection, "open") == [3]
        row = connection.execute(select(completions).where(completions.c.study_id == 3)).one()
        assert (row.state, row.link_id, row.given_at) == ("waiting", None, AT)
        assert desk_store.take_back(connection, "open") == []


def test_ordered_media_are_told_as_failed_when_their_job_is(database: Database) -> None:
    trail = Trail(database, FixedClock(AT), b"k" * 32)
    values = {"ordered_at": AT, "ordered_by": "person:1", "lock": "", "state": "waiting", "images": 1, "seconds": 5}
    with trail.work() as work:
        number = order_store.add(work.connection, values, Wish((3,), Medium.ZIP, sealed=True, for_whom="Oncology"))
        job = {"kind": "medium", "arguments": "{}", "state": "failed", "made_at": AT, "wanted_at": AT}
        job |= {"attempts": 5, "mishaps": 0, "note": "Something went wrong."}
        made = work.connection.execute(insert(jobs).values(**job).returning(jobs.c.id)).scalar_one()
        assert order_store.unfinished(work.connection, "person:1") == 1
        assert order_store.change(work.connection, number, State.WAITING, job=made)
        assert not order_store.change(work.connection, number, State.READY, note="x")
        found = order_store.one(work.connection, number)
        assert found is not None
        assert (found.state, found.note, found.wish.studies) == (State.FAILED, "Something went wrong.", (3,))
        assert (found.stage, found.wish.sealed, found.job) == (Doing.NONE, True, made)
        assert order_store.unfinished(work.connection, "person:1") == 0
        assert [each.id for each in order_store.newest(work.connection, "person:1", 10)] == [number]
        assert order_store.newest(work.connection, "person:2", 10) == []
