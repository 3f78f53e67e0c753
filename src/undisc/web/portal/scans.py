"""Scans: the timeline, one scan with its report, and how to see and keep it."""

from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from undisc.accounts.people.model import Method, SignedIn
from undisc.archive.shelf import ShelfStudy
from undisc.sharing.model import Denied, Kind, Look, Use, Viewing
from undisc.sharing.secrets import is_link_id
from undisc.web import problems
from undisc.web.access import COOKIE
from undisc.web.people import APatient, read_my_form
from undisc.web.portal import words
from undisc.web.portal.jpegs import jpeg_package
from undisc.web.portal.pages import PortalPages, browser_of, off_loop

WEBP = "image/webp"
_LATEST = 3
_MOST_LOOKED_THROUGH = 30


def create_scans(pages: PortalPages) -> APIRouter:
    router = APIRouter(prefix="/me")
    public_url = pages.services.public_url
    secure = public_url.startswith("https:")

    @router.get("")
    def timeline(request: Request, me: APatient) -> Response:
        shelved = pages.shelved(me, request.query_params.get("of", ""))
        years = [(year, list(some)) for year, some in groupby(shelved.studies, key=lambda study: study.date[:4])]
        by_link = me.method is Method.LINK
        told = {"shelved": shelved, "years": years, "by_link": by_link}
        return pages.render(request, me, "timeline.html", scripts=("portal",), **told)

    @router.get("/scans/{study_id}")
    def scan(request: Request, me: APatient, study_id: str) -> Response:
        study = pages.study(me, study_id)
        shelved = pages.around(me, study.patient)
        beside = request.query_params.get("report", "")
        assert shelved.whose is not None
        given = pages.links(shelved.whose)
        links = [one for one in given if study.id in one.studies and one.link.kind is Kind.SHARE]
        return pages.render(
            request,
            me,
            "scan.html",
            shelved=shelved,
            study=study,
            reports=_reports(pages, study),
            beside=beside if is_link_id(beside) else "",
            links=[one for one in links if one.state == "open"],
            whom_for=words.whom_for,
            whom={one.link.id: words.whom_for(one) for one in given},
            latest=_latest_looks(pages, me, study),
            may_download=not isinstance(pages.sharing.ask_person(me, Use.DOWNLOAD, study.id), Denied),
        )

    @router.get("/scans/{study_id}/thumbnail")
    def thumbnail(me: APatient, study_id: str) -> Response:
        study = pages.study(me, study_id)
        found = pages.services.served.thumbnail(study.thumbnail) if study.thumbnail else None
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return Response(found, media_type=WEBP)

    @router.post("/scans/{study_id}/view")
    async def view(request: Request, me: APatient, study_id: str) -> Response:
        await read_my_form(request, me, public_url)
        return await off_loop(_to_viewing, request, me, study_id, "")

    @router.post("/scans/{study_id}/report")
    async def report(request: Request, me: APatient, study_id: str) -> Response:
        await read_my_form(request, me, public_url)
        return await off_loop(_to_report, request, me, study_id)

    @router.post("/scans/{study_id}/download")
    async def download(request: Request, me: APatient, study_id: str) -> Response:
        form = await read_my_form(request, me, public_url)
        what = form.get("what")
        if what == "pictures":
            return await off_loop(_jpegs, request, me, study_id)
        where = {"originals": "/download", "disc": "/disc"}.get(what)
        if where is None:
            raise problems.Refusal(problems.UNREADABLE)
        return await off_loop(_to_viewing, request, me, study_id, where)

    def _opened(request: Request, me: SignedIn, study_id: str, use: Use) -> tuple[ShelfStudy, Viewing]:
        study = pages.study(me, study_id, use)
        viewing = pages.sharing.view(me, [study.id], browser_of(request))
        if isinstance(viewing, Denied):
            raise problems.Refusal(problems.NOT_HERE)
        return study, viewing

    def _to_viewing(request: Request, me: SignedIn, study_id: str, where: str) -> Response:
        _, viewing = _opened(request, me, study_id, Use.DOWNLOAD if where else Use.VIEW)
        return _with_cookie(RedirectResponse(f"/s/{viewing.link_id}{where}", 303), viewing, secure=secure)

    def _to_report(request: Request, me: SignedIn, study_id: str) -> Response:
        study, viewing = _opened(request, me, study_id, Use.VIEW)
        where = f"/me/scans/{study.id}?report={viewing.link_id}#report"
        return _with_cookie(RedirectResponse(where, 303), viewing, secure=secure)

    def _jpegs(request: Request, me: SignedIn, study_id: str) -> Response:
        study, viewing = _opened(request, me, study_id, Use.DOWNLOAD)
        chunks = jpeg_package(pages.services.sharing, pages.of.retrieving, study.uid, viewing, pages.now())
        if chunks is None:
            raise problems.Refusal(problems.NOT_HERE)
        headers = {"Content-Disposition": 'attachment; filename="pictures-jpeg.zip"'}
        return StreamingResponse(chunks, media_type="application/zip", headers=headers)

    return router


def _with_cookie(response: Response, viewing: Viewing, *, secure: bool) -> Response:
    path = f"/s/{viewing.link_id}"
    response.set_cookie(COOKIE, viewing.token, path=path, secure=secure, httponly=True, samesite="strict")
    return response


def _reports(pages: PortalPages, study: ShelfStudy) -> list[dict[str, Any]]:
    """What was written about a scan: PDFs, which are shown beside it, and reports that the viewer shows."""
    summary = pages.of.pictures.study_summaries([study.id])
    entries = summary[0]["series"] if summary else []
    return [entry for entry in entries if entry.get("kind") == "document" and entry.get("form") in ("pdf", "report")]


def _latest_looks(pages: PortalPages, me: SignedIn, study: ShelfStudy) -> list[Look]:
    """The last few looks of others at one scan."""
    found: list[Look] = []
    for look in pages.sharing.looks_at(study.patient)[:_MOST_LOOKED_THROUGH]:
        link = pages.sharing.one_link(look.link_id) if look.link_id else None
        if len(found) < _LATEST and not words.is_mine(look, me) and (link is None or study.id in link.studies):
            found.append(look)
    return found
