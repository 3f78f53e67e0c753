"""Signing in by way of the place's own accounts: out to the provider, and back."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import NotRight, Over
from undisc.accounts.people.single_sign_on import ProviderDown, SingleSignOn
from undisc.web import problems
from undisc.web.frame import N_, Frame
from undisc.web.people import safe_next, who
from undisc.web.signing_in.entering import TOOK_TOO_LONG
from undisc.web.signing_in.steps import Steps, aside, home_of

NOT_LET_IN = N_("Your account is known there, but it was not invited here, or it is not yours. Ask an administrator.")
DOWN = N_("The place that keeps your account does not answer at the moment. Try again later.")
GAVE_UP = N_("You did not sign in there.")


def create_elsewhere(frame: Frame, steps: Steps) -> APIRouter:
    router = APIRouter()

    def single() -> SingleSignOn:
        found = steps.entrance.single_sign_on
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return found

    def said(request: Request, wrong: str, status: int) -> Response:
        sentence = frame.sentence(request, None, wrong)
        return frame.render(request, "account/elsewhere.html", status=status, wrong=sentence)

    @router.get("/sign-in/single")
    async def go(request: Request) -> Response:
        # A link, and no form: where a form's answer leads is this server's alone (form-action).
        caller = steps.caller(request, new=True)
        me = await aside(who, request) if "again" in request.query_params else None
        try:
            where = await aside(single().begin, caller, safe_next(request.query_params.get("next", ""), ""), me)
        except ProviderDown:
            return said(request, DOWN, 503)
        response = RedirectResponse(where, 303)
        steps.keep_step(response, caller)
        return response

    @router.get("/sign-in/back")
    async def back(request: Request) -> Response:
        query = request.query_params
        if "error" in query:
            return said(request, GAVE_UP, 401)
        me = await aside(who, request)
        state, code, issuer = (query.get(name, "")[:2000] for name in ("state", "code", "iss"))
        try:
            found = await aside(single().finish, state, code, issuer, steps.caller(request), me)
        except ProviderDown:
            return said(request, DOWN, 503)
        if isinstance(found, NotRight | Over):
            return said(request, TOOK_TOO_LONG if isinstance(found, Over) else NOT_LET_IN, 401)
        entered, after = found
        response = RedirectResponse(after or home_of(entered.person), 303)
        await aside(steps.let_in, request, response, entered)
        return response

    return router
