"""A signed form, the study that it is for, and rooms in which consents are kept on a real database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from tests.factories.clocks import FixedClock
from undisc.accounts.people.model import PatientKey
from undisc.archive.names import search_entries
from undisc.audit.trail import Trail
from undisc.db.engine import open_database
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import audit_entries, link_studies, links, studies, study_names
from undisc.sharing.consent_model import Choice, Consent, ConsentForm, SignedAs, StudyIdentity
from undisc.sharing.consents import Consents

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
FORM = ConsentForm(
    language="de",
    patient_name="Jane Doe",
    birth_date="19700101",
    whose=PatientKey("", ""),
    accession="A-4711",
    email="jane@example.org",
    phone="",
    ways=frozenset({"email"}),
    choice=Choice.CLINICIANS,
    named="Dr. Roe",
    until=NOW + timedelta(days=30),
    email_images=False,
    signed_name="Jane Doe",
    signed_as=SignedAs.SELF,
    signature=(((1, 2), (3, 4)),),
)
STUDY = StudyIdentity(1, "DOE^JANE^M", PatientKey("", "MRN-1"), "19700101", "A4711", "20261124", "MR Head")


class Rooms:
    """url: of a PostgreSQL; None for SQLite in the folder."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.database = open_database(url, folder)
        bring_up_to_date(self.database)
        self.clock = FixedClock(NOW)
        self.trail = Trail(self.database, self.clock, b"k" * 32)
        self.consents = Consents(self.trail, self.clock)

    def study(self, study: StudyIdentity) -> None:
        texts = dict.fromkeys(("sex", "study_time", "institution", "referring"), "")
        row = {
            "id": study.id,
            "study_uid": f"1.2.{study.id}",
            "patient_name": study.patient_name,
            "patient_id": study.patient.patient_id,
            "issuer": study.patient.issuer,
            "birth_date": study.birth_date,
            "accession": study.accession,
            "study_date": study.study_date,
            "description": study.description,
            "kept_at": NOW,
        }
        with self.database.write() as connection:
            connection.execute(insert(studies).values(**row, **texts))
            named = [
                {"kind": kind, "text": text, "study_id": study.id}
                for kind, text in search_entries(study.patient_name, "")
            ]
            connection.execute(insert(study_names), named)

    def arrive(self, study: StudyIdentity) -> Consent | None:
        self.study(study)
        with self.trail.work() as work:
            return self.consents.attach_arrived(work, study.id)

    def link(self, name: str, study: int, kind: str) -> None:
        row = {"id": name, "secret_hash": "", "passcode_digits": False, "passcode_length": 0, "may_download": True}
        with self.database.write() as connection:
            connection.execute(insert(links).values(**row, made_at=NOW, expires_at=NOW + timedelta(days=9), kind=kind))
            connection.execute(insert(link_studies).values(link_id=name, study_id=study))

    def closed(self) -> set[str]:
        with self.database.read() as connection:
            return set(connection.scalars(select(links.c.id).where(links.c.revoked_at.is_not(None))))

    def actions(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.scalars(select(audit_entries.c.action).order_by(audit_entries.c.seq)))
