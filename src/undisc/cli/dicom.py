"""`undisc serve-dicom`, and the child process in which `undisc serve --dicom-port` runs it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from undisc.app import build, build_dimse, open_reception
from undisc.cli.screen import DataDir, err, settings_for

_LONGEST_PAUSE = 30.0
_SECONDS_TO_FINISH = 15
_PARENT_ASKED_EVERY = 1.0

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")]
DicomPort = Annotated[int, typer.Option("--dicom-port", help="Port for DICOM services.", min=0, max=65535)]
AeTitle = Annotated[str | None, typer.Option("--ae-title", help="AE title to answer to. Default: UNDISC_AE_TITLE.")]
Child = Annotated[bool, typer.Option("--child", hidden=True, help="End when the parent process does.")]


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
    _stop_on_signals(stopped)
    if child:
        _stop_with_parent(stopped)
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


def _stop_on_signals(stopped: threading.Event) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _stop_with_parent(stopped: threading.Event) -> None:
    """A child whose parent was killed would keep the port from the next one."""
    parent = os.getppid()

    def watch() -> None:
        while not stopped.wait(_PARENT_ASKED_EVERY):
            if os.getppid() != parent:
                stopped.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()


@contextmanager
def beside(host: str, port: int | None, ae_title: str | None, data_dir: Path) -> Iterator[None]:
    """The DICOM door in a process of its own for as long as the block lasts; started again should it end."""
    if port is None:
        yield
        return
    command = [sys.executable, "-m", "undisc", "serve-dicom", "--child", "--host", host]
    command += ["--dicom-port", str(port), "--data-dir", str(data_dir)]
    command += ["--ae-title", ae_title] if ae_title else []
    supervisor = _Supervisor(command)
    try:
        yield
    finally:
        supervisor.stop()


class _Supervisor:
    """Starts a process, and starts it again when it ends, waiting longer each time that it ends soon."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name="dicom", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._starting:
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_FINISH)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join()

    def _keep_running(self) -> None:
        pause = 0.5
        while not self._stopping.wait(0 if self._process is None else pause):
            with self._starting:
                if self._stopping.is_set():
                    return
                # In a group of its own: Ctrl-C reaches the parent alone, which ends it in order.
                self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)
            self._process.wait()
            pause = min(pause * 2, _LONGEST_PAUSE)
