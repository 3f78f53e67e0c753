"""Single frames (WADO-RS, PS3.18 10.4.1.1.4): as they lie in the stored file wherever that is what is asked for."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from starlette.requests import Request
from starlette.responses import Response

from undisc.archive.retrieving import CannotBeMade, Held, Layout
from undisc.dicom import syntaxes
from undisc.dicom.model import Extent
from undisc.dicomweb import problems, reached
from undisc.dicomweb.access import Granted
from undisc.dicomweb.media_types import ANY_SYNTAX, Choice, NotAcceptable, Offer, accepted, negotiate
from undisc.dicomweb.multipart import END, Multipart
from undisc.dicomweb.retrieve_sending import made_off_loop, off_loop, streamed, whole
from undisc.dicomweb.services import DicomwebServices

OCTETS = "application/octet-stream"
_LIST = re.compile(r"[1-9]\d{0,8}(?:,[1-9]\d{0,8})*")
_MOST_FRAMES = 10_000
_IN_ONE_PIECE = 8 << 20


class Frames:
    def __init__(self, services: DicomwebServices) -> None:
        self._services = services
        self._retriever = services.archive.retrieving

    async def frames(self, request: Request, granted: Granted) -> Response:
        wanted = frame_numbers(request.path_params["frames"])
        return await off_loop(self._stored, request, granted, wanted) or await self._made(request, granted, wanted)

    def _stored(self, request: Request, granted: Granted, wanted: Sequence[int]) -> Response | None:
        """The answer where the stored bytes, or those made for the viewer, are what is asked for; else None."""
        held, layout = self._found(request, granted, wanted)
        choice = _chosen(request, held.transfer_syntax, len(wanted) == 1)
        syntax, media_type = _target(held, layout, choice)
        read: Sequence[Callable[[], bytes]] | None = None
        stored = held.transfer_syntax
        native = syntax == syntaxes.EXPLICIT and not layout.description.encapsulated
        lengths: Sequence[int] = ()
        if native or syntax == stored:
            extents = [self._retriever.extents(layout, index) for index in wanted]
            if all(extents):
                there: list[tuple[Extent, ...]] = [each for each in extents if each]
                read = [partial(self._retriever.stored_frame, held, each) for each in there]
                lengths = [sum(part.length for part in each) for each in there]
        elif syntax == syntaxes.HTJ2K_LOSSLESS:
            packed = [self._retriever.packed_frame(held, layout, index) for index in wanted[:1]]
            if all(packed):
                read = [partial(self._packed, held, layout, index) for index in wanted]
        if read is None:
            return None
        return self._answer(request, held, choice, media_type, syntax, read, lengths)

    def _packed(self, held: Held, layout: Layout, index: int) -> bytes:
        packed = self._retriever.packed_frame(held, layout, index)
        if packed is None:
            raise OSError("a frame made for the viewer is not there any more")
        return packed

    async def _made(self, request: Request, granted: Granted, wanted: Sequence[int]) -> Response:
        held, layout = await off_loop(self._found, request, granted, wanted)
        choice = _chosen(request, held.transfer_syntax, len(wanted) == 1)
        syntax, media_type = _target(held, layout, choice)
        if request.method == "HEAD":
            return self._answer(request, held, choice, media_type, syntax, [bytes], ())
        made = await made_off_loop(self._retriever.coded_frames, held, syntax, wanted)
        if isinstance(made, CannotBeMade):
            raise problems.Refusal(problems.NOT_ACCEPTABLE, made.reason)
        read = [partial(made.file.read, length) for length in made.lengths]
        return self._answer(request, held, choice, media_type, syntax, read, made.lengths, made.file.close)

    def _found(self, request: Request, granted: Granted, wanted: Sequence[int]) -> tuple[Held, Layout]:
        path = request.path_params
        held = reached.one(self._services, granted, path["study"], path["series"], path["instance"])
        if held is None:
            raise problems.Refusal(problems.NOT_HERE)
        layout = self._retriever.layout(held)
        if isinstance(layout, CannotBeMade):
            detail = layout.reason
            raise problems.Refusal(problems.NOT_ACCEPTABLE if held.frames else problems.NOT_HERE, detail)
        if max(wanted) >= layout.count:
            raise problems.Refusal(problems.NOT_HERE, "It does not have as many frames.")
        self._services.reaches.note_retrieved(granted.reach, held.study_id)
        return held, layout

    def _answer(
        self,
        request: Request,
        held: Held,
        choice: Choice,
        media_type: str,
        syntax: str,
        read: Sequence[Callable[[], bytes]],
        lengths: Sequence[int],
        done: Callable[[], None] = lambda: None,
    ) -> Response:
        told = f"{media_type}; transfer-syntax={syntax}"
        if not choice.offer.multipart:
            if request.method == "HEAD":
                return streamed(request, lambda: iter(()), told, length=sum(lengths) or None)
            try:
                return whole(read[0](), told)
            finally:
                done()
        multipart = Multipart(media_type)
        head = multipart.head(told)
        length = None
        if lengths:
            length = sum(lengths) + len(lengths) * (len(head) + len(END)) + len(multipart.tail)
            if length <= _IN_ONE_PIECE and request.method == "GET":
                parts = [part for each in read for part in (head, each(), END)]
                done()
                return whole(b"".join((*parts, multipart.tail)), multipart.media_type)
        blocks = partial(_blocks, multipart, head, read, done)
        return streamed(request, blocks, multipart.media_type, length=length)


def _blocks(
    multipart: Multipart, head: bytes, read: Sequence[Callable[[], bytes]], done: Callable[[], None]
) -> Iterator[bytes]:
    try:
        for each in read:
            yield b"".join((head, each(), END))
        yield multipart.tail
    finally:
        done()


def frame_numbers(text: str) -> list[int]:
    """Frames counted from 0, out of a list that counts from 1 and names none twice (PS3.18 table 10.4.1-1)."""
    if not _LIST.fullmatch(text):
        raise problems.Refusal(problems.BAD_REQUEST, "Frames are numbers from 1 on, parted by commas.")
    if text.count(",") >= _MOST_FRAMES:
        raise problems.Refusal(problems.BAD_REQUEST, "That is too many frames at once.")
    numbers = [int(each) - 1 for each in text.split(",")]
    if len(set(numbers)) != len(numbers):
        raise problems.Refusal(problems.BAD_REQUEST, "A frame is named twice.")
    return numbers


def _chosen(request: Request, stored: str, single: bool) -> Choice:
    parameters = tuple(request.query_params.getlist("accept")) if request.url.query else ()
    choice = _negotiated(request.headers.get("accept"), parameters, stored, single)
    if isinstance(choice, NotAcceptable):
        raise problems.Refusal(problems.NOT_ACCEPTABLE)
    return choice


@lru_cache(maxsize=512)
def _negotiated(header: str | None, parameters: tuple[str, ...], stored: str, single: bool) -> Choice | NotAcceptable:
    offers: list[Offer] = []
    for media_type, known in syntaxes.FRAME_MEDIA.items():
        offered = tuple(each for each in known if each in syntaxes.MADE or each == stored)
        if not offered:
            continue
        # For whatever is stored, every name will do: it is told by the part's own (8.7.3.3).
        offers.append(Offer(media_type, True, offered))
        if single:
            offers.append(Offer(media_type, False, offered))
    return negotiate(accepted(header, parameters), offers)


def _target(held: Held, layout: Layout, choice: Choice) -> tuple[str, str]:
    """The transfer syntax in which the frames leave, and their media type."""
    asked = choice.transfer_syntax
    if asked is not None and asked != ANY_SYNTAX:
        return asked, choice.offer.type
    if not layout.description.encapsulated:
        return syntaxes.EXPLICIT, OCTETS
    media_type = syntaxes.media_type(held.transfer_syntax)
    return (held.transfer_syntax, media_type) if media_type != OCTETS else (syntaxes.EXPLICIT, OCTETS)
