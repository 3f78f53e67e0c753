"""The instances of the demonstration: MR images and an encapsulated report, with the attributes their senders give."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, EncapsulatedPDFStorage, ExplicitVRLittleEndian, MRImageStorage

from undisc.demo.acquisition import Prescription, Stack, Vector
from undisc.demo.case import INSTITUTION, PATIENT, STUDY_DESCRIPTION, Examination, age

# Every UID is derived from this one, so that the same day gives the same disc (PS3.5 B.2: UUIDs under 2.25).
_NAMESPACE = uuid.UUID("6b1f3c0e-5d0a-4a51-9c55-0e3f3f3a7d21")
_MANUFACTURER = "Undisc Demo"


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a scanner says about a series beyond its geometry; times in milliseconds."""

    number: int
    description: str
    scanning: str
    variant: str
    repetition_time: float
    echo_time: float
    echo_train: int
    window_centre: int
    window_width: int
    flip_angle: float = 90.0
    inversion_time: float | None = None
    options: list[str] = field(default_factory=list)


def derived_uid(*name: str) -> UID:
    """The UID that belongs to a name, always the same."""
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(name)).int}")


def study_uid(examination: Examination) -> UID:
    return derived_uid(examination.name, examination.dicom_day)


def images(examination: Examination, sequence: Sequence, prescription: Prescription, stack: Stack) -> Iterator[Dataset]:
    """One MR Image instance for each slice, in the order of the stack."""
    for index, (pixels, position) in enumerate(zip(stack.pixels, stack.positions, strict=True), start=1):
        ds = _instance(examination, MRImageStorage, sequence.number, index)
        _series(ds, examination, sequence.number, sequence.description, "MR")
        ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        ds.AcquisitionNumber = 1
        ds.AcquisitionDate, ds.AcquisitionTime = examination.dicom_day, _later(examination.time, sequence.number * 240)
        ds.ContentDate, ds.ContentTime = ds.AcquisitionDate, ds.AcquisitionTime
        ds.BodyPartExamined = "HEAD"
        ds.PatientPosition = "HFS"
        ds.FrameOfReferenceUID = derived_uid(examination.name, examination.dicom_day, "frame of reference")
        ds.PositionReferenceIndicator = ""
        _technique(ds, sequence, prescription)
        ds.ImagePositionPatient = [_decimal(value) for value in position]
        ds.ImageOrientationPatient = [_decimal(value) for value in (*stack.along_row, *stack.along_column)]
        ds.PixelSpacing = [_decimal(prescription.pixel)] * 2
        ds.SliceThickness = _decimal(prescription.thickness)
        ds.SpacingBetweenSlices = _decimal(prescription.spacing)
        ds.SliceLocation = _decimal(_along(stack.along_row, stack.along_column, position))
        ds.SamplesPerPixel = 1
        ds.PhotometricInterpretation = "MONOCHROME2"
        ds.Rows, ds.Columns = pixels.shape
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.SmallestImagePixelValue, ds.LargestImagePixelValue = int(pixels.min()), int(pixels.max())
        ds.WindowCenter, ds.WindowWidth = str(sequence.window_centre), str(sequence.window_width)
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
        ds.PixelData = pixels.astype("<u2").tobytes()
        ds["PixelData"].VR = "OW"
        yield ds


def report(examination: Examination, number: int, title: str, pdf: bytes) -> Dataset:
    """The report as an Encapsulated PDF instance (PS3.3 A.45.1), a series of its own."""
    ds = _instance(examination, EncapsulatedPDFStorage, number, 1)
    _series(ds, examination, number, title, "DOC")
    ds.ConversionType = "WSD"
    ds.SecondaryCaptureDeviceManufacturer = _MANUFACTURER
    ds.ContentDate, ds.ContentTime = examination.dicom_day, _later(examination.time, 5400)
    ds.AcquisitionDateTime = examination.dicom_day + examination.time
    ds.BurnedInAnnotation = "YES"
    ds.DocumentTitle = title
    concept = Dataset()
    concept.CodeValue = "18748-4"
    concept.CodingSchemeDesignator = "LN"
    concept.CodeMeaning = "Diagnostic Imaging Report"
    ds.ConceptNameCodeSequence = [concept]
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    # The value's length is even, the document's own length is told beside it (PS3.3 C.24.2).
    ds.EncapsulatedDocumentLength = len(pdf)
    ds.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return ds


def _instance(examination: Examination, sop_class: UID, series: int, number: int) -> Dataset:
    uid = derived_uid(examination.name, examination.dicom_day, str(series), str(number))
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = derived_uid("implementation")
    meta.ImplementationVersionName = "UNDISC_DEMO"
    ds = Dataset()
    ds.file_meta = meta
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = uid
    ds.InstanceCreationDate, ds.InstanceCreationTime = examination.dicom_day, examination.time
    ds.InstanceNumber = number
    return ds


def _series(ds: Dataset, examination: Examination, number: int, description: str, modality: str) -> None:
    ds.PatientName, ds.PatientID = PATIENT.name, PATIENT.patient_id
    ds.IssuerOfPatientID = INSTITUTION
    ds.PatientBirthDate, ds.PatientSex = PATIENT.birth_date, PATIENT.sex
    ds.PatientAge = age(PATIENT, examination.day)
    ds.PatientComments = "Demonstration, not a real patient"
    ds.StudyInstanceUID = study_uid(examination)
    ds.StudyDate, ds.StudyTime = examination.dicom_day, examination.time
    ds.StudyID, ds.AccessionNumber = examination.study_id, examination.accession
    ds.StudyDescription = STUDY_DESCRIPTION
    ds.ReferringPhysicianName = "SAMPLE^DOCTOR"
    ds.Modality = modality
    ds.SeriesInstanceUID = derived_uid(examination.name, examination.dicom_day, str(number))
    ds.SeriesNumber = number
    ds.SeriesDescription = description
    ds.SeriesDate, ds.SeriesTime = examination.dicom_day, _later(examination.time, number * 240)
    ds.InstitutionName = INSTITUTION
    ds.Manufacturer = _MANUFACTURER
    ds.ManufacturerModelName = "Modelled head 1"
    ds.DeviceSerialNumber = "0"
    ds.SoftwareVersions = "1"


def _technique(ds: Dataset, sequence: Sequence, prescription: Prescription) -> None:
    ds.ProtocolName = sequence.description
    ds.ScanningSequence = sequence.scanning.split("\\")
    ds.SequenceVariant = sequence.variant
    ds.ScanOptions = sequence.options or ""
    ds.MRAcquisitionType = "2D"
    ds.MagneticFieldStrength = "1.5"
    ds.ImagingFrequency = "63.87"
    ds.ImagedNucleus = "1H"
    ds.RepetitionTime = _decimal(sequence.repetition_time)
    ds.EchoTime = _decimal(sequence.echo_time)
    ds.EchoTrainLength = sequence.echo_train
    if sequence.inversion_time is not None:
        ds.InversionTime = _decimal(sequence.inversion_time)
    ds.FlipAngle = _decimal(sequence.flip_angle)
    ds.NumberOfAverages = "1"
    ds.ReceiveCoilName = "HEAD"
    ds.AcquisitionMatrix = [0, prescription.matrix, prescription.matrix, 0]
    ds.InPlanePhaseEncodingDirection = "ROW"


def _along(row: Vector, column: Vector, position: Vector) -> float:
    """How far a position lies along the slices' normal, in millimetres."""
    normal = (
        row[1] * column[2] - row[2] * column[1],
        row[2] * column[0] - row[0] * column[2],
        row[0] * column[1] - row[1] * column[0],
    )
    return sum(a * b for a, b in zip(normal, position, strict=True))


def _decimal(value: float) -> str:
    """A decimal string, at most 16 characters (PS3.5 6.2); six places are a nanometre."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _later(time: str, seconds: int) -> str:
    total = int(time[:2]) * 3600 + int(time[2:4]) * 60 + int(time[4:6]) + seconds
    return f"{total // 3600 % 24:02d}{total // 60 % 60:02d}{total % 60:02d}"
