"""`undisc serve`: the pages and the data behind links on one process, DICOM services and jobs on others."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from undisc.app import App, build_hl7, build_web, open_reception
from undisc.cli import dicom, people, working
from undisc.cli.screen import DataDir, err, opened

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)]
DicomPort = Annotated[
    int | None,
    typer.Option(help="Port for DICOM services, in a process of their own; none without it.", min=1, max=65535),
]

Hl7Port = Annotated[
    int | None,
    typer.Option(help="Port for HL7 messages (MLLP) from UNDISC_HL7_ALLOWED; none without it.", min=1, max=65535),
]

_LOCAL = ("127.0.0.1", "localhost", "::1")


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    dicom_port: DicomPort = None,
    ae_title: dicom.AeTitle = None,
    hl7_port: Hl7Port = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the pages that links open, DICOMweb, and, with --dicom-port, DICOM services; jobs are done besides."""
    # The web server raises what stopped it once more when it has ended: then the rest ends in order, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        opened(data_dir) as app,
        dicom.beside(host, dicom_port, ae_title, app.settings.data_dir),
        working.beside(app, ae_title),
        _hl7_beside(app, host, hl7_port),
    ):
        listen(app, host, port)


@contextmanager
def _hl7_beside(app: App, host: str, port: int | None) -> Iterator[None]:
    """HL7 messages are taken for as long as the block lasts, where a port is given."""
    if port is None:
        yield
        return
    # Loaded here, since most servers are told nothing by HL7.
    from undisc.hl7 import server as hl7

    allowed = app.settings.hl7_allowed_list
    if not allowed:
        err.print("Nobody may send HL7 messages: set UNDISC_HL7_ALLOWED to the addresses that may.", style="yellow")
    with ExitStack() as stack:
        try:
            stack.enter_context(hl7.opened(build_hl7(app), host, port, allowed))
        except OSError as error:
            err.print(f"HL7 cannot listen on {host}:{port}: {error.strerror}. Give another --hl7-port.", soft_wrap=True)
            raise typer.Exit(1) from error
        err.print(f"HL7 messages are taken at {host}:{port}.")
        yield


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
