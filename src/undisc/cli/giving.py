"""`undisc share`, `undisc unshare`, `undisc links`: giving a study to somebody, and taking it back."""

import re
import sys
from datetime import timedelta
from typing import Annotated

import segno
import typer
from rich.table import Table

from undisc.cli.screen import AsJson, DataDir, opened, out, print_json
from undisc.errors import LinkUnknown
from undisc.sharing.model import NewLink

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Studies = Annotated[
    list[str], typer.Argument(metavar="STUDY…", help="UIDs of one patient's studies, as `undisc studies` lists them.")
]


def lifetime(text: str) -> timedelta:
    """ "30d", "12h", "45m" or "2w" as a length of time."""
    found = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip().lower())
    if not found:
        raise typer.BadParameter("Say how long as a number and a unit: 45m, 12h, 30d or 2w.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def share(
    studies: Studies,
    passcode: Annotated[
        str, typer.Option(help="auto makes one of six digits; or give your own of at least six characters.")
    ] = "auto",
    no_passcode: Annotated[bool, typer.Option("--no-passcode", help="Whoever has the link can open it.")] = False,
    expires: Annotated[
        str | None, typer.Option(help="How long the link lives: 45m, 12h, 30d or 2w. Default: 30d.")
    ] = None,
    view_only: Annotated[bool, typer.Option("--view-only", help="Pictures can be looked at, not downloaded.")] = False,
    may_annotate: Annotated[
        bool, typer.Option("--may-annotate", help="Measurements and stars may be kept with the pictures.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a link to a study, and print it with its passcode and a QR code."""
    with opened(data_dir) as app:
        made = app.sharing.create_link(
            [app.archive.study_id(study) for study in studies],
            passcode=None if no_passcode else passcode,
            expires=lifetime(expires) if expires else None,
            may_download=not view_only,
            may_annotate=may_annotate,
        )
    if as_json:
        print_json(
            {
                "url": made.url,
                "passcode": made.passcode,
                "link": made.link.id,
                "expires": made.link.expires_at.isoformat(timespec="seconds"),
                "may_download": made.link.may_download,
                "may_annotate": made.link.may_annotate,
            }
        )
        return
    print_link(made)


def print_link(made: NewLink) -> None:
    out.print(f"Link:      {made.url}", soft_wrap=True)
    if made.passcode:
        out.print(f"Passcode:  {made.passcode}", style="bold", markup=False, soft_wrap=True)
    until = made.link.expires_at.astimezone()
    out.print(f"Until:     {until:%d %B %Y, %H:%M}", soft_wrap=True)
    out.print(f"Stop it:   undisc unshare {made.link.id}", soft_wrap=True)
    segno.make(made.url, error="m").terminal(out=sys.stdout, compact=True)
    if made.passcode:
        out.print("Give the passcode another way than the link: by voice, or by text message.", soft_wrap=True)


def unshare(
    link: Annotated[str, typer.Argument(metavar="LINK", help="The link's identifier, or its whole address.")],
    data_dir: DataDir = None,
) -> None:
    """Close a link for good, at once."""
    link_id = link.rsplit("/s/", 1)[-1].split("#")[0].strip("/")
    with opened(data_dir) as app:
        try:
            closed = app.sharing.revoke(link_id)
        except LinkUnknown as error:
            raise LinkUnknown("There is no such link here. `undisc links` lists those that are.") from error
    out.print("The link is closed." if closed else "The link was closed already.", style="bold")


def links(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the links that were made, newest first, and whether they still open."""
    with opened(data_dir) as app:
        found = app.sharing.links()
    if as_json:
        print_json(
            [
                {
                    "link": entry.link.id,
                    "state": entry.state,
                    "made": entry.link.made_at.isoformat(timespec="seconds"),
                    "expires": entry.link.expires_at.isoformat(timespec="seconds"),
                    "studies": len(entry.link.studies),
                    "openings": entry.sessions,
                }
                for entry in found
            ]
        )
        return
    if not found:
        out.print("No link was made yet. Make one with: undisc share STUDY", soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Link", "State", "Made", "Until", "Studies", "Openings"):
        table.add_column(title)
    for entry in found:
        table.add_row(
            entry.link.id,
            entry.state,
            f"{entry.link.made_at.astimezone():%Y-%m-%d %H:%M}",
            f"{entry.link.expires_at.astimezone():%Y-%m-%d %H:%M}",
            str(len(entry.link.studies)),
            str(entry.sessions),
        )
    out.print(table)
