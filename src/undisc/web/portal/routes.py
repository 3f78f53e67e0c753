"""All pages of patients and of those who act for them."""

from fastapi import APIRouter

from undisc.web.frame import Frame
from undisc.web.portal.consents import create_consents
from undisc.web.portal.discs import create_discs_of_ones_own
from undisc.web.portal.family import create_family
from undisc.web.portal.installing import create_installing
from undisc.web.portal.links import create_links_given
from undisc.web.portal.pages import PortalPages
from undisc.web.portal.scans import create_scans
from undisc.web.portal.settings import create_settings
from undisc.web.portal.sharing import create_sharing
from undisc.web.services import WebServices


def create_portal(services: WebServices, frame: Frame) -> APIRouter:
    router = APIRouter()
    pages = PortalPages(services, frame)
    for part in (
        create_installing(services, frame),
        create_scans(pages),
        create_discs_of_ones_own(pages),
        create_sharing(pages),
        create_links_given(pages),
        create_consents(pages),
        create_family(pages),
        create_settings(pages),
    ):
        router.include_router(part)
    return router
