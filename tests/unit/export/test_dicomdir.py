"""The index of a file-set: pydicom reads it whole, its records are those of the standard, and no instance, however
strange, makes it say what a reader could not bear."""

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import fileset
from pydicom._uid_dict import UID_dictionary
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from tests.factories.instances import ADA, BERT, Patient, Place, image
from tests.shared_data import SHARED, needs_shared

from undisc.archive.model import Names
from undisc.dicom.charsets import decode, encodings_for
from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID
from undisc.export.dicomdir import Directory, Listed
from undisc.export.records import KEYS, record_type

_CT = "1.2.840.10008.5.1.4.1.1.2"
_NAMES = Names(StudyUID("1.2.3"), SeriesUID("1.2.3.4"), SOPInstanceUID("1.2.3.4.5"))


def _listed(dataset: Dataset, path: str) -> Listed:
    names = Names(
        StudyUID(dataset.StudyInstanceUID), SeriesUID(dataset.SeriesInstanceUID), SOPInstanceUID(dataset.SOPInstanceUID)
    )
    return Listed(path, names, dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID, dataset.to_json_dict())


def _read(directory: Directory) -> Dataset:
    return pydicom.dcmread(BytesIO(directory.written("UNDISC_TEST", "2.25.1", "DICOM/README", "ISO_IR 192")))


def _one(model: dict[str, Any], sop_class: str = _CT) -> dict[str, Dataset]:
    """The records of a directory of one instance, by their types."""
    directory = Directory()
    directory.add(Listed("DICOM/IM000001", _NAMES, sop_class, "1.2.840.10008.1.2.1", model))
    return {record.DirectoryRecordType: record for record in _records(directory)}


def _records(directory: Directory) -> list[Dataset]:
    return list(_read(directory).DirectoryRecordSequence)


def test_tree_is_read_as_it_was_listed(tmp_path: Path) -> None:
    directory = Directory()
    expected = []
    for patient in (ADA, BERT):
        for study in (1, 2):
            for number in (1, 2, 3):
                path = f"DICOM/IM{len(expected):06d}"
                expected.append((patient.name, path))
                dataset = image(patient, Place(study, number % 2 + 1, number), rows=8, columns=8)
                directory.add(_listed(dataset, path))
                (tmp_path / "DICOM").mkdir(exist_ok=True)
                dataset.save_as(tmp_path / path)
    (tmp_path / "DICOMDIR").write_bytes(directory.written("UNDISC_TEST", "2.25.1", "DICOM/README", "ISO_IR 192"))
    read = pydicom.dcmread(tmp_path / "DICOMDIR")
    assert read.FileSetID == "UNDISC_TEST"
    assert list(read.FileSetDescriptorFileID) == ["DICOM", "README"]
    found = fileset.FileSet(read)
    assert sorted((str(each.PatientName), "/".join(each.ReferencedFileID)) for each in found) == expected


@pytest.mark.parametrize("uid", sorted(uid for uid, told in UID_dictionary.items() if told[1] == "SOP Class"))
def test_every_storage_class_has_the_record_that_the_standard_gives_it(uid: str) -> None:
    name, retired = UID_dictionary[uid][0], UID_dictionary[uid][3]
    if (not name.endswith("Storage") and "Storage - For" not in name) or uid.startswith("1.2.840.10008.5.1.4.1.1.501"):
        return
    kind = record_type(uid)
    assert kind in KEYS
    single, leaf = fileset._SINGLE_LEVEL_SOP_CLASSES, fileset._FOUR_LEVEL_SOP_CLASSES
    expected = single.get(uid) or leaf.get(uid)  # type: ignore[call-overload]
    if expected:
        assert kind == expected
    elif "Image" in name and not retired:
        assert kind == "IMAGE"


def test_class_of_a_vendor_has_a_private_record() -> None:
    records = _one({}, "1.2.840.113619.4.27")
    assert records["PRIVATE"].PrivateRecordUID.is_valid
    assert records["PRIVATE"].ReferencedSOPClassUIDInFile == "1.2.840.113619.4.27"


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_keys_that_must_have_a_value_have_one_though_the_instance_has_none(kind: str) -> None:
    uid = next(
        (uid for uid, told in UID_dictionary.items() if told[0].endswith("Storage") and record_type(uid) == kind),
        "1.2.3",
    )
    records = _one({}, uid)
    record = records[kind]
    for key in KEYS[kind]:
        if key.need == 1 and key.vr != "SQ":
            assert str(record[key.tag].value) != "", f"{kind} {key.tag:08X}"


def test_what_is_not_known_is_told_as_what_comes_nearest() -> None:
    model = {"00080021": {"vr": "DA", "Value": ["2021.02.03"]}, "00080032": {"vr": "TM", "Value": ["10:11:12"]}}
    records = _one(model)
    assert (records["STUDY"].StudyDate, records["STUDY"].StudyTime) == ("20210203", "101112")
    assert records["STUDY"].StudyID == "1"
    assert records["PATIENT"].PatientID == "UNKNOWN1"
    assert records["IMAGE"].InstanceNumber == 1


def test_two_people_with_one_id_stay_two() -> None:
    directory = Directory()
    other = Patient("SOMEBODY^ELSE", ADA.id)
    for number, patient in enumerate((ADA, other, Patient("NO^ID", ""), Patient("NO^ID EITHER", "")), 1):
        dataset = image(patient, Place(number), rows=8, columns=8)
        dataset.StudyInstanceUID = f"1.2.3.{number}"
        directory.add(_listed(dataset, f"DICOM/IM{number}"))
    patients = [each for each in _records(directory) if each.DirectoryRecordType == "PATIENT"]
    assert [each.PatientID for each in patients] == [ADA.id, f"{ADA.id}_2", "UNKNOWN1", "UNKNOWN2"]


@needs_shared
@pytest.mark.parametrize(
    "name",
    ["Arab", "Fren", "Germ", "Greek", "H31", "H32", "Hbrw", "I2", "KoreanMulti", "Russ", "X1", "X2", "SQEncoding1"],
)
def test_names_keep_the_character_set_of_their_instance_to_the_byte(name: str) -> None:
    assert SHARED is not None
    data = (SHARED / f"pydicom__pydicom/charset_files/chr{name}.dcm").read_bytes()
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    directory = Directory()
    directory.add(Listed("DICOM/IM000001", _NAMES, _CT, scanned.transfer_syntax, json.loads(scanned.json)))
    written = directory.written("X", "2.25.1")
    original = pydicom.dcmread(BytesIO(data), specific_tags=["SpecificCharacterSet", "PatientName"])
    element = original.get_item("PatientName")
    patient = pydicom.dcmread(BytesIO(written)).DirectoryRecordSequence[0]
    assert patient.PatientName == original.get("PatientName", "")
    if element is not None:
        assert patient.SpecificCharacterSet == original.SpecificCharacterSet
        assert isinstance(element, RawDataElement)
        assert (element.value or b"").rstrip(b" =").removesuffix(b"\x1b(B") in written


def test_character_set_that_lies_does_no_harm() -> None:
    name = {"vr": "PN", "Value": [{"Alphabetic": "Ивáн^山田"}]}
    for terms in (["ISO_IR 6"], ["ISO_IR 144"], ["nonsense"], ["é"], [None, "ISO 2022 IR 149"], [3]):
        model = {"00080005": {"vr": "CS", "Value": terms}, "00100010": name}
        patient = _one(model)["PATIENT"]
        assert patient.SpecificCharacterSet == "ISO_IR 192"
        assert str(patient.PatientName) == "Ивáн^山田"


_ATTRIBUTE_VALUES = st.recursive(
    st.none() | st.text(max_size=80) | st.integers() | st.floats() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
_TAGS = sorted({f"{key.tag:08X}" for keys in KEYS.values() for key in keys} | {"00080005", "0040A010", "00081155"})
_ATTRIBUTES = st.fixed_dictionaries(
    {"vr": st.sampled_from(["SQ", "PN", "LO", "US", "AT", "DA", "UN", "OB", "FD"])},
    optional={"Value": st.lists(_ATTRIBUTE_VALUES, max_size=3) | _ATTRIBUTE_VALUES},
)
_MODELS = st.dictionaries(st.sampled_from(_TAGS), _ATTRIBUTES | st.none(), max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_MODELS, st.sampled_from(["2", "88.11", "88.59", "11.1", "104.1", "481.3", "9.1.1", "66", "4.2"]))
def test_no_instance_makes_the_index_unreadable(model: dict[str, Any], arc: str) -> None:
    sop_class = f"1.2.840.10008.5.1.4.1.1.{arc}"
    directory = Directory()
    directory.add(Listed("DICOM/IM000001", _NAMES, sop_class, "1.2.840.10008.1.2.1", model))
    records = _records(directory)
    assert [each.DirectoryRecordType for each in records] == ["PATIENT", "STUDY", "SERIES", record_type(sop_class)]
    assert records[-1].ReferencedSOPInstanceUIDInFile == "1.2.3.4.5"
    for record in records:
        for each in record:
            assert each.VR == "SQ" or len(str(each.value)) < 4000


@given(st.text(max_size=200), st.sampled_from([[], ["ISO_IR 100"], [None, "ISO 2022 IR 149"], ["GB18030"]]))
def test_text_reads_as_it_did_but_for_control_characters_and_length(text: str, terms: list[str | None]) -> None:
    model = {
        "00080005": {"vr": "CS", "Value": terms},
        "00081030": {"vr": "LO", "Value": [text.encode("utf-8", "replace").decode()]},
    }
    study = _one(model)["STUDY"]
    raw = study.get_item("StudyDescription").value or b""
    told = study.get("SpecificCharacterSet") or []
    spoken = tuple(told) if not isinstance(told, str) else (told,)
    found = decode(raw, encodings_for(spoken)) if isinstance(raw, bytes) else str(raw)
    kept = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text.encode("utf-8", "replace").decode()).strip()[:64].strip()
    assert found.rstrip() == kept.rstrip()


def test_enormous_values_are_cut() -> None:
    huge = "A" * 200_000
    model = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": huge}]},
        "00100020": {"vr": "LO", "Value": [huge]},
        "00080060": {"vr": "CS", "Value": [huge]},
        "00080008": {"vr": "CS", "Value": [huge] * 3},
    }
    records = _one(model)
    assert len(str(records["PATIENT"].PatientName)) == len(records["PATIENT"].PatientID) == 64
    assert len(records["SERIES"].Modality) == 16


def test_title_of_a_report_comes_with_what_modifies_it_and_nothing_else() -> None:
    code = {"00080100": {"vr": "SH", "Value": ["18748-4"]}, "00080102": {"vr": "SH", "Value": ["LN"]}}
    items = [{"0040A010": {"vr": "CS", "Value": [relation]}} for relation in ("CONTAINS", "HAS CONCEPT MOD")]
    model = {"0040A043": {"vr": "SQ", "Value": [code]}, "0040A730": {"vr": "SQ", "Value": items}}
    record = _one(model, "1.2.840.10008.5.1.4.1.1.88.11")["SR DOCUMENT"]
    assert record.ConceptNameCodeSequence[0].CodeValue == "18748-4"
    assert [item.RelationshipType for item in record.ContentSequence] == ["HAS CONCEPT MOD"]
    assert record.CompletionFlag == "PARTIAL"
    assert record.VerificationFlag == "UNVERIFIED"


def test_nothing_of_a_disc_without_instances_breaks() -> None:
    read = _read(Directory())
    assert read.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity == 0
    assert not read.DirectoryRecordSequence
