"""What was agreed to about a patient's scans: as it was signed, withdrawn, or changed."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.export.consent_paper import render_consent
from undisc.sharing.consent_model import Choice, Consent, SignedAs, State
from undisc.sharing.consent_wording import Wording, wording
from undisc.web import problems
from undisc.web.access import number
from undisc.web.forms import Form
from undisc.web.frame import N_
from undisc.web.languages import language_of
from undisc.web.media import pdf
from undisc.web.people import APatient, read_my_form
from undisc.web.portal.pages import PortalPages, Shelved, off_loop
from undisc.web.portal.reading import day_of

_SIGNED_AS = {"self": SignedAs.SELF, "parent": SignedAs.PARENT, "guardian": SignedAs.GUARDIAN, "owner": SignedAs.OWNER}


def create_consents(pages: PortalPages) -> APIRouter:
    router = APIRouter(prefix="/me/consent")
    public_url = pages.services.public_url

    @router.get("")
    def consents(request: Request, me: APatient) -> Response:
        shelved = pages.shelved(me, request.query_params.get("of", ""))
        found = pages.of.consents.of_patient(shelved.whose.relation.patient) if shelved.whose else []
        told = [
            (consent, _wording(consent), _wording(consent).statements(consent.form, _day(pages, request, me, consent)))
            for consent in found
        ]
        done = request.query_params.get("done", "")
        return pages.render(request, me, "consent.html", shelved=shelved, told=told, done=done, State=State)

    @router.get("/{consent_id}/change")
    def change(request: Request, me: APatient, consent_id: str) -> Response:
        consent, shelved = _mine(me, consent_id)
        return _form(request, me, consent, shelved)

    @router.post("/{consent_id}/change")
    async def changed(request: Request, me: APatient, consent_id: str) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_changed, request, me, consent_id, form)

    @router.get("/{consent_id}/paper")
    def paper(me: APatient, consent_id: str) -> Response:
        for relation in me.relations:
            for consent in pages.of.consents.of_patient(relation.patient):
                if consent.id == number(consent_id):
                    pages.of.consents.note_shown(consent.id, me.actor)
                    printed = render_consent(consent, pages.services.place_name, pages.zone)
                    return pdf(printed, "consent.pdf")
        raise problems.Refusal(problems.NOT_HERE)

    @router.get("/{consent_id}/withdraw")
    def ask_withdraw(request: Request, me: APatient, consent_id: str) -> Response:
        consent, shelved = _mine(me, consent_id)
        closing = pages.of.consents.would_close(consent.id)
        return pages.render(request, me, "withdraw.html", shelved=shelved, consent=consent, closing=closing)

    @router.post("/{consent_id}/withdraw")
    async def withdraw(request: Request, me: APatient, consent_id: str) -> Response:
        await read_my_form(request, me, public_url)
        return await off_loop(_withdrawn, me, consent_id)

    def _mine(me: SignedIn, consent_id: str) -> tuple[Consent, Shelved]:
        """A consent that stands, of a patient for whom whoever asks may act. Raises Refusal for any other."""
        for relation in me.relations:
            for consent in pages.of.consents.of_patient(relation.patient):
                if consent.id == number(consent_id) and consent.state in (State.ATTACHED, State.WAITING):
                    return consent, pages.around(me, relation.patient)
        raise problems.Refusal(problems.NOT_HERE)

    def _withdrawn(me: SignedIn, consent_id: str) -> Response:
        consent, shelved = _mine(me, consent_id)
        pages.of.consents.withdraw(consent.id, me.actor)
        assert shelved.whose is not None
        return RedirectResponse(f"/me/consent?of={shelved.whose.of}&done=withdrawn", 303)

    def _form(
        request: Request, me: SignedIn, consent: Consent, shelved: Shelved, *, wrong: str = "", status: int = 200
    ) -> Response:
        words = wording(language_of(request, me.person.language))
        return pages.render(
            request,
            me,
            "consent_change.html",
            shelved=shelved,
            consent=consent,
            wording=words,
            choices=[(choice.value, words.choice[choice.value]) for choice in Choice],
            status=status,
            wrong=pages.frame.sentence(request, me, wrong) if wrong else "",
        )

    def _changed(request: Request, me: SignedIn, consent_id: str, form: Form) -> Response:
        consent, shelved = _mine(me, consent_id)
        choice, name = form.get("choice"), form.get("name")
        until = day_of(form.get("until"), pages.zone)
        if form.get("until") and (until is None or until <= pages.now()):
            return _form(request, me, consent, shelved, wrong=_NO_DAY, status=422)
        if choice not in {one.value for one in Choice} or len(name) < 2:
            return _form(request, me, consent, shelved, wrong=_NO_NAME, status=422)
        assert shelved.whose is not None
        relation = shelved.whose.relation
        new = replace(
            consent.form,
            language=language_of(request, me.person.language),
            choice=Choice(choice),
            named=form.get("named") if choice == Choice.CLINICIANS.value else "",
            until=until,
            signed_name=name,
            signed_as=_SIGNED_AS.get(relation.kind, SignedAs.OTHER),
            signature=(),
            form_version=wording("en").version,
        )
        signed = pages.of.consents.sign(new, me.actor)
        if consent.study_id is not None:
            pages.of.consents.attach(signed.id, consent.study_id, me.actor)
        return RedirectResponse(f"/me/consent?of={shelved.whose.of}&done=changed", 303)

    return router


_NO_NAME = N_("Choose who may see the pictures, and type your name as your signature.")
_NO_DAY = N_("Choose a day from today on, or leave it empty.")


def _wording(consent: Consent) -> Wording:
    return wording(consent.form.language, consent.form.form_version)


def _day(pages: PortalPages, request: Request, me: SignedIn, consent: Consent) -> str:
    return pages.frame.day(request, me, consent.form.until) if consent.form.until else ""
