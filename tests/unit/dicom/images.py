"""Makes DICOM images as bytes, right ones and wrong ones, for the tests of pixels."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.inflate import inflated
from undisc.dicom.pixels.model import PixelDescription
from undisc.dicom.scan import scan

SECONDARY_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7")
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"


def image(
    rows: int,
    columns: int,
    value: bytes | Sequence[bytes | bytearray],
    syntax: str = ExplicitVRLittleEndian,
    *,
    bits: int = 16,
    vr: str = "OW",
    **elements: Any,
) -> bytes:
    """A Part 10 file. `value` is the native value, or the coded frames. More elements, or others, by keyword.

    A keyword given as None is left out.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = SECONDARY_CAPTURE
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = UID("2.25.1")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.2", "2.25.3"
    dataset.Modality = "OT"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.SamplesPerPixel = 1
    dataset.PixelRepresentation = 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if isinstance(value, bytes):
        dataset.add_new("PixelData", vr, value)
    else:
        dataset.add_new("PixelData", "OB", encapsulate([bytes(frame) for frame in value], has_bot=False))
        dataset["PixelData"].is_undefined_length = True
    for keyword, given in elements.items():
        if given is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, given)
    if UID(syntax).is_transfer_syntax:
        out = io.BytesIO()
        dataset.save_as(out, enforce_file_format=True)
        return out.getvalue()
    # A syntax that pydicom does not know: its data set is explicit and little-endian all the same.
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, False
    file.write(bytes(128) + b"DICM")
    write_file_meta_info(file, dataset.file_meta, enforce_standard=True)
    write_dataset(file, dataset)
    return file.getvalue()


def opened(data: bytes) -> tuple[bytes, Scanned, PixelDescription]:
    """The buffer that offsets are of, the scan, and the description, of a file that has all three."""
    scanned = scan(data)
    assert isinstance(scanned, Scanned), scanned
    description = describe(scanned)
    assert isinstance(description, PixelDescription), description
    return (inflated(data, scanned) if scanned.inflated else data), scanned, description


def slices(rows: int, columns: int, code: str, *, seed: int = 1) -> np.ndarray:
    """Something smooth with noise on it, over all of the type's range."""
    limits = np.iinfo(code)
    down, across = np.mgrid[:rows, :columns]
    wave = np.sin(down / 9) * np.cos(across / 7) + np.random.default_rng(seed).normal(0, 0.02, (rows, columns))
    scaled = (np.clip(wave, -1, 1) + 1) / 2 * (limits.max - limits.min) + limits.min
    return scaled.astype(code)
