"""Whatever is in the drive, or is not, is said in one plain sentence; and what burns well is told as it goes."""

import os
from pathlib import Path

import pytest

from undisc.errors import MediumRefused
from undisc.export.burning import blank_disc, burn, place_of

# What xorriso 1.5.4 prints.
_BLANK = """
Media current: CD-R
Media status : is blank
Media blocks : 0 readable , 359844 writable , 359844 overall
Media space  : 359844s
"""
_BURNED = """
Beginning to write data track.
xorriso : UPDATE :    0 of   13 MB written (fifo 17%) [buf  50%]
xorriso : UPDATE :    7 of   13 MB written (fifo 17%) [buf  50%]
xorriso : UPDATE :   13 of   13 MB written (fifo 17%) [buf  50%]
Writing to '/dev/sr0' completed successfully.
"""


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which `says` is what xorriso prints, and `code` how it ends."""
    program = tmp_path / "xorriso"
    program.write_text(f'#!/bin/sh\n/bin/cat "{tmp_path}/says"\nexit $(/bin/cat "{tmp_path}/code")\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "code").write_text("0")
    (tmp_path / "says").write_text(_BLANK)
    return tmp_path


def test_blank_disc_says_how_much_it_holds(drive: Path) -> None:
    assert blank_disc("stdio:/fake", 700_000_000).room == 359844 * 2048
    assert place_of("stdio:/fake") == Path("/fake")
    assert place_of("/dev/sr0") == Path("/dev/sr0")


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (_BLANK, "too small: 740 MB are wanted, it has room for 737 MB"),
        (_BLANK.replace("is blank", "is written , is closed"), "is not blank"),
        (_BLANK.replace("is blank", "is written , is appendable"), "is not blank"),
        ("Media current: is not recognizable\nMedia status : is blank\n", "no disc in the drive"),
        ("Media status : is absent\n", "no disc in the drive"),
        ("", "no disc in the drive"),
        ("Media status : is blank\n", "cannot be written to"),
        ("libburn : FAILURE : x\nxorriso : FAILURE : Cannot acquire drive '/dev/sr0'\n", "cannot be used"),
    ],
)
def test_what_is_no_blank_disc_of_that_size_is_refused(drive: Path, says: str, sentence: str) -> None:
    (drive / "says").write_text(says)
    with pytest.raises(MediumRefused, match=sentence):
        blank_disc("stdio:/fake", 740_000_000)


def test_device_that_is_no_drive_is_refused_before_anything_is_done_to_it(drive: Path) -> None:
    for device in ("/dev/null", str(drive / "says"), str(drive / "none"), os.devnull):
        with pytest.raises(MediumRefused, match="There is no drive at"):
            blank_disc(device)


def test_without_xorriso_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MediumRefused, match="needs the program xorriso"):
        blank_disc("stdio:/fake")
    with pytest.raises(MediumRefused, match="needs the program xorriso"):
        burn(tmp_path / "image", "stdio:/fake", lambda size: None)


def test_burning_tells_how_far_it_is(drive: Path) -> None:
    (drive / "says").write_text(_BURNED)
    told: list[int] = []
    burn(drive / "image", "stdio:/fake", told.append)
    assert sum(told) == 13 << 20


@pytest.mark.parametrize(("more", "code"), [("libburn : FATAL : Burn run failed\n", "0"), ("", "32")])
def test_failed_burn_says_that_the_disc_is_lost(drive: Path, more: str, code: str) -> None:
    (drive / "says").write_text(_BURNED + more)
    (drive / "code").write_text(code)
    with pytest.raises(MediumRefused, match="Burning failed"):
        burn(drive / "image", "stdio:/fake", lambda size: None)
