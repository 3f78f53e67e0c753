"""Retrieving (WADO-RS, PS3.18 10.4): the addresses, and whole instances, series and studies."""

from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from undisc.archive.retrieving import Held, Made, may_be_made
from undisc.dicom import syntaxes
from undisc.dicomweb import problems, reached
from undisc.dicomweb.access import Granted
from undisc.dicomweb.media_types import ANY_SYNTAX, NotAcceptable, Offer, accepted, negotiate
from undisc.dicomweb.multipart import END, Multipart
from undisc.dicomweb.retrieve_frames import Frames
from undisc.dicomweb.retrieve_metadata import Metadata
from undisc.dicomweb.retrieve_rendered import Rendered
from undisc.dicomweb.retrieve_sending import BLOCK, Blocks, Resource, file_blocks, fill, off_loop, streamed
from undisc.dicomweb.retrieve_single import DICOM, Single, way
from undisc.dicomweb.services import DicomwebServices
from undisc.dicomweb.wado_uri import WadoUri
from undisc.sharing.model import Use

STUDY = "/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{instance}"


def add_routes(router: APIRouter, services: DicomwebServices) -> None:
    """Add the routes to the door's router."""
    single, metadata = Single(services), Metadata(services)
    originals = Originals(services, single)
    frames, rendered = Frames(services), Rendered(services)
    routes: list[BaseRoute] = []
    for address, serve, use in (
        (INSTANCE + "/frames/{frames}", frames.frames, Use.VIEW),
        (INSTANCE + "/frames/{frames}/rendered", rendered.frames, Use.VIEW),
        (INSTANCE + "/frames/{frames}/thumbnail", rendered.thumbnail, Use.VIEW),
        (INSTANCE, originals.instance, Use.DOWNLOAD),
        (SERIES, originals.all_of, Use.DOWNLOAD),
        (STUDY, originals.all_of, Use.DOWNLOAD),
        (INSTANCE + "/metadata", metadata.instance, Use.VIEW),
        (SERIES + "/metadata", metadata.series, Use.VIEW),
        (STUDY + "/metadata", metadata.study, Use.VIEW),
        (INSTANCE + "/bulkdata", metadata.bulk, Use.DOWNLOAD),
        # Where the addresses in a study's metadata lead, which are the same as in its series'.
        (STUDY + "/instances/{instance}/bulkdata", metadata.bulk, Use.DOWNLOAD),
        (INSTANCE + "/rendered", rendered.instance, Use.VIEW),
        (SERIES + "/rendered", rendered.all_of, Use.VIEW),
        (STUDY + "/rendered", rendered.all_of, Use.VIEW),
        (INSTANCE + "/thumbnail", rendered.thumbnail, Use.VIEW),
        (SERIES + "/thumbnail", rendered.thumbnail, Use.VIEW),
        (STUDY + "/thumbnail", rendered.thumbnail, Use.VIEW),
        ("/wado", WadoUri(services, single, rendered).answer, Use.VIEW),
    ):
        routes.append(Route(address, Resource(address, serve, use), methods=["GET"]))
    # Before all others: frames are asked for by the thousand, and each address is tried in turn.
    router.routes[0:0] = routes


_IN_ONE_WRITE = 64 << 10


class Originals:
    """Instances as Part 10 files."""

    def __init__(self, services: DicomwebServices, single: Single) -> None:
        self._services = services
        self._single = single
        self._retriever = services.archive.retrieving

    async def instance(self, request: Request, granted: Granted) -> Response:
        path = request.path_params
        held = await off_loop(self._single.found, granted, path["study"], path["series"], path["instance"])
        offered = _offered([held])
        offers = [Offer(DICOM, True, offered), Offer(DICOM, False, offered)]
        choice = negotiate(accepted(request.headers.get("accept"), request.query_params.getlist("accept")), offers)
        if isinstance(choice, NotAcceptable):
            raise problems.Refusal(problems.NOT_ACCEPTABLE)
        if choice.offer.multipart:
            return self._parts(request, granted, [held], choice.transfer_syntax or ANY_SYNTAX)
        return await self._single.single(request, held, choice.transfer_syntax or ANY_SYNTAX)

    async def all_of(self, request: Request, granted: Granted) -> Response:
        path = request.path_params
        held = await off_loop(self._many, granted, path["study"], path.get("series"))
        offers = [Offer(DICOM, True, _offered(held))]
        choice = negotiate(accepted(request.headers.get("accept"), request.query_params.getlist("accept")), offers)
        if isinstance(choice, NotAcceptable):
            raise problems.Refusal(problems.NOT_ACCEPTABLE)
        return self._parts(request, granted, held, choice.transfer_syntax or ANY_SYNTAX)

    def _parts(self, request: Request, granted: Granted, held: Sequence[Held], asked: str) -> Response:
        sent = [(each, syntax) for each in held if (syntax := way(each, asked)) is not None]
        if not sent:
            raise problems.Refusal(problems.NOT_ACCEPTABLE)
        multipart = Multipart(DICOM)
        heads = [_head(multipart, granted.base, each, syntax) for each, syntax in sent]
        length = None
        if all(syntax == each.transfer_syntax for each, syntax in sent):
            length = sum(len(head) + each.size + len(END) for head, (each, _) in zip(heads, sent, strict=True))
            length += len(multipart.tail)
        # Some of it and not all: the rest cannot be had in what the client takes (PS3.18 10.4.3.1).
        status = 200 if len(sent) == len(held) else 206
        blocks = partial(self._blocks, multipart, heads, sent)
        return streamed(request, blocks, multipart.media_type, length=length, status=status)

    def _blocks(self, multipart: Multipart, heads: Sequence[bytes], sent: Sequence[tuple[Held, str]]) -> Blocks:
        """The parts; what fails on the way breaks the answer off, so that nobody takes it for whole."""
        buffer = bytearray(BLOCK)
        view = memoryview(buffer)
        before = b""
        for head, (held, syntax) in zip(heads, sent, strict=True):
            if syntax == held.transfer_syntax:
                file, length = self._retriever.open(held), held.size
            else:
                made = self._retriever.transcoded(held, syntax)
                if not isinstance(made, Made):
                    raise OSError("an instance cannot be had in this transfer syntax")
                file, length = made.file, made.lengths[0]
            # What stands between two instances goes with the next one, so that small ones are a single write.
            start = len(before) + len(head)
            if start + length <= _IN_ONE_WRITE:
                view[:start] = before + head
                with file:
                    fill(file, view[start : start + length])
                yield view[: start + length]
            else:
                yield before + head
                yield from file_blocks(file, 0, length, buffer)
            before = END
        yield before + multipart.tail

    def _many(self, granted: Granted, study: str, series: str | None) -> list[Held]:
        held = reached.many(self._services, granted, study, series)
        if not held:
            raise problems.Refusal(problems.NOT_HERE)
        self._services.reaches.note_retrieved(granted.reach, held[0].study_id)
        return held


def _offered(held: Sequence[Held]) -> tuple[str, ...]:
    """Transfer syntaxes that at least one of these can be had in, the default (PS3.18 8.7.3.1) first."""
    wanted = dict.fromkeys((syntaxes.EXPLICIT, *(each.transfer_syntax for each in held), *sorted(syntaxes.MADE)))
    return tuple(syntax for syntax in wanted if any(may_be_made(each, syntax) for each in held)) or (syntaxes.EXPLICIT,)


def _head(multipart: Multipart, base: str, held: Held, syntax: str) -> bytes:
    names = held.names
    location = f"{base}/studies/{names.study}/series/{names.series}/instances/{names.instance}"
    length = held.size if syntax == held.transfer_syntax else None
    return multipart.head(f"{DICOM}; transfer-syntax={syntax}", length, location)
