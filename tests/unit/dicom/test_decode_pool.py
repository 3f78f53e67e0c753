"""Proves that the pool makes packs in worker processes and goes on whatever becomes of one of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from tests.shared_data import SHARED, needs_shared
from tests.unit.dicom.images import image, slices

from undisc.dicom.pixels.channel import packed
from undisc.dicom.pixels.model import Derived, Undecodable, WireKind
from undisc.dicom.pixels.pack import PackTable, read_blob, read_table
from undisc.dicom.pixels.pool import CRASHED, TOO_SLOW, DecodePool
from undisc.dicom.pixels.processes import Spares, end

JPEG_LS = "1.2.840.10008.1.2.4.80"
RLE = "1.2.840.10008.1.2.5"


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    with DecodePool(workers=2, memory_mb=1024, seconds=60) as pool:
        yield pool


def written(folder: Path, data: bytes, name: str = "original.dcm") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def grey(rows: int = 64, columns: int = 48, frames: int = 1) -> tuple[bytes, np.ndarray]:
    stored = np.stack([slices(rows, columns, "i2", seed=seed) for seed in range(frames)])
    data = image(rows, columns, stored.astype("<i2").tobytes(), PixelRepresentation=1, NumberOfFrames=frames)
    return data, stored


def table_of(path: Path) -> PackTable:
    with path.open("rb") as file:
        return read_table(file)


def wire_of(path: Path, index: int) -> bytes:
    with path.open("rb") as file:
        return read_blob(file, read_table(file)[index].wire)


def slow_image() -> bytes:
    """Takes a worker some seconds: many frames of which none is quick."""
    coded = bytes(imagecodecs.jpegls_encode(slices(1024, 1024, "u2")))
    return image(1024, 1024, [coded] * 40, JPEG_LS, NumberOfFrames=40)


def stubborn_image() -> bytes:
    """One frame that takes a worker some seconds: single bytes run by run, with rubbish behind the last."""
    header = np.array([1, 64] + [0] * 14, "<u4").tobytes()
    return image(4000, 5000, [header + b"\0\1" * 20_000_000 + b"\5a"], RLE, bits=8)


def wait_for_part(folder: Path, name: str = ".*.part") -> None:
    deadline = time.monotonic() + 30
    while not list(folder.glob(name)):
        assert time.monotonic() < deadline, "no worker began"
        time.sleep(0.01)


def test_a_pack_holds_every_frame_whole_and_small(pool: DecodePool, tmp_path: Path) -> None:
    data, stored = grey(600, 300, frames=3)
    result = pool.derive(written(tmp_path, data), tmp_path / "pack").result()
    assert result == Derived(frames=3)
    with (tmp_path / "pack").open("rb") as file:
        for entry, frame in zip(read_table(file), stored, strict=True):
            assert (entry.wire_kind, entry.code, entry.samples) == (WireKind.HTJ2K, "i2", 1)
            assert (entry.rows, entry.columns) == (600, 300)
            assert (entry.minimum, entry.maximum) == (frame.min(), frame.max())
            assert entry.minimum <= entry.window.low < entry.window.high <= entry.maximum
            assert np.array_equal(imagecodecs.htj2k_decode(read_blob(file, entry.wire)), frame)
            assert imagecodecs.webp_decode(read_blob(file, entry.preview)).shape[:2] == (256, 128)
            assert imagecodecs.jpeg8_decode(read_blob(file, entry.mini)).shape[:2] == (128, 64)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["original.dcm", "pack"]


def test_a_preview_looks_like_its_window(pool: DecodePool, tmp_path: Path) -> None:
    stored = np.repeat(np.array([[0, 1000, 3000, 4000]], "u2"), 64, axis=0).repeat(16, axis=1)
    for photometric, wanted in (("MONOCHROME2", [0, 0, 255, 255]), ("MONOCHROME1", [255, 255, 0, 0])):
        data = image(
            64,
            64,
            stored.astype("<u2").tobytes(),
            PhotometricInterpretation=photometric,
            WindowCenter=2000.5,
            WindowWidth=2001,
        )
        pool.derive(written(tmp_path, data), tmp_path / "pack").result()
        with (tmp_path / "pack").open("rb") as file:
            preview = imagecodecs.webp_decode(read_blob(file, read_table(file)[0].preview))[32, 8::16, 0]
        assert np.abs(preview.astype(int) - wanted).max() < 12


def test_colour_goes_out_as_rgb(pool: DecodePool, tmp_path: Path) -> None:
    stored = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype="u1")
    data = image(40, 40, stored.tobytes(), bits=8, vr="OB", SamplesPerPixel=3, PhotometricInterpretation="RGB")
    assert pool.derive(written(tmp_path, data), tmp_path / "pack").result() == Derived(frames=1)
    [entry] = table_of(tmp_path / "pack")
    assert (entry.code, entry.samples) == ("u1", 3)
    assert np.array_equal(imagecodecs.htj2k_decode(wire_of(tmp_path / "pack", 0)), stored)


def test_frames_that_fail_are_marked_and_others_go_on(pool: DecodePool, tmp_path: Path) -> None:
    coded = bytes(imagecodecs.jpegls_encode(slices(30, 30, "u2")))
    data = image(30, 30, [coded, b"\0\0", coded[:60] + bytes(20)], JPEG_LS, NumberOfFrames=3)
    result = pool.derive(written(tmp_path, data), tmp_path / "pack").result()
    assert isinstance(result, Derived)
    assert [failure.frame for failure in result.failures] == [1, 2]
    table = table_of(tmp_path / "pack")
    assert [entry.wire_kind for entry in table] == [WireKind.HTJ2K, WireKind.NONE, WireKind.NONE]
    assert table[1].reason == result.failures[0].reason == "The frame is empty."


def test_damage_that_was_got_by_is_told(pool: DecodePool, tmp_path: Path) -> None:
    data = image(64, 64, bytes(8000))
    result = pool.derive(written(tmp_path, data), tmp_path / "pack").result()
    assert isinstance(result, Derived)
    assert "short" in result.damage[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello, this is no picture" * 40, "header"),
        (image(2, 2, b"", PixelData=None), "no pictures"),
    ],
)
def test_what_has_no_pictures_leaves_nothing(pool: DecodePool, tmp_path: Path, data: bytes, reason: str) -> None:
    result = pool.derive(written(tmp_path, data), tmp_path / "pack").result()
    assert isinstance(result, Undecodable)
    assert reason in result.reason
    assert not (tmp_path / "pack").exists()


def test_a_file_that_is_not_there_is_told(pool: DecodePool, tmp_path: Path) -> None:
    result = pool.derive(tmp_path / "absent", tmp_path / "pack").result()
    assert isinstance(result, Undecodable)
    assert "could not be read" in result.reason
    assert str(tmp_path) not in result.reason


def test_a_folder_that_is_not_there_is_told(pool: DecodePool, tmp_path: Path) -> None:
    result = pool.derive(written(tmp_path, grey()[0]), tmp_path / "absent" / "pack").result()
    assert isinstance(result, Undecodable)


def test_names_of_any_kind_reach_the_worker(pool: DecodePool, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff caf\xc3\xa9\n")
    odd.mkdir()
    assert pool.derive(written(odd, grey()[0]), odd / "pack").result() == Derived(frames=1)


def test_many_are_derived_though_the_queue_is_short(tmp_path: Path) -> None:
    source = written(tmp_path, grey()[0])
    with DecodePool(workers=2) as pool:
        futures = [pool.derive(source, tmp_path / f"{number}.pack") for number in range(60)]
    assert {future.result() for future in futures} == {Derived(frames=1)}
    assert len(list(tmp_path.glob("*.pack"))) == 60


def test_leaving_by_an_exception_ends_at_once(tmp_path: Path) -> None:
    source = written(tmp_path, slow_image())
    futures: list[Future[Derived | Undecodable]] = []

    def interrupted() -> None:
        with DecodePool(workers=1) as pool:
            futures.extend(pool.derive(source, tmp_path / f"{number}.pack") for number in range(3))
            wait_for_part(tmp_path)
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert futures[0].result() == Undecodable(CRASHED)
    assert futures[2].cancelled()
    assert not list(tmp_path.glob("*.pack"))
    assert not list(tmp_path.glob(".*.part"))


def test_an_instance_that_takes_too_long_is_given_up_and_the_next_is_not(tmp_path: Path) -> None:
    slow, quick = written(tmp_path, stubborn_image(), "slow.dcm"), written(tmp_path, grey()[0], "quick.dcm")
    with DecodePool(workers=1) as pool:
        pool.derive(quick, tmp_path / "quick").result()
        pool.seconds = 0.5
        assert pool.derive(slow, tmp_path / "slow").result() == Undecodable(TOO_SLOW)
        pool.seconds = 60
        assert pool.derive(quick, tmp_path / "quick").result() == Derived(frames=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick", "quick.dcm", "slow.dcm"]


def test_what_was_sent_along_behind_a_job_that_takes_its_worker_down_is_done_all_the_same(tmp_path: Path) -> None:
    slow, quick = written(tmp_path, slow_image(), "slow.dcm"), written(tmp_path, grey()[0], "quick.dcm")
    with DecodePool(workers=1, backlog=64) as pool:
        pool.derive(quick, tmp_path / "first").result()
        before = [pool.derive(quick, tmp_path / f"{number}.pack") for number in range(20)]
        given_up = pool.derive(slow, tmp_path / "slow")
        after = [pool.derive(quick, tmp_path / f"{number}.pack") for number in range(20, 40)]
        for _ in range(2):  # after the first time it is tried again
            wait_for_part(tmp_path, ".slow.*.part")
            [process] = pool.process_ids()
            os.kill(process, signal.SIGKILL)
            for part in tmp_path.glob(".slow.*.part"):
                part.unlink()
        assert given_up.result() == Undecodable(CRASHED)
    assert {future.result() for future in (*before, *after)} == {Derived(frames=1)}
    assert len(list(tmp_path.glob("*.pack"))) == 40


def test_many_frames_may_take_longer_than_one(tmp_path: Path) -> None:
    quick = written(tmp_path, grey()[0], "quick.dcm")
    many = written(tmp_path, slow_image(), "many.dcm")
    with DecodePool(workers=1) as pool:
        pool.derive(quick, tmp_path / "quick").result()
        began = time.monotonic()
        assert pool.derive(many, tmp_path / "many").result() == Derived(frames=40)
        pool.seconds = max((time.monotonic() - began) / 2, 0.5)
        assert pool.derive(many, tmp_path / "again").result() == Derived(frames=40)


def test_an_instance_that_takes_too_much_memory_is_given_up_and_the_next_is_not(tmp_path: Path) -> None:
    side = 14_000
    plane = b"\x81\0" * (side * side // 128)
    header = np.array([2, 64, 64 + len(plane)] + [0] * 13, "<u4").tobytes()
    large = written(tmp_path, image(side, side, [header + plane + plane], RLE), "large.dcm")
    quick = written(tmp_path, grey()[0], "quick.dcm")
    with DecodePool(workers=1, memory_mb=300) as pool:
        result = pool.derive(large, tmp_path / "large").result()
        assert isinstance(result, Undecodable)
        assert "memory" in result.reason
        assert pool.derive(quick, tmp_path / "quick").result() == Derived(frames=1)
    assert not (tmp_path / "large").exists()


def test_an_original_larger_than_the_memory_allowed_is_no_trouble(tmp_path: Path) -> None:
    frames = 60
    data = image(1024, 1024, bytes(1024 * 1024 * 2 * frames) + bytes(200 << 20), NumberOfFrames=frames)
    with DecodePool(workers=1, memory_mb=256) as pool:
        result = pool.derive(written(tmp_path, data), tmp_path / "pack").result()
    assert result == Derived(frames=frames)


def test_a_worker_killed_at_work_is_replaced(tmp_path: Path) -> None:
    slow, quick = written(tmp_path, slow_image(), "slow.dcm"), written(tmp_path, grey()[0], "quick.dcm")
    with DecodePool(workers=1) as pool:
        future = pool.derive(slow, tmp_path / "slow")
        for _ in range(2):  # after the first time it is tried again
            wait_for_part(tmp_path)
            [process] = pool.process_ids()
            os.kill(process, signal.SIGKILL)
            for part in tmp_path.glob(".*.part"):
                part.unlink()
        assert future.result() == Undecodable(CRASHED)
        assert pool.derive(quick, tmp_path / "quick").result() == Derived(frames=1)


def test_a_worker_killed_while_it_waits_is_replaced(tmp_path: Path) -> None:
    source = written(tmp_path, grey()[0])
    with DecodePool(workers=1) as pool:
        pool.derive(source, tmp_path / "one").result()
        [process] = pool.process_ids()
        os.kill(process, signal.SIGKILL)
        assert pool.derive(source, tmp_path / "two").result() == Derived(frames=1)


def test_closing_leaves_no_process_behind(tmp_path: Path) -> None:
    with DecodePool(workers=2) as pool:
        pool.derive(written(tmp_path, grey()[0]), tmp_path / "pack").result()
        [process] = pool.process_ids()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(RuntimeError):
        pool.derive(tmp_path / "original.dcm", tmp_path / "again")


def test_workers_started_early_are_taken_and_those_left_over_end(tmp_path: Path) -> None:
    with Spares(2, 1024) as spares:
        with DecodePool(workers=1, spares=spares) as pool:
            assert pool.derive(written(tmp_path, grey()[0]), tmp_path / "pack").result() == Derived(frames=1)
            [taken] = pool.process_ids()
        left = spares.take()
        assert left is not None
        assert left.pid != taken
        assert spares.take() is None
        end(left)
        assert left.poll() is not None


def test_a_worker_started_early_that_died_is_replaced(tmp_path: Path) -> None:
    with Spares(1, 1024) as spares, DecodePool(workers=1, spares=spares) as pool:
        pool.warm()
        [process] = pool.process_ids()
        os.kill(process, signal.SIGKILL)
        assert pool.derive(written(tmp_path, grey()[0]), tmp_path / "pack").result() == Derived(frames=1)


def test_a_worker_ends_when_its_parent_is_gone() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "undisc.dicom.pixels.worker", "512"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(timeout=30) == 0


def test_a_worker_holds_itself_to_limits(tmp_path: Path) -> None:
    with DecodePool(workers=1, memory_mb=700) as pool:
        source = written(tmp_path, grey()[0])
        pool.derive(source, tmp_path / "pack").result()
        [process] = pool.process_ids()
        limits = Path(f"/proc/{process}/limits")
        if not limits.exists():
            pytest.skip("this system does not show a process's limits")
        told = {line[:26].strip(): line[26:].split()[0] for line in limits.read_text().splitlines()[1:]}
    assert told["Max core file size"] == "0"
    assert told["Max open files"] == "64"
    assert int(told["Max address space"]) == (700 << 20) + source.stat().st_size
    assert told["Max file size"] != "unlimited"


def test_an_answer_is_not_mixed_up_with_what_a_codec_prints(tmp_path: Path) -> None:
    """OpenJPEG prints about a broken codestream; the channel must carry the answer alone."""
    coded = bytes(imagecodecs.jpeg2k_encode(slices(30, 30, "u2"), codecformat="J2K"))
    broken = coded[:60] + b"\xff" * 40 + coded[100:]
    data = image(30, 30, [broken, coded], "1.2.840.10008.1.2.4.90", NumberOfFrames=2)
    with DecodePool(workers=1) as pool:
        result = pool.derive(written(tmp_path, data), tmp_path / "pack").result()
    assert isinstance(result, Derived)
    assert [failure.frame for failure in result.failures] in ([], [0])
    assert len(packed({"a": 1})) == 4 + len('{"a": 1}')


@needs_shared
def test_every_real_image_gives_a_pack_that_reads(tmp_path: Path) -> None:
    assert SHARED is not None
    from tests.shared_data import manifest

    paths = [row["path"] for row in manifest() if row["rows"]]
    with DecodePool(workers=2) as pool:
        futures = {path: pool.derive(SHARED / path, tmp_path / str(at)) for at, path in enumerate(paths)}
    derived = 0
    for at, path in enumerate(paths):
        result = futures[path].result()
        if isinstance(result, Derived):
            assert len(table_of(tmp_path / str(at))) == result.frames, path
            assert not result.failures, path
            derived += 1
        else:
            assert result.reason not in (CRASHED, TOO_SLOW), path
    assert derived >= 900
