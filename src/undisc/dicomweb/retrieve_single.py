"""One instance by itself, as a Part 10 file: stored bytes where they may go, else made anew."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from undisc.archive.retrieving import CannotBeMade, Held, may_be_made
from undisc.dicom import syntaxes
from undisc.dicomweb import problems, reached
from undisc.dicomweb.access import Granted
from undisc.dicomweb.media_types import ANY_SYNTAX
from undisc.dicomweb.retrieve_sending import file_blocks, made_off_loop, ranged, streamed
from undisc.dicomweb.services import DicomwebServices

DICOM = "application/dicom"


class Single:
    def __init__(self, services: DicomwebServices) -> None:
        self._services = services
        self._retriever = services.archive.retrieving

    def found(self, granted: Granted, study: str, series: str | None, instance: str) -> Held:
        """One instance, noted as taken. Raises Refusal."""
        held = reached.one(self._services, granted, study, series, instance)
        if held is None:
            raise problems.Refusal(problems.NOT_HERE)
        self._services.reaches.note_retrieved(granted.reach, held.study_id)
        return held

    async def single(self, request: Request, held: Held, asked: str) -> Response:
        """One instance by itself, in the syntax that is asked for or, for "*", as it is stored."""
        syntax = way(held, asked)
        if syntax is None:
            raise problems.Refusal(problems.NOT_ACCEPTABLE)
        media_type = f"{DICOM}; transfer-syntax={syntax}"
        if syntax == held.transfer_syntax:
            return ranged(request, partial(self._retriever.open, held), 0, held.size, media_type, held.tag)
        if request.method == "HEAD":
            return streamed(request, lambda: iter(()), media_type)
        made = await made_off_loop(self._retriever.transcoded, held, syntax)
        if isinstance(made, CannotBeMade):
            raise problems.Refusal(problems.NOT_ACCEPTABLE, made.reason)
        length = made.lengths[0]
        return streamed(request, lambda: file_blocks(made.file, 0, length), media_type, length=length)


def way(held: Held, asked: str) -> str | None:
    """The transfer syntax in which this instance leaves; None where it cannot be had in what is asked for."""
    if asked == ANY_SYNTAX:
        asked = held.transfer_syntax
        if asked in syntaxes.NEVER_ON_THE_WEB:
            asked = syntaxes.EXPLICIT
    return asked if may_be_made(held, asked) else None
