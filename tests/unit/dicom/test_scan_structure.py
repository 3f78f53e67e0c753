"""What a scan says beyond single elements: frames of enhanced objects, documents, big files, and odd encodings."""

import json
import struct
from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from tests.shared_data import needs_shared, shared_files
from tests.unit.dicom.generated_datasets import SYNTAXES, element, file_of, written
from tests.unit.dicom.pydicom_reference import quiet_pydicom, read

from undisc.dicom.model import Extent, Scanned
from undisc.dicom.scan import HeaderScanner, scan
from undisc.dicom.scan.wanted import PER_FRAME

_UID = element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.7\0")


def _scanned(data: bytes | memoryview) -> Scanned:
    result = HeaderScanner().scan(data)
    assert isinstance(result, Scanned)
    return result


def _groups_by_pydicom(dataset: Dataset) -> list[dict[str, tuple[Any, ...]]]:
    """The wanted values of each frame, the frame's own before the shared ones."""
    result: list[dict[str, tuple[Any, ...]]] = []
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    for frame in dataset.get("PerFrameFunctionalGroupsSequence") or []:
        values: dict[str, tuple[Any, ...]] = {}
        for group in (shared[0], frame):
            for sequence in group:
                if sequence.VR == "SQ" and sequence.value:
                    for item in sequence.value[0]:
                        if item.keyword in PER_FRAME:
                            many = item.value if item.VM > 1 else [item.value] if item.VM else []
                            values[item.keyword] = tuple(many)
        result.append(values)
    return result


@needs_shared
def test_frames_of_enhanced_objects_have_the_values_of_their_groups() -> None:
    compared = 0
    with quiet_pydicom():
        for file in shared_files():
            data = file.read_bytes()
            scanned = HeaderScanner().scan(data)
            if not isinstance(scanned, Scanned) or not scanned.per_frame or scanned.damage:
                continue
            expected = _groups_by_pydicom(read(data))
            if expected:
                assert [dict(frame) for frame in scanned.per_frame] == expected, file.name
                compared += 1
    assert compared > 10


def _enhanced(syntax: str) -> bytes:
    def item(**values: object) -> Dataset:
        made = Dataset()
        for keyword, value in values.items():
            setattr(made, keyword, value)
        return made

    dataset = item(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1",
        NumberOfFrames=3,
        Rows=2,
        Columns=2,
        BitsAllocated=8,
        SamplesPerPixel=1,
        SharedFunctionalGroupsSequence=[
            item(PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.25], SliceThickness=2)]),
        ],
        PerFrameFunctionalGroupsSequence=[
            item(
                PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])],
                FrameContentSequence=[item(StackID="1", InStackPositionNumber=z + 1, DimensionIndexValues=[1, z + 1])],
            )
            for z in range(3)
        ],
    )
    dataset.add_new(0x7FE00010, "OW", bytes(range(12)))
    return written(dataset, syntax)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_shared_and_frame_groups_are_merged_for_each_frame(syntax: str) -> None:
    scanned = _scanned(_enhanced(syntax))
    assert [frame["ImagePositionPatient"] for frame in scanned.per_frame] == [(0, 0, 0), (0, 0, 1), (0, 0, 2)]
    assert {frame["PixelSpacing"] for frame in scanned.per_frame} == {(0.5, 0.25)}
    assert scanned.per_frame[2]["DimensionIndexValues"] == (1, 3)
    assert scanned.attributes["SliceThickness"] == (2,)
    assert scanned.attributes["ImagePositionPatient"] == (0, 0, 0)
    assert scanned.pixels is not None
    assert [frame[0].length for frame in scanned.pixels.frames] == [4, 4, 4]


def test_series_of_enhanced_objects_keeps_each_ones_own_groups() -> None:
    scanner = HeaderScanner()
    first, second = dcmread(BytesIO(_enhanced(SYNTAXES[1]))), dcmread(BytesIO(_enhanced(SYNTAXES[1])))
    for dataset in (first, second):
        dataset.SeriesInstanceUID = "1.2.3"
    second.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient = [9, 9, 9]
    for dataset in (first, second, first, second):
        scanned = scanner.scan(written(dataset, SYNTAXES[1]))
        assert isinstance(scanned, Scanned)
        expected = [9, 9, 9] if dataset is second else [0, 0, 1]
        assert list(scanned.per_frame[1]["ImagePositionPatient"]) == expected


def test_encapsulated_document_is_found_by_its_place() -> None:
    pdf = b"%PDF-1.4 a small document "
    data = file_of(_UID, element(0x00420010, "ST", b"Report"), element(0x00420011, "OB", pdf))
    scanned = _scanned(data)
    assert scanned.document is not None
    assert data[scanned.document.offset :][: scanned.document.length] == pdf
    assert scanned.first("DocumentTitle") == "Report"


@pytest.mark.parametrize("extended", [False, True])
def test_offset_tables_part_the_frames(extended: bool) -> None:
    frames = [b"\xff\xd8one.", b"\xff\xd8two two.", b"\xff\xd8three three three."]
    picture: list[bytes] = [element(0x00280008, "IS", b"3 ")]
    if extended:
        value, offsets, lengths = encapsulate_extended(frames)
        picture += [element(0x7FE00001, "OV", offsets), element(0x7FE00002, "OV", lengths)]
    else:
        value = encapsulate(frames, fragments_per_frame=2)
    head = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    data = file_of(_UID, *picture, head + value + b"\xfe\xff\xdd\xe0" + bytes(4), syntax="1.2.840.10008.1.2.4.50")
    layout = _scanned(data).pixels
    assert layout is not None
    joined = [b"".join(data[e.offset : e.offset + e.length] for e in frame) for frame in layout.frames]
    assert [frame.rstrip(b"\0") for frame in joined] == frames


def test_header_larger_than_the_window_reads_the_same_from_a_view() -> None:
    texts = [element(0x00091000 | number, "UT", bytes([65 + number]) * 90_000) for number in range(16)]
    creator = element(0x00090010, "LO", b"UNDISC TEST ")
    sequence = element(0x00111001, "SQ", b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(t)) + t for t in texts))
    bulk = element(0x00420011, "OB", bytes(700_000))
    item = b"\xfe\xff\x00\xe0" + b"\xff" * 4 + b"".join(texts) + b"\xfe\xff\x0d\xe0" + bytes(4)
    undefined = struct.pack("<HH2sHI", 0x13, 0x1001, b"SQ", 0, 0xFFFFFFFF) + item + b"\xfe\xff\xdd\xe0" + bytes(4)
    pixels = element(0x7FE00010, "OW", bytes(300_000))
    after = element(0xFFFCFFFC, "OB", bytes(4))
    data = file_of(_UID, creator, *texts, sequence, undefined, bulk, pixels, after)
    whole, viewed = _scanned(data), _scanned(memoryview(data))
    assert whole == viewed
    assert whole.damage == ()
    assert set(json.loads(whole.json)) >= {"00420011", "7FE00010", "FFFCFFFC", "00131001"}


def test_undeclared_implicit_and_explicit_are_told_apart() -> None:
    implicit = struct.pack("<HHI", 8, 0x60, 2) + b"MR" + struct.pack("<HHI", 0x10, 0x20, 4) + b"ID01"
    explicit = element(0x00080060, "CS", b"MR") + element(0x00100020, "LO", b"ID01")
    for body, named, used in (
        (implicit, SYNTAXES[1], "1.2.840.10008.1.2"),
        (explicit, SYNTAXES[0], "1.2.840.10008.1.2.1"),
    ):
        scanned = _scanned(file_of(body, syntax=named))
        assert scanned.transfer_syntax == used
        assert scanned.text("PatientID") == "ID01"
        assert scanned.damage == ("The file names another transfer syntax than the one it is written in.",)


def test_elements_out_of_order_are_left_to_pydicom() -> None:
    data = file_of(_UID, element(0x00100020, "LO", b"ID"), element(0x00080060, "CS", b"MR"))
    scanner = HeaderScanner()
    scanned = scanner.scan(data)
    assert isinstance(scanned, Scanned)
    assert scanner.handed_over == 1
    assert list(json.loads(scanned.json)) == ["00080016", "00080060", "00100020"]
    assert scanned.first("Modality") == "MR"


def test_scan_remembers_within_a_thread_and_finds_pixels_at_their_own_place() -> None:
    for length in (6, 8, 10):
        name = element(0x00100010, "PN", b"A" * length)
        pixels = element(0x7FE00010, "OW", bytes(16))
        data = file_of(_UID, name, element(0x0020000E, "UI", b"1.2.3\0"), pixels)
        scanned = scan(data)
        assert isinstance(scanned, Scanned)
        assert scanned.pixels is not None
        assert scanned.pixels.value == Extent(len(data) - 16, 16)
        assert data[scanned.header_end :] == pixels
