"""Proves that every real file that pydicom, GDCM or dcmtk decodes is decoded here to the same pixels."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array
from tests.shared_data import SHARED, manifest, needs_shared

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.colour import read_palette, to_rgb8
from undisc.dicom.pixels.decode import decode
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.inflate import inflated
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription
from undisc.dicom.scan import scan

pytestmark = [needs_shared, pytest.mark.filterwarnings("ignore")]

MOST_FRAMES = 12

# Nobody decodes these: a header that claims 2 GiB from 100 kB; a codestream that was overwritten in its middle.
NOBODY = {
    "dcm4che__dcm4che/3gb-bulk-data-truncated",
    "pydicom__pydicom/test_files/JPEG2000-embedded-sequence-delimiter.dcm",
}
# dcmtk decodes these, pydicom as it is installed here does not.
BY_DCMTK = {
    "pydicom__pydicom/test_files/JPEG-lossy.dcm": "dcmdjpeg",
    "pydicom__pydicom/test_files/JPGExtended.dcm": "dcmdjpeg",
}
# The same pictures in other clothes, for what none of the others decodes.
SAME_PICTURES = {
    "liver_deflate.dcm": "liver.dcm",
    "liver_rle.dcm": "liver.dcm",
    "liver_nonbyte_aligned_deflate.dcm": "liver_nonbyte_aligned.dcm",
    "liver_nonbyte_aligned_rle.dcm": "liver_nonbyte_aligned.dcm",
}


def images() -> list[str]:
    return [row["path"] for row in manifest() if row["rows"]]


def folders() -> list[str]:
    return sorted({str(Path(path).parent) for path in images()})


def ours(data: bytes) -> tuple[Scanned, PixelDescription, bytes] | None:
    scanned = scan(data)
    if not isinstance(scanned, Scanned):
        return None
    description = describe(scanned)
    if not isinstance(description, PixelDescription):
        return None
    return scanned, description, inflated(data, scanned) if scanned.inflated else data


@pytest.mark.parametrize("folder", folders())
def test_stored_values_are_pydicoms(folder: str) -> None:
    assert SHARED is not None
    for path in (path for path in images() if str(Path(path).parent) == folder):
        dataset = pydicom.dcmread(SHARED / path, force=True)
        opened = ours((SHARED / path).read_bytes())
        frames = opened[1].frames if opened else 1
        for index in range(min(frames, MOST_FRAMES)):
            try:
                theirs = pixel_array(dataset, raw=True, index=index)
            except Exception:
                continue  # pydicom cannot; the others are asked below
            assert opened is not None, path
            scanned, description, data = opened
            values = decode(data, scanned, description, index).values
            assert values.shape == theirs.shape, path
            assert np.array_equal(values, theirs), path


def test_everything_that_has_pictures_is_decoded_but_for_what_nobody_decodes() -> None:
    assert SHARED is not None
    left = set()
    for path in images():
        opened = ours((SHARED / path).read_bytes())
        scanned = scan((SHARED / path).read_bytes())
        if not isinstance(scanned, Scanned) or scanned.pixels is None:
            continue
        try:
            assert opened is not None
            for index in range(min(opened[1].frames, MOST_FRAMES)):
                decode(opened[2], opened[0], opened[1], index)
        except (FrameUndecodable, AssertionError):
            left.add(path)
    assert left == NOBODY


@pytest.mark.parametrize("path", BY_DCMTK)
def test_what_pydicom_leaves_is_as_dcmtk_has_it(path: str, tmp_path: Path) -> None:
    assert SHARED is not None
    tool = shutil.which(BY_DCMTK[path])
    if tool is None:
        pytest.skip("dcmtk is not installed")
    plain = tmp_path / "plain.dcm"
    subprocess.run([tool, SHARED / path, plain], check=True, capture_output=True)
    theirs = pixel_array(pydicom.dcmread(plain), raw=True)
    opened = ours((SHARED / path).read_bytes())
    assert opened is not None
    scanned, description, data = opened
    assert np.array_equal(decode(data, scanned, description, 0).values, theirs)


@pytest.mark.parametrize("name", SAME_PICTURES)
def test_what_nobody_else_decodes_is_as_its_plain_twin(name: str) -> None:
    assert SHARED is not None
    folder = SHARED / "pydicom__pydicom-data"
    opened = ours((folder / name).read_bytes())
    assert opened is not None
    scanned, description, data = opened
    theirs = pixel_array(pydicom.dcmread(folder / SAME_PICTURES[name]), raw=True)
    for index in range(description.frames):
        assert np.array_equal(decode(data, scanned, description, index).values, theirs[index])


# GDCM ends the process over some of these files, so it gets one of its own.
ASK_GDCM = """
import sys, gdcm
reader = gdcm.ImageReader()
reader.SetFileName(sys.argv[1])
assert reader.Read()
raw = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
sys.stdout.buffer.write(reader.GetImage().GetPixelFormat().GetScalarTypeAsString().encode().ljust(8) + raw)
"""
SCALARS = {"UINT8": "u1", "INT8": "i1", "UINT16": "u2", "INT16": "i2", "UINT32": "u4", "INT32": "i4"}


def gdcm_values(path: Path) -> np.ndarray | None:
    told = subprocess.run([sys.executable, "-c", ASK_GDCM, path], capture_output=True, check=False)
    kind = SCALARS.get(told.stdout[:8].decode("latin-1").strip())
    return np.frombuffer(told.stdout[8:], kind) if told.returncode == 0 and kind else None


@pytest.mark.slow
def test_what_pydicom_leaves_is_as_gdcm_has_it() -> None:
    assert SHARED is not None
    compared = []
    for path in images():
        if path in NOBODY:
            continue
        opened = ours((SHARED / path).read_bytes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                pixel_array(pydicom.dcmread(SHARED / path, force=True), raw=True, index=0)
                continue
            except Exception:
                theirs = gdcm_values(SHARED / path) if opened else None
        if opened is None or theirs is None:
            continue
        scanned, description, data = opened
        frames = [decode(data, scanned, description, index).values for index in range(description.frames)]
        mine = np.stack(frames).reshape(-1)
        assert np.array_equal(theirs, mine), path
        compared.append(path)
    assert compared


def test_colour_is_pydicoms() -> None:
    assert SHARED is not None
    seen = 0
    for row in manifest():
        path = row["path"]
        if row["photometric"] not in ("RGB", "YBR_FULL", "YBR_FULL_422", "PALETTE COLOR", "YBR_ICT", "YBR_RCT"):
            continue
        dataset = pydicom.dcmread(SHARED / path, force=True)
        try:
            theirs = pixel_array(dataset, index=0)
            if row["photometric"] == "PALETTE COLOR":
                theirs = apply_color_lut(theirs, dataset)
        except Exception:
            continue
        opened = ours((SHARED / path).read_bytes())
        assert opened is not None, path
        scanned, description, data = opened
        frame = decode(data, scanned, description, 0)
        palette = read_palette(data, scanned, description) if frame.photometric == "PALETTE COLOR" else None
        rgb = to_rgb8(frame.values, frame.photometric, description, palette)
        eight = theirs >> (8 * theirs.dtype.itemsize - 8)
        assert np.abs(rgb.astype(int) - eight.astype(int)).max() <= 1, path
        seen += 1
    assert seen > 50
