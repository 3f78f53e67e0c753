"""A stored file with some of its patient's and study's attributes corrected, and what they were before kept within.

Only the elements named change, and the Original Attributes Sequence (0400,0561; PS3.3 C.12.1.1.9.1) tells what they
were, when, by whom and why. Every other byte goes through as it is, pixel data and unknown elements included.
"""

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import pack
from typing import NamedTuple

from undisc.dicom.charsets import TEXT_DELIMITERS
from undisc.dicom.explicit import Inconvertible, Rewriter
from undisc.dicom.model import Scanned
from undisc.dicom.scan.frames import Buffer

CORRECTABLE: Mapping[str, tuple[int, str, int]] = {
    "AccessionNumber": (0x00080050, "SH", 16),
    "ReferringPhysicianName": (0x00080090, "PN", 64),
    "StudyDescription": (0x00081030, "LO", 64),
    "PatientName": (0x00100010, "PN", 64),
    "PatientID": (0x00100020, "LO", 64),
    "IssuerOfPatientID": (0x00100021, "LO", 64),
    "PatientBirthDate": (0x00100030, "DA", 8),
    "PatientSex": (0x00100040, "CS", 16),
}
"""What may be corrected: tag, VR, and most characters of a value (of a component group of a name, PS3.5 6.2.1)."""

_CHARACTER_SET = 0x00080005
_ORIGINAL_ATTRIBUTES = 0x04000561
_MODIFIED_ATTRIBUTES = 0x04000550
_MODIFIED_AT = 0x04000562
_MODIFIED_BY = 0x04000563
_SOURCE = 0x04000564
_REASON = 0x04000565
_ITEM = 0xFFFEE000
_UNICODE = "ISO_IR 192"
_MOST_INFLATED = 1 << 31
_READ = frozenset({_CHARACTER_SET, _ORIGINAL_ATTRIBUTES, *(tag for tag, _, _ in CORRECTABLE.values())})
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_IMPLICIT = "1.2.840.10008.1.2"


class Uncorrectable(Exception):
    """This file cannot carry the correction; the text is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Modification:
    """One act of correcting. values: keyword of CORRECTABLE -> the text that is right. reason: CORRECT or COERCE."""

    values: Mapping[str, str]
    at: datetime
    system: str
    source: str = ""
    reason: str = "CORRECT"


class Stretch(NamedTuple):
    """Bytes of the stored file that go through as they are."""

    start: int
    end: int


class _Found(NamedTuple):
    """An element of the top level: where it begins, its value if it may be written, and where the next one begins."""

    start: int
    value: bytes
    end: int


def corrected(data: Buffer, scanned: Scanned, modifications: Sequence[Modification]) -> list[bytes | Stretch]:
    """The file as it leaves, in pieces. Raises Uncorrectable."""
    if not scanned.inflated:
        return _spliced(data, scanned.dataset_start, scanned.transfer_syntax, modifications)
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = engine.decompress(memoryview(data)[scanned.dataset_start :], _MOST_INFLATED)
    if not engine.eof:
        raise Uncorrectable("Its data set is larger than can be corrected.")
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    out = io.BytesIO()
    for piece in _spliced(inflated, 0, scanned.transfer_syntax, modifications):
        out.write(packer.compress(piece if isinstance(piece, bytes) else inflated[piece.start : piece.end]))
    out.write(packer.flush())
    whole = out.getvalue()
    return [Stretch(0, scanned.dataset_start), whole + b"\0" * (len(whole) % 2)]  # PS3.5 A.5


def _spliced(data: Buffer, start: int, syntax: str, modifications: Sequence[Modification]) -> list[bytes | Stretch]:
    coding = _Coding(implicit=syntax == _IMPLICIT, big=syntax == _BIG_ENDIAN)
    found = dict(_elements(data, start, coding))
    written = _instead(coding, found, modifications)
    pieces: list[bytes | Stretch] = []
    at = 0
    places = sorted(found.items())
    for tag, (vr, value) in sorted(written.items()):
        here = found.get(tag)
        # Before the first element with a greater tag; what was walked ends behind all tags that are written.
        begin = (
            here.start if here else next((each.start for other, each in places if other > tag), _walked(places, start))
        )
        if begin > at:
            pieces.append(Stretch(at, begin))
        pieces.append(coding.element(tag, vr, value))
        at = here.end if here else begin
    pieces.append(Stretch(at, len(data)))
    return pieces


def _walked(places: Sequence[tuple[int, _Found]], start: int) -> int:
    return places[-1][1].end if places else start


def _instead(
    coding: "_Coding", found: Mapping[int, _Found], modifications: Sequence[Modification]
) -> dict[int, tuple[str, bytes]]:
    """The elements to write: what was corrected, what it was before, and the character set where it has to be wider."""
    named = found[_CHARACTER_SET].value.decode("latin-1").strip(" \0") if _CHARACTER_SET in found else ""
    texts = [value for each in modifications for value in each.values.values()]
    written: dict[int, tuple[str, bytes]] = {}
    if not named and not all(text.isascii() for text in texts):
        named = _UNICODE  # without one all text is ASCII, which UTF-8 leaves as it is
        written[_CHARACTER_SET] = ("CS", b"ISO_IR 192")
    current = {tag: each.value for tag, each in found.items()}
    items = [found[_ORIGINAL_ATTRIBUTES].value] if _ORIGINAL_ATTRIBUTES in found else []
    for each in modifications:
        before: list[bytes] = []
        for keyword, text in sorted(each.values.items(), key=lambda pair: CORRECTABLE[pair[0]][0]):
            tag, vr, _ = CORRECTABLE[keyword]
            before.append(coding.element(tag, vr, current.get(tag, b"")))
            current[tag] = _encoded(text, vr, named)
            written[tag] = (vr, current[tag])
        items.append(coding.item(_told(coding, each, b"".join(before), named)))
    written[_ORIGINAL_ATTRIBUTES] = ("SQ", b"".join(items))
    return written


def _told(coding: "_Coding", each: Modification, before: bytes, charset: str) -> bytes:
    return b"".join(
        (
            coding.element(_MODIFIED_ATTRIBUTES, "SQ", coding.item(before)),
            coding.element(_MODIFIED_AT, "DT", each.at.strftime("%Y%m%d%H%M%S.%f+0000").encode()),
            coding.element(_MODIFIED_BY, "LO", _encoded(each.system[:64], "LO", charset)),
            coding.element(_SOURCE, "LO", _encoded(each.source[:64], "LO", charset)),
            coding.element(_REASON, "CS", each.reason.encode()),
        )
    )


def _encoded(text: str, vr: str, charset: str) -> bytes:
    if text.isascii():
        return text.encode()
    # Loaded here, since most names are ASCII.
    from pydicom import charset as charsets
    from pydicom.valuerep import PersonName

    encodings = charsets.convert_encodings(charset.split("\\"))
    try:
        if vr == "PN":
            name = PersonName(text)
            assert name is not None
            raw = name.encode(encodings)
            again = str(PersonName(raw, encodings))
        else:
            raw = charsets.encode_string(text, encodings)
            again = charsets.decode_bytes(raw, encodings, set(TEXT_DELIMITERS))
    except (LookupError, UnicodeError, ValueError):
        raw, again = b"", ""
    if again != text:
        raise Uncorrectable("The character set of these files has no signs for what is to be written.")
    return bytes(raw)


def _elements(data: Buffer, start: int, coding: "_Coding") -> Iterator[tuple[int, _Found]]:
    """The elements of the top level, and the first one behind all that may be written, in order."""
    walk = Rewriter(data, len(data), implicit=coding.implicit, big=coding.big, signed=False, allocated=16)
    last = -1
    try:
        for place in walk.places(start):
            if place.tag <= last:
                raise Uncorrectable("Its elements are not in order.")
            last = place.tag
            wanted = place.tag in _READ
            value = bytes(memoryview(data)[place.value : place.value_end]) if wanted else b""
            yield place.tag, _Found(place.start, value, place.end)
            if place.tag > _ORIGINAL_ATTRIBUTES:
                return
    except Inconvertible as error:
        raise Uncorrectable(str(error)) from error


class _Coding:
    """How elements are written in a file's own transfer syntax (PS3.5 7.1)."""

    def __init__(self, *, implicit: bool, big: bool) -> None:
        self.implicit = implicit
        self.big = big
        self._order = ">" if big else "<"

    def element(self, tag: int, vr: str, value: bytes) -> bytes:
        if len(value) % 2:
            value += b" "
        group, number = tag >> 16, tag & 0xFFFF
        if self.implicit:
            return pack(self._order + "HHI", group, number, len(value)) + value
        if vr == "SQ":
            return pack(self._order + "HH2sHI", group, number, b"SQ", 0, len(value)) + value
        return pack(self._order + "HH2sH", group, number, vr.encode(), len(value)) + value

    def item(self, elements: bytes) -> bytes:
        return pack(self._order + "HHI", _ITEM >> 16, _ITEM & 0xFFFF, len(elements)) + elements
