"""A long CT series with the headers and the noise of a real one, for measuring; made in seconds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from tests.factories.anatomy import Thorax
from tests.factories.instances import ADA, Patient, Place, image, stable_uid

_SPACING = 0.625
# What scanners fill in beyond what an image needs: keyword, value.
_SCANNER: tuple[tuple[str, object], ...] = (
    ("AcquisitionDate", "20260115"),
    ("InstanceCreationDate", "20260115"),
    ("InstitutionAddress", "1 Invented Street, Nowhere"),
    ("StationName", "CTTEST01"),
    ("InstitutionalDepartmentName", "Radiology"),
    ("PhysiciansOfRecord", "TESTDOCTOR^CLARA"),
    ("PerformingPhysicianName", "TESTDOCTOR^CLARA"),
    ("OperatorsName", "TESTTECH^TOM"),
    ("ManufacturerModelName", "Invented CT 64"),
    ("PatientAge", "056Y"),
    ("PatientSize", 1.68),
    ("PatientWeight", 64.0),
    ("EthnicGroup", ""),
    ("PregnancyStatus", 4),
    ("AdditionalPatientHistory", ""),
    ("ContrastBolusAgent", "NONE"),
    ("BodyPartExamined", "CHEST"),
    ("ScanOptions", "HELICAL MODE"),
    ("DataCollectionDiameter", 500.0),
    ("DeviceSerialNumber", "000001"),
    ("SoftwareVersions", ["TEST 1.0", "RECON 2.3"]),
    ("ProtocolName", "6.1 CHEST ROUTINE"),
    ("ReconstructionDiameter", 400.0),
    ("DistanceSourceToDetector", 949.075),
    ("DistanceSourceToPatient", 541.0),
    ("GantryDetectorTilt", 0.0),
    ("TableHeight", 142.5),
    ("RotationDirection", "CW"),
    ("ExposureTime", 500),
    ("XRayTubeCurrent", 320),
    ("Exposure", 160),
    ("FilterType", "BODY FILTER"),
    ("GeneratorPower", 38400),
    ("FocalSpots", 1.2),
    ("ConvolutionKernel", "STANDARD"),
    ("PatientPosition", "FFS"),
    ("RevolutionTime", 0.5),
    ("SingleCollimationWidth", 0.625),
    ("TotalCollimationWidth", 40.0),
    ("TableSpeed", 78.75),
    ("TableFeedPerRotation", 39.375),
    ("SpiralPitchFactor", 0.984375),
    ("ExposureModulationType", "XYZ_EC"),
    ("EstimatedDoseSaving", 30.0),
    ("CTDIvol", 7.43),
    ("TemporalPositionIdentifier", 1),
    ("NumberOfTemporalPositions", 1),
    ("ImagesInAcquisition", 1000),
    ("ImageComments", ""),
    ("BurnedInAnnotation", "NO"),
    ("LossyImageCompression", "00"),
    ("PixelPaddingValue", 0),
    ("SmallestImagePixelValue", 0),
    ("LargestImagePixelValue", 4095),
    ("WindowCenterWidthExplanation", "SOFT"),
    ("PerformedStationAETitle", "CTTEST01"),
    ("PerformedProcedureStepStartDate", "20260115"),
    ("PerformedProcedureStepStartTime", "101000"),
    ("PerformedProcedureStepID", "PPS1"),
    ("PerformedProcedureStepDescription", "CT CHEST"),
    ("RequestedProcedureDescription", "CT CHEST"),
    ("RequestingPhysician", "TESTDOCTOR^CLARA"),
    ("RequestingService", "PULMONOLOGY"),
    ("FillerOrderNumberImagingServiceRequest", "F0001"),
    ("PlacerOrderNumberImagingServiceRequest", "P0001"),
    ("CommentsOnThePerformedProcedureStep", ""),
)


def write_ct_series(
    folder: Path,
    slices: int = 1000,
    rows: int = 512,
    columns: int = 512,
    seed: int = 1,
    patient: Patient = ADA,
) -> list[Path]:
    """Write a series, one file a slice, named IM000001 and on; gives the paths. 1,000 slices are about 527 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for number, dataset in enumerate(ct_series(slices, rows, columns, seed, patient), 1):
        path = folder / f"IM{number:06d}"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def ct_series(
    slices: int, rows: int = 512, columns: int = 512, seed: int = 1, patient: Patient = ADA
) -> Iterator[FileDataset]:
    """The slices one by one; the same object each time, changed: save it before asking for the next."""
    thorax = Thorax(rows, columns, seed)
    dataset = _header(patient, seed, rows, columns)
    for number in range(1, slices + 1):
        uid = stable_uid("ct series", seed, number)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = uid
        dataset.InstanceNumber = number
        height = round(_SPACING * (number - slices / 2), 4)
        dataset.ImagePositionPatient = [-200.0, -200.0, height]
        dataset.SliceLocation = height
        seconds = number * 0.05
        dataset.AcquisitionTime = dataset.ContentTime = f"10{15 + int(seconds // 60):02d}{seconds % 60:09.6f}"
        dataset.InstanceCreationTime = dataset.ContentTime
        dataset.XRayTubeCurrent = 320 + int(40 * np.sin(number / 30))
        dataset[0x00271041].value = f"{height:.4f}"
        pixels = thorax.slice(number / (slices + 1)) + 1024
        dataset.PixelData = pixels.astype("<u2").tobytes()
        yield dataset


def _header(patient: Patient, seed: int, rows: int, columns: int) -> FileDataset:
    dataset = image(patient, Place(study=seed, series=seed), modality="CT", rows=rows, columns=columns)
    for keyword, value in _SCANNER:
        setattr(dataset, keyword, value)
    dataset.StudyDescription, dataset.SeriesDescription = "CT CHEST", "AXIAL 0.625 STANDARD"
    dataset.SliceThickness, dataset.SpacingBetweenSlices = _SPACING, _SPACING
    dataset.PixelSpacing = [400 / rows, 400 / columns]
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.StudyInstanceUID = stable_uid("ct series", seed, "study")
    dataset.SeriesInstanceUID = stable_uid("ct series", seed, "series")
    dataset.ReferencedStudySequence = Sequence([_reference("1.2.840.10008.3.1.2.3.1", seed)])
    dataset.ProcedureCodeSequence = Sequence([_code("CTCHEST", "99TEST", "CT of the chest")])
    dataset.AnatomicRegionSequence = Sequence([_code("51185008", "SCT", "Chest")])
    request = Dataset()
    request.RequestedProcedureDescription = "CT CHEST"
    request.ScheduledProcedureStepID = "SPS1"
    request.RequestedProcedureID = "RP1"
    request.ScheduledProtocolCodeSequence = Sequence([_code("CHEST", "99TEST", "Chest routine")])
    dataset.RequestAttributesSequence = Sequence([request])
    _add_private(dataset)
    return dataset


def _reference(sop_class: str, seed: int) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    item.ReferencedSOPInstanceUID = stable_uid("ct series", seed, "reference")
    return item


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _add_private(dataset: Dataset) -> None:
    block = dataset.private_block(0x0027, "UNDISC TEST 01", create=True)
    block.add_new(0x41, "LO", "0")
    for element, vr, value in (
        (0x10, "SS", 42),
        (0x20, "SL", -7),
        (0x30, "DS", "0.984375"),
        (0x35, "SS", 1),
        (0x50, "SH", "HELICAL"),
        (0x51, "OB", bytes(range(64))),
        (0x54, "FL", 1.5),
    ):
        block.add_new(element, vr, value)
    calibration = dataset.private_block(0x0043, "UNDISC TEST 02", create=True)
    for element in range(0x10, 0x1C):
        calibration.add_new(element, "DS", [f"{element / 7:.6f}", "1", "0"])
    calibration.add_new(0x60, "OB", bytes(200))
