"""The Part 10 wrapper of a stored instance: preamble, prefix, and file meta information (PS3.10 7.1).

Only the wrapper is ever mended; the data set's own bytes stay as they were received.
"""

from struct import pack, unpack_from

from undisc.dicom.model import Scanned
from undisc.dicom.scan.frames import Buffer
from undisc.dicom.scan.render import LONG_FORM

IMPLEMENTATION_CLASS_UID = "2.25.299880636037990207406132887403820721228"
"""Made once from a random UUID (PS3.5 B.2)."""
IMPLEMENTATION_VERSION_NAME = "UNDISC_1"

_PREFIX = bytes(128) + b"DICM"
_LARGEST_META = 1_048_576
_GROUP_LENGTH = 0x0000
_VERSION = 0x0001
_SOP_CLASS = 0x0002
_SOP_INSTANCE = 0x0003
_TRANSFER_SYNTAX = 0x0010
_IMPLEMENTATION = 0x0012
_IMPLEMENTATION_VERSION = 0x0013
_SOURCE_TITLE = 0x0016
_KEPT = (_SOURCE_TITLE, 0x0017, 0x0018, 0x0100, 0x0102)
"""Who sent the file, who received it, and private information; all of it says more than silence would."""


def part10_prefix(scanned: Scanned, data: Buffer) -> bytes | None:
    """The bytes to store in front of `data[scanned.dataset_start:]` so that the whole is a valid Part 10 file.

    None where the file's own wrapper is valid and its preamble empty: then the file is stored as it is. A preamble may
    hold a program (CVE-2019-11687), so it is always zeroed; a valid file meta group is kept to the byte.
    """
    wrapper = bytes(data[: min(scanned.dataset_start, _LARGEST_META)])
    group_start = 132 if scanned.had_preamble else 0
    elements = _elements(wrapper, group_start) if scanned.had_meta else {}
    if scanned.had_preamble and _is_valid(scanned, wrapper, group_start, elements):
        if wrapper.startswith(_PREFIX):
            return None
        return _PREFIX + wrapper[132:]
    return _PREFIX + _group(scanned, elements)


def bare_prefix(sop_class: str, sop_instance: str, transfer_syntax: str, source_title: str = "") -> bytes:
    """The wrapper for a data set that came without one, over the network (PS3.10 7.1); its sender named the UIDs."""
    elements: dict[int, tuple[bytes, bytes]] = {_VERSION: (b"OB", b"\0\1")}
    for number, text in (
        (_SOP_CLASS, sop_class),
        (_SOP_INSTANCE, sop_instance),
        (_TRANSFER_SYNTAX, transfer_syntax),
        (_IMPLEMENTATION, IMPLEMENTATION_CLASS_UID),
    ):
        elements[number] = (b"UI", _padded(text, b"\0"))
    elements[_IMPLEMENTATION_VERSION] = (b"SH", _padded(IMPLEMENTATION_VERSION_NAME, b" "))
    if source_title:
        elements[_SOURCE_TITLE] = (b"AE", _padded(source_title, b" "))
    return _PREFIX + _whole_group(elements)


def retold_prefix(wrapper: bytes, transfer_syntax: str) -> bytes:
    """A stored instance's wrapper for the same data set in another transfer syntax; all else it says stays."""
    elements = _elements(wrapper, len(_PREFIX))
    elements.pop(_GROUP_LENGTH, None)
    elements[_TRANSFER_SYNTAX] = (b"UI", _padded(transfer_syntax, b"\0"))
    return _PREFIX + _whole_group(elements)


def _elements(wrapper: bytes, at: int) -> dict[int, tuple[bytes, bytes]]:
    """Group 0002 as written: element number -> (VR, value). Stops at the first thing that is not explicit VR."""
    found: dict[int, tuple[bytes, bytes]] = {}
    while at + 8 <= len(wrapper) and wrapper[at : at + 2] == b"\2\0":
        (element,) = unpack_from("<H", wrapper, at + 2)
        vr = wrapper[at + 4 : at + 6]
        if not (vr.isalpha() and vr.isupper()):
            break
        if vr.decode("latin-1") in LONG_FORM:
            if at + 12 > len(wrapper):
                break
            (length,) = unpack_from("<I", wrapper, at + 8)
            at += 12
        else:
            (length,) = unpack_from("<H", wrapper, at + 6)
            at += 8
        if at + length > len(wrapper):
            break
        found[element] = (vr, wrapper[at : at + length])
        at += length
    return found


def _is_valid(scanned: Scanned, wrapper: bytes, at: int, elements: dict[int, tuple[bytes, bytes]]) -> bool:
    """Whether every Type 1 element is there and says what the data set says (PS3.10 table 7.1-1)."""
    length = elements.get(_GROUP_LENGTH)
    if length is None or len(length[1]) != 4 or next(iter(elements)) != _GROUP_LENGTH:
        return False
    if int.from_bytes(length[1], "little") != len(wrapper) - at - 12 or len(wrapper) != scanned.dataset_start:
        return False
    if _join(elements) != wrapper[at:] or list(elements) != sorted(elements):
        return False
    expected = {
        _SOP_CLASS: _uid(scanned, "SOPClassUID", "MediaStorageSOPClassUID"),
        _SOP_INSTANCE: _uid(scanned, "SOPInstanceUID", "MediaStorageSOPInstanceUID"),
        _TRANSFER_SYNTAX: scanned.transfer_syntax,
    }
    if any(not text or _text(elements, number) != text for number, text in expected.items()):
        return False
    return bool(_text(elements, _IMPLEMENTATION)) and len(elements.get(_VERSION, (b"", b""))[1]) == 2


def _uid(scanned: Scanned, keyword: str, fallback: str) -> str:
    return str(scanned.first(keyword) or scanned.first(fallback) or "")


def _text(elements: dict[int, tuple[bytes, bytes]], number: int) -> str:
    return elements.get(number, (b"", b""))[1].decode("latin-1").rstrip(" \0")


def _group(scanned: Scanned, old: dict[int, tuple[bytes, bytes]]) -> bytes:
    """Group 0002 made anew, with what the old one alone knows."""
    elements: dict[int, tuple[bytes, bytes]] = {_VERSION: (b"OB", b"\0\1")}
    for number, text in (
        (_SOP_CLASS, _uid(scanned, "SOPClassUID", "MediaStorageSOPClassUID")),
        (_SOP_INSTANCE, _uid(scanned, "SOPInstanceUID", "MediaStorageSOPInstanceUID")),
        (_TRANSFER_SYNTAX, scanned.transfer_syntax),
        (_IMPLEMENTATION, IMPLEMENTATION_CLASS_UID),
    ):
        elements[number] = (b"UI", _padded(text, b"\0"))
    elements[_IMPLEMENTATION_VERSION] = (b"SH", _padded(IMPLEMENTATION_VERSION_NAME, b" "))
    for number in _KEPT:
        if number in old:
            elements[number] = old[number]
    if 0x0102 in elements and 0x0100 not in elements:
        del elements[0x0102]  # private information is nothing without its creator (PS3.10 table 7.1-1)
    return _whole_group(elements)


def _whole_group(elements: dict[int, tuple[bytes, bytes]]) -> bytes:
    body = _join(dict(sorted(elements.items())))
    return _join({_GROUP_LENGTH: (b"UL", pack("<I", len(body)))}) + body


def _padded(text: str, pad: bytes) -> bytes:
    value = text.encode("latin-1", "replace")
    return value + pad * (len(value) % 2)


def _join(elements: dict[int, tuple[bytes, bytes]]) -> bytes:
    parts: list[bytes] = []
    for number, (vr, value) in elements.items():
        if vr.decode("latin-1") in LONG_FORM:
            parts.append(pack("<HH2sHI", 2, number, vr, 0, len(value)) + value)
        else:
            parts.append(pack("<HH2sH", 2, number, vr, len(value)) + value)
    return b"".join(parts)
