"""From a study to a link and back at the command line: list, show, share, list links, close."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.door.command_line import take_in, undisc
from tests.factories import discs
from tests.factories.discs import MadeDisc

ADDRESS = re.compile(r"https://pictures\.example/s/([a-z0-9]{10})#[A-Za-z0-9]{24}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def disc(data: Path, tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    """Two people's studies, taken in."""
    made = discs.two_patients(tmp_path_factory.mktemp("disc") / "disc")
    assert take_in(made.folder, data)["code"] == 0
    return made


def test_studies_are_listed_for_people_and_for_programs(disc: MadeDisc, data: Path) -> None:
    rows = undisc("studies", "--json", data=data).json
    assert {row["study_uid"]: row["patient_name"] for row in rows} == {
        disc.study_uids[0]: "TESTPERSON^ADA",
        disc.study_uids[1]: "TESTPERSON^BERT",
    }
    ada = next(row for row in rows if row["study_uid"] == disc.study_uids[0])
    assert ada == {
        "study_uid": disc.study_uids[0],
        "patient_name": "TESTPERSON^ADA",
        "patient_id": "TEST-0001",
        "study_date": "20260215",
        "modalities": ["MR"],
        "series": 1,
        "instances": 2,
    }
    shown = undisc("studies", data=data).out
    assert "20260215  TESTPERSON^ADA  TEST-0001  MR study 1  MR  1 series, 2 images\n" in shown
    assert all(f"    {uid}\n" in shown for uid in disc.study_uids)


def test_an_empty_archive_says_how_to_fill_it(tmp_path: Path) -> None:
    ran = undisc("studies", data=tmp_path)
    assert (ran.code, ran.out) == (0, "Nothing is here yet. Take a disc in with: undisc import /media/cdrom\n")
    assert undisc("links", "--json", data=tmp_path).json == []


def test_one_study_is_shown_with_its_series(disc: MadeDisc, data: Path) -> None:
    told = undisc("show", disc.study_uids[0], "--json", data=data).json
    assert told["patient"] == {"name": "TESTPERSON^ADA", "id": "TEST-0001", "birth_date": "19700101", "sex": "F"}
    (series,) = told["series"]
    assert (series["modality"], series["number"], series["instances"], series["frames"]) == ("MR", 1, 2, 2)
    assert series["bytes"] == sum((disc.folder / path).stat().st_size for path in disc.images[:2])
    assert told["damaged"] == []
    assert "TESTPERSON^ADA  TEST-0001  19700101" in undisc("show", disc.study_uids[0], data=data).out


@pytest.mark.parametrize("command", ["show", "share"])
def test_a_study_that_is_not_here_is_said_not_to_be(command: str, data: Path) -> None:
    ran = undisc(command, "1.2.3", data=data)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "There is no such study here. `undisc studies` lists those that are.\n"


def test_a_link_comes_with_its_passcode_its_end_and_how_to_stop_it(disc: MadeDisc, data: Path) -> None:
    ran = undisc("share", disc.study_uids[0], data=data, UNDISC_PUBLIC_URL="https://pictures.example/")
    assert ran.code == 0
    address = ADDRESS.search(ran.out)
    assert address is not None
    assert re.search(r"^Passcode:  \d{6}$", ran.out, re.MULTILINE)
    assert f"undisc unshare {address[1]}\n" in ran.out
    assert "█" in ran.out or "▀" in ran.out  # the QR code


def test_a_link_for_programs_is_one_object(disc: MadeDisc, data: Path) -> None:
    asked = ("share", disc.study_uids[0], "--json", "--expires", "12h", "--view-only")
    made = undisc(*asked, data=data, UNDISC_PUBLIC_URL="https://pictures.example").json
    assert set(made) == {"url", "passcode", "link", "expires", "may_download", "may_annotate"}
    address = ADDRESS.fullmatch(made["url"])
    assert address is not None
    assert address[1] == made["link"]
    assert re.fullmatch(r"\d{6}", made["passcode"])
    assert (made["may_download"], made["may_annotate"]) == (False, False)
    left = datetime.fromisoformat(made["expires"]) - datetime.now(UTC)
    assert timedelta(hours=11) < left <= timedelta(hours=12)
    listed = {entry["link"]: entry for entry in undisc("links", "--json", data=data).json}
    assert (listed[made["link"]]["state"], listed[made["link"]]["openings"]) == ("open", 0)


def test_a_passcode_of_ones_own_or_none_at_all(disc: MadeDisc, data: Path) -> None:
    own = undisc("share", disc.study_uids[0], "--json", "--passcode", "correct horse", data=data).json
    assert own["passcode"] == "correct horse"
    none = undisc("share", disc.study_uids[0], "--json", "--no-passcode", data=data).json
    assert none["passcode"] is None


@pytest.mark.parametrize(
    ("asked", "code", "sentence"),
    [
        (["--passcode", "12345"], 1, "A passcode needs at least 6 characters."),
        (["--expires", "soon"], 2, "Say how long as a number and a unit: 45m, 12h, 30d or 2w."),
        (["--expires", "0d"], 1, "A link lives for at least a moment and at most ten years."),
        (["--expires", "999999w"], 1, "A link lives for at least a moment and at most ten years."),
    ],
)
def test_a_link_that_would_be_unsound_is_refused_in_a_sentence(
    asked: list[str], code: int, sentence: str, disc: MadeDisc, data: Path
) -> None:
    ran = undisc("share", disc.study_uids[0], *asked, "--json", data=data)
    assert ran.code == code
    assert set(ran.json) == {"message"}
    assert sentence in ran.json["message"]


def test_two_patients_never_share_a_link(disc: MadeDisc, data: Path) -> None:
    ran = undisc("share", *disc.study_uids, data=data)
    assert ran.code == 1
    assert ran.err == "These studies are of different patients. Make one link for each patient.\n"
    assert ran.out == ""


def test_a_link_is_closed_by_its_name_or_its_whole_address(disc: MadeDisc, data: Path) -> None:
    made = [undisc("share", disc.study_uids[1], "--json", data=data).json for _ in range(2)]
    by_name = undisc("unshare", made[0]["link"], data=data)
    assert (by_name.code, by_name.out) == (0, "The link is closed.\n")
    by_address = undisc("unshare", made[1]["url"], data=data)
    assert (by_address.code, by_address.out) == (0, "The link is closed.\n")
    twice = undisc("unshare", made[1]["link"], data=data)
    assert (twice.code, twice.out) == (0, "The link was closed already.\n")
    states = {entry["link"]: entry["state"] for entry in undisc("links", "--json", data=data).json}
    assert {states[each["link"]] for each in made} == {"revoked"}


def test_a_link_that_never_was_cannot_be_closed(data: Path) -> None:
    ran = undisc("unshare", "nosuchlink", data=data)
    assert (ran.code, ran.err) == (1, "There is no such link here. `undisc links` lists those that are.\n")
