"""Where the command line prints: results on standard output, everything else on standard error."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from undisc.app import App, build
from undisc.dicom.pixels.processes import Spares
from undisc.settings import Settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder that holds everything. Default: UNDISC_DATA_DIR, else ./undisc-data."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def settings_for(data_dir: Path | None) -> Settings:
    return Settings(data_dir=data_dir) if data_dir else Settings()


@contextmanager
def opened(data_dir: Path | None, spares: Spares | None = None) -> Iterator[App]:
    """The application on a data folder, closed afterwards."""
    app = build(settings_for(data_dir), spares=spares)
    try:
        yield app
    finally:
        app.close()


def print_json(value: Any) -> None:
    """One JSON object on standard output, never coloured or wrapped."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def safe(text: str) -> str:
    """Text off a disc, without what could steer a terminal or be taken for mark-up."""
    return escape("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text))


class Bars:
    """Progress of an import, as an import's watcher; silent where nobody looks at a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f} {task.fields[what]}"),
            TimeRemainingColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
            transient=True,
        )
        self._reading: TaskID | None = None
        self._preparing: TaskID | None = None
        self._files = 0
        self._pictures = 0

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def surveyed(self, files: int, size: int) -> None:
        self._files += files
        if self._reading is None:
            self._reading = self._progress.add_task("Reading", total=self._files, what="files")
        else:
            self._progress.update(self._reading, total=self._files)

    def read(self, files: int, size: int) -> None:
        if self._reading is not None:
            self._progress.advance(self._reading, files)

    def preparing(self, pictures: int) -> None:
        self._pictures += pictures
        if self._preparing is None:
            self._preparing = self._progress.add_task("Making ready", total=pictures, what="pictures")
        else:
            self._progress.update(self._preparing, total=self._pictures)

    def prepared(self, pictures: int) -> None:
        if self._preparing is not None:
            self._progress.advance(self._preparing, pictures)
