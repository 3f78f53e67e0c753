"""What was put in: a folder, an image, an archive, a drive or a file, told apart by its bytes and not by its name."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from undisc.discs.drive import last_session
from undisc.discs.file import FileSource
from undisc.discs.folder import FolderSource
from undisc.discs.iso import IsoSource
from undisc.discs.model import Entry, Limits, Refused
from undisc.discs.streams import ImageFile
from undisc.discs.zip import ZipSource
from undisc.errors import SourceUnreadable

_RAW_SYNC = b"\x00" + b"\xff" * 10 + b"\x00"  # ECMA-130 14.1: how a raw sector of 2,352 bytes begins
_ISO_MAGIC_AT = 16 * 2048 + 1
_HEAD = _ISO_MAGIC_AT + 5
_NO_MEDIUM = getattr(errno, "ENOMEDIUM", 123)
_CALLED_AN_IMAGE = (".iso", ".img", ".zip", ".nrg", ".mdf", ".bin", ".cdr")


class Source(Protocol):
    """Something that holds files. kind: "folder", "iso", "zip", "drive" or "file"; label: its name, for people.

    The label may hold a patient's name: it never goes into a log. aliases: other names of a path -> the path.
    """

    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def aliases(self) -> Mapping[str, str]: ...

    def entries(self) -> Iterator[Entry | Refused]:
        """Everything on the source, once each, in an order that stays the same."""
        ...

    def open(self, entry: Entry) -> BinaryIO:
        """The bytes of an entry that `entries` gave. Raises OSError, here or on reading, where they cannot be had."""
        ...

    def close(self) -> None: ...


def open_source(path: Path, limits: Limits | None = None) -> Source:
    """The source at a path. Raises SourceUnreadable, with one plain sentence, where there is none to be read."""
    bounds = limits or Limits()
    try:
        return _open(path, bounds)
    except OSError as error:
        raise SourceUnreadable(_sentence(error)) from error
    except ValueError as error:  # a NUL in the path
        raise SourceUnreadable("There is no such file or folder.") from error


def _open(path: Path, limits: Limits) -> Source:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        os.scandir(path).close()
        return FolderSource(path, limits)
    is_drive = stat.S_ISBLK(mode)
    if not is_drive and not stat.S_ISREG(mode):
        raise SourceUnreadable("This is neither a folder, a drive nor a file.")
    with path.open("rb", buffering=0) as file:
        head = _read_fully(file, _HEAD)
    is_image = head[_ISO_MAGIC_AT : _ISO_MAGIC_AT + 5] in (b"CD001", b"BEA01")
    if is_drive:
        if not is_image:
            raise SourceUnreadable(
                "The disc in this drive is blank or of a kind that is not read here; "
                "if it opens on this computer, give its folder instead."
            )
        return IsoSource(ImageFile(path), path.name, limits, kind="drive", session=last_session(path))
    if head[128:132] == b"DICM":
        return FileSource(path)
    if is_image:
        return IsoSource(ImageFile(path), path.name, limits)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return ZipSource(path, limits)
    if head[:12] == _RAW_SYNC:
        raise SourceUnreadable(
            "This is a raw disc image (2,352 bytes a sector), which is not read here; "
            "copy the disc again as an .iso, or give its folder."
        )
    if path.suffix.lower() in _CALLED_AN_IMAGE:
        raise SourceUnreadable("This file is neither a disc image nor a ZIP, whatever its name says.")
    return FileSource(path)


def _read_fully(file: BinaryIO, length: int) -> bytes:  # type: ignore[type-arg]
    data = b""
    while len(data) < length and (piece := file.read(length - len(data))):
        data += piece
    return data


def _sentence(error: OSError) -> str:
    if error.errno in (_NO_MEDIUM, errno.ENXIO):
        return "There is no disc in the drive."
    if error.errno in (errno.EACCES, errno.EPERM):
        return "You do not have permission to read this."
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP):
        return "There is no such file or folder."
    return "This cannot be read; the disc or the drive may be damaged."
