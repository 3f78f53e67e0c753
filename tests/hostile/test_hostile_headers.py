"""Headers made to hurt: no crash, no allocation of what a length claims, no endless loop, no chance DICOM."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.dicom.generated_datasets import SYNTAXES, data_sets, element, file_of, written

from undisc.dicom.model import Malformed, NotDicom, Scanned, Unreadable
from undisc.dicom.scan import HeaderScanner

_UID = element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.7\0") + element(0x00080018, "UI", b"1.2.3.4.5\0")
_ITEM = b"\xfe\xff\x00\xe0"
_POISON = (b"\xff" * 4, b"\xfe\xff\xdd\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\x00\xe0")
_DEFLATED = "1.2.840.10008.1.2.1.99"


def _picture(rows: int, columns: int, frames: int, pixels: bytes) -> bytes:
    return file_of(
        _UID,
        element(0x00280002, "US", struct.pack("<H", 1)),
        element(0x00280008, "IS", str(frames).encode().ljust(12)),
        element(0x00280010, "US", struct.pack("<H", rows)),
        element(0x00280011, "US", struct.pack("<H", columns)),
        element(0x00280100, "US", struct.pack("<H", 8)),
        pixels,
    )


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0xC0000000, 0x10000000])
def test_length_of_gigabytes_allocates_nothing(length: int) -> None:
    for tag, vr in ((0x7FE00010, b"OW"), (0x00420011, b"OB"), (0x00091010, b"UN"), (0x0040A160, b"UT")):
        head = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, length)
        data = file_of(_UID, head + bytes(100)) if tag != 0x00420011 else file_of(_UID, head)
        result: list[object] = []
        assert _peak(lambda data=data, result=result: result.append(HeaderScanner().scan(data))) < 1_000_000
        assert isinstance(result[0], Scanned)
        assert result[0].damage


def test_two_billion_frames_are_not_listed() -> None:
    data = _picture(1, 1, 2**31 - 1, element(0x7FE00010, "OB", bytes(1000)))
    scanned = HeaderScanner().scan(data)
    assert isinstance(scanned, Scanned)
    assert scanned.pixels is not None
    assert len(scanned.pixels.frames) == 1000
    assert scanned.damage


def test_sequences_nested_without_end_are_quarantined() -> None:
    nest = b"".join(struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xFFFFFFFF) + _ITEM + b"\xff" * 4 for _ in range(5000))
    assert isinstance(HeaderScanner().scan(file_of(_UID, nest)), Malformed)


def test_deflate_bomb_is_quarantined_before_it_unpacks() -> None:
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(_UID + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 1 << 30))
    bomb += b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    data = file_of(bomb, syntax=_DEFLATED)
    assert len(data) < 1_000_000
    result: list[object] = []
    assert _peak(lambda: result.append(HeaderScanner().scan(data))) < 200_000_000
    assert isinstance(result[0], Malformed)


def test_deflated_rubbish_is_unreadable() -> None:
    assert isinstance(HeaderScanner().scan(file_of(b"\xff" * 400, syntax=_DEFLATED)), Unreadable)


def test_sequence_of_text_is_quarantined() -> None:
    assert isinstance(HeaderScanner().scan(file_of(_UID, element(0x00081140, "SQ", b"NAMED TYPE"))), Malformed)


def test_fragments_that_run_past_the_end_are_cut_to_it() -> None:
    fragments = _ITEM + bytes(4) + _ITEM + struct.pack("<I", 1 << 30) + b"\xff\xd8 and no more"
    head = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    data = _picture(8, 8, 1, head + fragments)
    scanned = HeaderScanner().scan(data)
    assert isinstance(scanned, Scanned)
    assert scanned.pixels is not None
    ((only,),) = scanned.pixels.frames
    assert data[only.offset : only.offset + only.length] == b"\xff\xd8 and no more"
    assert scanned.damage


@pytest.mark.parametrize("offsets", [(0, 0x7FFFFFFF), (0x7FFFFFFE, 0x7FFFFFFF), (5, 3), (0, 0)])
def test_offset_tables_that_lie_are_not_followed(offsets: tuple[int, int]) -> None:
    table = _ITEM + struct.pack("<III", 8, *offsets)
    fragments = table + _ITEM + struct.pack("<I", 4) + b"one!" + _ITEM + struct.pack("<I", 4) + b"two!"
    head = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    data = _picture(8, 8, 2, head + fragments + b"\xfe\xff\xdd\xe0" + bytes(4))
    scanned = HeaderScanner().scan(data)
    assert isinstance(scanned, Scanned)
    assert scanned.pixels is not None
    for frame in scanned.pixels.frames:
        assert all(extent.offset + extent.length <= len(data) for extent in frame)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        bytes(5000),
        b"%PDF-1.7\n" + b"x" * 4000,
        b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(4000),
        b"MZ" + bytes(4000),
        b"\x7fELF" + bytes(4000),
        b"PK\x03\x04" + bytes(4000),
        b"The patient DICM was seen today.\n" * 200,
        b"\x08\x00" * 3000,
        b"\x02\x00" * 3000,
    ],
)
def test_other_files_are_not_dicom(data: bytes) -> None:
    assert isinstance(HeaderScanner().scan(data), NotDicom)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=2000))
def test_random_bytes_are_not_dicom(data: bytes) -> None:
    assert isinstance(HeaderScanner().scan(data), NotDicom | Unreadable)


def test_mark_with_nothing_behind_it_is_unreadable() -> None:
    assert isinstance(HeaderScanner().scan(bytes(128) + b"DICM"), Unreadable)
    assert isinstance(HeaderScanner().scan(bytes(128) + b"DICM" + b"\xff" * 500), Unreadable)
    assert isinstance(HeaderScanner().scan(file_of()), Unreadable)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_file_cut_anywhere_never_raises_and_says_so(data: st.DataObject) -> None:
    whole = written(data.draw(data_sets(depth=1)), data.draw(st.sampled_from(SYNTAXES[:3])))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    result = HeaderScanner().scan(cut)
    assert isinstance(result, Scanned | NotDicom | Unreadable | Malformed)
    if isinstance(result, Scanned):
        complete = HeaderScanner().scan(whole)
        assert isinstance(complete, Scanned)
        assert result.damage or all(complete.attributes[k] == v for k, v in result.attributes.items())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_file_with_bytes_overwritten_never_raises(data: st.DataObject) -> None:
    whole = bytearray(written(data.draw(data_sets(depth=2)), data.draw(st.sampled_from(SYNTAXES))))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        patch = data.draw(
            st.one_of(st.binary(min_size=1, max_size=4), st.just(b"\xff" * 4), st.just(b"\xfe\xff\xdd\xe0"))
        )
        whole[at : at + len(patch)] = patch
    scanner = HeaderScanner()
    assert isinstance(scanner.scan(bytes(whole)), Scanned | NotDicom | Unreadable | Malformed)


def test_no_sentence_about_damage_quotes_a_value() -> None:
    name = element(0x00100010, "PN", b"SECRET^NAME ")
    for trouble in (element(0x00280008, "IS", b"SECRET"), struct.pack("<HH2sH", 0x28, 8, b"IS", 60) + b"SECRET"):
        result = HeaderScanner().scan(file_of(_UID, name, trouble))
        said = result.damage if isinstance(result, Scanned) else (getattr(result, "reason", ""),)
        assert said
        assert "SECRET" not in " ".join(said)


def test_known_elements_out_of_order_do_not_hold_the_reader() -> None:
    """A run of elements seen before comes after a later tag: it must neither be taken nor tried for ever."""
    series = element(0x0020000E, "UI", b"1.2.3\0")
    run = element(0x00280010, "US", b"\1\0") + element(0x00280011, "US", b"\1\0")
    scanner = HeaderScanner()
    assert isinstance(scanner.scan(file_of(_UID, series, element(0x00200013, "IS", b"1 "), run)), Scanned)
    assert isinstance(scanner.scan(file_of(_UID, series, element(0x00200013, "IS", b"2 "), run)), Scanned)
    late = element(0x00281052, "DS", b"0 ")
    result = scanner.scan(file_of(_UID, series, element(0x00200013, "IS", b"3 "), late, run))
    assert isinstance(result, Scanned)
    assert scanner.handed_over == 1
    assert result.first("Rows") == 1
