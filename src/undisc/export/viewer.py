"""The viewer on a medium, as `npm run build` leaves it in the package: the page to begin with, and what it loads."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from undisc.errors import UndiscError
from undisc.export.model import Kind, PackageFile

BUILT = Path(__file__).parents[1] / "web" / "static" / "disc"
INDEX = "INDEX.HTM"


class ViewerNotBuilt(UndiscError):
    """The viewer for media is missing from this installation."""


def viewer_files(
    institution: str, *, readme: bool = True, listing: bool = True, built: Path = BUILT
) -> Iterator[PackageFile]:
    """INDEX.HTM, then VIEWER/*, read now. Raises ViewerNotBuilt.

    institution: who made the medium, "" where it is not to say. readme, listing: whether the page leads to README.TXT
    and to IHE_PDI/INDEX.HTM, as a medium of IHE PDI wants; a sealed one has no such list.
    """
    try:
        template = (built / INDEX).read_text("utf-8")
        files = {path.name: path.read_bytes() for path in sorted((built / "VIEWER").iterdir())}
    except OSError:
        raise ViewerNotBuilt(
            "The viewer for discs was not built. Run `npm ci && npm run build` in the folder viewer, or install Undisc "
            "from its wheel."
        ) from None
    page = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(template)
    filled = page.render(institution=institution, readme=readme, listing=listing)
    yield _file(INDEX, Kind.PAGE, filled.encode())
    for name, data in files.items():
        yield _file(f"VIEWER/{name}", Kind.VIEWER, data)


def _file(path: str, kind: Kind, data: bytes) -> PackageFile:
    return PackageFile(path, kind, len(data), lambda: BytesIO(data))
