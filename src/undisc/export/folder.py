"""A package as files in a folder, as a stick or a network share takes it."""

import os
from collections.abc import Sequence
from pathlib import Path

from undisc.export.copying import Copier
from undisc.export.model import PackageFile, Written


def write_folder(files: Sequence[PackageFile], target: Path, copier: Copier) -> list[Written]:
    """Write into an empty folder that is there; all of it is on the disk when this returns. Raises OSError."""
    folders = {target}
    for file in files:
        path = target / file.path
        if path.parent not in folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.update(path.parents[: len(path.relative_to(target).parts) - 1])
        with path.open("xb", buffering=0) as out:
            copier.copy(file, lambda piece, out=out: _write(out.fileno(), piece))
    # Only now, when the system has long begun to write the first of them: waiting after each would take it in turns.
    for path in (*(target / file.path for file in files), *folders):
        sync(path)
    return copier.written


def _write(descriptor: int, piece: memoryview) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk, where the file system can say so."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        if path.is_file():
            raise
    finally:
        os.close(descriptor)
