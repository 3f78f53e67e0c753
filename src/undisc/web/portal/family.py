"""Who else may see a patient's scans: parents, guardians, owners, and whoever was let in; and ending that."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import Person, Relation, SignedIn
from undisc.web import problems
from undisc.web.access import number
from undisc.web.people import APatient, read_my_form
from undisc.web.portal import words
from undisc.web.portal.pages import PortalPages, Whose, off_loop


def create_family(pages: PortalPages) -> APIRouter:
    router = APIRouter(prefix="/me/family")
    public_url = pages.services.public_url

    @router.get("")
    def family(request: Request, me: APatient) -> Response:
        shelved = pages.shelved(me, request.query_params.get("of", ""))
        related = _related(shelved.whose) if shelved.whose else []
        return pages.render(
            request,
            me,
            "family.html",
            shelved=shelved,
            related=related,
            relations=words.RELATIONS,
            ended=request.query_params.get("done", "") == "ended",
        )

    @router.post("/{relation_id}/end")
    async def end(request: Request, me: APatient, relation_id: str) -> Response:
        await read_my_form(request, me, public_url)
        return await off_loop(_ended, me, relation_id)

    def _related(whose: Whose) -> list[tuple[Person, Relation]]:
        return pages.people.relations_of(whose.relation.patient)

    def _ended(me: SignedIn, relation_id: str) -> Response:
        wanted = number(relation_id)
        shelved = pages.shelved(me)
        for whose in shelved.every:
            found = next((one for one in _related(whose) if one[1].id == wanted), None)
            # Nobody but the place ends what a patient is to themselves; everybody may end what they are to others.
            if found and found[1].kind != "self" and (whose.is_me or found[0].id == me.person.id or _decides(whose)):
                pages.people.end_relation(wanted, me.actor)
                return RedirectResponse(f"/me/family?of={whose.of}&done=ended", 303)
        raise problems.Refusal(problems.NOT_HERE)

    return router


def _decides(whose: Whose) -> bool:
    """Whether somebody decides for a patient who cannot yet, or cannot: not who was merely let in."""
    return whose.relation.kind in ("parent", "guardian", "owner")
