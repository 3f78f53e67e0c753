"""How retrieved bytes leave: off the event loop, a block ahead of the client, with ranges and conditions (RFC 9110)."""

import asyncio
import gzip
import io
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from undisc.dicom.pixels.pool import Busy
from undisc.dicomweb import problems
from undisc.dicomweb.access import Asks, Granted
from undisc.dicomweb.lending import Block, Stretch, lending
from undisc.sharing.model import Use

Answer = TypeVar("Answer")

BLOCK = 1 << 20
BUSY = problems.Problem("busy", 503, "Too much is being asked for at this moment. Please try again in a few seconds.")
PRECONDITION = problems.Problem("precondition-failed", 412, "What is here is not what you say you have.")
# A shared cache must never hold it, and a browser must ask again each time: a revoked token or link shows nothing.
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
Blocks = Iterator[Block]
"""Whoever takes one is done with it before asking for the next: it may be written over then."""
_WORTH_LENDING = 256 << 10
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

# Apart from each other, so that what waits for a worker, or for a slow client, keeps nobody else waiting.
_threads = ThreadPoolExecutor(16, thread_name_prefix="retrieve")
_waiting = ThreadPoolExecutor(32, thread_name_prefix="retrieve-made")
_streams = ThreadPoolExecutor(32, thread_name_prefix="retrieve-stream")


async def off_loop(work: Callable[..., Answer], *values: object) -> Answer:
    """Run what waits for disks or the database in a thread of this door's own."""
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *values)


async def made_off_loop(work: Callable[..., Answer], *values: object) -> Answer:
    """Run what waits for a worker process."""
    return await asyncio.get_running_loop().run_in_executor(_waiting, work, *values)


class Resource:
    """An ASGI application for one address: asks whether it may be had, and sends what `serve` gives.

    It stands outside the framework's own machinery of parameters, which would take longer than a frame's bytes do.
    """

    def __init__(self, path: str, serve: Callable[[Request, Granted], Awaitable[Response]], use: Use) -> None:
        self.path = path
        self._serve = serve
        self._asks = Asks(use)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self  # whose template the log names
        request = Request(scope, receive)
        granted = await self._asks(request)
        try:
            response = await self._serve(request, granted)
        except Busy:
            response = problems.answer(BUSY, headers={"Retry-After": "5"})
        except FileNotFoundError as error:
            raise problems.Refusal(problems.NOT_HERE) from error
        await response(scope, receive, send)


def whole(data: bytes, media_type: str, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    return Response(data, status, headers={"Content-Type": media_type, **PRIVATE, **(headers or {})})


def streamed(
    request: Request,
    blocks: Callable[[], Blocks],
    media_type: str,
    *,
    length: int | None = None,
    headers: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """An answer that is never in memory as a whole. A HEAD gets its headers, and nothing is done for it."""
    told = {"Content-Type": media_type, **PRIVATE, **(headers or {})}
    if length is not None:
        told["Content-Length"] = str(length)
    if request.method == "HEAD":
        return _Head(status, told)
    return _Blocks(blocks, status, told, length)


class _Blocks(Response):
    """Blocks that are made in a thread, one when the one before is on its way."""

    def __init__(self, blocks: Callable[[], Blocks], status: int, headers: dict[str, str], length: int | None) -> None:
        self._blocks = blocks
        self._status = status
        self._told = headers
        self._length = length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lender = lending(scope)
        if lender is None or self._length is None or self._length < _WORTH_LENDING:
            await StreamingResponse(ahead(self._blocks()), self._status, headers=self._told)(scope, receive, send)
            return
        head = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self._told.items()]
        await send({"type": "http.response.start", "status": self._status, "headers": head})
        if await lender.send(self._blocks(), self._length, _streams):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Head(Response):
    """Headers alone; an answer of unknown length does not claim to have none."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(b"", status, headers=headers)
        if "Content-Length" not in headers:
            del self.headers["content-length"]


async def ahead(blocks: Blocks) -> AsyncIterator[bytes]:
    """The blocks, each read while the one before is on its way."""
    loop = asyncio.get_running_loop()

    def one() -> bytes | None:
        block = next(blocks, None)
        if isinstance(block, Stretch):
            return _read(block)
        return None if block is None else bytes(block)  # it is written over when the next one is made

    coming = loop.run_in_executor(_streams, one)
    try:
        while (block := await coming) is not None:
            coming = loop.run_in_executor(_streams, one)
            yield block
    finally:
        await asyncio.wait([coming])
        close = getattr(blocks, "close", None)
        if close is not None:
            close()


def _read(stretch: Stretch) -> bytes:
    data = os.pread(stretch.file, stretch.length, stretch.offset)
    if len(data) < stretch.length:
        raise OSError("a stored file ends early")
    return data


def file_blocks(file: BinaryIO, offset: int, length: int, buffer: bytearray | None = None) -> Blocks:
    """A stretch of a file that is closed afterwards. Raises OSError where it ends early: the client must notice.

    Of a file of this machine its stretches; of any other the same buffer, filled anew for each block.
    """
    with file:
        if isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO):
            for at in range(offset, offset + length, BLOCK):
                yield Stretch(file.fileno(), at, min(BLOCK, offset + length - at))
            return
        view = memoryview(bytearray(min(BLOCK, length)) if buffer is None else buffer)
        file.seek(offset)
        while length:
            count = fill(file, view[:length])
            length -= count
            yield view[:count]


def fill(file: BinaryIO, view: memoryview) -> int:
    """Read until the view is full; how many bytes it has. Raises OSError where the file ends before."""
    filled = 0
    while filled < len(view):
        count = file.readinto(view[filled:])  # pyright: ignore[reportAttributeAccessIssue]
        if not count:
            raise OSError("a stored file ends early")
        filled += count
    return filled


def ranged(
    request: Request, open_file: Callable[[], BinaryIO], start: int, length: int, media_type: str, tag: str
) -> Response:
    """A stretch of a file, or the part of it that is asked for, if the client does not have it already."""
    if not matches(request, tag):
        return problems.answer(PRECONDITION)
    quoted = f'"{tag}"'
    headers = {"ETag": quoted, "Accept-Ranges": "bytes"}
    if has_already(request, quoted):
        return Response(status_code=304, headers={**headers, **PRIVATE})
    asked = _asked_range(request, quoted, length)
    if asked is None:
        return streamed(
            request, lambda: file_blocks(open_file(), start, length), media_type, length=length, headers=headers
        )
    first, last = asked
    if first > last:
        return problems.answer(problems.BAD_RANGE, headers={"Content-Range": f"bytes */{length}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{length}"
    size = last - first + 1
    return streamed(
        request,
        lambda: file_blocks(open_file(), start + first, size),
        media_type,
        length=size,
        headers=headers,
        status=206,
    )


def _asked_range(request: Request, quoted: str, length: int) -> tuple[int, int] | None:
    """First and last byte; first above last where there are none such; None for the whole (RFC 9110 14.2)."""
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or found[0] == "bytes=-" or request.method != "GET":
        return None
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != quoted:
        return None
    if not found[1]:
        size = int(found[2])
        return (max(length - size, 0), length - 1) if size else (1, 0)
    first = int(found[1])
    last = min(int(found[2]), length - 1) if found[2] else length - 1
    if found[2] and int(found[2]) < first:
        return None
    return (first, last) if first < length else (1, 0)


def has_already(request: Request, quoted: str) -> bool:
    """Whether If-None-Match names this (RFC 9110 13.1.2)."""
    said = request.headers.get("if-none-match")
    if said is None:
        return False
    return any(each.strip().removeprefix("W/") in ("*", quoted) for each in said.split(","))


def matches(request: Request, tag: str) -> bool:
    """Whether If-Match, where there is one, names this (RFC 9110 13.1.1)."""
    said = request.headers.get("if-match")
    return said is None or any(each.strip() in ("*", f'"{tag}"') for each in said.split(","))


def takes_gzip(request: Request) -> bool:
    """Whether gzip is named with a weight above nothing."""
    for offer in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = offer.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def compressed(request: Request, data: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """Bytes that exist gzip'ed, as they are; opened again only for a client that does not take gzip."""
    told = {**(headers or {}), "Vary": "Accept, Accept-Encoding, Authorization, Cookie"}
    if takes_gzip(request):
        return whole(data, media_type, {**told, "Content-Encoding": "gzip"})
    return whole(gzip.decompress(data), media_type, told)
