"""An instance is filed under its UIDs or not at all, and two people never share a study."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undisc.archive import keys
from undisc.archive.model import Known, Names, StudyPatient
from undisc.archive.policy import is_directory, name_instance, same_instance, same_patient
from undisc.dicom.model import Scanned
from undisc.dicom.uid import SeriesUID, SOPInstanceUID, StudyUID, is_usable_uid


def _scanned(**attributes: str) -> Scanned:
    return Scanned(
        transfer_syntax="1.2.840.10008.1.2.1",
        dataset_start=0,
        had_preamble=True,
        had_meta=True,
        attributes=MappingProxyType({name: (value,) for name, value in attributes.items() if value}),
        json=b"{}",
        pixels=None,
        header_end=0,
        inflated=False,
        damage=(),
    )


def test_three_good_uids_name_an_instance() -> None:
    names = name_instance(_scanned(SOPInstanceUID="1.2.3", StudyInstanceUID="1.2", SeriesInstanceUID="1.2.0"))
    assert isinstance(names, Names)
    assert keys.original(names.study, names.series, names.instance) == "studies/1.2/1.2.0/1.2.3.dcm"


@pytest.mark.parametrize("missing", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
def test_a_missing_uid_is_said_by_name(missing: str) -> None:
    uids = {"SOPInstanceUID": "1.2.3", "StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.0"} | {missing: ""}
    said = name_instance(_scanned(**uids))
    assert isinstance(said, str)
    assert missing in said


@pytest.mark.parametrize("uid", ["../../etc/passwd", "1..2", ".1", "1.", "1.2/3", "1" * 65, "1.2\x00", "a.b", "１.２"])
def test_a_uid_that_could_be_a_path_never_names_anything(uid: str) -> None:
    assert not is_usable_uid(uid)
    assert isinstance(name_instance(_scanned(SOPInstanceUID=uid, StudyInstanceUID="1", SeriesInstanceUID="1")), str)


@given(st.text(max_size=70))
def test_usable_uids_make_keys_without_any_path_in_them(uid: str) -> None:
    if is_usable_uid(uid):
        key = keys.original(StudyUID(uid), SeriesUID(uid), SOPInstanceUID(uid))
        assert key.count("/") == 3
        assert ".." not in key


def test_the_same_data_set_in_the_same_encoding_is_a_duplicate_and_nothing_else_is() -> None:
    known = Known(1, 1, "digest", "1.2.840.10008.1.2.1")
    assert same_instance(known, "digest", "1.2.840.10008.1.2.1")
    assert not same_instance(known, "other", "1.2.840.10008.1.2.1")
    assert not same_instance(known, "digest", "1.2.840.10008.1.2")


@pytest.mark.parametrize(
    ("here", "patient_id", "name", "same"),
    [
        (("123", "DOE^JANE"), "123", "DOE^JANE", True),
        (("123", "DOE^JANE"), "123", "SMITH^ANN", True),
        (("0123", "DOE^JANE"), "A-99", "Doe^Jane^", True),
        (("123", "DOE^JANE"), "456", "SMITH^ANN", False),
        (("", ""), "456", "SMITH^ANN", True),
        (("123", "MÜLLER^J"), "456", "MULLER^J", True),
    ],
)
def test_another_person_differs_in_number_and_in_name(
    here: tuple[str, str], patient_id: str, name: str, same: bool
) -> None:
    assert same_patient(StudyPatient(*here), patient_id, name) is same


def test_a_disc_index_is_no_instance() -> None:
    assert is_directory(_scanned(MediaStorageSOPClassUID="1.2.840.10008.1.3.10"))
    assert not is_directory(_scanned(SOPClassUID="1.2.840.10008.5.1.4.1.1.2"))
