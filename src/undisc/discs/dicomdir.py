"""The disc's index, a DICOMDIR (PS3.3 Annex F), read for what it can still tell; never trusted, never fatal."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from undisc.discs.model import DicomDir, IndexedFile

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LARGEST = 32 * 1024 * 1024
_MOST_RECORDS = 200_000
_LONGEST_TEXT = 1024
_LEVELS = {"PATIENT": 0, "STUDY": 1, "SERIES": 2, "IMAGE": 3}
_CUT_SHORT = "The disc's index is damaged; only a part of it could be read."
_ITEM_LITTLE = b"\xfe\xff\x00\xe0"
_SEQUENCE_LITTLE = b"\x04\x00\x20\x12"  # (0004,1220)
_SEQUENCE_END_LITTLE = b"\xfe\xff\xdd\xe0"
_FIRST_ELEMENT_LITTLE = b"\x04\x00\x00\x14"  # (0004,1400), with which every directory record begins


def read_dicomdir(data: bytes) -> DicomDir:
    """The files that an index lists, in its own order, with what it says of each; notes tell what is wrong with it.

    Hostile bytes give an empty or partial list and a note, never an exception.
    """
    if len(data) > LARGEST:
        return DicomDir(notes=("The disc's index is too large to be one, and was not read.",))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _read(data)
        except Exception:  # pydicom's parser meets hostile bytes with whatever its parts raise
            return DicomDir(notes=("The disc's index is damaged and could not be read.",))


def _read(data: bytes) -> DicomDir:
    notes: list[str] = []
    records = _records(data, notes)
    if not records:
        return DicomDir(notes=tuple(notes) or ("The disc's index is empty.",))
    if len(records) > _MOST_RECORDS:
        records = records[:_MOST_RECORDS]
        notes.append(f"The disc's index is longer than {_MOST_RECORDS} records; the rest was not read.")
    parents = _parents(records)
    if parents is None:
        notes.append("The disc's index has broken links between its records; their order was used instead.")
    owners = _owners(records, parents)
    files: list[IndexedFile] = []
    for record, above in zip(records, owners, strict=True):
        file_id = _components(record)
        if file_id:
            files.append(_indexed(record, above, file_id))
    if not any(_text(record, "DirectoryRecordType") == "PATIENT" for record in records):
        notes.append("The disc's index names no patient.")
    return DicomDir(tuple(files), tuple(notes))


def _records(data: bytes, notes: list[str]) -> "list[Dataset]":
    # Loaded here, since most processes never meet an index and pydicom is slow to load.
    import pydicom
    from pydicom.dataset import Dataset

    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        sequence = dataset.get("DirectoryRecordSequence")
        if sequence is not None:
            if _breaks_off(data):
                notes.append(_CUT_SHORT)
            return [record for record in sequence if isinstance(record, Dataset)]
    except Exception:
        notes.append(_CUT_SHORT)
        return _salvaged(data)
    salvaged = _salvaged(data)
    notes.append(_CUT_SHORT if salvaged else "The disc's index is damaged and could not be read.")
    return salvaged


def _breaks_off(data: bytes) -> bool:
    """Whether the record sequence claims to go on past the end of the bytes; little endian only."""
    at = data.find(_SEQUENCE_LITTLE, 132)
    if at < 0:
        return False
    at += 8 if data[at + 4 : at + 6] == b"SQ" else 4
    length = int.from_bytes(data[at : at + 4], "little")
    if length == 0xFFFFFFFF:
        return data.find(_SEQUENCE_END_LITTLE, at) < 0
    return at + 4 + length > len(data)


def _salvaged(data: bytes) -> "list[Dataset]":
    """Record by record, for an index that breaks off or breaks in the middle; little endian only."""
    found: list[Dataset] = []
    at = data.find(_ITEM_LITTLE)
    while at >= 0 and len(found) < _MOST_RECORDS:
        following = data.find(_ITEM_LITTLE, at + 8)
        if data[at + 8 : at + 12] == _FIRST_ELEMENT_LITTLE:
            explicit = data[at + 12 : at + 14] == b"UL"
            record = _salvaged_record(data[at + 8 : len(data) if following < 0 else following], explicit=explicit)
            if record is not None:
                record.seq_item_tell = at  # type: ignore[attr-defined]
                found.append(record)
        at = following
    return found


def _salvaged_record(item: bytes, *, explicit: bool) -> "Dataset | None":
    import pydicom

    try:
        record = pydicom.dcmread(io.BytesIO(_wrapped(item, explicit=explicit)), force=True)
        return record if "DirectoryRecordType" in record else None
    except Exception:  # a record that cannot be read is left out, the rest is not
        return None


def _wrapped(item: bytes, *, explicit: bool) -> bytes:
    syntax = b"1.2.840.10008.1.2.1\x00" if explicit else b"1.2.840.10008.1.2\x00"
    meta = b"\x02\x00\x10\x00UI" + len(syntax).to_bytes(2, "little") + syntax
    length = b"\x02\x00\x00\x00UL\x04\x00" + len(meta).to_bytes(4, "little")
    return b"\x00" * 128 + b"DICM" + length + meta + item


def _parents(records: "Sequence[Dataset]") -> list[int | None] | None:
    """Each record's parent, by the offsets in the records (PS3.3 F.3.2.2); None where the offsets make no tree."""
    at = {tell: index for index, record in enumerate(records) if (tell := getattr(record, "seq_item_tell", None))}
    following = [at.get(_number(record, "OffsetOfTheNextDirectoryRecord") or 0) for record in records]
    below = [at.get(_number(record, "OffsetOfReferencedLowerLevelDirectoryEntity") or 0) for record in records]
    pointed = {index for index in (*following, *below) if index is not None}
    parents: list[int | None] = [None] * len(records)
    reached: set[int] = set()
    pending: list[tuple[int, int | None]] = [(index, None) for index in range(len(records)) if index not in pointed]
    while pending:
        index, parent = pending.pop()
        if index in reached:
            return None
        reached.add(index)
        parents[index] = parent
        if (after := following[index]) is not None:
            pending.append((after, parent))
        if (child := below[index]) is not None:
            pending.append((child, index))
    if len(reached) < len(records):
        return None
    levels = {
        _LEVELS.get(_text(record, "DirectoryRecordType"))
        for record, parent in zip(records, parents, strict=True)
        if parent is None
    }
    return None if len(levels - {None}) > 1 else parents  # a series beside a patient: nothing points at it


def _owners(records: "Sequence[Dataset]", parents: list[int | None] | None) -> "list[dict[str, Dataset]]":
    """For each record, the patient, study and series records that it belongs to."""
    owners: list[dict[str, Dataset]] = []
    if parents is None:
        above: dict[str, Dataset] = {}
        for record in records:
            kind = _text(record, "DirectoryRecordType")
            if kind == "PATIENT":
                above = {}
            elif kind == "STUDY":
                above = {key: value for key, value in above.items() if key == "PATIENT"}
            owners.append(dict(above))
            if kind in ("PATIENT", "STUDY", "SERIES"):
                above = {**above, kind: record}
        return owners
    for index in range(len(records)):
        chain: dict[str, Dataset] = {}
        parent, steps = parents[index], 0
        while parent is not None and steps < 16:
            chain.setdefault(_text(records[parent], "DirectoryRecordType"), records[parent])
            parent, steps = parents[parent], steps + 1
        owners.append(chain)
    return owners


def _indexed(record: "Dataset", above: "dict[str, Dataset]", file_id: tuple[str, ...]) -> IndexedFile:
    from pydicom.dataset import Dataset

    series, study, patient = (above.get(kind, Dataset()) for kind in ("SERIES", "STUDY", "PATIENT"))
    return IndexedFile(
        file_id=file_id,
        record_type=_text(record, "DirectoryRecordType"),
        sop_class=_text(record, "ReferencedSOPClassUIDInFile"),
        sop_instance=_text(record, "ReferencedSOPInstanceUIDInFile"),
        transfer_syntax=_text(record, "ReferencedTransferSyntaxUIDInFile"),
        instance_number=_number(record, "InstanceNumber"),
        series_uid=_text(series, "SeriesInstanceUID"),
        series_number=_number(series, "SeriesNumber"),
        series_description=_text(series, "SeriesDescription"),
        modality=_text(series, "Modality"),
        study_uid=_text(study, "StudyInstanceUID"),
        study_date=_text(study, "StudyDate"),
        study_description=_text(study, "StudyDescription"),
        patient_name=_text(patient, "PatientName"),
        patient_id=_text(patient, "PatientID"),
    )


def _components(record: "Dataset") -> tuple[str, ...]:
    value = _value(record, "ReferencedFileID")
    if value is None or value == "":
        return ()
    parts = [value] if isinstance(value, str) else list(value)
    return tuple(str(part)[:_LONGEST_TEXT] for part in parts[:64]) if any(str(part).strip() for part in parts) else ()


def _value(record: "Dataset", keyword: str) -> Any:
    try:
        return record.get(keyword)
    except Exception:  # one bad element of a record must not cost the record
        return None


def _text(record: "Dataset", keyword: str) -> str:
    value = _value(record, keyword)
    if value is None:
        return ""
    try:
        return str(value).strip(" \x00")[:_LONGEST_TEXT]
    except Exception:  # names are decoded as late as this
        return ""


def _number(record: "Dataset", keyword: str) -> int | None:
    value = _value(record, keyword)
    try:
        return int(value) if value is not None and value != "" else None
    except (TypeError, ValueError, OverflowError):
        return None


def at_folder(index: DicomDir, folder: str) -> DicomDir:
    """The same index, its files placed relative to the folder that it was found in."""
    return replace(index, files=tuple(replace(file, folder=folder) for file in index.files)) if folder else index
