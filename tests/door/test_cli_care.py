"""Damage to what is kept is found and named, and what can be made again is: `verify`, `rebuild`, `audit verify`."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.door.command_line import files_below, take_in, undisc
from tests.factories import discs
from tests.factories.discs import MadeDisc


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    return discs.make_disc(tmp_path_factory.mktemp("disc") / "disc", series=2, slices=2)


@pytest.fixture(scope="module")
def filled(disc: MadeDisc, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the disc in it and one link; tests take copies."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    assert take_in(disc.folder, folder)["code"] == 0
    assert undisc("share", disc.study_uids[0], data=folder).code == 0
    return folder


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))


def _change(data: Path, statement: str) -> None:
    connection = sqlite3.connect(data / "undisc.db")
    with connection:
        connection.execute(statement)
    connection.close()


def test_originals_that_are_as_they_were_stored_are_said_to_be(data: Path) -> None:
    ran = undisc("verify", data=data)
    assert (ran.code, ran.out) == (0, "All 4 originals are as they were stored.\n")


def test_a_flipped_bit_and_a_lost_file_are_named(data: Path) -> None:
    first, second, *_ = sorted((data / "studies").rglob("*.dcm"))
    bent = bytearray(first.read_bytes())
    bent[-100] ^= 1
    first.write_bytes(bent)
    second.unlink()
    ran = undisc("verify", data=data)
    assert ran.code == 1
    assert f"{first.relative_to(data)}: The picture or its header was changed after it was stored.\n" in ran.out
    assert f"{second.relative_to(data)}: The file is gone.\n" in ran.out
    assert "2 of 4 originals are damaged.\n" in ran.out
    told = undisc("verify", "--json", data=data)
    assert told.code == 1
    assert told.json["instances"] == 4
    assert {item["path"] for item in told.json["damaged"]} == {
        first.relative_to(data).as_posix(),
        second.relative_to(data).as_posix(),
    }


def test_what_is_derived_is_made_again(data: Path) -> None:
    derived = files_below(data / "derived")
    assert derived
    shutil.rmtree(data / "derived")
    ran = undisc("rebuild", data=data)
    assert (ran.code, ran.out) == (0, "2 series were made anew from their originals.\n")
    assert files_below(data / "derived") == derived


def test_a_lost_database_is_made_again_from_the_originals_without_its_links(disc: MadeDisc, data: Path) -> None:
    before = undisc("studies", "--json", data=data).json
    originals = files_below(data / "studies")
    for name in ("undisc.db", "undisc.db-wal", "undisc.db-shm"):
        (data / name).unlink(missing_ok=True)
    assert undisc("rebuild", data=data).code == 0
    assert undisc("studies", "--json", data=data).json == before
    assert files_below(data / "studies") == originals
    assert undisc("verify", data=data).code == 0
    assert undisc("links", "--json", data=data).json == []
    assert take_in(disc.folder, data)["duplicate"] == 4


def test_a_whole_trail_is_said_to_be_whole(data: Path) -> None:
    told = undisc("audit", "verify", "--json", data=data).json
    assert (told["intact"], told["entries"]) == (True, 2)
    ran = undisc("audit", "verify", data=data)
    assert ran.code == 0
    assert ran.out.startswith("All 2 entries are whole and in order.\n")
    assert told["head"] in ran.out


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit_entries SET actor = 'somebody else' WHERE seq = 1", "Entry 1 was changed after it was written."),
        ("DELETE FROM audit_entries WHERE seq = 1", "Entry 1 is missing."),
        ("DELETE FROM audit_entries WHERE seq = 2", "Entries are missing at the end: 2 were written, 1 are there."),
        ("DELETE FROM audit_head", "The record of the last entry is gone."),
    ],
)
def test_an_edit_of_the_trail_is_found(statement: str, sentence: str, data: Path) -> None:
    _change(data, statement)
    ran = undisc("audit", "verify", "--json", data=data)
    assert ran.code == 1
    assert (ran.json["intact"], ran.json["reason"]) == (False, sentence)


def test_an_edited_trail_is_told_to_people_too(data: Path) -> None:
    _change(data, "UPDATE audit_entries SET at = '2020-01-01T00:00:00.000+00:00' WHERE seq = 2")
    ran = undisc("audit", "verify", data=data)
    assert (ran.code, ran.out, ran.err) == (1, "", "Entry 2 was changed after it was written.\n")
