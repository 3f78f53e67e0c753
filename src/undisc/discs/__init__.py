"""What lies on a disc: sources, the index (DICOMDIR) as a hint, and an account of everything that is there."""

from undisc.discs.dicomdir import read_dicomdir
from undisc.discs.kinds import looks_like_report, what_is
from undisc.discs.model import (
    DicomDir,
    Entry,
    IndexedFile,
    Limits,
    Missing,
    MissingFile,
    Outside,
    ReadError,
    Refused,
    Survey,
)
from undisc.discs.paths import DiscNames, resolve_file_id
from undisc.discs.sources import Source, open_source
from undisc.discs.survey import survey

__all__ = [
    "DicomDir",
    "DiscNames",
    "Entry",
    "IndexedFile",
    "Limits",
    "Missing",
    "MissingFile",
    "Outside",
    "ReadError",
    "Refused",
    "Source",
    "Survey",
    "looks_like_report",
    "open_source",
    "read_dicomdir",
    "resolve_file_id",
    "survey",
    "what_is",
]
