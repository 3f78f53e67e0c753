"""All pages about who somebody is."""

from fastapi import APIRouter

from undisc.web.frame import Frame
from undisc.web.services import WebServices
from undisc.web.signing_in.leaving import create_leaving


def create_signing_in(services: WebServices, frame: Frame) -> APIRouter:
    router = APIRouter()
    router.include_router(create_leaving(services))
    return router
