"""What came and what went out, and finding a patient. What is typed to find somebody is posted, never in an address."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.archive.shelf import Shelf
from undisc.sharing.desk_model import Showing
from undisc.web.people import StaffMember, read_my_form
from undisc.web.staff import words
from undisc.web.staff.pages import StaffPages, by_patient

_MOST_FOUND = 60
_LONGEST = 200


def create_worklist(pages: StaffPages) -> APIRouter:
    router = APIRouter(prefix="/staff")
    desk = pages.services.desk

    def arrivals(request: Request) -> dict[str, Any]:
        show = request.query_params.get("show", "all")
        show = show if show in words.STAGES_SHOWN else "all"
        found = desk.arrivals(words.STAGES_SHOWN[show], _page(request))
        named = pages.named([each.study for each in found.rows])
        return {"found": found, "named": named, "show": show, "here": "/staff"}

    def links(request: Request) -> dict[str, Any]:
        show = request.query_params.get("show", "all")
        showing = Showing(show) if show in set(Showing) else Showing.ALL
        found = desk.given(showing, _page(request))
        named = pages.named({link.studies[0] for link in found.rows if link.studies})
        return {"found": found, "named": named, "show": showing, "here": "/staff/links"}

    @router.get("")
    def show_arrivals(request: Request, me: StaffMember) -> Response:
        return pages.render(request, me, "arrivals.html", **arrivals(request))

    @router.get("/rows")
    def arrival_rows(request: Request, me: StaffMember) -> Response:
        return pages.part(request, me, "arrival_rows.html", **arrivals(request))

    @router.get("/links")
    def show_links(request: Request, me: StaffMember) -> Response:
        return pages.render(request, me, "links.html", **links(request))

    @router.get("/links/rows")
    def link_rows(request: Request, me: StaffMember) -> Response:
        return pages.part(request, me, "link_rows.html", **links(request))

    @router.get("/search")
    def nothing_searched(me: StaffMember) -> Response:
        """Where somebody reloads what they had found: what they typed is not in the address."""
        return RedirectResponse("/staff", 303)

    @router.post("/search")
    async def search(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, pages.web.public_url)
        return await run_in_threadpool(_found, pages, request, me, form.get("q", _LONGEST), "search_page.html")

    @router.post("/search/found")
    async def search_found(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, pages.web.public_url)
        return await run_in_threadpool(_found, pages, request, me, form.get("q", _LONGEST), "found.html")

    return router


def _found(pages: StaffPages, request: Request, me: SignedIn, text: str, template: str) -> Response:
    shelf: Shelf = pages.services.shelf
    return pages.render(request, me, template, asked=text, patients=by_patient(shelf.search(text, _MOST_FOUND)))


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
