"""What staff see of consents: who waits for a scan, which scan it may be, what was signed, and taking it back.

Names are searched for by forms, so that no address carries one.
"""

from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.export.consent_paper import render_consent
from undisc.sharing.check_in import CheckIn
from undisc.sharing.consent_form import HEIGHT, WIDTH, Draft, Fault, check, path_of, read_draft
from undisc.sharing.consent_model import Consent, State
from undisc.sharing.consent_wording import day_in, wording
from undisc.sharing.consents import MOST_SHOWN, Consents
from undisc.web import problems
from undisc.web.check_in.words import FAULTS, LOOKS, SIGNS, STATES, in_order
from undisc.web.forms import Form
from undisc.web.frame import N_, Frame
from undisc.web.languages import LANGUAGES
from undisc.web.media import pdf
from undisc.web.people import StaffMember, read_my_form

ConsentId = Annotated[int, Path(ge=1, lt=2**31)]

_DONE = {
    "entered": N_("The form is kept."),
    "attached": N_("The form is on this scan now."),
    "detached": N_("The form was taken off the scan. It waits again."),
    "withdrawn": N_("It is withdrawn. Links that others had have stopped."),
}
_GONE = N_("That did not work any more: somebody else has just changed this form.")
_NO_STUDY = N_("Choose a scan first.")


def create_consent_pages(
    consents: Consents, check_in: CheckIn, place_name: str, public_url: str, time_zone: str, frame: Frame
) -> APIRouter:
    router = APIRouter(prefix="/staff/consents")
    zone = ZoneInfo(time_zone)

    def page(request: Request, me: SignedIn, name: str, status: int = 200, **values: Any) -> Response:
        given = {"looks": LOOKS, "signs": SIGNS, "states": STATES, "State": State, "tab": "consents"}
        return frame.render(request, f"consents/{name}.html", me, status=status, **(given | values))

    def known(consent_id: int) -> Consent:
        consent = consents.get(consent_id)
        if consent is None:
            raise problems.Refusal(problems.NOT_HERE)
        return consent

    def one_page(request: Request, me: SignedIn, consent: Consent, status: int = 200, **values: Any) -> Response:
        form = consent.form
        words = wording(form.language, form.form_version)
        given = {
            "consent": consent,
            "form": form,
            "words": words,
            "statements": words.statements(form, day_in(words.language, form.until, zone)),
            "drawing": path_of(form.signature),
            "size": (WIDTH, HEIGHT),
            "study": consents.study_of(consent),
            "candidates": [],
            "looked_for": False,
        }
        if consent.state is State.WAITING and "candidates" not in values:
            given["candidates"] = consents.candidates(consent.id)
        consents.note_shown(consent.id, me.actor)
        return page(request, me, "one", status, **(given | values))

    def entry_page(request: Request, me: SignedIn, draft: Draft, language: str, faults: dict[str, Fault]) -> Response:
        wrong = {field: frame.sentence(request, me, FAULTS[field, fault]) for field, fault in in_order(faults)}
        status = 422 if faults else 200
        words = wording(language)
        return page(request, me, "enter", status, draft=draft, faults=wrong, words=words, language_of_form=language)

    def to(consent_id: int, done: str) -> RedirectResponse:
        return RedirectResponse(f"/staff/consents/{consent_id}?done={done}", 303)

    @router.get("")
    def waiting(request: Request, me: StaffMember) -> Response:
        return page(request, me, "list", waiting=consents.waiting(), found=None, most=MOST_SHOWN)

    @router.post("")
    async def search(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, public_url)
        text = form.get("text", 100)
        found = await run_in_threadpool(consents.search, text)
        return page(request, me, "list", waiting=[], found=found, most=MOST_SHOWN)

    @router.get("/enter")
    def enter(request: Request, me: StaffMember) -> Response:
        return entry_page(request, me, Draft(), "en", {})

    @router.post("/enter")
    async def entered(request: Request, me: StaffMember) -> Response:
        sent = await read_my_form(request, me, public_url)
        draft = replace(read_draft(sent.fields), strokes="")
        language = sent.get("language") if sent.get("language") in LANGUAGES else "en"
        checked = check(draft, language, check_in.clock.now(), zone)
        if isinstance(checked, dict):
            return entry_page(request, me, draft, language, checked)
        consent = await run_in_threadpool(consents.sign, checked, me.actor)
        return to(consent.id, "entered")

    @router.get("/{consent_id}")
    def show(request: Request, me: StaffMember, consent_id: ConsentId) -> Response:
        done = _DONE.get(request.query_params.get("done", ""))
        return one_page(request, me, known(consent_id), said=frame.sentence(request, me, done) if done else "")

    @router.post("/{consent_id}")
    async def look_for(request: Request, me: StaffMember, consent_id: ConsentId) -> Response:
        form = await read_my_form(request, me, public_url)

        def looked() -> Response:
            found = consents.candidates(known(consent_id).id, form.get("text", 100))
            return one_page(request, me, known(consent_id), candidates=found, looked_for=True)

        return await run_in_threadpool(looked)

    @router.post("/{consent_id}/attach")
    async def attach(request: Request, me: StaffMember, consent_id: ConsentId) -> Response:
        form = await read_my_form(request, me, public_url)

        def attached() -> Response:
            study = _number(form)
            if study is None:
                wrong = frame.sentence(request, me, _NO_STUDY)
                return one_page(request, me, known(consent_id), 422, wrong=wrong)
            if consents.attach(known(consent_id).id, study, me.actor) is None:
                return one_page(request, me, known(consent_id), 409, wrong=frame.sentence(request, me, _GONE))
            return to(consent_id, "attached")

        return await run_in_threadpool(attached)

    @router.post("/{consent_id}/detach")
    async def detach(request: Request, me: StaffMember, consent_id: ConsentId) -> Response:
        await read_my_form(request, me, public_url)

        def detached() -> Response:
            if consents.detach(known(consent_id).id, me.actor):
                return to(consent_id, "detached")
            return one_page(request, me, known(consent_id), 409, wrong=frame.sentence(request, me, _GONE))

        return await run_in_threadpool(detached)

    @router.get("/{consent_id}/withdraw")
    def ask_withdraw(request: Request, me: StaffMember, consent_id: ConsentId) -> Response:
        consent = known(consent_id)
        return page(request, me, "withdraw", consent=consent, closing=consents.would_close(consent_id))

    @router.post("/{consent_id}/withdraw")
    async def withdraw(request: Request, me: StaffMember, consent_id: ConsentId) -> Response:
        await read_my_form(request, me, public_url)

        def withdrawn() -> Response:
            if consents.withdraw(known(consent_id).id, me.actor) is not None:
                return to(consent_id, "withdrawn")
            return one_page(request, me, known(consent_id), 409, wrong=frame.sentence(request, me, _GONE))

        return await run_in_threadpool(withdrawn)

    @router.get("/{consent_id}/paper")
    def paper(me: StaffMember, consent_id: ConsentId) -> Response:
        consent = known(consent_id)
        consents.note_shown(consent_id, me.actor)
        return pdf(render_consent(consent, place_name, zone), f"consent-{consent_id}.pdf")

    return router


def _number(form: Form) -> int | None:
    text = form.get("study", 10)
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**31 else None
