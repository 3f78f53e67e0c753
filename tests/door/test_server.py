"""Proves that the server says when it listens, does not hold small answers back, and ends in order when told to."""

import signal
import socket
import subprocess
import sys
import threading

import httpx
import pytest

from undisc.web.server import listen

_PROGRAM = """
import time
from fastapi import FastAPI
from undisc.web import server

app = FastAPI()

@app.get("/slow")
def slow() -> str:
    print("asked", flush=True)
    time.sleep(0.5)
    return "done"

server.run(app, "127.0.0.1", 0, on_ready=lambda port: print(port, flush=True))
print("ended", flush=True)
"""


def test_connections_send_small_pieces_at_once() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_address_that_is_taken_is_an_error_at_once() -> None:
    with listen("127.0.0.1", 0) as listening, pytest.raises(OSError):
        listen(*listening.getsockname())


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_request_under_way_is_answered_before_the_server_ends(told: signal.Signals) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    port = int(server.stdout.readline())
    answers: list[str] = []

    def ask() -> None:
        answers.append(httpx.get(f"http://127.0.0.1:{port}/slow", timeout=60).json())

    asking = threading.Thread(target=ask)
    asking.start()
    assert server.stdout.readline() == "asked\n"
    server.send_signal(told)
    asking.join()
    _, errors = server.communicate(timeout=60)
    assert answers == ["done"]
    assert errors == ""
    assert server.returncode == (0 if told == signal.SIGINT else -signal.SIGTERM)
