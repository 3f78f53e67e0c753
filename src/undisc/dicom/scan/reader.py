"""The header reader: from a file's bytes to what a scan says about it, remembering what series have in common."""

import zlib
from dataclasses import dataclass, field

from undisc.dicom.model import Extent, Malformed, PixelLayout, Scanned, ScanResult, Unreadable
from undisc.dicom.scan import wanted
from undisc.dicom.scan.coding import Coding, Codings, Kind, Values
from undisc.dicom.scan.frames import Buffer, encapsulated, native, number
from undisc.dicom.scan.recognise import DEFLATED, Encoding, Head, encoding_of, recognise
from undisc.dicom.scan.render import bulk
from undisc.dicom.scan.template import Known, Templates
from undisc.dicom.scan.walk import UNDEFINED, Broken, Cut, Element, MoreNeeded, Unusual, Walk
from undisc.dicom.syntaxes import VIDEO

_WINDOW = 262_144
_MOST_INFLATED = 268_435_456
_HARMLESS_INFLATED = 16_777_216
_MOST_RATIO = 200
_DEFAULT = ("iso8859",)
_SERIES = {False: b"\x20\x00\x0e\x00", True: b"\x00\x20\x00\x0e"}


@dataclass(slots=True)
class _Findings:
    """What has been read of one data set so far."""

    objects: list[bytes] = field(default_factory=list)
    attributes: dict[str, Values] = field(default_factory=dict)
    groups: dict[int, object] = field(default_factory=dict)
    pixels: PixelLayout | None = None
    pixels_at: int | None = None
    document: Extent | None = None
    extended: dict[int, tuple[int, ...]] = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)
    video: bool = False


class HeaderScanner:
    """Scans headers, and gets faster on files like those before; one a thread.

    handed_over: how many data sets were left to pydicom. Memory for what is remembered is bounded by `most_bytes`.
    """

    def __init__(self, most_bytes: int = 33_554_432) -> None:
        self._codings = Codings(most_bytes // 2)
        self._templates = Templates(64, most_bytes // 2)
        self.handed_over = 0

    @property
    def held(self) -> int:
        """About how many bytes are remembered."""
        return self._codings.held + self._templates.held

    def scan(self, data: Buffer) -> ScanResult:
        """What the bytes of one whole file are; never raises for what the bytes hold."""
        total = len(data)
        start = data if isinstance(data, bytes) else bytes(data[:_WINDOW])
        head = recognise(self._codings, start, total)
        if not isinstance(head, Head):
            return head
        at = head.dataset_start
        inflated = not DEFLATED.isdisjoint(head.meta.get("TransferSyntaxUID", ()))
        if inflated:
            unpacked = _inflate(data, at)
            if not isinstance(unpacked, bytes):
                return unpacked
            data = start = unpacked
            total, at = len(unpacked), 0
        if at >= total:
            return Unreadable("The file ends after its own header and holds no data set.")
        encoding = encoding_of(head, start[at : at + 8])
        try:
            return self._scan_data_set(data, start, at, total, head, encoding, inflated)
        except Broken as broken:
            return Malformed(str(broken))

    def _scan_data_set(
        self, data: Buffer, start: bytes, at: int, total: int, head: Head, encoding: Encoding, inflated: bool
    ) -> ScanResult:
        coding = self._codings.get(encoding.implicit, encoding.big, _DEFAULT)
        video = not VIDEO.isdisjoint(head.meta.get("TransferSyntaxUID", ()))
        try:
            walk = Walk(self._codings, start, 0, total)
            found = self._read(data, walk, at, coding, video)
            body = b"{%s}" % b",".join(found.objects)
        except Unusual:
            # Loaded here, since hardly any file needs it and pydicom is slow to load.
            from undisc.dicom.scan import json_reference

            self.handed_over += 1
            walk = Walk(self._codings, start, 0, total)
            walk.lenient = True
            found = self._read(data, walk, at, coding, video)
            end = total if found.pixels_at is None else found.pixels_at
            try:
                model, attributes = json_reference.to_json(bytes(data[:end]), at, encoding.implicit, encoding.big)
            except json_reference.ReferenceFailed:
                return Malformed("The elements of the data set are out of order and cannot be read.")
            if found.pixels is not None:
                layout = found.pixels
                tag = next(tag for tag, keyword in wanted.PIXELS.items() if keyword == layout.keyword)
                uri = f"?offset={layout.value.offset}&length={layout.value.length}"
                model[f"{tag:08X}"] = {"vr": layout.vr, "BulkDataURI": uri}
            found.attributes = attributes
            body = json_reference.encoded(model)
        if not found.objects:
            return Unreadable("No element of the data set can be read.")
        damage = (*encoding.damage, *walk.damage, *found.damage)
        return _result(found, body, head, encoding, inflated, total, damage)

    # -- the loop over the top level ----------------------------------------------------------------------------------

    def _read(self, data: Buffer, walk: Walk, at: int, coding: Coding, video: bool) -> _Findings:
        found = _Findings(video=video)
        objects, attributes, groups = found.objects, found.attributes, found.groups
        creators: dict[int, str] = {}
        buffer = walk.buffer
        key = None if walk.lenient else _series_key(buffer, at, coding)
        template = self._templates.find(key) if key else None
        learning: list[list[Known]] | None = [[]] if key and template is None else None
        runs = template.runs if template else []
        index = 0
        last = -1
        while True:
            if index < len(runs):
                run = runs[index]
                if buffer.startswith(run.chunk, at) and run.first_tag > last:
                    if run.body:
                        objects.append(run.body)
                    attributes.update(run.attributes)
                    if run.groups:
                        groups.update(run.groups)
                    if run.creators:
                        creators.update(run.creators)
                    coding, last = run.coding, run.last_tag
                    at += run.size
                    index += 1
                    continue
            if at >= len(buffer):
                if walk.final and walk.base + at >= walk.total:
                    break
                at = self._further(data, walk, at)
                buffer = walk.buffer
                continue
            if index < len(runs) and template is not None and at + 4 <= len(buffer):
                group, number_in_group = coding.tag_of(buffer, at)
                tag = group << 16 | number_in_group
                while index < len(runs) and runs[index].last_tag < tag:
                    if runs[index].changes_context:
                        runs = []
                        self._templates.drop(key)
                        break
                    index += 1
                if index < len(runs) and tag > last and template.settle(index, buffer, at, tag):
                    continue
            try:
                noted = len(walk.damage)
                element = walk.element(at, len(buffer), coding, creators, 0)
                shape = element.shape
                if shape.tag <= last and not walk.lenient:
                    if shape.tag == 0 and not any(buffer[at:]) and walk.final:
                        break  # padding at the end of the file
                    raise Unusual
                if shape.kind == Kind.PIXELS:
                    at = self._pixels(data, walk, at, element, coding, found)
                    buffer = walk.buffer
                    last = shape.tag
                    continue
            except MoreNeeded:
                at = self._further(data, walk, at)
                buffer = walk.buffer
                continue
            except (Cut, Unusual, Broken) as trouble:
                if found.pixels is not None:
                    found.damage.append("Bytes that belong to nothing stand after the picture.")
                    break
                if isinstance(trouble, Cut):
                    found.damage.append(trouble.sentence())
                    break
                raise
            last = shape.tag
            values = element.values
            if shape.kind != Kind.GROUP_LENGTH:
                objects.append(element.body)
            if shape.keyword is not None and isinstance(values, tuple):
                attributes[shape.keyword] = values
            elif shape.kind == Kind.SEQUENCE:
                if values:
                    groups[shape.tag] = values
            elif shape.tag in _LOCATED:
                _locate(element, walk, coding, found)
            before = at
            at = element.following
            if shape.kind >= Kind.CHARSET:
                coding = walk.after(element, coding, creators)
                if runs:
                    runs = []
                    self._templates.drop(key)
            if learning is not None:
                if element.volatile or shape.tag in _LOCATED or len(walk.damage) > noted:
                    learning.append([])
                else:
                    raw = buffer[before:at]
                    learning[-1].append(Known(raw, shape, element.body, values, coding))
        if learning is not None and key is not None:
            self._templates.keep(key, learning)
        return found

    def _further(self, data: Buffer, walk: Walk, at: int) -> int:
        """Bring more of the file into memory, from the element at `at` on; returns that element's new place."""
        place = walk.base + at
        size = max(_WINDOW, 2 * (len(walk.buffer) - at))
        walk.rebase(bytes(data[place : place + size]), place)
        return 0

    def _pixels(self, data: Buffer, walk: Walk, at: int, element: Element, coding: Coding, found: _Findings) -> int:
        """Lay out the pixel data; returns where the element after them lies, counted from the buffer's first byte."""
        shape, start, length = element.shape, walk.base + element.start, element.values
        assert isinstance(length, int)
        attributes = _with_groups(found)
        if length == UNDEFINED:
            tables = (found.extended.get(wanted.EXTENDED_OFFSETS), found.extended.get(wanted.EXTENDED_LENGTHS))
            extended = (tables[0], tables[1]) if tables[0] and tables[1] else None
            layout, following, damage = encapsulated(
                data,
                shape.tag,
                "OB" if coding.implicit else shape.vr,
                start,
                walk.total,
                coding.big,
                attributes,
                extended,
                found.video,
            )
        else:
            layout, damage = native(shape.tag, shape.vr, start, length, walk.total, attributes)
            following = min(start + length, walk.total)
        found.damage.extend(damage)
        found.pixels, found.pixels_at = layout, walk.base + at
        found.objects.append(shape.prefix + bulk(layout.vr, layout.value.offset, layout.value.length))
        return following - walk.base


_LOCATED = frozenset({wanted.EXTENDED_OFFSETS, wanted.EXTENDED_LENGTHS, wanted.DOCUMENT})


def _locate(element: Element, walk: Walk, coding: Coding, found: _Findings) -> None:
    """Note where a value lies that is used by its place and not by its attribute object."""
    tag = element.shape.tag
    if tag == wanted.DOCUMENT:
        found.document = Extent(walk.base + element.start, element.following - element.start)
        return
    value = walk.buffer[element.start : element.following]
    order = "big" if coding.big else "little"
    found.extended[tag] = tuple(int.from_bytes(value[at : at + 8], order) for at in range(0, len(value) // 8 * 8, 8))


def _series_key(buffer: bytes, at: int, coding: Coding) -> tuple[Coding, bytes] | None:
    """What files of one series share and others do not: their Series Instance UID, found without reading up to it."""
    place = buffer.find(_SERIES[coding.big], at, at + 65_536)
    if place < 0 or place + 8 > len(buffer):
        return None
    (length,) = coding.u32(buffer, place + 4) if coding.implicit else coding.u16(buffer, place + 6)
    return (coding, buffer[place : place + 8 + min(length, 72)])


def _inflate(data: Buffer, at: int) -> bytes | Malformed | Unreadable:
    """A deflated data set (PS3.5 A.5), within bounds on its size and on how much it may grow."""
    packed = bytes(data[at:])
    most = min(_MOST_INFLATED, max(_HARMLESS_INFLATED, len(packed) * _MOST_RATIO))
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(packed, most)
    except zlib.error:
        return Unreadable("The data set is deflated and cannot be inflated.")
    if unpacker.unconsumed_tail and not unpacker.eof:
        return Malformed("The deflated data set grows beyond all measure when inflated.")
    return unpacked or Unreadable("The data set is deflated and cannot be inflated.")


def _with_groups(found: _Findings) -> dict[str, Values]:
    """The attributes, with those of the first frame's functional groups where the top level has none."""
    for tag in (wanted.FRAME_GROUPS, wanted.SHARED_GROUPS):
        items = found.groups.get(tag)
        if isinstance(items, tuple) and items:
            for keyword, values in items[0].items():
                found.attributes.setdefault(keyword, values)
    return found.attributes


def _per_frame(found: _Findings) -> tuple[dict[str, Values], ...]:
    shared_items, frame_items = (found.groups.get(tag, ()) for tag in (wanted.SHARED_GROUPS, wanted.FRAME_GROUPS))
    shared_first = shared_items[0] if isinstance(shared_items, tuple) and shared_items else {}
    shared = {keyword: shared_first[keyword] for keyword in wanted.PER_FRAME & shared_first.keys()}
    if not isinstance(frame_items, tuple) or not frame_items:
        if not shared or found.pixels is None:
            return ()
        return (shared,) * min(number(found.attributes, "NumberOfFrames", 1), len(found.pixels.frames))
    return tuple(shared | {k: frame[k] for k in wanted.PER_FRAME & frame.keys()} for frame in frame_items)


def _result(
    found: _Findings, body: bytes, head: Head, encoding: Encoding, inflated: bool, total: int, damage: tuple[str, ...]
) -> Scanned | Malformed:
    attributes = _with_groups(found) if found.groups else found.attributes
    for keyword in wanted.INTEGERS:
        values = attributes.get(keyword)
        if values and isinstance(values[0], str):
            if keyword in wanted.STRUCTURAL:
                return Malformed(f"{keyword} holds text where a number belongs.")
            attributes[keyword] = ()
    for keyword in ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID"):
        if keyword in head.meta:
            attributes[keyword] = head.meta[keyword]
    return Scanned(
        transfer_syntax=encoding.transfer_syntax,
        dataset_start=head.dataset_start,
        had_preamble=head.had_preamble,
        had_meta=head.had_meta,
        attributes=attributes,
        json=body,
        pixels=found.pixels,
        header_end=total if found.pixels_at is None else found.pixels_at,
        inflated=inflated,
        damage=damage,
        per_frame=_per_frame(found) if found.groups else (),
        document=found.document,
    )
