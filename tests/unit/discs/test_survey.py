"""A survey accounts for everything on a disc, says what its index promised in vain, and knows the disc again."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from tests.factories.discs import (
    ESCAPES,
    as_iso,
    as_zip,
    blank_disc,
    copied,
    dicomdir_names_missing_files,
    escape_paths,
    make_disc,
    report_only_disc,
    wrong_case_names,
)
from tests.factories.instances import BERT
from tests.shared_data import SHARED, needs_shared

from undisc.discs import Entry, ReadError, Refused, Survey, open_source, survey


def _survey(path: Path, most_files: int = 10_000) -> Survey:
    return survey(open_source(path), most_files)


def test_whole_disc_has_every_file_of_its_index(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    found = _survey(made.folder)
    assert set(found.listed) == set(made.images)
    assert (found.missing, found.outside, found.unlisted_count, found.refused) == ((), (), 0, ())
    assert found.index_paths == ("DICOMDIR",)
    assert len(found.entries) == sum(path.is_file() for path in made.folder.rglob("*"))


@pytest.mark.parametrize("extension", ["", ".dcm", ".DCM"])
def test_wrong_case_and_extensions_hide_nothing(tmp_path: Path, extension: str) -> None:
    made = wrong_case_names(tmp_path / "disc", extension=extension)
    found = _survey(made.folder)
    assert sorted(found.listed) == sorted(path.lower() for path in made.images)
    assert found.missing == ()


def test_missing_files_are_named_with_what_the_index_says(tmp_path: Path) -> None:
    made = dicomdir_names_missing_files(tmp_path / "disc", missing=2, slices=5)
    found = _survey(made.folder)
    assert [file.path for file in found.missing] == list(made.images[-2:])
    assert [file.instance_number for file in found.missing] == [4, 5]
    assert {(file.series_description, file.series_number) for file in found.missing} == {("MR series 1", 1)}
    assert [file.sop_instance_uid for file in found.missing] == list(made.sop_uids[-2:])
    assert found.missing_sentence == "The disc's index lists 2 files that are not on the disc."


def test_paths_that_leave_the_disc_are_reported_and_the_rest_is_found(tmp_path: Path) -> None:
    (tmp_path / "SECRET").write_text("secret")
    made = escape_paths(tmp_path / "disc")
    found = _survey(made.folder)
    assert len(found.outside) == len(ESCAPES)
    assert set(found.listed) == set(made.images[len(ESCAPES) :])
    assert found.unlisted_count == len(ESCAPES)


def test_image_that_the_index_forgot_is_counted(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    shutil.copy(made.folder / made.images[0], made.folder / "EXTRA")
    found = _survey(made.folder)
    assert found.unlisted_count == 1
    assert found.unlisted_sentence == "1 image on the disc is not in its index; it was found all the same."


def test_disc_without_an_index_is_walked_all_the_same(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc", with_dicomdir=False)
    found = _survey(made.folder)
    assert found.index is None
    assert set(made.images) <= {entry.path for entry in found.entries}
    assert found.unlisted_count == 0


def test_discs_inside_a_folder_are_each_read_from_their_own_place(tmp_path: Path) -> None:
    first = make_disc(tmp_path / "cds" / "first", viewer_junk=False)
    second = make_disc(tmp_path / "cds" / "second", patient=BERT, viewer_junk=False)
    found = _survey(tmp_path / "cds")
    expected = {f"first/{path}" for path in first.images} | {f"second/{path}" for path in second.images}
    assert set(found.listed) == expected
    assert found.listed[f"second/{second.images[0]}"].patient_id == BERT.id


def test_blank_and_report_only_discs(tmp_path: Path) -> None:
    assert _survey(blank_disc(tmp_path / "blank")).is_blank
    found = _survey(report_only_disc(tmp_path / "report"))
    assert not found.is_blank
    assert found.index is None
    assert "REPORT.PDF" in {entry.path for entry in found.entries}


def test_too_many_files_are_said_once(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    found = _survey(made.folder, 3)
    assert len(found.entries) == 3
    assert found.refused == (Refused(".", "The disc holds more than 3 files; the rest were not looked at."),)


def test_same_disc_is_known_again_and_another_one_is_not(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    fingerprint = _survey(made.folder).fingerprint
    assert len(fingerprint) == 64
    assert _survey(made.folder).fingerprint == fingerprint
    assert _survey(copied(made.folder, tmp_path / "mount")).fingerprint == fingerprint
    other = make_disc(tmp_path / "other", patient=BERT)
    assert _survey(other.folder).fingerprint != fingerprint


def test_disc_of_like_names_sizes_and_times_is_another_disc(tmp_path: Path) -> None:
    image = make_disc(tmp_path / "disc", with_dicomdir=False, viewer_junk=False)
    before = _survey(image.folder).fingerprint
    path = image.folder / image.images[0]
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[400] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert _survey(image.folder).fingerprint != before


def test_image_and_archive_of_a_disc_survey_alike(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    for path in (as_iso(made.folder, tmp_path / "d.iso", joliet=True), as_zip(made.folder, tmp_path / "d.zip")):
        found = _survey(path)
        assert set(found.listed) == set(made.images)
        assert found.missing == ()


def test_index_given_without_its_disc_makes_nothing_missing(tmp_path: Path) -> None:
    made = make_disc(tmp_path / "disc")
    found = _survey(made.folder / "DICOMDIR")
    assert (found.index, found.missing) == (None, ())
    assert [entry.path for entry in found.entries] == ["DICOMDIR"]


class _Scratched:
    """A source whose index and last file cannot be read."""

    kind = "drive"
    label = "SCRATCHED"

    def __init__(self) -> None:
        self.aliases: dict[str, str] = {}

    def entries(self) -> Iterator[Entry | Refused]:
        yield from (Entry("DICOMDIR", 100, 0), Entry("IM1", 100, 0), Refused("DIR", "This folder cannot be read."))

    def open(self, entry: Entry) -> BinaryIO:
        raise ReadError("This part of the disc cannot be read.")

    def close(self) -> None:
        pass


def test_scratched_index_is_told_and_nothing_is_lost() -> None:
    found = survey(_Scratched(), 100)
    assert [entry.path for entry in found.entries] == ["DICOMDIR", "IM1"]
    assert [item.path for item in found.refused] == ["DIR"]
    assert found.index is not None
    assert found.index.notes == ("The disc's index cannot be read off the disc.",)


@needs_shared
def test_real_disc_has_67_of_67() -> None:
    assert SHARED is not None
    found = _survey(next(SHARED.glob("mapconcierge__*")))
    assert found.index is not None
    assert (len(found.index.files), len(found.listed), len(found.missing)) == (67, 67, 0)


@needs_shared
def test_orphan_index_misses_11_of_11() -> None:
    assert SHARED is not None
    found = _survey(SHARED / "dcm4che__dcm4che")
    assert (len(found.listed), len(found.missing)) == (0, 11)


@needs_shared
def test_real_disc_as_an_image_has_67_of_67(tmp_path: Path) -> None:
    assert SHARED is not None
    found = _survey(as_iso(next(SHARED.glob("mapconcierge__*")), tmp_path / "d.iso", rock_ridge=True))
    assert (len(found.listed), len(found.missing)) == (67, 0)
