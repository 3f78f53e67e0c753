"""Valid DICOM instances of invented patients."""

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from tests.factories.anatomy import Thorax, head_mr


@dataclass(frozen=True)
class Patient:
    """Somebody who does not exist."""

    name: str = "TESTPERSON^ADA"
    id: str = "TEST-0001"
    birth_date: str = "19700101"
    sex: str = "F"


ADA = Patient()
BERT = Patient("TESTPERSON^BERT", "TEST-0002", "19551224", "M")


@dataclass(frozen=True)
class Place:
    """Where an instance stands: the numbers of its study, series and slice, all from 1, and the series' length."""

    study: int = 1
    series: int = 1
    slice: int = 1
    slices: int = 1


def stable_uid(*parts: object) -> UID:
    """The same UID for the same parts, in every run."""
    return generate_uid(entropy_srcs=["undisc tests", *(str(part) for part in parts)])


def image(
    patient: Patient = ADA, place: Place | None = None, *, modality: str = "MR", rows: int = 64, columns: int = 64
) -> FileDataset:
    """One MR or CT slice, ready to be saved."""
    place = place or Place()
    is_ct = modality == "CT"
    sop_class = CTImageStorage if is_ct else MRImageStorage
    dataset = _dataset(patient, place, sop_class, modality)
    depth = place.slice / (place.slices + 1)
    if is_ct:
        pixels = Thorax(rows, columns, place.series).slice(depth) + 1024
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
        dataset.WindowCenter, dataset.WindowWidth = "40", "400"
        dataset.KVP = "120"
    else:
        pixels = head_mr(rows, columns, depth, place.series)
        dataset.WindowCenter, dataset.WindowWidth = "500", "1000"
        dataset.ScanningSequence, dataset.SequenceVariant = "SE", "SK"
        dataset.ScanOptions, dataset.MRAcquisitionType = "", "2D"
        dataset.EchoTime, dataset.EchoTrainLength, dataset.RepetitionTime = "90", "1", "4000"
    _set_pixels(dataset, pixels.astype(np.uint16), place)
    return dataset


def _dataset(patient: Patient, place: Place, sop_class: str, modality: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = stable_uid(patient.id, place.study, place.series, place.slice)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, Dataset(), file_meta=meta, preamble=b"\0" * 128)  # type: ignore[arg-type]
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = f"2026{place.study % 12 + 1:02d}15"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "101500"
    dataset.AccessionNumber = f"A{place.study:04d}"
    dataset.Modality = modality
    dataset.Manufacturer = "Undisc Test Works"
    dataset.InstitutionName = "Invented Imaging"
    dataset.ReferringPhysicianName = "TESTDOCTOR^CLARA"
    dataset.StudyDescription = f"{modality} study {place.study}"
    dataset.SeriesDescription = f"{modality} series {place.series}"
    dataset.PatientName, dataset.PatientID = patient.name, patient.id
    dataset.PatientBirthDate, dataset.PatientSex = patient.birth_date, patient.sex
    dataset.StudyInstanceUID = stable_uid(patient.id, place.study)
    dataset.SeriesInstanceUID = stable_uid(patient.id, place.study, place.series)
    dataset.FrameOfReferenceUID = stable_uid(patient.id, place.study, "frame of reference")
    dataset.StudyID = str(place.study)
    dataset.SeriesNumber, dataset.InstanceNumber = str(place.series), str(place.slice)
    dataset.PositionReferenceIndicator = ""
    dataset.AcquisitionNumber = "1"
    return dataset


def _set_pixels(dataset: Dataset, pixels: np.ndarray, place: Place) -> None:
    dataset.ImagePositionPatient = ["-120", "-120", f"{place.slice * 3.0 - 90:.1f}"]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.SliceLocation = f"{place.slice * 3.0 - 90:.1f}"
    dataset.SliceThickness = "3"
    dataset.PixelSpacing = [f"{240 / pixels.shape[0]:.4f}", f"{240 / pixels.shape[1]:.4f}"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    dataset.PixelData = pixels.astype("<u2").tobytes()
