"""Where people check in: staff make a place, print its poster, set up its tablet, and end it."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.export.consent_paper import qr, render_poster
from undisc.sharing.check_in import CheckIn
from undisc.web import problems
from undisc.web.check_in.asking import PlaceId
from undisc.web.frame import N_, Frame
from undisc.web.languages import LANGUAGES, language_of
from undisc.web.media import pdf
from undisc.web.people import StaffMember, read_my_form

_NO_NAME = N_("Give the place a name, such as “Waiting room 2”.")


def create_places(check_in: CheckIn, place_name: str, public_url: str, frame: Frame) -> APIRouter:
    router = APIRouter(prefix="/staff/check-in-places")

    def listed(request: Request, me: SignedIn, status: int = 200, wrong: str = "") -> Response:
        places = check_in.places()
        return frame.render(
            request, "consents/places.html", me, status=status, places=places, wrong=wrong, tab="consents"
        )

    @router.get("")
    def places(request: Request, me: StaffMember) -> Response:
        return listed(request, me)

    @router.post("")
    async def make(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, public_url)
        name = form.get("name", 80)
        if not name:
            return await run_in_threadpool(listed, request, me, 422, frame.sentence(request, me, _NO_NAME))
        place = await run_in_threadpool(check_in.make, name, me.actor)
        return RedirectResponse(f"/staff/check-in-places/{place.id}", 303)

    @router.get("/{place_id}")
    def show(request: Request, me: StaffMember, place_id: PlaceId) -> Response:
        place = check_in.place(place_id)
        if place is None:
            raise problems.Refusal(problems.NOT_HERE)
        address, code = f"{public_url}/check-in/{place.id}", check_in.code(place)
        values = {"place": place, "address": address, "code": code, "drawn": qr(f"{address}#{code}")}
        tongue = language_of(request, me.person.language)
        return frame.render(
            request, "consents/place.html", me, scripts=("copy",), tongue=tongue, tab="consents", **values
        )

    @router.post("/{place_id}/end")
    async def end(request: Request, me: StaffMember, place_id: PlaceId) -> Response:
        await read_my_form(request, me, public_url)
        await run_in_threadpool(check_in.end, place_id, me.actor)
        return RedirectResponse(f"/staff/check-in-places/{place_id}", 303)

    @router.get("/{place_id}/poster")
    def poster(request: Request, me: StaffMember, place_id: PlaceId) -> Response:
        place = check_in.place(place_id)
        if place is None or place.ended_at is not None:
            raise problems.Refusal(problems.NOT_HERE)
        asked = [tag for tag in LANGUAGES if tag in request.query_params.getlist("language")]
        languages = asked or [language_of(request, me.person.language)]
        made = render_poster(place_name, f"{public_url}/check-in/{place.id}", check_in.code(place), languages)
        return pdf(made, f"check-in-{place.id}.pdf")

    return router
