"""The walk over elements and sequences: one pass, no length believed before the bytes are there (PS3.5 7)."""

import struct

from undisc.dicom.charsets import encodings_for
from undisc.dicom.dictionary import keyword_of
from undisc.dicom.scan import wanted
from undisc.dicom.scan.coding import Coding, Codings, Form, Kind, Shape, Values, looks_explicit
from undisc.dicom.scan.render import LARGEST_INLINE, bulk

UNDEFINED = 0xFFFFFFFF
MOST_DEPTH = 64
_LARGEST_REMEMBERED = 65_536
_ITEM = {False: b"\xfe\xff\x00\xe0", True: b"\xff\xfe\xe0\x00"}
_ITEM_END = {False: b"\xfe\xff\x0d\xe0", True: b"\xff\xfe\xe0\x0d"}
_SEQUENCE_END = {False: b"\xfe\xff\xdd\xe0", True: b"\xff\xfe\xe0\xdd"}


class Broken(Exception):
    """The structure contradicts itself; the text is a plain sentence."""


class Unusual(Exception):
    """Legible, yet not in the order that this reader relies on; pydicom reads such a file."""


class MoreNeeded(Exception):
    """The element at hand goes beyond the bytes in memory, and the file has more."""


class Cut(Exception):
    """The file ends within the element at hand."""

    def __init__(self, shape: Shape | None, missing: int, length: int) -> None:
        super().__init__()
        self.shape = shape
        self.missing = missing
        self.length = length

    def sentence(self) -> str:
        if self.shape is None or not self.length:
            return "The file is cut short within its header."
        name = keyword_of(self.shape.tag) or f"({self.shape.tag >> 16:04X},{self.shape.tag & 0xFFFF:04X})"
        return f"The file is cut short: {self.missing} of {self.length} bytes of {name} are missing."


class Element:
    """An element as it was read; `volatile` when its attribute object holds an offset into this file."""

    __slots__ = ("body", "following", "shape", "start", "values", "volatile")

    def __init__(self, following: int, shape: Shape, start: int, body: bytes, values: object, volatile: bool) -> None:
        self.following = following
        self.shape = shape
        self.start = start
        self.body = body
        self.values = values
        self.volatile = volatile


class Walk:
    """Reads elements out of `buffer`, whose first byte lies at `base` in a data set of `total` bytes."""

    __slots__ = ("_codings", "base", "buffer", "damage", "final", "is_cut", "lenient", "total")

    def __init__(self, codings: Codings, buffer: bytes, base: int, total: int) -> None:
        self._codings = codings
        self.damage: list[str] = []
        self.is_cut = False
        self.lenient = False
        self.total = total
        self.rebase(buffer, base)

    def rebase(self, buffer: bytes, base: int) -> None:
        self.buffer = buffer
        self.base = base
        self.final = base + len(buffer) >= self.total

    def element(self, at: int, end: int, coding: Coding, creators: dict[int, str], depth: int) -> Element:
        """The element at `at` of a container that ends at `end`; both count from the buffer's first byte."""
        buffer = self.buffer
        key = buffer[at : at + coding.key]
        shape = coding.shapes.get(key)
        try:
            if shape is None:
                shape = coding.shape(key)
            form = shape.form
            if form == Form.SHORT:
                (length,) = coding.u16(buffer, at + 6)
                start = at + 8
            elif form == Form.LONG:
                (length,) = coding.u32(buffer, at + 8)
                start = at + 12
            else:
                (length,) = coding.u32(buffer, at + 4)
                start = at + 8
        except struct.error:
            raise self._short(None, 0, 0) from None
        kind = shape.kind
        if kind == Kind.PIXELS and depth == 0:
            return Element(start, shape, start, b"", length, True)
        if length == UNDEFINED and form != Form.SHORT:
            return self._undefined(shape, at, start, end, coding, depth)
        following = start + length
        if following > end:
            if (
                depth == 0
                and length > LARGEST_INLINE
                and shape.vr in _POINTED_AT
                and self.base + following <= self.total
            ):
                # Its bytes need not be in memory to be pointed at.
                return Element(following, shape, start, self._pointer(shape, start, length), (), True)
            following = end = self._overlong(shape, following, end, length)
            length = end - start
        creator = ""
        if kind == Kind.PRIVATE:
            creator = creators.get(shape.tag >> 8, "")
            shape = coding.private(shape, creator)
            kind = shape.kind
        elif kind == Kind.PUBLIC_UN and length < 0xFFFF:
            shape = coding.public(shape)
            kind = shape.kind
        if length > LARGEST_INLINE and shape.vr in _POINTED_AT:
            return Element(following, shape, start, self._pointer(shape, start, length), (), True)
        raw = buffer[at:following]
        entry = coding.private_cache.get((raw, creator)) if creator else coding.cache.get(raw)
        if entry is None:
            if kind == Kind.SEQUENCE:
                return self._sequence_of_length(shape, raw, creator, start, following, coding, depth)
            if shape.render is None:
                raise Broken("A mark that ends a sequence stands where none was begun.")
            body, values = shape.render(buffer[start:following], coding.encodings)
            entry = (shape.prefix + body, values)
            self._remember(raw, creator, entry, coding)
        return Element(following, shape, start, entry[0], entry[1], kind == Kind.BINARY and shape.tag == _DOCUMENT)

    def _pointer(self, shape: Shape, start: int, length: int) -> bytes:
        return shape.prefix + bulk(shape.vr, self.base + start, length)

    def _remember(self, raw: bytes, creator: str, entry: tuple[bytes, object], coding: Coding) -> None:
        if len(raw) <= _LARGEST_REMEMBERED:
            self._codings.charge(len(raw) + len(entry[0]) + 300)
            if creator:
                coding.private_cache[(raw, creator)] = entry
            else:
                coding.cache[raw] = entry

    def _short(self, shape: Shape | None, missing: int, length: int) -> Exception:
        return Cut(shape, missing, length) if self.final else MoreNeeded()

    def _overlong(self, shape: Shape, following: int, end: int, length: int) -> int:
        """Where an element that claims too much may end: at its container's end, if it has another than the file's."""
        if end < len(self.buffer):
            self._note("An element claims more bytes than the sequence around it holds.")
            return end
        short = self._short(shape, following - end, length)
        if not isinstance(short, Cut) or shape.kind != Kind.SEQUENCE:
            raise short
        self._cut(short)
        return end

    def _cut(self, cut: Cut) -> None:
        """Go on with what there is, having said once what is missing."""
        if not self.is_cut:
            self.is_cut = True
            self._note(cut.sentence())

    def _note(self, sentence: str) -> None:
        if sentence not in self.damage:
            self.damage.append(sentence)

    # -- sequences ----------------------------------------------------------------------------------------------------

    def _sequence_of_length(
        self, shape: Shape, raw: bytes, creator: str, start: int, end: int, coding: Coding, depth: int
    ) -> Element:
        noted = len(self.damage)
        body, values, volatile, _ = self._items(shape, start, end, coding, depth + 1, False)
        entry = (shape.prefix + body, values)
        if not volatile and noted == len(self.damage):
            self._remember(raw, creator, entry, coding)
        return Element(end, shape, start, entry[0], values, volatile)

    def _undefined(self, shape: Shape, at: int, start: int, end: int, coding: Coding, depth: int) -> Element:
        """A value of undefined length: a sequence, UN that is one (PS3.5 6.2.2), or encapsulated fragments."""
        buffer = self.buffer
        if start + 8 > len(buffer):
            raise self._short(shape, 0, 0)
        is_sequence = shape.kind == Kind.SEQUENCE or (shape.vr == "UN" and shape.form == Form.LONG)
        if not is_sequence and not shape.known:
            is_sequence = buffer[start : start + 4] == _ITEM[coding.big]
        if is_sequence:
            body, values, volatile, following = self._items(shape, start, end, coding, depth + 1, True)
            return Element(following, shape, start, shape.prefix + body, values, volatile)
        stop = self._fragments_end(start, end, coding)
        length = stop - start
        if length > LARGEST_INLINE:
            body, volatile = bulk(shape.vr, self.base + start, length), True
        elif shape.render is None:
            raise Broken("A mark that ends a sequence stands where none was begun.")
        else:
            body, volatile = shape.render(buffer[start:stop], coding.encodings)[0], False
        return Element(stop + 8, shape, start, shape.prefix + body, (), volatile)

    def _fragments_end(self, at: int, end: int, coding: Coding) -> int:
        """Where the sequence delimiter of fragments begins (PS3.5 A.4)."""
        while at + 8 <= end:
            mark = self.buffer[at : at + 4]
            if mark == _SEQUENCE_END[coding.big]:
                return at
            (length,) = coding.u32(self.buffer, at + 4)
            if mark != _ITEM[coding.big] or length == UNDEFINED:
                raise Broken("An element without a length holds something that is no item.")
            at += 8 + length
        raise self._short(None, 0, 0)

    def _items(
        self, shape: Shape, at: int, end: int, coding: Coding, depth: int, undefined: bool
    ) -> tuple[bytes, object, bool, int]:
        """The items of a sequence: attribute object, what was collected, whether volatile, and what follows."""
        if depth > MOST_DEPTH:
            raise Broken(f"Sequences lie within each other more than {MOST_DEPTH} deep.")
        buffer, tag = self.buffer, shape.tag
        item_mark, last_mark = _ITEM[coding.big], _SEQUENCE_END[coding.big]
        collects = tag in wanted.MACROS or tag in _GROUPS
        objects: list[bytes] = []
        collected: list[dict[str, Values]] = []
        volatile = False
        while undefined or at < end:
            mark = buffer[at : at + 4]
            if at + 8 > end:
                at = self._ended(shape, end)
                break
            if mark == last_mark:
                at += 8
                break
            if mark != item_mark:
                raise Broken("A sequence holds something that is no item.")
            (length,) = coding.u32(buffer, at + 4)
            at += 8
            stop = end if length == UNDEFINED else at + length
            if stop > end:
                stop = self._overlong(shape, stop, end, length)
            values: dict[str, Values] | None = {} if collects else None
            body, changes, at = self._item(at, stop, coding, depth, length == UNDEFINED, values)
            objects.append(body)
            volatile = volatile or changes
            if values is not None:
                collected.append(values)
        if not objects:
            return b'SQ"}', (), volatile, at
        found: object = ()
        if collects:
            found = tuple(collected) if tag in _GROUPS else collected[0]
        return b'SQ","Value":[%s]}' % b",".join(objects), found, volatile, at

    def _ended(self, shape: Shape | None, end: int) -> int:
        """Nothing more is there at a container's end: the file's own, or one that a length set too early."""
        if end < len(self.buffer):
            self._note("A sequence ends amid an item.")
            return end
        short = self._short(shape, 0, 0)
        if not isinstance(short, Cut):
            raise short
        self._cut(short)
        return end

    def _item(
        self, at: int, end: int, coding: Coding, depth: int, undefined: bool, collected: dict[str, Values] | None
    ) -> tuple[bytes, bool, int]:
        buffer = self.buffer
        if not coding.implicit and at + 6 <= end and not looks_explicit(buffer[at + 4 : at + 6]):
            # Items may be implicit within explicit data sets: UN (PS3.5 6.2.2), and writers that mix.
            coding = self._codings.get(True, coding.big, coding.encodings, coding.signed)
        last_mark = _ITEM_END[coding.big]
        objects: list[bytes] = []
        creators: dict[int, str] = {}
        volatile = False
        last = -1
        while undefined or at < end:
            if buffer[at : at + 4] == last_mark:
                at += 8
                break
            if at + 8 > end:
                at = self._ended(None, end)
                break
            try:
                element = self.element(at, end, coding, creators, depth)
            except Cut as cut:
                self._cut(cut)
                at = len(buffer)
                break
            shape = element.shape
            if shape.tag <= last and not self.lenient:
                raise Unusual
            last = shape.tag
            at = element.following
            if shape.kind == Kind.GROUP_LENGTH:
                continue  # no part of the model (PS3.18 F.2.2)
            objects.append(element.body)
            volatile = volatile or element.volatile
            if shape.kind >= Kind.CHARSET:
                coding = self.after(element, coding, creators)
            if collected is not None:
                values = element.values
                if isinstance(values, dict):
                    for keyword, value in values.items():
                        collected.setdefault(keyword, value)
                elif shape.keyword is not None and isinstance(values, tuple):
                    collected[shape.keyword] = values
        return b"{%s}" % b",".join(objects), volatile, at

    def after(self, element: Element, coding: Coding, creators: dict[int, str]) -> Coding:
        """The coding for what follows an element that changes how the rest is read."""
        values = element.values if isinstance(element.values, tuple) else ()
        kind = element.shape.kind
        if kind == Kind.CHARSET:
            encodings = encodings_for(tuple(str(value) for value in values))
            return self._codings.get(coding.implicit, coding.big, encodings, coding.signed)
        if kind == Kind.SIGN:
            return self._codings.get(coding.implicit, coding.big, coding.encodings, values[:1] == (1,))
        tag = element.shape.tag
        creators[(tag & 0xFFFF0000 | (tag & 0xFF) << 8) >> 8] = str(values[0]) if values else ""
        return coding


_POINTED_AT = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_GROUPS = frozenset({wanted.SHARED_GROUPS, wanted.FRAME_GROUPS})
_DOCUMENT = wanted.DOCUMENT
