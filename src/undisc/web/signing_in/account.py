"""One's own account: keys, password, codes for paper, and where one is signed in."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from undisc.accounts.people.codes import address_of, picture_of
from undisc.accounts.people.model import NotRight, Over, SignedIn
from undisc.accounts.people.passwords import TooWeak
from undisc.accounts.people.service import PeopleRefused
from undisc.web import problems
from undisc.web.forms import Form
from undisc.web.frame import N_, Frame
from undisc.web.people import Anybody, read_my_form
from undisc.web.services import WebServices
from undisc.web.signing_in.agents import browser_in_words
from undisc.web.signing_in.entering import TOOK_TOO_LONG, WRONG_CODE
from undisc.web.signing_in.steps import Steps, answer_in, aside, home_of, text_in

SAID = {
    "key": N_("The passkey is kept. Use it the next time you sign in."),
    "key-gone": N_("The passkey opens nothing here any more. Delete it from your device, too."),
    "session-gone": N_("That browser is signed out."),
    "sessions-gone": N_("All other browsers are signed out."),
}


def create_account(services: WebServices, frame: Frame, steps: Steps) -> APIRouter:
    router = APIRouter()

    def number(form: Form) -> int:
        text = form.get("id", 18)
        return int(text) if text.isascii() and text.isdigit() else 0

    def account_page(request: Request, me: SignedIn, *, status: int = 200, wrong: str = "") -> Response:
        said = SAID.get(request.query_params.get("said", ""), "")
        return frame.render(
            request,
            "account/account.html",
            me,
            status=status,
            scripts=("passkeys",),
            wrong=frame.sentence(request, me, wrong) if wrong else "",
            said=frame.sentence(request, me, said) if said else "",
            overview=steps.entrance.keeping.overview(me),
            browser=browser_in_words,
            home=home_of(me.person),
        )

    def back(said: str) -> Response:
        return RedirectResponse(f"/account?said={said}", 303)

    @router.get("/account")
    def show_account(request: Request, me: Anybody) -> Response:
        return account_page(request, me)

    @router.get("/home")
    def go_home(me: Anybody) -> Response:
        return RedirectResponse(home_of(me.person), 303)

    @router.get("/account/keys")
    def show_keys(me: Anybody) -> Response:
        return RedirectResponse("/account#keys", 303)

    @router.post("/account/keys/options")
    async def key_options(request: Request, me: Anybody) -> Response:
        asked = await steps.read_json(request)
        _same_form(asked, me)
        caller = steps.caller(request, new=True)
        options = await aside(steps.entrance.keeping.ask_for_new_passkey, me, caller)
        response = JSONResponse(options)
        steps.keep_step(response, caller)
        return response

    @router.post("/account/keys")
    async def add_key(request: Request, me: Anybody) -> Response:
        asked = await steps.read_json(request)
        _same_form(asked, me)
        keeping, label = steps.entrance.keeping, text_in(asked, "label", 60)
        found = await aside(keeping.add_passkey, me, answer_in(asked), label, steps.caller(request))
        if isinstance(found, NotRight):
            raise problems.Refusal(problems.NO_SUCH_KEY)
        return JSONResponse({"next": "/account?said=key"})

    @router.post("/account/keys/remove")
    async def remove_key(request: Request, me: Anybody) -> Response:
        form = await read_my_form(request, me, services.public_url)
        try:
            await aside(steps.entrance.keeping.remove_passkey, me, number(form))
        except PeopleRefused as refused:
            return await aside(account_page, request, me, status=422, wrong=str(refused))
        return back("key-gone")

    def password_page(request: Request, me: SignedIn, *, status: int = 200, wrong: str = "") -> Response:
        sentence = frame.sentence(request, me, wrong) if wrong else ""
        return frame.render(request, "account/password.html", me, status=status, wrong=sentence)

    def code_page(request: Request, me: SignedIn, seed: str, *, status: int = 200, wrong: str = "") -> Response:
        return frame.render(
            request,
            "account/generator.html",
            me,
            status=status,
            wrong=frame.sentence(request, me, wrong) if wrong else "",
            picture=picture_of(address_of(seed, me.person.email, steps.entrance.place_name)),
            seed=seed,
            action="/account/password/code",
        )

    @router.get("/account/password")
    def show_password(request: Request, me: Anybody) -> Response:
        steps.entrance.people.require_fresh(me)
        return password_page(request, me)

    @router.post("/account/password")
    async def choose_password(request: Request, me: Anybody) -> Response:
        form = await read_my_form(request, me, services.public_url)
        chosen = next((value for name, value in form.fields if name == "password"), "")
        caller = steps.caller(request, new=True)
        try:
            seed = await steps.slowly(lambda: steps.entrance.keeping.choose_password(me, chosen, caller))
        except (TooWeak, PeopleRefused) as refused:
            return password_page(request, me, status=422, wrong=str(refused))
        response = code_page(request, me, seed)
        steps.keep_step(response, caller)
        return response

    @router.post("/account/password/code")
    async def confirm_password(request: Request, me: Anybody) -> Response:
        form = await read_my_form(request, me, services.public_url)
        caller, keeping = steps.caller(request), steps.entrance.keeping
        found = await aside(keeping.confirm_password, me, form.get("code", 40), caller)
        if isinstance(found, Over):
            return password_page(request, me, status=401, wrong=TOOK_TOO_LONG)
        if isinstance(found, NotRight):
            seed = await aside(keeping.chosen, me, caller)
            if seed is None:
                return password_page(request, me, status=401, wrong=TOOK_TOO_LONG)
            return code_page(request, me, seed, status=401, wrong=WRONG_CODE)
        return frame.render(request, "account/paper.html", me, codes=found, after="/account")

    @router.post("/account/paper")
    async def renew_paper(request: Request, me: Anybody) -> Response:
        await read_my_form(request, me, services.public_url)
        try:
            codes = await aside(steps.entrance.keeping.renew_paper, me)
        except PeopleRefused as refused:
            return await aside(account_page, request, me, status=422, wrong=str(refused))
        return frame.render(request, "account/paper.html", me, codes=codes, after="/account")

    @router.post("/account/sessions/end")
    async def end_session(request: Request, me: Anybody) -> Response:
        form = await read_my_form(request, me, services.public_url)
        if form.get("all"):
            await aside(steps.entrance.keeping.end_other_sessions, me)
            return back("sessions-gone")
        await aside(steps.entrance.keeping.end_session, me, number(form))
        return back("session-gone")

    return router


def _same_form(asked: dict[str, object], me: SignedIn) -> None:
    """What a page's script sends brings the page's own token, as forms do. Raises Refusal otherwise."""
    if asked.get("form_token") != me.form_token:
        raise problems.Refusal(problems.FORM_TOO_OLD)
