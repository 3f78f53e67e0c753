"""`undisc serve-dicom`, and the child process in which `undisc serve --dicom-port` runs it."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from undisc.app import build, build_dimse, open_reception
from undisc.cli.children import Child, Supervisor, stop_on_signals, stop_with_parent
from undisc.cli.screen import DataDir, err, settings_for

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")]
DicomPort = Annotated[int, typer.Option("--dicom-port", help="Port for DICOM services.", min=0, max=65535)]
AeTitle = Annotated[str | None, typer.Option("--ae-title", help="AE title to answer to. Default: UNDISC_AE_TITLE.")]


def serve_dicom(
    host: Host = "127.0.0.1",
    dicom_port: DicomPort = 11112,
    ae_title: AeTitle = None,
    data_dir: DataDir = None,
    child: Child = False,
) -> None:
    """Serve DICOM services (C-STORE, C-FIND, C-GET, C-MOVE, storage commitment) to the peers that are known here."""
    # Loaded here, since the other commands have no use for the network library.
    import structlog

    from undisc.dimse import server

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings = settings_for(data_dir)
    if ae_title:
        settings = settings.model_validate(settings.model_dump() | {"ae_title": ae_title})
    app = build(settings)
    reception = open_reception(app)
    stopped = threading.Event()
    stop_on_signals(stopped)
    if child:
        stop_with_parent(stopped)
    try:
        with server.opened(*build_dimse(app, reception, host, dicom_port)) as port:
            err.print(f"DICOM services for {settings.ae_title} are at {host}:{port}.")
            stopped.wait()
    except OSError as error:
        why = error.strerror or "its TLS files cannot be used"
        err.print(f"DICOM services cannot listen on {host}:{dicom_port}: {why}.", soft_wrap=True)
        raise typer.Exit(1) from error
    finally:
        reception.close()
        app.close()


@contextmanager
def beside(host: str, port: int | None, ae_title: str | None, data_dir: Path) -> Iterator[None]:
    """The DICOM door in a process of its own for as long as the block lasts; started again should it end."""
    if port is None:
        yield
        return
    command = [sys.executable, "-m", "undisc", "serve-dicom", "--child", "--host", host]
    command += ["--dicom-port", str(port), "--data-dir", str(data_dir)]
    command += ["--ae-title", ae_title] if ae_title else []
    supervisor = Supervisor(command, "dicom")
    try:
        yield
    finally:
        supervisor.stop()
