"""A folder: a mounted disc, a stick, or what somebody copied off one. Links are never followed."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from undisc.discs.model import Entry, Limits, ReadError, Refused
from undisc.discs.paths import natural_key, shown

_KINDS = (
    (stat.S_ISLNK, "It is a link to another place, and links are not followed."),
    (stat.S_ISFIFO, "It is a pipe, not a file."),
    (stat.S_ISSOCK, "It is a socket, not a file."),
    (stat.S_ISBLK, "It is a device, not a file."),
    (stat.S_ISCHR, "It is a device, not a file."),
)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FLAGS = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# A file may turn into a pipe between the walk and the opening; opening a pipe would otherwise wait for ever.
_FILE_FLAGS = _FLAGS | getattr(os, "O_NONBLOCK", 0)
_FOLDER_FLAGS = _FLAGS | getattr(os, "O_DIRECTORY", 0)


class FolderSource:
    """Everything below one folder."""

    kind = "folder"

    def __init__(self, root: Path, limits: Limits) -> None:
        self._root = os.path.realpath(root)
        self._limits = limits
        self._spelt: dict[str, str] = {}  # shown path -> path on disk, where the two differ
        self.label = shown(Path(self._root).name or self._root)
        self.aliases: dict[str, str] = {}

    def entries(self) -> Iterator[Entry | Refused]:
        """Every file below the folder, in a stable order; a folder that cannot be listed is Refused."""
        for count, found in enumerate(self._walk()):
            if count >= self._limits.most_entries:
                yield Refused(found.path, "The disc holds more files than are looked at; this and the rest are left.")
                return
            yield found

    def _walk(self) -> Iterator[Entry | Refused]:
        top = self._listed("")
        if isinstance(top, Refused):
            yield top
            return
        own = os.stat(self._root)  # noqa: PTH116 -- names here need not be text
        stack = [(iter(top), "", (own.st_dev, own.st_ino))]
        while stack:
            listing, folder, _ = stack[-1]
            item = next(listing, None)
            if item is None:
                stack.pop()
                continue
            path = f"{folder}/{item.name}" if folder else item.name
            try:
                status = item.stat(follow_symlinks=False)
            except OSError as error:
                yield Refused(self._show(path), _plainly(error, "It cannot be read"))
                continue
            if not stat.S_ISDIR(status.st_mode):
                yield self._classified(path, status)
                continue
            if len(stack) >= self._limits.deepest:
                yield Refused(self._show(path), "It lies in too many folders, one inside the other.")
                continue
            identity = (status.st_dev, status.st_ino)
            if status.st_ino and any(identity == above for _, _, above in stack):
                yield Refused(self._show(path), "This folder leads back to a folder that it lies in.")
                continue
            inside = self._listed(path)
            if isinstance(inside, Refused):
                yield inside
            else:
                stack.append((iter(inside), path, identity))

    def _listed(self, path: str) -> list[os.DirEntry[str]] | Refused:
        try:
            with os.scandir(os.path.join(self._root, path)) as items:  # noqa: PTH118
                return sorted(items, key=lambda item: natural_key(item.name))
        except OSError as error:
            return Refused(self._show(path) or ".", _plainly(error, "This folder cannot be read"))

    def _classified(self, path: str, status: os.stat_result) -> Entry | Refused:
        for is_kind, reason in _KINDS:
            if is_kind(status.st_mode):
                return Refused(self._show(path), reason)
        return Entry(self._show(path), status.st_size, status.st_mtime_ns)

    def _show(self, path: str) -> str:
        text = shown(path)
        if text == path and "\\" not in text:
            return text
        base, turn = text, 2
        while self._spelt.get(text, path) != path:
            text, turn = f"{base} ({turn})", turn + 1
        self._spelt[text] = path
        return text

    def open(self, entry: Entry) -> BinaryIO:
        """The file's bytes. Raises OSError where it cannot be opened, or is no longer a file."""
        parts = self._spelt.get(entry.path, entry.path).split("/")
        if not all(parts) or ".." in parts or "." in parts:
            raise ReadError("Its name points outside the disc.")
        descriptor = self._descend(parts)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ReadError("It is no longer a file.")
            return os.fdopen(descriptor, "rb", buffering=256 * 1024)
        except BaseException:
            os.close(descriptor)
            raise

    def _descend(self, parts: list[str]) -> int:
        """Open one folder after the other, so that none can be swapped for a link on the way."""
        if os.open not in os.supports_dir_fd:
            return os.open(os.path.join(self._root, *parts), _FILE_FLAGS)  # noqa: PTH118
        here = os.open(self._root, _FOLDER_FLAGS)
        try:
            for part in parts[:-1]:
                below = os.open(part, _FOLDER_FLAGS, dir_fd=here)
                os.close(here)
                here = below
            return os.open(parts[-1], _FILE_FLAGS, dir_fd=here)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise ReadError("It has become a link to another place, and links are not followed.") from error
            raise
        finally:
            os.close(here)

    def close(self) -> None:
        """A folder holds nothing open."""


def _plainly(error: OSError, what: str) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{what}: you do not have permission."
    if error.errno == errno.EIO:
        return f"{what} off the disc."
    return f"{what}."
