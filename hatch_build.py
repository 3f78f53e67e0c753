"""Builds the web pages' script into the package: a wheel or an sdist carries it, so installing either needs no npm."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NPM_MISSING = "Undisc's pages are built with Node 20 and npm: install them, or install Undisc from its wheel or sdist."
BUILT = Path("src/undisc/web/static/viewer")
BUILT_FOR_DISCS = Path("src/undisc/web/static/disc")
BUILT_FOR_PAGES = Path("src/undisc/web/static/pages")
SOURCES = Path("viewer/package.json")


class PagesNotBuilt(RuntimeError):
    """The front end could not be built; the text is one plain sentence for whoever runs the build."""


def is_built(root: Path) -> bool:
    """Whether the built pages lie where the package expects them, as they do in an unpacked sdist."""
    manifests = [root / place / ".vite" / "manifest.json" for place in (BUILT, BUILT_FOR_PAGES)]
    return all(file.is_file() for file in (*manifests, root / BUILT_FOR_DISCS / "INDEX.HTM"))


def build_pages(root: Path, npm: str | None) -> None:
    """Build the pages below ``root`` with this npm; raises PagesNotBuilt where that cannot be done."""
    if npm is None:
        raise PagesNotBuilt(NPM_MISSING)
    if not (root / SOURCES).is_file():
        raise PagesNotBuilt("The sources of Undisc's pages (viewer/) are missing: build from a complete clone.")
    for command in ([npm, "ci", "--no-audit", "--no-fund"], [npm, "run", "build"]):
        if subprocess.run(command, cwd=root / "viewer", check=False).returncode != 0:
            raise PagesNotBuilt(f"Undisc's pages could not be built: `npm {' '.join(command[1:])}` failed.")
    if not is_built(root):
        raise PagesNotBuilt("Undisc's pages could not be built: npm left nothing behind.")


class PagesHook(BuildHookInterface):
    """Runs before each wheel and sdist; an editable install leaves the pages to the Makefile."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version == "editable" or is_built(root):
            return
        try:
            build_pages(root, shutil.which("npm"))
        except PagesNotBuilt as cause:
            self.app.abort(str(cause))
