"""C-GET and C-MOVE: what goes out is the data set that is stored, to those who may have it and nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydicom.dataset import Dataset
from tests.door.dicom_door import (
    EXPLICIT,
    IMPLICIT,
    PATIENT_GET,
    STUDY_GET,
    STUDY_MOVE,
    Collected,
    DicomDoor,
    calling,
    destination,
    dicom_door,
    free_port,
    identifier_of,
    part10,
)
from tests.factories.instances import ADA, BERT, Place, image

MR, CT = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.2"
_LARGEST = 30 << 20


@pytest.fixture(scope="module")
def move_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, move_port: int) -> Iterator[DicomDoor]:
    files = [image(ADA, Place(1, series, number)) for series in (1, 2) for number in (1, 2, 3)]
    files += [image(ADA, Place(study=2), modality="CT"), image(BERT, Place(study=3))]
    peers = ("TESTER", f"DEST@127.0.0.1:{move_port}")
    with dicom_door(tmp_path_factory.mktemp("retrieve") / "data", peers) as running:
        running.keep([part10(each) for each in files])
        yield running


def get(
    door: DicomDoor, model: str = STUDY_GET, classes: tuple[str, ...] = (MR, CT), **keys: Any
) -> tuple[Dataset, Collected]:
    """The last response to a C-GET, and what came."""
    collected = Collected()
    contexts = [(model, (EXPLICIT, IMPLICIT)), *((sop_class, (EXPLICIT,)) for sop_class in classes)]
    with calling(door, contexts, provides=classes, handlers=[collected.handler()]) as assoc:
        *_, (last, _) = assoc.send_c_get(identifier_of(**keys), model)
    return last, collected


def move(door: DicomDoor, to: str = "DEST", **keys: Any) -> Dataset:
    with calling(door, [(STUDY_MOVE, (EXPLICIT, IMPLICIT))]) as assoc:
        *_, (last, _) = assoc.send_c_move(identifier_of(**keys), to, STUDY_MOVE)
        return last


STUDY = image(ADA, Place(study=1)).StudyInstanceUID
SERIES = image(ADA, Place(1, 2, 1)).SeriesInstanceUID
ONE = image(ADA, Place(1, 2, 3)).SOPInstanceUID


@pytest.mark.parametrize(
    ("model", "keys", "expected"),
    [
        (PATIENT_GET, {"QueryRetrieveLevel": "PATIENT", "PatientID": ADA.id}, 7),
        (STUDY_GET, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": STUDY}, 6),
        (STUDY_GET, {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES}, 3),
        (
            STUDY_GET,
            {
                "QueryRetrieveLevel": "IMAGE",
                "StudyInstanceUID": STUDY,
                "SeriesInstanceUID": SERIES,
                "SOPInstanceUID": ONE,
            },
            1,
        ),
        (PATIENT_GET, {"QueryRetrieveLevel": "STUDY", "PatientID": BERT.id, "StudyInstanceUID": STUDY}, 0),
        (STUDY_GET, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.3.4"}, 0),
    ],
)
def test_each_level_gives_what_is_below_it(door: DicomDoor, model: str, keys: dict[str, Any], expected: int) -> None:
    last, collected = get(door, model, **keys)
    assert last.Status == 0x0000
    assert (last.NumberOfCompletedSuboperations, last.NumberOfFailedSuboperations) == (expected, 0)
    stored = door.digests()
    assert len(collected.digests) == expected
    assert collected.digests == {uid: stored[uid] for uid in collected.digests}


@pytest.mark.parametrize(
    "keys",
    [
        {"QueryRetrieveLevel": "STUDY"},
        {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": ""},
        {"QueryRetrieveLevel": "PATIENT", "PatientID": ADA.id},
        {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": STUDY},
    ],
)
def test_a_retrieval_without_its_key_gives_nothing(door: DicomDoor, keys: dict[str, Any]) -> None:
    last, collected = get(door, **keys)
    assert last.Status == 0xA900
    assert collected.digests == {}


def test_wildcards_retrieve_nobody(door: DicomDoor) -> None:
    last, collected = get(door, PATIENT_GET, QueryRetrieveLevel="PATIENT", PatientID="*")
    assert last.Status == 0xA900
    assert collected.digests == {}


def test_a_class_that_was_not_negotiated_is_counted_as_failed_and_named(door: DicomDoor) -> None:
    last, collected = get(door, PATIENT_GET, (CT,), QueryRetrieveLevel="PATIENT", PatientID=ADA.id)
    assert last.Status == 0xB000
    assert (last.NumberOfCompletedSuboperations, last.NumberOfFailedSuboperations) == (1, 6)
    assert len(collected.digests) == 1


def test_images_move_to_a_peer(door: DicomDoor, move_port: int) -> None:
    with destination(move_port) as collected:
        last = move(door, QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0, 6)
    stored = door.digests()
    assert collected.digests == {uid: stored[uid] for uid in collected.digests}
    assert len(collected.digests) == 6
    assert collected.originators == {"TESTER"}
    sent = [entry for entry in door.trail() if entry[0] == "instances-sent"]
    assert sent[-1][2]["to"] == "peer:DEST"


def test_images_move_nowhere_that_is_not_in_the_directory(door: DicomDoor) -> None:
    assert move(door, "SOMEWHERE", QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY).Status == 0xA801


def test_a_destination_that_is_away_is_said_to_be(door: DicomDoor) -> None:
    assert move(door, QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY).Status == 0xA801


def test_a_destination_that_refuses_everything_is_told_as_failed(door: DicomDoor, move_port: int) -> None:
    with destination(move_port) as collected:
        collected.status = 0xA700
        last = move(door, QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xA702, 6)


def test_a_cancelled_retrieval_stops(door: DicomDoor) -> None:
    collected = Collected()
    contexts = [(STUDY_GET, (EXPLICIT,)), (MR, (EXPLICIT,))]
    with calling(door, contexts, provides=[MR], handlers=[collected.handler()]) as assoc:
        identifier = identifier_of(QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
        responses = assoc.send_c_get(identifier, STUDY_GET, msg_id=7)
        assoc.send_c_cancel(7, query_model=STUDY_GET)
        *_, (last, _) = responses
    assert last.Status in (0xFE00, 0x0000)  # it may all have been sent before the word came
    assert len(collected.digests) <= 6
