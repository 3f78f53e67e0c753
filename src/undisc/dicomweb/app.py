"""The DICOMweb door (PS3.18): builds the application out of its services' routes, to be mounted by `undisc.app`."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from undisc import __version__
from undisc.dicomweb import problems, query, retrieve, store
from undisc.dicomweb.access import Asks, Granted
from undisc.dicomweb.cross_origin import CrossOrigin
from undisc.dicomweb.description import retrieval
from undisc.dicomweb.services import DicomwebServices
from undisc.sharing.model import Use

SYSTEMS = "/dicom-web"
LINK = "/s/{link_id}/dicom-web"


def create_dicomweb(services: DicomwebServices) -> FastAPI:
    """Build the application. It is mounted at SYSTEMS and at LINK, and tells them apart by the address's link_id."""
    app = FastAPI(
        title="Undisc DICOMweb",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    problems.install(app)
    if services.viewer_origins:
        app.add_middleware(CrossOrigin, origins=services.viewer_origins)
    query.add_routes(app.router, services)
    retrieve.add_routes(app.router, services)
    store.add_routes(app.router, services)

    @app.get("/openapi.json", include_in_schema=False)
    async def description(granted: Annotated[Granted, Depends(Asks(Use.VIEW))]) -> Response:
        return JSONResponse(_described(app) | {"servers": [{"url": granted.base}]})

    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The description of every route; those that stand outside the framework's own machinery are put in here."""
    described = app.openapi()
    paths: dict[str, Any] = {path: dict(operations) for path, operations in described["paths"].items()}
    for route in app.routes:
        if isinstance(route, Route) and not isinstance(route, APIRoute):
            paths.setdefault(route.path, {})["get"] = retrieval(route.path, route.param_convertors)
    bearer = {"type": "http", "scheme": "bearer"}
    components = {**described.get("components", {}), "securitySchemes": {"bearer": bearer}}
    return described | {"paths": dict(sorted(paths.items())), "components": components, "security": [{"bearer": []}]}
