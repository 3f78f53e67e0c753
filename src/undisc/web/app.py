"""The web door: builds the application out of its routes and layers."""

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from undisc.web import problems
from undisc.web.headers import SafeHeaders
from undisc.web.links import create_links
from undisc.web.pages import STATIC, VIEWER, Pages, find_viewer
from undisc.web.request_log import RequestLog
from undisc.web.services import WebServices
from undisc.web.static_files import read_file, read_folder


def create_web(services: WebServices, viewer: Path = VIEWER) -> FastAPI:
    """Build the application. viewer: the folder that the front-end build wrote; it is read now, once."""
    # The description of the API is not for strangers: docs/ has it.
    app = FastAPI(title="Undisc", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.services = services
    problems.install(app)
    app.add_middleware(RequestLog)
    # Added last, and so the outermost: what the layer inside answers to an error carries the headers too.
    app.add_middleware(SafeHeaders, https=services.public_url.startswith("https:"))

    pages = Pages(services.place_name, find_viewer(viewer))
    home = pages.home()
    built = read_folder(viewer)
    style = read_file(STATIC / "page.css")

    @app.api_route("/", methods=["GET", "HEAD"])
    async def show_home() -> Response:
        return home

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    async def say_well() -> Response:
        return JSONResponse({"status": "ok"})

    @app.api_route("/robots.txt", methods=["GET", "HEAD"])
    async def keep_robots_out() -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    @app.api_route("/static/page.css", methods=["GET", "HEAD"])
    async def page_style(request: Request) -> Response:
        return style.response(request)

    @app.api_route("/static/viewer/{name:path}", methods=["GET", "HEAD"])
    async def viewer_file(request: Request, name: str) -> Response:
        file = built.get(name)
        return problems.answer(problems.NOT_HERE) if file is None else file.response(request)

    app.include_router(create_links(services, pages.link()))
    return app
