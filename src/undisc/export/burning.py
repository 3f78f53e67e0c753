"""Burns an image onto a disc through xorriso, which knows drives."""

import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from undisc.errors import MediumRefused
from undisc.export.iso_records import SECTOR

_STDIO = "stdio:"
_LOOKS_FOR = 60
"""Seconds that a drive may take to say what is in it."""
_SPACE = re.compile(r"^Media space\s*:\s*(\d+)s", re.MULTILINE)
_PROGRESS = re.compile(r"(\d+) of\s+\d+ MB written")


@dataclass(frozen=True, slots=True)
class Blank:
    """A disc that can be written to, and how many bytes it has room for."""

    room: int


def place_of(device: str) -> Path:
    """Where what is burned can be read back."""
    return Path(device.removeprefix(_STDIO))


def blank_disc(device: str, wanted: int = 0) -> Blank:
    """What is in a drive. Raises MediumRefused, with one plain sentence, where it is not a blank disc of that size."""
    if not device.startswith(_STDIO) and not _is_drive(Path(device)):
        raise MediumRefused(f"There is no drive at {device}.")
    command = [_xorriso(), "-abort_on", "FATAL", "-outdev", device, "-toc", "-tell_media_space"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_LOOKS_FOR)
    except subprocess.TimeoutExpired as error:
        raise MediumRefused("The drive does not answer. Take the disc out, and try again.") from error
    told = run.stdout + run.stderr
    if "Cannot acquire drive" in told:
        raise MediumRefused("The drive cannot be used: it is not there, is busy, or may not be used by you.")
    status = re.search(r"^Media status\s*: (.*)$", told, re.MULTILINE)
    if status is None or "absent" in status[1] or "not recognizable" in told:
        raise MediumRefused("There is no disc in the drive that can be written to.")
    if "is blank" not in status[1]:
        raise MediumRefused("The disc in the drive is not blank. Put in a blank one.")
    room = _SPACE.search(told)
    if room is None:
        raise MediumRefused("The disc in the drive cannot be written to.")
    free = int(room[1]) * SECTOR
    if free < wanted:
        raise MediumRefused(
            f"The disc in the drive is too small: {wanted / 1e6:,.0f} MB are wanted, it has room for "
            f"{free / 1e6:,.0f} MB. Put in a larger one, or use --split."
        )
    return Blank(free)


def burn(image: Path, device: str, progress: Callable[[int], None]) -> None:
    """Write an image and close the disc. progress: bytes written since it was last called.

    Raises MediumRefused where that fails; a disc that was written once can then not be used again.
    """
    command = [_xorriso(), "-as", "cdrecord", "-v", f"dev={device}", "padsize=0", "-sao", str(image)]
    said: list[str] = []
    done = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as run:
        try:
            for line in run.stdout or ():
                said.append(line)
                if found := _PROGRESS.search(line):
                    now = int(found[1]) << 20
                    progress(max(0, now - done))
                    done = max(done, now)
        except BaseException:
            run.terminate()
            raise
    if run.returncode or any("FATAL" in line or "FAILURE" in line for line in said):
        raise MediumRefused("Burning failed. This disc cannot be used; try another one.")


def _xorriso() -> str:
    program = shutil.which("xorriso")
    if program is None:
        raise MediumRefused("Burning needs the program xorriso, which is not installed here.")
    return program


def _is_drive(path: Path) -> bool:
    try:
        return stat.S_ISBLK(path.stat().st_mode)
    except OSError:
        return False
