"""The label of a disc and the letter beside it, as PDF."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Told:
    """What may stand on paper. person: "" on what is sealed; nothing here is secret but `link`, which opens pictures.

    part: "2 of 3", "" where there is one disc. number: of the receipt, "" while there is none.
    """

    institution: str
    person: str
    for_whom: str
    images: int
    discs: int
    made_at: datetime
    part: str = ""
    number: str = ""
    sealed: bool = False
    link: str = ""
    until: datetime | None = None
    has_passcode: bool = False


def label(discs: Sequence[Told]) -> bytes:
    """A page a disc: its label, to print on or to cut out, and the front of its case."""
    return typeset("label", {"title": f"Label: {discs[0].institution}", "pages": [_words(told) for told in discs]})


def letter(told: Told) -> bytes:
    """One page for whoever gets the discs; tagged, so that it can be read aloud (PDF/UA)."""
    enclosed = "disc holds" if told.discs == 1 else f"{told.discs} discs hold"
    more = {
        "title": "Medical pictures for you",
        "enclosed": f"The enclosed {enclosed} {_counted(told.images)}.",
        "qr": qr(told.link) if told.link else "",
        "until": f"{told.until.astimezone():%d %B %Y}" if told.until else "",
    }
    return typeset("letter", _words(told) | more, standard="ua-1")


def _words(told: Told) -> dict[str, Any]:
    dates = {"made_at": None, "made": f"{told.made_at.astimezone():%d %B %Y}", "until": ""}
    return asdict(told) | dates | {"what": _counted(told.images).capitalize()}


def typeset(
    name: str, data: dict[str, Any], standard: Literal["ua-1"] | None = None, *, machine_fonts: bool = True
) -> bytes:
    """A template of this folder with these words, as PDF. machine_fonts: besides those that typst brings along."""
    # Loaded here, since most commands print nothing and it takes a while.
    import typst

    made = typst.compile(
        str(_TEMPLATES / f"{name}.typ"),
        root=str(_TEMPLATES),
        sys_inputs={"data": json.dumps(data)},
        pdf_standards=standard,
        ignore_system_fonts=not machine_fonts,
    )
    assert isinstance(made, bytes)
    return made


def _counted(images: int) -> str:
    return "1 medical picture" if images == 1 else f"{images:,} medical pictures"


def qr(address: str, quiet_zone: int = 4) -> str:
    """The address as an SVG picture to scan. quiet_zone: white modules around it; 0 where the page has room itself."""
    import segno

    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", border=quiet_zone, xmldecl=False)
    return drawn.getvalue().decode()
