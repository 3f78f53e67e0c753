"""What goes onto a medium, and what was found there when it had been written, as values."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO


class Kind(StrEnum):
    DICOM = "dicom"
    INDEX = "index"
    """DICOMDIR"""
    PAGE = "page"
    """What a browser or an editor opens: pages, their style, README.TXT."""
    REPORT = "report"
    VIEWER = "viewer"
    DATA = "data"
    """What only the viewer reads."""
    MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file of a package, before it is written anywhere.

    path: components in upper case with "/" between, as in DICOM/ST000001/SE000001/IM000001; those of DICOM files keep
    to PS3.10 8.2 and 8.5, those of others to 8.3 names of A-Z 0-9 _. size: None where it is known only once the file
    is opened, as of an instance that is converted. open: the content from its start; raises OSError. instance: the
    row of a DICOM file.
    """

    path: str
    kind: Kind
    size: int | None
    open: Callable[[], BinaryIO]
    instance: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What was put on a medium. sha256: in hexadecimal, taken of the bytes as they were written."""

    path: str
    kind: Kind
    size: int
    sha256: str
    instance: int | None = None
