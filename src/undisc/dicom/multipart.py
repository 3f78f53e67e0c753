"""Reading what has several parts (multipart/related, RFC 2046 5.1, RFC 2387) as it comes in: requests, and answers.

No I/O: blocks go in, events come out. Nothing is kept but what is not yet decided: a few bytes that may be the
beginning of a boundary, or a part's header.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# RFC 2046 5.1.1 says 70, and Orthanc sends 73.
LONGEST_BOUNDARY = 128
_LONGEST_HEADER = 16 * 1024
_LONGEST_PADDING = 256
_LONGEST_AROUND = 64 * 1024
_NAMED = re.compile(r';\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_BOUNDARY = re.compile(rf"[0-9A-Za-z'()+_,./:=? -]{{0,{LONGEST_BOUNDARY - 1}}}[0-9A-Za-z'()+_,./:=?-]")


class MultipartMalformed(Exception):
    """The body is not what its content type says; the text is a plain sentence without any of its data."""


@dataclass(frozen=True, slots=True)
class PartBegins:
    """headers: by their names in lower case."""

    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PartGoesOn:
    """More of the part's bytes. They lie in the block that was fed, and keep it in memory."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class PartEnds:
    pass


Event = PartBegins | PartGoesOn | PartEnds


def boundary_of(content_type: str) -> str | None:
    """The boundary that a Content-Type names; None where it is no multipart, or names none."""
    if not content_type.lstrip().lower().startswith("multipart/"):
        return None
    found = _NAMED.search(content_type)
    return (found[1] or found[2]) if found else None


_PREAMBLE, _DELIMITER, _HEADER, _BEGUN, _CONTENT, _EPILOGUE = range(6)


class MultipartReader:
    """Is fed blocks of any size, and tells what is in them. Raises MultipartMalformed."""

    def __init__(self, boundary: str) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise MultipartMalformed("The boundary is none.")
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        # The first delimiter may be the very first line; with a line's end before it, all look alike.
        self._rest: bytes | bytearray = b"\r\n"
        self._state = _PREAMBLE
        self._around = 0

    def feed(self, block: bytes | bytearray) -> Iterator[Event]:
        data = self._rest + block if self._rest else block
        self._rest = b""
        view = memoryview(data)
        at = 0
        while at < len(data):
            if self._state is _CONTENT:
                found = data.find(self._delimiter, at)
                end = found if found >= 0 else self._decided(data, at)
                if end > at:
                    yield PartGoesOn(view[at:end])
                if found < 0:
                    self._rest = data[end:]
                    return
                yield PartEnds()
                self._state, at = _DELIMITER, found + len(self._delimiter)
            elif self._state is _HEADER:
                header = self._header(data, at)
                if header is None:
                    self._rest = data[at:]
                    return
                yield PartBegins(header[0])
                self._state, at = _BEGUN, header[1]
            elif self._state is _BEGUN:
                # The empty line after the header: also the line's end of a delimiter, where the part is empty.
                if len(data) - at < len(self._delimiter):
                    self._rest = data[at:]
                    return
                if data.startswith(self._delimiter, at):
                    yield PartEnds()
                    self._state, at = _DELIMITER, at + len(self._delimiter)
                else:
                    self._state, at = _CONTENT, at + 2
            else:
                at = self._between(data, at)

    def end(self) -> None:
        """The body has ended. Raises MultipartMalformed where its last delimiter has not come."""
        if self._state is not _EPILOGUE:
            raise MultipartMalformed("The body ends before its last part does.")

    def _between(self, data: bytes | bytearray, at: int) -> int:
        """What is not of any part. Returns how far data are dealt with; what is not decided is kept for later."""
        if self._state is _PREAMBLE:
            found = data.find(self._delimiter, at)
            end = found if found >= 0 else self._decided(data, at)
            self._pass_over(end - at)
            if found < 0:
                self._rest = data[end:]
                return len(data)
            self._state = _DELIMITER
            return found + len(self._delimiter)
        if self._state is _EPILOGUE:
            self._pass_over(len(data) - at)
            return len(data)
        mark = data[at : at + 2]
        if mark == b"--":
            self._state = _EPILOGUE
            return at + 2
        end = data.find(b"\r\n", at, at + _LONGEST_PADDING)
        padding = data[at : end if end >= 0 else at + _LONGEST_PADDING]
        if end < 0 and len(data) - at < _LONGEST_PADDING and not padding.strip(b" \t\r-"):
            self._rest = data[at:]
            return len(data)
        if end < 0 or padding.strip(b" \t"):
            raise MultipartMalformed("A line begins like the boundary and goes on otherwise.")
        self._state = _HEADER
        return end + 2

    def _header(self, data: bytes | bytearray, at: int) -> tuple[Mapping[str, str], int] | None:
        """A part's header and where the empty line after it begins; None where it is not here yet."""
        if data.startswith(b"\r\n", at):
            return {}, at
        end = data.find(b"\r\n\r\n", at, at + _LONGEST_HEADER)
        if end >= 0:
            return _fields(data[at:end]), end + 2
        if len(data) - at >= _LONGEST_HEADER:
            raise MultipartMalformed("The header of a part is too long.")
        return None

    def _decided(self, data: bytes | bytearray, at: int) -> int:
        """Up to where data without a delimiter cannot be the beginning of one."""
        # It holds one carriage return, its first byte: only the last one in reach can begin it.
        last = data.rfind(b"\r", max(at, len(data) - len(self._delimiter) + 1))
        return last if last >= 0 and self._delimiter.startswith(data[last:]) else len(data)

    def _pass_over(self, count: int) -> None:
        self._around += count
        if self._around > _LONGEST_AROUND:
            raise MultipartMalformed("There is too much around the parts.")


def _fields(header: bytes | bytearray) -> dict[str, str]:
    """Header fields by their names in lower case; of one that is repeated, the first."""
    fields: dict[str, str] = {}
    for line in re.sub(rb"\r\n[ \t]+", b" ", header).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.decode("latin-1").strip().lower(), value.decode("latin-1").strip())
    return fields
