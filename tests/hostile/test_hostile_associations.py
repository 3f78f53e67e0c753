"""Callers who stall, flood, lie and leave: each is refused or dropped within bounds, and the next caller is served."""

import contextlib
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pynetdicom.dsutils import encode
from tests.door.dicom_door import (
    EXPLICIT,
    IMPLICIT,
    STUDY_FIND,
    STUDY_GET,
    UNDISC,
    VERIFICATION,
    DicomDoor,
    calling,
    dataset_bytes,
    dicom_door,
    find,
    send,
    send_dataset,
)
from tests.factories.instances import Place, image

from undisc.delivery.model import PeerUnreachable

MR = "1.2.840.10008.5.1.4.1.1.4"
ECHO = [(VERIFICATION, (IMPLICIT,))]
_ENDS_WITHIN = 15.0


@pytest.fixture
def door(tmp_path: Path) -> Iterator[DicomDoor]:
    """A door of little patience and few places; when a test is over, it still serves."""
    settings = {"dicom_seconds": 2.0, "dicom_acse_seconds": 2.0, "dicom_associations": 6}
    with dicom_door(tmp_path / "data", dicom_associations_per_peer=4, dicom_dimse_seconds=5.0, **settings) as running:
        yield running
        _still_serves(running)


def _still_serves(door: DicomDoor) -> None:
    until = time.monotonic() + _ENDS_WITHIN
    while True:
        try:
            with calling(door, [*ECHO, (MR, (EXPLICIT,))]) as assoc:
                assert assoc.send_c_echo().Status == 0
                assert send(assoc, image(place=Place(study=9))) == 0
            return
        except PeerUnreachable:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@contextlib.contextmanager
def _connected(door: DicomDoor) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as caller:
        yield caller


def _is_dropped(caller: socket.socket) -> bool:
    """Whether the door ends the connection, however it does."""
    caller.settimeout(_ENDS_WITHIN)
    try:
        while caller.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def _associate_rq(abstract_syntax: bytes = MR.encode(), title: bytes = b"TESTER") -> bytes:
    context = _item(0x30, abstract_syntax) + _item(0x40, EXPLICIT.encode())
    user = _item(0x51, struct.pack(">I", 16384)) + _item(0x52, b"1.2.3.4")
    body = struct.pack(">HH", 1, 0) + UNDISC.encode().ljust(16) + title.ljust(16) + bytes(32)
    body += _item(0x10, b"1.2.840.10008.3.1.1.1") + _item(0x20, b"\1\0\0\0" + context) + _item(0x50, user)
    return struct.pack(">BBI", 1, 0, len(body)) + body


def _p_data(control: int, data: bytes, context: int = 1) -> bytes:
    value = struct.pack(">IBB", len(data) + 2, context, control) + data
    return struct.pack(">BBI", 4, 0, len(value)) + value


def _store_command(sop_class: str = MR, sop_instance: str = "1.2.3") -> bytes:
    command = Dataset()
    command.AffectedSOPClassUID, command.CommandField, command.MessageID = sop_class, 1, 1
    command.Priority, command.CommandDataSetType, command.AffectedSOPInstanceUID = 0, 0, sop_instance
    body = encode(command, True, True)
    assert body is not None
    length = struct.pack("<HHII", 0, 0, 4, len(body))
    return _p_data(3, length + body)


def _established(caller: socket.socket) -> None:
    caller.sendall(_associate_rq())
    assert caller.recv(65536)[:1] == b"\x02"


def test_a_connection_that_says_nothing_is_dropped(door: DicomDoor) -> None:
    with _connected(door) as caller:
        assert _is_dropped(caller)


def test_a_pdu_that_never_ends_is_dropped(door: DicomDoor) -> None:
    with _connected(door) as caller:
        caller.sendall(_associate_rq()[:40])
        assert _is_dropped(caller)


def test_a_pdu_that_drips_is_dropped(door: DicomDoor) -> None:
    with _connected(door) as caller:
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            for each in _associate_rq() * 2:
                caller.sendall(bytes([each]))
                time.sleep(0.1)
                if time.monotonic() - begun > _ENDS_WITHIN:
                    pytest.fail("the door waits for ever")


def test_an_association_that_falls_silent_is_ended(door: DicomDoor) -> None:
    with _connected(door) as caller:
        _established(caller)
        assert _is_dropped(caller)


def test_silence_in_the_middle_of_a_data_set_is_ended_and_nothing_is_left(door: DicomDoor) -> None:
    with _connected(door) as caller:
        _established(caller)
        caller.sendall(_store_command() + _p_data(0, bytes(10_000)))
        assert _is_dropped(caller)
    assert door.digests() == {}


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
        bytes(1000),
        b"\xff" * 1000,
        b"\x01\x00" + struct.pack(">I", 20) + bytes(20),
        b"\x04\x00" + struct.pack(">I", 20) + b"\xff" * 20,
        struct.pack(">BBI", 1, 0, 74) + bytes(4) + b"A" * 70,
    ],
    ids=["http", "tls", "zeros", "ones", "empty request", "data first", "rubbish request"],
)
def test_rubbish_is_dropped(door: DicomDoor, data: bytes) -> None:
    with _connected(door) as caller:
        caller.sendall(data)
        assert _is_dropped(caller)


@pytest.mark.parametrize("kind", [1, 4, 5, 7, 200])
def test_a_claim_of_four_gigabytes_sets_nothing_aside(door: DicomDoor, kind: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with _connected(door) as caller:
        if kind == 4:
            _established(caller)
        caller.sendall(struct.pack(">BBI", kind, 0, 0xFFFFFFFF) + bytes(1000))
        assert _is_dropped(caller)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_value_longer_than_its_pdu_is_dropped(door: DicomDoor) -> None:
    with _connected(door) as caller:
        _established(caller)
        value = struct.pack(">IBB", 0x7FFFFFFF, 1, 3) + bytes(100)
        caller.sendall(struct.pack(">BBI", 4, 0, len(value)) + value)
        assert _is_dropped(caller)


@pytest.mark.parametrize(
    "command", [b"", b"\0", bytes(200), b"\xff" * 200, struct.pack("<HHI", 0, 0x100, 0xFFFFFFFF)], ids=repr
)
def test_a_command_that_is_none_is_dropped(door: DicomDoor, command: bytes) -> None:
    with _connected(door) as caller:
        _established(caller)
        caller.sendall(_p_data(3, command))
        assert _is_dropped(caller)


def test_a_context_that_was_not_agreed_is_dropped(door: DicomDoor) -> None:
    with _connected(door) as caller:
        _established(caller)
        caller.sendall(_store_command().replace(b"\x01\x03", b"\x63\x03", 1) + _p_data(2, b"\0" * 100, context=99))
        assert _is_dropped(caller)


def test_a_data_set_without_end_stops_at_the_limit(tmp_path: Path) -> None:
    with dicom_door(tmp_path / "data", largest_file_mb=8, dicom_seconds=5.0) as door:
        sent = 0
        with _connected(door) as caller, contextlib.suppress(OSError):
            _established(caller)
            caller.sendall(_store_command())
            piece = _p_data(0, bytes(200_000))
            while sent < 64 << 20:
                caller.sendall(piece)
                sent += 200_000
        assert sent < 64 << 20
        scratch = door.app.settings.data_dir / "scratch" / "dimse"
        until = time.monotonic() + _ENDS_WITHIN
        while list(scratch.iterdir()) and time.monotonic() < until:
            time.sleep(0.1)
        assert list(scratch.iterdir()) == []
        _still_serves(door)


def test_an_abort_in_the_middle_of_an_image_keeps_nothing(door: DicomDoor) -> None:
    data = dataset_bytes(image(modality="CT", rows=2048, columns=2048))
    with _connected(door) as caller:
        _established(caller)
        caller.sendall(_store_command())
        for start in range(0, len(data) // 2, 100_000):
            caller.sendall(_p_data(0, data[start : start + 100_000]))
        caller.sendall(struct.pack(">BBIBBBB", 7, 0, 4, 0, 0, 0, 0))
        assert _is_dropped(caller)
    assert door.digests() == {}


def test_requests_that_do_not_wait_for_their_answers_are_bounded(door: DicomDoor) -> None:
    with _connected(door) as caller, contextlib.suppress(OSError):
        _established(caller)
        one = _store_command() + _p_data(2, bytes(1000))
        for _ in range(5000):
            caller.sendall(one)


def test_more_associations_than_allowed_are_turned_away_and_the_others_go_on(door: DicomDoor) -> None:
    with contextlib.ExitStack() as held:
        first = held.enter_context(calling(door, ECHO))
        turned_away = 0
        for _ in range(10):
            try:
                held.enter_context(calling(door, ECHO))
            except PeerUnreachable:
                turned_away += 1
        assert turned_away == 7
        assert first.send_c_echo().Status == 0


def test_many_connections_at_once_do_not_keep_the_door_shut(door: DicomDoor) -> None:
    callers = [socket.create_connection(("127.0.0.1", door.port), timeout=10) for _ in range(100)]
    try:
        _still_serves(door)
    finally:
        for caller in callers:
            caller.close()


@pytest.mark.parametrize("title", [b"STRANGER", b"", b"\0" * 16, b"' OR 1=1; --", b"../../etc", b"\xff" * 16])
def test_titles_that_are_no_peers_are_turned_away(door: DicomDoor, title: bytes) -> None:
    with _connected(door) as caller:
        caller.sendall(_associate_rq(title=title))
        answer = caller.recv(65536)
        assert answer[:1] in (b"\x03", b"\x07", b"")


@pytest.mark.parametrize("uid", ["../../../etc/passwd", "/etc/passwd", "1.2/../3", "1..2", ".", "..", "a", "1.2.3\n4"])
def test_identifiers_that_are_paths_are_refused(door: DicomDoor, uid: str) -> None:
    with _connected(door) as caller:
        _established(caller)
        caller.sendall(_store_command(sop_instance=uid) + _p_data(2, dataset_bytes(image())))
        answer = caller.recv(65536)
        assert answer[:1] in (b"\x04", b"\x07")
        assert answer[:1] == b"\x07" or struct.pack("<HHIH", 0, 0x0900, 2, 0xC000) in answer
    assert door.digests() == {}


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("value", ["", "..", "../../x", "1.2.3/4"])
def test_data_sets_named_by_paths_or_by_nothing_are_not_stored(door: DicomDoor, keyword: str, value: str) -> None:
    dataset = image()
    sop_instance = str(dataset.SOPInstanceUID)
    dataset[keyword]._value = value
    with calling(door, [(MR, (EXPLICIT,))]) as assoc:
        status = send_dataset(assoc, dataset_bytes(dataset), sop_class=MR, sop_instance=sop_instance)
    assert status == 0xC000
    assert door.digests() == {}
    outside = [path for path in door.app.settings.data_dir.parent.iterdir() if path.name != "data"]
    assert outside == []


def test_null_identifiers_in_the_command_are_refused(door: DicomDoor) -> None:
    with _connected(door) as caller:
        _established(caller)
        caller.sendall(_store_command(sop_class="", sop_instance="") + _p_data(2, dataset_bytes(image())))
        answer = caller.recv(65536)
        assert answer[:1] in (b"\x04", b"\x07", b"")
    assert door.digests() == {}


def test_queries_that_cannot_be_read_are_refused_and_the_next_is_answered(door: DicomDoor) -> None:
    from io import BytesIO

    from pynetdicom.dimse_primitives import C_FIND

    from undisc.delivery.associating import reactor_paused

    with calling(door, [(STUDY_FIND, (EXPLICIT,)), (STUDY_GET, (EXPLICIT,))]) as assoc:
        for rubbish in (b"\0", b"\xff" * 100, b"\x08\x00\x52\x00CS\xff\xff", bytes(10_000)):
            request = C_FIND()
            request.MessageID, request.Priority, request.AffectedSOPClassUID = 1, 0, STUDY_FIND
            request.Identifier = BytesIO(rubbish)
            with reactor_paused(assoc):
                assoc.dimse.send_msg(request, 1)
                _, answer = assoc.dimse.get_msg(block=True)
            assert answer is not None
            assert answer.Status in (0xC000, 0xA900)
    assert find(door, STUDY_FIND, QueryRetrieveLevel="STUDY", StudyInstanceUID="") == ([], 0)


def test_a_caller_who_never_reads_holds_up_nobody_else(door: DicomDoor) -> None:
    stalled = socket.create_connection(("127.0.0.1", door.port), timeout=10)
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        _established(stalled)
        stalled.sendall(_store_command() + _p_data(2, bytes(100)))
        others = [threading.Thread(target=_still_serves, args=(door,)) for _ in range(2)]
        for other in others:
            other.start()
        for other in others:
            other.join()
    finally:
        stalled.close()
