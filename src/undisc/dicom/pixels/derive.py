"""From an original to its pack, one frame at a time. For worker processes only: hostile bytes are decoded here."""

import mmap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.colour import Palette, is_colour, read_palette, to_rgb8
from undisc.dicom.pixels.decode import Buffer, Frame, decode
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.extras import pack_extras
from undisc.dicom.pixels.inflate import inflated
from undisc.dicom.pixels.model import (
    Derived,
    FrameFailure,
    FrameUndecodable,
    PixelDescription,
    Undecodable,
    Window,
)
from undisc.dicom.pixels.overlays import read_overlays
from undisc.dicom.pixels.pack import PackWriter
from undisc.dicom.pixels.preview import MINI_SIDE, PREVIEW_SIDE, jpeg, render_preview, webp
from undisc.dicom.pixels.tables import NO_LOOKUPS, Lookups, read_lookups
from undisc.dicom.pixels.window import default_window, is_inverted, padding_of
from undisc.dicom.pixels.wire import encode_wire
from undisc.dicom.scan import scan

# Pages of the original that were read stay mapped; above this they are handed back after each frame.
_MAPPED_AT_MOST = 32 << 20


def derive(
    source: Path,
    partial: Path,
    output: Path,
    *,
    second_opinion: bool = True,
    frame_done: Callable[[], None] = lambda: None,
) -> Derived | Undecodable:
    """Write the pack of the instance at `source` to `partial`, and rename it to `output` once it is whole.

    `frame_done` is called after each frame. Leaves nothing behind at `output` where the instance is Undecodable. Raises
    OSError where files cannot be read or written, MemoryError where the limit on memory is met.
    """
    if not source.is_file():  # a pipe would be waited for
        return Undecodable("It is no file that can be read.")
    with source.open("rb") as file:
        if not source.stat().st_size:
            return Undecodable("It is empty.")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            derived = _derive_mapped(mapped, partial, second_opinion, frame_done)
        finally:
            # Where decoding was broken off, the error's own frames still hold views; the mapping then ends with them.
            with suppress(BufferError):
                mapped.close()
    if isinstance(derived, Undecodable):
        return derived
    if len(derived.failures) == derived.frames:
        partial.unlink()
        return Undecodable(derived.failures[0].reason)
    partial.replace(output)
    return derived


def _derive_mapped(
    mapped: mmap.mmap, partial: Path, second_opinion: bool, frame_done: Callable[[], None]
) -> Derived | Undecodable:
    scanned = scan(mapped)
    if not isinstance(scanned, Scanned):
        return Undecodable("Its header cannot be read.")
    description = describe(scanned)
    if isinstance(description, Undecodable):
        return description
    data = inflated(mapped, scanned) if scanned.inflated else mapped
    with partial.open("wb") as written:
        return _write_pack(written, data, scanned, description, second_opinion, frame_done)


def _write_pack(
    file: BinaryIO,
    data: Buffer,
    scanned: Scanned,
    description: PixelDescription,
    second_opinion: bool,
    frame_done: Callable[[], None],
) -> Derived:
    colour = description.photometric == "PALETTE COLOR"
    palette = read_palette(data, scanned, description) if colour else None
    lookups = NO_LOOKUPS if is_colour(description.photometric) else read_lookups(data, scanned, description)
    writer = PackWriter(file, description.frames)
    failures = []
    for index in range(description.frames):
        try:
            frame = decode(data, scanned, description, index, second_opinion=second_opinion)
            _add_frame(writer, frame, scanned, description, palette, lookups, index)
        except FrameUndecodable as failure:
            failures.append(FrameFailure(index, str(failure)))
            writer.fail(description.rows, description.columns, str(failure))
        frame_done()
        if isinstance(data, mmap.mmap) and len(data) > _MAPPED_AT_MOST:
            data.madvise(mmap.MADV_DONTNEED)
    writer.finish(pack_extras(lookups, read_overlays(data, scanned, description)))
    return Derived(description.frames, tuple(failures), description.damage)


def _add_frame(
    writer: PackWriter,
    frame: Frame,
    scanned: Scanned,
    description: PixelDescription,
    palette: Palette | None,
    lookups: Lookups,
    index: int,
) -> None:
    values, photometric = frame
    curve, padding = "linear", None
    if is_colour(photometric):
        values = to_rgb8(values, photometric, description, palette)
        window = Window(0.0, 255.0)
        least, greatest = 0.0, 255.0
    else:
        values = lookups.modality_values(values, padding_of(scanned))
        window, curve = default_window(scanned, index, values, lookups)
        padding = padding_of(scanned, lookups)
        least, greatest = _range(values)
    preview = render_preview(values, window, is_inverted(scanned, photometric), PREVIEW_SIDE, curve, padding)
    mini = render_preview(preview, None, False, MINI_SIDE)
    kind, code, wire = encode_wire(values)
    samples = values.shape[2] if values.ndim == 3 else 1
    rows, columns = values.shape[:2]
    writer.add(kind, code, samples, rows, columns, least, greatest, window, wire, webp(preview), jpeg(mini))


def _range(values: np.ndarray) -> tuple[float, float]:
    if values.dtype.kind != "f":
        return float(values.min()), float(values.max())
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
