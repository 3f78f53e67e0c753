"""The index of a disc: a DICOMDIR over files that lie where they lie (PS3.3 F, PS3.10 8).

pydicom's own file-set writer copies every file to a name of its choosing; discs in the field keep theirs below DICOM/.
"""

import io
from collections.abc import Iterable
from itertools import pairwise
from pathlib import PurePosixPath

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, EncapsulatedPDFStorage, ExplicitVRLittleEndian, MediaStorageDirectoryStorage

_NEXT = "OffsetOfTheNextDirectoryRecord"
_LOWER = "OffsetOfReferencedLowerLevelDirectoryEntity"


class _Node:
    def __init__(self, record: Dataset) -> None:
        self.record = record
        self.children: dict[str, _Node] = {}

    def child(self, key: str, record: Dataset) -> "_Node":
        return self.children.setdefault(key, _Node(record))

    def below(self) -> Iterable["_Node"]:
        for node in self.children.values():
            yield node
            yield from node.below()


def make_dicomdir(
    files: Iterable[tuple[PurePosixPath, Dataset]], *, file_set_id: str, uid: UID, implementation: UID
) -> bytes:
    """The DICOMDIR of these files; paths are relative to the disc's root, data sets need no pixel data."""
    root = _Node(Dataset())
    for path, ds in files:
        patient = root.child(str(ds.PatientID), _patient(ds))
        study = patient.child(ds.StudyInstanceUID, _study(ds, len(patient.children) + 1))
        series = study.child(ds.SeriesInstanceUID, _series(ds, len(study.children) + 1))
        series.child(ds.SOPInstanceUID, _leaf(ds, path, len(series.children) + 1))
    nodes = list(root.below())
    directory = _directory(nodes, file_set_id, uid, implementation)
    # Offsets are of fixed length, so a first writing with zeros tells where every record will lie.
    places = [item.seq_item_tell for item in dcmread(io.BytesIO(_written(directory))).DirectoryRecordSequence]
    place = {id(node): offset for node, offset in zip(nodes, places, strict=True)}
    for node in (root, *nodes):
        siblings = list(node.children.values())
        for one, following in pairwise(siblings):
            setattr(one.record, _NEXT, place[id(following)])
        if siblings and node is not root:
            setattr(node.record, _LOWER, place[id(siblings[0])])
    patients = list(root.children.values())
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = place[id(patients[0])]
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = place[id(patients[-1])]
    return _written(directory)


def _directory(nodes: list[_Node], file_set_id: str, uid: UID, implementation: UID) -> Dataset:
    directory = Dataset()
    directory.file_meta = FileMetaDataset()
    directory.file_meta.FileMetaInformationVersion = b"\0\1"
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = uid
    # A DICOMDIR is always Explicit VR Little Endian (PS3.10 8.6).
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.file_meta.ImplementationClassUID = implementation
    directory.file_meta.ImplementationVersionName = "UNDISC_DEMO"
    directory.FileSetID = file_set_id
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    directory.FileSetConsistencyFlag = 0
    directory.DirectoryRecordSequence = [node.record for node in nodes]
    return directory


def _written(directory: Dataset) -> bytes:
    target = io.BytesIO()
    dcmwrite(target, directory, enforce_file_format=True)
    return target.getvalue()


def _record(kind: str, ds: Dataset) -> Dataset:
    record = Dataset()
    setattr(record, _NEXT, 0)
    record.RecordInUseFlag = 0xFFFF
    setattr(record, _LOWER, 0)
    record.DirectoryRecordType = kind
    if ds.get("SpecificCharacterSet"):
        record.SpecificCharacterSet = ds.SpecificCharacterSet
    return record


def _patient(ds: Dataset) -> Dataset:
    record = _record("PATIENT", ds)
    record.PatientName, record.PatientID = ds.get("PatientName", ""), ds.PatientID
    return record


def _study(ds: Dataset, number: int) -> Dataset:
    record = _record("STUDY", ds)
    record.StudyDate, record.StudyTime = ds.StudyDate, ds.get("StudyTime", "")
    record.StudyDescription = ds.get("StudyDescription", "")
    record.StudyInstanceUID = ds.StudyInstanceUID
    record.StudyID = ds.get("StudyID") or str(number)
    record.AccessionNumber = ds.get("AccessionNumber", "")
    return record


def _series(ds: Dataset, number: int) -> Dataset:
    record = _record("SERIES", ds)
    record.Modality, record.SeriesInstanceUID = ds.Modality, ds.SeriesInstanceUID
    record.SeriesNumber = number if ds.get("SeriesNumber") is None else ds.SeriesNumber
    if ds.get("SeriesDescription"):
        record.SeriesDescription = ds.SeriesDescription
    return record


def _leaf(ds: Dataset, path: PurePosixPath, number: int) -> Dataset:
    document = ds.SOPClassUID == EncapsulatedPDFStorage
    record = _record("ENCAP DOC" if document else "IMAGE", ds)
    record.ReferencedFileID = list(path.parts)
    record.ReferencedSOPClassUIDInFile = ds.SOPClassUID
    record.ReferencedSOPInstanceUIDInFile = ds.SOPInstanceUID
    record.ReferencedTransferSyntaxUIDInFile = ds.file_meta.TransferSyntaxUID
    record.InstanceNumber = number if ds.get("InstanceNumber") is None else ds.InstanceNumber
    if document:
        record.ContentDate, record.ContentTime = ds.ContentDate, ds.ContentTime
        record.DocumentTitle = ds.DocumentTitle
        record.ConceptNameCodeSequence = ds.ConceptNameCodeSequence
        record.MIMETypeOfEncapsulatedDocument = ds.MIMETypeOfEncapsulatedDocument
    return record
