"""The routes of the privacy officer. Patients are named by numbers in addresses; what is typed comes in forms."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from undisc.accounts.people.model import SignedIn
from undisc.audit.entries import Wanted
from undisc.disclosures import printing, spreadsheet
from undisc.disclosures.accounting import who
from undisc.disclosures.exporting import ENDINGS, MEDIA_TYPES, Form, exported
from undisc.disclosures.model import Patient, Purpose
from undisc.web import forms, problems
from undisc.web.frame import Frame
from undisc.web.people import PrivacyOfficer, read_my_form
from undisc.web.privacy import reading
from undisc.web.privacy.words import ACTIONS, ALERTS, GROUPS, PURPOSES, action
from undisc.web.services import PrivacyServices, WebServices

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

_FIELDS = ("patient", "person", "link", "action", "since", "until", "before")
_DOWNLOAD = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class PrivacyPages:
    """What every one of these routes needs."""

    def __init__(self, services: WebServices, frame: Frame) -> None:
        self.services = services
        self.frame = frame
        self.zone = ZoneInfo(services.time_zone)

    @property
    def of(self) -> PrivacyServices:
        if self.services.privacy is None:
            raise problems.Refusal(problems.NOT_HERE)
        return self.services.privacy

    def render(self, request: Request, me: SignedIn, template: str, **values: Any) -> Response:
        given = {"words": action, "who": who, "purposes": PURPOSES, "alert_words": ALERTS, "study_words": study_words}
        return self.frame.render(request, f"privacy/{template}", me, **(given | values))

    def patient(self, number: Number) -> Patient:
        found = self.of.privacy.patient(number)
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return found

    def trail(self, request: Request, me: SignedIn, form: forms.Form) -> Response:
        asked = reading.asked(form, self.of.privacy, self.zone)
        found = None
        if not asked.is_open:
            self.of.privacy.note_searched(me, asked.wanted, asked.patient)
            found = self.of.privacy.page(asked.wanted)
        return self.render(request, me, "trail.html", asked=asked, found=found, groups=GROUPS, actions=ACTIONS)

    def exported(self, me: SignedIn, form: Form, since: str, until: str) -> Response:
        wanted = Wanted(since=reading.day(since, self.zone), until=reading.day(until, self.zone, days=1))

        def lines() -> Iterator[bytes]:
            privacy = self.of.privacy
            privacy.note_exported(me.actor, form, wanted.since)
            yield from exported(privacy.walk(wanted), form, self.of.source_id, self.services.place_name, action)

        headers = _as_file(f"trail.{ENDINGS[form]}")
        return StreamingResponse(lines(), media_type=MEDIA_TYPES[form], headers=headers)


study_words = spreadsheet.study_words


def create_privacy(services: WebServices, frame: Frame) -> APIRouter:
    router = APIRouter(prefix="/privacy")
    pages = PrivacyPages(services, frame)
    _add_trail(router, pages)
    _add_export(router, pages)
    _add_patients(router, pages)
    _add_alerts(router, pages)
    _add_chain(router, pages)
    return router


def _add_trail(router: APIRouter, pages: PrivacyPages) -> None:
    @router.get("")
    def overview(request: Request, me: PrivacyOfficer) -> Response:
        privacy = pages.of.privacy
        found, known = privacy.alerts(unseen=True)
        count, _ = privacy.head()
        return pages.render(
            request,
            me,
            "overview.html",
            alerts=found[:5],
            unseen=len(found),
            known=known,
            entries=count,
            watched=len(privacy.watched()),
        )

    @router.get("/trail")
    def show_trail(request: Request, me: PrivacyOfficer) -> Response:
        given = tuple((name, request.query_params.get(name, "")[:80].replace("\0", "")) for name in _FIELDS)
        return pages.trail(request, me, forms.Form(given))

    @router.post("/trail")
    async def search_trail(request: Request, me: PrivacyOfficer) -> Response:
        form = await read_my_form(request, me, pages.services.public_url)
        return await run_in_threadpool(pages.trail, request, me, form)

    @router.post("/trail.csv")
    async def export_trail(request: Request, me: PrivacyOfficer) -> Response:
        form = await read_my_form(request, me, pages.services.public_url)

        def lines() -> Iterator[bytes]:
            asked = reading.asked(form, pages.of.privacy, pages.zone)
            wanted = asked.wanted
            whole = Wanted(wanted.all_of, wanted.actions, wanted.since, wanted.until)
            pages.of.privacy.note_exported(me.actor, "csv", wanted.since)
            yield b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8
            for line in spreadsheet.entries(pages.of.privacy.walk(whole), say):
                yield line.encode("utf-8", "replace")

        def say(word: str) -> str:
            return pages.frame.sentence(request, me, action(word))

        return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=_as_file("trail.csv"))


def _add_export(router: APIRouter, pages: PrivacyPages) -> None:
    @router.get("/export")
    def show_export(request: Request, me: PrivacyOfficer) -> Response:
        return pages.render(request, me, "export.html")

    @router.get("/export.ndjson")
    def export_fhir(request: Request, me: PrivacyOfficer, since: str = "", until: str = "") -> Response:
        return pages.exported(me, Form.FHIR, since, until)

    @router.post("/export")
    async def export(request: Request, me: PrivacyOfficer) -> Response:
        form = await read_my_form(request, me, pages.services.public_url)
        if form.get("form") not in list(Form):
            raise problems.Refusal(problems.UNREADABLE)
        return pages.exported(me, Form(form.get("form")), form.get("since"), form.get("until"))


def _add_patients(router: APIRouter, pages: PrivacyPages) -> None:
    @router.get("/patients/{number}")
    def show_patient(request: Request, me: PrivacyOfficer, number: Number) -> Response:
        patient = pages.patient(number)
        account = pages.of.privacy.accounting(patient, me.actor)
        watch = next((each for each in pages.of.privacy.watched() if each.key == patient.key), None)
        return pages.render(request, me, "patient.html", patient=patient, account=account, watch=watch)

    @router.get("/patients/{number}/accounting.csv")
    def accounting_csv(request: Request, me: PrivacyOfficer, number: Number) -> Response:
        account = pages.of.privacy.accounting(pages.patient(number), me.actor)
        lines = spreadsheet.accounting(account, action, PURPOSES.__getitem__)
        body = "\ufeff" + "".join(lines)
        return Response(body.encode("utf-8", "replace"), media_type="text/csv", headers=_as_file("accounting.csv"))

    @router.get("/patients/{number}/accounting.pdf")
    def accounting_pdf(request: Request, me: PrivacyOfficer, number: Number) -> Response:
        account = pages.of.privacy.accounting(pages.patient(number), me.actor)
        body = printing.accounting(account, pages.services.place_name, pages.zone, action, _purpose)
        return Response(body, media_type="application/pdf", headers=_as_file("accounting.pdf"))

    @router.post("/patients/{number}/watch")
    async def watch(request: Request, me: PrivacyOfficer, number: Number) -> Response:
        await read_my_form(request, me, pages.services.public_url)
        await run_in_threadpool(lambda: pages.of.privacy.watch(pages.patient(number), me))
        return RedirectResponse("/privacy/watched", 303)

    @router.get("/watched")
    def show_watched(request: Request, me: PrivacyOfficer) -> Response:
        return pages.render(request, me, "watched.html", watched=pages.of.privacy.watched())

    @router.post("/watched/{number}/stop")
    async def stop_watching(request: Request, me: PrivacyOfficer, number: Number) -> Response:
        await read_my_form(request, me, pages.services.public_url)
        await run_in_threadpool(pages.of.privacy.stop_watching, number, me)
        return RedirectResponse("/privacy/watched", 303)


def _add_alerts(router: APIRouter, pages: PrivacyPages) -> None:
    @router.get("/alerts")
    def show_alerts(request: Request, me: PrivacyOfficer) -> Response:
        found, known = pages.of.privacy.alerts()
        return pages.render(request, me, "alerts.html", alerts=found, known=known)

    @router.post("/alerts/{number}/seen")
    async def see_alert(request: Request, me: PrivacyOfficer, number: Number) -> Response:
        await read_my_form(request, me, pages.services.public_url)
        await run_in_threadpool(pages.of.privacy.see_alert, number, me)
        return RedirectResponse("/privacy/alerts", 303)


def _add_chain(router: APIRouter, pages: PrivacyPages) -> None:
    @router.get("/chain")
    def show_chain(request: Request, me: PrivacyOfficer) -> Response:
        count, seal = pages.of.privacy.head()
        check = pages.of.verification.last()
        return pages.render(
            request, me, "chain.html", count=count, seal=seal, check=check, noted=pages.of.noted_elsewhere
        )

    @router.post("/chain")
    async def verify_chain(request: Request, me: PrivacyOfficer) -> Response:
        await read_my_form(request, me, pages.services.public_url)
        await run_in_threadpool(pages.of.verification.check)
        return RedirectResponse("/privacy/chain", 303)


def _purpose(purpose: Purpose) -> str:
    return PURPOSES[purpose]


def _as_file(name: str) -> dict[str, str]:
    stem, _, kind = name.partition(".")
    day = f"{datetime.now().astimezone():%Y-%m-%d}"
    return _DOWNLOAD | {"Content-Disposition": f'attachment; filename="{stem}-{day}.{kind}"'}
