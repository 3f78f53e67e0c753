"""`undisc work`, and the child process in which `undisc serve` has jobs carried out while there are any."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from undisc.app import App, build, build_rounds, build_runner, open_reception
from undisc.cli.children import Child, Supervisor, stop_on_signals, stop_with_parent
from undisc.cli.dicom import AeTitle
from undisc.cli.screen import DataDir, err, settings_for

_IDLE_SECONDS = 30.0
_LOOK_EVERY = 0.5
_KINDS = ("send", "pull", "commitment", "message", "complete", "medium", "medium-removal", "trail")


def work(ae_title: AeTitle = None, data_dir: DataDir = None, child: Child = False) -> None:
    """Carry out jobs and serve nobody: for a machine or a container of its own. `undisc serve` does so besides."""
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings = settings_for(data_dir)
    if ae_title:
        settings = settings.model_validate(settings.model_dump() | {"ae_title": ae_title})
    stopped = threading.Event()
    stop_on_signals(stopped)
    if child:
        stop_with_parent(stopped)
    app = build(settings)
    reception = open_reception(app)
    runner = build_runner(app, reception)
    rounds = build_rounds(app)
    runner.start()
    if not child:
        err.print("Jobs are carried out here. Stop with Ctrl-C.")
    try:
        while not stopped.wait(_LOOK_EVERY):
            rounds.put_in_line()
            if child and runner.idle_seconds() > _IDLE_SECONDS:
                break
    finally:
        runner.close()
        reception.close()
        app.close()


@contextmanager
def beside(app: App, ae_title: str | None) -> Iterator[None]:
    """Jobs carried out in a process of their own for as long as the block lasts: it is started when something is due
    and ends when nothing is, so that one which crashes takes no door with it, and none costs nothing."""
    if not app.settings.background_jobs:
        yield
        return
    command = [sys.executable, "-m", "undisc", "work", "--child", "--data-dir", str(app.settings.data_dir)]
    command += ["--ae-title", ae_title] if ae_title else []
    rounds = build_rounds(app)

    def is_wanted() -> bool:
        rounds.put_in_line()
        return app.jobs.is_any_due(_KINDS)

    supervisor = Supervisor(command, "work", is_wanted)
    try:
        yield
    finally:
        supervisor.stop()
