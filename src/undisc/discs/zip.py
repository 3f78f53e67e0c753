"""A ZIP archive, unpacked as it is read, never to disk, and never further than it said it would."""

import calendar
import io
import lzma
import stat
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import IO, BinaryIO

from undisc.discs.model import Entry, Limits, ReadError, Refused
from undisc.discs.paths import path_key, refusal, shown
from undisc.discs.zip_aes import Unlocked, locked
from undisc.errors import SourceUnreadable

_ENCRYPTED = 0x1
_LOCAL_HEADER = 30
_ENDLESS = 1 << 62
_DAMAGED = "It cannot be unpacked: the archive is damaged here."
# zipfile unpacks bzip2 and LZMA without a bound on what comes out of one piece; deflate it bounds.
_READ_HERE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ZipSource:
    """The files in one ZIP archive."""

    kind = "zip"

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._password: str | None = None
        self._limits = limits
        self._size = path.stat().st_size
        self.label = shown(path.name)
        self.aliases: dict[str, str] = {}
        _check_directory(path, limits)
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, UnicodeDecodeError) as error:
            raise SourceUnreadable("This ZIP file is damaged or was not copied completely.") from error
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._found: list[Entry | Refused] | None = None

    def entries(self) -> Iterator[Entry | Refused]:
        """Every file in the archive, in a stable order; folders are not listed."""
        if self._found is None:
            self._found = self._judge_all()
        yield from self._found

    @property
    def is_locked(self) -> bool:
        """Whether any of the files is locked in a way that a password opens here."""
        return any(locked(info) for info in self._archive.infolist())

    def unlock(self, password: str) -> None:
        """Open what is locked with this password. Raises ReadError where it is another one."""
        first = next((info for info in self._archive.infolist() if locked(info)), None)
        if first is not None:
            self._unlocked(first, password).close()
        self._password = password
        self._members, self._found = {}, None

    def _unlocked(self, info: zipfile.ZipInfo, password: str) -> Unlocked:
        how = locked(info)
        if how is None:
            raise ReadError("It is locked with a password.")
        file = self._path.open("rb")
        try:
            return Unlocked(file, info, how, password)
        except BaseException:
            file.close()
            raise

    def _judge_all(self) -> list[Entry | Refused]:
        found: list[Entry | Refused] = []
        overlapping = _overlapping(self._archive.infolist())
        allowance = max(self._limits.total_counts_from, self._limits.largest_ratio * self._size)
        for info in self._archive.infolist():
            if len(found) >= self._limits.most_entries:
                reason = "The archive holds more files than are looked at; this and the rest are left."
                found.append(Refused(shown(info.filename), reason))
                break
            name = info.orig_filename if "\x00" in info.orig_filename else info.filename.replace("\\", "/")
            if name.endswith("/") and info.file_size == 0 and refusal(name[:-1], deepest=10_000) is None:
                continue
            path = shown(name)
            reason = self._refusal(name, path, info, overlapping)
            if reason is None and info.file_size > allowance:
                reason = "The archive would unpack to far more than it can hold; this is how an attack looks."
            if reason is not None:
                found.append(Refused(path, reason))
                continue
            allowance -= info.file_size
            self._members[path] = info
            found.append(Entry(path, info.file_size, _modified_ns(info)))
        return sorted(found, key=lambda item: path_key(item.path))

    def _refusal(self, name: str, path: str, info: zipfile.ZipInfo, overlapping: set[int]) -> str | None:
        reason = refusal(name, deepest=self._limits.deepest, longest=self._limits.longest_name)
        if reason is not None:
            return reason
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode):
            return "It is a link to another place, and links are not followed."
        if stat.S_IFMT(mode) and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return "It is a device or a pipe, not a file."
        opens = self._password is not None and locked(info) is not None
        if info.flag_bits & _ENCRYPTED and not opens:
            return "It is locked with a password."
        if not opens and info.compress_type not in _READ_HERE:
            return "It is packed by a method that is not read here; unpack the archive and import the folder."
        if path in self._members:
            return "The archive holds another file of the same name."
        if info.header_offset in overlapping:
            return "It shares its bytes with another file in the archive; this is how an attack looks."
        if (
            info.file_size > self._limits.ratio_counts_from
            and info.file_size > self._limits.largest_ratio * info.compress_size
        ):
            return "It would unpack to far more than it can hold; this is how an attack looks."
        return None

    def open(self, entry: Entry) -> BinaryIO:
        """The unpacked bytes, checked against the archive's own checksum; a fault surfaces as ReadError on reading."""
        if self._found is None:
            self._found = self._judge_all()
        info = self._members.get(entry.path)
        if info is None:
            raise ReadError("There is no such file in the archive.")
        if info.flag_bits & _ENCRYPTED and self._password is not None:
            return io.BufferedReader(_Member(self._unlocked(info, self._password), info.file_size), 256 * 1024)
        # zipfile would silently cut a member off at its claimed size; here _Member counts, and says so.
        longer = copy(info)
        longer.file_size = _ENDLESS
        try:
            inner = self._archive.open(longer)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise ReadError(_DAMAGED) from error
        return io.BufferedReader(_Member(inner, info.file_size), 256 * 1024)

    def close(self) -> None:
        self._archive.close()


class _Member(io.RawIOBase):
    """One member's bytes, with every fault of the archive turned into ReadError."""

    def __init__(self, inner: IO[bytes] | Unlocked, size: int) -> None:
        super().__init__()
        self._inner = inner
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]
        try:
            piece = self._inner.read(min(len(buffer), self._left + 1))
        except zipfile.BadZipFile as error:
            raise ReadError("Its bytes do not match the archive's checksum: the archive is damaged here.") from error
        except (zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
            raise ReadError(_DAMAGED) from error
        if len(piece) > self._left:
            raise ReadError("It is longer than the archive says; this is how an attack looks.")
        if not piece and self._left and len(buffer):
            raise ReadError("It is shorter than the archive says: the archive is damaged here.")
        self._left -= len(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _check_directory(path: Path, limits: Limits) -> None:
    """Refuse a table of contents too large to be held, before zipfile holds it (APPNOTE 4.3.16)."""
    with path.open("rb") as file:
        end = file.seek(0, io.SEEK_END)
        file.seek(max(0, end - 65_557))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise SourceUnreadable("This ZIP file is damaged or was not copied completely.")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if at >= 76 and tail[at - 20 : at - 16] == b"PK\x06\x07":  # ZIP64: where zipfile, too, looks for the true size
        size = int.from_bytes(tail[at - 36 : at - 28], "little")
    if size > end:
        raise SourceUnreadable("This ZIP file is damaged or was not copied completely.")
    if size > 2 * limits.largest_directory:
        raise SourceUnreadable("This ZIP file holds more files than are looked at.")


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Offsets of members whose packed bytes run into the next member's: a few bytes counted many times over."""
    at: dict[int, list[zipfile.ZipInfo]] = defaultdict(list)
    for info in infos:
        at[info.header_offset].append(info)
    found = {offset for offset, sharing in at.items() if len(sharing) > 1}
    reach, holder = -1, -1
    for offset in sorted(at):
        if offset < reach:
            found.update((offset, holder))
        end = offset + _LOCAL_HEADER + max(info.compress_size for info in at[offset])
        if end > reach:
            reach, holder = end, offset
    return found


def _modified_ns(info: zipfile.ZipInfo) -> int:
    """The time in the archive, which has no zone (APPNOTE 4.4.6), taken as UTC so that it is the same everywhere."""
    try:
        return calendar.timegm((*info.date_time, 0, 0, 0)) * 1_000_000_000
    except (ValueError, OverflowError):
        return 0
