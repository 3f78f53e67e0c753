"""How it goes: from complete to link sent, links opened, messages that fail, arrivals a day."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from undisc.web.people import StaffMember
from undisc.web.staff.pages import StaffPages

_MOST_TROUBLES = 50


def create_figures(pages: StaffPages) -> APIRouter:
    router = APIRouter(prefix="/staff/figures")

    @router.get("")
    def show(request: Request, me: StaffMember) -> Response:
        days = pages.services.desk.arrivals_a_day()
        troubles = pages.services.messaging.troubles()
        return pages.render(
            request,
            me,
            "figures.html",
            figures=pages.services.completions.figures(),
            links=pages.services.desk.link_figures(),
            days=days,
            most=max((each.count for each in days), default=0),
            troubles=troubles[:_MOST_TROUBLES],
            took=took,
            share=share,
        )

    return router


def took(time: timedelta | None) -> tuple[int, int] | None:
    """Hours and minutes, the last begun minute counted."""
    if time is None:
        return None
    minutes = -(-int(time.total_seconds()) // 60)
    return minutes // 60, minutes % 60


def share(part: int, whole: int) -> int:
    """In hundredths."""
    return round(100 * part / whole) if whole else 0
