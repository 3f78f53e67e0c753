"""All pages of the staff."""

from fastapi import APIRouter

from undisc.web.frame import Frame
from undisc.web.services import StaffServices, WebServices
from undisc.web.staff.discs import create_discs
from undisc.web.staff.figures import create_figures
from undisc.web.staff.giving import create_giving
from undisc.web.staff.pages import StaffPages
from undisc.web.staff.patients import create_patients
from undisc.web.staff.worklist import create_worklist


def create_staff(web: WebServices, services: StaffServices, frame: Frame) -> APIRouter:
    """Everything below /staff but the consents."""
    router = APIRouter()
    pages = StaffPages(web, services, frame)
    for create in (create_worklist, create_patients, create_giving, create_discs, create_figures):
        router.include_router(create(pages))
    return router
