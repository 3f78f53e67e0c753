"""All pages about consents: where people sign them, and where staff look after them."""

from fastapi import APIRouter

from undisc.web.check_in.asking import create_asking
from undisc.web.frame import Frame
from undisc.web.services import WebServices


def create_check_in(services: WebServices, frame: Frame) -> APIRouter:
    router = APIRouter()
    if services.check_in is not None:
        router.include_router(create_asking(services.check_in, services.public_url, services.time_zone, frame))
    return router
