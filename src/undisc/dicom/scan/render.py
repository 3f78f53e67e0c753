"""One element's value, from its bytes to the DICOM JSON model (PS3.18 F.2) and to plain Python values."""

import re
from binascii import b2a_base64
from collections.abc import Callable
from json.encoder import encode_basestring
from math import isfinite, isnan
from struct import Struct

from undisc.dicom.charsets import decode
from undisc.dicom.model import Value

Rendered = tuple[bytes, tuple[Value, ...]]
Render = Callable[[bytes, tuple[str, ...]], Rendered]

LARGEST_INLINE = 1024
"""Binary values longer than this, in bytes, are pointed at and not copied."""

_JSON_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")
_quoted = encode_basestring


def _join(vr: str, items: list[str], values: tuple[Value, ...]) -> Rendered:
    return f'{vr}","Value":[{",".join(items)}]}}'.encode(), values


def _empty(vr: str) -> Rendered:
    return f'{vr}"}}'.encode(), ()


def _texts(vr: str, values: list[str]) -> Rendered:
    """Empty values among several are null (PS3.18 F.2.5)."""
    if len(values) == 1:
        only = values[0]
        if not only:
            return _empty(vr)
        return f'{vr}","Value":[{_quoted(only)}]}}'.encode(), (only,)
    if not any(values):
        return _empty(vr)
    return _join(vr, [_quoted(value) if value else "null" for value in values], tuple(values))


def code_string(vr: str) -> Render:
    """VRs of the default repertoire, trailing padding dropped, several values."""

    def render(value: bytes, encodings: tuple[str, ...]) -> Rendered:
        return _texts(vr, value.decode("latin-1").rstrip(" \0").split("\\"))

    return render


def ae_title(value: bytes, encodings: tuple[str, ...]) -> Rendered:
    return _texts("AE", [title.strip(" \0\t\r\n") for title in value.decode("latin-1").split("\\")])


def uri(value: bytes, encodings: tuple[str, ...]) -> Rendered:
    return _texts("UR", [value.decode("latin-1").rstrip(" \0\t\r\n")])


def text(vr: str) -> Render:
    """SH, LO, UC: several values in the character set in force."""

    def render(value: bytes, encodings: tuple[str, ...]) -> Rendered:
        return _texts(vr, [part.rstrip("\0 ") for part in decode(value, encodings).split("\\")])

    return render


def long_text(vr: str) -> Render:
    """LT, ST, UT: one value, in which a backslash is a backslash."""

    def render(value: bytes, encodings: tuple[str, ...]) -> Rendered:
        return _texts(vr, [decode(value, encodings).rstrip("\0 ")])

    return render


def person_name(value: bytes, encodings: tuple[str, ...]) -> Rendered:
    """Up to three component groups parted by "=" (PS3.5 6.2.1)."""
    items: list[str] = []
    values: list[Value] = []
    for name in decode(value.rstrip(b"\0 "), encodings).split("\\"):
        groups = name.split("=")
        while groups and not groups[-1]:
            groups.pop()
        values.append("=".join(groups))
        named = zip(("Alphabetic", "Ideographic", "Phonetic"), groups, strict=False)
        members = ",".join(f'"{kind}":{_quoted(group)}' for kind, group in named)
        items.append(f"{{{members}}}" if members else "null")
    if not any(values):
        return _empty("PN")
    return _join("PN", items, tuple(values))


def decimal_string(value: bytes, encodings: tuple[str, ...]) -> Rendered:
    """Numbers are written with the digits they came with, so that no decimal place is lost or invented."""
    items: list[str] = []
    values: list[Value] = []
    for part in value.strip(b" \0\t\r\n").split(b"\\"):
        part = part.strip(b" \0\t\r\n")
        if _JSON_NUMBER.fullmatch(part):
            items.append(part.decode("ascii"))
            values.append(float(part))
        elif part:
            _irregular_number(part, items, values)
        else:
            items.append("null")
            values.append("")
    if not any(value != "" for value in values):
        return _empty("DS")
    return _join("DS", items, _all_numbers(values))


def _all_numbers(values: list[Value]) -> tuple[Value, ...]:
    """The values, or none of them where one is no number: half a position is worse than none."""
    return () if any(isinstance(value, str) for value in values) else tuple(values)


def _irregular_number(part: bytes, items: list[str], values: list[Value]) -> None:
    """Numbers in forms that JSON has not (+1, .5, 007); what is no number at all stays text, as PS3.18 F.2.3 allows."""
    try:
        number = float(part)
    except ValueError:
        number = float("nan")
    if isfinite(number):
        items.append(repr(number))
        values.append(number)
    else:
        shown = part.decode("latin-1")
        items.append(_quoted(shown))
        values.append(shown)


def integer_string(value: bytes, encodings: tuple[str, ...]) -> Rendered:
    items: list[str] = []
    values: list[Value] = []
    for part in value.rstrip(b" \0").split(b"\\"):
        part = part.strip(b" \0\t\r\n")
        if not part:
            items.append("null")
            values.append("")
            continue
        try:
            number = int(part) if len(part) <= 64 else None
        except ValueError:
            number = None
        if number is None:
            _irregular_number(part, items, values)
            last = values[-1]
            if isinstance(last, float) and last.is_integer():
                values[-1] = int(last)
                items[-1] = str(values[-1])
        else:
            items.append(str(number))
            values.append(number)
    if not any(value != "" for value in values):
        return _empty("IS")
    return _join("IS", items, tuple(values))


def binary_numbers(vr: str, code: str, big: bool) -> Render:
    """Whole numbers and floats of fixed width; a value of the wrong length is handed on as it is, as UN."""
    order = ">" if big else "<"
    one = Struct(order + code)
    floating = code in "fd"

    def render(value: bytes, encodings: tuple[str, ...]) -> Rendered:
        length = len(value)
        if length == one.size:
            numbers = one.unpack(value)
        elif length == 0:
            return _empty(vr)
        elif length % one.size:
            return _inline("UN", value)
        else:
            numbers = Struct(f"{order}{length // one.size}{code}").unpack(value)
        if floating:
            return _join(vr, [_float(number) for number in numbers], numbers)
        return _join(vr, [str(number) for number in numbers], numbers)

    return render


def _float(number: float) -> str:
    if isfinite(number):
        return repr(number)
    # JSON knows no such numbers.
    return '"NaN"' if isnan(number) else '"inf"' if number > 0 else '"-inf"'


def attribute_tag(big: bool) -> Render:
    order = ">" if big else "<"

    def render(value: bytes, encodings: tuple[str, ...]) -> Rendered:
        count = len(value) // 4
        if not count:
            return _empty("AT")
        parts = Struct(f"{order}{count * 2}H").unpack(value[: count * 4])
        tags = [f"{parts[at]:04X}{parts[at + 1]:04X}" for at in range(0, count * 2, 2)]
        return _join("AT", [f'"{tag}"' for tag in tags], tuple(tags))

    return render


def _inline(vr: str, value: bytes) -> Rendered:
    if not value:
        return _empty(vr)
    return b'%s","InlineBinary":"%s"}' % (vr.encode(), b2a_base64(value, newline=False)), ()


def binary(vr: str) -> Render:
    def render(value: bytes, encodings: tuple[str, ...]) -> Rendered:
        return _inline(vr, value)

    return render


def bulk(vr: str, offset: int, length: int) -> bytes:
    """The rest of an attribute object whose value lies at that place in the data set's buffer."""
    return f'{vr}","BulkDataURI":"?offset={offset}&length={length}"}}'.encode()


_NUMBERS = {"FL": "f", "FD": "d", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
LONG_FORM = BINARY | {"SQ", "SV", "UC", "UR", "UT", "UV"}
"""VRs with a 32-bit length in explicit encodings (PS3.5 table 7.1-1)."""


def renderers(big: bool) -> dict[str, Render]:
    """A renderer for each VR but SQ, for values in that byte order."""
    table: dict[str, Render] = {vr: code_string(vr) for vr in ("AS", "CS", "DA", "DT", "TM", "UI")}
    table |= {vr: text(vr) for vr in ("SH", "LO", "UC")}
    table |= {vr: long_text(vr) for vr in ("LT", "ST", "UT")}
    table |= {vr: binary_numbers(vr, code, big) for vr, code in _NUMBERS.items()}
    table |= {vr: binary(vr) for vr in BINARY}
    return table | {
        "AE": ae_title,
        "AT": attribute_tag(big),
        "DS": decimal_string,
        "IS": integer_string,
        "PN": person_name,
        "UR": uri,
    }
