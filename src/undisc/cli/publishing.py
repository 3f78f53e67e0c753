"""`undisc publish`, `undisc unpublish`, `undisc published`: a study on any host of files, which cannot read it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from undisc.app import build_exporting, build_publishing
from undisc.cli.children import end_as_interrupted
from undisc.cli.giving import lifetime
from undisc.cli.screen import AsJson, DataDir, err, opened, out, print_json, safe
from undisc.errors import MediumRefused

if TYPE_CHECKING:
    from undisc.export.publishing import Publication, PublishingStopped
    from undisc.export.sealing import Sealer

_LONGEST_ADDRESS = 1000
"""More, with the key behind it, would not fit into a QR code."""

Studies = Annotated[
    list[str] | None,
    typer.Argument(metavar="STUDY…", help="UIDs of one patient's studies, as `undisc studies` lists them."),
]
Place = Annotated[
    str, typer.Option("--to", metavar="PLACE", help="s3://bucket/prefix, or a folder that a web server shows.")
]
Address = Annotated[
    str, typer.Option("--url", metavar="ADDRESS", help="Under which people reach that place: https://…")
]
Expires = Annotated[
    str | None, typer.Option(help="When it is removed again: 12h, 30d or 2w. Default: when you unpublish it.")
]
Resume = Annotated[
    str | None, typer.Option(metavar="NAME", help="Go on with a publication that was interrupted; needs nothing else.")
]


def publish(
    studies: Studies = None,
    to: Place = "",
    url: Address = "",
    expires: Expires = None,
    resume: Resume = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Put a study, sealed, on any host of files, and print the link that opens it.

    The link alone has the key; the host cannot read anything, and the link is not kept here.
    """
    if resume is not None:
        _go_on(resume, as_json, data_dir)
        return
    if not studies or not to:
        raise typer.BadParameter("Say which study, and where with --to.")
    # Elsewhere browsers lend no ciphers to pages without TLS: nobody could open what is sealed.
    if url and (not url.startswith(("https://", "http://localhost", "http://127.0.0.1")) or "#" in url or "?" in url):
        raise typer.BadParameter("An address begins with https:// and has no # or ? in it.", param_hint="--url")
    if len(url) > _LONGEST_ADDRESS or not url.isprintable() or " " in url:
        raise typer.BadParameter("No page has such an address.", param_hint="--url")
    # Loaded here, as below, since most commands publish nothing.
    from undisc.export.publishing import PublishingStopped
    from undisc.export.sealing import Sealer, new_package
    from undisc.export.service import Choices

    lives = lifetime(expires) if expires else None
    end_as_interrupted()  # so that the link is told
    with opened(data_dir) as app, _Bar(quiet=as_json) as bar:
        publishing, exporting = build_publishing(app), build_exporting(app)
        app.archive.derive_pending()
        sealer = Sealer(new_package())
        ids = [app.archive.study_id(study) for study in studies]
        if "://" not in to and Path(to).resolve().is_relative_to(app.settings.data_dir.resolve()):
            raise MediumRefused("This is inside of the data folder, which is for Undisc alone. Give another place.")
        choices = Choices(sealer=sealer)
        ends = app.clock.now() + lives if lives else None
        with exporting.package(ids, choices) as package:
            try:
                made = publishing.publish(
                    package.files, sealer, studies, to, url=url, expires_at=ends, progress=bar.arrived
                )
            except PublishingStopped as stopped:
                _tell_stopped(stopped, sealer, as_json)
    _tell(made, sealer, as_json)


def _go_on(name: str, as_json: bool, data_dir: DataDir) -> None:
    from undisc.export.publishing import PublishingStopped

    with opened(data_dir) as app, _Bar(quiet=as_json) as bar:
        try:
            made = build_publishing(app).resume(name, bar.arrived)
        except PublishingStopped as stopped:
            _tell_stopped(stopped, None, as_json)
    if as_json:
        print_json(_told(made))
    else:
        out.print("All of it is there now, and was read back. The link that you were given opens it.", soft_wrap=True)
        out.print(
            "If none was ever printed, nothing opens it: unpublish it, and publish the study again.", soft_wrap=True
        )


def _tell(made: "Publication", sealer: "Sealer", as_json: bool) -> None:
    import segno

    from undisc.export.publishing import link_of

    link = link_of(made, sealer)
    if as_json:
        print_json(_told(made) | {"link": link})
        return
    out.print(f"Link:      {safe(link)}", soft_wrap=True)
    if made.expires_at:
        out.print(f"Until:     {made.expires_at.astimezone():%d %B %Y, %H:%M}", soft_wrap=True)
    out.print(f"Stop it:   undisc unpublish {made.id}", soft_wrap=True)
    if made.url:
        segno.make(link, error="m").terminal(out=sys.stdout, compact=True)
    else:
        out.print("Put the address of the place before the link; --url does it for you.", soft_wrap=True)
    out.print("Whoever has the link can look. It is not kept here, and cannot be made again.", soft_wrap=True)


def _tell_stopped(stopped: "PublishingStopped", sealer: "Sealer | None", as_json: bool) -> NoReturn:
    from undisc.export.publishing import link_of

    link = link_of(stopped.publication, sealer) if sealer else None
    if as_json:
        print_json(_told(stopped.publication) | {"message": str(stopped)} | ({"link": link} if link else {}))
    else:
        err.print(safe(str(stopped)), style="bold", soft_wrap=True)
        err.print(f"Go on with: undisc publish --resume {stopped.publication.id}", soft_wrap=True)
        if link:
            err.print(f"The link, once all of it is there: {safe(link)}", soft_wrap=True)
    raise typer.Exit(1)


def unpublish(
    publication: Annotated[
        str | None, typer.Argument(metavar="PUBLICATION", help="Its name as `undisc published` lists it, or its link.")
    ] = None,
    expired: Annotated[bool, typer.Option("--expired", help="All whose time is over.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Remove a published study from its host."""
    if (publication is None) != expired:
        raise typer.BadParameter("Say which publication, or --expired for all whose time is over.")
    with opened(data_dir) as app:
        publishing = build_publishing(app)
        removed = [publishing.unpublish(publication)] if publication else publishing.unpublish_expired()
    if as_json:
        print_json([_told(each) for each in removed])
    elif removed:
        for each in removed:
            out.print(f"{each.id} is no longer on its host.", style="bold", soft_wrap=True)
        out.print("Copies that others made of it are theirs.", soft_wrap=True)
    else:
        out.print("Of no publication is the time over.")


def published(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List what was published, newest first."""
    with opened(data_dir) as app:
        found = build_publishing(app).all()
    if as_json:
        print_json([_told(each.publication) | {"files": each.files, "bytes": each.bytes} for each in found])
        return
    if not found:
        out.print("Nothing was published yet. Do it with: undisc publish STUDY --to PLACE", soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Publication", "State", "Made", "Until", "Size"):
        table.add_column(title)
    for each in found:
        one = each.publication
        until = f"{one.expires_at.astimezone():%Y-%m-%d %H:%M}" if one.expires_at else ""
        size = f"{each.bytes / 1e6:,.0f} MB" if each.files else ""
        table.add_row(one.id, one.state, f"{one.made_at.astimezone():%Y-%m-%d %H:%M}", until, size)
    out.print(table)


def _told(one: "Publication") -> dict[str, Any]:
    return {
        "publication": one.id,
        "state": one.state,
        "place": one.place,
        "url": one.url,
        "studies": list(one.studies),
        "made": one.made_at.isoformat(timespec="seconds"),
        "expires": one.expires_at.isoformat(timespec="seconds") if one.expires_at else None,
    }


class _Bar:
    """Progress of what arrives; silent where nobody looks at a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        columns = (TextColumn("Publishing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=err, disable=quiet or not err.is_terminal, transient=True)
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def arrived(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)
