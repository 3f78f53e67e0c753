"""Retrieving by one address and its parameters (WADO-URI, PS3.18 9), for viewers from before WADO-RS."""

import re

from starlette.requests import Request
from starlette.responses import Response

from undisc.dicom import syntaxes
from undisc.dicom.pixels.model import Rendering
from undisc.dicomweb import problems
from undisc.dicomweb.access import Asks, Granted
from undisc.dicomweb.media_types import Offer
from undisc.dicomweb.retrieve_rendered import KINDS, Rendered, number
from undisc.dicomweb.retrieve_sending import off_loop
from undisc.dicomweb.retrieve_single import Single
from undisc.dicomweb.services import DicomwebServices
from undisc.sharing.model import Use

_DICOM = "application/dicom"
_FRAME = re.compile(r"[1-9]\d{0,8}")
_LARGEST_SIDE = 8192


class WadoUri:
    def __init__(self, services: DicomwebServices, single: Single, rendered: Rendered) -> None:
        self._services = services
        self._single = single
        self._rendered = rendered
        self._may_download = Asks(Use.DOWNLOAD)

    async def answer(self, request: Request, granted: Granted) -> Response:
        given = request.query_params
        study, series, instance = (given.get(name, "") for name in ("studyUID", "seriesUID", "objectUID"))
        if given.get("requestType") != "WADO" or not (study and series and instance):
            raise problems.Refusal(
                problems.BAD_REQUEST, "It wants requestType=WADO, studyUID, seriesUID and objectUID."
            )
        held = await off_loop(self._single.found, granted, study, series, instance)
        wanted = [each.partition(";")[0].strip().lower() for each in given.get("contentType", "").split(",")]
        wanted = [each for each in wanted if each] or ["image/jpeg" if held.frames else _DICOM]
        for media_type in wanted:
            if media_type == _DICOM:
                await self._may_download(request)
                return await self._single.single(request, held, given.get("transferSyntax") or syntaxes.EXPLICIT)
            if media_type in KINDS and held.frames:
                frame = given.get("frameNumber", "1")
                if not _FRAME.fullmatch(frame):
                    raise problems.Refusal(problems.BAD_REQUEST, "A frame's number is 1 or more.")
                if int(frame) > held.frames:
                    raise problems.Refusal(problems.NOT_HERE, "It does not have as many frames.")
                rendering = self._rendering(request, KINDS[media_type])
                whole = media_type == "image/gif" and "frameNumber" not in given
                frames = () if whole else (int(frame) - 1,)
                return await self._rendered.picture(request, held, frames, rendering, Offer(media_type))
        raise problems.Refusal(problems.NOT_ACCEPTABLE)

    def _rendering(self, request: Request, kind: str) -> Rendering:
        given = request.query_params
        if "region" in given:
            raise problems.Refusal(problems.BAD_REQUEST, "A region is taken by WADO-RS, in its viewport.")
        window = None
        if "windowCenter" in given or "windowWidth" in given:
            if not ("windowCenter" in given and "windowWidth" in given):
                raise problems.Refusal(problems.BAD_REQUEST, "A window has a centre and a width.")
            window = (number(given["windowCenter"]), number(given["windowWidth"]), "linear")
            if window[1] < 1:
                raise problems.Refusal(problems.BAD_REQUEST, "A window's width is too small.")
        viewport = None
        if "rows" in given or "columns" in given:
            columns = number(given.get("columns", str(_LARGEST_SIDE)))
            rows = number(given.get("rows", str(_LARGEST_SIDE)))
            if not (1 <= columns <= _LARGEST_SIDE and 1 <= rows <= _LARGEST_SIDE):
                raise problems.Refusal(problems.BAD_REQUEST, "Rows and columns are numbers of pixels.")
            viewport = (int(columns), int(rows))
        quality = number(given.get("imageQuality", "90"))
        if not 1 <= quality <= 100:
            raise problems.Refusal(problems.BAD_REQUEST, "Quality is a number from 1 to 100.")
        annotation = tuple(each for each in given.get("annotation", "").split(",") if each in ("patient", "technique"))
        return Rendering(kind, window, viewport, None, int(quality), annotation)
