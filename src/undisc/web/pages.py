"""The pages that are not the viewer: what this server is, and the page of a link, the same for every link."""

import json
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
VIEWER = STATIC / "viewer"
SCRIPTS = STATIC / "pages"


@dataclass(frozen=True, slots=True)
class BuiltViewer:
    """The addresses of the viewer's script and style sheets, as the build named them."""

    script: str
    styles: tuple[str, ...]


def find_viewer(folder: Path) -> BuiltViewer | None:
    """What the front-end build left in a folder; None where it was not run."""
    try:
        manifest = json.loads((folder / ".vite" / "manifest.json").read_text())
    except FileNotFoundError:
        return None
    for chunk in manifest.values():
        if chunk.get("isEntry"):
            styles = tuple(f"/static/viewer/{style}" for style in chunk.get("css", ()))
            return BuiltViewer(f"/static/viewer/{chunk['file']}", styles)
    return None


def find_scripts(folder: Path) -> dict[str, str]:
    """The address of each script that the front-end build left for the pages beside the viewer, by its name."""
    try:
        manifest = json.loads((folder / ".vite" / "manifest.json").read_text())
    except FileNotFoundError:
        return {}
    return {chunk["name"]: f"/static/pages/{chunk['file']}" for chunk in manifest.values() if chunk.get("isEntry")}


class Pages:
    """Renders each page once; templates escape whatever is put into them."""

    def __init__(self, place_name: str, viewer: BuiltViewer | None) -> None:
        self._place_name = place_name
        self._viewer = viewer
        self._templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)

    def home(self) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template("home.html").render(place_name=self._place_name))

    def link(self) -> HTMLResponse:
        """The page that every address of a link answers with: it depends on nothing, so it tells nothing."""
        if self._viewer is None:
            return HTMLResponse(self._templates.get_template("not_built.html").render(), 503)
        template = self._templates.get_template("link.html")
        return HTMLResponse(template.render(script=self._viewer.script, styles=self._viewer.styles))
