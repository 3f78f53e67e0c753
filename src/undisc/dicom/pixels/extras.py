"""What a pack tells of an instance beside its pictures: lookup tables and overlays, as a viewer is told of them."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from undisc.dicom.pixels.overlays import Overlay
from undisc.dicom.pixels.tables import Lookups, LookupTable

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extras:
    """modality: whether the stored values have gone through a Modality LUT. padding: what stands for padding then.

    tables: VOI LUTs by frame, overlays by frame; under None those of all frames.
    """

    modality: bool = False
    padding: int | None = None
    tables: Mapping[int | None, list[Told]] = field(default_factory=dict)
    overlays: Mapping[int | None, list[Told]] = field(default_factory=dict)

    def tables_of(self, frame: int) -> list[Told]:
        return self.tables.get(frame, self.tables.get(None, []))

    def overlays_of(self, frame: int) -> list[Told]:
        return self.overlays.get(None, []) + self.overlays.get(frame, [])


def pack_extras(lookups: Lookups, overlays: list[Overlay]) -> bytes:
    """As bytes for the pack; none where there is nothing to tell."""
    by_frame: dict[int | None, tuple[LookupTable, ...]] = {**lookups.per_frame}
    if lookups.voi:
        by_frame[None] = lookups.voi
    if lookups.modality is None and not by_frame and not overlays:
        return b""
    told = {
        "modality": lookups.modality is not None,
        "padding": lookups.padding,
        "tables": [[frame, [told_table(table) for table in tables]] for frame, tables in by_frame.items()],
        "overlays": [[overlay.frame, overlay.told()] for overlay in overlays],
    }
    return json.dumps(told, separators=(",", ":")).encode()


def unpack_extras(packed: bytes) -> Extras:
    """The inverse of pack_extras."""
    if not packed:
        return Extras()
    told = json.loads(packed)
    overlays: dict[int | None, list[Told]] = {}
    for frame, overlay in told["overlays"]:
        overlays.setdefault(frame, []).append(overlay)
    return Extras(told["modality"], told["padding"], dict(told["tables"]), overlays)


def table_of(told: Told) -> LookupTable:
    """The table that was told of."""
    values = np.frombuffer(base64.b64decode(told["data"]), "<u2")
    return LookupTable(told["name"], told["first"], told["bits"], values)


def told_table(table: LookupTable) -> Told:
    """A table as viewers are told of it."""
    data = base64.b64encode(table.values.astype("<u2").tobytes()).decode()
    return {"name": table.name, "first": table.first, "bits": table.bits, "data": data}
