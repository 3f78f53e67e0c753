"""Text in DICOM: from Specific Character Set (0008,0005) and bytes to str, without ever raising (PS3.5 6.1.2)."""

import re
from collections.abc import Sequence
from functools import lru_cache

DEFAULT = "iso8859"
"""The default repertoire; read as Latin-1 so that every byte, declared or not, has a character and keeps its value."""

TEXT_DELIMITERS = frozenset(b"\r\n\t\f")
"""Control characters after which the first character set is in force again (PS3.5 6.1.2.5.3)."""

_ESCAPE = b"\x1b"

# Defined terms and escape sequences (PS3.3 C.12.1.1.2, PS3.5 annexes H to K), with what Python calls their codecs.
_REGISTERED = {
    100: ("latin_1", b"-A"),
    101: ("iso8859_2", b"-B"),
    109: ("iso8859_3", b"-C"),
    110: ("iso8859_4", b"-D"),
    126: ("iso_ir_126", b"-F"),
    127: ("iso_ir_127", b"-G"),
    138: ("iso_ir_138", b"-H"),
    144: ("iso_ir_144", b"-L"),
    148: ("iso_ir_148", b"-M"),
    166: ("iso_ir_166", b"-T"),
}
_CODECS = {
    "": DEFAULT,
    "ISO_IR 6": DEFAULT,
    "ISO 2022 IR 6": DEFAULT,
    "ISO_IR 13": "shift_jis",
    "ISO 2022 IR 13": "shift_jis",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 58": "iso_ir_58",
    "ISO_IR 192": "UTF8",
    "GB18030": "GB18030",
    "GBK": "GBK",
    "ISO 2022 GBK": "GBK",
    "ISO 2022 58": "GB2312",
    **{f"ISO_IR {number}": codec for number, (codec, _) in _REGISTERED.items()},
    **{f"ISO 2022 IR {number}": codec for number, (codec, _) in _REGISTERED.items()},
}
_ESCAPES = {
    _ESCAPE + b"(B": DEFAULT,
    _ESCAPE + b")I": "shift_jis",
    _ESCAPE + b"(J": "shift_jis",
    _ESCAPE + b"$B": "iso2022_jp",
    _ESCAPE + b"$(D": "iso2022_jp_2",
    _ESCAPE + b"$)C": "euc_kr",
    _ESCAPE + b"$)A": "iso_ir_58",
    **{_ESCAPE + code: codec for codec, code in _REGISTERED.values()},
}
_CODECS_WITH_ESCAPES = frozenset({"iso2022_jp", "iso2022_jp_2"})
_STAND_ALONE = frozenset({"ISO_IR 192", "GB18030", "GBK"})  # no code extensions beside these (PS3.3 C.12.1.1.2)
_MISSPELT = re.compile(r"ISO[ _-]?(2022[ _-]?)?IR[ _-]?([0-9]{1,3})", re.IGNORECASE)
_OTHER_NAMES = {
    "UTF-8": "ISO_IR 192",
    "UTF8": "ISO_IR 192",
    "UTF 8": "ISO_IR 192",
    "GB 18030": "GB18030",
    "GB-18030": "GB18030",
}
_PARTS = re.compile(rb"^[^\x1b]+|\x1b[^\x1b]*")
_BEARS_ASCII = b"AZaz09 ^=\\"


@lru_cache(maxsize=1024)
def encodings_for(terms: tuple[str, ...]) -> tuple[str, ...]:
    """The Python encodings that the values of (0008,0005) stand for, in their order; never empty.

    Terms misspelt in ways seen in the field ("ISO-IR 100", "ISO_IR_100", "UTF-8") are understood. A term that means
    nothing counts as the default repertoire, and UTF-8 is never guessed.
    """
    names = [_defined_term(term) for term in terms] or [""]
    if names[0] in _STAND_ALONE:
        names = names[:1]
    else:
        names = names[:1] + [name for name in names[1:] if name not in _STAND_ALONE]
    return tuple(_python_name(name) for name in names)


def _defined_term(term: str) -> str:
    term = term.strip(" \0")
    if term in _CODECS:
        return term
    if misspelt := _MISSPELT.fullmatch(term):
        extended, number = misspelt.groups()
        for candidate in (f"ISO 2022 IR {number}", f"ISO_IR {number}")[:: 1 if extended else -1]:
            if candidate in _CODECS:
                return candidate
    return _OTHER_NAMES.get(term.upper(), term)


def _python_name(term: str) -> str:
    known = _CODECS.get(term)
    if known:
        return known
    try:
        # Some writers put a codec's own name there; only those that leave ASCII alone can be meant.
        return term if str(_BEARS_ASCII, term) == _BEARS_ASCII.decode("ascii") else DEFAULT
    except (LookupError, UnicodeError, ValueError):
        return DEFAULT


def escape_to(encoding: str) -> bytes:
    """The escape sequence after which text is in one of the encodings that encodings_for gives; none for others."""
    return next((escape for escape, codec in _ESCAPES.items() if codec == encoding), b"")


def decode(value: bytes, encodings: Sequence[str], delimiters: frozenset[int] = TEXT_DELIMITERS) -> str:
    """Text of one element, all its values at once; what cannot be decoded becomes U+FFFD.

    Values are to be parted at the backslash after this and not before: in Shift-JIS, GBK and GB18030 the byte 5C may
    be half of a character.
    """
    if _ESCAPE not in value:
        return _plain(value, encodings[0])
    return "".join(_part(part, encodings, delimiters) for part in _PARTS.findall(value))


def _plain(value: bytes, encoding: str) -> str:
    try:
        return value.decode(encoding)
    except UnicodeError:
        return value.decode(encoding, errors="replace")


def _part(part: bytes, encodings: Sequence[str], delimiters: frozenset[int]) -> str:
    """A stretch that begins with an escape sequence, or the first stretch, which has none (PS3.5 6.1.2.5)."""
    if not part.startswith(_ESCAPE):
        return _plain(part, encodings[0])
    length = 4 if part.startswith((b"\x1b$(", b"\x1b$)")) else 3
    encoding = _ESCAPES.get(part[:length], "")
    if encoding != DEFAULT and encoding not in encodings:
        return part.decode(encodings[0], errors="replace")  # an escape that (0008,0005) does not announce
    try:
        if encoding in _CODECS_WITH_ESCAPES:
            return part.decode(encoding)  # the codec knows the escape sequence itself
        part = part[length:]
        stop = next((at for at, byte in enumerate(part) if byte in delimiters), len(part))
        return part[:stop].decode(encoding) + part[stop:].decode(encodings[0])
    except UnicodeError:
        return part.decode(encodings[0], errors="replace")
