"""One patient: studies, consents, links, messages, discs, who looked; and looking at the pictures with a reason."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.accounts.people.service import PeopleRefused
from undisc.messaging.model import Way
from undisc.sharing.consent_model import Consent, State
from undisc.sharing.model import Browser, Denied, Look
from undisc.web import problems
from undisc.web.links import viewing
from undisc.web.people import StaffMember, read_my_form, who
from undisc.web.staff.pages import Number, Patient, StaffPages, numbers

_MOST_LOOKS = 100
_LONGEST_REASON = 500


def create_patients(pages: StaffPages) -> APIRouter:
    router = APIRouter(prefix="/staff/patients")

    @router.get("/{number}")
    def show(request: Request, me: StaffMember, number: Number) -> Response:
        return patient_page(pages, request, me, pages.patient(number))

    @router.post("/{number}/look")
    async def look(request: Request, me: StaffMember, number: Number) -> Response:
        form = await read_my_form(request, me, pages.web.public_url)
        reason = form.get("reason", _LONGEST_REASON)
        wanted = numbers(form.all("study"), 200)
        browser = Browser(request.client.host if request.client else "", request.headers.get("user-agent", "")[:300])
        return await run_in_threadpool(_look, pages, request, me, number, reason, wanted, browser)

    return router


def patient_page(
    pages: StaffPages, request: Request, me: SignedIn, patient: Patient, *, status: int = 200, **more: object
) -> Response:
    services = pages.services
    ids = {study.id for study in patient.studies}
    consents = _consents(pages, patient)
    links = services.sharing.links_of_patient(patient.key)
    given = [each for each in links if each.link.kind.value in ("patient", "share")]
    media = [each for each in services.ordering.newest() if ids & set(each.wish.studies)]
    looks = services.sharing.looks_at(patient.key) if patient.key.patient_id else []
    counts = next((each for each in consents if each.state in (State.ATTACHED, State.WAITING)), None)
    values = {
        "patient": patient,
        "standing": services.desk.of_studies(ids),
        "consents": consents,
        "consent": counts,
        "links": given,
        "messages": services.desk.messages_of([each.link.id for each in given]),
        "media": media,
        "looks": [_named(pages, look) for look in looks[:_MOST_LOOKS]],
        "ways": services.desk.ways(),
        "Way": Way,
        "glass": next((glass for glass in me.glasses if glass.patient == patient.key), None),
    }
    return pages.render(request, me, "patient.html", status=status, **(values | more))


def _named(pages: StaffPages, look: Look) -> Look:
    """What people made on a medium is told by the number of who did it."""
    if look.way != "medium" or not look.who.isdecimal():
        return look
    person = pages.services.people.person(int(look.who))
    return replace(look, who=person.name if person else "")


def _consents(pages: StaffPages, patient: Patient) -> list[Consent]:
    """Of the patient's number and of each of these studies, newest first."""
    found = {}
    if patient.key.patient_id:
        found = {each.id: each for each in pages.services.consents.of_patient(patient.key)}
    for study in patient.studies[:20]:
        on_it = pages.services.consents.of_study(study.id)
        if on_it is not None:
            found[on_it.id] = on_it
    return sorted(found.values(), key=lambda each: each.id, reverse=True)


def _look(
    pages: StaffPages, request: Request, me: SignedIn, number: int, reason: str, wanted: list[int], browser: Browser
) -> Response:
    patient = pages.patient(number)
    if not patient.key.patient_id:
        said = "These pictures carry no patient number, so that nobody can look at them in an emergency."
        wrong = pages.frame.sentence(request, me, said)
        return patient_page(pages, request, me, patient, status=422, wrong=wrong)
    try:
        if not any(glass.patient == patient.key for glass in me.glasses):
            pages.services.people.break_glass(me, patient.key, reason)
    except PeopleRefused as error:
        wrong = pages.frame.sentence(request, me, str(error))
        return patient_page(pages, request, me, patient, status=422, wrong=wrong, reason=reason)
    # The session as it stands now, with the glass that was broken just now.
    again = who(request)
    theirs = [study.id for study in patient.studies if not wanted or study.id in wanted]
    found = pages.services.sharing.view(again or me, theirs, browser)
    if isinstance(found, Denied):
        raise problems.Refusal(problems.NOT_FOR_YOU)
    return viewing(found, secure=pages.web.public_url.startswith("https:"))


def to_patient(number: int) -> Response:
    return RedirectResponse(f"/staff/patients/{number}", 303)
