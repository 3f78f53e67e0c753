"""What every object made of notes takes over from the picture that they are on: whose it is, and of which study."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from undisc.dicom.wrapper import IMPLEMENTATION_CLASS_UID

AUTHOR = "Link holder"

# Of the patient and the study, as the picture has it: type 2 of the Patient and General Study modules (PS3.3 C.7.1.1,
# C.7.2.1), which have to be there even where they are empty, and what else people look for.
_TAKEN_OVER = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID")
_ALSO = ("AccessionNumber", "ReferringPhysicianName")
_WHERE_THERE = ("IssuerOfPatientID", "StudyDescription", "PatientAge")


@dataclass(frozen=True, slots=True)
class Moment:
    """When notes are kept: the same for all that is made of them."""

    at: datetime

    @property
    def date(self) -> str:
        return self.at.strftime("%Y%m%d")

    @property
    def time(self) -> str:
        return self.at.strftime("%H%M%S")


def new_uid() -> UID:
    return UID(f"2.25.{uuid.uuid4().int}")


def begin(picture: Dataset, sop_class: UID, series: UID, modality: str, moment: Moment) -> Dataset:
    """A new instance in a series of its own, of the study that the picture belongs to."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    for keyword in (*_TAKEN_OVER, *_ALSO):
        setattr(made, keyword, _text(picture, keyword))
    for keyword in _WHERE_THERE:
        if _text(picture, keyword):
            setattr(made, keyword, _text(picture, keyword))
    made.StudyInstanceUID = str(picture.StudyInstanceUID)
    made.SeriesInstanceUID = series
    made.SOPClassUID = sop_class
    made.SOPInstanceUID = new_uid()
    made.Modality = modality
    made.SeriesNumber = "9000"
    made.InstanceNumber = "1"
    made.Manufacturer = "Undisc"
    made.ManufacturerModelName = "Undisc"
    made.DeviceSerialNumber = "0"
    made.SoftwareVersions = "0"
    made.SeriesDate = made.InstanceCreationDate = moment.date
    made.SeriesTime = made.InstanceCreationTime = moment.time
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    return made


def reference(picture: Dataset, frames: set[int] | None = None) -> Dataset:
    """A reference to an image (PS3.3 10.3); frames, from 0, where it has several."""
    made = Dataset()
    made.ReferencedSOPClassUID = str(picture.SOPClassUID)
    made.ReferencedSOPInstanceUID = str(picture.SOPInstanceUID)
    if frames and is_multiframe(picture):
        made.ReferencedFrameNumber = [frame + 1 for frame in sorted(frames)]
    return made


def is_multiframe(picture: Dataset) -> bool:
    return int(picture.get("NumberOfFrames") or 1) > 1


def _text(picture: Dataset, keyword: str) -> str:
    """A value as text; damaged ones are left out, since they would only be copied."""
    try:
        value = picture.get(keyword)
    except (ValueError, TypeError, LookupError, UnicodeError):
        return ""
    return "" if value is None else str(value)
