"""Lookup tables: those of the Modality LUT and VOI LUT (PS3.3 C.11.1, C.11.2), and how any table's entries are read."""

import base64
import binascii
import json
import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.model import PixelDescription

LONGEST_TABLE = 65536
MOST_TABLES = 16
_BULK = re.compile(r"\?offset=(\d{1,18})&length=(\d{1,18})")
_MODALITY, _VOI = "00283000", "00283010"
_SHARED, _PER_FRAME, _FRAME_VOI = "52009229", "52009230", "00289132"

Buffer = bytes | memoryview | mmap.mmap
Element = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LookupTable:
    """values: u2, one for each input from `first` on; inputs outside take the nearest. bits: of the output, 1 to 16."""

    name: str
    first: int
    bits: int
    values: np.ndarray

    def at(self, inputs: np.ndarray) -> np.ndarray:
        """The output for whole inputs."""
        return self.values[np.clip(inputs.astype(np.int64) - self.first, 0, len(self.values) - 1)]

    def shades(self) -> np.ndarray:
        """The outputs as f4 from 0 to 1."""
        return np.minimum(self.values.astype(np.float32) / np.float32((1 << self.bits) - 1), np.float32(1))


@dataclass(frozen=True, slots=True)
class Lookups:
    """The tables of one instance. per_frame: VOI LUTs of single frames of an enhanced object, in place of `voi`.

    padding: which outputs of the Modality LUT stand for padding; one that the table itself never gives.
    """

    modality: LookupTable | None = None
    voi: tuple[LookupTable, ...] = ()
    per_frame: Mapping[int, tuple[LookupTable, ...]] = field(default_factory=dict)
    padding: int | None = None

    def of_frame(self, index: int) -> tuple[LookupTable, ...]:
        return self.per_frame.get(index, self.voi)

    def modality_values(self, stored: np.ndarray, padding: tuple[float, float] | None) -> np.ndarray:
        """Stored values as the Modality LUT has them, u2; as they are where there is none."""
        if self.modality is None:
            return stored
        values = self.modality.at(stored)
        if padding is not None and self.padding is not None:
            values[(stored >= padding[0]) & (stored <= padding[1])] = self.padding
        return values


NO_LOOKUPS = Lookups()


def read_lookups(data: Buffer, scanned: Scanned, description: PixelDescription) -> Lookups:
    """The Modality and VOI LUTs of a grey instance; a table that does not hold together counts as absent."""
    if b'"00283000":' not in scanned.json and b'"00283010":' not in scanned.json:
        return NO_LOOKUPS
    model = json.loads(scanned.json)
    signed, big = description.signed, description.big_endian
    modality = next(_tables(data, items(model, _MODALITY)[:1], signed, big), None)
    signed = signed and modality is None
    voi = tuple(_tables(data, items(model, _VOI), signed, big))
    shared = [item for group in items(model, _SHARED)[:1] for item in items(group, _FRAME_VOI)[:1]]
    voi = voi or tuple(_tables(data, [table for item in shared for table in items(item, _VOI)], signed, big))
    per_frame = {}
    for index, group in enumerate(items(model, _PER_FRAME)[: description.frames]):
        own = [table for item in items(group, _FRAME_VOI)[:1] for table in items(item, _VOI)]
        found = tuple(_tables(data, own, signed, big))
        if found:
            per_frame[index] = found
    return Lookups(modality, voi, per_frame, None if modality is None else _unused(modality))


def _unused(table: LookupTable) -> int | None:
    free = np.setdiff1d(np.arange(LONGEST_TABLE), table.values)
    return int(free[0]) if len(free) else None


def items(model: Element, tag: str) -> list[Element]:
    """The items of a sequence in a DICOM JSON model."""
    found = model.get(tag, {}).get("Value", [])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def values_of(model: Element, tag: str) -> list[Any]:
    """An element's values in a DICOM JSON model."""
    found = model.get(tag, {}).get("Value", [])
    return found if isinstance(found, list) else []


def _tables(data: Buffer, found: list[Element], signed: bool, big_endian: bool) -> Iterator[LookupTable]:
    for item in found[:MOST_TABLES]:
        table = read_table(data, item, signed, big_endian)
        if table is not None:
            yield table


def read_table(data: Buffer, item: Element, signed: bool, big_endian: bool) -> LookupTable | None:
    """One item of a LUT sequence; None where it does not hold together."""
    descriptor = values_of(item, "00283002")
    if len(descriptor) != 3 or not all(isinstance(value, int) for value in descriptor):
        return None
    # Up to 65,536 entries in 16 bits: 0 stands for that many (PS3.3 C.11.1.1).
    entries = (descriptor[0] & 0xFFFF) or LONGEST_TABLE
    first = descriptor[1] - 0x10000 if signed and descriptor[1] > 0x7FFF else descriptor[1]
    values = words(data, item.get("00283006"), entries, big_endian)
    if values is None or not len(values):
        return None
    values = values[:entries]
    bits = descriptor[2] if 1 <= descriptor[2] <= 16 else 16
    # A table may hold more than its descriptor allows; nothing of it is cut off.
    bits = max(bits, int(values.max()).bit_length())
    name = "".join(str(value) for value in values_of(item, "00283003")[:1])
    return LookupTable(name, first, bits, np.ascontiguousarray(values))


def words(data: Any, element: Element | None, entries: int, big_endian: bool) -> np.ndarray | None:
    """A table's values, one a word; 8-bit entries packed two a word are told by their length."""
    if not element:
        return None
    values = element.get("Value")
    if isinstance(values, list) and values and all(isinstance(value, int) for value in values):
        return np.array(values[: LONGEST_TABLE * 2], dtype=np.int64).astype("u2")
    found = binary(data, element, 4 * LONGEST_TABLE)
    if found is None or len(found[0]) < 2:
        return None
    raw, order = found[0], ">" if big_endian and found[1] else "<"
    if entries and len(raw) <= entries + 1 and len(raw) < entries * 2:
        whole = np.frombuffer(raw, "u1")
        return (whole.reshape(-1, 2)[:, ::-1].reshape(-1) if order == ">" and len(raw) % 2 == 0 else whole).astype("u2")
    return np.frombuffer(raw[: len(raw) // 2 * 2], f"{order}u2").astype("u2")


def binary(data: Any, element: Element, most: int) -> tuple[bytes, bool] | None:
    """At most `most` bytes of a binary value, and whether they are as they lie in the file, in its byte order."""
    if isinstance(element.get("InlineBinary"), str):
        try:
            return base64.b64decode(element["InlineBinary"], validate=True)[:most], False
        except (binascii.Error, ValueError):
            return None
    if found := _BULK.search(str(element.get("BulkDataURI", ""))):
        offset, length = int(found[1]), min(int(found[2]), most)
        return bytes(memoryview(data)[offset : offset + length]), True
    return None
