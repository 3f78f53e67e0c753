"""Looking at somebody's pictures in an emergency: with a reason, for some hours, and told to the privacy officer."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import PatientKey, Role, SignedIn
from undisc.accounts.people.service import PeopleRefused
from undisc.web import problems
from undisc.web.frame import Frame
from undisc.web.people import as_any_of, read_my_form, safe_next
from undisc.web.services import WebServices
from undisc.web.signing_in.steps import Steps, aside

ABreaker = Annotated[SignedIn, Depends(as_any_of(Role.STAFF, Role.CLINICIAN))]


def create_glass(services: WebServices, frame: Frame, steps: Steps) -> APIRouter:
    router = APIRouter()

    def key_of(study: str) -> PatientKey:
        found = None
        if services.patient_of is not None and study.isascii() and study.isdigit() and len(study) < 18:
            found = services.patient_of(int(study))
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return found

    def page(
        request: Request, me: SignedIn, study: str, after: str, *, reason: str = "", status: int = 200, wrong: str = ""
    ) -> Response:
        sentence = frame.sentence(request, me, wrong) if wrong else ""
        return frame.render(
            request, "account/glass.html", me, status=status, wrong=sentence, study=study, after=after, reason=reason
        )

    @router.get("/glass")
    def show_glass(request: Request, me: ABreaker) -> Response:
        study = request.query_params.get("patient-of", "")
        key_of(study)
        return page(request, me, study, safe_next(request.query_params.get("next", ""), "/account"))

    @router.post("/glass")
    async def break_glass(request: Request, me: ABreaker) -> Response:
        form = await read_my_form(request, me, services.public_url)
        study, reason = form.get("patient-of", 17), form.get("reason", 500)
        after = safe_next(form.get("next", 500), "/account")
        key = await aside(key_of, study)
        try:
            await aside(steps.entrance.people.break_glass, me, key, reason)
        except PeopleRefused as refused:
            return page(request, me, study, after, reason=reason, status=422, wrong=str(refused))
        return RedirectResponse(after, 303)

    return router
