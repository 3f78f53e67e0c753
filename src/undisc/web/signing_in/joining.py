"""Accepting an invitation: its secret comes after the # of the address, which no server and no log ever sees."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from undisc.accounts.people.codes import address_of, picture_of
from undisc.accounts.people.model import NotRight, Over
from undisc.accounts.people.passwords import TooWeak
from undisc.accounts.people.service import PeopleRefused
from undisc.web import problems
from undisc.web.forms import read_form
from undisc.web.frame import N_, Frame
from undisc.web.services import WebServices
from undisc.web.signing_in.entering import WRONG_CODE
from undisc.web.signing_in.steps import Steps, answer_in, aside, home_of, text_in

NO_INVITATION = N_("This invitation does not open. It may have been used, or be over: ask for a new one.")


def create_joining(services: WebServices, frame: Frame, steps: Steps) -> APIRouter:
    router = APIRouter()

    def closed(request: Request) -> Response:
        wrong = frame.sentence(request, None, NO_INVITATION)
        return frame.render(request, "account/join.html", status=404, wrong=wrong, asking=False)

    def start_page(
        request: Request, *, status: int = 200, wrong: str = "", name: str = "", email: str = ""
    ) -> Response:
        invitation = steps.entrance.inviting.joining(steps.caller(request))
        if invitation is None:
            return closed(request)
        return frame.render(
            request,
            "account/join_start.html",
            status=status,
            scripts=("passkeys",),
            wrong=wrong,
            invitation=invitation,
            name=name or invitation.name,
            email=email or invitation.email,
        )

    def code_page(request: Request, seed: str, who_for: str, *, status: int = 200, wrong: str = "") -> Response:
        picture = picture_of(address_of(seed, who_for, steps.entrance.place_name))
        return frame.render(
            request,
            "account/generator.html",
            status=status,
            wrong=frame.sentence(request, None, wrong) if wrong else "",
            picture=picture,
            seed=seed,
            action="/join/code",
        )

    @router.get("/join")
    def show_join(request: Request) -> Response:
        return frame.render(request, "account/join.html", scripts=("join",), asking=True)

    @router.post("/join")
    async def join(request: Request) -> Response:
        form = await read_form(request, services.public_url)
        # Somebody who has no script pastes the whole address.
        secret = form.get("secret", 400).rpartition("#")[2]
        caller = steps.caller(request, new=True)
        if await aside(steps.entrance.inviting.accept, secret, caller) is None:
            return closed(request)
        response = RedirectResponse("/join/start", 303)
        steps.keep_step(response, caller)
        return response

    @router.get("/join/start")
    def show_start(request: Request) -> Response:
        return start_page(request)

    @router.post("/join/passkey/options")
    async def passkey_options(request: Request) -> Response:
        asked = await steps.read_json(request)
        name, email = text_in(asked, "name"), text_in(asked, "email", 254)
        inviting = steps.entrance.inviting
        try:
            options = await aside(inviting.ask_for_new_passkey, name, email, steps.caller(request))
        except PeopleRefused as refused:
            return problems.answer(problems.REFUSED, {"title": frame.sentence(request, None, str(refused))})
        if options is None:
            return problems.answer(problems.REFUSED, {"title": frame.sentence(request, None, NO_INVITATION)})
        return JSONResponse(options)

    @router.post("/join/passkey")
    async def passkey(request: Request) -> Response:
        asked = await steps.read_json(request)
        label = text_in(asked, "label", 60)
        try:
            found = await aside(steps.entrance.inviting.join_by_passkey, answer_in(asked), label, steps.caller(request))
        except PeopleRefused as refused:
            return problems.answer(problems.REFUSED, {"title": frame.sentence(request, None, str(refused))})
        if isinstance(found, NotRight | Over):
            raise problems.Refusal(problems.NO_SUCH_KEY)
        response = JSONResponse({"next": home_of(found.person)})
        await aside(steps.let_in, request, response, found)
        return response

    @router.post("/join/password")
    async def password(request: Request) -> Response:
        form = await read_form(request, services.public_url)
        name, email = form.get("name"), form.get("email", 254)
        chosen = next((value for key, value in form.fields if key == "password"), "")
        caller = steps.caller(request)
        try:
            found = await steps.slowly(lambda: steps.entrance.inviting.choose_password(name, email, chosen, caller))
        except (TooWeak, PeopleRefused) as refused:
            wrong = frame.sentence(request, None, str(refused))
            return await aside(start_page, request, status=422, wrong=wrong, name=name, email=email)
        if isinstance(found, Over):
            return closed(request)
        return code_page(request, *found)

    @router.post("/join/code")
    async def code(request: Request) -> Response:
        form = await read_form(request, services.public_url)
        caller = steps.caller(request)
        inviting = steps.entrance.inviting
        try:
            found = await aside(inviting.join_by_password, form.get("code", 40), caller)
        except PeopleRefused:
            return closed(request)
        if isinstance(found, Over):
            return closed(request)
        if isinstance(found, NotRight):
            again = await aside(inviting.chosen, caller)
            return code_page(request, *again, status=401, wrong=WRONG_CODE) if again else closed(request)
        entered, paper = found
        me = await aside(steps.entrance.people.signed_in, entered.token)
        response = frame.render(request, "account/paper.html", me, codes=paper, after=home_of(entered.person))
        await aside(steps.let_in, request, response, entered)
        return response

    return router
