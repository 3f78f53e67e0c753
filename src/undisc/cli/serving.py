"""`undisc serve`: the pages and the data behind links on one process, DICOM services and jobs on others."""

import signal
import sys
import threading
from typing import Annotated

import typer

from undisc.app import App, build_web, open_reception
from undisc.cli import dicom, people, working
from undisc.cli.screen import DataDir, err, opened

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)]
DicomPort = Annotated[
    int | None,
    typer.Option(help="Port for DICOM services, in a process of their own; none without it.", min=1, max=65535),
]

_LOCAL = ("127.0.0.1", "localhost", "::1")


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    dicom_port: DicomPort = None,
    ae_title: dicom.AeTitle = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the pages that links open, DICOMweb, and, with --dicom-port, DICOM services; jobs are done besides."""
    # The web server raises what stopped it once more when it has ended: then the rest ends in order, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        opened(data_dir) as app,
        dicom.beside(host, dicom_port, ae_title, app.settings.data_dir),
        working.beside(app, ae_title),
    ):
        listen(app, host, port)


def listen(app: App, host: str, port: int) -> None:
    """Serve until stopped. What a crash left half done is finished in the meantime, behind the door."""
    # Loaded here, since the other commands have no use for a web server.
    import structlog

    from undisc.web import server

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    shown = (app.settings.public_url or "").rstrip("/")
    if host not in _LOCAL and not shown.startswith("https:"):
        err.print(
            "Pictures would travel unencrypted: put a proxy with TLS in front, and set UNDISC_PUBLIC_URL to its "
            "https address.",
            style="yellow",
            soft_wrap=True,
        )
    people.offer_first_administrator(app)
    reception = open_reception(app)  # whatever is not derived yet is derived behind it
    threading.Thread(target=app.archive.undo_half_done, name="tidy", daemon=True).start()
    try:
        server.run(
            build_web(app, reception),
            host,
            port,
            behind_proxy=app.settings.behind_proxy,
            on_ready=lambda bound: err.print(f"Undisc is at http://{host}:{bound}. Stop it with Ctrl-C."),
        )
    except OSError as error:
        err.print(f"The server cannot listen on {host}:{port}: {error.strerror}. Give another --port.", soft_wrap=True)
        raise typer.Exit(1) from error
    finally:
        reception.close()
