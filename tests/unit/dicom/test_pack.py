"""Proves that a pack gives back what was put in, frame by frame, and that a damaged one is told, never believed."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undisc.dicom.pixels.model import Window, WireKind
from undisc.dicom.pixels.pack import PackDamaged, PackWriter, read_blob, read_entry, read_table


def filled(frames: int = 3) -> io.BytesIO:
    file = io.BytesIO()
    writer = PackWriter(file, frames)
    for at in range(frames):
        if at == 1:
            writer.fail(4, 5, "The frame is empty.")
        else:
            blobs = (b"wire%d" % at, b"preview%d" % at, b"mini%d" % at)
            writer.add(WireKind.HTJ2K, "i2", 1, 4, 5, -7.0, 9.0, Window(-1.5, 2.5), *blobs)
    writer.finish()
    return file


def test_what_was_put_in_comes_out() -> None:
    file = filled()
    table = read_table(file)
    assert len(table) == 3
    for at in (0, 2):
        entry = table[at]
        assert (entry.wire_kind, entry.code, entry.samples, entry.rows, entry.columns) == (1, "i2", 1, 4, 5)
        assert (entry.minimum, entry.maximum, entry.window, entry.reason) == (-7.0, 9.0, Window(-1.5, 2.5), "")
        blobs = [read_blob(file, extent) for extent in (entry.wire, entry.preview, entry.mini)]
        assert blobs == [b"wire%d" % at, b"preview%d" % at, b"mini%d" % at]
    assert table[1].wire_kind is WireKind.NONE
    assert table[1].reason == "The frame is empty."


def test_one_frame_is_found_without_the_table() -> None:
    file = filled()
    for at in range(3):
        assert read_entry(file, at) == read_table(file)[at]


@pytest.mark.parametrize("index", [-1, 3, 1 << 40])
def test_a_frame_that_is_not_there_is_an_index_error(index: int) -> None:
    with pytest.raises(IndexError):
        read_entry(filled(), index)


def test_a_pack_that_was_not_finished_is_none() -> None:
    file = io.BytesIO()
    writer = PackWriter(file, 2)
    writer.fail(1, 1, "one")
    with pytest.raises(PackDamaged):
        read_table(file)
    with pytest.raises(ValueError):
        writer.finish()


def test_a_reason_of_any_length_fits() -> None:
    file = io.BytesIO()
    writer = PackWriter(file, 2)
    writer.fail(1, 1, "é" * 5000)
    writer.fail(1, 1, "")
    writer.finish()
    long, empty = read_table(file)
    assert set(long.reason) == {"é"}
    assert empty.reason


@pytest.mark.parametrize("keep", [0, 8, 31, 40, 150, 335])
def test_a_pack_that_was_cut_is_damaged(keep: int) -> None:
    with pytest.raises(PackDamaged):
        read_table(io.BytesIO(filled().getvalue()[:keep]))


def test_a_pack_of_another_version_is_refused() -> None:
    with pytest.raises(PackDamaged, match="version"):
        read_table(io.BytesIO(b"UNDPACK2" + filled().getvalue()[8:]))


@settings(deadline=None)
@given(at=st.integers(0, 32 + 3 * 96 - 1), byte=st.integers(0, 255))
def test_a_changed_byte_never_leads_outside_the_pack(at: int, byte: int) -> None:
    changed = bytearray(filled().getvalue())
    changed[at] = byte
    file = io.BytesIO(bytes(changed))
    try:
        table = read_table(file)
    except PackDamaged:
        return
    for entry in table:
        for extent in (entry.wire, entry.preview, entry.mini):
            assert len(read_blob(file, extent)) == extent.length


@settings(deadline=None)
@given(junk=st.binary(max_size=200))
def test_anything_may_follow_the_magic(junk: bytes) -> None:
    with pytest.raises(PackDamaged):
        read_table(io.BytesIO(b"UNDPACK1" + junk))
