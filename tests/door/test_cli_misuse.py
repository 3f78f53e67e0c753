"""However the program is called, it ends with an exit code and a sentence, and what is on a disc never steers it."""

import os
from pathlib import Path

import pytest
from tests.door.command_line import check_account, undisc
from tests.factories.instances import Patient, Place, image

from undisc import __version__

_EVIL = Patient("EVIL\x1b[2J\x07^NA[bold]ME", "ID\x1b]0;owned\x07")


def test_the_version_is_told(tmp_path: Path) -> None:
    ran = undisc("--version", cwd=tmp_path)
    assert (ran.code, ran.out) == (0, f"undisc {__version__}\n")
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_the_commands_are_listed(tmp_path: Path) -> None:
    ran = undisc(cwd=tmp_path)
    assert ran.code == 2
    assert all(command in ran.said for command in ("import", "studies", "share", "serve", "verify", "demo"))


@pytest.mark.parametrize(
    "arguments", [["import"], ["impotr", "x"], ["share", "1.2", "--passcod", "1"], ["serve", "--port", "seventy"]]
)
def test_a_command_that_is_not_understood_ends_with_two(arguments: list[str], tmp_path: Path) -> None:
    told = undisc(*arguments, "--json", cwd=tmp_path)
    assert (told.code, told.err) == (2, "")
    assert set(told.json) == {"message"}
    assert told.json["message"]


def test_a_command_that_is_not_understood_points_to_its_help(tmp_path: Path) -> None:
    ran = undisc("share", "--passcod", "1", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "Try 'undisc share --help' for help." in ran.err


def test_a_data_folder_that_cannot_be_used_is_said_not_to_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    ran = undisc("studies", data=file / "data")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "The data folder cannot be used: Not a directory.\n"
    told = undisc("import", tmp_path, "--json", data=file)
    assert told.code == 1
    check_account(told.json)
    assert told.json["message"].startswith("The data folder cannot be used: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_data_folder_without_permission_is_said_to_lack_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ran = undisc("studies", data=tmp_path / "data")
    tmp_path.chmod(0o700)
    assert (ran.code, ran.err) == (1, "The data folder cannot be used: Permission denied.\n")


def test_a_database_that_is_none_is_said_to_be_none_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "undisc.db").write_bytes(b"something else entirely" * 50)
    ran = undisc("studies", data=tmp_path)
    assert (ran.code, ran.err) == (1, "The database in the data folder cannot be used: file is not a database.\n")
    assert (tmp_path / "undisc.db").read_bytes() == b"something else entirely" * 50


def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    ran = undisc("studies", "--json", data=tmp_path, UNDISC_WORKERS="many")
    assert ran.code == 1
    assert "UNDISC_WORKERS" in ran.json["message"]


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose patient and whose file names try to steer a terminal, in bytes that are no text."""
    folder = tmp_path_factory.mktemp("evil")
    for number, name in ((1, b"plain.dcm"), (2, b"im\xff\x1b[2J\n.dcm")):
        dataset = image(_EVIL, Place(slice=number, slices=2))
        dataset.StudyDescription = "\x1b[31mred"
        dataset.save_as(folder / "new")
        (folder / "new").rename(os.fsdecode(os.fsencode(folder) + b"/" + name))
    (folder / "cut.dcm").write_bytes((folder / "plain.dcm").read_bytes()[:150])
    (folder / "cut.dcm").rename(folder / "cut\x1b[2J.dcm")
    return folder


def test_names_off_a_disc_never_steer_the_terminal(evil: Path, tmp_path: Path) -> None:
    ran = undisc("import", evil, data=tmp_path)
    assert ran.code == 1
    assert r"cut\x1b[2J.dcm" in ran.out
    shown = undisc("studies", data=tmp_path).out
    assert "EVIL\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}^NA[bold]ME" in shown
    study = undisc("studies", "--json", data=tmp_path).json[0]["study_uid"]
    assert "EVIL" in undisc("show", study, data=tmp_path).out


def test_files_whose_names_are_no_text_are_taken_in_and_told(evil: Path, tmp_path: Path) -> None:
    ran = undisc("import", *sorted(evil.iterdir()), "--json", data=tmp_path)
    check_account(ran.json)
    stored = {item["path"] for item in ran.json["items"] if item["outcome"] == "stored"}
    assert stored == {f"{evil}/plain.dcm", rf"{evil}/im\xff\x1b[2J\x0a.dcm"}
