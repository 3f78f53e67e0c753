"""Who is here: for administrators, who let people in, say what they do, and close what is not needed any more."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.codes import picture_of
from undisc.accounts.people.keeping import Listed
from undisc.accounts.people.model import WORKERS, NewInvitation, Role, SignedIn
from undisc.accounts.people.service import PeopleRefused
from undisc.audit.trail import UnitOfWork
from undisc.web import problems
from undisc.web.forms import Form
from undisc.web.frame import N_, Frame
from undisc.web.people import Administrator, read_my_form
from undisc.web.services import WebServices
from undisc.web.signing_in.steps import Steps, aside

SAID = {
    "roles": N_("The roles are changed."),
    "closed": N_("The account is closed, and whoever was signed in to it is out."),
    "opened": N_("The account is open again."),
    "revoked": N_("The invitation opens nothing any more."),
}
_ORDER = (Role.STAFF, Role.CLINICIAN, Role.PRIVACY, Role.ADMINISTRATOR)


def create_managing(services: WebServices, frame: Frame, steps: Steps) -> APIRouter:
    router = APIRouter()

    def list_page(request: Request, me: SignedIn, *, status: int = 200, wrong: str = "") -> Response:
        said = SAID.get(request.query_params.get("said", ""), "")
        everybody = steps.entrance.keeping.everybody()
        return frame.render(
            request,
            "account/people.html",
            me,
            status=status,
            wrong=frame.sentence(request, me, wrong) if wrong else "",
            said=frame.sentence(request, me, said) if said else "",
            workers=[each for each in everybody if each.person.roles & WORKERS],
            others=sum(not each.person.roles & WORKERS for each in everybody),
            invitations=steps.entrance.inviting.invitations(),
        )

    def person_page(request: Request, me: SignedIn, listed: Listed, *, status: int = 200, wrong: str = "") -> Response:
        said = SAID.get(request.query_params.get("said", ""), "")
        return frame.render(
            request,
            "account/person.html",
            me,
            status=status,
            wrong=frame.sentence(request, me, wrong) if wrong else "",
            said=frame.sentence(request, me, said) if said else "",
            listed=listed,
            choices=_ORDER,
        )

    def invite_page(
        request: Request, me: SignedIn, form: Form | None = None, *, status: int = 200, wrong: str = ""
    ) -> Response:
        return frame.render(
            request,
            "account/invite.html",
            me,
            status=status,
            wrong=frame.sentence(request, me, wrong) if wrong else "",
            name=form.get("name") if form else "",
            email=form.get("email", 254) if form else "",
            chosen=form.all("role") if form else [],
            can_send=steps.entrance.letters.can_send(),
            choices=_ORDER,
        )

    def link_page(request: Request, me: SignedIn, made: NewInvitation, name: str) -> Response:
        address = steps.entrance.letters.address_of(made)
        return frame.render(
            request,
            "account/invited.html",
            me,
            scripts=("copy",),
            address=address,
            picture=picture_of(address),
            name=name,
            until=made.expires_at,
        )

    def there(person_id: str) -> Listed:
        wanted = int(person_id) if person_id.isascii() and person_id.isdigit() and len(person_id) < 18 else 0
        found = steps.entrance.keeping.listed(wanted)
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return found

    @router.get("/people")
    def show_people(request: Request, me: Administrator) -> Response:
        return list_page(request, me)

    @router.get("/people/invite")
    def show_invite(request: Request, me: Administrator) -> Response:
        steps.entrance.people.require_fresh(me)
        return invite_page(request, me)

    @router.post("/people/invite")
    async def invite(request: Request, me: Administrator) -> Response:
        form = await read_my_form(request, me, services.public_url)
        people = steps.entrance.people
        people.require_fresh(me)

        def send(work: UnitOfWork) -> NewInvitation:
            email = form.get("email", 254)
            made = people.invite(work, me.actor, name=form.get("name"), email=email, roles=_roles(form))
            if form.has("send"):
                steps.entrance.letters.send_invitation(work, made, email, me.person.language or "en")
            return made

        def act() -> NewInvitation:
            return people.trail.run(send)

        try:
            made = await aside(act)
        except PeopleRefused as refused:
            return invite_page(request, me, form, status=422, wrong=str(refused))
        return link_page(request, me, made, form.get("name") or form.get("email", 254))

    @router.post("/people/invitations/revoke")
    async def revoke(request: Request, me: Administrator) -> Response:
        form = await read_my_form(request, me, services.public_url)
        wanted = form.get("id", 17)
        if wanted.isascii() and wanted.isdigit():
            await aside(steps.entrance.inviting.revoke, int(wanted), me.actor)
        return RedirectResponse("/people?said=revoked", 303)

    @router.get("/people/{person_id}")
    def show_person(request: Request, me: Administrator, person_id: str) -> Response:
        return person_page(request, me, there(person_id))

    @router.post("/people/{person_id}/roles")
    async def change_roles(request: Request, me: Administrator, person_id: str) -> Response:
        form = await read_my_form(request, me, services.public_url)
        steps.entrance.people.require_fresh(me)
        listed = await aside(there, person_id)
        try:
            await aside(steps.entrance.keeping.change_roles, me.actor, listed.person.id, _roles(form))
        except PeopleRefused as refused:
            return person_page(request, me, listed, status=422, wrong=str(refused))
        return RedirectResponse(f"/people/{listed.person.id}?said=roles", 303)

    @router.post("/people/{person_id}/renew")
    async def renew(request: Request, me: Administrator, person_id: str) -> Response:
        await read_my_form(request, me, services.public_url)
        people = steps.entrance.people
        people.require_fresh(me)
        listed = await aside(there, person_id)

        def act() -> NewInvitation:
            return people.trail.run(lambda work: steps.entrance.inviting.renew(work, listed.person.id, me.actor))

        try:
            made = await aside(act)
        except PeopleRefused as refused:
            return person_page(request, me, listed, status=422, wrong=str(refused))
        return link_page(request, me, made, listed.person.name)

    @router.post("/people/{person_id}/close")
    async def close(request: Request, me: Administrator, person_id: str) -> Response:
        await read_my_form(request, me, services.public_url)
        steps.entrance.people.require_fresh(me)
        listed = await aside(there, person_id)
        try:
            await aside(steps.entrance.keeping.close, me.actor, listed.person.id)
        except PeopleRefused as refused:
            return person_page(request, me, listed, status=422, wrong=str(refused))
        return RedirectResponse(f"/people/{listed.person.id}?said=closed", 303)

    @router.post("/people/{person_id}/reopen")
    async def reopen(request: Request, me: Administrator, person_id: str) -> Response:
        await read_my_form(request, me, services.public_url)
        listed = await aside(there, person_id)
        await aside(steps.entrance.keeping.reopen, me.actor, listed.person.id)
        return RedirectResponse(f"/people/{listed.person.id}?said=opened", 303)

    return router


def _roles(form: Form) -> frozenset[Role]:
    words = {role.value for role in WORKERS}
    return frozenset(Role(word) for word in form.all("role") if word in words)
