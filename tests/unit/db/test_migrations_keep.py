"""An archive that an earlier version filled comes through every migration with all of its rows."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from undisc.db import schema
from undisc.db.engine import Database, open_sqlite
from undisc.db.schema import bring_up_to_date

_ROWS = (
    "INSERT INTO studies (id, study_uid, patient_name, patient_id, issuer, birth_date, sex, study_date, study_time,"
    " accession, description, institution, referring, kept_at)"
    " VALUES (1, '1.2', 'TESTPERSON^ADA', '1', '', '', '', '', '', '', '', '', '', '2026-11-24')",
    "INSERT INTO series (id, study_id, series_uid, modality, description, body_part)"
    " VALUES (2, 1, '1.3', 'MR', '', '')",
    "INSERT INTO instances (id, series_id, sop_uid, sop_class, transfer_syntax, frames, size, dataset_start,"
    " wrapper_sha256, dataset_sha256, damage, derived, kept_at)"
    " VALUES (3, 2, '1.4', '', '', 1, 1, 1, '', '', '', 'done', '2026-11-24')",
    "INSERT INTO links (id, secret_hash, passcode_digits, passcode_length, may_download, made_at, expires_at)"
    " VALUES ('l', '', 1, 6, 1, '2026-11-24', '2026-11-25')",
    "INSERT INTO link_studies (link_id, study_id) VALUES ('l', 1)",
)


def _first_version(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with database.reshape() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in _ROWS:
            connection.execute(text(row))


def test_rows_of_the_first_version_are_all_there_and_still_point_at_each_other(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "undisc.db")
    _first_version(database)
    bring_up_to_date(database)
    with database.read() as connection:
        assert connection.execute(
            text(
                "SELECT patient_name, instances.id, link_id FROM studies JOIN series ON series.study_id = studies.id"
                " JOIN instances ON series_id = series.id JOIN link_studies ON link_studies.study_id = studies.id"
            )
        ).all() == [("TESTPERSON^ADA", 3, "l")]
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()
