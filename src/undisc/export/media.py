"""A package onto a medium, whole and verified, or not at all."""

import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from undisc.errors import MediumRefused
from undisc.export.copying import Copier, Watcher
from undisc.export.folder import sync, write_folder
from undisc.export.iso import write_iso
from undisc.export.iso_records import Volume
from undisc.export.model import PackageFile, Written
from undisc.export.verifying import Verified, verify
from undisc.export.zip import write_zip

CD_BYTES = 360_000 * 2048
"""What every CD-R of 80 minutes holds; what is larger is for a DVD, and is in UDF as well (PS3.12 Annexes F and J)."""
_HALF_MADE = re.compile(r"\.undisc-([1-9][0-9]{0,9})-.+\.part")
_ABANDONED = 600.0
_AT_WORK: set[Path] = set()
"""What this process is half way through."""
_ITS_OWN = frozenset({"lost+found", "system volume information", "$recycle.bin"})
"""What file systems keep in the root of a stick that is empty."""


class Medium(StrEnum):
    FOLDER = "folder"
    ZIP = "zip"
    ISO = "iso"
    DISC = "disc"
    """Burned, from an image."""


def medium_of(target: str) -> Medium:
    """What is asked for by the name of what is to be made."""
    ending = target.lower().rpartition(".")[2] if not target.endswith(("/", os.sep)) else ""
    return {"iso": Medium.ISO, "zip": Medium.ZIP}.get(ending, Medium.FOLDER)


def check_target(medium: Medium, target: Path, size: int) -> None:
    """Raises MediumRefused where nothing can be made there, before anything is read."""
    if not target.parent.is_dir():
        raise MediumRefused("The folder that this is to be made in is not there.")
    if medium is Medium.FOLDER:
        if os.path.lexists(target) and not target.is_dir():
            raise MediumRefused("There is a file of that name, where a folder is wanted.")
        if target.is_dir() and not _is_empty(target):
            raise MediumRefused("There are files in this folder already. Give an empty folder, or a new name.")
    elif os.path.lexists(target):
        raise MediumRefused("There is something of that name already. Give another name, or remove it first.")
    free = shutil.disk_usage(target if target.is_dir() else target.parent).free
    if free < size:
        raise MediumRefused(f"There is too little room: {_megabytes(size)} are wanted, {_megabytes(free)} are free.")


def put(
    medium: Medium,
    files: Sequence[PackageFile],
    target: Path,
    volume: Volume,
    scratch: Path,
    watcher: Watcher,
    *,
    udf: bool,
    password: str | None = None,
) -> tuple[list[Written], Verified]:
    """Write a package beside its target, read it back, and give it its name only where all of it is right.

    However this ends, nothing half made is left. password: locks a ZIP with AES-256. Raises MediumRefused (a plain
    sentence) and OSError.
    """
    with _beside(target, medium) as place:
        copier = Copier(watcher)
        if medium is Medium.FOLDER:
            written = write_folder(files, place, copier)
        elif medium is Medium.ZIP:
            written = write_zip(files, place, volume.made_at, scratch, copier, password)
        else:
            written = write_iso(files, place, volume, copier, udf=udf)
        verified = verify(place, written, watcher, password)
        if verified.is_good:
            _give_name(place, target)
    return written, verified


def take_back(medium: Medium, target: Path, written: Sequence[Written]) -> None:
    """Remove a medium that was made and could not be accounted for; what else is in its folder stays."""
    if medium is not Medium.FOLDER:
        target.unlink(missing_ok=True)
        return
    folders: set[Path] = set()
    for file in written:
        path = target / file.path
        path.unlink(missing_ok=True)
        folders.update(each for each in path.parents if each != target and each.is_relative_to(target))
    for folder in sorted(folders, reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def _beside(target: Path, medium: Medium) -> Iterator[Path]:
    """A place on the target's own file system; what is left there at the end is removed."""
    # A folder that is there may be a stick's root, which nothing beside it can replace.
    inside = medium is Medium.FOLDER and target.is_dir()
    folder = target if inside else target.parent
    _tidy(folder)
    place = folder / f".undisc-{os.getpid()}-{target.name or 'disc'}.part"
    if medium is Medium.FOLDER:
        place.mkdir()
    _AT_WORK.add(place)
    try:
        yield place
    finally:
        _AT_WORK.discard(place)
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Remove what runs that were killed left half made in a folder: by its name ours, of a process that is no more,
    and untouched for a while, since another machine's may be at work in the same folder."""
    for place in folder.glob(".undisc-*.part"):
        named = _HALF_MADE.fullmatch(place.name)
        if named is None or place.is_symlink() or place in _AT_WORK or _is_alive(int(named[1])):
            continue
        try:
            touched = max(path.lstat().st_mtime for path in (place, *place.rglob("*")))
        except OSError:
            continue
        if time.time() - touched < _ABANDONED:
            continue
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            with suppress(OSError):
                place.unlink()


def _is_alive(process: int) -> bool:
    """Whether another process of this number runs here. One of our own number that is left over is no one's."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    return True


def _give_name(place: Path, target: Path) -> None:
    if place.parent == target:
        moved: list[str] = []
        try:
            for path in sorted(place.iterdir(), key=lambda each: each.name == "INDEX.HTM"):
                moved.append(path.name)
                path.rename(target / path.name)
            sync(target)
        except BaseException:
            for name in moved:
                if (target / name).exists():
                    (target / name).rename(place / name)
            raise
        return
    if not os.path.lexists(target):
        place.rename(target)
        sync(target.parent)
        return
    raise MediumRefused("Something of that name was made meanwhile. Give another name.")


def _is_empty(folder: Path) -> bool:
    return all(path.name.startswith(".") or path.name.lower() in _ITS_OWN for path in folder.iterdir())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
