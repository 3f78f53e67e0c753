"""The command line: each command translates, and decides nothing."""

import os
import sys
from typing import Annotated

import structlog
import typer

from undisc import __version__
from undisc.cli import caring, demo, giving, looking, serving, taking_in
from undisc.cli.screen import err, safe
from undisc.errors import UndiscError

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
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


app.command("import")(taking_in.import_sources)
app.command()(looking.studies)
app.command()(looking.show)
app.command()(giving.share)
app.command()(giving.unshare)
app.command()(giving.links)
app.command()(serving.serve)
app.command()(caring.verify)
app.command()(caring.rebuild)
app.command()(demo.demo)
app.add_typer(caring.audit, name="audit")


def run() -> None:
    """The `undisc` program."""
    try:
        app()
    except UndiscError as error:
        err.print(safe(str(error)), style="bold", soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read the output has seen enough; keep Python from complaining again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
