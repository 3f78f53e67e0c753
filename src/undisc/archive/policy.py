"""Whether an instance may be kept, decided from plain values."""

import unicodedata
from datetime import datetime, timedelta

from undisc.archive.model import Known, Names, StudyPatient
from undisc.dicom.model import Scanned
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID, is_usable_uid

_DIRECTORY = "1.2.840.10008.1.3.10"
# Structured reports and encapsulated documents (PS3.4 B.5).
REPORTS = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.104.")


def name_instance(scanned: Scanned) -> Names | str:
    """The instance's UIDs, or the sentence that says why it cannot be filed."""
    found: dict[str, str] = {}
    for keyword, what in (
        ("SOPInstanceUID", "picture"),
        ("StudyInstanceUID", "scan"),
        ("SeriesInstanceUID", "series"),
    ):
        uid = scanned.text(keyword)
        if not uid:
            return f"It carries no identifier for its {what} ({keyword})."
        if not is_usable_uid(uid):
            return f"The identifier of its {what} ({keyword}) is not a valid UID."
        found[keyword] = uid
    return Names(
        StudyUID(found["StudyInstanceUID"]),
        SeriesUID(found["SeriesInstanceUID"]),
        SOPInstanceUID(found["SOPInstanceUID"]),
    )


def is_directory(scanned: Scanned) -> bool:
    """Whether this is a disc's index (Media Storage Directory, PS3.10 8.6) and no instance."""
    return scanned.text("MediaStorageSOPClassUID") == _DIRECTORY or scanned.text("SOPClassUID") == _DIRECTORY


def is_report(scanned: Scanned) -> bool:
    """Whether this tells of pictures and is none: a structured report, or a document in an envelope."""
    return scanned.text("SOPClassUID").startswith(REPORTS)


def same_instance(known: Known, dataset_sha256: str, transfer_syntax: str) -> bool:
    """Whether what came is what is here: the same data set in the same encoding. The wrapper does not count."""
    return known.dataset_sha256 == dataset_sha256 and known.transfer_syntax == transfer_syntax


def same_patient(here: StudyPatient, patient_id: str, patient_name: str) -> bool:
    """Whether one study may hold both patients' keys.

    Senders respell names and reformat numbers inside one study, so that only a difference in both, with both given,
    counts as another person.
    """
    ids_differ = bool(here.patient_id and patient_id) and _plain(here.patient_id) != _plain(patient_id)
    names_differ = bool(here.patient_name and patient_name) and _plain(here.patient_name) != _plain(patient_name)
    return not (ids_differ and names_differ)


def purge_at(rejected_at: datetime, days: int) -> datetime:
    """From when on what was rejected may be deleted for good."""
    return rejected_at + timedelta(days=days)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.split("=")[0]).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
