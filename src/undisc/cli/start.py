"""The `undisc` program from its first moment: what takes longest to get ready is begun first."""

import gc
import sys
from contextlib import ExitStack

from undisc.dicom.pixels.processes import Spares


def run() -> None:
    """Load the program and run it. For an import, workers get ready on another core meanwhile."""
    gc.disable()  # what is loaded now stays, so that looking through it for garbage would find none
    with ExitStack() as closing:
        spares = None
        if sys.argv[1:2] == ["import"] and "--help" not in sys.argv:
            spares = closing.enter_context(_workers())
        from undisc.cli import main

        gc.enable()
        main.run(spares)


def _workers() -> Spares:
    from pydantic import ValidationError

    from undisc.settings import Settings

    try:
        settings = Settings()
    except ValidationError:  # the import says so, in its own words
        return Spares(0, 0)
    return Spares(settings.workers, settings.worker_memory_mb)
