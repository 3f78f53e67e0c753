"""On every real file that pydicom reads, a scan says the same: JSON model, attributes, and where the frames lie."""

import mmap
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom.encaps import generate_fragmented_frames
from pydicom.pixels.utils import get_expected_length
from tests.shared_data import SHARED, needs_shared, shared_files
from tests.unit.dicom.pydicom_reference import compare, quiet_pydicom, read, reference_model

from undisc.dicom.model import Malformed, NotDicom, Scanned, Unreadable
from undisc.dicom.scan import HeaderScanner

NOT_COMPARED = {
    "no_preamble_dicm_in_data": "pydicom takes a stray DICM for the prefix and reads half the data set",
    "rtplan_truncated.dcm": "pydicom takes the part of the last value that is there for the whole",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "pydicom gives up on the whole data set",
}

BUNDLED = sorted(file for file in (Path(pydicom.__file__).parent / "data").rglob("*") if file.is_file())


def _compared(files: list[Path], scanner: HeaderScanner) -> tuple[int, list[str]]:
    """How many files were compared, and every difference."""
    count, found = 0, []
    with quiet_pydicom():
        for file in files:
            data = file.read_bytes()
            scanned = scanner.scan(data)
            if not isinstance(scanned, Scanned) or file.name in NOT_COMPARED:
                continue
            dataset = read(data)
            if scanned.inflated:
                data = zlib.decompress(data[scanned.dataset_start :], -zlib.MAX_WBITS)
            count += 1
            found += [f"{file.name}: {difference}" for difference in compare(scanned, dataset, data)]
    return count, found


def test_scan_of_bundled_files_equals_pydicom() -> None:
    scanner = HeaderScanner()
    count, found = _compared(BUNDLED, scanner)
    assert found == []
    assert count >= 60
    assert scanner.handed_over <= count // 50


@needs_shared
def test_scan_of_every_shared_file_equals_pydicom() -> None:
    scanner = HeaderScanner()
    count, found = _compared(shared_files(), scanner)
    assert found == []
    assert count > 950
    assert scanner.handed_over <= count // 100, "hand-overs to pydicom are to stay rare"


@needs_shared
def test_what_pydicom_reads_is_scanned_unless_its_content_cannot_be_trusted() -> None:
    """Nothing that pydicom can turn to JSON is left out, but for the three files known to lie about themselves."""
    refused: dict[str, str] = {}
    with quiet_pydicom():
        for file in shared_files():
            data = file.read_bytes()
            result = HeaderScanner().scan(data)
            if not isinstance(result, Scanned) and _is_read_by_pydicom(data):
                refused[file.name] = type(result).__name__
    assert refused == {"Tag-0040-A170-VR-CS.dcm": "Malformed"}


def _is_read_by_pydicom(data: bytes) -> bool:
    try:
        return "SOPClassUID" in (dataset := read(data)) and bool(reference_model(dataset))
    except Exception:
        return False


@needs_shared
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("pydicom__pydicom/test_files/no_meta.dcm", Unreadable),
        ("pydicom__pydicom/test_files/zipMR.gz", Unreadable),
        ("pydicom__pydicom/test_files/badVR.dcm", Malformed),
        ("dcm4che__dcm4che/Tag-0040-A170-VR-CS.dcm", Malformed),
        ("mapconcierge__taichi2018Jan_mri05tesla_wakasa/AUTORUN.INF", NotDicom),
        ("pydicom__pydicom/test_files/rtstruct.dcm", Scanned),
        ("pydicom__pydicom-data/OT-PAL-8-face.dcm", Scanned),
        ("pydicom__pydicom/test_files/ExplVR_BigEndNoMeta.dcm", Scanned),
        ("pydicom__pydicom/test_files/ExplVR_LitEndNoMeta.dcm", Scanned),
        ("dcm4che__dcm4che/no_preamble_dicm_in_data", Scanned),
    ],
)
def test_shared_file_has_the_outcome_a_correct_tool_gives(name: str, outcome: type) -> None:
    assert SHARED is not None
    assert isinstance(HeaderScanner().scan((SHARED / name).read_bytes()), outcome)


@needs_shared
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "pydicom__pydicom/test_files/MR_truncated.dcm",
            "The file is cut short: 62 of 8192 bytes of the picture are missing.",
        ),
        (
            "dcm4che__dcm4che/3gb-bulk-data-truncated",
            "The file is cut short: 3221127392 of 3221225472 bytes of the picture are missing.",
        ),
        (
            "pydicom__pydicom/test_files/rtplan_truncated.dcm",
            "The file is cut short: 265 of 976 bytes of BeamSequence are missing.",
        ),
        (
            "pydicom__pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm",
            "The file is cut short: its pictures end early.",
        ),
    ],
)
def test_truncated_file_is_kept_and_its_damage_named(name: str, sentence: str) -> None:
    assert SHARED is not None
    scanned = HeaderScanner().scan((SHARED / name).read_bytes())
    assert isinstance(scanned, Scanned)
    assert scanned.damage == (sentence,)
    assert scanned.first("SOPClassUID") is not None


@needs_shared
def test_file_directory_says_what_it_is_by_its_media_storage_class() -> None:
    assert SHARED is not None
    scanned = HeaderScanner().scan((SHARED / "pydicom__pydicom/test_files/dicomdirtests/DICOMDIR").read_bytes())
    assert isinstance(scanned, Scanned)
    assert scanned.first("MediaStorageSOPClassUID") == "1.2.840.10008.1.3.10"
    assert scanned.first("SOPInstanceUID") is None


def _frames(scanned: Scanned, data: bytes) -> list[tuple[bytes, ...]]:
    assert scanned.pixels is not None
    return [tuple(data[e.offset : e.offset + e.length] for e in frame) for frame in scanned.pixels.frames]


@pytest.mark.parametrize("files", [BUNDLED, shared_files()], ids=["bundled", "shared"])
def test_frames_lie_where_pydicom_finds_them(files: list[Path]) -> None:
    compared = 0
    with quiet_pydicom():
        for file in files:
            data = file.read_bytes()
            scanned = HeaderScanner().scan(data)
            if not isinstance(scanned, Scanned) or scanned.pixels is None or scanned.damage:
                continue
            dataset = read(data)
            if scanned.inflated:
                data = zlib.decompress(data[scanned.dataset_start :], -zlib.MAX_WBITS)
            value = scanned.pixels.value
            keyword = scanned.pixels.keyword
            assert data[value.offset : value.offset + value.length] == dataset[keyword].value, file.name
            count = int(dataset.get("NumberOfFrames", 1) or 1)
            if scanned.pixels.encapsulated:
                offsets = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
                expected = list(
                    generate_fragmented_frames(
                        dataset[keyword].value,
                        number_of_frames=count,
                        extended_offsets=(offsets[0], offsets[1]) if offsets[0] and offsets[1] else None,
                    )
                )
                assert _frames(scanned, data) == expected, file.name
            elif (
                keyword == "PixelData"
                and "Rows" in dataset
                and (length := get_expected_length(dataset))
                and length % count == 0
            ):
                size = length // count
                joined = [b"".join(frame) for frame in _frames(scanned, data)]
                if len(joined) == count:
                    raw = dataset.PixelData
                    assert joined == [raw[n * size : (n + 1) * size] for n in range(count)], file.name
            compared += 1
    assert compared > (50 if files is BUNDLED else 700) or not files


@needs_shared
def test_memory_mapped_file_scans_as_its_bytes_do(tmp_path: Path) -> None:
    assert SHARED is not None
    for name in ("dcm4che__dcm4che/will-jxl.dcm", "pydicom__pydicom/test_files/CT_small.dcm"):
        with (SHARED / name).open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert HeaderScanner().scan(mapped) == HeaderScanner().scan((SHARED / name).read_bytes())
