"""Proves what the door gives out of reports, recordings and videos, and to whom."""

import pytest
from tests.door.running import Door

REPORT = "reports/104"
FILM = "reports/104/media/0"


def test_a_report_comes_as_json_and_is_noted(door: Door) -> None:
    link = door.opened(1)
    answer = door.get(link, REPORT)
    assert (answer.status_code, answer.json()) == (200, {"kind": "report"})
    assert answer.headers["content-type"] == "application/json"
    assert "document-viewed" in door.actions()


@pytest.mark.parametrize(
    "path", ["reports/101", "reports/104/samples/1/0", "reports/104/samples/0/1", "reports/101/media/0"]
)
def test_what_is_not_there_is_not_found(door: Door, path: str) -> None:
    link = door.opened(1)
    assert door.get(link, path).status_code == 404


@pytest.mark.parametrize("path", ["reports/x", "reports/104/samples/-1/0", "reports/104/samples/0/9999999999999999999"])
def test_what_is_no_number_is_not_found(door: Door, path: str) -> None:
    link = door.opened(1)
    assert door.get(link, path).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        (None, 200, b"0123456789", None),
        ("bytes=0-", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=5-2", 416, b"", "bytes */10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_a_player_gets_the_part_it_asks_for(
    door: Door, asked: str | None, status: int, body: bytes, told: str | None
) -> None:
    link = door.opened(1)
    answer = door.get(link, FILM, headers={} if asked is None else {"Range": asked})
    assert (answer.status_code, answer.content, answer.headers.get("content-range")) == (status, body, told)
    assert answer.headers["accept-ranges"] == "bytes"
    if status != 416:
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["content-length"] == str(len(body))


def test_a_link_of_another_patient_shows_no_report(door: Door) -> None:
    link = door.opened(3)
    for path in (REPORT, FILM, "reports/104/samples/0/0"):
        assert door.get(link, path).status_code == 404
