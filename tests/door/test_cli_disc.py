"""`undisc disc` at the command line: every medium, what is said of it, and what is left when it fails."""

import json
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.door.command_line import Ran, files_below, take_in, undisc
from tests.factories import discs
from tests.factories.discs import MadeDisc

from undisc.discs import Entry, open_source, survey
from undisc.discs.sealed import KEY_PATH, unsealed

needs_xorriso = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def disc(data: Path, tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    """One patient's two studies of two series of six pictures each, taken in."""
    made = discs.make_disc(tmp_path_factory.mktemp("disc") / "disc", studies=2, slices=6, rows=192, columns=192)
    assert take_in(made.folder, data)["code"] == 0
    return made


def make(disc: MadeDisc, data: Path, *options: object, studies: int = 2) -> Ran:
    return undisc("disc", *disc.study_uids[:studies], *options, data=data, UNDISC_PLACE_NAME="Riverside Imaging")


def made(disc: MadeDisc, data: Path, *options: object, studies: int = 2) -> dict[str, Any]:
    ran = make(disc, data, *options, "--json", studies=studies)
    assert (ran.code, ran.err) == (0, ""), ran.said
    return ran.json


@pytest.mark.parametrize("name", ["pictures.iso", "pictures.zip", "pictures/"])
def test_each_medium_holds_all_images_and_says_so(disc: MadeDisc, data: Path, tmp_path: Path, name: str) -> None:
    told = made(disc, data, "--out", f"{tmp_path}/{name}", "--for", "Oncology, second floor")
    assert (told["images"], told["verified"], told["unchanged"]) == (24, 24, 0)
    (medium,) = told["media"]
    assert medium["message"] == "24 of 24 images verified."
    source = open_source(tmp_path / name)
    entries = {entry.path: entry for entry in source.entries() if isinstance(entry, Entry)}
    assert {"INDEX.HTM", "README.TXT", "DICOMDIR", "MANIFEST.TXT", "IHE_PDI/INDEX.HTM"} <= set(entries)
    assert sum(path.startswith("DICOM/") for path in entries) == 24
    with source.open(entries["README.TXT"]) as readme:
        assert b"Oncology, second floor" in readme.read()
    receipt = undisc("receipts", medium["receipt"], "--json", data=data).json
    assert (receipt["outcome"], receipt["verified"], receipt["for_whom"]) == ("verified", 24, "Oncology, second floor")
    assert set(receipt["studies"]) == set(disc.study_uids)
    assert json.loads((data / f"receipts/{medium['receipt']:08d}.json").read_bytes()) == receipt


def test_people_read_what_it_will_take_and_what_came_of_it(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    ran = make(disc, data, "--out", tmp_path / "a.zip", "--as-stored", "--no-viewer")
    assert ran.code == 0
    assert ran.err == "24 images, about 2 MB without the viewer; it takes less than a minute.\n"
    assert "a.zip: 24 of 24 images verified.\n" in ran.out
    assert "Receipt: " in ran.out
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert not any(name.startswith("VIEWER/") for name in archive.namelist())
    listed = undisc("receipts", data=data)
    assert "verified" in listed.out


def test_stored_images_leave_to_the_byte(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    made(disc, data, "--out", f"{tmp_path}/out/", "--as-stored", "--no-viewer")
    there = sorted(path.read_bytes() for path in (tmp_path / "out" / "DICOM").rglob("IM*"))
    assert there == sorted(path.read_bytes() for path in (data / "studies").rglob("*.dcm"))


def test_report_label_letter_and_link_go_with_it(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(discs.pdf("No abnormality seen."))
    papers = ("--label", tmp_path / "label.pdf", "--letter", tmp_path / "letter.pdf", "--with-link")
    told = made(disc, data, "--out", f"{tmp_path}/out/", "--report", tmp_path / "report.pdf", *papers)
    assert (tmp_path / "out/REPORT/GI000001.PDF").read_bytes() == (tmp_path / "report.pdf").read_bytes()
    for paper in ("label.pdf", "letter.pdf"):
        assert (tmp_path / paper).read_bytes().startswith(b"%PDF-")
    assert told["link"].startswith("http://localhost:8080/s/")
    assert told["passcode"].encode() not in (tmp_path / "letter.pdf").read_bytes()
    assert [link["state"] for link in undisc("links", "--json", data=data).json] == ["open"]


def test_sealed_disc_says_its_passphrase_once_and_shows_nothing(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    told = made(disc, data, "--out", tmp_path / "sealed.iso", "--seal", studies=1)
    assert len(told["passphrase"].split()) == 6
    assert (told["images"], told["verified"]) == (12, 12)
    image = (tmp_path / "sealed.iso").read_bytes()
    for word in ("TESTPERSON", "TEST-0001", disc.study_uids[0], told["passphrase"]):
        assert word.encode() not in image
    assert any(
        isinstance(entry, Entry) and entry.path == KEY_PATH for entry in open_source(tmp_path / "sealed.iso").entries()
    )
    receipt = undisc("receipts", told["media"][0]["receipt"], data=data).out
    assert told["passphrase"] not in receipt
    (tmp_path / "own").write_text("Testperson1970\n")
    weak = make(disc, data, "--out", tmp_path / "weak.iso", "--passphrase-file", tmp_path / "own")
    assert weak.code == 1
    assert "too easy to guess" in weak.err
    assert not (tmp_path / "weak.iso").exists()


def test_zip_with_a_password_is_read_back_and_comes_in_again(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    told = made(disc, data, "--out", tmp_path / "locked.zip", "--zip-password", studies=1)
    assert (told["images"], told["verified"]) == (12, 12)
    with zipfile.ZipFile(tmp_path / "locked.zip") as archive:
        assert {info.compress_type for info in archive.infolist()} == {99}
    assert b"TESTPERSON" not in (tmp_path / "locked.zip").read_bytes()
    (tmp_path / "password").write_text(told["passphrase"] + "\n")
    again = undisc("import", tmp_path / "locked.zip", "--passphrase-file", tmp_path / "password", "--json", data=data)
    assert (again.code, again.json["duplicate"], again.json["quarantined"]) == (0, 12, 0)
    unasked = undisc("import", tmp_path / "locked.zip", "--json", data=data)
    assert (unasked.code, {item["reason"] for item in unasked.json["items"]}) == (1, {"It is locked with a password."})
    (tmp_path / "password").write_text("another one of six or more")
    wrong = undisc("import", tmp_path / "locked.zip", "--passphrase-file", tmp_path / "password", "--json", data=data)
    assert wrong.json["message"] == "This password does not open the ZIP file. Check it, and try again."


def test_secure_media_hold_dicom_files_in_envelopes_alone(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    told = made(disc, data, "--out", f"{tmp_path}/secure/", "--secure-profile", studies=1)
    assert (told["images"], told["verified"]) == (12, 12)
    files = {path.relative_to(tmp_path / "secure").as_posix() for path in (tmp_path / "secure").rglob("*.*")}
    assert files == {"README.TXT", "MANIFEST.TXT"}
    envelopes = [path for path in (tmp_path / "secure").rglob("*") if path.is_file() and not path.suffix]
    assert len(envelopes) == 13
    for path in envelopes:
        content = path.read_bytes()
        assert bytes.fromhex("06092a864886f70d010703") in content[:20]  # id-envelopedData
        assert b"TESTPERSON" not in content
    refused = make(disc, data, "--out", tmp_path / "both.zip", "--secure-profile", "--zip-password")
    assert (refused.code, "Choose one of" in refused.err) == (2, True)
    assert make(disc, data, "--out", tmp_path / "no.iso", "--zip-password").code == 2


def test_discs_of_a_set_say_which_they_are_and_are_read_alone(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    whole = made(disc, data, "--out", tmp_path / "whole.iso")["media"][0]["bytes"]
    told = made(disc, data, "--out", tmp_path / "set.iso", "--split", f"{whole * 0.85 / 1e6:.2f}MB")
    parts = told["media"]
    count = len(parts)
    assert count >= 2
    assert [part["part"] for part in parts] == [f"{place} of {count}" for place in range(1, count + 1)]
    assert sum(part["images"] for part in parts) == told["verified"] == 24
    for place, part in enumerate(parts, 1):
        assert part["bytes"] <= whole * 0.85
        source = open_source(Path(part["path"]))
        assert source.label == part["volume"]
        assert f"_{place}OF{count}_" in source.label
        found = survey(source, 1000)
        assert (len(found.listed), found.missing, found.unlisted_count) == (part["images"], (), 0)


def test_set_of_sealed_discs_opens_with_one_passphrase_and_has_a_key_for_each(
    disc: MadeDisc, data: Path, tmp_path: Path
) -> None:
    whole = made(disc, data, "--out", tmp_path / "whole.iso", "--seal")["media"][0]["bytes"]
    told = made(disc, data, "--out", f"{tmp_path}/set/", "--seal", "--split", f"{whole * 0.85 / 1e6:.2f}MB")
    assert told["verified"] == 24
    locks = [(Path(part["path"]) / KEY_PATH).read_text() for part in told["media"]]
    assert len(locks) >= 2
    assert len({json.loads(lock[lock.index("(") + 1 : lock.rindex(")")])["wrapped"] for lock in locks}) == len(locks)


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--out", "x.iso", "--burn", "/dev/sr0"), 2, "Say what to make"),
        (("--out", "x.iso", "--split", "large"), 2, "Say how large"),
        (("--out", "x.iso", "--report", "none.pdf"), 1, "no such file"),
        (("--out", "no/where/x.iso"), 1, "is not there"),
        (("--out", "x.iso", "--split", "1MB"), 1, "too small for this"),
        (("--out", "x.iso", "--for", "x" * 201), 2, "at most 200 letters"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(
    disc: MadeDisc, data: Path, tmp_path: Path, options: tuple[str, ...], code: int, says: str
) -> None:
    ran = undisc("disc", *disc.study_uids, *options, data=data, cwd=tmp_path)
    assert ran.code == code
    assert says in " ".join(ran.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_study_that_is_not_here_is_nothing_to_do(data: Path, disc: MadeDisc, tmp_path: Path) -> None:
    ran = undisc("disc", "1.2.3", "--out", tmp_path / "x.iso", "--json", data=data)
    assert (ran.code, ran.json) == (
        2,
        {"message": "There is no such study here. `undisc studies` lists those that are."},
    )


def test_what_is_there_is_never_overwritten(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.iso").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine")
    assert "of that name already" in make(disc, data, "--out", tmp_path / "mine.iso").err
    (tmp_path / "link.iso").symlink_to(tmp_path / "nowhere")
    assert "of that name already" in make(disc, data, "--out", tmp_path / "link.iso").err
    (tmp_path / "link.iso").unlink()
    assert "files in this folder already" in make(disc, data, "--out", tmp_path / "folder").err
    assert files_below(tmp_path) == {"mine.iso", "folder/mine"}
    assert (tmp_path / "mine.iso").read_text() == "mine"


@pytest.mark.parametrize(
    ("paper", "says"),
    [("x.zip", "of that name already"), ("mine.pdf", "of that name already"), ("no/where.pdf", "is not there")],
)
@pytest.mark.parametrize("option", ["--label", "--letter"])
def test_papers_that_could_not_be_written_are_refused_before_anything_is_made(
    disc: MadeDisc, data: Path, tmp_path: Path, option: str, paper: str, says: str
) -> None:
    (tmp_path / "mine.pdf").write_text("mine")
    ran = make(disc, data, "--out", tmp_path / "x.zip", "--seal", option, tmp_path / paper)
    assert (ran.code, says in ran.err) == (1, True)
    assert files_below(tmp_path) == {"mine.pdf"}
    assert (tmp_path / "mine.pdf").read_text() == "mine"


def test_what_was_made_before_something_failed_is_told_with_its_passphrase(
    disc: MadeDisc, data: Path, tmp_path: Path
) -> None:
    # No file can have a name that long, which is found out only when it is written.
    ran = make(disc, data, "--out", tmp_path / "x.zip", "--seal", "--label", tmp_path / f"{'a' * 300}.pdf", "--json")
    assert ran.code == 1
    assert (ran.json["verified"], len(ran.json["passphrase"].split())) == (24, 6)
    assert "could not be read or written" in ran.json["message"]
    assert files_below(tmp_path) == {"x.zip"}


@pytest.mark.parametrize("name", ["x.iso", "x.zip", "stick"])
def test_nothing_leaves_without_its_receipt(disc: MadeDisc, data: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(data, tmp_path / "data", ignore=shutil.ignore_patterns("receipts"))
    (tmp_path / "data" / "receipts").write_text("no folder")
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / ".mine").write_text("mine")
    ran = make(disc, tmp_path / "data", "--out", tmp_path / name, "--no-viewer")
    assert ran.code == 1
    assert {path for path in files_below(tmp_path) if not path.startswith("data/")} == {"stick/.mine"}
    assert [path.name for path in (tmp_path / "stick").iterdir()] == [".mine"]


def test_nothing_is_made_inside_the_data_folder(disc: MadeDisc, data: Path) -> None:
    ran = make(disc, data, "--out", data / "studies" / "x.zip")
    assert (ran.code, "inside of the data folder" in ran.err) == (1, True)
    assert not (data / "studies" / "x.zip").exists()


def test_discs_of_a_set_need_a_name(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    ran = undisc("disc", *disc.study_uids, "--out", ".", "--no-viewer", "--split", "1.2MB", data=data, cwd=tmp_path)
    assert (ran.code, "Give a name" in ran.err) == (1, True)


def test_passphrase_of_a_file_is_what_people_type(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    words = "turbine mango lantern pickle orbit walrus"
    file = tmp_path / "words.txt"
    file.write_bytes(b"\xef\xbb\xbf" + words.encode() + b"\r\nsecond line")
    told = made(disc, data, "--out", tmp_path / "x.zip", "--seal", "--passphrase-file", file)
    assert told["passphrase"] == words
    file.write_bytes(words.encode("utf-16"))
    ran = make(disc, data, "--out", tmp_path / "y.zip", "--seal", "--passphrase-file", file)
    assert (ran.code, "not plain text" in ran.err) == (1, True)


def test_original_that_is_gone_ends_it_with_a_sentence_and_nothing_made(
    disc: MadeDisc, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(data, tmp_path / "data")
    next((tmp_path / "data" / "studies").rglob("*.dcm")).unlink()
    ran = make(disc, tmp_path / "data", "--out", tmp_path / "x.iso", "--as-stored")
    assert ran.code == 1
    assert "cannot be read from the archive" in ran.err
    assert not (tmp_path / "x.iso").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupting_leaves_nothing_half_made(
    disc: MadeDisc, data: Path, tmp_path: Path, number: signal.Signals
) -> None:
    command = [
        sys.executable,
        "-c",
        _SLOW,
        "disc",
        *disc.study_uids,
        "--out",
        f"{tmp_path}/out/",
        "--data-dir",
        str(data),
    ]
    # Whoever runs the tests behind a shell or nohup has some signals ignored, which the program would respect.
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    for _ in range(400):
        if list(tmp_path.rglob("IM*")):
            break
        time.sleep(0.05)
    assert list(tmp_path.rglob("IM*"))
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped. Nothing half made was left." in said
    assert list(tmp_path.iterdir()) == []


# The program itself, on a disk that takes a while for each file.
_SLOW = """
import time
from undisc.export import folder
wait = folder.Copier.copy
def slowly(self, file, take):
    time.sleep(0.2)
    return wait(self, file, take)
folder.Copier.copy = slowly
from undisc.cli.start import run
run()
"""


@needs_xorriso
def test_burned_disc_is_read_back_and_cannot_be_burned_twice(disc: MadeDisc, data: Path, tmp_path: Path) -> None:
    told = made(disc, data, "--burn", f"stdio:{tmp_path}/disc", studies=1)
    assert (told["medium"], told["verified"]) == ("disc", 12)
    assert len(survey(open_source(tmp_path / "disc"), 1000).listed) == 12
    again = make(disc, data, "--burn", f"stdio:{tmp_path}/disc")
    assert (again.code, again.err) == (1, "The disc in the drive is not blank. Put in a blank one.\n")


@needs_xorriso
def test_sealed_disc_that_was_burned_tells_its_passphrase_though_its_receipt_cannot_be_kept(
    disc: MadeDisc, data: Path, tmp_path: Path
) -> None:
    receipts, aside = data / "receipts", tmp_path / "aside"
    receipts.mkdir(exist_ok=True)
    receipts.rename(aside)
    receipts.write_bytes(b"no folder")
    try:
        ran = make(disc, data, "--burn", f"stdio:{tmp_path}/disc", "--seal", "--json", studies=1)
    finally:
        receipts.unlink()
        aside.rename(receipts)
    assert ran.code == 1
    opened = unsealed(open_source(tmp_path / "disc"), lambda: ran.json["passphrase"])
    assert len(survey(opened, 1000).listed) == 12


def test_link_ends_where_the_letter_that_was_to_carry_it_cannot_be_written(
    disc: MadeDisc, data: Path, tmp_path: Path
) -> None:
    letter = tmp_path / ("x" * 300 + ".pdf")
    ran = make(disc, data, "--out", tmp_path / "x.zip", "--letter", letter, "--with-link", "--json", studies=1)
    assert ran.code == 1
    assert "link" not in ran.json
    assert (tmp_path / "x.zip").exists()
    assert undisc("links", "--json", data=data).json[0]["state"] == "revoked"


@needs_xorriso
def test_drives_that_cannot_be_used_say_why_and_a_failed_burn_has_its_receipt(
    disc: MadeDisc, data: Path, tmp_path: Path
) -> None:
    assert make(disc, data, "--burn", f"{tmp_path}/none").err == f"There is no drive at {tmp_path}/none.\n"
    failed = make(disc, data, "--burn", "stdio:/dev/full", "--json", studies=1)
    assert failed.code == 1
    assert "Burning failed" in failed.json["message"]
    receipt = undisc("receipts", "--json", data=data).json[0]
    assert (receipt["outcome"], receipt["verified"], receipt["medium"]) == ("failed", 0, "disc")
    assert not list((data / "scratch" / "export").rglob("*.iso"))
