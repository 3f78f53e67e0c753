"""Where the command line prints: results on standard output, everything else on standard error."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from undisc.app import App, build
from undisc.dicom.pixels.processes import Spares
from undisc.settings import Settings

if TYPE_CHECKING:
    from rich.progress import TaskID

_READING, _PREPARING = "Reading", "Making ready"

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
        self._progress = None
        if not quiet and err.is_terminal:
            # Loaded here, since it is half of what this module loads.
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:.0f} of {task.total:.0f} {task.fields[what]}"),
                TimeRemainingColumn(),
                console=err,
                transient=True,
            )
        self._tasks: dict[str, TaskID] = {}
        self._totals = {_READING: 0, _PREPARING: 0}

    def __enter__(self) -> "Bars":
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def surveyed(self, files: int, size: int) -> None:
        self._expect(_READING, files, "files")

    def read(self, files: int, size: int) -> None:
        self._advance(_READING, files)

    def preparing(self, pictures: int) -> None:
        self._expect(_PREPARING, pictures, "pictures")

    def prepared(self, pictures: int) -> None:
        self._advance(_PREPARING, pictures)

    def _expect(self, doing: str, more: int, what: str) -> None:
        if not self._progress:
            return
        self._totals[doing] += more
        if doing in self._tasks:
            self._progress.update(self._tasks[doing], total=self._totals[doing])
        else:
            self._tasks[doing] = self._progress.add_task(doing, total=self._totals[doing], what=what)

    def _advance(self, doing: str, by: int) -> None:
        if self._progress and doing in self._tasks:
            self._progress.advance(self._tasks[doing], by)
