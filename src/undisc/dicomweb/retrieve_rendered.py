"""Pictures for people (WADO-RS, PS3.18 10.4.1.1.3, 8.3.5): rendered frames, and thumbnails."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from undisc.archive.retrieving import CannotBeMade, Held, Made
from undisc.dicom.pixels.model import Rendering
from undisc.dicom.pixels.video import can_film
from undisc.dicomweb import problems, reached
from undisc.dicomweb.access import Granted
from undisc.dicomweb.media_types import Choice, NotAcceptable, Offer, accepted, negotiate
from undisc.dicomweb.multipart import END, Multipart
from undisc.dicomweb.retrieve_frames import frame_numbers
from undisc.dicomweb.retrieve_sending import made_off_loop, off_loop, streamed, whole
from undisc.dicomweb.services import DicomwebServices

KINDS = {"image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
_FILM = {"video/mp4": "mp4"}
_LARGEST_SIDE = 8192
_THUMBNAIL = (128, 128)
_WEBP = "image/webp"


class Rendered:
    def __init__(self, services: DicomwebServices) -> None:
        self._services = services
        self._retriever = services.archive.retrieving

    async def frames(self, request: Request, granted: Granted) -> Response:
        wanted = frame_numbers(request.path_params["frames"])
        held = await off_loop(self._one, request, granted)
        if max(wanted) >= max(held.frames, 1):
            raise problems.Refusal(problems.NOT_HERE, "It does not have as many frames.")
        return await self._answer(request, held, wanted, chosen(request, single=len(wanted) == 1))

    async def instance(self, request: Request, granted: Granted) -> Response:
        held = await off_loop(self._one, request, granted)
        choice = chosen(request, single=True, film=held.frames > 1 and can_film())
        animated = choice.offer.type in ("image/gif", *_FILM) and not choice.offer.multipart
        return await self._answer(request, held, () if animated else (0,), choice)

    async def _answer(self, request: Request, held: Held, wanted: Sequence[int], choice: Choice) -> Response:
        rendering = asked_rendering(request.query_params, (KINDS | _FILM)[choice.offer.type])
        return await self.picture(request, held, wanted, rendering, choice.offer)

    async def picture(
        self, request: Request, held: Held, wanted: Sequence[int], rendering: Rendering, offer: Offer
    ) -> Response:
        if not held.frames:
            raise problems.Refusal(problems.NOT_ACCEPTABLE, "It has no pictures.")
        if request.method == "HEAD":
            return streamed(request, lambda: iter(()), offer.type)
        made = await made_off_loop(self._retriever.rendered, held, wanted, rendering)
        if isinstance(made, CannotBeMade):
            raise problems.Refusal(problems.NOT_ACCEPTABLE, made.reason)
        if not offer.multipart:
            length = made.lengths[0]
            with made.file:
                return whole(made.file.read(length), offer.type)
        multipart = Multipart(offer.type)
        return streamed(request, partial(_parts, multipart, made, offer.type), multipart.media_type)

    async def all_of(self, request: Request, granted: Granted) -> Response:
        """The first frame of every instance that has pictures."""
        held = [each for each in await off_loop(self._many, request, granted) if each.frames]
        choice = chosen(request, single=len(held) == 1)
        rendering = asked_rendering(request.query_params, KINDS[choice.offer.type])
        if not held:
            raise problems.Refusal(problems.NOT_ACCEPTABLE, "It has no pictures.")
        if not choice.offer.multipart:
            return await self.picture(request, held[0], (0,), rendering, choice.offer)
        multipart = Multipart(choice.offer.type)
        blocks = partial(self._each, multipart, choice.offer.type, held, rendering, granted.base)
        return streamed(request, blocks, multipart.media_type)

    def _each(
        self, multipart: Multipart, media_type: str, held: Sequence[Held], rendering: Rendering, base: str
    ) -> Iterator[bytes]:
        for each in held:
            made = self._retriever.rendered(each, (0,), rendering)
            if isinstance(made, CannotBeMade):
                continue
            names = each.names
            location = f"{base}/studies/{names.study}/series/{names.series}/instances/{names.instance}/rendered"
            with made.file:
                data = made.file.read(made.lengths[0])
            yield b"".join((multipart.head(media_type, len(data), location), data, END))
        yield multipart.tail

    async def thumbnail(self, request: Request, granted: Granted) -> Response:
        """A small picture of a frame, an instance, or the middle of a series or study (PS3.18 10.4.1.1.7)."""
        path = request.path_params
        choice = chosen(request, single=True)
        if choice.offer.multipart:
            raise problems.Refusal(problems.NOT_ACCEPTABLE)
        viewport = _viewport(request.query_params)[0] or _THUMBNAIL
        wanted = frame_numbers(path["frames"])[:1] if "frames" in path else [0]
        if "instance" in path:
            held = await off_loop(self._one, request, granted)
        else:
            if "series" in path and choice.offer.type == _WEBP and viewport == _THUMBNAIL:
                ready = await off_loop(self._retriever.thumbnail, path["study"], path["series"])
                if ready is not None:
                    return whole(ready, _WEBP)
            shown = [each for each in await off_loop(self._many, request, granted) if each.frames]
            if not shown:
                raise problems.Refusal(problems.NOT_HERE, "It has no pictures.")
            held = shown[len(shown) // 2]
        if wanted[0] >= max(held.frames, 1):
            raise problems.Refusal(problems.NOT_HERE)
        rendering = Rendering(KINDS[choice.offer.type], viewport=viewport, quality=70)
        return await self.picture(request, held, wanted, rendering, choice.offer)

    def _one(self, request: Request, granted: Granted) -> Held:
        path = request.path_params
        held = reached.one(self._services, granted, path["study"], path["series"], path["instance"])
        if held is None:
            raise problems.Refusal(problems.NOT_HERE)
        self._services.reaches.note_retrieved(granted.reach, held.study_id)
        return held

    def _many(self, request: Request, granted: Granted) -> list[Held]:
        path = request.path_params
        held = reached.many(self._services, granted, path["study"], path.get("series"))
        if not held:
            raise problems.Refusal(problems.NOT_HERE)
        self._services.reaches.note_retrieved(granted.reach, held[0].study_id)
        return held


def chosen(request: Request, *, single: bool, film: bool = False) -> Choice:
    """film: whether the answer may be one."""
    offers = [Offer(media_type, several) for media_type in KINDS for several in ((False, True) if single else (True,))]
    offers += [Offer(media_type) for media_type in _FILM if film]
    choice = negotiate(accepted(request.headers.get("accept"), request.query_params.getlist("accept")), offers)
    if isinstance(choice, NotAcceptable):
        *others, last = dict.fromkeys(offer.type for offer in offers)
        raise problems.Refusal(problems.NOT_ACCEPTABLE, f"It can be had as {', '.join(others)} or {last}.")
    return choice


def _parts(multipart: Multipart, made: Made, media_type: str) -> Iterator[bytes]:
    with made.file:
        for length in made.lengths:
            yield multipart.head(media_type, length)
            yield made.file.read(length) + END
        yield multipart.tail


def asked_rendering(given: QueryParams, kind: str) -> Rendering:
    """How the query parameters of PS3.18 8.3.5 want it. Raises Refusal."""
    viewport, region = _viewport(given)
    annotation = tuple(word.strip() for word in given.get("annotation", "").split(",") if word.strip())
    if any(word not in ("patient", "technique") for word in annotation):
        raise problems.Refusal(problems.BAD_REQUEST, "Annotations are patient and technique.")
    quality = given.get("quality", "90")
    if not (quality.isascii() and quality.isdecimal() and len(quality) <= 3 and 1 <= int(quality) <= 100):
        raise problems.Refusal(problems.BAD_REQUEST, "Quality is a number from 1 to 100.")
    return Rendering(kind, _window(given), viewport, region, int(quality), annotation)


def _window(given: QueryParams) -> tuple[float, float, str] | None:
    """window=centre,width,function (PS3.18 8.3.5.1.4)."""
    said = given.get("window")
    if said is None:
        return None
    parts = said.split(",")
    function = parts[2].strip().lower() if len(parts) == 3 else "linear"
    if len(parts) not in (2, 3) or function not in ("linear", "linear-exact", "sigmoid"):
        raise problems.Refusal(problems.BAD_REQUEST, "A window is its centre, its width and its function.")
    centre, width = number(parts[0]), number(parts[1])
    if width <= 0 or (function == "linear" and width < 1):
        raise problems.Refusal(problems.BAD_REQUEST, "A window's width is too small.")
    return centre, width, function


def _viewport(
    given: QueryParams,
) -> tuple[tuple[int, int] | None, tuple[float, float, float, float] | None]:
    """viewport=width,height[,left,top,width,height] (PS3.18 8.3.5.1.3)."""
    said = given.get("viewport")
    if said is None:
        return None, None
    parts = said.split(",")
    if len(parts) not in (2, 6):
        raise problems.Refusal(problems.BAD_REQUEST, "A viewport is two numbers, or six.")
    width, height = (number(part) for part in parts[:2])
    if not (1 <= width <= _LARGEST_SIDE and 1 <= height <= _LARGEST_SIDE):
        raise problems.Refusal(problems.BAD_REQUEST, f"A viewport has sides of 1 to {_LARGEST_SIDE} pixels.")
    size = (int(width), int(height))
    if len(parts) == 2:
        return size, None
    left, top = (number(part) if part.strip() else 0.0 for part in parts[2:4])
    across, down = (number(part) if part.strip() else float(1 << 16) for part in parts[4:])
    if left < 0 or top < 0 or not across or not down:
        raise problems.Refusal(problems.BAD_REQUEST, "That part lies outside the picture.")
    return size, (left, top, across, down)


def number(text: str) -> float:
    """A decimal number as people write it. Raises Refusal."""
    try:
        found = float(text) if text.isascii() and len(text) <= 32 and "_" not in text else math.nan
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or abs(found) > 1e12:
        raise problems.Refusal(problems.BAD_REQUEST, "A number is not one.")
    return found
