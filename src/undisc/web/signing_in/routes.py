"""All pages about who somebody is."""

from urllib.parse import quote

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.service import ProofTooOld
from undisc.web import problems
from undisc.web.frame import Frame
from undisc.web.services import WebServices
from undisc.web.signing_in.account import create_account
from undisc.web.signing_in.elsewhere import create_elsewhere
from undisc.web.signing_in.entering import create_entering
from undisc.web.signing_in.glass import create_glass
from undisc.web.signing_in.joining import create_joining
from undisc.web.signing_in.leaving import create_leaving
from undisc.web.signing_in.managing import create_managing
from undisc.web.signing_in.steps import Steps


def create_signing_in(services: WebServices, frame: Frame) -> APIRouter:
    router = APIRouter()
    steps = Steps(services)
    router.include_router(create_entering(services, frame, steps))
    router.include_router(create_elsewhere(frame, steps))
    router.include_router(create_joining(services, frame, steps))
    router.include_router(create_leaving(services))
    router.include_router(create_account(services, frame, steps))
    router.include_router(create_managing(services, frame, steps))
    router.include_router(create_glass(services, frame, steps))
    return router


def install_proving(app: FastAPI) -> None:
    """Whoever is to prove again who they are is sent where they can, and comes back to the page they were on."""

    async def prove(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProofTooOld)
        if request.headers.get("content-type", "").startswith("application/json"):
            return problems.answer(problems.PROVE_AGAIN)
        path = request.url.path
        if request.method == "POST":
            # What was posted is not kept: the form is there again once somebody has proven who they are.
            path = (
                "/account"
                if path.startswith("/account")
                else path
                if path == "/people/invite"
                else path.rpartition("/")[0]
            )
        return RedirectResponse(f"/sign-in/again?next={quote(path)}", 303)

    app.add_exception_handler(ProofTooOld, prove)
