"""The slow path: pydicom reads what the fast one will not vouch for, and the result takes the same form."""

import json
import logging
import threading
import warnings
from io import BytesIO
from math import isfinite
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.valuerep import VR

from undisc.dicom.model import Value
from undisc.dicom.scan.render import LARGEST_INLINE
from undisc.dicom.scan.wanted import PIXELS, WANTED

_LOCK = threading.Lock()
_POINTED_AT = {VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.UN}


class ReferenceFailed(Exception):
    """pydicom cannot make sense of the data set either."""


def to_json(
    header: bytes, start: int, implicit: bool, big: bool, first_offset: int = 0
) -> tuple[dict[str, Any], dict[str, tuple[Value, ...]]]:
    """The DICOM JSON model of `header` from `start` to its pixel data, and its wanted attributes.

    first_offset: where `header` begins in its file, for the places of bulk values. Raises ReferenceFailed.
    """
    with _LOCK, warnings.catch_warnings():
        # pydicom quotes values in its warnings, and values are patient data; the lock is for these global switches.
        warnings.simplefilter("ignore")
        logger = logging.getLogger("pydicom")
        was_disabled, logger.disabled = logger.disabled, True
        try:
            stream = BytesIO(header)
            stream.seek(start)
            dataset = read_dataset(stream, implicit, not big, stop_when=lambda tag, vr, length: int(tag) in PIXELS)
            model = {}
            for tag in sorted(dataset.keys()):
                if tag & 0xFFFF:
                    model[f"{tag:08X}"] = _element(dataset[tag], header, first_offset, top=True)
        except Exception as error:  # whatever a hostile file makes pydicom raise
            raise ReferenceFailed from error
        finally:
            logger.disabled = was_disabled
    return model, attributes_of(model)


def _element(element: DataElement, header: bytes, first_offset: int, top: bool) -> dict[str, Any]:
    if element.VR == VR.SQ:
        items = [_item(item, header) for item in element.value]
        return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
    if top and element.VR in _POINTED_AT and isinstance(element.value, bytes) and len(element.value) > LARGEST_INLINE:
        at, length = element.file_tell, len(element.value)
        if at is not None and header[at : at + length] == element.value:
            return {"vr": str(element.VR), "BulkDataURI": f"?offset={first_offset + at}&length={length}"}
    return normalised(element.to_json_dict(None, LARGEST_INLINE))


def _item(item: Dataset, header: bytes) -> dict[str, Any]:
    return {f"{tag:08X}": _element(item[tag], header, 0, top=False) for tag in sorted(item.keys()) if tag & 0xFFFF}


def normalised(attribute: dict[str, Any]) -> dict[str, Any]:
    """pydicom's attribute object in the form PS3.18 F.2.5 asks for: nothing for no value, null for an empty one."""
    if "Value" not in attribute:
        return attribute
    values = [_plain(value) for value in attribute["Value"]]
    if not any(value is not None for value in values):
        return {"vr": attribute["vr"]}
    return {"vr": attribute["vr"], "Value": values}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return value if any(value.values()) else None
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if value != value else "inf" if value > 0 else "-inf"
    return None if value == "" else value


def attributes_of(model: dict[str, Any]) -> dict[str, tuple[Value, ...]]:
    """The wanted attributes, out of a DICOM JSON model."""
    attributes: dict[str, tuple[Value, ...]] = {}
    for tag, keyword in WANTED.items():
        attribute = model.get(f"{tag:08X}")
        if attribute is None:
            continue
        values = tuple(_value(value) for value in attribute.get("Value", ()))
        numeric = attribute["vr"] in ("DS", "IS")
        attributes[keyword] = () if numeric and any(isinstance(value, str) for value in values) else values
    return attributes


def _value(value: Any) -> Value:
    if value is None:
        return ""
    if isinstance(value, dict):
        groups = [value.get(kind, "") for kind in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(groups).rstrip("=")
    return value


def encoded(model: dict[str, Any]) -> bytes:
    return json.dumps(model, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
