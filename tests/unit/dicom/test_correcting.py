"""A corrected file differs from the stored one in the elements that were corrected and in what tells so, and in nothing
else, whatever its transfer syntax."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)
from tests.shared_data import SHARED, needs_shared

from undisc.dicom.correcting import Modification, Stretch, Uncorrectable, corrected
from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan

AT = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def file_of(syntax: str = ExplicitVRLittleEndian, **values: object) -> bytes:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(syntax)
    made.file_meta.MediaStorageSOPClassUID = CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, made.file_meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = generate_uid(), generate_uid()
    made.PatientName, made.PatientID, made.Modality = "TESTPERSON^ADA", "TEST-1", "CT"
    made.Rows = made.Columns = 4
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.SamplesPerPixel, made.PixelRepresentation = 15, 1, 0
    made.PhotometricInterpretation = "MONOCHROME2"
    made.PixelData = bytes(range(32))
    made["PixelData"].VR = "OW"
    for keyword, value in values.items():
        setattr(made, keyword, value)
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def correct(data: bytes, *values: dict[str, str]) -> bytes:
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    pieces = corrected(data, scanned, [Modification(each, AT, "Undisc", "Invented Hospital") for each in values])
    return b"".join(data[piece.start : piece.end] if isinstance(piece, Stretch) else piece for piece in pieces)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_only_what_was_corrected_changes_and_what_it_was_is_told(syntax: str) -> None:
    data = file_of(syntax, AccessionNumber="A-1")
    before, after = (
        pydicom.dcmread(io.BytesIO(data)),
        pydicom.dcmread(
            io.BytesIO(
                correct(data, {"PatientName": "TESTPERSON^BEA", "PatientID": "TEST-22", "PatientBirthDate": "19700102"})
            )
        ),
    )
    assert (after.PatientName, after.PatientID, after.PatientBirthDate) == ("TESTPERSON^BEA", "TEST-22", "19700102")
    [told] = after.OriginalAttributesSequence
    [modified] = told.ModifiedAttributesSequence
    assert (modified.PatientName, modified.PatientID, modified.PatientBirthDate) == ("TESTPERSON^ADA", "TEST-1", "")
    assert told.ReasonForTheAttributeModification == "CORRECT"
    assert told.ModifyingSystem == "Undisc"
    assert told.SourceOfPreviousValues == "Invented Hospital"
    assert told.AttributeModificationDateTime.startswith("20261124103000")
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "OriginalAttributesSequence"):
        for each in (before, after):
            if keyword in each:
                del each[keyword]
    assert before == after


def test_a_second_correction_tells_of_the_first() -> None:
    once = {"PatientID": "TEST-2"}
    after = pydicom.dcmread(io.BytesIO(correct(file_of(), once, {"PatientID": "TEST-3"})))
    assert after.PatientID == "TEST-3"
    assert [item.ModifiedAttributesSequence[0].PatientID for item in after.OriginalAttributesSequence] == [
        "TEST-1",
        "TEST-2",
    ]
    again = pydicom.dcmread(io.BytesIO(correct(correct(file_of(), once), {"PatientID": "TEST-3"})))
    assert [item.ModifiedAttributesSequence[0].PatientID for item in again.OriginalAttributesSequence] == [
        "TEST-1",
        "TEST-2",
    ]


@pytest.mark.parametrize(
    ("charset", "name"),
    [("ISO_IR 100", "Müller^Jörg"), ("ISO_IR 192", "山田^太郎"), ("", "Müller^Jörg"), ("ISO_IR 144", "Люкceмбypг^И")],
)
def test_names_are_written_in_the_files_own_character_set(charset: str, name: str) -> None:
    data = file_of(**({"SpecificCharacterSet": charset} if charset else {}))
    after = pydicom.dcmread(io.BytesIO(correct(data, {"PatientName": name})))
    assert str(after.PatientName) == name
    assert after.SpecificCharacterSet == (charset or "ISO_IR 192")


def test_a_name_that_the_character_set_cannot_hold_is_refused() -> None:
    with pytest.raises(Uncorrectable, match="character set"):
        correct(file_of(SpecificCharacterSet="ISO_IR 100"), {"PatientName": "山田^太郎"})


def test_elements_out_of_order_are_refused() -> None:
    data = file_of()
    name, number = (data.index(tag) for tag in (b"\x10\x00\x10\x00PN", b"\x10\x00\x20\x00LO"))
    swapped = data[:name] + data[number : number + 14] + data[name:number] + data[number + 14 :]
    with pytest.raises(Uncorrectable, match="order"):
        correct(swapped, {"PatientID": "x"})


@needs_shared
def test_of_each_real_kind_the_pixels_go_through_to_the_byte() -> None:
    assert SHARED is not None
    kinds: dict[tuple[str, str], Path] = {}
    for path in sorted(SHARED.rglob("*.dcm"))[:1500]:
        scanned = scan(path.read_bytes())
        if isinstance(scanned, Scanned) and scanned.pixels:
            kinds.setdefault((scanned.transfer_syntax, scanned.text("SOPClassUID")), path)
    tried = 0
    for path in kinds.values():
        data = path.read_bytes()
        after = correct(data, {"PatientID": "TEST-9", "PatientName": "TESTPERSON^CLEO"})
        old, new = scan(data), scan(after)
        assert isinstance(old, Scanned)
        assert isinstance(new, Scanned)
        assert new.text("PatientID") == "TEST-9"
        if not old.inflated:
            assert data[old.header_end :] == after[new.header_end :], path.name
        tried += 1
    assert tried > 20
