"""Handing over with one press: links to one patient or to all that are ticked, each with what became of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.archive.shelf import read_birth_date
from undisc.errors import LinkUnknown
from undisc.messaging.model import MessageRefused, MessageUnknown
from undisc.sharing.consent_model import Lacking, Purpose
from undisc.sharing.desk import MOST_AT_ONCE
from undisc.sharing.desk_model import HandedOver, Handover, NotDone
from undisc.web import problems
from undisc.web.forms import Form
from undisc.web.frame import N_
from undisc.web.languages import LANGUAGES
from undisc.web.people import StaffMember, read_my_form
from undisc.web.staff.pages import Number, Patient, StaffPages, by_patient, numbers
from undisc.web.staff.patients import patient_page

_SEALED_FOR = "print-out"
_PRINTED_WITHIN = timedelta(hours=1)
_LONGEST_PRINT = 256 * 1024

_NOBODY = N_("There is no form that says where the link goes. Open the patient, and type it in.")
_UNLIKE = N_("Two names have this patient number. Open the patient, and look at each scan.")
_GONE = N_("This scan is not here any more.")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the fields of the patient's page."""

    email: str
    phone: str
    born: str
    language: str


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one patient's or one scan's part. handed: where a link was made."""

    name: str
    number: int
    said: str
    is_done: bool
    handed: HandedOver | None = None
    undo: str = ""
    study: int = 0


def create_giving(pages: StaffPages) -> APIRouter:
    router = APIRouter(prefix="/staff")
    url = pages.web.public_url

    @router.post("/patients/{number}/give")
    async def give(request: Request, me: StaffMember, number: Number) -> Response:
        form = await read_my_form(request, me, url)
        return await run_in_threadpool(_give, pages, request, me, number, form)

    @router.get("/patients/{number}/give")
    def given_before(me: StaffMember, number: Number) -> Response:
        return RedirectResponse(f"/staff/patients/{number}", 303)

    @router.post("/bulk")
    async def bulk(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, url)
        return await run_in_threadpool(_bulk, pages, request, me, form)

    @router.get("/bulk")
    def done_before(me: StaffMember) -> Response:
        return RedirectResponse("/staff", 303)

    @router.post("/print")
    async def print_sheets(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, url)
        return await run_in_threadpool(_printed, pages, form.get("sheets", _LONGEST_PRINT))

    @router.get("/print")
    def printed_before(me: StaffMember) -> Response:
        return RedirectResponse("/staff", 303)

    @router.post("/links/{link_id}/stop")
    async def stop(request: Request, me: StaffMember, link_id: str) -> Response:
        await read_my_form(request, me, url)
        try:
            await run_in_threadpool(pages.services.desk.stop, link_id, me)
        except LinkUnknown:
            raise problems.Refusal(problems.NOT_HERE) from None
        return RedirectResponse(_back(pages, link_id), 303)

    @router.post("/links/{link_id}/take-back")
    async def take_back(request: Request, me: StaffMember, link_id: str) -> Response:
        await read_my_form(request, me, url)
        try:
            answer = await run_in_threadpool(pages.services.desk.take_back, link_id, me)
        except LinkUnknown:
            raise problems.Refusal(problems.NOT_HERE) from None
        return await run_in_threadpool(_say_about_link, pages, request, me, link_id, answer)

    @router.post("/messages/{number}/retry")
    async def retry(request: Request, me: StaffMember, number: Number) -> Response:
        await read_my_form(request, me, url)
        return await run_in_threadpool(_message, pages, request, me, number, "retry")

    @router.post("/messages/{number}/cancel")
    async def cancel(request: Request, me: StaffMember, number: Number) -> Response:
        await read_my_form(request, me, url)
        return await run_in_threadpool(_message, pages, request, me, number, "cancel")

    return router


def _give(pages: StaffPages, request: Request, me: SignedIn, number: int, form: Form) -> Response:
    patient = pages.patient(number)
    theirs = {study.id for study in patient.studies}
    chosen = [study for study in numbers(form.all("study"), MOST_AT_ONCE) if study in theirs]
    typed = Typed(form.get("email", 254), form.get("phone", 40), form.get("born", 20), _language(form.get("language")))
    on_paper = form.get("do") == "print"
    to = _to(pages, patient, chosen, typed)
    answer = pages.services.desk.hand_over(chosen, to, me, on_paper=on_paper)
    if isinstance(answer, NotDone):
        wrong = pages.frame.sentence(request, me, answer.reason)
        return patient_page(pages, request, me, pages.patient(number), status=422, wrong=wrong, typed=typed)
    row = Row(patient.name, number, "", True, answer)
    return _results(pages, request, me, [row], on_paper=on_paper)


def _to(pages: StaffPages, patient: Patient, chosen: Sequence[int], typed: Typed) -> Handover:
    born = read_birth_date(typed.born)
    if not born:
        consents = (pages.services.consents.of_study(study) for study in chosen)
        born = next((consent.form.birth_date for consent in consents if consent and consent.form.birth_date), "")
    return Handover(typed.email, typed.phone, typed.language, born, patient.name)


def _bulk(pages: StaffPages, request: Request, me: SignedIn, form: Form) -> Response:
    what = form.get("do", 20)
    named = pages.named(numbers(form.all("study"), MOST_AT_ONCE))
    desk = pages.services.desk
    if what in ("give", "print"):
        rows = [_handed_over(pages, request, me, each, on_paper=what == "print") for each in by_patient(named.values())]
        return _results(pages, request, me, rows, on_paper=what == "print")
    acts = {"complete": (desk.complete, ""), "dismiss": (desk.dismiss, "reopen"), "reopen": (desk.reopen, "dismiss")}
    if what not in acts:
        raise problems.Refusal(problems.UNREADABLE)
    act, undo = acts[what]
    rows = []
    for patient in by_patient(named.values()):
        for study in patient.studies:
            answer = act(study.id, me)
            is_done = not isinstance(answer, NotDone)
            said = pages.frame.sentence(request, me, answer if isinstance(answer, str) else answer.reason)
            rows.append(Row(patient.name, study.id, said, is_done, undo=undo if is_done else "", study=study.id))
    return _results(pages, request, me, rows, on_paper=False)


def _handed_over(pages: StaffPages, request: Request, me: SignedIn, patient: Patient, *, on_paper: bool) -> Row:
    """To where the patient's consent says. On paper alone, nothing is sent."""
    if patient.others:
        return Row(patient.name, patient.number, pages.frame.sentence(request, me, _UNLIKE), False)
    studies = [study.id for study in patient.studies]
    to = None if on_paper else _by_consent(pages, patient, studies)
    if on_paper:
        to = _to(pages, patient, studies, Typed("", "", "", _language_of(pages, studies)))
    if to is None:
        return Row(patient.name, patient.number, pages.frame.sentence(request, me, _NOBODY), False)
    answer = pages.services.desk.hand_over(studies, to, me, on_paper=on_paper)
    if isinstance(answer, NotDone):
        return Row(patient.name, patient.number, pages.frame.sentence(request, me, answer.reason), False)
    return Row(patient.name, patient.number, "", True, answer)


def _by_consent(pages: StaffPages, patient: Patient, studies: Sequence[int]) -> Handover | None:
    for study in studies:
        given = pages.services.consents.allows(study, Purpose.SEND)
        if isinstance(given, Lacking):
            continue
        form = given.consent.form
        email = form.email if "email" in form.ways else ""
        phone = form.phone if "text" in form.ways else ""
        if email or phone:
            return Handover(email, phone, _language(form.language), form.birth_date, patient.name)
    return None


def _language_of(pages: StaffPages, studies: Sequence[int]) -> str:
    consents = (pages.services.consents.of_study(study) for study in studies)
    return next((_language(consent.form.language) for consent in consents if consent), "en")


def _language(text: str) -> str:
    return text if text in LANGUAGES else "en"


def _results(pages: StaffPages, request: Request, me: SignedIn, rows: Sequence[Row], *, on_paper: bool) -> Response:
    handed = [row.handed for row in rows if row.handed is not None]
    return pages.render(
        request,
        me,
        "results.html",
        rows=rows,
        done=sum(row.is_done for row in rows),
        sheets=_sealed(pages, handed) if on_paper and handed else "",
    )


def _sealed(pages: StaffPages, handed: Sequence[HandedOver]) -> str:
    """What is printed in a moment: the links are known now and never again, and stay unread in the page till then."""
    until = datetime.now().astimezone() + _PRINTED_WITHIN
    told = [[each.url, each.until.isoformat(), each.language] for each in handed]
    return pages.services.keyring.seal(_SEALED_FOR, json.dumps([until.isoformat(), told]))


def _printed(pages: StaffPages, sealed: str) -> Response:
    """All pages in one file. Refused for what was not made here, or too long ago."""
    # Loaded here, since it takes a while and most pages print nothing.
    from undisc.export.print_out import Sheet, render_print_outs

    opened = pages.services.keyring.open(_SEALED_FOR, sealed) if sealed else None
    until, told = json.loads(opened) if opened else ("", [])
    if not told or datetime.fromisoformat(until) < datetime.now().astimezone():
        raise problems.Refusal(problems.FORM_TOO_OLD)
    sheets = [Sheet(address, datetime.fromisoformat(ends), language) for address, ends, language in told]
    zone = ZoneInfo(pages.web.time_zone)
    body = render_print_outs(pages.web.place_name, pages.services.contact or None, sheets, zone=zone)
    return Response(body, media_type="application/pdf", headers={"Content-Disposition": 'inline; filename="print.pdf"'})


def _say_about_link(pages: StaffPages, request: Request, me: SignedIn, link_id: str, answer: str | NotDone) -> Response:
    is_done = isinstance(answer, str)
    said = pages.frame.sentence(request, me, answer if isinstance(answer, str) else answer.reason)
    found = pages.services.sharing.one_link(link_id)
    if found is None or not found.studies:
        return RedirectResponse("/staff/links", 303)
    study = found.studies[0]
    told = {"said": said} if is_done else {"wrong": said}
    return patient_page(pages, request, me, pages.patient(study), status=200 if is_done else 422, **told)


def _back(pages: StaffPages, link_id: str) -> str:
    found = pages.services.sharing.one_link(link_id)
    return f"/staff/patients/{found.studies[0]}" if found and found.studies else "/staff/links"


def _message(pages: StaffPages, request: Request, me: SignedIn, number: int, what: str) -> Response:
    messaging, trail = pages.services.messaging, pages.services.people.trail
    act = messaging.retry if what == "retry" else messaging.cancel
    try:
        message = messaging.one(number)
    except MessageUnknown:
        raise problems.Refusal(problems.NOT_HERE) from None
    try:
        trail.run(lambda work: act(work, number, me.actor))
    except MessageRefused as error:
        wrong = pages.frame.sentence(request, me, str(error))
        if message.link_id is None:
            return RedirectResponse("/staff/figures", 303)
        return _say_about_link(pages, request, me, message.link_id, NotDone(wrong))
    return RedirectResponse(_back(pages, message.link_id) if message.link_id else "/staff/figures", 303)
