"""Uploads made to harm: each is refused in the standard's words, in bounded memory, and the next sender is served."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.door.storing import (
    BOUNDARY,
    MULTIPART,
    OTHERS,
    StoringDoor,
    as_bytes,
    codes,
    multipart,
    part,
    picture,
    storing_door,
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[StoringDoor]:
    with storing_door(tmp_path / "data", upload_seconds=2, uploads=2) as door:
        yield door
        # Whatever came before, the next client is served, and nothing is left lying about.
        assert door.store(multipart(as_bytes(picture(3, 3, 3)))).status_code == 200
        assert door.staged() == []


def _raw(door: StoringDoor, *header: str) -> socket.socket:
    """A connection on which the head of a request was sent, and not yet its body."""
    host, port = door.base.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    bearer = door.client.headers["authorization"]
    lines = ("POST /dicom-web/studies HTTP/1.1", "Host: here", f"Authorization: {bearer}", *header, "", "")
    connection.sendall("\r\n".join(lines).encode())
    return connection


def _status(connection: socket.socket) -> int:
    with connection:
        return int(connection.recv(65536).split()[1])


def _growth(before: int) -> float:
    """By how many MB the most memory that this process ever had has grown."""
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("cut", [10, 60, 200, -300, -20, -3])
def test_a_body_that_ends_early_is_refused_and_nothing_of_it_is_kept(door: StoringDoor, cut: int) -> None:
    assert door.store(multipart(as_bytes(picture()))[:cut]).status_code == 400
    assert door.originals() == []


def test_a_connection_that_breaks_leaves_nothing(door: StoringDoor) -> None:
    body = multipart(as_bytes(picture()), as_bytes(picture(number=2)))
    with _raw(door, f"Content-Type: {MULTIPART}", f"Content-Length: {len(body)}") as connection:
        connection.sendall(body[: len(body) // 2])
    deadline = time.monotonic() + 20
    while door.staged() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert door.originals() == door.staged() == []


def test_a_sender_that_falls_silent_or_trickles_is_given_up(door: StoringDoor) -> None:
    silent = _raw(door, f"Content-Type: {MULTIPART}", "Content-Length: 1000")
    silent.sendall(b"--a-bound")
    trickling = _raw(door, f"Content-Type: {MULTIPART}", "Transfer-Encoding: chunked")
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.2):
            try:
                trickling.sendall(b"1\r\nx\r\n")
            except OSError:
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    assert _status(silent) == 408
    assert _status(trickling) == 408
    stop.set()
    thread.join()


def test_more_uploads_than_may_be_at_once_are_told_to_come_back(door: StoringDoor) -> None:
    held = [_raw(door, f"Content-Type: {MULTIPART}", "Content-Length: 1000") for _ in range(2)]
    for connection in held:
        connection.sendall(b"--a-boundary\r\n")
    deadline = time.monotonic() + 20
    while len(list((door.folder / "incoming").iterdir() if (door.folder / "incoming").is_dir() else ())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    refused = door.store(multipart(as_bytes(picture())))
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "5"
    assert [_status(connection) for connection in held] == [408, 408]


def test_a_claim_of_three_gigabytes_takes_no_memory(door: StoringDoor) -> None:
    before = _peak()
    connection = _raw(door, f"Content-Type: {MULTIPART}", f"Content-Length: {3 << 30}")
    connection.sendall(b"--a-boundary\r\nContent-Length: 3221225472\r\n\r\nDICM")
    assert _status(connection) == 408
    assert _growth(before) < 50


def test_a_claim_beyond_all_disks_is_refused_before_it_comes(door: StoringDoor) -> None:
    assert _status(_raw(door, f"Content-Type: {MULTIPART}", f"Content-Length: {1 << 49}")) == 507


def test_a_boundary_that_never_ends_is_refused_or_ends_in_one_large_part(door: StoringDoor) -> None:
    before = _peak()
    block = b"x" * (1 << 20)

    def endless() -> Iterator[bytes]:
        yield f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        for _ in range(200):
            yield block

    assert door.store(endless()).status_code == 400
    almost = f"--{BOUNDARY}\r\n\r\n".encode() + b"\r\n--a-boundar" * 500_000
    assert door.store(almost).status_code == 400
    assert door.store(b"--" + b"b" * 1_000_000).status_code == 400
    assert _growth(before) < 100
    assert door.originals() == []


def test_a_million_empty_parts_are_too_many(door: StoringDoor) -> None:
    before = _peak()
    answer = door.store(f"--{BOUNDARY}\r\n\r\n\r\n".encode() * 1_000_000)
    assert answer.status_code == 413
    assert _growth(before) < 150


def test_headers_of_parts_are_bounded(door: StoringDoor) -> None:
    assert door.store(part(b"x", "X-Long: " + "y" * 1_000_000)).status_code == 400
    many = part(as_bytes(picture()), *(f"X-{number}: y" for number in range(900)), "Content-Type: application/dicom")
    assert door.store(many + f"--{BOUNDARY}--".encode()).status_code == 200


def test_a_multipart_within_a_part_is_no_instance(door: StoringDoor) -> None:
    inner = multipart(as_bytes(picture())).replace(BOUNDARY.encode(), b"inner")
    answer = door.store(multipart(inner, kind="multipart/related; boundary=inner"))
    assert answer.status_code == 409
    assert codes(answer, OTHERS) == [0xC000]
    assert door.originals() == []


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("uid", ["../../../etc/passwd", "/etc/passwd", "1.2/../3", "1.2\\3", "."])
def test_a_uid_that_is_a_path_names_no_file(door: StoringDoor, keyword: str, uid: str) -> None:
    data = as_bytes(picture())
    real = str(picture()[keyword].value).encode()
    told = uid.encode().ljust(len(real), b"\0")
    answer = door.store(multipart(data.replace(real, told)))
    assert answer.status_code == 409
    assert door.originals() == []
    assert len(list((door.folder / "quarantine").iterdir())) == 1


def test_paths_in_addresses_name_nothing(door: StoringDoor) -> None:
    body = multipart(as_bytes(picture()))
    for study in ("1.2..3", ".1", "1." * 33, "1.2%2F3", "..", "%2E%2E", "x"):
        assert door.store(body, f"studies/{study}").status_code in (400, 404, 405)
        assert door.client.delete(f"/dicom-web/studies/{study}").status_code in (400, 404, 405)
    assert door.originals() == []


def test_random_bytes_in_place_of_instances_are_refused(door: StoringDoor) -> None:
    whole = as_bytes(picture())
    for place in range(128, len(whole), 97):
        torn = whole[:place] + b"\xff" * 16 + whole[place + 16 :]
        assert door.store(multipart(torn)).status_code in (200, 409)
    assert door.app.archive.verify().damaged == ()
