"""`undisc verify`, `undisc rebuild`, `undisc audit verify`: whether all is as it was stored, and making it so."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from undisc.audit.model import Broken
from undisc.cli.screen import AsJson, DataDir, err, opened, out, print_json

audit = typer.Typer(no_args_is_help=True, help="The trail of what was done, and whether it is whole.")


def verify(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Hash every original anew and name each that is damaged or gone. Exit 1 where there is one."""
    with opened(data_dir) as app, _bar("Checking", sum(row.instances for row in app.archive.studies()), as_json) as bar:
        checked = app.archive.verify(lambda count, _size: bar.advance(bar.task_ids[0], count))
    if as_json:
        print_json(
            {
                "instances": checked.instances,
                "bytes": checked.bytes,
                "damaged": [{"path": item.key, "reason": item.reason} for item in checked.damaged],
            }
        )
    elif checked.damaged:
        for item in checked.damaged:
            out.print(f"{item.key}: {item.reason}", soft_wrap=True)
        out.print(f"{len(checked.damaged)} of {checked.instances} originals are damaged.", style="bold")
    else:
        out.print(f"All {checked.instances} originals are as they were stored.", style="bold")
    raise typer.Exit(1 if checked.damaged else 0)


def rebuild(data_dir: DataDir = None) -> None:
    """Make everything that is derived from the originals anew, the index included."""
    with opened(data_dir) as app, _bar("Rebuilding", sum(row.instances for row in app.archive.studies()), False) as bar:
        series = app.archive.rebuild(lambda count: bar.advance(bar.task_ids[0], count))
    out.print(f"{series} series were made anew from their originals.", style="bold")


@audit.command("verify")
def audit_verify(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Check that no entry of the trail was changed, removed or put in. Exit 1 where one was."""
    with opened(data_dir) as app:
        result = app.trail.verify()
    if isinstance(result, Broken):
        if as_json:
            print_json({"intact": False, "entry": result.seq, "reason": result.reason})
        else:
            err.print(result.reason, style="bold", soft_wrap=True)
        raise typer.Exit(1)
    if as_json:
        print_json({"intact": True, "entries": result.entries, "head": result.head})
    else:
        out.print(f"All {result.entries} entries are whole and in order.", style="bold")
        out.print(f"The last one's seal, to be noted somewhere else: {result.head}", soft_wrap=True)


@audit.command("export")
def audit_export(
    form: Annotated[str, typer.Option("--format", help="fhir, dicom or csv.")] = "csv",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on, in UTC.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print the trail: a table, or DICOM audit messages or FHIR AuditEvent resources, one a line."""
    # Loaded here, since most commands export nothing.
    from undisc.audit.entries import Wanted
    from undisc.disclosures.exporting import Form, exported
    from undisc.disclosures.service import Privacy

    if form not in list(Form):
        raise typer.BadParameter("It is fhir, dicom or csv.", param_hint="--format")
    wanted = Wanted(since=since.replace(tzinfo=UTC) if since else None)
    with opened(data_dir) as app:
        privacy = Privacy(app.trail, app.clock)
        privacy.note_exported("operator", form, wanted.since)
        settings = app.settings
        for line in exported(privacy.walk(wanted), Form(form), settings.ae_title, settings.place_name, str):
            sys.stdout.buffer.write(line)


def _bar(title: str, total: int, quiet: bool) -> Progress:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )
    bar.add_task(title, total=total)
    return bar
