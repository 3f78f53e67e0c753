"""The command line: each command translates, and decides nothing."""

from typing import Annotated

import typer

from undisc import __version__
from undisc.cli import (
    caring,
    correcting,
    deleting,
    demo,
    dicom,
    exporting,
    giving,
    jobs,
    looking,
    messages,
    peers,
    people,
    publishing,
    serving,
    taking_in,
    tokens,
    working,
)

app = typer.Typer(
    name="undisc",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with local variables would show patients
    help="Takes studies off any disc, keeps every image exactly, and gives back a link that opens in any browser.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"undisc {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Undisc's commands."""


app.command("import")(taking_in.import_sources)
app.command()(looking.studies)
app.command()(looking.show)
app.command()(giving.share)
app.command()(giving.unshare)
app.command()(giving.links)
app.command()(publishing.publish)
app.command()(publishing.unpublish)
app.command()(publishing.published)
app.command()(exporting.disc)
app.command()(exporting.receipts)
app.command()(serving.serve)
app.command("serve-dicom")(dicom.serve_dicom)
app.command()(working.work)
app.command()(peers.send)
app.command()(peers.pull)
app.command()(deleting.reject)
app.command()(deleting.restore)
app.command()(deleting.rejected)
app.command()(deleting.purge)
app.command()(correcting.correct)
app.command()(correcting.uncorrect)
app.command()(correcting.corrections)
app.command()(caring.verify)
app.command()(caring.rebuild)
app.command()(demo.demo)
app.add_typer(peers.peers, name="peers")
app.add_typer(jobs.jobs, name="jobs")
app.add_typer(messages.messages, name="messages")
app.add_typer(caring.audit, name="audit")
app.add_typer(tokens.token, name="token")
app.add_typer(people.people, name="people")
