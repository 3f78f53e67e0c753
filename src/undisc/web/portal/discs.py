"""A disc of one's own scan: an image or a ZIP, by choice sealed, made in the background, fetched when it is ready."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.errors import StudyUnknown
from undisc.export.media import Medium
from undisc.export.order_model import LONGEST_FOR_WHOM, OrderedMedium, OrderRefused, Wish
from undisc.export.ordering import Ordering
from undisc.export.viewer import ViewerNotBuilt
from undisc.sharing.model import Use
from undisc.web import problems
from undisc.web.access import number
from undisc.web.forms import Form
from undisc.web.people import APatient, read_my_form
from undisc.web.portal.pages import PortalPages, off_loop
from undisc.web.staff import words
from undisc.web.staff.discs import sent_as_file, told_of

_KINDS = {"zip": Medium.ZIP, "iso": Medium.ISO}


def create_discs_of_ones_own(pages: PortalPages) -> APIRouter:
    router = APIRouter(prefix="/me")
    public_url = pages.services.public_url

    def mine(me: SignedIn, medium_id: str) -> OrderedMedium:
        """What this person ordered, of scans that they may still take along."""
        found = _ordering(pages).one(number(medium_id))
        if found is None or found.ordered_by != me.actor:
            raise problems.Refusal(problems.NOT_HERE)
        for study in found.wish.studies:
            pages.study(me, str(study), Use.DOWNLOAD)
        return found

    def shown(request: Request, me: SignedIn, found: OrderedMedium, passphrase: str = "") -> Response:
        told: dict[str, Any] = {"words": words, "base": "/me/discs", "passphrase": passphrase}
        told |= told_of(found, pages.now())
        return pages.render(request, me, "disc.html", scripts=("staff", "copy"), **told)

    @router.get("/scans/{study_id}/disc")
    def choose(request: Request, me: APatient, study_id: str) -> Response:
        return _choose(pages, request, me, study_id)

    @router.post("/scans/{study_id}/disc")
    async def order(request: Request, me: APatient, study_id: str) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_order, request, me, study_id, form)

    def _order(request: Request, me: SignedIn, study_id: str, form: Form) -> Response:
        study = pages.study(me, study_id, Use.DOWNLOAD)
        medium = _KINDS.get(form.get("medium", 8))
        if medium is None:
            raise problems.Refusal(problems.UNREADABLE)
        for_whom = form.get("for", LONGEST_FOR_WHOM + 1)
        try:
            made = _ordering(pages).order(
                Wish((study.id,), medium, form.has("sealed"), form.has("reports"), for_whom), me.actor
            )
        except (OrderRefused, ViewerNotBuilt) as error:
            wrong = pages.frame.sentence(request, me, str(error))
            return _choose(pages, request, me, study_id, form, wrong=wrong, status=422)
        except StudyUnknown:
            raise problems.Refusal(problems.NOT_HERE) from None
        if made.passphrase:
            return shown(request, me, made.medium, made.passphrase)
        return RedirectResponse(f"/me/discs/{made.medium.id}", 303)

    @router.get("/discs/{medium_id}")
    def show(request: Request, me: APatient, medium_id: str) -> Response:
        return shown(request, me, mine(me, medium_id))

    @router.get("/discs/{medium_id}/progress")
    def progress(request: Request, me: APatient, medium_id: str) -> Response:
        told = told_of(mine(me, medium_id), pages.now())
        return pages.frame.render(request, "staff/disc_progress.html", me, words=words, base="/me/discs", **told)

    @router.get("/discs/{medium_id}/file")
    def fetch(request: Request, me: APatient, medium_id: str) -> Response:
        found = _ordering(pages).fetch(mine(me, medium_id).id, me.actor)
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return sent_as_file(request, found)

    @router.post("/discs/{medium_id}/cancel")
    async def cancel(request: Request, me: APatient, medium_id: str) -> Response:
        await read_my_form(request, me, public_url)
        await off_loop(lambda: _ordering(pages).cancel(mine(me, medium_id).id, me.actor))
        return RedirectResponse(f"/me/discs/{number(medium_id)}", 303)

    return router


def _ordering(pages: PortalPages) -> Ordering:
    if pages.services.ordering is None:
        raise problems.Refusal(problems.NOT_HERE)
    return pages.services.ordering


def _choose(
    pages: PortalPages,
    request: Request,
    me: SignedIn,
    study_id: str,
    form: Form | None = None,
    *,
    wrong: str = "",
    status: int = 200,
) -> Response:
    study = pages.study(me, study_id, Use.DOWNLOAD)
    images, size, seconds = _ordering(pages).estimate(Wish((study.id,), Medium.ZIP))
    told = {"images": images, "size": size, "seconds": seconds, "longest": LONGEST_FOR_WHOM, "words": words}
    return pages.render(
        request, me, "disc_new.html", status=status, study=study, form=form or Form(()), wrong=wrong, **told
    )
