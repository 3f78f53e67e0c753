"""Storage commitment: who asks is told what is safe here and what is not, over the same association or a new one."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from tests.door.dicom_door import EXPLICIT, IMPLICIT, DicomDoor, calling, dicom_door, free_port, part10
from tests.factories.instances import Place, image

PUSH, WELL_KNOWN = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"


class _Heard:
    """What N-EVENT-REPORTs said."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, Dataset]] = []
        self.came = threading.Event()

    def handler(self) -> tuple[Any, Any]:
        def take(event: Any) -> tuple[int, None]:
            self.reports.append((event.request.EventTypeID, event.event_information))
            self.came.set()
            return 0x0000, None

        return evt.EVT_N_EVENT_REPORT, take


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def door(tmp_path: Path, port: int) -> Iterator[DicomDoor]:
    with dicom_door(tmp_path / "data", [f"TESTER@127.0.0.1:{port}"]) as running:
        running.keep([part10(image(place=Place(slice=number))) for number in (1, 2)])
        yield running


def _asked(*references: tuple[str, str]) -> Dataset:
    asked = Dataset()
    asked.TransactionUID = generate_uid()
    items = []
    for sop_class, uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        items.append(item)
    asked.ReferencedSOPSequence = Sequence(items)
    return asked


def _here(number: int) -> tuple[str, str]:
    dataset = image(place=Place(slice=number))
    return str(dataset.SOPClassUID), str(dataset.SOPInstanceUID)


def test_what_is_safe_is_reported_over_the_same_association(door: DicomDoor) -> None:
    heard, asked = _Heard(), _asked(_here(1), _here(2))
    with calling(door, [(PUSH, (EXPLICIT, IMPLICIT))], handlers=[heard.handler()]) as assoc:
        status, _ = assoc.send_n_action(asked, 1, PUSH, WELL_KNOWN)
        assert status.Status == 0
        assert heard.came.wait(10)
    ((event, report),) = heard.reports
    assert (event, report.TransactionUID, len(report.ReferencedSOPSequence)) == (1, asked.TransactionUID, 2)
    assert "FailedSOPSequence" not in report


def test_what_is_missing_or_of_another_class_is_reported_with_the_reason(door: DicomDoor) -> None:
    heard = _Heard()
    unknown, wrong = (_here(1)[0], generate_uid()), ("1.2.840.10008.5.1.4.1.1.2", _here(2)[1])
    with calling(door, [(PUSH, (EXPLICIT,))], handlers=[heard.handler()]) as assoc:
        assoc.send_n_action(_asked(_here(1), unknown, wrong), 1, PUSH, WELL_KNOWN)
        assert heard.came.wait(10)
    ((event, report),) = heard.reports
    assert event == 2
    assert [item.ReferencedSOPInstanceUID for item in report.ReferencedSOPSequence] == [_here(1)[1]]
    assert [item.FailureReason for item in report.FailedSOPSequence] == [0x0112, 0x0119]


def test_after_the_association_a_new_one_is_made_to_the_peer(door: DicomDoor, port: int) -> None:
    heard = _Heard()
    entity = ApplicationEntity("TESTER")
    entity.add_supported_context(PUSH, [EXPLICIT], scu_role=False, scp_role=True)
    running = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[heard.handler()])
    try:
        with calling(door, [(PUSH, (EXPLICIT,))]) as assoc:
            status, _ = assoc.send_n_action(_asked(_here(1)), 1, PUSH, WELL_KNOWN)
            assert status.Status == 0
        assert heard.came.wait(15)
    finally:
        assert running is not None
        running.shutdown()
    assert [event for event, _ in heard.reports] == [1]


def test_a_report_outlives_the_process_that_owes_it(tmp_path: Path, port: int) -> None:
    heard = _Heard()
    with dicom_door(tmp_path / "here", [f"TESTER@127.0.0.1:{port}"]) as door:
        door.keep([part10(image(place=Place(slice=1)))])
        with calling(door, [(PUSH, (EXPLICIT,))]) as assoc:
            status, _ = assoc.send_n_action(_asked(_here(1)), 1, PUSH, WELL_KNOWN)
            assert status.Status == 0
        ((action, _, subject),) = [each for each in door.trail() if each[0] == "commitment-reported"]
        assert (action, subject) == ("commitment-reported", {"instances": 1, "safe": 1})
        ((number, arguments),) = [
            (job.number, job.arguments) for job in door.app.jobs.all() if job.kind == "commitment"
        ]
        assert (arguments["peer"], len(arguments["safe"])) == ("TESTER", 1)
        until = time.monotonic() + 30
        while "does not answer" not in door.app.jobs.one(number).note:  # there is nobody to tell
            assert time.monotonic() < until
            time.sleep(0.05)
    entity = ApplicationEntity("TESTER")
    entity.add_supported_context(PUSH, [EXPLICIT], scu_role=False, scp_role=True)
    running = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[heard.handler()])
    try:
        with dicom_door(tmp_path / "here", ()) as door:
            door.app.jobs.hasten(number)
            assert heard.came.wait(15)
            until = time.monotonic() + 30
            while door.app.jobs.one(number).state != "done":
                assert time.monotonic() < until
                time.sleep(0.05)
    finally:
        assert running is not None
        running.shutdown()
    assert [event for event, _ in heard.reports] == [1]


@pytest.mark.parametrize(
    ("action", "instance", "expected"), [(2, WELL_KNOWN, 0x0123), (1, "1.2.3", 0x0112)], ids=["action", "instance"]
)
def test_another_action_or_instance_is_refused(door: DicomDoor, action: int, instance: str, expected: int) -> None:
    with calling(door, [(PUSH, (EXPLICIT,))]) as assoc:
        status, _ = assoc.send_n_action(_asked(_here(1)), action, PUSH, instance)
        assert status.Status == expected


def test_a_request_without_references_is_refused(door: DicomDoor) -> None:
    with calling(door, [(PUSH, (EXPLICIT,))]) as assoc:
        status, _ = assoc.send_n_action(_asked(), 1, PUSH, WELL_KNOWN)
        assert status.Status == 0x0115
