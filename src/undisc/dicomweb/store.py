"""Storing (STOW-RS, PS3.18 10.5): what is told as stored survives a power cut; deleting, which hides."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from undisc.dicom.multipart import MultipartMalformed, MultipartReader
from undisc.dicom.uid import is_usable_uid
from undisc.dicomweb import problems, store_deleting
from undisc.dicomweb.access import Asks, Granted
from undisc.dicomweb.description import REFUSALS, UID, refusal
from undisc.dicomweb.lending import LentBody, lending
from undisc.dicomweb.media_types import NotAcceptable, Offer, accepted, negotiate
from undisc.dicomweb.services import DicomwebServices
from undisc.dicomweb.store_answer import describe, status_of
from undisc.dicomweb.store_metadata import MODEL, Described
from undisc.dicomweb.store_upload import (
    Body,
    Filling,
    Instances,
    Parts,
    Taken,
    TooManyParts,
    WholeBody,
    media_type,
)
from undisc.errors import StorageFull
from undisc.intake.receiving import Reception
from undisc.sharing.model import Use

DICOM = "application/dicom"
_MULTIPART = "multipart/related"
_BLOCK = 1 << 20
_SLOWEST = 1024
"""Bytes a second, on average, below which an upload is given up."""
_OFFERS = (Offer(MODEL), Offer("application/json"))
_FULL = (errno.ENOSPC, errno.EDQUOT)

_T = TypeVar("_T")

Storer = Annotated[Granted, Depends(Asks(Use.STORE))]
Uid = Annotated[str, InPath(pattern=UID)]


def add_routes(router: APIRouter, services: DicomwebServices) -> None:
    """Add the routes to the door's router."""
    storing = Storing(services)
    octets = {"schema": {"type": "string", "format": "binary"}}
    body = {"content": {_MULTIPART: octets, DICOM: octets}, "required": True}
    too_much = refusal("It is more than is taken.")
    too_much["content"][MODEL] = {}
    kinds = {MODEL: {}}
    described: dict[str, Any] = {
        "response_class": Response,
        "tags": ["store"],
        "openapi_extra": {"requestBody": body},
        "responses": {
            **REFUSALS,
            200: {"description": "All of it is stored.", "content": kinds},
            202: {"description": "Some of it is stored.", "content": kinds},
            405: refusal("Nothing is stored by this server."),
            408: refusal("It came too slowly."),
            409: {"description": "Nothing of it is stored.", "content": kinds},
            413: too_much,
            415: refusal("This media type is not taken."),
            503: refusal("Too many uploads at once."),
            507: refusal("There is too little room left."),
        },
    }

    @router.post("/studies", summary="Store instances.", **described)
    async def instances(request: Request, granted: Storer) -> Response:
        return await storing.store(request, granted, None)

    @router.post("/studies/{study}", summary="Store instances of one study.", **described)
    async def instances_of_study(request: Request, granted: Storer, study: Uid) -> Response:
        return await storing.store(request, granted, study)

    store_deleting.add_routes(router, services)


class Storing:
    """Takes uploads, so many at a time; each has one thread at a time for what is not moving bytes."""

    def __init__(self, services: DicomwebServices) -> None:
        self._services = services
        self._threads = ThreadPoolExecutor(services.uploads, thread_name_prefix="store")
        self._under_way = 0

    async def store(self, request: Request, granted: Granted, study: str | None) -> Response:
        reception = self._services.reception
        if reception is None:
            raise problems.Refusal(problems.NO_SUCH_METHOD)
        if study is not None and not is_usable_uid(study):
            raise problems.Refusal(problems.BAD_REQUEST, "The address names no study UID.")
        ranges = accepted(request.headers.get("accept"), request.query_params.getlist("accept"))
        if isinstance(negotiate(ranges, _OFFERS), NotAcceptable):
            raise problems.Refusal(problems.NOT_ACCEPTABLE)
        make = _reading(request.headers.get("content-type", ""), self._services.largest_file, reception)
        if self._under_way >= self._services.uploads:
            return problems.answer(problems.BUSY, headers={"Retry-After": "5"})
        self._under_way += 1
        try:
            taken = await self._take(request, reception, granted, study, make)
        except (StorageFull, OSError) as error:
            if isinstance(error, OSError) and error.errno not in _FULL:
                raise
            # What was finished before is kept, and told as here already when it comes again.
            return problems.answer(problems.FULL, headers={"Retry-After": "300"})
        except MultipartMalformed as error:
            raise problems.Refusal(problems.BAD_REQUEST, str(error)) from None
        except TooManyParts:
            raise problems.Refusal(problems.TOO_LARGE, "There are too many parts in one request.") from None
        finally:
            self._under_way -= 1
        if not taken.received and not taken.not_taken:
            raise problems.Refusal(problems.BAD_REQUEST, "There is no part in it.")
        model = await self._in_thread(describe, taken, granted.base, study)
        return JSONResponse(model, status_of(taken), media_type=MODEL)

    async def _take(
        self, request: Request, reception: Reception, granted: Granted, study: str | None, make: "_Make"
    ) -> Taken:
        claimed = request.headers.get("content-length", "")
        if claimed.isdecimal() and len(claimed) < 16:
            await self._in_thread(reception.refuse_when_full, int(claimed))
        closing = ExitStack()
        taken = Taken()

        def begin() -> Body:
            return make(closing.enter_context(reception.delivery("stow", granted.reach.actor, study)), taken)

        try:
            body = await self._in_thread(begin)
            lender = lending(request.scope)
            lent = None if lender is None else lender.body()
            if lent is None:
                await self._pour(request, body)
            else:
                await self._pour_lent(lent, body)
        except BaseException:
            await asyncio.shield(self._in_thread(_leave, closing, taken.in_doubt))
            raise
        await self._in_thread(closing.close)
        return taken

    async def _pour(self, request: Request, body: Body) -> None:
        """Hand blocks over to a thread, while the next one is coming in."""
        working: asyncio.Future[None] | None = None
        try:
            async for block in self._blocks(request):
                if working is not None:
                    await working
                working = asyncio.ensure_future(self._in_thread(body.take, block))
            if working is not None:
                await working
            working = asyncio.ensure_future(self._in_thread(body.end))
            await working
        finally:
            if working is not None and not working.done():
                await asyncio.wait([working])

    async def _pour_lent(self, lent: LentBody, body: Body) -> None:
        """Let one thread read from the connection and do all there is to do with what it reads."""
        working = asyncio.ensure_future(self._in_thread(self._read_all, lent, body))
        try:
            await asyncio.shield(working)
        finally:
            lent.stop()
            if not working.done():
                await asyncio.wait([working])
            lent.give_back()

    def _read_all(self, lent: LentBody, body: Body) -> None:
        begun, patience = time.monotonic(), self._services.upload_seconds
        total = 0
        try:
            while block := lent.read(_BLOCK, patience):
                body.take(block)
                total += len(block)
                if (took := time.monotonic() - begun) > patience and total < took * _SLOWEST:
                    raise problems.Refusal(problems.TOO_SLOW)
        except TimeoutError:
            raise problems.Refusal(problems.TOO_SLOW) from None
        except ConnectionError:
            raise ClientDisconnect from None
        body.end()

    async def _blocks(self, request: Request) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        begun, patience = loop.time(), self._services.upload_seconds
        pieces: list[bytes] = []
        size = total = 0
        stream = aiter(request.stream())
        while True:
            try:
                async with asyncio.timeout(patience):
                    piece = await anext(stream)
            except StopAsyncIteration:
                break
            except TimeoutError:
                raise problems.Refusal(problems.TOO_SLOW) from None
            pieces.append(piece)
            size += len(piece)
            if size >= _BLOCK:
                yield b"".join(pieces)
                pieces.clear()
                total, size = total + size, 0
            elif (took := loop.time() - begun) > patience and total + size < took * _SLOWEST:
                raise problems.Refusal(problems.TOO_SLOW)
        if size:
            yield b"".join(pieces)

    async def _in_thread(self, call: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


_Make = Callable[[Any, Taken], Body]


def _reading(header: str, largest: int, reception: Reception) -> _Make:
    """How a body of this content type is read. Raises Refusal."""
    kind, parameters = media_type(header)
    if kind == DICOM:

        def whole(delivery: Any, taken: Taken) -> Body:
            filling = Filling(delivery, largest, reception.refuse_when_full)
            return WholeBody(filling, Instances(delivery, taken), taken)

        return whole
    if kind != _MULTIPART:
        raise problems.Refusal(problems.UNSUPPORTED)
    root = parameters.get("type", "").lower()
    if root not in (DICOM, MODEL):
        raise problems.Refusal(problems.UNSUPPORTED, "The parts are application/dicom or application/dicom+json.")
    boundary = parameters.get("boundary", "")
    try:
        MultipartReader(boundary)
    except MultipartMalformed as error:
        raise problems.Refusal(problems.BAD_REQUEST, str(error)) from None
    if root == MODEL:
        return partial(_described, boundary, largest, reception)
    return partial(_files, boundary, largest, reception)


def _files(boundary: str, largest: int, reception: Reception, delivery: Any, taken: Taken) -> Body:
    instances = Instances(delivery, taken)
    new = partial(Filling, delivery, largest, reception.refuse_when_full)
    return _Ending(Parts(boundary, new, instances.add, _why_no_file, taken), partial(instances.keep, last=True))


def _described(boundary: str, largest: int, reception: Reception, delivery: Any, taken: Taken) -> Body:
    described = Described(delivery, Instances(delivery, taken), taken)
    new = partial(Filling, delivery, largest, reception.refuse_when_full)
    return _Ending(Parts(boundary, new, described.add, described.why_not, taken), described.end)


class _Ending:
    """A body of several parts, and what is done when all of it is there."""

    def __init__(self, parts: Parts, end: Callable[[], None]) -> None:
        self._parts = parts
        self._end = end

    def take(self, block: bytes | bytearray) -> None:
        self._parts.take(block)

    def end(self) -> None:
        self._parts.end()
        self._end()


def _why_no_file(headers: dict[str, str]) -> str:
    kind, _ = media_type(headers.get("content-type", DICOM))
    return "" if kind == DICOM else "It is of another media type than application/dicom."


def _leave(closing: ExitStack, in_doubt: BaseException | None) -> None:
    """Drop what was not kept. What was kept before is kept for sure, unless that is what failed."""
    if in_doubt is None:
        closing.close()
    else:
        with suppress(type(in_doubt)):
            closing.__exit__(type(in_doubt), in_doubt, in_doubt.__traceback__)
