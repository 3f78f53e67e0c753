"""What kind of file this is, from its head: preamble, file meta (PS3.10 7.1), or a bare data set without either."""

import zlib
from dataclasses import dataclass
from struct import unpack_from

from undisc.dicom.dictionary import has_tag, vr_of
from undisc.dicom.model import NotDicom, Unreadable, Value
from undisc.dicom.scan.coding import Codings, looks_explicit
from undisc.dicom.scan.render import LONG_FORM, renderers
from undisc.dicom.scan.walk import UNDEFINED, Broken, Cut, MoreNeeded, Unusual, Walk

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})

_PREFIX_AT = 128
_META_START = 132
_STRAY = 16
_KNOWN_VRS = frozenset(renderers(False)) | {"SQ"}
_META = {
    0x00020002: "MediaStorageSOPClassUID",
    0x00020003: "MediaStorageSOPInstanceUID",
    0x00020010: "TransferSyntaxUID",
}
_DAMAGED_META = "The file's own header (group 0002) cannot be read."
_OTHER_SYNTAX = "The file names another transfer syntax than the one it is written in."


@dataclass(frozen=True, slots=True)
class Head:
    """Where the data set begins and how it is encoded; `meta` holds what group 0002 says of interest."""

    dataset_start: int
    had_preamble: bool
    had_meta: bool
    meta: dict[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Encoding:
    transfer_syntax: str
    implicit: bool
    big: bool
    damage: tuple[str, ...]


def recognise(codings: Codings, head: bytes, total: int) -> Head | NotDicom | Unreadable:
    """Look at the first bytes of a file of `total` bytes; chance alone does not make a file DICOM."""
    if head[_PREFIX_AT:_META_START] == b"DICM":
        if head[_META_START : _META_START + 2] == b"\2\0":
            return _with_meta(codings, head, total, _META_START)
        if _begins_data_set(head, _META_START, total):
            return Head(_META_START, True, False, {})
    if head[:2] == b"\2\0" and _chain(head, 0, total, False, False):
        return _with_meta(codings, head, total, 0)
    if _begins_data_set(head, 0, total):
        return Head(0, False, False, {})
    return _no_data_set(head, total)


def _no_data_set(head: bytes, total: int) -> NotDicom | Unreadable:
    """Tell a file that has nothing to do with DICOM from one that nearly is, which nobody may drop in silence."""
    if head[:2] == b"\x1f\x8b" and _inflated(head)[_PREFIX_AT:_META_START] == b"DICM":
        return Unreadable("The file is a DICOM file packed with gzip; it must be unpacked first.")
    if head[_PREFIX_AT:_META_START] == b"DICM":
        return Unreadable("The file bears the mark of DICOM, and no data set follows it.")
    mark = head.find(b"DICM\2\0", 0, 4096)
    if mark >= 0:
        return Unreadable("The file bears the mark of DICOM at the wrong place.")
    for at in range(1, _STRAY):
        if _begins_data_set(head, at, total):
            return Unreadable("Stray bytes stand before the data set.")
    return NotDicom()


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 512)
    except zlib.error:
        return b""


def _begins_data_set(head: bytes, at: int, total: int) -> bool:
    return any(_chain(head, at, total, *how) for how in ((False, False), (True, False), (False, True)))


def _chain(head: bytes, at: int, total: int, implicit: bool, big: bool) -> bool:
    """Whether three plausible elements in rising order stand there, or fewer that end with the file."""
    last = -1
    order = ">" if big else "<"
    for count in range(3):
        if count and at == total:
            return True
        if at + 12 > len(head):
            return False
        group, element = unpack_from(order + "HH", head, at)
        tag = group << 16 | element
        if tag <= last or (count == 0 and group not in (0x0002, 0x0004, 0x0008)):
            return False
        if not has_tag(tag) and element != 0 and (count == 0 or not group & 1):
            return False
        last = tag
        if implicit:
            (length,) = unpack_from(order + "I", head, at + 4)
            at += 8
            undefined_allowed = has_tag(tag) and vr_of(tag) == "SQ"
        else:
            vr = head[at + 4 : at + 6].decode("latin-1")
            if vr not in _KNOWN_VRS:
                return False
            undefined_allowed = vr in ("SQ", "UN")
            if vr in LONG_FORM:
                (length,) = unpack_from(order + "I", head, at + 8)
                at += 12
            else:
                (length,) = unpack_from(order + "H", head, at + 6)
                at += 8
        if length == UNDEFINED:
            return undefined_allowed and head[at : at + 4] in (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
        at += length
        if at > total:
            return count >= 2
    return True


def _with_meta(codings: Codings, head: bytes, total: int, at: int) -> Head | Unreadable:
    """Group 0002 is read element by element; its group length is not believed, as it is often wrong."""
    had_preamble = at == _META_START
    implicit = not looks_explicit(head[at + 4 : at + 6])
    coding = codings.get(implicit, False, ("iso8859",))
    walk = Walk(codings, head, 0, total)
    meta: dict[str, tuple[Value, ...]] = {}
    try:
        while head[at : at + 2] == b"\2\0":
            element = walk.element(at, len(head), coding, {}, 1)
            keyword = _META.get(element.shape.tag)
            if keyword and isinstance(element.values, tuple):
                meta[keyword] = element.values
            at = element.following
        while head[at : at + 2] == b"\0\0" and any(head[at : at + 64]):
            # A command set left over from the network (PS3.7 6.3); it is no part of the data set.
            at = walk.element(at, len(head), codings.get(True, False, ("iso8859",)), {}, 1).following
    except Cut:
        return Unreadable("The file is cut short within its own header (group 0002).")
    except (Broken, Unusual, MoreNeeded):
        return Unreadable(_DAMAGED_META)
    return Head(at, had_preamble, True, meta)


def encoding_of(head: Head, start: bytes) -> Encoding:
    """How the data set is really encoded, given its first bytes; deflated data sets are to be inflated before."""
    claimed = str(next(iter(head.meta.get("TransferSyntaxUID", ())), ""))
    group = int.from_bytes(start[:2], "little")
    explicit = looks_explicit(start[4:6])
    if not claimed:
        if explicit and group >= 0x0400:
            return Encoding(EXPLICIT_BIG, False, True, ())
        return Encoding(EXPLICIT if explicit else IMPLICIT, not explicit, False, ())
    big = claimed == EXPLICIT_BIG
    implicit = claimed == IMPLICIT
    swapped = int.from_bytes(start[:2], "big")
    if len(start) < 8:
        return Encoding(claimed, implicit, big, ())
    if explicit and not big and group > 0xFF >= swapped:
        return Encoding(EXPLICIT_BIG, False, True, (_OTHER_SYNTAX,))
    if explicit and big and swapped > 0xFF >= group:
        return Encoding(EXPLICIT, False, False, (_OTHER_SYNTAX,))
    if explicit == implicit and not big:
        return Encoding(_really(claimed, explicit), not explicit, big, (_OTHER_SYNTAX,))
    return Encoding(claimed, implicit, big, ())


def _really(claimed: str, explicit: bool) -> str:
    """The syntax in use; a compressed one stays, as no other name would tell how its frames are packed."""
    if explicit:
        return EXPLICIT
    return IMPLICIT if claimed == EXPLICIT else claimed
