"""The stored wrapper is always a valid Part 10 one with an empty preamble, and the data set's bytes never change."""

from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from tests.shared_data import needs_shared, shared_files
from tests.unit.dicom.generated_datasets import element, file_of
from tests.unit.dicom.pydicom_reference import quiet_pydicom

from undisc.dicom.model import Scanned
from undisc.dicom.scan import HeaderScanner
from undisc.dicom.wrapper import IMPLEMENTATION_CLASS_UID, part10_prefix

_DATA_SET = (
    element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.7\0"),
    element(0x00080018, "UI", b"1.2.3.4.5.6\0"),
    element(0x00080060, "CS", b"OT"),
    element(0x00100020, "LO", b"ID"),
)


def _scanned(data: bytes) -> Scanned:
    result = HeaderScanner().scan(data)
    assert isinstance(result, Scanned)
    return result


def _stored(data: bytes) -> bytes:
    scanned = _scanned(data)
    prefix = part10_prefix(scanned, data)
    return data if prefix is None else prefix + data[scanned.dataset_start :]


def test_valid_file_with_an_empty_preamble_is_stored_as_it_is() -> None:
    mended = _stored(b"".join(_DATA_SET))
    assert part10_prefix(_scanned(mended), mended) is None


def test_preamble_is_zeroed_and_valid_meta_kept_to_the_byte() -> None:
    data = Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()
    assert any(data[:128])
    prefix = part10_prefix(_scanned(data), data)
    assert prefix is not None
    assert prefix[:128] == bytes(128)
    assert prefix[128:] == data[128 : _scanned(data).dataset_start]


def test_bare_data_set_gets_a_whole_wrapper() -> None:
    stored = _stored(b"".join(_DATA_SET))
    meta = dcmread(BytesIO(stored)).file_meta
    assert meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert meta.MediaStorageSOPInstanceUID == "1.2.3.4.5.6"
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.ImplementationVersionName == "UNDISC_1"
    assert meta.FileMetaInformationVersion == b"\0\1"
    assert stored.endswith(b"".join(_DATA_SET))


def test_meta_that_names_another_instance_is_mended_and_keeps_who_sent_it() -> None:
    data = file_of(*_DATA_SET)
    title = element(0x00020016, "AE", b"SCANNER1")
    private = element(0x00020100, "UI", b"1.2.3\0") + element(0x00020102, "OB", b"\1\2\3\4")
    start = _scanned(data).dataset_start
    data = data[:start] + title + private + data[start:]
    meta = dcmread(BytesIO(_stored(data))).file_meta
    assert meta.MediaStorageSOPInstanceUID == "1.2.3.4.5.6"
    assert meta.SourceApplicationEntityTitle == "SCANNER1"
    assert meta.PrivateInformationCreatorUID == "1.2.3"
    assert meta.PrivateInformation == b"\1\2\3\4"


def test_transfer_syntax_in_use_replaces_the_one_claimed() -> None:
    data = file_of(*_DATA_SET, syntax="1.2.840.10008.1.2")
    scanned = _scanned(data)
    assert scanned.damage
    assert dcmread(BytesIO(_stored(data))).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def _check_whole(file: Path) -> bool:
    data = file.read_bytes()
    result = HeaderScanner().scan(data)
    if not isinstance(result, Scanned) or not result.first("SOPInstanceUID"):
        return False
    stored = _stored(data)
    again = _scanned(stored)
    assert stored[:132] == bytes(128) + b"DICM"
    assert part10_prefix(again, stored) is None, file.name
    assert stored[again.dataset_start :] == data[result.dataset_start :], file.name
    assert again.transfer_syntax == result.transfer_syntax
    with quiet_pydicom():
        uid = dcmread(BytesIO(stored), stop_before_pixels=True).file_meta.MediaStorageSOPInstanceUID
    assert uid == result.first("SOPInstanceUID")
    return True


def test_every_bundled_file_is_stored_valid() -> None:
    files = [file for file in (Path(pydicom.__file__).parent / "data").rglob("*") if file.is_file()]
    assert sum(_check_whole(file) for file in files) > 50


@needs_shared
@pytest.mark.parametrize("part", range(4))
def test_every_shared_file_is_stored_valid(part: int) -> None:
    assert sum(_check_whole(file) for file in shared_files()[part::4]) > 200
