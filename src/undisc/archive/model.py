"""What the archive keeps, as plain values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from undisc.dicom.model import Scanned
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID


@dataclass(frozen=True, slots=True)
class Names:
    """The three UIDs that say where an instance belongs."""

    study: StudyUID
    series: SeriesUID
    instance: SOPInstanceUID


@dataclass(frozen=True, slots=True)
class Staged:
    """An instance whose bytes are written and hashed, but not yet kept."""

    names: Names
    scanned: Scanned
    file: Path
    size: int
    dataset_start: int
    wrapper_sha256: str
    dataset_sha256: str


@dataclass(frozen=True, slots=True)
class StagedAside:
    """A file to be kept apart, as it came."""

    file: Path
    size: int
    sha256: str
    reason: str
    sop_uid: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    instance_id: int
    series_id: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same data set is here already, under the same UID."""

    instance_id: int
    series_id: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """Kept in quarantine, with the reason as a plain sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not kept, not even apart, with the reason as a plain sentence."""

    reason: str


Outcome = Kept | Duplicate | SetAside | Refused


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows about an instance that arrives a second time. series_id: None where it was rejected."""

    instance_id: int
    series_id: int | None
    dataset_sha256: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class StudyPatient:
    patient_id: str
    patient_name: str


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study, as lists show it."""

    id: int
    study_uid: StudyUID
    patient_name: str
    patient_id: str
    study_date: str
    description: str
    modalities: tuple[str, ...]
    series: int
    instances: int


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series, as lists show it."""

    id: int
    study_id: int
    study_uid: StudyUID
    series_uid: SeriesUID
    modality: str
    number: int | None
    description: str
    derived_from: int
    edition: int
    instances: int
    frames: int
    size: int
    hanging: str


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance and the UIDs that lead to its files."""

    id: int
    series_id: int
    study_id: int
    names: Names
    sop_class: str
    transfer_syntax: str
    number: int | None
    rows: int | None
    columns: int | None
    frames: int
    size: int
    dataset_start: int
    wrapper_sha256: str
    dataset_sha256: str
    damage: str
    derived: str
    derive_note: str
    correction: str | None = None
    """For which state of corrections the copy was made that leaves; size and digest are the copy's then."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What was put right in a study. values and before: keyword -> text; before is what the study's row said."""

    id: int
    study_id: int
    values: Mapping[str, str]
    before: Mapping[str, str]
    reason: str
    made_by: str
    made_at: datetime
    undone_by: str = ""
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """A file on its way out, corrected where its study was. name: a path that tells nothing of the patient."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class WireFrame:
    """One frame as it travels. kind: "htj2k" or "raw" (gzip of little-endian samples)."""

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was hidden by one act. purging: it is decided that this goes for good. instances: how many are left."""

    id: int
    study_uid: StudyUID
    rejected_at: datetime
    rejected_by: str
    reason: str
    purging: bool
    instances: int


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted for good."""

    instances: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """An original that no longer is what was stored."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    instances: int
    bytes: int
    damaged: tuple[Damaged, ...]
