"""How a stretch of elements is encoded, and what is remembered about elements read in that encoding before."""

from collections.abc import Mapping
from struct import Struct

from undisc.dicom.dictionary import private_vr_of, vr_of
from undisc.dicom.model import Value
from undisc.dicom.scan import wanted
from undisc.dicom.scan.render import BINARY, LONG_FORM, Render, renderers

Entry = tuple[bytes, object]
"""An element's attribute object (PS3.18 F.2.2), and its values: a tuple, or for some sequences what they hold."""


class Form:
    """How tag, VR and length are laid out (plain numbers, as an enum would cost more than the reading)."""

    SHORT = 0  # VR, 16-bit length (PS3.5 table 7.1-2)
    LONG = 1  # VR, two reserved bytes, 32-bit length (PS3.5 table 7.1-1)
    BARE = 2  # no VR, 32-bit length (PS3.5 table 7.1-3)


class Kind:
    """What the reader does with an element; the kinds from CHARSET on change how later elements are read."""

    PLAIN = 0
    BINARY = 1
    SEQUENCE = 2
    PRIVATE = 3  # its VR depends on the private creator
    PUBLIC_UN = 4  # a public element written as UN
    GROUP_LENGTH = 5
    DELIMITER = 6
    PIXELS = 7
    CHARSET = 8
    CREATOR = 9
    SIGN = 10


class Shape:
    """What a tag and a VR, as they stand in the bytes, say about an element."""

    __slots__ = ("form", "keyword", "kind", "known", "prefix", "render", "tag", "vr")

    def __init__(self, tag: int, vr: str, form: int, kind: int, render: Render | None, known: bool) -> None:
        self.tag = tag
        self.vr = vr
        self.form = form
        self.kind = kind
        self.render = render
        self.known = known
        self.keyword = wanted.WANTED.get(tag)
        self.prefix = f'"{tag:08X}":{{"vr":"'.encode()


_RENDERERS = {False: renderers(False), True: renderers(True)}
_LETTERS = frozenset(range(0x41, 0x5B))
_MOST_SHAPES = 16_384
_SHAPES: dict[tuple[bool, bool, bool], tuple[dict[bytes, Shape], dict[tuple[bytes, str], Shape]]] = {
    (implicit, big, signed): ({}, {}) for implicit in (False, True) for big in (False, True) for signed in (False, True)
}
"""Shapes found so far, for all threads: a shape never changes, and each dictionary operation is atomic."""
_DELIMITERS = {0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD}


def looks_explicit(vr: bytes) -> bool:
    """Whether two bytes after a tag are a VR: capital letters; a length would have to exceed 16 kB to look so."""
    return len(vr) == 2 and vr[0] in _LETTERS and vr[1] in _LETTERS


class Coding:
    """One way in which elements are encoded: VR, byte order, character set, and the sign of pixel values.

    Holds what was rendered before under exactly these conditions, keyed by an element's bytes.
    """

    __slots__ = (
        "big",
        "cache",
        "encodings",
        "implicit",
        "key",
        "private_cache",
        "private_shapes",
        "shapes",
        "signed",
        "tag_of",
        "u16",
        "u32",
    )

    def __init__(self, implicit: bool, big: bool, encodings: tuple[str, ...], signed: bool) -> None:
        order = ">" if big else "<"
        self.implicit = implicit
        self.big = big
        self.encodings = encodings
        self.signed = signed
        self.key = 4 if implicit else 6
        self.tag_of = Struct(order + "HH").unpack_from
        self.u16 = Struct(order + "H").unpack_from
        self.u32 = Struct(order + "I").unpack_from
        self.cache: dict[bytes, Entry] = {}
        self.private_cache: dict[tuple[bytes, str], Entry] = {}
        self.shapes, self.private_shapes = _SHAPES[implicit, big, signed]

    def forget(self) -> None:
        self.cache.clear()
        self.private_cache.clear()

    def shape(self, key: bytes) -> Shape:
        """The shape for the first bytes of an element: its tag, and its VR in explicit encodings."""
        if len(self.shapes) > _MOST_SHAPES:
            self.shapes.clear()
        group, element = self.tag_of(key)
        tag = group << 16 | element
        if tag in _DELIMITERS:
            shape = Shape(tag, "", Form.BARE, Kind.DELIMITER, None, False)
        elif self.implicit or not b"AA" <= key[4:6] <= b"ZZ":
            # An element without VR amid explicit ones: some writers fall back to implicit encoding.
            shape = self._without_vr(tag, Form.BARE)
        else:
            shape = self._with_vr(tag, key[4:6].decode("latin-1"))
        self.shapes[key] = shape
        return shape

    def _with_vr(self, tag: int, vr: str) -> Shape:
        if vr not in _RENDERERS[False] and vr != "SQ":
            # VRs invented after this was written have the long form and are opaque (PS3.5 7.1.2).
            return Shape(tag, "UN", Form.LONG, Kind.BINARY, _RENDERERS[False]["UN"], False)
        form = Form.LONG if vr in LONG_FORM else Form.SHORT
        if vr != "UN":
            return self._shape(tag, vr, form)
        if tag >> 16 & 1:
            return self._private(tag, form)
        try:
            vr_of(tag)
        except KeyError:
            return self._shape(tag, "UN", form, known=False)
        return Shape(tag, "UN", form, Kind.PUBLIC_UN, _RENDERERS[False]["UN"], True)

    def _without_vr(self, tag: int, form: int) -> Shape:
        try:
            return self._shape(tag, self._certain(vr_of(tag)), form)
        except KeyError:
            if tag >> 16 & 1:
                return self._private(tag, form)
            return self._shape(tag, "UL" if tag & 0xFFFF == 0 else "UN", form, known=False)

    def _certain(self, vr: str) -> str:
        """One VR where the data dictionary leaves a choice (PS3.5 A.1 for implicit encoding)."""
        if vr == "US or SS":
            return "SS" if self.signed else "US"
        return "OW" if " or " in vr else vr

    def _private(self, tag: int, form: int) -> Shape:
        element = tag & 0xFFFF
        if 0x10 <= element <= 0xFF:
            return self._shape(tag, "LO", form)
        if element == 0 and form is Form.BARE:
            return self._shape(tag, "UN", form, known=False)
        if element & 0xFF00:
            return Shape(tag, "UN", form, Kind.PRIVATE, _RENDERERS[False]["UN"], False)
        return self._shape(tag, "UN", form, known=False)

    def public(self, shape: Shape) -> Shape:
        """The shape of a public element whose writer called it UN, by the data dictionary."""
        key = (shape.prefix, "")
        found = self.private_shapes.get(key)
        if found is None:
            found = self._shape(shape.tag, self._certain(vr_of(shape.tag)), shape.form)
            self.private_shapes[key] = found
        return found

    def private(self, shape: Shape, creator: str) -> Shape:
        """The shape of a private element once its creator is known; UN where the creator's elements are not."""
        key = (shape.prefix, creator)
        found = self.private_shapes.get(key)
        if found is None:
            try:
                vr, known = self._certain(private_vr_of(shape.tag, creator)), True
            except KeyError:
                vr, known = "UN", False
            if len(self.private_shapes) > _MOST_SHAPES:
                self.private_shapes.clear()
            found = self.private_shapes[key] = self._shape(shape.tag, vr, shape.form, known=known)
        return found

    def _shape(self, tag: int, vr: str, form: int, known: bool = True) -> Shape:
        kind = Kind.PLAIN
        if tag in wanted.PIXELS:
            kind = Kind.PIXELS
        elif tag & 0xFFFF == 0:
            kind = Kind.GROUP_LENGTH
        elif tag == wanted.CHARSET:
            kind = Kind.CHARSET
        elif tag == wanted.PIXEL_REPRESENTATION:
            kind = Kind.SIGN
        elif tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF and vr != "SQ":
            kind = Kind.CREATOR
        elif vr == "SQ":
            kind = Kind.SEQUENCE
        elif vr in BINARY or tag == wanted.DOCUMENT:
            kind = Kind.BINARY
        return Shape(tag, vr, form, kind, _RENDERERS[self.big].get(vr), known)


class Codings:
    """The codings met so far, and a common bound, in bytes, on what they remember."""

    def __init__(self, most_bytes: int) -> None:
        self._codings: dict[tuple[bool, bool, tuple[str, ...], bool], Coding] = {}
        self._most = most_bytes
        self.held = 0

    def get(self, implicit: bool, big: bool, encodings: tuple[str, ...], signed: bool = False) -> Coding:
        key = (implicit, big, encodings, signed)
        coding = self._codings.get(key)
        if coding is None:
            if len(self._codings) >= 64:
                self._codings.clear()
                self.held = 0
            coding = self._codings[key] = Coding(implicit, big, encodings, signed)
        return coding

    def charge(self, size: int) -> None:
        """Account for something remembered; everything is forgotten once the bound is passed."""
        self.held += size
        if self.held > self._most:
            for coding in self._codings.values():
                coding.forget()
            self.held = size


Values = tuple[Value, ...]
Collected = Mapping[str, Values]
