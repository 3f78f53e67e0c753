"""How fast headers are read: undisc.dicom.scan beside pydicom (dcmread + to_json_dict), headers a second on one core.

Run: python benchmarks/bench_scan.py [--quick]
"""

import argparse
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID
from tests.shared_data import SHARED

from undisc.dicom.model import Scanned
from undisc.dicom.scan import HeaderScanner

_LEAST_IN_A_SERIES = 20


def generated_series(name: str, slices: int) -> list[bytes]:
    """A series of about 150 elements a header, private ones and sequences among them; per-slice elements vary."""
    template = dcmread(str(get_testdata_file(name, download=False)))
    template.ReferencedStudySequence = Sequence([_reference("1.2.840.10008.3.1.2.3.1", "1.2.3.4.5")])
    template.RequestAttributesSequence = Sequence([_request()])
    template.ProcedureCodeSequence = Sequence([_code("24627-2", "LN", "CT Chest")])
    block = template.private_block(0x0029, "UNDISC BENCHMARK", create=True)
    for element in range(40):
        block.add_new(element, "LO", f"private value {element}")
    for element in range(40, 60):
        block.add_new(element, "DS", str(element / 8))
    for keyword, value in _ORDINARY.items():
        if keyword not in template:
            setattr(template, keyword, value)
    series: list[bytes] = []
    for number in range(slices):
        template.InstanceNumber = number + 1
        template.SOPInstanceUID = UID(f"1.2.826.0.1.3680043.8.498.{number + 1}")
        template.file_meta.MediaStorageSOPInstanceUID = template.SOPInstanceUID
        template.ImagePositionPatient = [-125.0, -125.0, round(-300 + number * 0.625, 3)]
        template.SliceLocation = round(-300 + number * 0.625, 3)
        template.ContentTime = f"{101500 + number // 60:06d}.{number % 60:02d}0000"
        template.AcquisitionTime = template.ContentTime
        template.WindowCenter, template.WindowWidth = 40 + number % 7, 400
        template.add_new("SmallestImagePixelValue", "SS", -100)
        template.add_new("LargestImagePixelValue", "SS", 1000 + number % 997)
        template.XRayTubeCurrent = 200 + number % 150
        written = BytesIO()
        template.save_as(written)
        series.append(written.getvalue())
    return series


_ORDINARY: dict[str, object] = {
    "InstitutionName": "General Hospital",
    "InstitutionAddress": "1 Long Street",
    "InstitutionalDepartmentName": "Radiology",
    "PerformingPhysicianName": "Roe^Richard",
    "OperatorsName": "Poe^Paula",
    "BodyPartExamined": "CHEST",
    "ProtocolName": "Routine chest",
    "SoftwareVersions": "VA48A",
    "DeviceSerialNumber": "12345",
    "DistanceSourceToDetector": "1085.6",
    "DistanceSourceToPatient": "595",
    "GantryDetectorTilt": "0",
    "TableHeight": "150",
    "RotationDirection": "CW",
    "ExposureTime": "500",
    "FilterType": "WEDGE_2",
    "GeneratorPower": "60",
    "FocalSpots": "1.2",
    "ConvolutionKernel": "I31f",
    "PatientPosition": "HFS",
    "AcquisitionDateTime": "20261101101500",
    "RescaleType": "HU",
    "WindowCenterWidthExplanation": ["WINDOW1", "WINDOW2"],
    "PerformedProcedureStepID": "P1",
    "PerformedProcedureStepDescription": "CT chest",
    "CommentsOnThePerformedProcedureStep": "none",
}


def _reference(sop_class: str, instance: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = UID(sop_class), UID(instance)
    return item


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _request() -> Dataset:
    item = Dataset()
    item.RequestedProcedureDescription = "CT chest"
    item.ScheduledProcedureStepID = "S1"
    item.RequestedProcedureID = "R1"
    item.RequestedProcedureCodeSequence = Sequence([_code("24627-2", "LN", "CT Chest")])
    return item


def shared_series() -> Iterable[tuple[str, list[bytes]]]:
    """Folders of the real data with enough files to be a series."""
    if SHARED is None:
        return
    for folder in sorted({file.parent for file in SHARED.rglob("*") if file.is_file()}):
        files = [file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()]
        files = [data for data in files if _pydicom_reads(data)]
        if len(files) >= _LEAST_IN_A_SERIES:
            yield str(folder.relative_to(SHARED).parts[0]) + "/…/" + folder.name[:24], files


def _pydicom_reads(data: bytes) -> bool:
    try:
        _reference_read([data])
    except Exception:
        return False
    return True


def _seconds(work: Callable[[], object], times: int) -> float:
    taken: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _reference_read(files: list[bytes]) -> None:
    for data in files:
        dcmread(BytesIO(data), stop_before_pixels=True).to_json_dict()


def _scan_all(files: list[bytes]) -> None:
    scanner = HeaderScanner()
    for data in files:
        scanner.scan(data)


def _scan_each_cold(files: list[bytes]) -> None:
    for data in files:
        HeaderScanner().scan(data)


def measure(name: str, files: list[bytes], times: int) -> float:
    """Print one line; returns how many times as fast as pydicom a series is read, its first files included."""
    scanner = HeaderScanner()
    found = [scanner.scan(data) for data in files]
    elements = [len(dcmread(BytesIO(data), stop_before_pixels=True)) for data in files[:5]]
    reference = _seconds(lambda: _reference_read(files), times)
    series = _seconds(lambda: _scan_all(files), times)
    cold = _seconds(lambda: _scan_each_cold(files[: len(files) // 4 + 1]), times) / (len(files) // 4 + 1) * len(files)
    count = len(files)
    scanned = sum(isinstance(result, Scanned) for result in found)
    print(
        f"{name:<46} {count:>5} files {max(elements):>4} elements  pydicom {count / reference:>7.0f}/s"
        f"  scan {count / series:>8.0f}/s  ratio {reference / series:>5.1f}"
        f"  | every file cold {count / cold:>7.0f}/s ratio {reference / cold:>4.1f}"
        f"  ({scanned} scanned, {scanner.handed_over} by pydicom)"
    )
    return reference / series


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="one iteration, 200 slices")
    quick: bool = arguments.parse_args().quick
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").disabled = True
    times, slices = (1, 200) if quick else (3, 1000)
    ratios = [
        measure(f"generated from {name}", generated_series(name, slices), times)
        for name in ("CT_small.dcm", "MR_small.dcm")
    ]
    ratios += [measure(name, files, times) for name, files in shared_series()]
    print(f"least ratio {min(ratios):.1f}, median {statistics.median(ratios):.1f}")


if __name__ == "__main__":
    main()
