"""Who else may see a patient's scans: parents, guardians, owners, and whoever was let in; and ending that."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import Method, NewInvitation, Person, Relation, Role, SignedIn
from undisc.accounts.people.service import PeopleRefused
from undisc.audit.trail import UnitOfWork
from undisc.web import problems
from undisc.web.access import number
from undisc.web.forms import Form
from undisc.web.frame import N_
from undisc.web.languages import language_of
from undisc.web.people import APatient, read_my_form
from undisc.web.portal import words
from undisc.web.portal.links import stop_every
from undisc.web.portal.pages import PortalPages, Shelved, Whose, off_loop
from undisc.web.portal.reading import day_of

KINDS = ("parent", "guardian", "owner", "other")
_NO_KIND = N_("Say what they are to the patient.")
_NO_NAME = N_("Give their name.")
_NO_ADDRESS = N_("Give their e-mail address: the invitation goes there.")
_NO_DAY = N_("Choose a day from today on, or leave it empty.")
_NO_MAJORITY = N_("For a parent, give the day on which the child comes of age: from then on it decides itself.")


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
            may_invite=shelved.whose is not None and _decides(shelved.whose),
        )

    @router.get("/invite")
    def invite(request: Request, me: APatient) -> Response:
        return _form(request, me, _inviting(me, request.query_params.get("of", "")))

    @router.post("/invite")
    async def invited(request: Request, me: APatient) -> Response:
        form = await read_my_form(request, me, public_url)
        return await off_loop(_invited, request, me, form)

    @router.post("/{relation_id}/end")
    async def end(request: Request, me: APatient, relation_id: str) -> Response:
        await read_my_form(request, me, public_url)
        return await off_loop(_ended, me, relation_id)

    def _inviting(me: SignedIn, of: str) -> Shelved:
        """Of whom somebody may be let in; whoever has something to prove it by has proven themselves lately."""
        shelved = pages.shelved(me, of)
        if shelved.whose is None or not _decides(shelved.whose):
            raise problems.Refusal(problems.NOT_HERE)
        if me.method is not Method.LINK:
            pages.people.require_fresh(me)
        return shelved

    def _form(
        request: Request,
        me: SignedIn,
        shelved: Shelved,
        form: Form | None = None,
        *,
        wrong: str = "",
        status: int = 200,
    ) -> Response:
        typed = {name: form.get(name) if form else "" for name in ("name", "email", "kind", "until")}
        return pages.render(
            request,
            me,
            "invite.html",
            shelved=shelved,
            typed=typed,
            kinds=[(kind, words.RELATIONS[kind]) for kind in KINDS],
            status=status,
            wrong=pages.frame.sentence(request, me, wrong) if wrong else "",
        )

    def _invited(request: Request, me: SignedIn, form: Form) -> Response:
        shelved = _inviting(me, form.get("of"))
        assert shelved.whose is not None
        patient, mine = shelved.whose.relation.patient, shelved.whose.relation
        name, email, kind = form.get("name", 120), form.get("email", 254), form.get("kind")
        until = day_of(form.get("until"), pages.zone)
        wrong = (
            _NO_NAME if not name
            else _NO_ADDRESS if not email
            else _NO_KIND if kind not in KINDS
            else _NO_MAJORITY if kind == "parent" and not until
            else _NO_DAY if form.get("until") and (until is None or until <= pages.now())
            else ""
        )  # fmt: skip
        if wrong:
            return _form(request, me, shelved, form, wrong=wrong, status=422)
        # Nobody gives for longer than they have.
        lasts = min((end for end in (until, mine.until) if end), default=None)

        def send(work: UnitOfWork) -> NewInvitation:
            made = pages.people.invite(
                work,
                me.actor,
                name=name,
                email=email,
                roles=frozenset({Role.PROXY}),
                patient=patient,
                relation=kind,
                relation_until=lasts,
            )
            pages.entrance.letters.send_invitation(work, made, email, language_of(request, me.person.language))
            return made

        try:
            made = pages.people.trail.run(send)
        except PeopleRefused as refused:
            return _form(request, me, shelved, form, wrong=str(refused), status=422)
        return pages.render(
            request,
            me,
            "invited.html",
            shelved=shelved,
            name=name,
            email=email if pages.entrance.letters.can_send() else "",
            address=pages.entrance.letters.address_of(made),
            until=made.expires_at,
            scripts=("copy",),
        )

    def _related(whose: Whose) -> list[tuple[Person, Relation]]:
        return pages.people.relations_of(whose.relation.patient)

    def _ended(me: SignedIn, relation_id: str) -> Response:
        wanted = number(relation_id)
        shelved = pages.shelved(me)
        for whose in shelved.every:
            found = next((one for one in _related(whose) if one[1].id == wanted), None)
            # Nobody but the place ends what a patient is to themselves; everybody may end what they are to others.
            if found and found[1].kind != "self" and (found[0].id == me.person.id or _decides(whose)):
                # Nobody gives for longer than they have: what they gave away ends with it.
                theirs = [one for one in pages.links(whose) if one.link.made_by == f"person:{found[0].id}"]
                stop_every(pages, me, theirs)
                pages.people.end_relation(wanted, me.actor)
                return RedirectResponse(f"/me/family?of={whose.of}&done=ended", 303)
        raise problems.Refusal(problems.NOT_HERE)

    return router


def _decides(whose: Whose) -> bool:
    """Whether somebody decides for a patient: they themselves, and who acts for one who cannot; not who was let in."""
    return whose.relation.kind in ("self", "parent", "guardian", "owner")
