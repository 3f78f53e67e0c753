"""Proves that pixel data made to hurt cost neither memory nor time beyond the limits, and that the pool goes on."""

import os
import resource
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from tests.shared_data import SHARED, needs_shared
from tests.unit.dicom.images import DEFLATED_FRAMES, image, opened, slices

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.codestream import jpeg_2000_claim, jpeg_claim
from undisc.dicom.pixels.colour import read_palette
from undisc.dicom.pixels.decode import decode_frame
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.model import Derived, FrameUndecodable, PixelDescription, Undecodable
from undisc.dicom.pixels.pack import read_table
from undisc.dicom.pixels.pool import DecodePool
from undisc.dicom.pixels.rle import rle_planes
from undisc.dicom.scan import scan

JPEG_2000 = "1.2.840.10008.1.2.4.90"
HTJ2K = "1.2.840.10008.1.2.4.201"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_XL = "1.2.840.10008.1.2.4.110"
RLE = "1.2.840.10008.1.2.5"
DEFLATED = "1.2.840.10008.1.2.1.99"

CODERS = {
    JPEG_2000: lambda frame: imagecodecs.jpeg2k_encode(frame, codecformat="J2K", reversible=True, level=0),
    HTJ2K: imagecodecs.htj2k_encode,
    JPEG_LS: imagecodecs.jpegls_encode,
    JPEG_BASELINE: imagecodecs.jpeg8_encode,
    JPEG_LOSSLESS: imagecodecs.ljpeg_encode,
    JPEG_XL: lambda frame: imagecodecs.jpegxl_encode(frame, lossless=True),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    with DecodePool(workers=2, memory_mb=512, seconds=30) as pool:
        yield pool


@pytest.fixture
def derive(pool: DecodePool, tmp_path: Path):
    """Derive from bytes; afterwards a harmless picture must still come out of every worker."""

    def derived(data: bytes) -> Derived | Undecodable:
        (tmp_path / "original.dcm").write_bytes(data)
        return pool.derive(tmp_path / "original.dcm", tmp_path / "pack").result()

    yield derived
    (tmp_path / "harmless.dcm").write_bytes(image(8, 8, bytes(128)))
    after = [pool.derive(tmp_path / "harmless.dcm", tmp_path / f"after{number}") for number in range(4)]
    assert {future.result() for future in after} == {Derived(frames=1)}
    assert not list(tmp_path.glob(".*.part"))


def test_a_huge_picture_of_a_hundred_bytes_is_refused(derive) -> None:
    result = derive(image(65535, 65535, bytes(100)))
    assert isinstance(result, Undecodable)
    assert "1 GiB" in result.reason


def test_a_large_picture_of_a_hundred_bytes_keeps_to_the_limit(derive) -> None:
    result = derive(image(20000, 20000, bytes(100)))
    assert isinstance(result, Derived | Undecodable)


def test_two_thousand_million_frames_of_nothing_are_counted_not_believed(derive, tmp_path: Path) -> None:
    result = derive(image(4, 4, bytes(64), NumberOfFrames=2**31 - 1))
    assert isinstance(result, Derived)
    assert result.frames == 2
    assert (tmp_path / "pack").stat().st_size < 10_000


@pytest.mark.parametrize("claim", ["-5", "0", "99999999999", "1e9", "", "1_000", "٣"])
def test_frame_counts_that_are_no_counts_do_no_harm(claim: str) -> None:
    marked = image(4, 4, bytes(32), NumberOfFrames="7777777777")
    data = marked.replace(b"7777777777", claim.encode()[:10].ljust(10))
    scanned = scan(data)
    if isinstance(scanned, Scanned):
        described = describe(scanned)
        assert isinstance(described, Undecodable) or described.frames == 1


@needs_shared
def test_three_gigabytes_claimed_by_a_hundred_kilobytes_are_not_allocated(pool: DecodePool, tmp_path: Path) -> None:
    assert SHARED is not None
    result = pool.derive(SHARED / "dcm4che__dcm4che" / "3gb-bulk-data-truncated", tmp_path / "pack").result()
    assert isinstance(result, Undecodable)


def test_a_run_length_bomb_gives_no_more_than_its_picture() -> None:
    bomb = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\x00" * 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [plane] = rle_planes(bomb, 1, 1000)
    assert plane.size == 1000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000


def test_a_run_length_frame_too_short_for_its_picture_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(FrameUndecodable, match="too short"):
        rle_planes(struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\x00" * 10, 1, 1 << 30)


@pytest.mark.parametrize(
    "offsets", [(1, 0), (1, 63), (2, 64, 60), (2, 64, 1 << 31), (15, *[64] * 15), (0, 64), (1 << 31, 64)]
)
def test_run_length_segments_outside_their_frame_are_refused(offsets: tuple[int, ...]) -> None:
    header = struct.pack("<16I", *offsets, *[0] * (16 - len(offsets)))
    with pytest.raises(FrameUndecodable):
        rle_planes(header + b"\x00\x01" * 40, offsets[0] if offsets[0] < 16 else 1, 100)


@settings(deadline=None)
@given(frame=st.binary(max_size=400), planes=st.integers(1, 15), length=st.integers(1, 2000))
def test_any_bytes_are_a_run_length_frame_or_refused(frame: bytes, planes: int, length: int) -> None:
    try:
        decoded = rle_planes(frame, planes, length)
    except FrameUndecodable:
        return
    assert [plane.size for plane in decoded] == [length] * planes


def test_a_deflated_frame_that_swells_gives_no_more_than_its_picture(derive) -> None:
    bomb = zlib.compress(bytes(300 << 20), 9, wbits=-15)
    assert derive(image(16, 16, [bomb + bytes(len(bomb) % 2)], DEFLATED_FRAMES)) == Derived(frames=1)


def test_a_deflated_data_set_that_swells_stays_within_the_limit(derive) -> None:
    result = derive(image(16, 16, bytes(600 << 20), DEFLATED))
    assert isinstance(result, Derived | Undecodable)


@pytest.mark.parametrize("syntax", [JPEG_2000, HTJ2K])
def test_a_codestream_that_claims_more_than_its_header_is_refused_unread(syntax: str, derive) -> None:
    coded = bytearray(CODERS[syntax](slices(32, 32, "u1")))
    coded[8:16] = struct.pack(">II", 65535, 65535)
    result = derive(image(32, 32, [bytes(coded)], syntax, bits=8))
    assert result == Undecodable("The compressed frame is of another size than the header says.")


@pytest.mark.parametrize("syntax", [JPEG_2000, HTJ2K])
def test_header_and_codestream_may_lie_together_and_gain_nothing(syntax: str, derive) -> None:
    coded = bytearray(CODERS[syntax](slices(32, 32, "u1")))
    coded[8:16] = coded[24:32] = struct.pack(">II", 30000, 30000)
    result = derive(image(30000, 30000, [bytes(coded)], syntax, bits=8))
    assert isinstance(result, Undecodable)


def test_a_baseline_stream_that_claims_more_than_its_header_is_refused(derive) -> None:
    coded = bytearray(CODERS[JPEG_BASELINE](slices(32, 32, "u1")))
    at = coded.index(b"\xff\xc0")
    coded[at + 5 : at + 9] = struct.pack(">HH", 65500, 65500)
    result = derive(image(32, 32, [bytes(coded)], JPEG_BASELINE, bits=8))
    assert result == Undecodable("The compressed frame is of another size than the header says.")


@pytest.mark.parametrize("syntax", CODERS)
def test_streams_cut_or_changed_anywhere_never_end_the_pool(syntax: str, derive) -> None:
    whole = bytes(CODERS[syntax](slices(48, 48, "u1")))
    random = np.random.default_rng(11)
    frames = [whole[: len(whole) * part // 12] or b"\0" for part in range(12)]
    for _ in range(40):
        changed = bytearray(whole)
        for at in random.integers(0, len(whole), 4):
            changed[at] = random.integers(0, 256)
        frames.append(bytes(changed))
    frames.append(whole)
    result = derive(
        image(48, 48, [frame + bytes(len(frame) % 2) for frame in frames], syntax, bits=8, NumberOfFrames=53)
    )
    if isinstance(result, Derived):
        assert all(failure.frame != 52 for failure in result.failures), "the whole frame comes out all the same"


@settings(deadline=None)
@given(
    junk=st.binary(max_size=120), head=st.sampled_from([b"", b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\xff\xd8\xff\xc0"])
)
def test_any_bytes_make_a_claim_or_none(junk: bytes, head: bytes) -> None:
    jpeg_claim(head + junk)
    jpeg_2000_claim(head + junk)


NUMBERS = st.one_of(st.integers(0, 65535), st.sampled_from([0, 1, 2, 3, 8, 12, 16, 32, 64]))


@settings(deadline=None, max_examples=200)
@given(
    rows=NUMBERS,
    columns=NUMBERS,
    samples=NUMBERS,
    allocated=NUMBERS,
    stored=NUMBERS,
    high=NUMBERS,
    sign=NUMBERS,
    planar=NUMBERS,
    photometric=st.sampled_from(["MONOCHROME2", "RGB", "YBR_FULL_422", "PALETTE COLOR", "", "nonsense"]),
    value=st.binary(max_size=300),
)
def test_no_header_makes_a_frame_of_another_shape(
    rows: int,
    columns: int,
    samples: int,
    allocated: int,
    stored: int,
    high: int,
    sign: int,
    planar: int,
    photometric: str,
    value: bytes,
) -> None:
    if rows * columns > 1_000_000:
        rows, columns = rows % 1000, columns % 1000
    data = image(
        rows,
        columns,
        value + bytes(len(value) % 2),
        SamplesPerPixel=samples,
        BitsAllocated=allocated,
        BitsStored=stored,
        HighBit=high,
        PixelRepresentation=sign,
        PlanarConfiguration=planar,
        PhotometricInterpretation=photometric,
    )
    scanned = scan(data)
    if not isinstance(scanned, Scanned):
        return
    described = describe(scanned)
    if isinstance(described, PixelDescription):
        frame = decode_frame(data, scanned, described, 0)
        assert frame.shape == (rows, columns) + ((3,) if samples == 3 else ())
        assert frame.dtype == np.dtype(described.dtype)


@settings(deadline=None, max_examples=100)
@given(
    descriptor=st.lists(st.integers(0, 65535), min_size=3, max_size=3),
    table=st.binary(max_size=600),
    segmented=st.booleans(),
)
def test_no_palette_leads_outside_itself(descriptor: list[int], table: bytes, segmented: bool) -> None:
    elements = Dataset()
    for name in ("Red", "Green", "Blue"):
        setattr(elements, f"{name}PaletteColorLookupTableDescriptor", descriptor)
        kind = "Segmented" if segmented else ""
        setattr(elements, f"{kind}{name}PaletteColorLookupTableData", table + bytes(len(table) % 2))
    given_elements = {element.keyword: element.value for element in elements}
    buffer, scanned, description = opened(
        image(1, 1, bytes(2), PhotometricInterpretation="PALETTE COLOR", **given_elements)
    )
    palette = read_palette(buffer, scanned, description)
    if palette is not None:
        assert palette.table.shape == ((descriptor[0] or 65536), 3)


def test_a_segmented_palette_that_feeds_on_itself_ends() -> None:
    one = np.array([0, 1, 7] + [2, 65535, 0, 0] * 2000, "<u2").tobytes()
    elements = {}
    for name in ("Red", "Green", "Blue"):
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [0, 0, 16]
        elements[f"Segmented{name}PaletteColorLookupTableData"] = one
    assert read_palette(*opened(image(1, 1, bytes(2), PhotometricInterpretation="PALETTE COLOR", **elements))) is None


def test_hundreds_of_hostile_files_leave_the_workers_open_files_alone(pool: DecodePool, tmp_path: Path) -> None:
    (tmp_path / "bad.dcm").write_bytes(image(20, 20, [b"\xff\xd8\xff\xd9"], JPEG_BASELINE, bits=8))
    futures = [pool.derive(tmp_path / "bad.dcm", tmp_path / "pack") for _ in range(200)]
    assert all(isinstance(future.result(), Undecodable) for future in futures)
    for process in pool.process_ids():
        folder = Path(f"/proc/{process}/fd")
        if folder.is_dir():
            assert len(list(folder.iterdir())) < 12


def test_an_output_that_is_a_folder_is_told(pool: DecodePool, tmp_path: Path) -> None:
    (tmp_path / "original.dcm").write_bytes(image(8, 8, bytes(128)))
    (tmp_path / "pack").mkdir()
    result = pool.derive(tmp_path / "original.dcm", tmp_path / "pack").result()
    assert isinstance(result, Undecodable)
    assert not list(tmp_path.glob(".*.part"))


def test_a_source_that_is_a_pipe_or_a_folder_is_told(pool: DecodePool, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        assert isinstance(pool.derive(tmp_path / name, tmp_path / "pack").result(), Undecodable)


def test_damage_told_in_a_pack_holds_nothing_of_the_header(derive, tmp_path: Path) -> None:
    data = image(8, 8, [b"\xff\xd8broken", b"\xff\xd8\xff"], JPEG_BASELINE, bits=8, PatientName="SECRET^NAME")
    result = derive(data)
    assert "SECRET" not in repr(result)
    if (tmp_path / "pack").exists():
        with (tmp_path / "pack").open("rb") as file:
            assert not any("SECRET" in entry.reason for entry in read_table(file))
