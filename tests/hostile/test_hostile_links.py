"""Attacks on links: guessing at full speed, other people's cookies, and requests that no browser would send."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from tests.door.running import CLOSED, Door, running_door
from tests.door.small_archive import HIS, NAMES_NEVER_LOGGED

from undisc.sharing.model import Browser, NewLink
from undisc.sharing.opening_model import Asked, Busy, Closed, Opened
from undisc.sharing.service import Sharing


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with running_door(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def standing_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One door for all attacks that must leave nothing behind."""
    with running_door(tmp_path_factory.mktemp("standing")) as running:
        yield running


def cookie_of(door: Door, link: NewLink) -> str:
    client = door.another_browser()
    return door.open(link, link.passcode, client).cookies["undisc"]


def ask(door: Door, path: str, cookie: str) -> httpx.Response:
    return door.another_browser().get(path, headers={"Cookie": cookie})


def all_at_once(count: int, work: Any) -> None:
    """Run work(number) in that many threads that all start at the same moment."""
    gate = threading.Barrier(count)

    def one(number: int) -> None:
        gate.wait()
        work(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_fifty_guessers_at_once_get_ten_tries_between_them(door: Door) -> None:
    link = door.new_link(passcode="482913")
    outcomes: list[object] = []

    def guess(number: int) -> None:
        # Whoever is told to come back later comes back at once, until the link answers.
        while True:
            outcome = door.sharing.open_link(link.link.id, link.secret, f"1{number:05d}", Browser("::1", ""))
            if not isinstance(outcome, Busy):
                outcomes.append(outcome)
                return
            time.sleep(0.01)

    all_at_once(50, guess)
    kinds = Counter(type(outcome) for outcome in outcomes)
    # The tenth wrong one is answered with the link's end, like all that come after it.
    assert kinds == {Asked: 9, Closed: 41}
    assert door.actions().count("passcode-wrong") == 10
    assert door.actions().count("link-closed") == 1
    right = door.sharing.open_link(link.link.id, link.secret, "482913", Browser("::1", ""))
    assert right == Closed(), "the right passcode comes too late"


def _another_server(door: Door) -> Sharing:
    keyring = door.sharing._opening._ground.keyring
    return Sharing(door.trail, door.archive, door.clock, door.sharing._terms, keyring)


def test_guessers_on_several_servers_share_the_ten_tries(door: Door) -> None:
    servers = [door.sharing] + [_another_server(door) for _ in range(4)]
    link = door.new_link(passcode="482913")
    all_at_once(
        20,
        lambda number: [
            servers[number % 5].open_link(link.link.id, link.secret, f"1{number:02d}{again:03d}", Browser("::1", ""))
            for again in range(3)
        ],
    )
    assert door.actions().count("passcode-wrong") == 10
    assert servers[4].open_link(link.link.id, link.secret, "482913", Browser("::1", "")) == Closed()


def test_guessers_over_http_get_ten_tries_and_the_pictures_go_on_for_others(door: Door) -> None:
    link, mine = door.new_link(passcode="482913"), door.opened(1)
    answers: list[int] = []

    def guess(number: int) -> None:
        with httpx.Client(base_url=door.base, timeout=60) as client:
            for again in range(3):
                asked = {"secret": link.secret, "passcode": f"1{number:02d}{again:03d}"}
                answers.append(client.post(f"/s/{link.link.id}/open", json=asked).status_code)
                assert door.client.get(f"/s/{mine.link.id}/frames/101/0").status_code == 200

    all_at_once(12, guess)
    assert set(answers) <= {401, 404, 503}
    assert door.actions().count("passcode-wrong") <= 10
    assert answers.count(401) <= 9


def test_ten_people_with_the_right_passcode_at_once_use_up_nothing(door: Door) -> None:
    link = door.new_link(passcode="482913")
    outcomes: list[object] = []

    def enter(_number: int) -> None:
        outcome: object = Busy()
        while isinstance(outcome, Busy):
            time.sleep(0.01)
            outcome = door.sharing.open_link(link.link.id, link.secret, "482913", Browser("::1", ""))
        outcomes.append(outcome)

    all_at_once(14, enter)
    assert {type(outcome) for outcome in outcomes} == {Opened}
    assert [summary.link.tries_taken for summary in door.sharing.links()] == [0]


def test_link_revoked_while_its_passcode_is_checked_stays_closed(door: Door) -> None:
    link = door.new_link(passcode="482913")
    outcomes: list[object] = []

    def act(number: int) -> None:
        if number == 0:
            door.sharing.revoke(link.link.id)
        else:
            outcomes.append(door.sharing.open_link(link.link.id, link.secret, "482913", Browser("::1", "")))

    all_at_once(4, act)
    for outcome in outcomes:
        if isinstance(outcome, Opened):
            answer = ask(door, f"/s/{link.link.id}/study", f"undisc={outcome.token}")
            assert answer.json() == CLOSED


def test_cookie_of_one_link_opens_no_other(door: Door) -> None:
    hers, his = door.new_link(1), door.new_link(3)
    her_cookie, his_cookie = cookie_of(door, hers), cookie_of(door, his)
    assert ask(door, f"/s/{hers.link.id}/study", f"undisc={her_cookie}").status_code == 200
    for path in ("study", f"series/{HIS}", "frames/301/0", "download"):
        assert ask(door, f"/s/{his.link.id}/{path}", f"undisc={her_cookie}").json() == CLOSED
        both = ask(door, f"/s/{his.link.id}/{path}", f"undisc={his_cookie}; undisc={her_cookie}")
        assert both.json() == CLOSED, "of two cookies the last one counts, and it is not of this link"


def test_cookie_of_a_second_link_to_the_same_study_opens_only_its_own(door: Door) -> None:
    one, other = door.new_link(1), door.new_link(1)
    cookie = cookie_of(door, one)
    door.sharing.revoke(one.link.id)
    assert ask(door, f"/s/{one.link.id}/study", f"undisc={cookie}").json() == CLOSED
    assert ask(door, f"/s/{other.link.id}/study", f"undisc={cookie}").json() == CLOSED


@pytest.mark.parametrize(
    "forged",
    [
        "undisc=",
        "undisc=null",
        "undisc=1",
        "undisc=' OR 1=1 --",
        "undisc=%00",
        'undisc="\\000\\377"',
        "undisc=" + "A" * 7000,
        "undisc=" + "é" * 20,
        "UNDISC=x; Undisc=y",
        "; ; =; undisc",
    ],
)
def test_forged_cookie_opens_nothing(standing_door: Door, forged: str) -> None:
    link = standing_door.new_link()
    answer = standing_door.another_browser().get(
        f"/s/{link.link.id}/study", headers=[(b"cookie", forged.encode("utf-8"))]
    )
    assert (answer.status_code, answer.json()) == (404, CLOSED)


def test_cookie_with_something_added_or_cut_off_opens_nothing(door: Door) -> None:
    link = door.new_link()
    cookie = cookie_of(door, link)
    for forged in (cookie[:-1], cookie + "A", cookie.swapcase(), cookie[::-1]):
        assert ask(door, f"/s/{link.link.id}/study", f"undisc={forged}").json() == CLOSED


@pytest.mark.parametrize(
    "body",
    [
        b'{"secret":' * 390,
        b"[" * 4000,
        b'{"a":' * 600 + b"1" + b"}" * 600,
        b'{"secret": "\\ud800", "passcode": "\\udfff"}',
        b'{"secret": "a\\u0000b"}',
        b'{"secret": "' + "\u202e".encode() * 60 + b'"}',
        b'{"secret": {"$ne": ""}}',
        b'{"secret": ["x"]}',
        b'{"secret": true}',
        b'{"secret": "' + b"x" * 3000 + b'"}',
        b'{"secret": "x", "secret": "y", "passcode": null}',
        b'{"secret": ' + b"9" * 4000 + b"}",
        b'{"secret": NaN}',
        b"\xff\xfe{\x00}\x00",
        b"\x00" * 100,
        b"\x80abc",
    ],
)
def test_no_body_breaks_the_opening(standing_door: Door, body: bytes) -> None:
    link = standing_door.new_link(passcode="482913")
    headers = {"Content-Type": "application/json"}
    answer = standing_door.client.post(f"/s/{link.link.id}/open", content=body, headers=headers)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    mine = [summary.link for summary in standing_door.sharing.links() if summary.link.id == link.link.id]
    assert mine[0].tries_taken == 0, "and none costs a try"


@pytest.mark.parametrize("passcode", ["\ud800", "a\0b", "\u202e482913", "é" * 200, "482913\n", "9" * 200, "𝟜𝟠𝟚𝟡𝟙𝟛x"])
def test_no_passcode_breaks_the_check(standing_door: Door, passcode: str) -> None:
    link = standing_door.new_link(passcode="blue door 5")
    asked = json.dumps({"secret": link.secret, "passcode": passcode})
    answer = standing_door.client.post(
        f"/s/{link.link.id}/open", content=asked, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["type"]) == (401, "passcode-wrong")


def test_body_without_an_end_is_cut_off(door: Door) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(10_000):
            yield b" " * 1024

    try:
        answer = door.client.post("/s/abcdefghjk/open", content=endless(), headers={"Content-Type": "application/json"})
    except (httpx.WriteError, httpx.RemoteProtocolError):
        return
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")


@pytest.mark.parametrize(
    "link_id",
    [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "abc%00def",
        "abcdefghjk%0d%0aSet-Cookie:%20x=1",
        "%ff%fe",
        "abcdefghjk'--",
        "a" * 5000,
        "ABCDEFGHJK",
        "%F0%9F%92%BF",
        "{link_id}",
    ],
)
def test_path_tricks_lead_nowhere(standing_door: Door, link_id: str) -> None:
    link = standing_door.new_link()
    cookie = cookie_of(standing_door, link)
    for path in ("study", "series/11", "frames/101/0", "instances/101"):
        answer = ask(standing_door, f"/s/{link_id}/{path}", f"undisc={cookie}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert "set-cookie" not in answer.headers
    answer = standing_door.client.post(f"/s/{link_id}/open", json={"secret": link.secret})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("series/11%2f..%2f31", "series/11/../31", "frames/301%2f0", "frames/101/0%00", "frames/%2e%2e/0"),
        *("instances/-1", "instances/101.dcm", "series/0x0b", "series/+11", "series/ 11", "series/11;a=1"),
        f"frames/{'9' * 4000}/0",
    ],
)
def test_number_tricks_reach_nobody_elses_pictures(standing_door: Door, path: str) -> None:
    link = standing_door.new_link()
    cookie = cookie_of(standing_door, link)
    answer = ask(standing_door, f"/s/{link.link.id}/{path}", f"undisc={cookie}")
    assert answer.status_code == 404
    assert "picture" not in answer.text


def raw(door: Door, request: bytes) -> bytes:
    """Send bytes as they are, and read until the server ends the connection, however rudely."""
    host, _, port = door.base.removeprefix("http://").partition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=20) as connection, suppress(OSError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /s/abcdefghjk/study HTTP/1.1\r\nHost: a\r\nX: a\nSet-Cookie: b=c\r\n\r\n",
        b"GET /s/abc\r\nX-Injected: 1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://evil.example/s/abcdefghjk/study HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST /s/abcdefghjk/open HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /s/abcdefghjk/open HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: %s\r\n" % (count, b"a" * 900) for count in range(200)) + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 2_000_000,
        b"GET " + b"/a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /s/abcdefghjk/study HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_broken_requests_get_nothing_and_leave_the_server_standing(standing_door: Door, request_line: bytes) -> None:
    answer = raw(standing_door, request_line)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert b"set-cookie" not in answer.lower()
    assert b"evil.example" not in answer
    assert b"Traceback" not in answer
    assert standing_door.client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST"])
def test_other_methods_do_not_pass_where_get_does_not(standing_door: Door, method: str) -> None:
    link = standing_door.opened()
    answer = standing_door.client.request(
        method, f"/s/{link.link.id}/frames/101/0", headers={"X-HTTP-Method-Override": "GET"}
    )
    assert answer.status_code == 405
    assert b"picture" not in answer.content


def test_link_to_two_patients_is_not_made(door: Door) -> None:
    with pytest.raises(Exception, match="different patients"):
        door.new_link(1, 3)
    assert door.actions() == []


def test_nothing_secret_is_ever_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with capture_logs() as lines, running_door(tmp_path) as door:
        link = door.new_link(passcode="482913")
        door.open(link, "111111")
        door.open(link, "482913")
        cookie = door.client.cookies["undisc"]
        for path in ("study", "series/11", "frames/101/0", "download", "instances/101", f"x?{link.secret}"):
            door.get(link, path)
        door.archive.fault = RuntimeError("DOE^JANE MRN-4711")
        door.get(link, "frames/101/0")
        raw(door, b"GET /" + link.secret.encode() + b" HTTP/9\r\n\r\n")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    text = json.dumps(lines) + "\n".join(ours)
    assert '"request"' in text
    for secret in (link.secret, "482913", "111111", cookie, *NAMES_NEVER_LOGGED):
        assert secret not in text
