"""Data sets as the reader of headers gives them to reports."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import Dataset

from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan


def bytes_of(dataset: Dataset) -> bytes:
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def scanned_of(data: bytes) -> Scanned:
    found = scan(data)
    assert isinstance(found, Scanned), found
    return found


def model_of(dataset: Dataset) -> dict[str, Any]:
    return json.loads(scanned_of(bytes_of(dataset)).json, parse_float=str)


def model_of_file(path: Path) -> dict[str, Any]:
    return json.loads(scanned_of(path.read_bytes()).json, parse_float=str)
