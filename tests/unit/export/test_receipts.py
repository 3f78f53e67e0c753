"""A receipt is kept as a row, as a file and in the trail, all or nothing, and names no patient."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.factories.clocks import FixedClock

from undisc.audit.model import Intact
from undisc.audit.trail import Trail
from undisc.db.engine import Database, open_sqlite
from undisc.db.schema import bring_up_to_date
from undisc.db.tables import audit_entries
from undisc.export.receipts import Receipt, Receipts, Result
from undisc.keyring import key_in

_RECEIPT = Receipt(
    studies=((4, "1.2.4"), (7, "1.2.7")),
    made_by="operator",
    for_whom="Oncology, second floor",
    medium="iso",
    sealed=False,
    part="1 of 2",
    images=120,
    verified=118,
    files=130,
    bytes=5_000_000_000,
    manifest="ab" * 32,
    outcome=Result.FAILED,
    failed=(("DICOM/ST000001/SE000001/IM000057", "It cannot be read off the medium."),),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_sqlite(tmp_path / "undisc.db")
    bring_up_to_date(found)
    yield found
    found.close()


@pytest.fixture
def trail(database: Database, tmp_path: Path) -> Trail:
    return Trail(database, FixedClock(), key_in(tmp_path / "keys" / "audit.key"))


def test_receipt_is_the_same_in_the_row_and_in_the_file(trail: Trail) -> None:
    files: dict[str, bytes] = {}
    receipts = Receipts(trail, files.__setitem__)
    assert (receipts.keep(_RECEIPT), receipts.keep(_RECEIPT)) == (1, 2)
    told = json.loads(files["receipts/00000001.json"])
    assert told == receipts.one(1)
    assert [each["number"] for each in receipts.all()] == [2, 1]
    assert told["studies"] == ["1.2.4", "1.2.7"]
    assert told["failed"] == [
        {"path": "DICOM/ST000001/SE000001/IM000057", "reason": "It cannot be read off the medium."}
    ]
    assert (told["made_at"], told["outcome"], told["verified"]) == ("2026-11-24T09:30:00+00:00", "failed", 118)
    assert receipts.one(3) is receipts.one(-1) is receipts.one(10**30) is None


def test_trail_tells_of_each_study_that_left_and_not_to_whom(trail: Trail, database: Database) -> None:
    Receipts(trail, lambda key, data: None).keep(_RECEIPT)
    with database.read() as connection:
        entries = connection.execute(select(audit_entries.c.action, audit_entries.c.subject)).all()
    assert [entry.action for entry in entries] == ["exported", "exported"]
    assert [json.loads(entry.subject)["study"] for entry in entries] == [4, 7]
    assert all("Oncology" not in entry.subject for entry in entries)
    assert isinstance(trail.verify(), Intact)


def test_receipt_whose_file_cannot_be_kept_is_not_kept_at_all(trail: Trail) -> None:
    def full(key: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        Receipts(trail, full).keep(_RECEIPT)
    assert Receipts(trail, full).all() == []
    assert trail.verify() == Intact(0, "0" * 64)
