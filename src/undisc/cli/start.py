"""The `undisc` program from its first moment: what takes longest to get ready is begun first."""

import gc
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from undisc.dicom.pixels.processes import Spares

if TYPE_CHECKING:
    import typer

_IMPORT = "import"


def run() -> None:
    """Load what is asked for and run it. However it ends, there is no traceback: one could quote a patient."""
    gc.disable()  # what is loaded now stays, so that looking through it for garbage would find none
    with ExitStack() as closing:
        spares = None
        if sys.argv[1:2] == [_IMPORT]:
            if "--help" not in sys.argv:
                spares = closing.enter_context(_workers())
            program = _importing()
        else:
            from undisc.cli.main import app as program
        gc.freeze()  # neither now nor at the end: that would cost a fifth of a second
        gc.enable()
        _run(program, spares)


def _workers() -> Spares:
    """Those of an import, getting ready on another core while this process reads its libraries."""
    from pydantic import ValidationError

    from undisc.settings import Settings

    try:
        settings = Settings()
    except ValidationError:  # the import says so, in its own words
        return Spares(0, 0)
    return Spares(settings.workers, settings.worker_memory_mb)


def _importing() -> "typer.Typer":
    """The program with this one command, as the other commands' modules would only keep it waiting."""
    import typer

    from undisc.cli.taking_in import import_sources

    program = typer.Typer(name="undisc", pretty_exceptions_enable=False)
    program.callback()(lambda: None)  # without one, a single command would go without its name
    program.command(_IMPORT)(import_sources)
    return program


def _run(program: "typer.Typer", spares: Spares | None) -> None:
    try:
        code = program(prog_name="undisc", standalone_mode=False, obj=spares)
    except BrokenPipeError:
        # Whoever read the output has seen enough; keep Python from complaining again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # the last stop before the interpreter, which would print the error's own text
        from undisc.cli import failing

        failing.end(error)
    finally:
        gc.freeze()
    sys.exit(code)
