"""Values of the DICOM JSON model as elements in Explicit VR Little Endian, in a character set that holds their text.

What is written here are keys of directory records: copies for finding things by. They are held to the lengths and the
repertoires that PS3.5 6.2 sets, whatever the instance that they come from does.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from struct import pack
from typing import Any

from undisc.dicom import charsets
from undisc.dicom.explicit import element, header

Model = Mapping[str, Any]
"""A data set as the DICOM JSON model (PS3.18 F.2), its attributes by their tags in eight digits."""

_MOST_DEPTH = 8
_LARGEST_SEQUENCE = 1 << 20
_LONGEST = {"AE": 16, "AS": 4, "CS": 16, "DA": 8, "DS": 16, "DT": 26, "IS": 12, "LO": 64, "SH": 16, "TM": 14, "UI": 64}
_LONGEST_GROUP = 64  # of a component group of a person name (PS3.5 6.2.1)
_LONGEST_TEXT = 1024
_TEXT = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_NUMBERS = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "UL": "I", "US": "H", "SV": "q", "UV": "Q"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_PLAIN_CODE = re.compile(r"[^A-Z0-9_ ]+")
_DATE = re.compile(r"\d{8}")
_TIME = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")
_UID = re.compile(r"[0-9.]{1,64}")
_JIS_X_0201 = "shift_jis"
_TO_ROMAN = b"\x1b(J"
_DELIMITERS = re.compile(r"([\\^=])")
_NAME_DELIMITERS = charsets.TEXT_DELIMITERS | frozenset(b"^=")


def texts(model: Model, tag: int, vr: str) -> list[str]:
    """An attribute's values as text, empty ones left out, as are those that break the rules of this VR."""
    found = model.get(f"{tag:08X}")
    values = found.get("Value") if isinstance(found, Mapping) else None
    if not isinstance(values, list):
        return []
    told = (_text_of(vr, value) for value in values)
    return [text for text in told if text]


def items_of(model: Model, tag: int) -> list[Model]:
    """The items of a sequence."""
    found = model.get(f"{tag:08X}")
    values = found.get("Value") if isinstance(found, Mapping) else None
    return [item for item in values if isinstance(item, Mapping)] if isinstance(values, list) else []


def _text_of(vr: str, value: Any) -> str:
    if isinstance(value, Mapping):
        groups = [str(value.get(kind) or "") for kind in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(_CONTROL.sub(" ", group)[:_LONGEST_GROUP].strip() for group in groups).rstrip("=")
    if value is None or isinstance(value, (bool, list)):
        return ""
    text = _CONTROL.sub(" ", str(value)).strip()
    if vr == "DS" and len(text) > _LONGEST["DS"] and isinstance(value, float):
        text = f"{value:.9g}"
    if vr == "DA":
        text = text.replace(".", "") if len(text) == 10 else text  # as ACR-NEMA wrote it (PS3.5 6.2)
        return text if _DATE.fullmatch(text) else ""
    if vr == "TM":
        text = text.replace(":", "")
        return text if _TIME.fullmatch(text) else ""
    if vr == "UI":
        return text if _UID.fullmatch(text) else ""
    if vr == "IS":
        return text if text.lstrip("+-").isdecimal() and len(text) <= 12 else ""
    if vr == "CS":
        text = _PLAIN_CODE.sub("", text.upper())
    return text[: _LONGEST.get(vr, _LONGEST_TEXT)].strip()


class CharacterSet:
    """One of the ways of writing a record's text: the values of (0008,0005), and text in them."""

    def __init__(self, terms: Sequence[str]) -> None:
        self.terms = tuple(terms)
        self._encodings = charsets.encodings_for(self.terms)

    def encoded(self, text: str) -> bytes | None:
        """The text in this character set; None where it cannot be written so that it reads the same again."""
        if text.isascii() and "\x1b" not in text:
            return text.encode()
        try:
            found = self._extended(text)
        except UnicodeError:
            return None
        return found if charsets.decode(found, self._encodings, _NAME_DELIMITERS) == text else None

    def _extended(self, text: str) -> bytes:
        """With code extensions, each component by itself: delimiters reset them (PS3.5 6.1.2.5.3)."""
        return b"".join(self._component(part) for part in _DELIMITERS.split(text))

    def _component(self, text: str) -> bytes:
        for number, encoding in enumerate(self._encodings):
            try:
                found = text.encode(encoding)
            except UnicodeError:
                continue
            if encoding == _JIS_X_0201 and len(found) != len(text):
                continue  # the codec knows more than that set does
            if encoding.startswith("iso2022"):  # its codec writes the escape sequences itself
                return found[:-3] + _TO_ROMAN if self._encodings[0] == _JIS_X_0201 else found
            return charsets.escape_to(encoding) + found if number else found
        raise UnicodeError("no one set has all of it")

    def element(self) -> bytes:
        return element(0x00080005, "CS", "\\".join(self.terms).encode("ascii")) if any(self.terms) else b""


_DEFAULT = CharacterSet(())
_FALLBACKS = (CharacterSet(("ISO_IR 100",)), CharacterSet(("ISO_IR 192",)))


@lru_cache(maxsize=64)
def _character_set(terms: tuple[str, ...]) -> CharacterSet:
    return CharacterSet(terms)


def character_set_for(model: Model, wanted: Sequence[str]) -> CharacterSet:
    """What all of these texts can be written in: the default repertoire where it will do, else what the instance
    says that it is in, else Latin 1, else UTF-8, so that a reader that knows the instances' set knows the index's."""
    if all(text.isascii() for text in wanted):
        return _DEFAULT
    told = model.get("00080005")
    values = told.get("Value") if isinstance(told, Mapping) else None
    terms = tuple(value if isinstance(value, str) else "" for value in (values if isinstance(values, list) else ()))
    own = (_character_set(terms),) if any(terms) and all(term.isascii() for term in terms) else ()
    for candidate in (*own, *_FALLBACKS):
        if all(candidate.encoded(text) is not None for text in wanted):
            return candidate
    return _FALLBACKS[-1]


def text_element(tag: int, vr: str, values: Sequence[str], charset: CharacterSet) -> bytes:
    """An element of texts, as `texts` gives them."""
    joined = "\\".join(values)
    encoded = charset.encoded(joined) if vr in _TEXT else joined.encode("ascii", "replace")
    return element(tag, vr, joined.encode("utf-8", "replace") if encoded is None else encoded)


def all_texts(items: Sequence[Any], depth: int = 0) -> Iterator[str]:
    """Every text within a sequence's items."""
    for item in items if depth < _MOST_DEPTH else ():
        for key, attribute in item.items() if isinstance(item, Mapping) else ():
            if not isinstance(attribute, Mapping):
                continue
            if attribute.get("vr") == "SQ":
                yield from all_texts(attribute.get("Value") or [], depth + 1)
            elif attribute.get("vr") in _TEXT and key != "00080005":
                yield from texts(item, int(key, 16), str(attribute["vr"]))


def sequence(tag: int, items: Sequence[Any], charset: CharacterSet, depth: int = 0) -> bytes:
    """A sequence of items of the DICOM JSON model; what is no text, number, tag or sequence is left out.

    Empty where the items are more than a key can be.
    """
    written = bytearray()
    for item in items if depth < _MOST_DEPTH else ():
        if not isinstance(item, Mapping):
            continue
        body = b"".join(_attribute(item, key, charset, depth) for key in sorted(item))
        written += pack("<HHI", 0xFFFE, 0xE000, len(body)) + body
        if len(written) > _LARGEST_SEQUENCE:
            return b""
    return header(tag, "SQ", len(written)) + bytes(written)


def _attribute(item: Model, key: str, charset: CharacterSet, depth: int) -> bytes:
    attribute = item[key]
    if len(key) != 8 or not isinstance(attribute, Mapping) or key == "00080005":
        return b""
    try:
        tag = int(key, 16)
    except ValueError:
        return b""
    vr, values = str(attribute.get("vr")), attribute.get("Value") or []
    if tag & 0xFFFF == 0 or not isinstance(values, list):
        return b""
    if vr == "SQ":
        return sequence(tag, values, charset, depth + 1)
    if vr in _NUMBERS:
        try:
            return element(tag, vr, pack(f"<{len(values)}{_NUMBERS[vr]}", *values))
        except struct.error:
            return b""
    if vr == "AT":
        tags = [value for value in values if isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f]{8}", value)]
        return element(tag, vr, b"".join(pack("<HH", int(each[:4], 16), int(each[4:], 16)) for each in tags))
    if vr in _TEXT or vr in _LONGEST or vr == "UR":
        return text_element(tag, vr, texts(item, tag, vr), charset)
    return b""
