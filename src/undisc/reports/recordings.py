"""Waveforms (PS3.3 C.10.9): ECG, pressures, breathing, sound, as what was measured, in the unit it was measured in.

Samples are scaled by each channel's sensitivity and baseline, and by nothing else: no filter, no resampling.
"""

import binascii
import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undisc.reports.elements import Item, first_item, items, number, numbers, text, values
from undisc.reports.units import unit_word

MOST_CHANNELS = 256
MOST_GROUPS = 64
MOST_AT_ONCE = 1 << 20
"""Values that one answer holds, all channels together."""
MOST_SOUND = 64 << 20
_MOST_ANNOTATIONS = 2_000
_FORMATS = {"SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4", "SV": "i8", "UV": "u8"}
_COMPANDED = {"MB": "u1", "AB": "u1"}  # µ-law and A-law


@dataclass(frozen=True, slots=True)
class Channel:
    """One lead, `skew` seconds late. A value is stored × scale + baseline, in `unit`; times `millivolts` it is in
    mV, where that is so."""

    label: str
    unit: str
    scale: float
    baseline: float
    skew: float
    millivolts: float | None
    filters: tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Channels that were sampled together. offset, length: where its samples lie in the data set's buffer; inline:
    the samples themselves where they are few."""

    label: str
    rate: float
    samples: int
    start: float
    channels: tuple[Channel, ...]
    format: str
    coding: str
    offset: int
    length: int
    inline: bytes | None
    padding: int | None
    size: int

    def told(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "rate": self.rate,
            "samples": self.samples,
            "start": self.start,
            "sound": bool(self.coding) or self.rate >= 4000,
            "channels": [
                {
                    "label": channel.label,
                    "unit": channel.unit,
                    "millivolts": channel.millivolts,
                    "skew": channel.skew,
                    "filters": list(channel.filters),
                }
                for channel in self.channels
            ],
        }


def read_groups(model: Item, *, big_endian: bool = False) -> list[Group]:
    """The multiplex groups that can be drawn, in their order."""
    found: list[Group] = []
    for item in items(model, "54000100"):
        group = _group(item, ">" if big_endian else "<")
        if group is not None and len(found) < MOST_GROUPS:
            found.append(group)
    return found


def _group(item: Item, order: str) -> Group | None:
    kind = text(item, "54001006").upper()
    code = _FORMATS.get(kind) or _COMPANDED.get(kind)
    rate, samples = number(item, "003A001A"), number(item, "003A0010")
    count = number(item, "003A0005")
    if code is None or not rate or not 0 < rate < 1e7 or not samples or not values(item, "003A0200"):
        return None
    channels = tuple(_channel(one, place, rate) for place, one in enumerate(items(item, "003A0200"), 1))
    if not 0 < len(channels) <= MOST_CHANNELS:
        return None
    size = int(code[1])
    if number(item, "54001004") not in (None, size * 8) or count not in (None, len(channels)):
        return None
    place = _samples(item)
    if place is None:
        return None
    offset, length, inline = place
    there = min(int(samples), length // (size * len(channels)))
    if there < 1:
        return None
    return Group(
        label=text(item, "003A0020"),
        rate=rate,
        samples=there,
        start=number(item, "00181068") or 0.0,
        channels=channels,
        format=(order if size > 1 else "") + code,
        coding=kind if kind in _COMPANDED else "",
        offset=offset,
        length=length,
        inline=inline,
        padding=_padding(item, code, order),
        size=size,
    )


def _samples(item: Item) -> tuple[int, int, bytes | None] | None:
    """Offset, length and, where they are few, the bytes of Waveform Data (5400,1010)."""
    element = item.get("54001010")
    if not isinstance(element, dict):
        return None
    uri = element.get("BulkDataURI")
    if isinstance(uri, str) and uri.startswith("?offset="):
        offset, _, length = uri.removeprefix("?offset=").partition("&length=")
        return (int(offset), int(length), None) if offset.isdecimal() and length.isdecimal() else None
    data = _inline(element)
    return (0, len(data), data) if data else None


def _inline(element: Item) -> bytes:
    said = element.get("InlineBinary")
    try:
        return binascii.a2b_base64(said) if isinstance(said, str) else b""
    except binascii.Error:
        return b""


def _padding(item: Item, code: str, order: str) -> int | None:
    element = item.get("5400100A")
    data = _inline(element) if isinstance(element, dict) else b""
    size = int(code[1])
    if len(data) < size:
        return None
    return int(np.frombuffer(data[:size], (order if size > 1 else "") + code)[0])


def _channel(item: Item, place: int, rate: float) -> Channel:
    source = first_item(item, "003A0208")
    units = first_item(item, "003A0211")
    sensitivity = number(item, "003A0210")
    correction = number(item, "003A0212")
    code = text(units, "00080100")
    given = sensitivity is not None
    scale = (1.0 if sensitivity is None else sensitivity) * (1.0 if correction is None else correction)
    baseline = number(item, "003A0213")
    by_time, by_samples = number(item, "003A0214"), number(item, "003A0215")
    return Channel(
        label=_short(text(item, "003A0203") or text(source, "00080104") or str(place)),
        unit=unit_word(code, text(units, "00080104"), text(units, "00080102")) if given else "",
        scale=scale,
        baseline=baseline or 0.0,
        skew=by_time if by_time is not None else (by_samples or 0.0) / rate,
        millivolts=_MILLIVOLTS.get(code) if given else None,
        filters=(number(item, "003A0220"), number(item, "003A0221"), number(item, "003A0222")),
    )


_MILLIVOLTS = {"nV": 1e-6, "uV": 1e-3, "mV": 1.0, "V": 1e3}
_LEADS = ("Lead ", "lead ")


def _short(label: str) -> str:
    """A lead by its own name: "Lead aVR (ECG)" is aVR to those who read it."""
    for word in _LEADS:
        label = label.removeprefix(word)
    return label.partition(" (")[0].strip() or label


def values_of(group: Group, data: "mmap.mmap | bytes", first: int, count: int) -> np.ndarray:
    """Samples first..first+count of every channel as float32, channels by samples, in the channels' own units; NaN
    where the recording has nothing. `data`: the data set's buffer, or its part for inline samples."""
    count = max(0, min(count, group.samples - first, MOST_AT_ONCE // len(group.channels)))
    width = group.size * len(group.channels)
    source = group.inline if group.inline is not None else data
    start = (0 if group.inline is not None else group.offset) + first * width
    raw = np.frombuffer(source[start : start + count * width], group.format)
    raw = raw[: raw.size // len(group.channels) * len(group.channels)].reshape(-1, len(group.channels)).T
    missing = raw == group.padding if group.padding is not None else None
    plain = _expanded(raw, group.coding).astype("f8") if group.coding else raw.astype("f8")
    scale = np.array([channel.scale for channel in group.channels])[:, None]
    baseline = np.array([channel.baseline for channel in group.channels])[:, None]
    told = (plain * scale + baseline).astype("<f4")
    if missing is not None:
        told[missing] = np.nan
    return told


def _expanded(raw: np.ndarray, coding: str) -> np.ndarray:
    """Companded sound (ITU-T G.711) as 16-bit values."""
    codes = raw.astype("i4")
    if coding == "MB":
        codes = ~codes & 0xFF
        value = (((codes & 0x0F) << 3) + 0x84 << ((codes & 0x70) >> 4)) - 0x84
        return np.where(codes & 0x80, -value, value)
    codes = codes ^ 0x55
    segment, value = (codes & 0x70) >> 4, (codes & 0x0F) << 4
    value = np.where(segment == 0, value + 8, value + 0x108 << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, value, -value)


def sound_of(group: Group, data: "mmap.mmap | bytes") -> bytes | None:
    """The group as a WAV of 16 bits a sample; None where it is too long or too quick for that."""
    length = group.samples * len(group.channels) * 2
    if length > MOST_SOUND or len(group.channels) > 8:
        return None
    source = group.inline if group.inline is not None else data
    start = 0 if group.inline is not None else group.offset
    raw = np.frombuffer(source[start : start + group.samples * len(group.channels) * group.size], group.format)
    if group.coding:
        plain = _expanded(raw, group.coding)
    elif group.size == 1:
        plain = (raw.astype("i4") - (128 if group.format == "u1" else 0)) << 8
    else:
        shift = 8 * group.size - 16
        signed = raw.astype("i8") - ((1 << (8 * group.size - 1)) if "u" in group.format else 0)
        plain = signed >> shift
    samples = np.clip(plain, -32768, 32767).astype("<i2").tobytes()
    rate, channels = round(group.rate), len(group.channels)
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def read_annotations(model: Item, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """What the recording says of itself (PS3.3 C.10.10): measurements and words, with the time that they are about."""
    found: list[dict[str, Any]] = []
    for item in items(model, "0040B020"):
        name = text(first_item(item, "0040A043"), "00080104")
        units = first_item(item, "004008EA")
        measured = text(item, "0040A30A")
        said = text(item, "00700006") or text(first_item(item, "0040A168"), "00080104")
        unit = unit_word(text(units, "00080100"), text(units, "00080104"), text(units, "00080102")) if measured else ""
        if not (name or said or measured):
            continue
        if len(found) >= _MOST_ANNOTATIONS:
            break
        found.append({"name": name, "text": measured or said, "unit": unit, "at": _when(item, groups)})
    return found


def _when(item: Item, groups: Sequence[Group]) -> float | None:
    """Seconds from the recording's beginning, of a point in time; None where it is about the whole, or about a span."""
    place = numbers(item, "0040A0B0")
    group = groups[int(place[0]) - 1] if place and 1 <= place[0] <= len(groups) else (groups[0] if groups else None)
    sample = numbers(item, "0040A132")
    if group is not None and len(sample) == 1 and 1 <= sample[0] <= group.samples:
        return round((sample[0] - 1) / group.rate, 6)
    offset = numbers(item, "0040A138")
    return round(offset[0] / 1000, 6) if len(offset) == 1 else None
