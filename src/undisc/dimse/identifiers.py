"""The identifiers of queries and retrievals (PS3.4 C.4): which level, and which keys it needs."""

from dataclasses import dataclass
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pynetdicom.dsutils import decode
from pynetdicom.presentation import PresentationContext

from undisc.dicom.uid import is_usable_uid
from undisc.dimse import statuses

LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
UNIQUE_KEYS = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a retrieval asks for; an empty key does not narrow."""

    patient_id: str = ""
    study_uids: tuple[str, ...] = ()
    series_uids: tuple[str, ...] = ()
    sop_uids: tuple[str, ...] = ()


def decoded(identifier: BytesIO | None, context: PresentationContext) -> Dataset | None:
    """The identifier as a data set; None where it cannot be read."""
    if identifier is None:
        return None
    syntax = context.transfer_syntax[0]
    try:
        dataset = decode(identifier, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
        dataset.decode()
        for element in dataset:
            _ = element.value
    except Exception:
        return None
    return dataset


def level_of(identifier: Dataset, *, patient_root: bool) -> str | Refused:
    level = str(identifier.get("QueryRetrieveLevel", "") or "").strip().upper()
    if level not in LEVELS or (level == "PATIENT" and not patient_root):
        return Refused(statuses.DOES_NOT_MATCH_CLASS, "The query level is not one of this information model.")
    return level


def wanted_by(identifier: Dataset, *, patient_root: bool) -> Wanted | Refused:
    """What to retrieve: the level's unique key must be there; the keys above it narrow (PS3.4 C.4.2.1.4)."""
    level = level_of(identifier, patient_root=patient_root)
    if isinstance(level, Refused):
        return level
    patient = texts(identifier, "PatientID")
    found = {name: texts(identifier, UNIQUE_KEYS[name]) for name in LEVELS[1:]}
    for name in LEVELS[LEVELS.index(level) + 1 :]:
        found.pop(name, None)
    own = patient if level == "PATIENT" else found[level]
    if not own:
        return Refused(statuses.DOES_NOT_MATCH_CLASS, f"{UNIQUE_KEYS[level]} must be given.")
    if len(patient) > 1 or any("*" in each or "?" in each for each in patient):
        return Refused(statuses.DOES_NOT_MATCH_CLASS, "One PatientID must be given, without wildcards.")
    if any(not is_usable_uid(uid) for uids in found.values() for uid in uids):
        return Refused(statuses.CANNOT_UNDERSTAND, "A key is not a valid UID.")
    return Wanted(
        patient[0] if patient else "",
        *(tuple(found.get(name, ())) for name in LEVELS[1:]),
    )


def texts(identifier: Dataset, keyword: str) -> list[str]:
    """The values of a key as text, without the empty ones."""
    value = identifier.get(keyword)
    values = value if isinstance(value, (list, MultiValue)) else [value]
    return [str(each).strip() for each in values if each is not None and str(each).strip()]
