"""All pages about consents: where people sign them, and where staff look after them."""

from fastapi import APIRouter

from undisc.web.check_in.asking import create_asking
from undisc.web.check_in.places import create_places
from undisc.web.check_in.staff import create_consent_pages
from undisc.web.frame import Frame
from undisc.web.services import WebServices


def create_check_in(services: WebServices, frame: Frame) -> APIRouter:
    router = APIRouter()
    consents, check_in = services.consents, services.check_in
    if consents is not None and check_in is not None:
        name, url, zone = services.place_name, services.public_url, services.time_zone
        router.include_router(create_asking(check_in, url, zone, frame))
        router.include_router(create_consent_pages(consents, check_in, name, url, zone, frame))
        router.include_router(create_places(check_in, name, url, frame))
    return router
