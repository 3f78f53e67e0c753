"""Signing in: by a passkey, or by a password and then a code; and proving again who is there."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from undisc.accounts.people.model import Entered, NotRight, Over, Shut, SignedIn
from undisc.web import problems
from undisc.web.forms import Form, read_form
from undisc.web.frame import N_, Frame
from undisc.web.people import Anybody, read_my_form, safe_next, who
from undisc.web.services import WebServices
from undisc.web.signing_in.steps import Steps, answer_in, aside, home_of, text_in

WRONG_PASSWORD = N_("This e-mail address and this password do not go together.")
WRONG_CODE = N_("This code is not right, or was used already. Wait for the next one.")
WRONG_PAPER = N_("This code is not right, or was used already.")
TOOK_TOO_LONG = N_("That took too long. Please begin again.")
SHUT = N_(
    "There were too many wrong tries. A passkey opens all the same, and so does a browser in which you signed in "
    "before. Otherwise try again later."
)
SIGNED_OUT = N_("You are signed out.")


def create_entering(services: WebServices, frame: Frame, steps: Steps) -> APIRouter:
    router = APIRouter()

    def sign_in_page(
        request: Request, *, status: int = 200, wrong: str = "", email: str = "", after: str = ""
    ) -> Response:
        single = steps.entrance.single_sign_on
        return frame.render(
            request,
            "account/sign_in.html",
            status=status,
            scripts=("passkeys",),
            wrong=frame.sentence(request, None, wrong) if wrong else "",
            said=frame.sentence(request, None, SIGNED_OUT) if "out" in request.query_params else "",
            email=email,
            after=after,
            single=single.provider.name if single else "",
        )

    def second_page(
        request: Request, me: SignedIn | None, after: str, *, paper: bool, status: int = 200, wrong: str = ""
    ) -> Response:
        sentence = frame.sentence(request, None, wrong) if wrong else ""
        action = "/sign-in/again/second" if me else "/sign-in/recovery" if paper else "/sign-in/second"
        return frame.render(
            request, "account/second.html", me, status=status, wrong=sentence, after=after, paper=paper, action=action
        )

    @router.get("/sign-in")
    def show_sign_in(request: Request) -> Response:
        me = who(request)
        after = safe_next(request.query_params.get("next", ""), "")
        if me is not None:
            return RedirectResponse(after or home_of(me.person), 303)
        return sign_in_page(request, after=after)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await read_form(request, services.public_url)
        after = safe_next(form.get("next", 500), "")
        email, password = form.get("email", 254), _password(form)
        caller = steps.caller(request, new=True)
        found = await steps.slowly(lambda: steps.entrance.signing_in.password(email, password, caller))
        if isinstance(found, Shut):
            return sign_in_page(request, status=429, wrong=SHUT, email=email, after=after)
        if isinstance(found, NotRight):
            return sign_in_page(request, status=401, wrong=WRONG_PASSWORD, email=email, after=after)
        response = RedirectResponse(_with_next("/sign-in/second", after), 303)
        steps.keep_step(response, caller)
        return response

    def show_code_page(request: Request, *, paper: bool) -> Response:
        after = safe_next(request.query_params.get("next", ""), "")
        if not steps.entrance.signing_in.is_at_second(steps.caller(request)):
            return RedirectResponse(_with_next("/sign-in", after), 303)
        return second_page(request, None, after, paper=paper)

    async def take_code(request: Request, *, paper: bool) -> Response:
        form = await read_form(request, services.public_url)
        after = safe_next(form.get("next", 500), "")
        caller = steps.caller(request)
        found = await aside(steps.entrance.signing_in.second, form.get("code", 40), caller, paper=paper)
        match found:
            case Entered():
                return await _entered(steps, request, found, after)
            case Over():
                return sign_in_page(request, status=401, wrong=TOOK_TOO_LONG, after=after)
            case Shut():
                return second_page(request, None, after, paper=paper, status=429, wrong=SHUT)
            case NotRight():
                wrong = WRONG_PAPER if paper else WRONG_CODE
                return second_page(request, None, after, paper=paper, status=401, wrong=wrong)

    @router.get("/sign-in/second")
    def show_second(request: Request) -> Response:
        return show_code_page(request, paper=False)

    @router.post("/sign-in/second")
    async def second(request: Request) -> Response:
        return await take_code(request, paper=False)

    @router.get("/sign-in/recovery")
    def show_recovery(request: Request) -> Response:
        return show_code_page(request, paper=True)

    @router.post("/sign-in/recovery")
    async def recovery(request: Request) -> Response:
        return await take_code(request, paper=True)

    @router.post("/sign-in/passkey/options")
    async def passkey_options(request: Request) -> Response:
        await steps.read_json(request)
        caller = steps.caller(request, new=True)
        options = await aside(steps.entrance.signing_in.ask_for_passkey, caller)
        if options is None:
            raise problems.Refusal(problems.TOO_OFTEN)
        response = JSONResponse(options)
        steps.keep_step(response, caller)
        return response

    @router.post("/sign-in/passkey")
    async def passkey(request: Request) -> Response:
        asked = await steps.read_json(request)
        after = safe_next(text_in(asked, "next", 500), "")
        # With a session that stands, the same answer proves again who is there: for that person alone.
        me = await aside(who, request) if asked.get("again") is True else None
        found = await aside(steps.entrance.signing_in.passkey, answer_in(asked), steps.caller(request), me)
        if isinstance(found, NotRight):
            raise problems.Refusal(problems.NO_SUCH_KEY)
        response = JSONResponse({"next": after or home_of(found.person)})
        await aside(steps.let_in, request, response, found)
        return response

    def again_page(request: Request, me: SignedIn, after: str, *, status: int = 200, wrong: str = "") -> Response:
        overview = steps.entrance.keeping.overview(me)
        single = steps.entrance.single_sign_on
        here = single is not None and single.provider.issuer in overview.elsewhere
        return frame.render(
            request,
            "account/again.html",
            me,
            status=status,
            scripts=("passkeys",),
            wrong=frame.sentence(request, me, wrong) if wrong else "",
            after=after,
            overview=overview,
            single=single.provider.name if single and here else "",
        )

    @router.get("/sign-in/again")
    def show_again(request: Request, me: Anybody) -> Response:
        return again_page(request, me, safe_next(request.query_params.get("next", ""), "/account"))

    @router.post("/sign-in/again")
    async def again(request: Request, me: Anybody) -> Response:
        form = await read_my_form(request, me, services.public_url)
        after = safe_next(form.get("next", 500), "/account")
        caller = steps.caller(request, new=True)
        password = _password(form)
        found = await steps.slowly(lambda: steps.entrance.signing_in.password(me.person.email, password, caller))
        if isinstance(found, Shut | NotRight):
            shut = isinstance(found, Shut)
            wrong = SHUT if shut else WRONG_PASSWORD
            return await aside(again_page, request, me, after, status=429 if shut else 401, wrong=wrong)
        response = second_page(request, me, after, paper=False)
        steps.keep_step(response, caller)
        return response

    @router.post("/sign-in/again/second")
    async def again_second(request: Request, me: Anybody) -> Response:
        form = await read_my_form(request, me, services.public_url)
        after = safe_next(form.get("next", 500), "/account")
        found = await aside(steps.entrance.signing_in.second, form.get("code", 40), steps.caller(request), me=me)
        match found:
            case Entered():
                return await _entered(steps, request, found, after)
            case Over():
                return await aside(again_page, request, me, after, status=401, wrong=TOOK_TOO_LONG)
            case Shut():
                return second_page(request, me, after, paper=False, status=429, wrong=SHUT)
            case NotRight():
                return second_page(request, me, after, paper=False, status=401, wrong=WRONG_CODE)

    return router


async def _entered(steps: Steps, request: Request, entered: Entered, after: str) -> Response:
    response = RedirectResponse(after or home_of(entered.person), 303)
    await aside(steps.let_in, request, response, entered)
    return response


def _password(form: Form) -> str:
    """As it was typed: spaces around it belong to it."""
    return next((value for name, value in form.fields if name == "password"), "")[:200]


def _with_next(page: str, after: str) -> str:
    from urllib.parse import quote

    return f"{page}?next={quote(after)}" if after else page
