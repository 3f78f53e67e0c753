"""What a telephone needs to keep the portal as an app: its name and icons, and a page for when there is no network."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from undisc.web import problems
from undisc.web.frame import Frame
from undisc.web.pages import SCRIPTS, STATIC, find_scripts
from undisc.web.services import WebServices
from undisc.web.static_files import read_file, read_folder

_ICONS = "icons"


def create_installing(services: WebServices, frame: Frame) -> APIRouter:
    """Nothing here tells of anybody: browsers fetch a manifest without cookies, and the page is kept for all."""
    router = APIRouter()
    icons = read_folder(STATIC / _ICONS)
    worker = find_scripts(SCRIPTS).get("sw")
    script = read_file(STATIC / worker.removeprefix("/static/")) if worker else None

    @router.get("/me/manifest.webmanifest")
    def manifest() -> Response:
        told = {
            "name": services.place_name,
            "short_name": services.place_name[:12],
            "start_url": "/me",
            "scope": "/",
            "display": "standalone",
            "background_color": "#fbfaf7",
            "theme_color": "#0b5c8a",
            "icons": [
                {"src": f"/static/icons/{name}", "sizes": sizes, "type": kind, "purpose": purpose}
                for name, sizes, kind, purpose in (
                    ("icon.svg", "any", "image/svg+xml", "any"),
                    ("icon-192.png", "192x192", "image/png", "any"),
                    ("icon-512.png", "512x512", "image/png", "any maskable"),
                )
            ],
        }
        return JSONResponse(told, media_type="application/manifest+json", headers={"Cache-Control": "max-age=3600"})

    @router.get("/me/offline")
    def offline(request: Request) -> Response:
        return frame.render(request, "portal/offline.html")

    @router.get("/static/icons/{name}")
    def icon(request: Request, name: str) -> Response:
        found = icons.get(name)
        if found is None:
            raise problems.Refusal(problems.NOT_HERE)
        return found.response(request)

    @router.get("/sw.js")
    def service_worker(request: Request) -> Response:
        if script is None:
            raise problems.Refusal(problems.NOT_HERE)
        response = script.response(request)
        # Under this address it has no hash of its own.
        response.headers["Cache-Control"] = "no-cache"
        return response

    return router
