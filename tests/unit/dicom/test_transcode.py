"""Proves that another transfer syntax changes how pixels are coded and nothing else, whatever the data set holds."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRBigEndian, ImplicitVRLittleEndian
from tests.factories.instances import image

from undisc.dicom import syntaxes
from undisc.dicom.explicit import Inconvertible, Rewriter
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import decode
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.model import PixelDescription, Undecodable, Written
from undisc.dicom.pixels.transcode import transcode, transcode_frames
from undisc.dicom.scan import scan

COMPRESSED = sorted(syntaxes.MADE - {syntaxes.EXPLICIT})
SCALE = np.random.default_rng(7)


def _grey(dtype: str, stored: int, frames: int = 1) -> FileDataset:
    dataset = image(rows=17, columns=23)
    signed = dtype.startswith("i")
    low, high = (-(1 << stored - 1), (1 << stored - 1) - 1) if signed else (0, (1 << stored) - 1)
    values = SCALE.integers(low, high, (frames, 17, 23), endpoint=True).astype(f"<{dtype}")
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = int(dtype[1:]) * 8, stored, stored - 1
    dataset.PixelRepresentation = int(signed)
    if frames > 1:
        dataset.NumberOfFrames = frames
    raw = values.tobytes()
    dataset.PixelData = raw + b"\0" * (len(raw) % 2)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    return dataset


def _rgb() -> FileDataset:
    dataset = _grey("u1", 8)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.Rows, dataset.Columns = 20, 30
    dataset.PixelData = SCALE.integers(0, 255, 1800).astype("u1").tobytes()
    return dataset


def _saved(dataset: FileDataset, folder: Path) -> Path:
    path = folder / "in.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def _frames(path: Path) -> list[np.ndarray]:
    data = path.read_bytes()
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    description = describe(scanned)
    assert isinstance(description, PixelDescription)
    return [decode(data, scanned, description, index).values for index in range(description.frames)]


KINDS = {
    "grey of 16 bits": lambda: _grey("u2", 16),
    "signed grey of 16 bits": lambda: _grey("i2", 16),
    "grey of 12 bits": lambda: _grey("u2", 12),
    "signed grey of 12 bits": lambda: _grey("i2", 12),
    "grey of 8 bits": lambda: _grey("u1", 8),
    "colour": _rgb,
    "three frames": lambda: _grey("u2", 12, 3),
}


@pytest.mark.parametrize("syntax", COMPRESSED)
@pytest.mark.parametrize("kind", KINDS)
def test_every_lossless_syntax_gives_back_each_pixel(kind: str, syntax: str, tmp_path: Path) -> None:
    source = _saved(KINDS[kind](), tmp_path)
    coded, back = tmp_path / "coded.dcm", tmp_path / "back.dcm"
    assert isinstance(transcode(source, coded, syntax), Written)
    assert dcmread(coded).file_meta.TransferSyntaxUID == syntax
    assert isinstance(transcode(coded, back, syntaxes.EXPLICIT), Written)
    for path in (coded, back):
        for before, after in zip(_frames(source), _frames(path), strict=True):
            np.testing.assert_array_equal(before, after)
    original, returned = dcmread(source), dcmread(back)
    assert returned.PixelData == original.PixelData
    changed = {"PixelData"}
    if kind == "colour":
        changed |= {"PlanarConfiguration"}
    for element in original:
        if element.keyword not in changed:
            assert returned[element.tag].value == element.value, element.keyword


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_frames_come_one_by_one_as_they_stand_in_the_whole(syntax: str, tmp_path: Path) -> None:
    source = _saved(_grey("u2", 16, 3), tmp_path)
    whole, parts = tmp_path / "whole.dcm", tmp_path / "parts"
    assert isinstance(transcode(source, whole, syntax), Written)
    made = transcode_frames(source, parts, syntax, [2, 0])
    assert isinstance(made, Written)
    raw = parts.read_bytes()
    first, second = raw[: made.lengths[0]], raw[made.lengths[0] :]
    content = whole.read_bytes()
    assert first in content
    assert second in content
    assert content.index(second) < content.index(first)


def test_native_frames_are_the_stored_bytes(tmp_path: Path) -> None:
    dataset = _grey("u2", 12, 3)
    source, parts = _saved(dataset, tmp_path), tmp_path / "parts"
    size = 17 * 23 * 2
    assert transcode_frames(source, parts, syntaxes.EXPLICIT, [1]) == Written((size,))
    assert parts.read_bytes() == dataset.PixelData[size : 2 * size]


@pytest.mark.parametrize("syntax", [syntaxes.JPEG_LS, syntaxes.JPEG_2000_LOSSLESS, syntaxes.HTJ2K_LOSSLESS])
def test_overlays_in_unused_bits_are_not_dropped_in_silence(syntax: str, tmp_path: Path) -> None:
    dataset = _grey("u2", 12)
    values = np.frombuffer(dataset.PixelData, "<u2") | 0x8000
    dataset.PixelData = values.tobytes()
    refused = transcode(_saved(dataset, tmp_path), tmp_path / "out", syntax)
    assert isinstance(refused, Undecodable)
    assert "unused bits" in refused.reason


def test_lossy_flags_and_identity_stay(tmp_path: Path) -> None:
    dataset = _grey("u2", 12)
    dataset.LossyImageCompression, dataset.LossyImageCompressionRatio = "01", "12.5"
    source, out = _saved(dataset, tmp_path), tmp_path / "out.dcm"
    transcode(source, out, syntaxes.HTJ2K_LOSSLESS)
    made = dcmread(out)
    assert (made.LossyImageCompression, made.LossyImageCompressionRatio) == ("01", 12.5)
    assert made.SOPInstanceUID == made.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID


def test_instances_without_pictures_are_not_compressed(tmp_path: Path) -> None:
    dataset = _grey("u2", 12)
    del dataset.PixelData
    source = _saved(dataset, tmp_path)
    assert isinstance(transcode(source, tmp_path / "out", syntaxes.RLE), Undecodable)
    assert isinstance(transcode(source, tmp_path / "out", syntaxes.EXPLICIT), Written)


# -- data sets in other encodings -------------------------------------------------------------------------------------


def _encoded(dataset: Dataset, *, implicit: bool, big: bool) -> bytes:
    from pydicom.filebase import DicomBytesIO

    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = implicit, not big
    write_dataset(out, dataset)
    return out.getvalue()


def _rewritten(data: bytes, *, implicit: bool, big: bool, allocated: int = 16, without_vrs: bool = False) -> bytes:
    rewriter = Rewriter(
        data, len(data), implicit=implicit, big=big, signed=False, allocated=allocated, without_vrs=without_vrs
    )
    return b"".join(rewriter.elements(0, {}))


def _read(data: bytes, *, implicit: bool = False) -> Dataset:
    from pydicom.filereader import read_dataset

    return read_dataset(BytesIO(data), is_implicit_VR=implicit, is_little_endian=True)


texts = st.text("ABC abc019", max_size=16).map(str.strip)


@st.composite
def datasets(draw: st.DrawFn, depth: int = 0) -> Dataset:
    dataset = Dataset()
    dataset.PatientComments = draw(texts)
    dataset.Rows = draw(st.integers(0, 65535))
    dataset.SimpleFrameList = draw(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3))
    dataset.DisplayedAreaTopLeftHandCorner = draw(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=2, max_size=2))
    dataset.TimeRange = draw(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=2))
    dataset.FrameIncrementPointer = 0x00181063
    dataset.EncapsulatedDocument = draw(st.binary(min_size=2, max_size=8).filter(lambda value: len(value) % 2 == 0))
    if depth < 3:
        dataset.ReferencedImageSequence = Sequence(draw(st.lists(datasets(depth + 1), max_size=2)))
    return dataset


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(datasets(), st.sampled_from([(True, False), (False, True)]))
def test_other_encodings_come_out_with_the_same_values(dataset: Dataset, encoding: tuple[bool, bool]) -> None:
    implicit, big = encoding
    data = _encoded(dataset, implicit=implicit, big=big)
    assert _read(_rewritten(data, implicit=implicit, big=big)).to_json_dict() == dataset.to_json_dict()


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(datasets(), st.sampled_from([(False, False), (True, False), (False, True)]))
def test_without_vrs_the_values_are_the_same(dataset: Dataset, encoding: tuple[bool, bool]) -> None:
    implicit, big = encoding
    data = _encoded(dataset, implicit=implicit, big=big)
    made = _rewritten(data, implicit=implicit, big=big, without_vrs=True)
    assert _read(made, implicit=True).to_json_dict() == dataset.to_json_dict()


@settings(max_examples=60, deadline=None)
@given(datasets(), st.data())
def test_damaged_data_sets_are_refused_or_cut_and_nothing_else(dataset: Dataset, data: st.DataObject) -> None:
    whole = bytearray(_encoded(dataset, implicit=True, big=False))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        out = _rewritten(cut, implicit=True, big=False)
    except Inconvertible:
        return
    assert len(out) < 8 * len(cut) + 64


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_files_that_may_not_go_over_the_web_become_explicit_little_endian(syntax: UID, tmp_path: Path) -> None:
    dataset = _grey("u2", 12, 2)
    expected = np.frombuffer(dataset.PixelData, "<u2")
    dataset.add_new(0x00091001, "LO", "a private value")
    dataset.add_new(0x00090010, "LO", "NOBODY'S CREATOR")
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = expected.astype(">u2").tobytes()
    source, out = tmp_path / "in.dcm", tmp_path / "out.dcm"
    big = syntax == ExplicitVRBigEndian
    dcmwrite(source, dataset, enforce_file_format=True, implicit_vr=not big, little_endian=not big)
    assert isinstance(transcode(source, out, syntaxes.EXPLICIT), Written)
    made = dcmread(out)
    assert made.file_meta.TransferSyntaxUID == syntaxes.EXPLICIT
    np.testing.assert_array_equal(np.frombuffer(made.PixelData, "<u2"), expected)
    assert made.PatientName == dataset.PatientName
    assert made[0x00091001].value in ("a private value", b"a private value ")


def test_compressed_files_whose_elements_have_no_vrs_come_out_with_them(tmp_path: Path) -> None:
    """Some say that they are in a compressed syntax, which has VRs, and are written without (PS3.5 A.4)."""
    dataset = _grey("u2", 12)
    source, packed, strange, out = (tmp_path / f"{name}.dcm" for name in ("in", "packed", "strange", "out"))
    dcmwrite(source, dataset, enforce_file_format=True)
    assert isinstance(transcode(source, packed, syntaxes.RLE), Written)
    compressed, scanned = dcmread(packed), scan(packed.read_bytes())
    assert isinstance(scanned, Scanned)
    fragments = b"\xe0\x7f\x10\x00\xff\xff\xff\xff" + compressed.PixelData + b"\xfe\xff\xdd\xe0\0\0\0\0"
    del compressed.PixelData
    elements = _encoded(compressed, implicit=True, big=False)
    strange.write_bytes(packed.read_bytes()[: scanned.dataset_start] + elements + fragments)
    assert isinstance(transcode(strange, out, syntaxes.EXPLICIT), Written)
    made = dcmread(out)
    assert made.PixelData == dataset.PixelData
    assert made.PatientName == dataset.PatientName
    found = scan(out.read_bytes())
    assert isinstance(found, Scanned)
    assert found.damage == ()


@pytest.mark.parametrize("syntax", COMPRESSED)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_compression_it_is_unpacked_without_vrs(kind: str, syntax: str, tmp_path: Path) -> None:
    source, packed, out = _saved(KINDS[kind](), tmp_path), tmp_path / "packed.dcm", tmp_path / "out.dcm"
    if not isinstance(transcode(source, packed, syntax), Written):
        pytest.skip("this compression does not take such pixels")
    assert isinstance(transcode(packed, out, syntaxes.IMPLICIT), Written)
    made = dcmread(out)
    assert made.file_meta.TransferSyntaxUID == syntaxes.IMPLICIT
    assert made.PixelData == dcmread(source).PixelData
    assert made.to_json_dict().keys() == dcmread(packed).to_json_dict().keys()


def _with_compressed_within(folder: Path, sequence: str) -> Path:
    """A compressed instance with a compressed picture in one of its sequences."""
    packed = folder / "packed.dcm"
    assert isinstance(transcode(_saved(_grey("u1", 8), folder), packed, syntaxes.RLE), Written)
    dataset = dcmread(packed)
    item = Dataset()
    item.Rows, item.Columns = dataset.Rows, dataset.Columns
    item.PixelData = dataset.PixelData
    item["PixelData"].VR = "OB"
    item["PixelData"].is_undefined_length = True
    setattr(dataset, sequence, Sequence([item]))
    dataset.save_as(packed)
    return packed


@pytest.mark.parametrize("syntax", [syntaxes.EXPLICIT, syntaxes.IMPLICIT])
def test_an_icon_that_stays_compressed_is_left_out_of_what_is_not(syntax: str, tmp_path: Path) -> None:
    out = tmp_path / "out.dcm"
    assert isinstance(transcode(_with_compressed_within(tmp_path, "IconImageSequence"), out, syntax), Written)
    made = dcmread(out)
    assert "IconImageSequence" not in made
    assert made.PixelData == dcmread(tmp_path / "in.dcm").PixelData


def test_another_compressed_picture_within_is_not_left_out_in_silence(tmp_path: Path) -> None:
    source = _with_compressed_within(tmp_path, "ReferencedImageSequence")
    assert isinstance(transcode(source, tmp_path / "out.dcm", syntaxes.EXPLICIT), Undecodable)
    assert isinstance(transcode(source, tmp_path / "out.dcm", syntaxes.JPEG_LS), Written)
