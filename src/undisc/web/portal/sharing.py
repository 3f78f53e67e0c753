"""Sharing a scan: choosing, seeing the choice said back, and the link that was made, shown this once."""

import secrets
from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from undisc.accounts.people.model import SignedIn
from undisc.accounts.people.tries import ShutUntil
from undisc.archive.shelf import ShelfStudy
from undisc.audit.trail import UnitOfWork
from undisc.errors import StudyUnknown
from undisc.sharing.model import NewLink, ShareRefused, Step, Use
from undisc.web import problems
from undisc.web.forms import Form
from undisc.web.frame import N_
from undisc.web.languages import language_of
from undisc.web.people import APatient, read_my_form
from undisc.web.portal import words
from undisc.web.portal.choosing import DAYS, SAID, SOMEBODY, USUAL_DAYS, Chosen, read_chosen, said_back
from undisc.web.portal.pages import PortalPages, Shelved, off_loop

_FORM_LASTS = timedelta(days=2)
_SENT_BEFORE = N_(
    "This link was made already, a moment ago. Its address is shown once only: stop it below and share again if you "
    "did not keep it."
)


def create_sharing(pages: PortalPages) -> APIRouter:
    router = APIRouter(prefix="/me/scans/{study_id}/share")
    public_url = pages.services.public_url

    @router.get("")
    def choose(request: Request, me: APatient, study_id: str) -> Response:
        study = pages.study(me, study_id, Use.SHARE)
        return _form(request, me, study, Chosen(studies=(study.id,)))

    @router.post("")
    async def share(request: Request, me: APatient, study_id: str) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_shared, request, me, study_id, form)

    @router.post("/health")
    async def health(request: Request, me: APatient, study_id: str) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_health, request, me, study_id, form)

    def _health(request: Request, me: SignedIn, study_id: str, form: Form) -> Response:
        """The same as a SMART Health Link, for the app in which somebody gathers what they are given."""
        study = pages.study(me, study_id, Use.SHARE)
        health_links = pages.services.health
        if health_links is None:
            raise problems.Refusal(problems.NOT_HERE)
        shelved = pages.around(me, study.patient)
        assert shelved.whose is not None
        lasts, until = timedelta(days=USUAL_DAYS), shelved.whose.relation.until
        if not pages.people.trail.run(lambda work: _is_first(work, me, form.get("once"))):
            return _made_before(request, me, study, shelved)
        try:
            made = health_links.make(
                me,
                [study.id],
                passcode="auto" if form.get("open") != "yes" else None,
                lifetime=min(lasts, until - pages.now()) if until else lasts,
                with_report=form.get("report") == "yes",
            )
        except ShareRefused as reason:
            return _form(request, me, study, Chosen(studies=(study.id,)), status=422, wrong=str(reason))
        picture = _qr(made.text)
        response = pages.render(
            request, me, "health_made.html", study=study, made=made, picture=picture, scripts=("copy", "portal")
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def _shared(request: Request, me: SignedIn, study_id: str, form: Form) -> Response:
        study = pages.study(me, study_id, Use.SHARE)
        shelved = pages.around(me, study.patient)
        assert shelved.whose is not None
        now = pages.now()
        allowed = [one.id for one in shelved.studies]
        chosen = read_chosen(form, allowed, now, pages.zone, shelved.whose.relation.until)
        if chosen.wrong or form.get("change"):
            return _form(request, me, study, chosen, status=422 if chosen.wrong else 200)
        if form.get("sure") != "yes":
            said = _said(request, me, chosen)
            return pages.render(
                request, me, "review.html", study=study, shelved=shelved, chosen=chosen, said_back=said, once=_once()
            )
        try:
            made = pages.people.trail.run(lambda work: _make(work, request, me, chosen, form.get("once")))
        except ShareRefused as reason:
            return _form(request, me, study, chosen, status=422, wrong=str(reason))
        except StudyUnknown:
            raise problems.Refusal(problems.NOT_HERE) from None
        if made is None:
            return _made_before(request, me, study, shelved)
        return _made(request, me, study, shelved, chosen, made)

    def _make(work: UnitOfWork, request: Request, me: SignedIn, chosen: Chosen, once: str) -> NewLink | None:
        """None where this very form was sent before: loading the page again makes no second link."""
        if not _is_first(work, me, once):
            return None
        language = language_of(request, me.person.language)
        return pages.sharing.share(chosen.choice(work.clock.now(), language), me, work)

    def _is_first(work: UnitOfWork, me: SignedIn, once: str) -> bool:
        taken = pages.of.tries.take(work, "share-form", f"{me.session_id}:{once}", 1, _FORM_LASTS)
        return not isinstance(taken, ShutUntil)

    def _made_before(request: Request, me: SignedIn, study: ShelfStudy, shelved: Shelved) -> Response:
        wrong = pages.frame.sentence(request, me, _SENT_BEFORE)
        return pages.render(request, me, "made_before.html", shelved=shelved, study=study, wrong=wrong)

    def _form(
        request: Request, me: SignedIn, study: ShelfStudy, chosen: Chosen, *, status: int = 200, wrong: str = ""
    ) -> Response:
        shelved = pages.around(me, study.patient)
        return pages.render(
            request,
            me,
            "share.html",
            status=status,
            study=study,
            shelved=shelved,
            chosen=chosen,
            days=DAYS,
            usual=USUAL_DAYS,
            steps=words.STEPS,
            said_back=_said(request, me, chosen),
            sentences={key: pages.frame.sentence(request, me, text) for key, text in SAID.items()},
            somebody=SOMEBODY,
            once=_once(),
            has_health=pages.services.health is not None,
            scripts=("share",),
            wrong=wrong or (N_("Something is missing below.") if chosen.wrong else ""),
        )

    def _said(request: Request, me: SignedIn, chosen: Chosen) -> list[str]:
        somebody = SOMEBODY[chosen.who]
        named = pages.frame.sentence(request, me, somebody) if somebody else ""
        until = chosen.until or pages.now() + timedelta(days=USUAL_DAYS)
        day = pages.frame.day(request, me, until)
        return [
            pages.frame.sentence(request, me, SAID[key], **(values | {"day": day}))
            for key, values in said_back(chosen, named)
        ]

    def _made(
        request: Request, me: SignedIn, study: ShelfStudy, shelved: Shelved, chosen: Chosen, made: NewLink
    ) -> Response:
        sent_to = made.link.for_email or made.link.for_phone
        response = pages.render(
            request,
            me,
            "made.html",
            study=study,
            shelved=shelved,
            chosen=chosen,
            made=made,
            sent_to=sent_to,
            said_back=_said(request, me, chosen),
            picture=_qr(made.url),
            is_code=made.link.second_step == Step.CODE.value,
            scripts=("copy", "portal"),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return router


def _once() -> str:
    """What tells one form from another, so that none makes two links."""
    return secrets.token_urlsafe(12)


def _qr(address: str) -> str:
    """The address as a QR code, as an address of a picture by itself."""
    import segno

    return segno.make(address, error="m").svg_data_uri(border=4, scale=4, light="#fff", xmldecl=False)
