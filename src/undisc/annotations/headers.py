"""The headers of the pictures that notes are on, out of the metadata that the archive made when they came."""

import gzip
import json
from collections.abc import Iterable
from typing import Any, Protocol

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from undisc.archive.model import InstanceRow

_KEYWORDS = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber"),
    *("ReferringPhysicianName", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID", "Modality"),
    *("Rows", "Columns", "NumberOfFrames", "PhotometricInterpretation"),
    *("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter", "WindowWidth", "ModalityLUTSequence"),
)
_TAGS = frozenset(f"{tag_for_keyword(keyword):08X}" for keyword in _KEYWORDS)
_INSTANCE = "00080018"


class Metadata(Protocol):
    def series_metadata(self, series_id: int) -> bytes | None:
        """A DICOM JSON array, gzip-compressed."""
        ...


def headers(archive: Metadata, rows: Iterable[InstanceRow]) -> dict[int, Dataset] | None:
    """What notes need of each instance's header, by the row's number; None where one is not to be had."""
    wanted = {str(row.names.instance): row for row in rows}
    found: dict[int, Dataset] = {}
    for series in {row.series_id for row in wanted.values()}:
        packed = archive.series_metadata(series)
        for model in json.loads(gzip.decompress(packed)) if packed else ():
            row = wanted.get(_value(model, _INSTANCE))
            header = _read(model) if row else None
            if row is not None and header is not None:
                found[row.id] = header
    return found if len(found) == len(wanted) else None


def _read(model: dict[str, Any]) -> Dataset | None:
    # A table that lies in the bulk data would not come along.
    said = {tag: element for tag, element in model.items() if tag in _TAGS and "BulkDataURI" not in json.dumps(element)}
    try:
        read = Dataset.from_json(said)
        # Values are turned into Python's own when they are first asked for.
        complete = all(str(read[element.tag].value) is not None for element in read)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return None
    return read if complete and "Rows" in read and "Columns" in read else None


def _value(model: dict[str, Any], tag: str) -> str:
    values = model.get(tag, {}).get("Value") or [""]
    return str(values[0])
