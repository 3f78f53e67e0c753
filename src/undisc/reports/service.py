"""Reports, recordings and videos as the doors give them out, once `sharing` has allowed it."""

import gzip
import json
import mmap
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, Protocol

from undisc.archive import words
from undisc.archive.model import InstanceRow, Original
from undisc.dicom import syntaxes
from undisc.dicom.model import Scanned
from undisc.dicom.pixels.inflate import inflated
from undisc.dicom.scan import scan
from undisc.reports import recordings
from undisc.reports.clinical import MOST_BYTES, read_clinical
from undisc.reports.elements import text
from undisc.reports.marks import read_marks
from undisc.reports.model import Placed, Report, Unreadable
from undisc.reports.recordings import Group
from undisc.reports.structured import read_report
from undisc.reports.videos import Film, film, read_film, stream_of

MOST_MODEL = 16 << 20
"""Bytes of DICOM JSON that are taken apart for one page."""
_MOST_BLOCK = 1 << 16
_KEPT = 16
_TOO_LARGE = "This is too large to be shown as a page."
_DAMAGED = "This is damaged, and cannot be shown as a page."
_NO_CURVES = "This recording is stored in a way that cannot be drawn here."


class Originals(Protocol):
    """What is asked of the archive."""

    def mapped(self, instance_id: int) -> AbstractContextManager[tuple[InstanceRow, mmap.mmap] | None]: ...

    def instance(self, instance_id: int) -> InstanceRow | None: ...

    def original(self, instance_id: int) -> Original | None: ...


class Finds(Protocol):
    def by_sop_uid(self, sop_uids: Iterable[str]) -> dict[str, InstanceRow]: ...


@dataclass(frozen=True, slots=True)
class Medium:
    """Sound or moving pictures, of which any part may be asked for."""

    media_type: str
    length: int
    read: Callable[[int, int], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class _Recorded:
    groups: list[Group]
    told: bytes


class Reports:
    """Reads originals when they are asked for, two at a time, and remembers the last few. None means: nothing here."""

    def __init__(self, originals: Originals, finds: Finds) -> None:
        self._originals = originals
        self._finds = finds
        self._turns = threading.BoundedSemaphore(2)
        self._kept: OrderedDict[int, _Recorded | Film | Unreadable | bytes] = OrderedDict()
        self._keeping = threading.Lock()

    def told(self, instance_id: int) -> bytes | None:
        """What is to be shown of an instance, as gzip'ed JSON: `kind` is "report", "recording", "video" or "file"."""
        row = self._originals.instance(instance_id)
        form = words.form_of(row.sop_class, row.transfer_syntax) if row else ""
        match form:
            case "report":
                return self._once(instance_id, self._read_report)
            case "recording":
                found = self._once(instance_id, self._read_recording)
                return found.told if isinstance(found, _Recorded) else self._unreadable(found)
            case "video":
                found = self._once(instance_id, self._read_film)
                if isinstance(found, Film):
                    return _packed({"kind": "video", "type": found.media_type, "bytes": found.length})
                return self._unreadable(found, self._stream(row))
        return None

    def samples(self, instance_id: int, group: int, block: int) -> bytes | None:
        """One block of a recording's group: float32, little-endian, channel after channel, gzip'ed."""
        found = self._recording(instance_id)
        if found is None or not 0 <= group < len(found.groups):
            return None
        one = found.groups[group]
        size = block_of(one)
        if not 0 <= block * size < one.samples:
            return None
        with self._turns, self._originals.mapped(instance_id) as opened:
            if opened is None:
                return None
            data = _buffer(opened[1], scan(opened[1])) if one.inline is None else b""
            values = recordings.values_of(one, data, block * size, size)
            return gzip.compress(values.tobytes(), 1)

    def medium(self, instance_id: int, group: int = 0) -> Medium | None:
        """The video of an instance, or a recording's sound, as files that browsers play."""
        row = self._originals.instance(instance_id)
        if row is None:
            return None
        if words.form_of(row.sop_class, row.transfer_syntax) == "video":
            found = self._once(instance_id, self._read_film)
            if not isinstance(found, Film):
                found = (self._stream(row) or (None, ""))[0]
            original = self._originals.original(instance_id)
            if found is None or original is None:
                return None
            return Medium(found.media_type, found.length, lambda first, last: _read(found, original.open, first, last))
        recorded = self._recording(instance_id)
        if recorded is None or not 0 <= group < len(recorded.groups):
            return None
        with self._turns, self._originals.mapped(instance_id) as opened:
            if opened is None:
                return None
            sound = recordings.sound_of(recorded.groups[group], _buffer(opened[1], scan(opened[1])))
        if sound is None:
            return None
        whole = film("audio/wav", [sound])
        return Medium("audio/wav", whole.length, lambda first, last: _read(whole, BytesIO, first, last))

    def _recording(self, instance_id: int) -> _Recorded | None:
        row = self._originals.instance(instance_id)
        if row is None or words.form_of(row.sop_class, row.transfer_syntax) != "recording":
            return None
        found = self._once(instance_id, self._read_recording)
        return found if isinstance(found, _Recorded) else None

    def _once(self, instance_id: int, read: Callable[[InstanceRow, mmap.mmap], Any]) -> Any:
        """What reading an original gives, remembered: originals never change, and a rejected one is not asked for."""
        with self._keeping:
            if instance_id in self._kept:
                self._kept.move_to_end(instance_id)
                return self._kept[instance_id]
        with self._turns, self._originals.mapped(instance_id) as opened:
            found = read(*opened) if opened else Unreadable(_DAMAGED)
        if not isinstance(found, bytes):  # a report may soon be able to point at more pictures
            with self._keeping:
                self._kept[instance_id] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found

    def _read_report(self, row: InstanceRow, data: mmap.mmap) -> bytes:
        scanned = scan(data)
        if not isinstance(scanned, Scanned):
            return self._unreadable(Unreadable(_DAMAGED))
        if row.sop_class == words.ENCAPSULATED_CDA:
            if scanned.document is None or scanned.document.length > MOST_BYTES:
                return self._unreadable(Unreadable(_TOO_LARGE if scanned.document else _DAMAGED))
            offset, length = scanned.document
            report = read_clinical(bytes(_buffer(data, scanned)[offset : offset + length]))
        else:
            model = _model(scanned)
            if isinstance(model, Unreadable):
                return self._unreadable(model)
            report = read_report(model, lambda uids: self._places(row.study_id, uids))
            report.marks = read_marks(model, lambda uids: self._places(row.study_id, uids))
        if isinstance(report, Unreadable):
            return self._unreadable(report)
        return _packed({"kind": "report", "name": words.thing(row.sop_class).name} | _told(report))

    def _places(self, study_id: int, uids: Iterable[str]) -> dict[str, Placed]:
        """Where pictures of the same study lie; a report opens no way into another."""
        found = self._finds.by_sop_uid(uids)
        return {uid: Placed(row.series_id, row.id) for uid, row in found.items() if row.study_id == study_id}

    def _read_recording(self, row: InstanceRow, data: mmap.mmap) -> _Recorded | Unreadable:
        scanned = scan(data)
        model = _model(scanned) if isinstance(scanned, Scanned) else Unreadable(_DAMAGED)
        if isinstance(model, Unreadable) or not isinstance(scanned, Scanned):
            return model if isinstance(model, Unreadable) else Unreadable(_DAMAGED)
        groups = recordings.read_groups(model, big_endian=scanned.transfer_syntax == syntaxes.BIG_ENDIAN)
        if not groups:
            return Unreadable(_NO_CURVES)
        told = {
            "kind": "recording",
            "name": words.thing(row.sop_class).name,
            "sound": row.sop_class in words.SOUNDS,
            "ecg": row.sop_class in words.ECGS,
            "at": text(model, "0008002A")[:14],
            "patient": _patient(model),
            "groups": [group.told() | {"block": block_of(group)} for group in groups],
            "annotations": recordings.read_annotations(model, groups),
        }
        return _Recorded(groups, _packed(told))

    def _read_film(self, row: InstanceRow, data: mmap.mmap) -> Film | Unreadable:
        scanned = scan(data)
        return read_film(data, scanned, row.transfer_syntax) if isinstance(scanned, Scanned) else Unreadable(_DAMAGED)

    def _stream(self, row: InstanceRow | None) -> tuple[Film, str] | None:
        """The video of an instance as it is stored, which browsers do not play; None where there is none."""
        if row is None:
            return None
        with self._turns, self._originals.mapped(row.id) as opened:
            scanned = scan(opened[1]) if opened else None
            return stream_of(opened[1], scanned) if opened and isinstance(scanned, Scanned) else None

    def _unreadable(self, found: Unreadable, stream: tuple[Film, str] | None = None) -> bytes:
        told = {"kind": "file", "reason": found.reason}
        return _packed(told | ({"stream": stream[1], "bytes": stream[0].length} if stream else {}))


def block_of(group: Group) -> int:
    """Samples of each channel that travel together."""
    return max(1, min(group.samples, _MOST_BLOCK, recordings.MOST_AT_ONCE // len(group.channels)))


def _model(scanned: Scanned) -> dict[str, Any] | Unreadable:
    if len(scanned.json) > MOST_MODEL:
        return Unreadable(_TOO_LARGE)
    try:
        # Decimal numbers stay text: 12.50 is measured to the hundredth, 12.5 is not.
        return json.loads(scanned.json, parse_float=str)
    except (ValueError, RecursionError):
        return Unreadable(_DAMAGED)


def _buffer(data: mmap.mmap, scanned: object) -> "mmap.mmap | bytes":
    """What a scan's offsets are of."""
    return inflated(data, scanned) if isinstance(scanned, Scanned) and scanned.inflated else data


def _read(found: Film, open_file: Callable[[], BinaryIO], first: int, last: int) -> Iterator[bytes]:
    with open_file() as file:
        yield from found.read(file, first, last)


def _patient(model: dict[str, Any]) -> dict[str, str]:
    return {"name": text(model, "00100010"), "id": text(model, "00100020"), "birth_date": text(model, "00100030")}


def _told(report: Report) -> dict[str, Any]:
    return report.as_json()


def _packed(value: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(), 5)
