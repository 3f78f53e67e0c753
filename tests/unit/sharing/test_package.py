"""Proves that a ZIP on its way is as long as it says, holds what it should, and stops when it must."""

import io
import zipfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from undisc.archive.model import Original
from undisc.sharing.package import DownloadStopped, package

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def originals(folder: Path, sizes: list[int]) -> list[Original]:
    made = []
    for number, size in enumerate(sizes):
        path = folder / str(number)
        path.write_bytes(bytes([number % 256]) * size)
        made.append(Original(f"STUDY1/SERIES001/IM{number:06d}.dcm", size, partial(path.open, "rb")))
    return made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 700_000), max_size=12))
def test_length_is_known_to_the_byte_before_the_first_byte_leaves(tmp_path: Path, sizes: list[int]) -> None:
    files = originals(tmp_path, sizes)
    made = package(files, NOON, lambda: True)
    whole = b"".join(made.chunks)
    assert len(whole) == made.length
    with zipfile.ZipFile(io.BytesIO(whole)) as found:
        assert found.testzip() is None
        assert [(entry.filename, entry.file_size) for entry in found.infolist()] == [
            (file.name, file.size) for file in files
        ]


def test_pieces_are_small_whatever_the_files(tmp_path: Path) -> None:
    made = package(originals(tmp_path, [5_000_000, 10]), NOON, lambda: True)
    assert max(len(chunk) for chunk in made.chunks) <= 1 << 18


def test_no_further_file_leaves_once_it_is_not_allowed(tmp_path: Path) -> None:
    answers = iter([True, True, False])
    made = package(originals(tmp_path, [600_000] * 5), NOON, lambda: next(answers))
    sent: list[int] = []
    with pytest.raises(DownloadStopped):
        sent.extend(len(chunk) for chunk in made.chunks)
    assert 0 < sum(sent) < 3 * 600_000


def test_long_file_is_asked_about_again_and_again(tmp_path: Path) -> None:
    asked: list[bool] = []

    def still_allowed() -> bool:
        asked.append(True)
        return len(asked) < 3

    path = tmp_path / "long"
    with path.open("wb") as file:
        file.truncate(128 << 20)
    made = package([Original("IM000001.dcm", 128 << 20, partial(path.open, "rb"))], NOON, still_allowed)
    with pytest.raises(DownloadStopped):
        list(made.chunks)
    assert len(asked) == 3


def test_file_that_is_not_as_long_as_it_was_spoils_the_zip_instead_of_lying(tmp_path: Path) -> None:
    (file,) = originals(tmp_path, [1000])
    (tmp_path / "0").write_bytes(b"shorter")
    with pytest.raises(Exception):  # noqa: B017 the ZIP writer's own
        b"".join(package([file], NOON, lambda: True).chunks)
