"""What patients say of themselves: how they are reached, in which language; and closing their account."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import WORKERS, SignedIn
from undisc.accounts.people.service import PeopleRefused
from undisc.messaging.model import Way, is_address
from undisc.web.forms import Form
from undisc.web.frame import N_
from undisc.web.languages import COOKIE, LANGUAGES
from undisc.web.people import APatient, clear_session, read_my_form
from undisc.web.portal.links import stop_every
from undisc.web.portal.pages import PortalPages, off_loop

_A_YEAR = 365 * 24 * 3600
_WORD = N_("close")
_OTHER_WORD = N_("Nothing was closed: the word that you typed is another one.")
_WORKS_HERE = N_("You also work here. Your administrator closes your account.")
_NO_NAME = N_("Give your name.")
_NO_EMAIL = N_("This is no e-mail address. It looks like name@example.org.")
_NO_PHONE = N_("This is no telephone number. It looks like +1 555 0100.")


def create_settings(pages: PortalPages) -> APIRouter:
    router = APIRouter(prefix="/me/settings")
    public_url = pages.services.public_url
    secure = public_url.startswith("https:")

    @router.get("")
    def settings(request: Request, me: APatient) -> Response:
        return _page(request, me, done=request.query_params.get("done", "") == "kept")

    @router.post("")
    async def keep(request: Request, me: APatient) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_kept, request, me, form)

    @router.post("/close")
    async def close(request: Request, me: APatient) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_closed, request, me, form)

    def _page(
        request: Request,
        me: SignedIn,
        form: Form | None = None,
        *,
        wrong: str = "",
        status: int = 200,
        done: bool = False,
    ) -> Response:
        person = me.person
        typed = {"name": person.name, "email": person.email, "phone": person.phone}
        if form is not None:
            typed = {name: form.get(name, 254) for name in typed}
        return pages.render(
            request,
            me,
            "settings.html",
            typed=typed,
            done=done,
            word=pages.frame.sentence(request, me, _WORD),
            status=status,
            wrong=pages.frame.sentence(request, me, wrong) if wrong else "",
        )

    def _kept(request: Request, me: SignedIn, form: Form) -> Response:
        name, email, phone, tag = form.get("name", 120), form.get("email", 254), form.get("phone"), form.get("tongue")
        wrong = (
            _NO_NAME if not name
            else _NO_EMAIL if email and not is_address(Way.EMAIL, email)
            else _NO_PHONE if phone and not is_address(Way.TEXT, phone)
            else ""
        )  # fmt: skip
        if not wrong:
            try:
                pages.people.change_details(me, name=name, email=email, phone=phone)
            except PeopleRefused as refused:
                wrong = str(refused)
        if wrong:
            return _page(request, me, form, wrong=wrong, status=422)
        response = RedirectResponse("/me/settings?done=kept", 303)
        if tag in LANGUAGES:
            pages.people.set_language(me.person.id, tag)
            response.set_cookie(COOKIE, tag, max_age=_A_YEAR, path="/", secure=secure, httponly=True, samesite="lax")
        return response

    def _closed(request: Request, me: SignedIn, form: Form) -> Response:
        if me.person.roles & WORKERS:
            return _page(request, me, wrong=_WORKS_HERE, status=422)
        word = pages.frame.sentence(request, me, _WORD)
        if form.get("sure").strip("“”\"'.").casefold() not in (word.casefold(), _WORD):
            return _page(request, me, wrong=_OTHER_WORD, status=422)
        stop_every(pages, me, pages.sharing.shared_by(me))
        pages.entrance.keeping.close(me.actor, me.person.id)
        response = pages.frame.render(request, "portal/closed.html")
        clear_session(response, secure=secure)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    return router
