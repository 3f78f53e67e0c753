"""The web door: builds the application out of its routes and layers."""

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from undisc.web import problems
from undisc.web.check_in.routes import create_check_in
from undisc.web.frame import Frame
from undisc.web.headers import SafeHeaders
from undisc.web.links import create_links
from undisc.web.pages import SCRIPTS, STATIC, VIEWER, Pages, find_scripts, find_viewer
from undisc.web.people import NotSignedIn, who
from undisc.web.portal.routes import create_portal
from undisc.web.privacy.routes import create_privacy
from undisc.web.request_log import RequestLog
from undisc.web.services import WebServices
from undisc.web.signing_in.routes import create_signing_in, install_proving
from undisc.web.signing_in.steps import home_of
from undisc.web.staff.routes import create_staff
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

    frame = Frame(services.place_name, services.time_zone, find_scripts(SCRIPTS))
    _install_pages(app, frame)
    install_proving(app)
    pages = Pages(services.place_name, find_viewer(viewer))
    home = pages.home()
    built = read_folder(viewer)
    scripts = read_folder(SCRIPTS)
    style = read_file(STATIC / "page.css")

    @app.api_route("/", methods=["GET", "HEAD"])
    def show_home(request: Request) -> Response:
        me = who(request)
        return RedirectResponse(home_of(me.person), 303) if me else home

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

    @app.api_route("/static/pages/{name:path}", methods=["GET", "HEAD"])
    async def page_script(request: Request, name: str) -> Response:
        file = scripts.get(name)
        return problems.answer(problems.NOT_HERE) if file is None else file.response(request)

    app.include_router(create_links(services, pages.link()))
    app.include_router(create_check_in(services, frame))
    app.include_router(create_privacy(services, frame))
    if services.staff is not None:
        app.include_router(create_staff(services, services.staff, frame))
    app.include_router(create_portal(services, frame))
    app.include_router(create_signing_in(services, frame))
    return app


def _install_pages(app: FastAPI, frame: Frame) -> None:
    """What goes wrong on a page that people look at is told on a page."""

    async def to_sign_in(_request: Request, error: Exception) -> Response:
        assert isinstance(error, NotSignedIn)
        return RedirectResponse(error.where, 303)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, problems.Refusal)
        problem = error.problem
        if not _wants_page(request):
            return problems.answer(problem)
        return frame.render(request, "problem.html", who(request), status=problem.status, title=problem.title)

    app.add_exception_handler(NotSignedIn, to_sign_in)
    app.add_exception_handler(problems.Refusal, refused)


def _wants_page(request: Request) -> bool:
    """Whether a browser goes to this address to show it; what a link's page fetches is for its script."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/s/", "/dicom-web"))
