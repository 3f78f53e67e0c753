"""Connections whose socket is lent to a thread: large bodies move between it and files without the event loop.

uvicorn hands a body over in pieces of 64 KB, each copied several times and each an event of the loop's; for uploads and
for whole series that costs more than all else that is done with them. Here a thread reads a body straight from the
connection, or writes an answer straight to it, while uvicorn keeps everything else: requests, heads, keep-alive, the
end of connections. Whoever wants it finds it under EXTENSION in an ASGI scope's extensions, and can do without.
"""

import asyncio
import os
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

EXTENSION = "undisc.lending"
_SLICE = 0.25
"""Seconds after which a waiting thread looks whether it shall stop."""
_UNTAKEN = 0.05
"""Seconds that a thread waits for a client to take more, before the event loop does so in its stead."""
_A_WHILE = 1.0
"""Seconds after which a reader is given what has come, be it little."""
_A_TURN = 64 << 20
"""Bytes that a thread sends before others get their turn with it."""
_LONGEST_HEAD = 64 << 10
"""Bytes of a request's address and headers; the parser itself would take any number, and keep them."""
_LONGEST_SILENCE = _LONGEST_HEAD + (256 << 10)
"""Bytes after which the parser must have made something of them; asyncio reads 256 KB at a time."""
_LITTLE = 4 << 10
_MORE = getattr(socket, "MSG_MORE", 0)  # Linux
_NOTHING = memoryview(b"")

Stretch = tuple[int, int, int]
"""Bytes of an open file: its descriptor, from where on, and how many. The system sends them without a copy of ours."""
Block = bytes | memoryview | Stretch


class LendingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a bound on heads, whose requests know how to borrow their connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head = 0
        self._silent = 0
        self._arrived = 0
        self._passed_over = 0
        self._sending: Sending | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self.transport.get_extra_info("sslcontext") is None:
            cycle.scope["extensions"] = {EXTENSION: {"lender": Lending(self, cycle)}}
        super()._start_asgi_task(cycle, app)

    def on_message_begin(self) -> None:
        self._head = self._arrived = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        super().on_header(name, value)

    def _count_head(self, count: int) -> None:
        self._silent = 0
        self._head += count
        if self._head > _LONGEST_HEAD:
            raise ValueError("a head is too long")  # which the parser turns into its own error, and that into a 400

    def on_body(self, body: bytes) -> None:
        self._silent = 0
        self._arrived += len(body)
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        if self._passed_over:
            self._unset_keepalive_if_required()
            passed = min(self._passed_over, len(data))
            self._passed_over -= passed
            data = data[passed:]
            if not data:
                return
        self._silent += len(data)
        super().data_received(data)
        if self._silent > _LONGEST_SILENCE and not self.transport.is_closing():
            self.send_400_response("Invalid HTTP request received.")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._sending is not None:
            self._sending.stop()
        super().connection_lost(exc)

    def rest_of_body(self, cycle: RequestResponseCycle) -> int | None:
        """How many bytes of the request's body the parser has not seen; None where that is not known."""
        if cycle is not self.cycle or not cycle.more_body or cycle.disconnected or cycle.response_started:
            return None
        named = dict(cycle.scope["headers"])
        length = named.get(b"content-length", b"")
        if b"transfer-encoding" in named or not length.isdigit():
            return None
        return int(length) - self._arrived

    def part_from_parser(self, rest: int) -> None:
        """The rest of the body goes another way; what the parser sees next is the next request."""
        self._passed_over = rest
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def pass_over(self, count: int) -> None:
        """What was borrowed to read is given back, with so many bytes of the body still to come."""
        self._passed_over = count
        if self.cycle is not None:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def set_sending(self, sending: "Sending | None") -> None:
        self._sending = sending


class Lending:
    """One request's way to its connection."""

    def __init__(self, protocol: LendingProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle

    def body(self) -> "LentBody | None":
        """Borrow the connection to read the body; None where its length is not known, or all of it is here already.

        To be called on the event loop. Give it back, whatever happens.
        """
        rest = self._protocol.rest_of_body(self._cycle)
        if not rest:
            return None
        protocol, cycle = self._protocol, self._cycle
        protocol.flow.pause_reading()
        if cycle.waiting_for_100_continue and not protocol.transport.is_closing():
            protocol.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False
        protocol.part_from_parser(rest)
        arrived, cycle.body = bytes(cycle.body), bytearray()
        return LentBody(protocol, arrived, rest)

    async def send(self, blocks: Iterator[Block], length: int, threads: Executor) -> bool:
        """Send the body of an answer whose head has been sent and says `length`; blocks are taken in a thread, each
        when the one before is gone. Returns False where the client went away. Raises what `blocks` raises."""
        loop = asyncio.get_running_loop()
        transport, cycle = self._protocol.transport, self._cycle
        await asyncio.sleep(0)
        while transport.get_write_buffer_size() and not cycle.disconnected:
            await asyncio.sleep(0.001)
        if cycle.disconnected or transport.is_closing():
            _close(blocks)
            return False
        sending = Sending(_duplicate(transport), blocks, loop)
        self._protocol.set_sending(sending)
        try:
            while not await _finished(loop.run_in_executor(threads, sending.turn), sending):
                await sending.taken()
        finally:
            self._protocol.set_sending(None)
            await _finished(loop.run_in_executor(threads, sending.close), sending)
        if sending.stopped:
            return False
        if sending.sent != length:
            raise OSError("an answer has another length than it says")
        cycle.expected_content_length = 0
        return True


class LentBody:
    """A request's body, read by one thread at a time."""

    def __init__(self, protocol: LendingProtocol, arrived: bytes, rest: int) -> None:
        self._protocol = protocol
        self._arrived = arrived
        self._rest = rest
        self._socket = _duplicate(protocol.transport)
        self._stopped = False

    def read(self, size: int, seconds: float) -> bytes | bytearray:
        """The next bytes: what comes within a second, `size` at most; b"" at the end. To be called off the event loop.

        Raises TimeoutError where nothing comes for so many seconds, and ConnectionError where the client is gone.
        """
        if self._arrived:
            first, self._arrived = self._arrived, b""
            return first
        block = bytearray(min(size, self._rest))
        filled, until = 0, 0.0
        with memoryview(block) as view:
            while filled < len(block):
                if not filled:
                    filled = self._receive(view, seconds)
                    until = time.monotonic() + _A_WHILE
                elif time.monotonic() < until:
                    try:
                        filled += self._receive(view[filled:], _A_WHILE)
                    except TimeoutError:
                        break
                else:
                    break
        self._rest -= filled
        del block[filled:]
        return block

    def _receive(self, view: memoryview, seconds: float) -> int:
        silent_from = time.monotonic()
        while True:
            if self._stopped:
                raise ConnectionAbortedError
            try:
                count = self._socket.recv_into(view)
            except BlockingIOError:
                _wait(self._socket, select.POLLIN, _SLICE)
                if time.monotonic() - silent_from > seconds:
                    raise TimeoutError from None
                continue
            if not count:
                raise ConnectionResetError
            return count

    def stop(self) -> None:
        """Let a thread that waits in `read` come back soon."""
        self._stopped = True

    def give_back(self) -> None:
        """To be called on the event loop, when no thread reads any more."""
        self._socket.close()
        self._protocol.pass_over(self._rest)


class Sending:
    """An answer's body on its way out, by one thread at a time."""

    def __init__(
        self,
        connection: socket.socket,
        blocks: Iterator[Block],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._socket = connection
        self._blocks = blocks
        self._loop = loop
        self._left: memoryview | Stretch = _NOTHING
        self._waiting: asyncio.Future[None] | None = None
        self.sent = 0
        self.stopped = False

    def turn(self) -> bool:
        """Send until all is gone (True), or the client takes nothing for a moment, or it is others' turn (False)."""
        until = self.sent + _A_TURN
        while not self.stopped:
            if not self._left:
                if self.sent >= until:
                    return False
                block = next(self._blocks, None)
                if block is None:
                    # Sends what still waits for more to go with it.
                    self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return True
                self._left = block if isinstance(block, tuple) else memoryview(block)
            try:
                count = self._send()
            except BlockingIOError:
                if not _wait(self._socket, select.POLLOUT, _UNTAKEN):
                    return False
                continue
            except ConnectionError:
                self.stopped = True
                break
            self.sent += count
        return True

    def _send(self) -> int:
        """Send what the client takes of what is left; how much that was."""
        if isinstance(self._left, memoryview):
            # What stands around a file goes with it: it is worth no waking of the client.
            count = self._socket.send(self._left, _MORE if len(self._left) <= _LITTLE else 0)
            self._left = self._left[count:]
            return count
        file, offset, length = self._left
        count = os.sendfile(self._socket.fileno(), file, offset, length)
        if not count:
            raise OSError("a file ends early")
        self._left = (file, offset + count, length - count) if count < length else _NOTHING
        return count

    async def taken(self) -> None:
        """Wait until the client takes more, or is gone."""
        self._waiting = self._loop.create_future()
        self._loop.add_writer(self._socket.fileno(), self._wake)
        try:
            if not self.stopped:
                await self._waiting
        finally:
            self._loop.remove_writer(self._socket.fileno())
            self._waiting = None

    def stop(self) -> None:
        """The client is gone. To be called on the event loop."""
        self.stopped = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def close(self) -> bool:
        self._left = _NOTHING
        _close(self._blocks)
        self._socket.close()
        return True


async def _finished(work: asyncio.Future[bool], sending: Sending) -> bool:
    """The outcome of a thread's work. Who is told to stop waits for the thread all the same."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        sending.stopped = True
        await asyncio.wait([work])
        raise


def _close(blocks: Iterator[Block]) -> None:
    close = getattr(blocks, "close", None)
    if close is not None:
        close()


def _duplicate(transport: asyncio.Transport) -> socket.socket:
    """A socket of one's own on the same connection: the transport may close its own meanwhile."""
    lent = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
    lent.setblocking(False)
    return lent


def _wait(connection: socket.socket, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(connection, event)
    return bool(poll.poll(seconds * 1000))
