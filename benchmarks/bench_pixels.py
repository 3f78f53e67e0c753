"""What a 512×512 16-bit CT slice costs from its file to its pack, step by step, and what the pool makes of many.

Run: python -m benchmarks.bench_pixels [--quick]
"""

import argparse
import io
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# As the workers have it, for the codecs' and numpy's sake, before they are imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(32 << 20))

from tests.factories.instances import Place, image

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import decode_frame
from undisc.dicom.pixels.derive import derive
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.model import Derived, PixelDescription
from undisc.dicom.pixels.pool import DecodePool
from undisc.dicom.pixels.preview import MINI_SIDE, PREVIEW_SIDE, render_preview, webp
from undisc.dicom.pixels.window import default_window
from undisc.dicom.pixels.wire import encode_wire
from undisc.dicom.scan import scan


def ct_slice(number: int, slices: int) -> bytes:
    dataset = image(place=Place(slice=number, slices=slices), modality="CT", rows=512, columns=512)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def milliseconds(step: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The median of the wall clock and the mean of the processor's time."""
    step()
    walls = []
    began = time.process_time()
    for _ in range(rounds):
        at = time.perf_counter()
        step()
        walls.append(time.perf_counter() - at)
    return statistics.median(walls) * 1000, (time.process_time() - began) / rounds * 1000


def steps(folder: Path, rounds: int) -> None:
    data = ct_slice(30, 60)
    source = folder / "slice.dcm"
    source.write_bytes(data)
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    description = describe(scanned)
    assert isinstance(description, PixelDescription)
    values = decode_frame(data, scanned, description, 0)
    window, _ = default_window(scanned, 0, values)
    preview = render_preview(values, window, False, PREVIEW_SIDE)
    mini = render_preview(preview, None, False, MINI_SIDE)
    told: list[tuple[str, Callable[[], object]]] = [
        ("read the header", lambda: scan(data)),
        ("decode (native)", lambda: decode_frame(data, scanned, description, 0)),
        ("window and range", lambda: (default_window(scanned, 0, values), values.min(), values.max())),
        ("HTJ2K, lossless", lambda: encode_wire(values)),
        ("preview, drawn", lambda: render_preview(values, window, False, PREVIEW_SIDE)),
        ("preview, WebP", lambda: webp(preview)),
        ("mini, drawn", lambda: render_preview(preview, None, False, MINI_SIDE)),
        ("mini, WebP", lambda: webp(mini)),
        ("all, file to pack", lambda: derive(source, folder / "part", folder / "pack")),
    ]
    for name, step in told:
        wall, processor = milliseconds(step, rounds)
        print(f"{name:20} {wall:7.2f} ms   {processor:7.2f} ms CPU")
    packed, wire = (folder / "pack").stat().st_size, len(encode_wire(values)[2])
    print(f"original {len(data):,} bytes; pack {packed:,} bytes, of which HTJ2K {wire:,}")


def resident_mb(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return math.nan
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), math.nan)


def pooled(folder: Path, slices: int, workers: int) -> None:
    sources = []
    for number in range(min(slices, 20)):
        sources.append(folder / f"{number}.dcm")
        sources[-1].write_bytes(ct_slice(number + 1, 20))
    with DecodePool(workers=workers) as pool:
        for future in [pool.derive(sources[0], folder / f"warm{number}") for number in range(workers * 4)]:
            future.result()
        began = time.perf_counter()
        futures = [pool.derive(sources[number % len(sources)], folder / f"{number}.pack") for number in range(slices)]
        assert {future.result() for future in futures} == {Derived(frames=1)}
        took = time.perf_counter() - began
        peaks = ", ".join(f"{resident_mb(process):.0f}" for process in pool.process_ids())
    print(f"{slices} slices, {workers} workers: {took:.2f} s, {slices / took:.0f} slices a second")
    print(f"peak memory in MB: workers {peaks}, this process {resident_mb(os.getpid()):.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once only, to see that it runs")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        steps(Path(folder), 2 if quick else 60)
        pooled(Path(folder), 8 if quick else 200, 2)


if __name__ == "__main__":
    sys.exit(main())
