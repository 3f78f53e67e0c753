"""Metadata and the bulk data they point at (WADO-RS, PS3.18 10.4.1.1.2, 10.4.1.1.5)."""

import gzip
import re
import zlib
from collections.abc import Iterator
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from undisc.archive.bulk import addressed, below_series
from undisc.archive.retrieving import Held, SeriesHeld
from undisc.dicom import syntaxes
from undisc.dicomweb import problems, reached
from undisc.dicomweb.access import Granted
from undisc.dicomweb.media_types import Choice, NotAcceptable, Offer, accepted, negotiate
from undisc.dicomweb.multipart import END, Multipart
from undisc.dicomweb.retrieve_sending import (
    PRIVATE,
    Blocks,
    compressed,
    file_blocks,
    has_already,
    off_loop,
    ranged,
    streamed,
    takes_gzip,
    whole,
)
from undisc.dicomweb.services import DicomwebServices

JSON = "application/dicom+json"
_OFFERS = (Offer(JSON), Offer("application/json"))
_OCTETS = "application/octet-stream"
_NUMBER = re.compile(r"\d{1,18}")


class Metadata:
    """The addresses of bulk data are relative, so that what was made once, when the series came, is sent as it is."""

    def __init__(self, services: DicomwebServices) -> None:
        self._services = services
        self._retriever = services.archive.retrieving

    async def series(self, request: Request, granted: Granted) -> Response:
        choice = _json(request)
        path = request.path_params
        return await off_loop(self._series, request, granted, path["study"], path["series"], choice.offer.type)

    def _series(self, request: Request, granted: Granted, study: str, series: str, media_type: str) -> Response:
        for found in reached.series_of(self._services, granted, study):
            if found.uid == series:
                made = self._of_series(study, found)
                tag = f'W/"{zlib.crc32(made):08x}{len(made):x}"'
                if has_already(request, tag.removeprefix("W/")):
                    return Response(status_code=304, headers={"ETag": tag, **PRIVATE})
                return compressed(request, made, media_type, {"ETag": tag})
        raise problems.Refusal(problems.NOT_HERE)

    def _of_series(self, study: str, found: SeriesHeld) -> bytes:
        made = self._retriever.series_metadata(study, found)
        if made is not None:
            return made
        # Not all of its instances are derived yet: read from the originals.
        models = []
        for held in self._retriever.many(study, found.uid):
            model = self._retriever.metadata(held)
            if model is not None:
                models.append(below_series(model, held.names.instance))
        return gzip.compress(b"[%s]" % b",\n".join(models), 1, mtime=0)

    async def study(self, request: Request, granted: Granted) -> Response:
        choice = _json(request)
        study = request.path_params["study"]
        found = await off_loop(reached.series_of, self._services, granted, study)
        if not found:
            raise problems.Refusal(problems.NOT_HERE)
        headers = {"Vary": "Accept, Accept-Encoding, Authorization, Cookie"}
        if takes_gzip(request):
            headers["Content-Encoding"] = "gzip"
            blocks = partial(_packed, partial(self._models, study, found))
        else:
            blocks = partial(self._models, study, found)
        return streamed(request, blocks, choice.offer.type, headers=headers)

    def _models(self, study: str, found: list[SeriesHeld]) -> Iterator[bytes]:
        """One array out of the arrays of the series, without reading what is in them."""
        before = b"["
        for each in found:
            inner = gzip.decompress(self._of_series(study, each)).strip()[1:-1]
            if inner.strip():
                yield before + inner
                before = b",\n"
        yield b"]" if before != b"[" else b"[]"

    async def instance(self, request: Request, granted: Granted) -> Response:
        choice = _json(request)
        path = request.path_params
        model = await off_loop(self._of_instance, granted, path["study"], path["series"], path["instance"])
        return compressed(request, gzip.compress(b"[%s]" % model, 1, mtime=0), choice.offer.type)

    def _of_instance(self, granted: Granted, study: str, series: str, instance: str) -> bytes:
        held = self._one(granted, study, series, instance)
        model = self._retriever.metadata(held)
        if model is None:
            raise problems.Refusal(problems.NOT_HERE)
        return addressed(model, "bulkdata")

    def _one(self, granted: Granted, study: str, series: str | None, instance: str) -> Held:
        held = reached.one(self._services, granted, study, series, instance)
        if held is None:
            raise problems.Refusal(problems.NOT_HERE)
        return held

    async def bulk(self, request: Request, granted: Granted) -> Response:
        """A stretch of the stored file, as metadata name it."""
        path = request.path_params
        held = await off_loop(self._one, granted, path["study"], path.get("series"), path["instance"])
        given = request.query_params
        offset, length = given.get("offset", ""), given.get("length", "")
        if not (_NUMBER.fullmatch(offset) and _NUMBER.fullmatch(length)):
            raise problems.Refusal(problems.BAD_REQUEST, "Bulk data have an offset and a length.")
        start, size = int(offset), int(length)
        offers = [Offer(_OCTETS, False), Offer(_OCTETS, True)]
        choice = negotiate(accepted(request.headers.get("accept"), given.getlist("accept")), offers)
        if isinstance(choice, NotAcceptable):
            raise problems.Refusal(problems.NOT_ACCEPTABLE)
        await off_loop(self._services.reaches.note_retrieved, granted.reach, held.study_id)
        if held.transfer_syntax == syntaxes.DEFLATED:
            data = await off_loop(self._inflated, held, start, size)
            return self._given(choice, data)
        if start < held.dataset_start or start + size > held.size:
            raise problems.Refusal(problems.NOT_HERE)
        tag = f"{held.tag}-{start:x}-{size:x}"
        if not choice.offer.multipart:
            return ranged(request, partial(self._retriever.open, held), start, size, _OCTETS, tag)
        multipart = Multipart(_OCTETS)
        head = multipart.head(_OCTETS)
        length_of_all = len(head) + size + len(END) + len(multipart.tail)
        blocks = partial(self._bulk_blocks, multipart, head, held, start, size)
        return streamed(request, blocks, multipart.media_type, length=length_of_all)

    def _bulk_blocks(self, multipart: Multipart, head: bytes, held: Held, start: int, size: int) -> Blocks:
        yield head
        yield from file_blocks(self._retriever.open(held), start, size)
        yield END + multipart.tail

    def _inflated(self, held: Held, start: int, size: int) -> bytes:
        data = self._retriever.inflated_stretch(held, start, size)
        if data is None:
            raise problems.Refusal(problems.NOT_HERE)
        return data

    def _given(self, choice: Choice, data: bytes) -> Response:
        if not choice.offer.multipart:
            return whole(data, _OCTETS)
        multipart = Multipart(_OCTETS)
        return whole(b"".join((multipart.head(_OCTETS), data, END, multipart.tail)), multipart.media_type)


def _json(request: Request) -> Choice:
    accepts = accepted(request.headers.get("accept"), request.query_params.getlist("accept"))
    choice = negotiate(accepts, _OFFERS)
    if isinstance(choice, NotAcceptable):
        raise problems.Refusal(problems.NOT_ACCEPTABLE)
    return choice


def _packed(blocks: partial[Iterator[bytes]]) -> Iterator[bytes]:
    engine = zlib.compressobj(1, wbits=31)
    for block in blocks():
        yield engine.compress(block)
    yield engine.flush()
