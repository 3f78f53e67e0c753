"""C-STORE: what comes is kept as it came, success is said for nothing else, and the trail knows who sent it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.uid import UID, generate_uid
from tests.door.dicom_door import EXPLICIT, IMPLICIT, DicomDoor, calling, dataset_bytes, dicom_door, send, send_dataset
from tests.factories.instances import ADA, BERT, Place, image

MR = "1.2.840.10008.5.1.4.1.1.4"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[DicomDoor]:
    with dicom_door(tmp_path / "data") as running:
        yield running


def test_an_image_that_was_stored_is_here_byte_for_byte(door: DicomDoor) -> None:
    import hashlib

    dataset = image()
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        assert send(assoc, dataset) == 0x0000
    assert door.digests() == {dataset.SOPInstanceUID: hashlib.sha256(dataset_bytes(dataset)).hexdigest()}


def test_the_same_image_twice_is_success_and_here_once(door: DicomDoor) -> None:
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        assert [send(assoc, image()), send(assoc, image())] == [0, 0]
    assert len(door.digests()) == 1


def test_other_content_under_a_known_identifier_is_not_called_stored(door: DicomDoor) -> None:
    changed = image()
    changed.ImageComments = "changed"
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        assert [send(assoc, image()), send(assoc, changed)] == [0, 0xC000]
    assert len(door.digests()) == 1


def test_an_unknown_and_a_private_class_are_stored_too(door: DicomDoor) -> None:
    for number, sop_class in enumerate(("1.2.840.10008.5.1.4.1.1.9999", "1.3.46.670589.5.0.1"), 1):
        dataset = image(place=Place(slice=number))
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(sop_class)
        with calling(door, [(sop_class, (EXPLICIT,))]) as assoc:
            assert send(assoc, dataset) == 0
    assert len(door.digests()) == 2


def test_each_syntax_is_stored_in_the_syntax_received(door: DicomDoor) -> None:
    dataset = image()
    dataset.file_meta.TransferSyntaxUID = UID(IMPLICIT)
    data = dataset_bytes(dataset)
    with calling(door, [(MR, (IMPLICIT,))]) as assoc:
        status = send_dataset(assoc, data, sop_class=MR, sop_instance=dataset.SOPInstanceUID)
    assert status == 0
    series = door.app.archive.series_of(door.app.archive.study_id(dataset.StudyInstanceUID))[0]
    assert door.app.archive.instances_of(series.id)[0].transfer_syntax == IMPLICIT


def test_a_large_image_is_stored_over_the_disk_and_not_over_memory(door: DicomDoor) -> None:
    dataset = image(modality="CT", rows=2048, columns=2048)
    with calling(door, [(dataset.SOPClassUID, (EXPLICIT,))]) as assoc:
        assert send(assoc, dataset) == 0
    assert list(door.digests()) == [dataset.SOPInstanceUID]
    scratch = door.app.settings.data_dir / "scratch" / "dimse"
    assert list(scratch.iterdir()) == []


def test_a_data_set_of_another_class_than_said_is_refused_and_not_kept(door: DicomDoor) -> None:
    dataset = image(modality="CT")
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        status = send_dataset(assoc, dataset_bytes(dataset), sop_class=MR, sop_instance=dataset.SOPInstanceUID)
    assert status == 0xA900
    assert door.digests() == {}


def test_a_data_set_of_another_identifier_than_said_is_refused_and_not_kept(door: DicomDoor) -> None:
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        assert send_dataset(assoc, dataset_bytes(image()), sop_class=MR, sop_instance=generate_uid()) == 0xC000
    assert door.digests() == {}


def test_what_is_no_data_set_is_refused_and_the_association_goes_on(door: DicomDoor) -> None:
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        assert send_dataset(assoc, b"not a data set at all", sop_class=MR, sop_instance="1.2.3") == 0xC000
        assert send(assoc, image()) == 0


def test_too_little_free_space_is_out_of_resources(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data") as door, calling(door, [(MR, (EXPLICIT,))]) as assoc:
        door.app.archive.keeper._free_space = 1 << 62
        assert send(assoc, image()) == 0xA700
        door.app.archive.keeper._free_space = 0
        assert send(assoc, image()) == 0


def test_the_trail_tells_who_sent_what(door: DicomDoor) -> None:
    dataset = image()
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        send(assoc, dataset)
    (entry,) = [entry for entry in door.trail() if entry[0] == "imported"]
    assert entry[1] == "peer:TESTER"
    assert entry[2]["studies"] == dataset.StudyInstanceUID


def test_nothing_of_a_patient_is_written_to_any_log(
    door: DicomDoor, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = image(BERT)
    broken.PatientBirthDate, broken.StudyDate = "nonsense TESTPERSON", "TESTPERSON^BERT"
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        send(assoc, image(ADA))
        send(assoc, broken)
        send_dataset(assoc, dataset_bytes(image(ADA))[:500], sop_class=MR, sop_instance=image(ADA).SOPInstanceUID)
    shown = capfd.readouterr()
    written = shown.out + shown.err + caplog.text
    for secret in (ADA.name, ADA.id, ADA.birth_date, BERT.name, BERT.id, "TESTPERSON", "ADA", "BERT"):
        assert secret not in written
