"""Links that were given out, each with its openings; and everybody who looked, by whatever way."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.archive.shelf import ShelfStudy
from undisc.errors import LinkUnknown
from undisc.sharing.model import Kind, Opening, SharedLink
from undisc.web import problems
from undisc.web.people import APatient, read_my_form
from undisc.web.portal import words
from undisc.web.portal.pages import PortalPages, off_loop


def create_links_given(pages: PortalPages) -> APIRouter:
    router = APIRouter(prefix="/me")
    public_url = pages.services.public_url

    @router.get("/links")
    def links(request: Request, me: APatient) -> Response:
        shelved = pages.shelved(me, request.query_params.get("of", ""))
        found = pages.links(shelved.whose) if shelved.whose else []
        return pages.render(
            request,
            me,
            "links.html",
            shelved=shelved,
            open=[one for one in found if one.state == "open"],
            over=[one for one in found if one.state != "open"],
            scans={study.id: study for study in shelved.studies},
            stopped=request.query_params.get("stopped", ""),
            **_words(),
        )

    @router.post("/links/stop-all")
    async def stop_all(request: Request, me: APatient) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_stop_all, me, form.get("of"))

    @router.get("/links/{link_id}")
    def link(request: Request, me: APatient, link_id: str) -> Response:
        found, shelved = pages.link(me, link_id)
        openings = pages.sharing.openings(link_id)
        return pages.render(
            request,
            me,
            "link.html",
            shelved=shelved,
            one=found,
            openings=[(opening, _seen(pages, shelved.studies, opening)) for opening in openings],
            scans={study.id: study for study in shelved.studies},
            **_words(),
        )

    @router.post("/links/{link_id}/stop")
    async def stop(request: Request, me: APatient, link_id: str) -> Response:
        await read_my_form(request, me, public_url)
        return await off_loop(_stop, me, link_id)

    @router.get("/looks")
    def looks(request: Request, me: APatient) -> Response:
        shelved = pages.shelved(me, request.query_params.get("of", ""))
        found = pages.sharing.looks_at(shelved.whose.relation.patient) if shelved.whose else []
        mine = [look for look in found if words.is_mine(look, me)]
        others = [look for look in found if not words.is_mine(look, me)]
        given = pages.links(shelved.whose) if shelved.whose else []
        whom = {one.link.id: words.whom_for(one) for one in given}
        return pages.render(request, me, "looks.html", shelved=shelved, looks=others, mine=mine, whom=whom)

    def _stop(me: SignedIn, link_id: str) -> Response:
        _, shelved = pages.link(me, link_id)
        try:
            pages.sharing.stop(link_id, me)
        except LinkUnknown:
            raise problems.Refusal(problems.NOT_HERE) from None
        assert shelved.whose is not None
        return RedirectResponse(f"/me/links?of={shelved.whose.of}&stopped=1", 303)

    def _stop_all(me: SignedIn, of: str) -> Response:
        shelved = pages.shelved(me, of)
        if shelved.whose is None:
            raise problems.Refusal(problems.NOT_HERE)
        stopped = stop_every(pages, me, pages.links(shelved.whose))
        return RedirectResponse(f"/me/links?of={shelved.whose.of}&stopped={stopped}", 303)

    return router


def stop_every(pages: PortalPages, me: SignedIn, found: list[SharedLink]) -> int:
    """Stop all of these that were given to others and are open; how many those were."""
    given = [one for one in found if one.state == "open" and one.link.kind is not Kind.PATIENT]
    stopped = 0
    for one in given:
        try:
            stopped += pages.sharing.stop(one.link.id, me)
        except LinkUnknown:
            continue
    return stopped


def _seen(pages: PortalPages, studies: tuple[ShelfStudy, ...], opening: Opening) -> list[ShelfStudy]:
    """The scans of which something was looked at."""
    seen = {pages.of.pictures.series_study(series) for series in opening.series}
    return [study for study in studies if study.id in seen]


def _words() -> dict[str, object]:
    return {"states": words.STATES, "how": words.how_it_opens, "whom_for": words.whom_for, "Kind": Kind}
