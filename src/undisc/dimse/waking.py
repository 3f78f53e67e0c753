"""Waiting without polling. pynetdicom's two loops of each association look a thousand times a second whether anything
has come; a few busy associations spend most of a processor on looking. Here they are woken instead."""

import contextlib
import os
import queue
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any

LOOK_AGAIN = 0.1
"""Seconds after which a loop looks all the same, for its timers and for being told to end."""


class WakingQueue(queue.Queue[Any]):
    """A queue that says when something was put into it."""

    def __init__(self, wake: Callable[[], object]) -> None:
        super().__init__()
        self._wake = wake

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self._wake()


class Bell:
    """Wakes a thread that waits for a socket, for another reason than the socket. Safe to ring after its end."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)
        self._watched: socket.socket | None = None
        self._poll = select.poll()

    def ring(self) -> None:
        try:
            self._rung.send(b"\0")
        except OSError:  # full, and so rung already; or closed, and nobody waits
            return

    def wait_for(self, given: socket.socket) -> bool:
        """Whether the socket can be read; False where the bell rang, or nothing happened for a while."""
        if isinstance(given, ssl.SSLSocket) and given.pending():
            return True
        if self._watched is not given:
            self._watched, self._poll = given, select.poll()
            self._poll.register(given, select.POLLIN | select.POLLHUP | select.POLLERR)
            self._poll.register(self._heard, select.POLLIN)
        found = {descriptor for descriptor, _ in self._poll.poll(LOOK_AGAIN * 1000)}
        if self._heard.fileno() in found:
            with contextlib.suppress(BlockingIOError):
                os.read(self._heard.fileno(), 4096)
        return given.fileno() in found

    def close(self) -> None:
        self._heard.close()
        self._rung.close()
