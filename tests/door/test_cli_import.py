"""`undisc import` accounts for every file on any disc, says so in one sentence, and means its exit code."""

from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from tests.door.command_line import files_below, take_in, undisc
from tests.factories import discs
from tests.factories.discs import MadeDisc


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> MadeDisc:
    return discs.make_disc(tmp_path_factory.mktemp("good") / "disc", series=2, slices=2, report_pdf=discs.pdf("Well."))


def test_a_good_disc_is_kept_whole_and_every_file_is_named(disc: MadeDisc, tmp_path: Path) -> None:
    account = take_in(disc.folder, tmp_path)
    assert account["code"] == 0
    assert {item["path"] for item in account["items"]} == files_below(disc.folder)
    assert {item["path"] for item in account["items"] if item["outcome"] == "stored"} == set(disc.images)
    assert account["studies"] == list(disc.study_uids)
    assert (account["missing"], account["notes"]) == ([], [])
    assert account["message"] == "All 4 pictures are here."
    assert {path.stem for path in (tmp_path / "studies").rglob("*.dcm")} == set(disc.sop_uids)


def test_the_summary_says_what_became_of_everything_and_what_to_do_next(disc: MadeDisc, tmp_path: Path) -> None:
    ran = undisc("import", disc.folder, data=tmp_path)
    assert ran.code == 0
    first, *lines = ran.out.splitlines()
    assert first == "All 4 pictures are here."
    told = [line.strip().split(maxsplit=1) for line in lines]
    not_images = len(files_below(disc.folder)) - 4
    assert ["4", "stored"] in told
    assert [str(not_images), "not medical images"] in told
    assert [str(4 + not_images), "files in all"] in told
    assert lines[-1] == f"Share it with: undisc share {disc.study_uids[0]}"
    assert ran.err == ""


def test_the_same_disc_by_whatever_carrier_changes_nothing_and_says_so(disc: MadeDisc, tmp_path: Path) -> None:
    assert take_in(disc.folder, tmp_path / "data")["stored"] == 4
    before = files_below(tmp_path / "data" / "studies")
    again = undisc("import", disc.folder, data=tmp_path / "data")
    assert again.code == 0
    assert again.out.startswith("Everything on it is here already: 4 pictures. Nothing was changed.")
    account = take_in(discs.as_zip(disc.folder, tmp_path / "disc.zip"), tmp_path / "data")
    assert (account["code"], account["stored"], account["duplicate"]) == (0, 0, 4)
    assert files_below(tmp_path / "data" / "studies") == before


@pytest.mark.parametrize("carrier", ["zip", "udf"])
def test_an_image_of_the_disc_gives_what_the_disc_gives(carrier: str, disc: MadeDisc, tmp_path: Path) -> None:
    source = tmp_path / f"disc.{carrier}"
    if carrier == "zip":
        discs.as_zip(disc.folder, source)
    else:
        discs.as_iso(disc.folder, source, udf=carrier == "udf")
    account = take_in(source, tmp_path / "data")
    assert (account["code"], account["stored"], account["studies"]) == (0, 4, list(disc.study_uids))
    assert account["files"] == len(files_below(disc.folder))


def test_single_files_keep_the_names_under_which_they_were_given(disc: MadeDisc, tmp_path: Path) -> None:
    given = [disc.folder / disc.images[0], disc.folder / "README.TXT"]
    ran = undisc("import", *given, "--json", data=tmp_path)
    assert ran.code == 0
    assert {item["path"]: item["outcome"] for item in ran.json["items"]} == {
        str(given[0]): "stored",
        str(given[1]): "not_dicom",
    }


def test_several_discs_make_one_account(disc: MadeDisc, tmp_path: Path) -> None:
    other = discs.make_disc(tmp_path / "other", patient=discs.BERT, series=1, slices=2, viewer_junk=False)
    ran = undisc("import", disc.folder, other.folder, "--json", data=tmp_path / "data")
    assert ran.code == 0
    assert ran.json["stored"] == 6
    assert set(ran.json["studies"]) == {*disc.study_uids, *other.study_uids}
    assert f"{other.folder}/{other.images[0]}" in {item["path"] for item in ran.json["items"]}


def test_a_blank_disc_says_that_it_is_blank(tmp_path: Path) -> None:
    blank = discs.blank_disc(tmp_path / "blank")
    ran = undisc("import", blank, data=tmp_path / "data")
    assert (ran.code, ran.out) == (2, "This disc is blank. Ask the sender for the images.\n")
    account = take_in(blank, tmp_path / "data")
    assert (account["code"], account["files"], account["studies"], account["items"]) == (2, 0, [], [])


def test_a_report_without_images_says_so(tmp_path: Path) -> None:
    account = take_in(discs.report_only_disc(tmp_path / "disc"), tmp_path / "data")
    assert account["code"] == 2
    assert account["message"] == "This disc holds a report but no images. Ask the sender for the images."
    assert account["not_dicom"] == account["files"] > 0


def test_a_report_as_dicom_is_kept_and_is_not_called_a_picture(tmp_path: Path) -> None:
    given = pydicom.dcmread(str(get_testdata_file("test-SR.dcm")))
    (tmp_path / "disc").mkdir()
    given.save_as(tmp_path / "disc" / "REPORT")
    for outcome in ("stored", "duplicate"):
        account = take_in(tmp_path / "disc", tmp_path / "data")
        assert (account["code"], account[outcome]) == (2, 1)
        assert "a report but no images" in account["message"]


def test_two_patients_on_one_disc_become_two_studies(tmp_path: Path) -> None:
    disc = discs.two_patients(tmp_path / "disc")
    account = take_in(disc.folder, tmp_path / "data")
    assert (account["code"], account["stored"]) == (0, 4)
    assert set(account["studies"]) == set(disc.study_uids)
    assert len(account["studies"]) == 2


def test_files_that_the_index_lists_and_the_disc_lacks_are_named(tmp_path: Path) -> None:
    disc = discs.dicomdir_names_missing_files(tmp_path / "disc", missing=2)
    account = take_in(disc.folder, tmp_path / "data")
    assert (account["code"], account["stored"]) == (1, 2)
    assert set(account["missing"]) == set(disc.images[-2:])
    ran = undisc("import", disc.folder, data=tmp_path / "data")
    assert ran.code == 1
    assert all(f"  {path}" in ran.out.splitlines() for path in disc.images[-2:])


def test_names_in_the_wrong_case_are_the_same_disc(tmp_path: Path) -> None:
    disc = discs.wrong_case_names(tmp_path / "disc", extension=".dcm")
    account = take_in(disc.folder, tmp_path / "data")
    assert (account["code"], account["stored"], account["missing"]) == (0, 8, [])
    assert {item["path"] for item in account["items"] if item["outcome"] == "stored"} == set(disc.images)


def test_a_disc_whose_files_are_damaged_keeps_what_it_can_and_names_the_rest(tmp_path: Path) -> None:
    disc = discs.make_disc(tmp_path / "disc", series=1, slices=4, with_dicomdir=False, viewer_junk=False)
    whole = [(disc.folder / path).read_bytes() for path in disc.images]
    (disc.folder / disc.images[1]).write_bytes(whole[1][: len(whole[1]) - 3000])
    (disc.folder / disc.images[2]).write_bytes(whole[2][:140])
    uid = disc.sop_uids[3].encode()
    (disc.folder / disc.images[3]).write_bytes(whole[3].replace(uid, b"../" + uid[3:]))
    account = take_in(disc.folder, tmp_path / "data")
    ended = {item["path"]: (item["outcome"], item["reason"]) for item in account["items"]}
    assert account["code"] == 1
    assert ended[disc.images[0]] == ("stored", "")
    assert ended[disc.images[1]][0] == "stored"
    assert ended[disc.images[1]][1] != ""
    assert ended[disc.images[2]][0] == "unreadable"
    assert ended[disc.images[3]][0] == "quarantined"
    again = undisc("import", disc.folder, data=tmp_path / "data")
    assert again.code == 1
    assert f"{disc.images[2]}: {ended[disc.images[2]][1]}" in again.out


def test_another_picture_under_the_same_identifier_overwrites_nothing(tmp_path: Path) -> None:
    disc = discs.make_disc(tmp_path / "disc", series=1, slices=1, with_dicomdir=False, viewer_junk=False)
    take_in(disc.folder, tmp_path / "data")
    kept = {path: path.read_bytes() for path in (tmp_path / "data" / "studies").rglob("*.dcm")}
    file = disc.folder / disc.images[0]
    file.write_bytes(file.read_bytes()[:-2] + b"\x01\x02")
    account = take_in(disc.folder, tmp_path / "data")
    assert (account["code"], account["stored"], account["quarantined"]) == (1, 0, 1)
    assert {path: path.read_bytes() for path in kept} == kept
    assert len(list((tmp_path / "data" / "quarantine").iterdir())) == 1


def test_a_study_of_another_patient_is_kept_apart(tmp_path: Path) -> None:
    first = discs.make_disc(tmp_path / "first", series=1, slices=1, with_dicomdir=False, viewer_junk=False)
    second = discs.make_disc(
        tmp_path / "second", patient=discs.BERT, series=1, slices=1, with_dicomdir=False, viewer_junk=False
    )
    file = second.folder / second.images[0]
    theirs, ours = second.study_uids[0].encode(), first.study_uids[0].encode()
    assert len(theirs) == len(ours)
    file.write_bytes(file.read_bytes().replace(theirs, ours))
    take_in(first.folder, tmp_path / "data")
    account = take_in(second.folder, tmp_path / "data")
    assert (account["code"], account["quarantined"]) == (1, 1)
    assert account["items"][0]["reason"] == "Its scan is here already under another patient."


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("nowhere", None, "There is no such file or folder."),
        ("torn.zip", b"PK\x03\x04 and no more", None),
        (
            "renamed.iso",
            b"no image at all" * 100,
            "This file is neither a disc image nor a ZIP, whatever its name says.",
        ),
    ],
)
def test_a_source_that_cannot_be_read_is_refused_in_one_sentence(
    name: str, content: bytes | None, sentence: str | None, tmp_path: Path
) -> None:
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    ran = undisc("import", source, data=tmp_path / "data")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert sentence is None or ran.err == f"{sentence}\n"
    assert take_in(source, tmp_path / "data")["code"] == 2


def test_one_unreadable_source_among_good_ones_stops_the_import_before_anything_is_read(
    disc: MadeDisc, tmp_path: Path
) -> None:
    ran = undisc("import", disc.folder, tmp_path / "nowhere", data=tmp_path / "data")
    assert ran.code == 2
    assert not (tmp_path / "data" / "studies").exists()


def test_an_import_is_refused_below_the_floor_of_free_space(disc: MadeDisc, tmp_path: Path) -> None:
    ran = undisc("import", disc.folder, data=tmp_path, UNDISC_FREE_SPACE_MB=str(10**12))
    assert (ran.code, ran.out) == (1, "")
    assert "too little free space" in ran.err
