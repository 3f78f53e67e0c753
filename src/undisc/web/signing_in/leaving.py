"""Out again, and the language of the pages: the two forms that stand on every page."""

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.web.forms import read_form
from undisc.web.languages import COOKIE as LANGUAGE_COOKIE
from undisc.web.languages import LANGUAGES
from undisc.web.people import Anybody, clear_session, read_my_form, safe_next, who
from undisc.web.services import WebServices

_A_YEAR = 365 * 24 * 3600


def create_leaving(services: WebServices) -> APIRouter:
    router = APIRouter()
    secure = services.public_url.startswith("https:")

    @router.post("/sign-out")
    async def sign_out(request: Request, me: Anybody) -> Response:
        await read_my_form(request, me, services.public_url)
        assert services.people is not None
        await anyio.to_thread.run_sync(services.people.end, me.session_id, me.actor)
        response = RedirectResponse("/sign-in?out", 303)
        clear_session(response, secure=secure)
        # What the browser still holds of this person's pages goes too; the cookies of links are not touched.
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    @router.post("/language")
    async def choose_language(request: Request) -> Response:
        form = await read_form(request, services.public_url)
        response = RedirectResponse(safe_next(form.get("next", 500), "/"), 303)
        tag = form.get("language")
        if tag not in LANGUAGES:
            return response
        me = await anyio.to_thread.run_sync(who, request)
        if me is not None and services.people is not None:
            await anyio.to_thread.run_sync(services.people.set_language, me.person.id, tag)
        response.set_cookie(
            LANGUAGE_COOKIE, tag, max_age=_A_YEAR, path="/", secure=secure, httponly=True, samesite="lax"
        )
        return response

    return router
