"""Everything below /s/<link>: the page, its opening, and the pictures. Routes translate; sharing decides."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, BinaryIO, TypeGuard, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from undisc.annotations.model import Kept, Refusal
from undisc.annotations.reading import MOST_BYTES as MOST_BYTES_OF_NOTES
from undisc.errors import MediumRefused
from undisc.export.converting import WorkersBusy
from undisc.messaging.model import Way
from undisc.sharing.manifest import moment
from undisc.sharing.model import Browser, Subject, Use, Viewing
from undisc.sharing.opening_model import Answers, Asked, Asking, Busy, Closed, Opened, OpenOutcome
from undisc.web import problems
from undisc.web.access import COOKIE, Asks, Granted, number
from undisc.web.headers import from_elsewhere
from undisc.web.languages import language_of
from undisc.web.media import part_of
from undisc.web.people import set_session, who
from undisc.web.services import WebServices

Found = TypeVar("Found")

_CHUNK = 1 << 18
_MOST_BYTES = 4096
_MOST_CHARACTERS = 200
# So many holders wait for their turn rather than be sent away.
_MOST_WAITING = 512
_LONGEST_COOKIE = 1024
_WAYS = frozenset(Way)

ASKED_COOKIE = "undisc_asked"
"""What a browser has answered rightly on the way to a link's pictures."""

WEBP = "image/webp"
# A report stands apart from the page, in a frame that runs nothing of its own; the browser's viewer of PDF shows it
# all the same, and may print and save it.
DOCUMENT_POLICY = "; ".join(
    (
        "sandbox allow-downloads allow-modals",
        "default-src 'none'",
        "object-src 'self'",
        "style-src 'unsafe-inline'",
        "frame-ancestors 'self'",
    )
)

TheLink = Annotated[Granted, Depends(Asks(Use.VIEW, Subject.LINK))]
WholeLink = Annotated[Granted, Depends(Asks(Use.DOWNLOAD, Subject.LINK))]
ASeries = Annotated[Granted, Depends(Asks(Use.VIEW, Subject.SERIES, note="series"))]
AThumbnail = Annotated[Granted, Depends(Asks(Use.VIEW, Subject.SERIES))]
APicture = Annotated[Granted, Depends(Asks(Use.VIEW, Subject.INSTANCE, note="series"))]
ADocument = Annotated[Granted, Depends(Asks(Use.VIEW, Subject.INSTANCE, note="document"))]
Noting = Annotated[Granted, Depends(Asks(Use.ANNOTATE, Subject.LINK))]
AnOriginal = Annotated[Granted, Depends(Asks(Use.DOWNLOAD, Subject.INSTANCE, note="instance"))]


def create_links(services: WebServices, page: Response) -> APIRouter:
    """The routes of a link. `page` is the same for every link there is or is not."""
    router = APIRouter(prefix="/s/{link_id}")
    served = services.served
    # Passcodes wait for each other here, apart from the threads that send pictures.
    doorway = CapacityLimiter(8)

    @router.api_route("", methods=["GET", "HEAD"])
    async def show_page() -> Response:
        return page

    @router.post("/open")
    async def open_link(request: Request, link_id: str) -> Response:
        if from_elsewhere(request, services.public_url):
            raise problems.Refusal(problems.OTHER_SITE)
        secret, answers = await _read_opening(request)
        if doorway.statistics().tasks_waiting >= _MOST_WAITING:
            return problems.answer(problems.BUSY)

        def work() -> OpenOutcome:
            asking = replace(answers, me=who(request))
            return services.sharing.open_link(link_id, secret, None, browser_of(request), asking)

        outcome = await anyio.to_thread.run_sync(work, limiter=doorway)
        return _opening(link_id, outcome, is_secure(request, services.public_url), request)

    @router.get("/study")
    def study(request: Request, granted: TheLink) -> Response:
        return _json(request, gzip.compress(services.sharing.manifest(granted.permit), 5))

    @router.get("/series/{series_id}")
    def series(request: Request, granted: ASeries) -> Response:
        return _json(request, _there(served.series_manifest(granted.number)))

    @router.get("/series/{series_id}/metadata")
    def metadata(request: Request, granted: ASeries) -> Response:
        return _json(request, _there(served.series_metadata(granted.number)), "application/dicom+json")

    @router.get("/series/{series_id}/strip")
    def strip(granted: ASeries) -> Response:
        return Response(_there(served.strip(granted.number)), media_type="application/octet-stream")

    @router.get("/series/{series_id}/thumbnail")
    def thumbnail(granted: AThumbnail) -> Response:
        return Response(_there(served.thumbnail(granted.number)), media_type=WEBP)

    @router.get("/frames/{instance_id}/{frame}")
    def frame(request: Request, granted: APicture, frame: str) -> Response:
        found = _there(served.frame(granted.number, number(frame)))
        if found.kind == "htj2k":
            return Response(found.data, media_type="image/jphc")
        return _gzipped(request, found.data, "application/octet-stream")

    @router.get("/previews/{instance_id}/{frame}")
    def preview(granted: APicture, frame: str) -> Response:
        return Response(_there(served.preview(granted.number, number(frame))), media_type=WEBP)

    @router.get("/documents/{instance_id}")
    def document(granted: ADocument) -> Response:
        headers = {"Content-Disposition": 'inline; filename="report.pdf"', "Content-Security-Policy": DOCUMENT_POLICY}
        return Response(_there(served.document(granted.number)), media_type="application/pdf", headers=headers)

    @router.get("/reports/{instance_id}")
    def report(request: Request, granted: ADocument) -> Response:
        return _json(request, _there(services.reports.told(granted.number)))

    @router.get("/reports/{instance_id}/samples/{group}/{block}")
    def samples(request: Request, granted: ADocument, group: str, block: str) -> Response:
        found = _there(services.reports.samples(granted.number, number(group), number(block)))
        return _gzipped(request, found, "application/octet-stream")

    @router.get("/reports/{instance_id}/media/{group}")
    def media(request: Request, granted: ADocument, group: str) -> Response:
        return part_of(request, _there(services.reports.medium(granted.number, number(group))))

    @router.get("/instances/{instance_id}")
    def original(granted: AnOriginal) -> Response:
        found = _there(served.original(granted.number))
        headers = {
            "Content-Length": str(found.size),
            "Content-Disposition": f'attachment; filename="{granted.number}.dcm"',
        }
        return StreamingResponse(_chunks(found.open()), media_type="application/dicom", headers=headers)

    @router.post("/annotations")
    async def annotations(request: Request, granted: Noting) -> Response:
        annotating = services.annotating
        if annotating is None:
            raise problems.Refusal(problems.NOT_HERE)
        body = await _read_json(request, MOST_BYTES_OF_NOTES)
        outcome = await anyio.to_thread.run_sync(annotating.keep, granted.permit, body)
        if isinstance(outcome, Kept):
            return JSONResponse({"instances": outcome.instances}, 201)
        raise problems.Refusal(_WHY_NOT_KEPT.get(outcome.reason, problems.UNREADABLE))

    @router.get("/download")
    def download(granted: WholeLink) -> Response:
        package = services.sharing.download(granted.permit, granted.token)
        headers = {
            "Content-Length": str(package.length),
            "Content-Disposition": 'attachment; filename="pictures.zip"',
        }
        return StreamingResponse(package.chunks, media_type="application/zip", headers=headers)

    @router.get("/disc")
    def disc(granted: WholeLink) -> Response:
        if services.handing is None:
            raise problems.Refusal(problems.NOT_HERE)
        try:
            handed = services.handing.hand(granted.permit, granted.token)
        except WorkersBusy:
            handed = None
        except MediumRefused as error:
            raise problems.Refusal(problems.NOT_HERE) from error
        if handed is None:
            raise problems.Refusal(problems.MANY_DISCS)
        headers = {"Content-Disposition": 'attachment; filename="disc.zip"'}
        if handed.length is not None:
            headers["Content-Length"] = str(handed.length)
        return StreamingResponse(handed.chunks, media_type="application/zip", headers=headers)

    return router


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


_WHY_NOT_KEPT = {Refusal.NOT_NAMED: problems.NOT_HERE, Refusal.TOO_MANY: problems.TOO_MANY_NOTES}


async def _read_json(request: Request, most: int) -> bytes:
    """A body that says that it is JSON and keeps within a size; a Refusal otherwise."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise problems.Refusal(problems.NOT_JSON)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise problems.Refusal(problems.TOO_LARGE)
    return body


async def _read_opening(request: Request) -> tuple[str, Answers]:
    body = await _read_json(request, _MOST_BYTES)
    try:
        asked: Any = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise problems.Refusal(problems.UNREADABLE)
    secret = asked.get("secret")
    said = {name: asked.get(name) for name in ("passcode", "birth_date", "code", "send_code", "language")}
    if not _is_short_text(secret) or not all(value is None or _is_short_text(value) for value in said.values()):
        raise problems.Refusal(problems.UNREADABLE)
    way = said["send_code"]
    if way is not None and way not in _WAYS:
        raise problems.Refusal(problems.UNREADABLE)
    return secret, Answers(
        passcode=said["passcode"],
        birth_date=said["birth_date"],
        code=said["code"],
        send_code=None if way is None else Way(way),
        asked=request.cookies.get(ASKED_COOKIE, "")[:_LONGEST_COOKIE],
        token=request.cookies.get(COOKIE, "")[:_MOST_CHARACTERS],
        language=language_of(request, said["language"] or ""),
    )


def _is_short_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= _MOST_CHARACTERS


def browser_of(request: Request) -> Browser:
    """Who asks, as the trail and the openings of a link tell it."""
    agent = request.headers.get("user-agent", "")[:_MOST_CHARACTERS]
    return Browser(address=request.client.host if request.client else "", agent=agent)


def is_secure(request: Request, public_url: str) -> bool:
    """Whether cookies are for https alone."""
    return public_url.startswith("https:") or request.url.scheme == "https"


def set_link_cookie(response: Response, link_id: str, token: str, *, secure: bool, name: str = COOKIE) -> None:
    """For what lies below this link alone; gone with the browser, or when the session ends, whichever is first."""
    response.set_cookie(name, token, path=f"/s/{link_id}", secure=secure, httponly=True, samesite="strict")


def viewing(found: Viewing, *, secure: bool) -> Response:
    """On to the pictures that somebody signed in may see."""
    response = RedirectResponse(f"/s/{found.link_id}", 303, headers={"Cache-Control": "no-store"})
    set_link_cookie(response, found.link_id, found.token, secure=secure)
    return response


def _opening(link_id: str, outcome: OpenOutcome, secure: bool, request: Request) -> Response:
    match outcome:
        case Opened():
            response = _json(request, gzip.compress(outcome.manifest, 5))
            if outcome.token is not None:
                set_link_cookie(response, link_id, outcome.token, secure=secure)
            if outcome.token is not None and ASKED_COOKIE in request.cookies:
                response.delete_cookie(ASKED_COOKIE, path=f"/s/{link_id}", httponly=True, samesite="strict")
            if outcome.me is not None:
                set_session(response, outcome.me, secure=secure)
            return response
        case Asked():
            # 401 wants a challenge (RFC 9110 11.6.1); no browser knows this one, and so none opens a box of its own.
            response = problems.answer(problems.ASKED[outcome.what], _asked(outcome), {"WWW-Authenticate": "Passcode"})
            if outcome.asked is not None:
                set_link_cookie(response, link_id, outcome.asked, secure=secure, name=ASKED_COOKIE)
            return response
        case Busy():
            return problems.answer(problems.BUSY)
        case Closed():
            return problems.answer(problems.LINK_CLOSED)


def _asked(outcome: Asked) -> dict[str, Any]:
    """What the page needs to ask the next question."""
    more: dict[str, Any] = {"from": outcome.sender, "until": moment(outcome.until)}
    if outcome.length:
        more |= {"digits": outcome.digits, "length": outcome.length}
    if outcome.tries_left is not None:
        more["tries_left"] = outcome.tries_left
    if outcome.what in (Asking.CODE, Asking.CODE_SENT, Asking.CODE_LATE):
        more["ways"] = [{"way": each.way.value, "to": each.shown_to} for each in outcome.ways]
    return more


def _there(found: Found | None) -> Found:
    if found is None:
        raise problems.Refusal(problems.NOT_HERE)
    return found


def _json(request: Request, compressed: bytes, media_type: str = "application/json") -> Response:
    return _gzipped(request, compressed, media_type)


def _gzipped(request: Request, compressed: bytes, media_type: str) -> Response:
    """Bytes that exist compressed, as they are; opened again only for a client that does not take gzip."""
    offers = [offer.strip().lower() for offer in request.headers.get("accept-encoding", "").split(",")]
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in offers:
        return Response(compressed, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(compressed), media_type=media_type, headers=headers)
