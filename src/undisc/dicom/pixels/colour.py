"""Colour to 8-bit RGB: the photometric interpretations of PS3.3 C.7.6.3.1.2 and the palettes of C.7.6.3.1.5 and .6."""

import json
import mmap
from dataclasses import dataclass

import numpy as np

from undisc.dicom.model import Scanned
from undisc.dicom.pixels import tables
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription

_TAGS = (
    ("00281101", "00281201", "00281221"),
    ("00281102", "00281202", "00281222"),
    ("00281103", "00281203", "00281223"),
)


@dataclass(frozen=True, slots=True)
class Palette:
    """table: (entries, 3), u1. first: the stored value of entry 0; values outside take the nearest entry."""

    first: int
    table: np.ndarray


def to_rgb8(values: np.ndarray, photometric: str, description: PixelDescription, palette: Palette | None) -> np.ndarray:
    """Stored values of a colour frame as (rows, columns, 3) u1. Raises FrameUndecodable where a palette is missing."""
    if photometric == "PALETTE COLOR":
        if palette is None:
            raise FrameUndecodable("Its colour table is missing or damaged.")
        index = np.clip(values.astype(np.int64) - palette.first, 0, len(palette.table) - 1)
        return palette.table[index]
    if values.ndim != 3:
        raise FrameUndecodable("The frame is not in colour.")
    eight = _eight_bits(values, description)
    if photometric in ("YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"):
        return _rgb(eight, 0.0, 1.0, 1.402, 0.344136, 0.714136, 1.772)
    if photometric.startswith("YBR_PARTIAL"):
        return _rgb(eight, 16.0, 1.164384, 1.596027, 0.391762, 0.812968, 2.017232)
    return np.ascontiguousarray(eight)


def is_colour(photometric: str) -> bool:
    return not photometric.startswith("MONOCHROME")


def _eight_bits(values: np.ndarray, description: PixelDescription) -> np.ndarray:
    if values.dtype.kind == "f":
        raise FrameUndecodable("Colour in floating point is not known here.")
    bits = description.stored
    if values.dtype.kind == "i":
        values = values.view(f"u{values.dtype.itemsize}") ^ (1 << (bits - 1))
    if bits > 8:
        return (values >> (bits - 8)).astype("u1")
    return values.astype("u1") << (8 - bits) if bits < 8 else values.astype("u1", copy=False)


def _rgb(
    ybr: np.ndarray, black: float, luma: float, red: float, green_b: float, green_r: float, blue: float
) -> np.ndarray:
    y = (ybr[:, :, 0].astype(np.float32) - np.float32(black)) * np.float32(luma) + np.float32(0.5)
    b = ybr[:, :, 1].astype(np.float32) - np.float32(128)
    r = ybr[:, :, 2].astype(np.float32) - np.float32(128)
    rgb = np.empty(ybr.shape, "u1")
    top = np.float32(255)
    np.clip(y + np.float32(red) * r, 0, top, out=rgb[:, :, 0], casting="unsafe")
    np.clip(y - np.float32(green_b) * b - np.float32(green_r) * r, 0, top, out=rgb[:, :, 1], casting="unsafe")
    np.clip(y + np.float32(blue) * b, 0, top, out=rgb[:, :, 2], casting="unsafe")
    return rgb


def read_palette(
    data: bytes | memoryview | mmap.mmap, scanned: Scanned, description: PixelDescription
) -> Palette | None:
    """The palette of an image whose pixels are its entries' numbers; None where it is missing or damaged."""
    return palette_of(data, json.loads(scanned.json), description.signed, description.big_endian)


def palette_of(data: tables.Buffer, elements: tables.Element, signed: bool, big_endian: bool) -> Palette | None:
    """The Palette Color Lookup Tables, plain or segmented; None where they are missing or do not hold together."""
    channels = []
    first = 0
    for descriptor_tag, data_tag, segmented_tag in _TAGS:
        descriptor = elements.get(descriptor_tag, {}).get("Value", [])
        if len(descriptor) != 3 or not all(isinstance(value, int) for value in descriptor):
            return None
        # Up to 65,536 entries in 16 bits: 0 stands for that many (PS3.3 C.7.6.3.1.5); old files write it signed.
        entries = (descriptor[0] & 0xFFFF) or tables.LONGEST_TABLE
        first = _first_mapped(descriptor[1], signed)
        bits = descriptor[2]
        words = tables.words(data, elements.get(data_tag), entries, big_endian)
        if words is None:
            words = tables.words(data, elements.get(segmented_tag), 0, big_endian)
            words = None if words is None else _expanded(words, entries)
        if words is None or not len(words):
            return None
        channel = (
            np.resize(words[:entries], entries)
            if len(words) >= entries
            else np.pad(words, (0, entries - len(words)), "edge")
        )
        channels.append((channel, bits))
    wide = any(bits > 8 for _, bits in channels) and max(int(channel.max()) for channel, _ in channels) > 255
    table = np.stack([channel >> 8 if wide else channel & 0xFF for channel, _ in channels], axis=1)
    return Palette(first, np.ascontiguousarray(table.astype("u1")))


def _first_mapped(value: int, signed: bool) -> int:
    value &= 0xFFFF
    return value - 0x10000 if signed and value > 0x7FFF else value


def _expanded(words: np.ndarray, entries: int) -> np.ndarray | None:
    """Segments (PS3.3 C.7.9.2): 0 discrete, 1 linear, 2 indirect; None where they do not hold together."""
    out: list[int] = []
    return np.array(out[:entries], "u2") if _run(words.tolist(), 0, None, entries, out, True) else None


def _run(words: list[int], at: int, most: int | None, entries: int, out: list[int], may_point: bool) -> bool:
    done = 0
    while at + 1 < len(words) and len(out) < entries and (most is None or done < most):
        opcode, length = words[at], words[at + 1]
        done += 1
        if length == 0:  # each segment must give something, so that the table's length bounds the work
            return False
        elif opcode == 0:
            out += words[at + 2 : at + 2 + length]
            at += 2 + length
        elif opcode == 1 and out and at + 2 < len(words):
            start, end = out[-1], words[at + 2]
            out += [round(start + (end - start) * step / length) for step in range(1, length + 1)]
            at += 3
        elif opcode == 2 and may_point and at + 3 < len(words):
            # The offset is in bytes, and an indirect segment must not point at another one.
            target = (words[at + 2] | words[at + 3] << 16) // 2
            if not _run(words, target, length, entries, out, False):
                return False
            at += 4
        else:
            return False
    return bool(out)
