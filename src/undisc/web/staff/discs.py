"""Discs from the page: what is to be on one, how far it is, and fetching it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from undisc.accounts.people.model import SignedIn
from undisc.errors import StudyUnknown
from undisc.export.media import Medium
from undisc.export.order_model import LONGEST_FOR_WHOM, OrderedMedium, OrderRefused, State, Wish
from undisc.export.ordering import Fetched, Ordering
from undisc.export.viewer import ViewerNotBuilt
from undisc.sharing.desk import MOST_AT_ONCE
from undisc.sharing.model import Denied, Use
from undisc.web import problems
from undisc.web.forms import Form
from undisc.web.media import part_of
from undisc.web.people import StaffMember, read_my_form
from undisc.web.staff.pages import Number, StaffPages, by_patient, numbers

_CHUNK = 1 << 18
_TYPES = {Medium.ZIP: "application/zip", Medium.ISO: "application/x-iso9660-image"}
_KINDS = {"zip": Medium.ZIP, "iso": Medium.ISO}


@dataclass(frozen=True, slots=True)
class FetchedPart:
    """A medium as any part of it may be asked for; the stream is closed with the last part that is read."""

    media_type: str
    length: int
    stream: BinaryIO

    def read(self, first: int, last: int) -> Iterator[bytes]:
        with closing(self.stream):
            self.stream.seek(first)
            left = last - first + 1
            while left > 0 and (chunk := self.stream.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk


def sent_as_file(request: Request, found: Fetched) -> Response:
    """A medium on its way, whole or the part that is asked for."""
    medium = found.medium
    answer = part_of(request, FetchedPart(_TYPES[medium.wish.medium], found.length, found.stream))
    answer.headers["Content-Disposition"] = f'attachment; filename="{medium.file_name}"'
    if answer.status_code == 416 or request.method == "HEAD":
        found.stream.close()
    return answer


def create_discs(pages: StaffPages) -> APIRouter:
    router = APIRouter(prefix="/staff/discs")
    ordering: Ordering = pages.services.ordering
    url = pages.web.public_url

    def medium(number: int) -> OrderedMedium:
        found = ordering.one(number)
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return found

    @router.get("")
    def show_discs(request: Request, me: StaffMember) -> Response:
        return pages.render(request, me, "discs.html", media=ordering.newest())

    @router.post("/new")
    async def choose(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, url)
        return await run_in_threadpool(_choose, pages, request, me, form)

    @router.get("/new")
    def chosen_before(me: StaffMember) -> Response:
        return RedirectResponse("/staff/discs", 303)

    @router.post("")
    async def order(request: Request, me: StaffMember) -> Response:
        form = await read_my_form(request, me, url)
        return await run_in_threadpool(_order, pages, request, me, form)

    @router.get("/{number}")
    def show_disc(request: Request, me: StaffMember, number: Number) -> Response:
        return _page(pages, request, me, medium(number), "")

    @router.get("/{number}/progress")
    def progress(request: Request, me: StaffMember, number: Number) -> Response:
        found = medium(number)
        return pages.part(request, me, "disc_progress.html", **_told(pages, found))

    @router.get("/{number}/file")
    def fetch(request: Request, me: StaffMember, number: Number) -> Response:
        found = medium(number)
        if len(_may_hand_over(pages, me, list(found.wish.studies))) < len(found.wish.studies):
            raise problems.Refusal(problems.NOT_FOR_YOU)
        fetched = ordering.fetch(number, me.actor)
        if fetched is None:
            raise problems.Refusal(problems.NOT_HERE)
        return sent_as_file(request, fetched)

    @router.post("/{number}/cancel")
    async def cancel(request: Request, me: StaffMember, number: Number) -> Response:
        await read_my_form(request, me, url)
        medium(number)
        await run_in_threadpool(ordering.cancel, number, me.actor)
        return RedirectResponse(f"/staff/discs/{number}", 303)

    return router


def _choose(
    pages: StaffPages, request: Request, me: SignedIn, form: Form, *, wrong: str = "", status: int = 200
) -> Response:
    """What is to be on the disc, with how large it will be and how long it takes."""
    chosen = _may_hand_over(pages, me, numbers(form.all("study"), MOST_AT_ONCE))
    if not chosen:
        back = numbers([form.get("patient")], 1)
        return RedirectResponse(f"/staff/patients/{back[0]}" if back else "/staff", 303)
    patients = by_patient(pages.services.shelf.studies(chosen))
    images, size, seconds = pages.services.ordering.estimate(Wish(tuple(chosen), Medium.ZIP))
    return pages.render(
        request,
        me,
        "disc_new.html",
        status=status,
        patients_of=patients,
        others=len(patients) > 1 or bool(patients and patients[0].others),
        chosen=chosen,
        images=images,
        size=size,
        seconds=seconds,
        longest=LONGEST_FOR_WHOM,
        form=form,
        wrong=wrong,
    )


def _order(pages: StaffPages, request: Request, me: SignedIn, form: Form) -> Response:
    chosen = _may_hand_over(pages, me, numbers(form.all("study"), MOST_AT_ONCE))
    medium = _KINDS.get(form.get("medium", 8))
    if not chosen or medium is None:
        raise problems.Refusal(problems.UNREADABLE)
    wish = Wish(tuple(chosen), medium, form.has("sealed"), form.has("reports"), form.get("for", LONGEST_FOR_WHOM + 1))
    try:
        made = pages.services.ordering.order(wish, me.actor)
    except (OrderRefused, ViewerNotBuilt) as error:
        wrong = pages.frame.sentence(request, me, str(error))
        return _choose(pages, request, me, form, wrong=wrong, status=422)
    except StudyUnknown:
        raise problems.Refusal(problems.NOT_HERE) from None
    if made.passphrase:
        # Shown on this answer alone: the page that follows it has it no more.
        return _page(pages, request, me, made.medium, made.passphrase)
    return RedirectResponse(f"/staff/discs/{made.medium.id}", 303)


def _page(pages: StaffPages, request: Request, me: SignedIn, found: OrderedMedium, passphrase: str) -> Response:
    named = pages.named(found.wish.studies)
    told = _told(pages, found)
    return pages.render(request, me, "disc.html", passphrase=passphrase, patients_of=by_patient(named.values()), **told)


def _told(pages: StaffPages, found: OrderedMedium) -> dict[str, Any]:
    return {"base": "/staff/discs"} | told_of(found, pages.services.people.clock.now())


def told_of(found: OrderedMedium, now: datetime) -> dict[str, Any]:
    """What a page says of how far a medium is."""
    left = found.seconds_left(now)
    is_gone = found.state is State.READY and found.until is not None and found.until <= now
    # Told in steps, so that a page which is looked at does not change at every glance.
    rounded = None if left is None else max(10, round(left / 10) * 10) if left < 100 else round(left / 60) * 60
    return {"medium": found, "left": rounded, "is_gone": is_gone}


def _may_hand_over(pages: StaffPages, me: SignedIn, studies: list[int]) -> list[int]:
    asked = pages.services.sharing.ask_person
    return [study for study in studies if not isinstance(asked(me, Use.SHARE, study), Denied)]
