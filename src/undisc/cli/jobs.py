"""`undisc jobs`: what is in line, what went wrong, and what to do about it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from undisc.app import build_orders
from undisc.cli.screen import AsJson, DataDir, opened, out, print_json, safe

if TYPE_CHECKING:
    from undisc.jobs.model import Job

jobs = typer.Typer(no_args_is_help=True, help="Work that is done behind the doors, such as transfers put off.")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The job's number, as `undisc jobs list` lists it.")]


@jobs.command("list")
def list_jobs(
    everything: Annotated[bool, typer.Option("--all", help="Those that were done or cancelled as well.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the jobs that wait, run or failed. Those that were done are forgotten after a month."""
    from undisc.jobs.model import State

    states = tuple(State) if everything else (State.WAITING, State.RUNNING, State.FAILED)
    with opened(data_dir) as app:
        found = build_orders(app).all(states)
    if as_json:
        print_json([_as_json(job) for job in found])
        return
    if not found:
        out.print("There are no jobs." if everything else "No job waits, runs or failed. --all lists what was done.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("No.", "What", "State", "Due", "Tries", "Why", "Study"):
        table.add_column(title, overflow="fold")
    for job in found:
        due = f"{job.due_at.astimezone():%Y-%m-%d %H:%M}" if job.due_at and job.state is State.WAITING else ""
        about = job.arguments
        what = f"{job.kind} {'from' if job.kind == 'pull' else 'to'} {about['peer']}" if "peer" in about else job.kind
        study = str(about.get("study_uid", ""))
        table.add_row(str(job.number), safe(what), job.state, due, str(job.attempts), safe(job.note), safe(study))
    out.print(table)


@jobs.command()
def retry(number: Number, data_dir: DataDir = None) -> None:
    """Do a job that failed or was cancelled anew, or one that waits at once."""
    with opened(data_dir) as app:
        build_orders(app).retry(number)
    out.print(f"Job {number} is in line. A running server carries it out.", soft_wrap=True)


@jobs.command()
def cancel(number: Number, data_dir: DataDir = None) -> None:
    """Take a job out of line. One that runs stops with its next image; what was transferred stays where it is."""
    with opened(data_dir) as app:
        build_orders(app).cancel(number)
    out.print(f"Job {number} is cancelled.")


def _as_json(job: "Job") -> dict[str, Any]:
    return {
        "number": job.number,
        "kind": job.kind,
        "peer": job.arguments.get("peer"),
        "study_uid": job.arguments.get("study_uid"),
        "state": job.state.value,
        "due": job.due_at.isoformat(timespec="seconds") if job.due_at else None,
        "ended": job.ended_at.isoformat(timespec="seconds") if job.ended_at else None,
        "attempts": job.attempts,
        "note": job.note,
    }
