"""What people who check in see: their language, one form, what they said in one sentence, and what comes of it.

Nothing is kept before it is signed. What was typed travels in the page's own form, never in an address.
"""

from dataclasses import asdict
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.sharing.check_in import CheckIn, FormSession, TooMany, WrongCode
from undisc.sharing.consent_form import Draft, Fault, check, read_draft
from undisc.sharing.consent_model import ConsentForm
from undisc.sharing.consent_wording import day_in, wording
from undisc.web.check_in.sessions import address_of, keep, read_session_form, session_of
from undisc.web.check_in.words import FAULTS, in_order
from undisc.web.forms import read_form
from undisc.web.frame import N_, Frame
from undisc.web.languages import COOKIE as LANGUAGE_COOKIE
from undisc.web.languages import LANGUAGES, language_of

PlaceId = Annotated[int, Path(ge=1, lt=2**31)]

_WRONG = N_("This code opens no form. Scan the code on the wall again, or ask at the desk.")
_MANY_CODES = N_("There were too many wrong codes. Try again in an hour, or ask at the desk.")
_MANY_FORMS = N_("Very many forms were signed here within an hour. Try again later, or ask at the desk.")
_YEAR = 365 * 24 * 3600


def create_asking(check_in: CheckIn, public_url: str, time_zone: str, frame: Frame) -> APIRouter:
    router = APIRouter(prefix="/check-in/{place_id}")
    zone = ZoneInfo(time_zone)

    def secure(request: Request) -> bool:
        return public_url.startswith("https:") or request.url.scheme == "https"

    def page(request: Request, session: FormSession, name: str, status: int = 200, **values: Any) -> Response:
        given = {"session": session, "place": session.place.id, "form_token": session.form_token}
        return frame.render(request, f"check_in/{name}.html", status=status, scripts=("check_in",), **(given | values))

    def form_page(request: Request, session: FormSession, draft: Draft, faults: dict[str, Fault]) -> Response:
        words = wording(language_of(request))
        wrong = {field: frame.sentence(request, None, FAULTS[field, fault]) for field, fault in in_order(faults)}
        return page(request, session, "form", 422 if faults else 200, draft=draft, faults=wrong, words=words)

    def review_page(
        request: Request, session: FormSession, draft: Draft, form: ConsentForm, status: int = 200, **values: Any
    ) -> Response:
        words = wording(form.language)
        said = words.said_back(form, day_in(form.language, form.until, zone))
        fields = {name: value for name, value in asdict(draft).items() if name not in ("way", "signed_name", "strokes")}
        given = {"draft": draft, "form": form, "words": words, "said_back": said, "fields": fields, "faults": {}}
        return frame_with_signature(request, session, status, **(given | values))

    def frame_with_signature(request: Request, session: FormSession, status: int, **values: Any) -> Response:
        given = {"session": session, "place": session.place.id, "form_token": session.form_token}
        scripts = ("check_in", "signature")
        return frame.render(request, "check_in/review.html", status=status, scripts=scripts, **(given | values))

    def to(place_id: int, where: str) -> RedirectResponse:
        return RedirectResponse(f"/check-in/{place_id}{where}", 303)

    @router.api_route("", methods=["GET", "HEAD"])
    def begin(request: Request, place_id: PlaceId) -> Response:
        """The same whether there is such a place or not."""
        return frame.render(request, "check_in/start.html", scripts=("check_in",), place=place_id)

    @router.post("/open")
    async def enter(request: Request, place_id: PlaceId) -> Response:
        form = await read_form(request, public_url)
        tablet = form.get("tablet") == "yes"

        def entered() -> str | WrongCode | TooMany:
            return check_in.enter(place_id, form.get("code", 40), address_of(request), tablet=tablet)

        outcome = await run_in_threadpool(entered)
        if isinstance(outcome, str):
            response = to(place_id, "/language")
            keep(response, outcome, secure=secure(request))
            return response
        many = isinstance(outcome, TooMany)
        wrong = frame.sentence(request, None, _MANY_CODES if many else _WRONG)
        return frame.render(
            request,
            "check_in/start.html",
            status=429 if many else 403,
            scripts=("check_in",),
            place=place_id,
            wrong=wrong,
        )

    @router.api_route("/language", methods=["GET", "HEAD"])
    def choose_language(request: Request, place_id: PlaceId) -> Response:
        session = session_of(request, check_in, place_id)
        if session is None:
            return to(place_id, "")
        # On a tablet a new person begins here: whatever page is left of the one before, it is taken no more.
        token = check_in.anew(session) if session.tablet else ""
        session = check_in.session(token) or session
        response = page(request, session, "language")
        if token:
            keep(response, token, secure=secure(request))
            response.delete_cookie(LANGUAGE_COOKIE, path="/")
        return response

    @router.post("/language")
    async def language_chosen(request: Request, place_id: PlaceId) -> Response:
        session = await run_in_threadpool(session_of, request, check_in, place_id)
        form = await read_session_form(request, session, public_url)
        response = to(place_id, "/form")
        if form.get("language") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE,
                form.get("language"),
                max_age=_YEAR,
                path="/",
                secure=secure(request),
                httponly=True,
                samesite="lax",
            )
        return response

    @router.api_route("/form", methods=["GET", "HEAD"])
    def show_form(request: Request, place_id: PlaceId) -> Response:
        session = session_of(request, check_in, place_id)
        if session is None:
            return to(place_id, "")
        return to(place_id, "/thank-you") if session.done is not None else form_page(request, session, Draft(), {})

    @router.post("/form")
    async def form_filled(request: Request, place_id: PlaceId) -> Response:
        session = await run_in_threadpool(session_of, request, check_in, place_id)
        sent = await read_session_form(request, session, public_url)
        assert session is not None
        draft = read_draft(sent.fields)
        if sent.has("back"):
            return form_page(request, session, draft, {})
        checked = check(draft, language_of(request), check_in.clock.now(), zone, signing=False)
        if isinstance(checked, dict):
            return form_page(request, session, draft, checked)
        return review_page(request, session, draft, checked)

    @router.post("/sign")
    async def form_signed(request: Request, place_id: PlaceId) -> Response:
        session = await run_in_threadpool(session_of, request, check_in, place_id)
        sent = await read_session_form(request, session, public_url)
        assert session is not None
        if session.done is not None:
            return to(place_id, "/thank-you")
        draft = read_draft(sent.fields)
        checked = check(draft, language_of(request), check_in.clock.now(), zone)
        if isinstance(checked, dict):
            almost = check(draft, language_of(request), check_in.clock.now(), zone, signing=False)
            if isinstance(almost, dict):
                return form_page(request, session, draft, checked)
            wrong = {field: frame.sentence(request, None, FAULTS[field, fault]) for field, fault in checked.items()}
            return review_page(request, session, draft, almost, 422, faults=wrong)
        signed = await run_in_threadpool(check_in.sign, session, checked, address_of(request))
        if isinstance(signed, TooMany):
            wrong = frame.sentence(request, None, _MANY_FORMS)
            return review_page(request, session, draft, checked, 429, wrong=wrong)
        response = to(place_id, "/thank-you")
        keep(response, check_in.anew(session, tuple(sorted(checked.ways))), secure=secure(request))
        return response

    @router.api_route("/thank-you", methods=["GET", "HEAD"])
    def thank(request: Request, place_id: PlaceId) -> Response:
        session = session_of(request, check_in, place_id)
        if session is None:
            return to(place_id, "")
        return to(place_id, "/form") if session.done is None else page(request, session, "thank_you")

    return router
