"""What lies on a disc, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class ReadError(OSError):
    """The bytes of one file cannot be had, or are not what the disc says they are; the text is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one source may ask for.

    A blank slice deflates 900 to 1, so a member is only held to `largest_ratio` above `ratio_counts_from` bytes, and
    the whole archive to the larger of `total_counts_from` bytes and `largest_ratio` times its own size.
    """

    most_entries: int = 1_000_000
    deepest: int = 64
    longest_name: int = 4096
    largest_ratio: int = 250
    ratio_counts_from: int = 64 * 1024 * 1024
    total_counts_from: int = 4 * 1024 * 1024 * 1024
    largest_directory: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that may be opened: its path on the source ("/" between folders), bytes, nanoseconds since 1970."""

    path: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Something on the source that is not opened, and why, as a plain sentence."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One file as a DICOMDIR describes it; text is "" and a number None where the directory does not say.

    folder: the folder that holds the DICOMDIR, to which `file_id` is relative ("" is the source's root).
    """

    file_id: tuple[str, ...]
    record_type: str = ""
    sop_class: str = ""
    sop_instance: str = ""
    transfer_syntax: str = ""
    instance_number: int | None = None
    series_uid: str = ""
    series_number: int | None = None
    series_description: str = ""
    modality: str = ""
    study_uid: str = ""
    study_date: str = ""
    study_description: str = ""
    patient_name: str = ""
    patient_id: str = ""
    folder: str = ""

    @property
    def path(self) -> str:
        """The path as the directory spells it, for people; never for opening."""
        return "/".join((self.folder, *self.file_id) if self.folder else self.file_id)


@dataclass(frozen=True, slots=True)
class DicomDir:
    """What a disc's index lists; `notes` are plain sentences on what is wrong with the index."""

    files: tuple[IndexedFile, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outside:
    """The index names a place that is not on the disc."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The index names a file that is not on the disc."""


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file that the index lists and the disc does not hold, with what the index says of it.

    Many indexes describe no series; `series_uid` then leads to the description in the series' other files.
    """

    path: str
    series_description: str
    series_number: int | None
    instance_number: int | None
    sop_instance_uid: str
    series_uid: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that lies on a source, before any picture is read.

    listed: path on the source -> what the index says of that file.
    outside: the index's records that point off the disc, as the index spells them.
    unlisted_count: files that open as DICOM and that the index, where there is one, does not list.
    fingerprint: the same for the same disc, 64 hexadecimal digits.
    """

    entries: tuple[Entry, ...]
    refused: tuple[Refused, ...]
    index: DicomDir | None
    missing: tuple[MissingFile, ...]
    outside: tuple[str, ...]
    unlisted_count: int
    fingerprint: str
    index_paths: tuple[str, ...] = ()
    listed: Mapping[str, IndexedFile] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not self.entries and not self.refused

    @property
    def missing_sentence(self) -> str:
        """What the index promises and the disc lacks, in one sentence; "" where nothing is missing."""
        count = len(self.missing)
        if not count:
            return ""
        if count == 1:
            return "The disc's index lists 1 file that is not on the disc."
        return f"The disc's index lists {count} files that are not on the disc."

    @property
    def unlisted_sentence(self) -> str:
        """What the disc holds beyond its index, in one sentence; "" where there is nothing."""
        if not self.unlisted_count:
            return ""
        if self.unlisted_count == 1:
            return "1 image on the disc is not in its index; it was found all the same."
        return f"{self.unlisted_count} images on the disc are not in its index; they were found all the same."
