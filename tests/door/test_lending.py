"""Proves that a connection lent to a thread carries whole bodies both ways, and that nothing of one passes for more."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from undisc.web.lending import EXTENSION, Lending
from undisc.web.server import listen, make_server

_SIZE = 3_000_001
_ENDLESS = 1 << 40


class Lender:
    """An application that borrows for everything it does, with one thread for all of its requests."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(1)
        self.bodies: list[bytes] = []
        self.errors: list[type[BaseException]] = []
        self.paths: list[str] = []
        self.closed = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        lending: Lending = scope["extensions"][EXTENSION]["lender"]
        self.paths.append(scope["path"])
        if scope["method"] == "POST":
            await self._read(lending, 1 if scope["path"] == "/some" else _ENDLESS)
            await _answer(send, 3)
            await send({"type": "http.response.body", "body": b"yes", "more_body": False})
            return
        length = {"/whole": _SIZE, "/broken": _SIZE, "/endless": _ENDLESS}[scope["path"]]
        await _answer(send, length)
        try:
            if await lending.send(self._blocks(scope["path"], length), length, self.threads):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError as error:
            self.errors.append(type(error))

    async def _read(self, lending: Lending, most: int) -> None:
        body = lending.body()
        if body is None:
            self.bodies.append(b"")
            return
        loop, found = asyncio.get_running_loop(), b""
        try:
            while len(found) < most:
                block = await loop.run_in_executor(self.threads, body.read, 1 << 16, 0.5)
                if not block:
                    break
                found += block
        except OSError as error:
            self.errors.append(type(error))
        finally:
            body.give_back()
        self.bodies.append(found)

    def _blocks(self, path: str, length: int) -> Iterator[bytes | memoryview]:
        buffer = bytearray(100_000)
        try:
            for number in range(0, length, len(buffer)):
                buffer[:] = bytes([number // len(buffer) % 251]) * len(buffer)
                if path == "/broken" and number > _SIZE // 2:
                    raise OSError("a file ends early")
                yield memoryview(buffer)[: length - number]
        finally:
            self.closed.set()


@contextmanager
def _served() -> Iterator[tuple[Lender, tuple[str, int]]]:
    lender = Lender()
    listening = listen("127.0.0.1", 0)
    address = listening.getsockname()
    server = make_server(lender)  # pyright: ignore[reportArgumentType] - any ASGI application will do
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    try:
        yield lender, address
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)
        lender.threads.shutdown()


def _answered(connection: socket.socket) -> bytes:
    """A whole answer of known length; fewer bytes where the connection ends before."""
    head, _, found = _until(connection, b"\r\n\r\n").partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(found) < length and (more := connection.recv(1 << 16)):
        found += more
    return found


def _until(connection: socket.socket, mark: bytes) -> bytes:
    found = b""
    while mark not in found and (more := connection.recv(1 << 16)):
        found += more
    return found


async def _answer(send: Any, length: int) -> None:
    headers = [(b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


def _expected() -> bytes:
    return b"".join(bytes([number % 251]) * 100_000 for number in range(31))[:_SIZE]


def test_bodies_pass_whole_one_after_another_on_one_connection() -> None:
    sent = bytes(range(256)) * 8000
    with _served() as (lender, address), socket.create_connection(address, timeout=30) as connection:
        for _ in range(3):
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(sent))
            connection.sendall(sent)
            assert _answered(connection) == b"yes"
            connection.sendall(b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n")
            assert _answered(connection) == _expected()
        assert lender.bodies == [sent] * 3


def test_a_request_hidden_in_the_rest_of_a_body_is_never_one() -> None:
    hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    body = b"z" * 200_000 + hidden * 2000
    with _served() as (lender, address), socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"POST /some HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
        connection.sendall(body)
        assert _answered(connection) == b"yes"
        connection.sendall(b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n")
        assert _answered(connection) == _expected()
        assert lender.paths == ["/some", "/whole"]


def test_a_request_that_follows_a_body_at_once_is_the_next_one() -> None:
    with _served() as (lender, address), socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n")
        connection.sendall(b"y" * 300_000 + b"GET /whole HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = _until(connection, b"nothing but the end")
        assert b"\r\n\r\nyesHTTP/1.1 200" in answers
        assert answers.endswith(b"\r\n\r\n" + _expected())
        assert lender.bodies == [b"y" * 300_000]


def test_who_waits_to_be_told_to_go_on_is_told() -> None:
    with _served() as (lender, address), socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert _until(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert _answered(connection) == b"yes"
        assert lender.bodies == [b"body"]


@pytest.mark.parametrize("closes", [True, False])
def test_a_sender_that_leaves_or_falls_silent_is_noticed(closes: bool) -> None:
    with _served() as (lender, address), socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n" + b"y" * 1000)
        if closes:
            connection.shutdown(socket.SHUT_WR)
        assert _until(connection, b"yes")
        assert lender.errors == [ConnectionResetError if closes else TimeoutError]


def test_who_takes_nothing_keeps_no_thread_from_others() -> None:
    with (
        _served() as (_, address),
        socket.create_connection(address, timeout=30) as idle,
        socket.create_connection(address, timeout=30) as connection,
    ):
        idle.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(1000)
        connection.sendall(b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n")
        assert _answered(connection) == _expected()


def test_what_is_sent_ends_when_the_client_leaves() -> None:
    with _served() as (lender, address):
        with socket.create_connection(address, timeout=30) as connection:
            connection.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(1000)
        assert lender.closed.wait(30)
        assert not lender.errors


def test_an_answer_that_fails_on_the_way_is_cut_off() -> None:
    with _served() as (lender, address), socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
        assert len(_answered(connection)) < _SIZE
        assert lender.errors == [OSError]
