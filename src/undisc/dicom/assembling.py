"""From the DICOM JSON model and its bulk data to a Part 10 file (PS3.18 F.2, 10.5.1.2), by way of pydicom."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from undisc.dicom import syntaxes
from undisc.dicom.uid import is_usable_uid

_IMAGE_SYNTAXES = {
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jphc": "1.2.840.10008.1.2.4.201",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
}
"""What each media type is, where nothing is said of its transfer syntax (PS3.18 table 8.7.3-2 and -3)."""

_PIXEL_DATA = ("7FE00010", "7FE00008", "7FE00009")


@dataclass(frozen=True, slots=True)
class Bulk:
    """Bulk data that came along. transfer_syntax: "" where nothing is said of it."""

    media_type: str
    transfer_syntax: str
    data: bytes


def assemble(model: dict[str, Any], bulk_at: Callable[[str], Bulk | None], out: Path) -> str:
    """Write one instance to a file; returns why it cannot be, as a plain sentence, or ""."""
    # Loaded here, since it takes a third of a second and few senders come this way.
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID

    missing = False

    def value_of(_tag: str, _vr: str, uri: str) -> bytes | None:
        nonlocal missing
        found = bulk_at(uri)
        missing |= found is None
        return None if found is None else found.data

    pixels = _pixels(model, bulk_at)
    syntax = _syntax(pixels)
    if syntax is None:
        return "The encoding of its pixel data is not one that can be taken in this way."
    try:
        # Group 2 is the file's, not the instance's; the sender cannot know it (F.2.1).
        said = {tag: element for tag, element in model.items() if not tag.startswith(("0000", "0002"))}
        dataset = Dataset.from_json(said, value_of)
        if missing:
            return "Bulk data that it names did not come along."
        dataset.SpecificCharacterSet = "ISO_IR 192"
        if pixels is not None and syntax != syntaxes.EXPLICIT:
            dataset.PixelData = encapsulate([pixels.data])
            dataset["PixelData"].VR = "OB"
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = UID(str(dataset.get("SOPClassUID", "")))
        meta.MediaStorageSOPInstanceUID = UID(str(dataset.get("SOPInstanceUID", "")))
        meta.TransferSyntaxUID = UID(syntax)
        dataset.file_meta = meta
        if not all(is_usable_uid(str(dataset.get(name, ""))) for name in ("SOPClassUID", "SOPInstanceUID")):
            return "Its identifiers are missing, or are no UIDs."
        dataset.save_as(out, enforce_file_format=True)
    except Exception:  # the library raises whatever a hostile model leads it into
        return "Its metadata are not the DICOM JSON model."
    return ""


def _pixels(model: dict[str, Any], bulk_at: Callable[[str], Bulk | None]) -> Bulk | None:
    for tag in _PIXEL_DATA:
        element = model.get(tag)
        uri = element.get("BulkDataURI") if isinstance(element, dict) else None
        if isinstance(uri, str):
            return bulk_at(uri)
    return None


def _syntax(pixels: Bulk | None) -> str | None:
    if pixels is None or pixels.media_type == "application/octet-stream":
        return syntaxes.EXPLICIT
    usual = _IMAGE_SYNTAXES.get(pixels.media_type)
    return (pixels.transfer_syntax or usual) if usual is not None else None
