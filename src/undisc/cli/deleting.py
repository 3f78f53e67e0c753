"""`undisc reject`, `undisc restore`, `undisc rejected`, `undisc purge`: taking out what does not belong here."""

from typing import Annotated

import typer
from rich.table import Table

from undisc.archive.policy import purge_at
from undisc.cli.looking import StudyArgument
from undisc.cli.screen import AsJson, DataDir, opened, out, print_json, safe

_OPERATOR = "operator"

Series = Annotated[str | None, typer.Option("--series", help="Only the series with this UID.")]
Instance = Annotated[str | None, typer.Option("--instance", help="Only the image with this UID; needs --series.")]


def reject(
    study: StudyArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record; without names of patients.")],
    series: Series = None,
    instance: Instance = None,
    data_dir: DataDir = None,
) -> None:
    """Hide a study, a series or an image from everybody, links too. Nothing is deleted: `undisc restore` undoes it."""
    _check(series, instance)
    _check_reason(reason)
    with opened(data_dir) as app:
        count = app.archive.retention.reject(study, series, instance, actor=_OPERATOR, reason=reason)
        days = app.archive.retention.days
        app.archive.derive_pending()
    if not count:
        out.print("There is nothing here with these UIDs.", style="bold")
        raise typer.Exit(1)
    out.print(f"{_images(count)} hidden. Undo it with: undisc restore {study}", style="bold", soft_wrap=True)
    out.print(f"After {days} days, `undisc purge` may delete them for good; until then the files stay.", soft_wrap=True)


def restore(study: StudyArgument, series: Series = None, instance: Instance = None, data_dir: DataDir = None) -> None:
    """Show again what was rejected and is not purged."""
    _check(series, instance)
    with opened(data_dir) as app:
        count = app.archive.retention.restore(study, series, instance, actor=_OPERATOR)
        app.archive.derive_pending()
    if not count:
        out.print("Nothing that was rejected here has these UIDs.", style="bold")
        raise typer.Exit(1)
    out.print(f"{_images(count)} shown again.", style="bold")


def rejected(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List what was rejected, and from when on a purge may delete it."""
    with opened(data_dir) as app:
        found = [
            (each, purge_at(each.rejected_at, app.settings.retention_days))
            for each in app.archive.retention.rejections()
        ]
    if as_json:
        print_json(
            [
                {
                    "study_uid": each.study_uid,
                    "instances": each.instances,
                    "rejected": each.rejected_at.isoformat(timespec="seconds"),
                    "by": each.rejected_by,
                    "reason": each.reason,
                    "purge_from": until.isoformat(timespec="seconds"),
                }
                for each, until in found
            ]
        )
        return
    if not found:
        out.print("Nothing is rejected.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Rejected", "By", "Images", "Purge from", "Reason", "Study"):
        table.add_column(title, overflow="fold")
    for each, until in found:
        table.add_row(
            f"{each.rejected_at.astimezone():%Y-%m-%d %H:%M}",
            safe(each.rejected_by),
            str(each.instances),
            "purge under way" if each.purging else f"{until.astimezone():%Y-%m-%d}",
            safe(each.reason),
            each.study_uid,
        )
    out.print(table)


def purge(
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record; without names of patients.")],
    study: Annotated[str | None, typer.Option("--study", help="Only what was rejected of this study.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Delete for good what was rejected, once its days of retention (UNDISC_RETENTION_DAYS) are over."""
    _check_reason(reason)
    with opened(data_dir) as app:
        due = app.archive.retention.due(study)
        if not due:
            out.print("Nothing that was rejected may be purged yet. `undisc rejected` tells from when on.")
            return
        count = sum(each.instances for each in due)
        studies = len({each.study_uid for each in due})
        if not yes:
            typer.confirm(f"Delete {count} images of {studies} studies for good? This cannot be undone.", abort=True)
        purged = app.archive.retention.purge(actor=_OPERATOR, reason=reason, study=study)
    out.print(f"{purged.instances} images ({purged.bytes / 1e6:.1f} MB) were deleted for good.", style="bold")


def _check(series: str | None, instance: str | None) -> None:
    if instance is not None and series is None:
        raise typer.BadParameter("give the UID of its series as well.", param_hint="--instance")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise typer.BadParameter("say why.", param_hint="--reason")


def _images(count: int) -> str:
    return "1 image is" if count == 1 else f"{count} images are"
