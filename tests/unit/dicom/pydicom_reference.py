"""What pydicom makes of a data set, in the form that a scan gives, and a comparison of the two."""

import base64
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from pydicom import dcmread
from pydicom.dataset import FileDataset

from undisc.dicom.model import Scanned
from undisc.dicom.scan.json_reference import attributes_of, normalised

DELIBERATE_DIFFERENCES = {
    "group lengths (gggg,0000) are left out": "PS3.18 F.2.2 keeps them out of the model",
    "an empty sequence has no Value": "PS3.18 F.2.5; pydicom writes an empty list",
    "an empty value among several is null": "PS3.18 F.2.5; pydicom writes an empty string, or raises for DS and IS",
    "binary values above 1,024 bytes are BulkDataURI": "they are pointed at, not copied",
    "NaN and infinity are strings": "JSON has no such numbers, and json.loads elsewhere refuses pydicom's",
    "DS keeps its digits": "1.50 and 1.5 are the same number; nothing is lost on the way back to text",
    "an IS that is no whole number keeps its fraction": "pydicom cuts it off",
    "DS, IS that are no numbers are strings": "PS3.18 F.2.3.1 allows it; pydicom raises and gives nothing",
    "binary numbers of a wrong length are UN": "pydicom raises",
    "a VR of the future is UN": "PS3.5 7.1.2; pydicom raises",
    "OB or OW, US or OW and the like in implicit encoding are OW": "pydicom leaves choices that are no VR",
    "an element cut by the file's end is left out": "pydicom takes the part that is there for the whole",
    "an empty person name among several is null": "PS3.18 F.2.5; pydicom raises IndexError",
    "escape sequences of ISO 2022 IR 58 are not part of the text": "PS3.5 annex K; pydicom leaves them in",
    "AE titles lose trailing NUL bytes": "padding is no part of a value; pydicom keeps them",
}
"""Each way in which a scan's JSON differs from pydicom's on purpose, and why."""


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    logger = logging.getLogger("pydicom")
    was, logger.disabled = logger.disabled, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.disabled = was


def read(data: bytes) -> FileDataset:
    return dcmread(BytesIO(data), force=True)


def normalised_model(model: dict[str, Any]) -> dict[str, Any]:
    """pydicom's JSON model without the deliberate differences that hold for every file."""
    result: dict[str, Any] = {}
    for tag, attribute in model.items():
        if tag.endswith("0000"):
            continue
        if attribute["vr"] == "SQ":
            items = [normalised_model(item) for item in attribute.get("Value", [])]
            result[tag] = {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
        else:
            result[tag] = normalised(attribute)
    return result


def reference_model(dataset: FileDataset) -> dict[str, Any]:
    return normalised_model(dataset.to_json_dict())


def differences(expected: dict[str, Any], found: dict[str, Any], data: bytes, path: str = "") -> list[str]:
    """Where two models differ; bulk values are looked up in `data`."""
    result: list[str] = []
    for tag in sorted(expected.keys() | found.keys()):
        here = path + tag
        if tag not in expected or tag not in found:
            result.append(f"{here} is in one only")
            continue
        want, have = expected[tag], found[tag]
        if want["vr"] != have["vr"]:
            result.append(f"{here} vr {want['vr']} {have['vr']}")
        elif "BulkDataURI" in have:
            offset, length = (int(part.split("=")[1]) for part in have["BulkDataURI"][1:].split("&"))
            if base64.b64decode(want.get("InlineBinary", "")) != data[offset : offset + length]:
                result.append(f"{here} points at other bytes")
        elif want["vr"] == "SQ":
            wanted_items, items = want.get("Value", []), have.get("Value", [])
            if len(wanted_items) != len(items):
                result.append(f"{here} has {len(items)} items for {len(wanted_items)}")
            for number, (one, other) in enumerate(zip(wanted_items, items, strict=False)):
                result += differences(one, other, data, f"{here}[{number}].")
        elif want != have:
            result.append(f"{here} {want} {have}")
    return result


def compare(scanned: Scanned, dataset: FileDataset, data: bytes) -> list[str]:
    """Every difference between a scan and pydicom: the JSON model, and the wanted attributes."""
    expected = reference_model(dataset)
    found = json.loads(scanned.json)
    result = differences(expected, found, data)
    if list(found) != sorted(found):
        result.append("the model's tags are not in ascending order (PS3.18 F.2.2)")
    for keyword, values in attributes_of(expected).items():
        if scanned.attributes.get(keyword) != values:
            result.append(f"{keyword}: {values} {scanned.attributes.get(keyword)}")
    return result
