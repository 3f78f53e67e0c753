"""Data sets made by hypothesis and written by pydicom: all VRs, nesting, private blocks, character sets, syntaxes."""

import struct
from io import BytesIO
from typing import Any

from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from tests.unit.dicom.pydicom_reference import quiet_pydicom

SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)

_CHARSETS = {
    "": "abcXYZ 019^=",
    "ISO_IR 100": "abc äöüéß^ =",
    "ISO_IR 144": "abc Люкceмбypг^=",
    "ISO_IR 192": "abc 山田^太郎=やまだ😀",
    "GB18030": "abc 王^小东=",
    "ISO 2022 IR 6\\ISO 2022 IR 87": "abc 山田^太郎=",
    "ISO 2022 IR 6\\ISO 2022 IR 149": "abc 김^희중=",
}

_plain = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", min_size=0, max_size=12)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "AE": _plain,
    "AS": st.sampled_from(["", "045Y", "003M"]),
    "AT": st.integers(1, 0xFFFFFFFF).map(Tag),
    "CS": _plain,
    "DA": st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0")),
    "DS": st.one_of(st.integers(-99999, 99999), st.decimals(-9999, 9999, places=3)).map(
        lambda number: str(number)[:16]
    ),
    "DT": st.datetimes().map(lambda when: f"{when.year:04d}{when:%m%d%H%M%S.%f}"),
    "FD": st.floats(allow_nan=False, allow_infinity=False),
    "FL": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "IS": st.integers(-(2**31), 2**31 - 1).map(str),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "SS": st.integers(-(2**15), 2**15 - 1),
    "SV": st.integers(-(2**63), 2**63 - 1),
    "TM": st.times().map(lambda at: f"{at:%H%M%S.%f}"),
    "UI": st.lists(st.integers(0, 99999), min_size=1, max_size=6).map(lambda parts: "1." + ".".join(map(str, parts))),
    "UL": st.integers(0, 2**32 - 1),
    "UR": st.sampled_from(["", "https://example.org/a?b=c", "urn:oid:1.2.3"]),
    "US": st.integers(0, 2**16 - 1),
    "UV": st.integers(0, 2**64 - 1),
}
_BYTES = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")
_TEXTS = ("LO", "SH", "UC")
_LONG_TEXTS = ("LT", "ST", "UT")

# Public tags by VR, so that implicit encoding finds the VR in the dictionary.
_PUBLIC: dict[str, tuple[int, ...]] = {
    "AE": (0x00080054, 0x00080055),
    "AS": (0x00101010,),
    "AT": (0x00280009, 0x00209165),
    "CS": (0x00080008, 0x00080060, 0x00180015),
    "DA": (0x00080020, 0x00100030),
    "DS": (0x00180050, 0x00200032, 0x00280030, 0x00281050),
    "DT": (0x0008002A,),
    "FD": (0x00189087,),
    "FL": (0x00089459,),
    "IS": (0x00200011, 0x00200013),
    "LO": (0x0008103E, 0x00100020, 0x00080070),
    "LT": (0x00104000, 0x00204000),
    "PN": (0x00100010, 0x00080090),
    "SH": (0x00080050, 0x00200010),
    "SL": (0x00186020,),
    "SS": (0x00189219,),
    "ST": (0x00080081,),
    "TM": (0x00080030, 0x00080031),
    "UC": (0x00080119,),
    "UI": (0x00080018, 0x0020000D, 0x0020000E),
    "UL": (0x00209157,),
    "UR": (0x00081190,),
    "US": (0x00280010, 0x00280011, 0x00280103),
    "UT": (0x0040A160,),
    "OB": (0x00420011,),
    "OW": (0x00281201,),
}
_SEQUENCES = (0x00081140, 0x00400275, 0x00081115)


@st.composite
def _values(draw: st.DrawFn, vr: str, letters: str) -> Any:
    if vr in _BYTES:
        unit = {"OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2}.get(vr, 2)
        return draw(st.binary(max_size=1400 // unit)) * unit
    if vr in _LONG_TEXTS:
        return draw(st.text(letters + "\\", max_size=30)).rstrip(" ")
    if vr in _TEXTS or vr == "PN":
        texts = st.text(letters.replace("=", "") if vr != "PN" else letters, max_size=10).map(str.strip)
        several = draw(st.lists(texts, max_size=3))
        if vr == "PN":
            # pydicom raises on an empty name among several, so there is nothing to compare with.
            several = ["=".join(name.split("=")[:3]) for name in several if name.strip("= ")]
        return several
    if vr in ("UR", "AS"):
        return draw(_VALUES[vr])
    return draw(st.lists(_VALUES[vr], max_size=3))


@st.composite
def data_sets(draw: st.DrawFn, depth: int = 2, charset: str | None = None) -> Dataset:
    """A data set with a character set of its own at the top, which its items inherit."""
    dataset = Dataset()
    top = charset is None
    if charset is None:
        charset = draw(st.sampled_from(sorted(_CHARSETS)))
        if charset:
            dataset.add_new(0x00080005, "CS", charset.split("\\"))
    letters = _CHARSETS[charset]
    for vr in draw(st.lists(st.sampled_from(sorted(_PUBLIC)), max_size=12, unique=True)):
        for tag in draw(st.lists(st.sampled_from(_PUBLIC[vr]), min_size=1, max_size=2, unique=True)):
            if tag != 0x00280103 or top:
                dataset.add(DataElement(Tag(tag), vr, draw(_values(vr, letters))))
    if draw(st.booleans()):
        _add_private(draw, dataset, letters)
    if depth:
        for tag in draw(st.lists(st.sampled_from(_SEQUENCES), max_size=2, unique=True)):
            items = draw(st.lists(data_sets(depth=depth - 1, charset=charset), max_size=3))
            for item in items:
                item.is_undefined_length_sequence_item = draw(st.booleans())
            dataset.add_new(tag, "SQ", Sequence(items))
            dataset[tag].is_undefined_length = draw(st.booleans())
    return dataset


def _add_private(draw: st.DrawFn, dataset: Dataset, letters: str) -> None:
    creator = draw(st.sampled_from(["UNDISC TEST", "SIEMENS CSA HEADER", "GEMS_IDEN_01"]))
    block = dataset.private_block(0x0029, creator, create=True)
    choices = sorted({*_VALUES, *_BYTES, *_TEXTS, *_LONG_TEXTS, "PN"})
    for number, vr in enumerate(draw(st.lists(st.sampled_from(choices), max_size=5))):
        block.add_new(0x80 + number, vr, draw(_values(vr, letters)))


def written(dataset: Dataset, syntax: str, group_lengths: bool = False) -> bytes:
    """The data set as a Part 10 file in that transfer syntax."""
    out = BytesIO()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta = meta
    if group_lengths:
        dataset.add_new(0x00080000, "UL", 0)
    with quiet_pydicom():
        dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def element(tag: int, vr: str, value: bytes) -> bytes:
    """One explicit VR little endian element, as it lies in a file."""
    group, number = tag >> 16, tag & 0xFFFF
    if vr in {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}:
        return struct.pack("<HH2sHI", group, number, vr.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def file_of(*elements: bytes, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """A Part 10 file around elements already encoded."""
    meta = element(0x00020002, "UI", b"1.2.840.10008.5.1.4.1.1.7\0") + element(0x00020003, "UI", b"1.2.3.4\0")
    meta += element(0x00020010, "UI", syntax.encode() + b"\0" * (len(syntax) % 2))
    return bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + b"".join(elements)
